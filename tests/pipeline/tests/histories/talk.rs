//! Random conversations that name accounts, contacts and cases.

use crate::spec::{ACCOUNT, CASE, CONTACT, OBJECTS};
use crate::world::{BASE, BATCHES, DAY, Record, batch_time, chance};
use pipeline::random::Random;

/// A conversation.
#[derive(Debug)]
pub struct Talk {
    pub id: String,
    /// In the order of their extraction: the last one counts.
    pub readings: Vec<TalkReading>,
}

impl Talk {
    /// When it began, as the last reading has it.
    pub fn start(&self) -> i64 {
        self.readings.last().map_or(0, |reading| reading.start)
    }
}

/// A conversation as one batch read it.
#[derive(Debug)]
pub struct TalkReading {
    pub batch: usize,
    pub record_no: u64,
    pub extracted_at: i64,
    /// The source may say another one than before.
    pub start: i64,
    pub attributes: Vec<(&'static str, String)>,
}

/// The attribute that names a record of an object, as the settings have it.
pub const ATTRIBUTES: [(usize, &str); 3] = [
    (ACCOUNT, "sfAccountId"),
    (CONTACT, "sfContactId"),
    (CASE, "sfCaseId"),
];

/// Conversations near the births of cases, or anywhere.
pub fn talks(random: &mut Random, records: &[Record], count: u64) -> Vec<Talk> {
    let births: Vec<i64> = records
        .iter()
        .filter(|record| record.object == CASE)
        .filter_map(|record| record.readings.iter().find_map(|r| r.created_at))
        .collect();
    let mut numbers = [0_u64; BATCHES];
    (0..count)
        .map(|number| {
            let anywhere = BASE - 400 * DAY + i64::try_from(random.below(404 * 86_400)).unwrap();
            let start = if births.is_empty() || chance(random, 40) {
                anywhere
            } else {
                let near = usize::try_from(random.below(births.len() as u64)).unwrap();
                births[near] + i64::try_from(random.below(2_400)).unwrap() - 1_200
            };
            let mut readings: Vec<_> = (0..=random.below(2))
                .map(|turn| {
                    let batch = usize::try_from(random.below(BATCHES as u64)).unwrap();
                    numbers[batch] += 1;
                    TalkReading {
                        batch,
                        record_no: 50_000_000_000 + numbers[batch],
                        extracted_at: batch_time(batch) + i64::try_from(turn).unwrap(),
                        start: if chance(random, 15) {
                            start + i64::try_from(random.below(7_200)).unwrap() - 3_600
                        } else {
                            start
                        },
                        attributes: attributes(random, records),
                    }
                })
                .collect();
            readings.sort_by_key(|reading| reading.extracted_at);
            Talk {
                id: format!("conversation-{number}"),
                readings,
            }
        })
        .collect()
}

fn attributes(random: &mut Random, records: &[Record]) -> Vec<(&'static str, String)> {
    let mut named = Vec::new();
    if records.is_empty() || chance(random, 8) {
        return named;
    }
    for _ in 0..=random.below(5) / 4 {
        let record = &records[usize::try_from(random.below(records.len() as u64)).unwrap()];
        let Some((_, name)) = ATTRIBUTES
            .iter()
            .find(|(object, _)| *object == record.object)
        else {
            continue;
        };
        let id = match random.below(12) {
            0 => "NA".to_owned(),
            1 => OBJECTS[record.object].id(999_999_999),
            2..=5 => record.id[..15].to_owned(),
            _ => record.id.clone(),
        };
        if named.iter().all(|(known, _)| known != name) {
            named.push((*name, id));
        }
    }
    named
}
