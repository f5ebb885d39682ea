//! A record's life: what happened to it, what of it was read by which batch, and what Salesforce kept of it.

use crate::spec::{ACCOUNT, CONTACT, IS_CLOSED, OBJECTS};
use crate::world::{
    BASE, BATCHES, Change, DAY, Reading, Record, State, batch_time, chance, seconds,
};
use pipeline::random::Random;

/// Makes one record after the other.
pub struct Maker<'a> {
    random: &'a mut Random,
    histories: u64,
    numbers: [u64; BATCHES],
    history_ids: u64,
}

/// What a record's history is like.
#[allow(clippy::struct_excessive_bools)] // each is a coin of its own
struct Temper {
    /// Kept whole, one change an instant, no deletion: the dimension must hold the truth.
    faithful: bool,
    /// History rows that are missing, in a hundred.
    lost_percent: u64,
    reads_percent: u64,
}

impl<'a> Maker<'a> {
    /// For a world of so many histories.
    pub fn new(random: &'a mut Random, histories: u64) -> Self {
        Self {
            random,
            histories,
            numbers: [0; BATCHES],
            history_ids: 0,
        }
    }

    /// The history of the record with this number.
    pub fn record(&mut self, number: u64) -> Record {
        let object = usize::try_from(number % 4).unwrap();
        let temper = Temper {
            faithful: chance(self.random, 20),
            lost_percent: [0, 0, 40, 100][usize::try_from(self.random.below(4)).unwrap()],
            reads_percent: [35, 70, 100][usize::try_from(self.random.below(3)).unwrap()],
        };
        // A few are born while the batches are read.
        let created = if chance(self.random, 4) {
            BASE + seconds(self.random, 4 * 86_400)
        } else {
            BASE - 400 * DAY + seconds(self.random, 300 * 86_400)
        };
        let mut state = self.first_state(object, &temper);
        let mut record = Record {
            object,
            id: OBJECTS[object].id(number),
            readings: Vec::new(),
            changes: Vec::new(),
            gone_at: chance(self.random, 3).then(|| BASE + seconds(self.random, 5 * 86_400)),
            truth: None,
        };
        let mut at = created;
        let mut truth = vec![(at, state.tracked.clone())];
        self.read(&mut record, &temper, created, at, &state);
        for _ in 0..self.random.below(6) {
            at += match self.random.below(6) {
                0 if !temper.faithful => 0,
                0 | 1 => 1,
                2 => 1 + seconds(self.random, 3_600),
                _ => 1 + seconds(self.random, 40 * 86_400),
            };
            self.happen(&mut record, &temper, at, &mut state, number);
            if truth
                .last()
                .is_none_or(|(_, tracked)| *tracked != state.tracked)
            {
                truth.push((at, state.tracked.clone()));
            }
            self.read(&mut record, &temper, created, at, &state);
        }
        if temper.faithful {
            record.truth = Some(truth);
        }
        record
    }

    fn first_state(&mut self, object: usize, temper: &Temper) -> State {
        let spec = &OBJECTS[object];
        let tracked = (0..spec.tracked.len())
            .map(|column| self.value(object, column))
            .collect();
        let mut state = State {
            is_deleted: false,
            master: None,
            tracked,
            plain: spec.plain.iter().map(|_| self.plain()).collect(),
            closed_at: None,
        };
        if let (Some(column), true) = (spec.position(IS_CLOSED), temper.faithful) {
            state.tracked[column] = None;
        }
        state
    }

    /// One event of a record's life.
    fn happen(
        &mut self,
        record: &mut Record,
        temper: &Temper,
        at: i64,
        state: &mut State,
        number: u64,
    ) {
        let spec = &OBJECTS[record.object];
        match self.random.below(10) {
            // Deleted, or merged into a record of a higher number, so that nobody survives in himself.
            0 | 1 if !temper.faithful => {
                if state.is_deleted && chance(self.random, 50) {
                    state.is_deleted = false;
                    state.master = None;
                    return;
                }
                state.is_deleted = true;
                if chance(self.random, 50) && number + 4 < self.histories && spec.is_dimension {
                    let later = 1 + self.random.below((self.histories - number - 1) / 4);
                    state.master = Some(spec.id(number + 4 * later));
                }
            }
            2 => state.plain[0] = self.plain(),
            _ if state.is_deleted => {}
            _ => {
                for _ in 0..=self.random.below(2) {
                    self.change(record, temper, at, state);
                }
            }
        }
    }

