//! Random histories: what happened to each record, what of it was read by which batch, and what Salesforce kept of it.

use crate::life::Maker;
use crate::spec::OBJECTS;
use crate::talk::{Talk, talks};
use pipeline::random::Random;
use std::fmt::Write as _;

/// The instant around which the batches lie, in seconds.
pub const BASE: i64 = 1_767_225_600; // 2026-01-01
pub const DAY: i64 = 86_400;
/// Batches of a world.
pub const BATCHES: usize = 4;

/// The columns of a record at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub is_deleted: bool,
    pub master: Option<String>,
    pub tracked: Vec<Option<String>>,
    pub plain: Vec<Option<String>>,
    pub closed_at: Option<i64>,
}

/// A record as one batch read it.
#[derive(Debug, Clone)]
pub struct Reading {
    pub batch: usize,
    pub record_no: u64,
    pub extracted_at: i64,
    pub modstamp: i64,
    pub created_at: Option<i64>,
    pub state: State,
}

/// A row of Salesforce's own history; more than one batch may bring it.
#[derive(Debug, Clone)]
pub struct Change {
    pub history_id: String,
    pub field: &'static str,
    pub is_id: bool,
    pub changed_at: i64,
    pub old: Option<String>,
    pub batches: Vec<usize>,
}

/// What the tracked columns held, since when.
pub type Truth = Vec<(i64, Vec<Option<String>>)>;

/// One history.
#[derive(Debug)]
pub struct Record {
    pub object: usize,
    pub id: String,
    pub readings: Vec<Reading>,
    pub changes: Vec<Change>,
    /// The instant from which the source has it no longer.
    pub gone_at: Option<i64>,
    /// What really happened, where Salesforce kept all of it and nothing blurs it.
    pub truth: Option<Truth>,
}

/// A list of ids.
#[derive(Debug)]
pub struct List {
    pub batch: usize,
    pub object: usize,
    pub listed_at: i64,
    pub window_end: i64,
    pub is_complete: bool,
    /// Ids and whether they are deleted.
    pub ids: Vec<(String, bool)>,
}

/// Everything that the batches of one seed bring.
#[derive(Debug)]
pub struct World {
    pub seed: u64,
    pub records: Vec<Record>,
    pub lists: Vec<List>,
    pub talks: Vec<Talk>,
}

/// The name of a batch, which is that of its run.
pub fn batch_name(batch: usize) -> String {
    format!("batch-{batch}")
}

/// When the reading of a batch began.
pub fn batch_time(batch: usize) -> i64 {
    BASE + DAY * (i64::try_from(batch).unwrap() + 1)
}

/// A number below `bound`, as an instant's distance.
pub fn seconds(random: &mut Random, bound: u64) -> i64 {
    i64::try_from(random.below(bound)).unwrap()
}

/// True so many times in a hundred.
pub fn chance(random: &mut Random, percent: u64) -> bool {
    random.below(100) < percent
}

impl World {
    /// `histories` records of all objects and `conversations` that name some of them.
    pub fn new(seed: u64, histories: u64, conversations: u64) -> Self {
        let mut random = Random::new(seed);
        // The first numbers of a small seed are small.
        (0..16).for_each(|_| _ = random.below(2));
        let mut maker = Maker::new(&mut random, histories);
        let mut records: Vec<_> = (0..histories).map(|number| maker.record(number)).collect();
        records.retain(|record| !record.readings.is_empty() || !record.changes.is_empty());
        let lists = lists(&mut random, &records);
        let talks = talks(&mut random, &records, conversations);
        Self {
            seed,
            records,
            lists,
            talks,
        }
    }

    /// The history of one record in words, for whoever looks for a failure's cause.
    pub fn tell(&self, id: &str) -> String {
        let Some(record) = self.records.iter().find(|record| record.id == id) else {
            return format!("{id}: no such record");
        };
        let mut text = format!(
            "{} {id}, gone at the source: {:?}\n",
            OBJECTS[record.object].name,
            record.gone_at.map(crate::base::instant)
        );
        for reading in &record.readings {
            let _ = writeln!(
                text,
                "  {} no {} extracted {} version {} created {:?} {:?}",
                batch_name(reading.batch),
                reading.record_no,
                crate::base::instant(reading.extracted_at),
                crate::base::instant(reading.modstamp),
                reading.created_at.map(crate::base::instant),
                reading.state
            );
        }
        for change in &record.changes {
            let _ = writeln!(
                text,
                "  {} {} (ids: {}) changed {} from {:?}, in {:?}",
                change.history_id,
                change.field,
                change.is_id,
                crate::base::instant(change.changed_at),
                change.old,
                change.batches
            );
        }
        for list in self.lists.iter().filter(|l| l.object == record.object) {
            let _ = writeln!(
                text,
                "  list of {} at {} up to {}, complete: {}, names it: {}",
                batch_name(list.batch),
                crate::base::instant(list.listed_at),
                crate::base::instant(list.window_end),
                list.is_complete,
                list.ids.iter().any(|(listed, _)| listed == id)
            );
        }
        text
    }
}

/// Lists of ids: whole ones, ones cut short, and one by a user who may see less.
fn lists(random: &mut Random, records: &[Record]) -> Vec<List> {
    let blind = (
        usize::try_from(random.below(4)).unwrap(),
        usize::try_from(random.below(BATCHES as u64)).unwrap(),
    );
    let mut lists = Vec::new();
    for batch in 0..BATCHES {
        for object in 0..OBJECTS.len() {
            let is_blind = blind == (object, batch);
            if !is_blind && chance(random, 25) {
                continue;
            }
            let listed_at = batch_time(batch) + 3_600;
            let mut ids = Vec::new();
            for record in records.iter().filter(|record| record.object == object) {
                let is_gone = record.gone_at.is_some_and(|gone| gone <= listed_at);
                if is_gone || (is_blind && chance(random, 15)) || random.below(500) == 0 {
                    continue;
                }
                let newest = record.readings.iter().max_by_key(|r| r.modstamp);
                ids.push((
                    record.id.clone(),
                    newest.is_some_and(|r| r.state.is_deleted),
                ));
            }
            if ids.is_empty() {
                continue;
            }
            lists.push(List {
                batch,
                object,
                listed_at,
                window_end: listed_at - seconds(random, 7_200),
                is_complete: is_blind || chance(random, 80),
                ids,
            });
        }
    }
    lists
}