    /// A tracked column takes another value, and Salesforce may keep what it held.
    fn change(&mut self, record: &mut Record, temper: &Temper, at: i64, state: &mut State) {
        let spec = &OBJECTS[record.object];
        if spec.tracked.is_empty() {
            state.plain[1] = self.plain();
            return;
        }
        let column = usize::try_from(
            self.random
                .below(u64::try_from(spec.tracked.len()).unwrap()),
        )
        .unwrap();
        if spec.tracked[column].column == IS_CLOSED {
            if !temper.faithful {
                state.tracked[column] = self.value(record.object, column);
                let is_closed = state.tracked[column].as_deref() == Some("true");
                state.closed_at = is_closed.then_some(at);
            }
            return;
        }
        let value = self.value(record.object, column);
        if value == state.tracked[column] {
            return;
        }
        let old = std::mem::replace(&mut state.tracked[column], value);
        let Some((field, is_id)) = spec.tracked[column].history else {
            return;
        };
        // The clocks of the record and of its history may differ by a second.
        let skew = if !temper.faithful && chance(self.random, 3) {
            seconds(self.random, 3) - 1
        } else {
            0
        };
        self.keep(record, temper, field, is_id, at + skew, old);
        // A change of a lookup has two rows; the one that tells names is not for a column with ids.
        if is_id && spec.position("owner_name").is_none() {
            let name = Some("somebody's name".to_owned());
            self.keep(record, temper, field, false, at + skew, name);
        }
    }

    fn keep(
        &mut self,
        record: &mut Record,
        temper: &Temper,
        field: &'static str,
        is_id: bool,
        changed_at: i64,
        old: Option<String>,
    ) {
        self.history_ids += 1;
        if !temper.faithful && chance(self.random, temper.lost_percent) {
            return;
        }
        let mut batches = vec![self.batch()];
        if chance(self.random, 25) {
            let second = self.batch();
            if second != batches[0] {
                batches.push(second);
            }
        }
        record.changes.push(Change {
            history_id: format!("017{:012}AAA", self.history_ids),
            field,
            is_id,
            changed_at,
            old,
            batches,
        });
    }

    /// A version may be read by nobody, by one batch, or by several.
    fn read(&mut self, record: &mut Record, temper: &Temper, created: i64, at: i64, state: &State) {
        while chance(self.random, temper.reads_percent * 9 / 10) {
            let batch = self.batch();
            let reading = Reading {
                batch,
                record_no: self.number(record.object, batch),
                extracted_at: batch_time(batch) + seconds(self.random, 1_000),
                modstamp: at,
                created_at: (temper.faithful || !chance(self.random, 10)).then_some(created),
                state: state.clone(),
            };
            // A window that is replayed has the same records under another run.
            if chance(self.random, 5) {
                let copy = self.batch();
                record.readings.push(Reading {
                    batch: copy,
                    record_no: self.number(record.object, copy),
                    ..reading.clone()
                });
            }
            // Two pages of one window can hold one version in two states, received at one instant.
            if !temper.faithful && chance(self.random, 3) {
                let mut other = reading.clone();
                other.record_no = self.number(record.object, batch);
                other.state.plain[0] = self.plain();
                record.readings.push(other);
            }
            record.readings.push(reading);
            if chance(self.random, 60) {
                return;
            }
        }
    }

    fn batch(&mut self) -> usize {
        usize::try_from(self.random.below(BATCHES as u64)).unwrap()
    }

    /// The next record number of a batch, in the window of the object.
    fn number(&mut self, object: usize, batch: usize) -> u64 {
        self.numbers[batch] += 1;
        (object as u64 + 1) * 1_000_000_000 + self.numbers[batch]
    }

    fn plain(&mut self) -> Option<String> {
        match self.random.below(12) {
            0 => None,
            1 => Some(String::new()),
            2 => Some("tab\tback\\slash".to_owned()),
            _ => Some(format!("text {}", self.random.below(50))),
        }
    }

    fn value(&mut self, object: usize, column: usize) -> Option<String> {
        let tracked = &OBJECTS[object].tracked[column];
        if tracked.values.is_empty() {
            // Ids of records of this world, few enough to meet again; some that nobody knows.
            let related = if tracked.column == "contact_id" {
                CONTACT
            } else {
                ACCOUNT
            };
            if chance(self.random, 12) {
                return None;
            }
            let number = 4 * self.random.below(self.histories / 4 + 3) + related as u64;
            return Some(OBJECTS[related].id(number));
        }
        let values = tracked.values;
        let choice = self.random.below(u64::try_from(values.len()).unwrap());
        values[usize::try_from(choice).unwrap()].map(str::to_owned)
    }
}
