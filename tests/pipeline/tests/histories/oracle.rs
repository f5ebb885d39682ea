//! What the dimensions must hold, computed from the words of their definitions and of `DECISIONS.md`, not from the merge.
//!
//! The newest reading of a version is walked backwards through the changes that Salesforce kept, undoing one after the other; what comes
//! out at each change is a version that nobody has read. Versions that hold the same make a row.

use crate::base::instant;
use crate::spec::{IS_CLOSED, OBJECTS};
use crate::world::{Change, Reading, Record, State, World, batch_name};
use std::collections::{BTreeMap, BTreeSet};

/// A version of a record, read or restored.
struct Version<'a> {
    at: i64,
    state: State,
    /// What was read: itself, or the next version that was.
    from: &'a Reading,
    was_read: bool,
}

/// A row of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub from: i64,
    /// Nothing: open.
    pub to: Option<i64>,
    pub is_current: bool,
    pub is_latest: bool,
    pub close_reason: Option<&'static str>,
    pub master: Option<String>,
    pub created_at: Option<i64>,
    pub state: State,
    pub batch: usize,
    pub extracted_at: i64,
}

/// A record that is gone, by the first list that misses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purge {
    pub at: i64,
    /// Which of the world's lists.
    pub list: usize,
    pub is_refused: bool,
}

/// What the tables must hold.
#[derive(Debug)]
pub struct Expected {
    /// Rows by id, in the order of their beginning.
    pub rows: BTreeMap<String, Vec<Row>>,
    pub purged: BTreeMap<String, Purge>,
}

/// The order in which readings of one version count, the last one most: extraction, load, run, place in the run.
fn recency(reading: &Reading) -> (i64, usize, u64) {
    // Batches are loaded in the order of their numbers.
    (reading.extracted_at, reading.batch, reading.record_no)
}

impl Expected {
    /// For everything that the batches of `world` bring; `max_purged_percent` as in the settings.
    pub fn of(world: &World, max_purged_percent: f64) -> Self {
        let purged = purged(world, max_purged_percent);
        let mut rows = BTreeMap::new();
        for record in &world.records {
            if OBJECTS[record.object].is_dimension && !record.readings.is_empty() {
                let closed = purged.get(&record.id).filter(|purge| !purge.is_refused);
                rows.insert(record.id.clone(), rows_of(record, closed));
            }
        }
        Self { rows, purged }
    }
}

/// The reading that counts of each version, in the order of the versions.
fn read_versions(record: &Record) -> BTreeMap<i64, &Reading> {
    let mut found: BTreeMap<i64, &Reading> = BTreeMap::new();
    for reading in &record.readings {
        let best = found.entry(reading.modstamp).or_insert(reading);
        if recency(reading) > recency(best) {
            *best = reading;
        }
    }
    found
}

/// Changes of tracked columns, as `(instant, history id, column, what it held before)`, in order.
fn changes(record: &Record) -> Vec<(i64, &str, usize, &Option<String>)> {
    let spec = &OBJECTS[record.object];
    let column_of = |change: &Change| {
        spec.tracked
            .iter()
            .position(|tracked| tracked.history == Some((change.field, change.is_id)))
    };
    let mut found: Vec<_> = record
        .changes
        .iter()
        .filter_map(|change| {
            let column = column_of(change)?;
            Some((
                change.changed_at,
                change.history_id.as_str(),
                column,
                &change.old,
            ))
        })
        .collect();
    found.sort_unstable();
    found
}

fn versions(record: &Record, created_at: Option<i64>) -> Vec<Version<'_>> {
    let changes = changes(record);
    let mut moments: BTreeSet<i64> = changes.iter().map(|change| change.0).collect();
    if !moments.is_empty() {
        moments.extend(created_at);
    }
    let mut found = Vec::new();
    let mut floor = i64::MIN;
    for (at, reading) in read_versions(record) {
        let mut state = reading.state.clone();
        let mut undoing = changes
            .iter()
            .rev()
            .skip_while(|change| change.0 > at)
            .take_while(|change| change.0 > floor)
            .peekable();
        let mut restored = Vec::new();
        for moment in moments
            .range(..at)
            .rev()
            .take_while(|moment| **moment > floor)
        {
            while let Some((_, _, column, old)) = undoing.next_if(|change| change.0 > *moment) {
                state.tracked[*column].clone_from(old);
            }
            restored.push(Version {
                at: *moment,
                state: as_of(*moment, record.object, &state),
                from: reading,
                was_read: false,
            });
        }
        found.extend(restored.into_iter().rev());
        found.push(Version {
            at,
            state: reading.state.clone(),
            from: reading,
            was_read: true,
        });
        floor = at;
    }
    found
}

/// What lay before a deletion was not deleted, and what lay before a closing was open.
fn as_of(moment: i64, object: usize, state: &State) -> State {
    let mut state = State {
        is_deleted: false,
        master: None,
        ..state.clone()
    };
    if let Some(closed) = OBJECTS[object].position(IS_CLOSED)
        && state.closed_at.is_some_and(|at| at > moment)
    {
        state.closed_at = None;
        state.tracked[closed] = Some("false".to_owned());
    }
    state
}

fn rows_of(record: &Record, purge: Option<&Purge>) -> Vec<Row> {
    let created_at = read_versions(record)
        .values()
        .filter_map(|reading| reading.created_at)
        .max();
    let versions = versions(record, created_at);
    // Versions that follow each other and hold the same, or are deleted alike.
    let mut periods: Vec<Vec<&Version<'_>>> = Vec::new();
    for version in &versions {
        match periods.last_mut() {
            Some(period) if is_same(&period[0].state, &version.state) => period.push(version),
            _ => periods.push(vec![version]),
        }
    }
    let is_deleted = |period: &[&Version<'_>]| period[0].state.is_deleted;
    let master = |period: &[&Version<'_>]| newest(period).state.master.clone();
    let ends_merged = periods
        .last()
        .filter(|last| is_deleted(last))
        .and_then(|last| master(last));
    let mut rows = Vec::new();
    for (place, period) in periods.iter().enumerate() {
        // A deletion is no row of its own, but where nothing is known before it.
        if is_deleted(period) && place > 0 {
            continue;
        }
        let from = period[0].at;
        let next = periods.get(place + 1);
        let gone = |period: &[&Version<'_>]| match master(period) {
            Some(_) => "merged",
            None => "deleted",
        };
        let (to, close_reason) = match (next, purge) {
            _ if is_deleted(period) => (Some(from), Some(gone(period))),
            (Some(next), _) if is_deleted(next) => (Some(next[0].at), Some(gone(next))),
            (Some(next), _) => (Some(next[0].at), Some("changed")),
            (None, Some(purge)) => (Some(purge.at), Some("deleted")),
            (None, None) => (None, None),
        };
        let newest = newest(period);
        rows.push(Row {
            id: record.id.clone(),
            from,
            to,
            is_current: close_reason.is_none(),
            is_latest: false,
            close_reason,
            master: ends_merged.clone(),
            created_at,
            state: newest.state.clone(),
            batch: newest.from.batch,
            extracted_at: newest.from.extracted_at,
        });
    }
    if let Some(last) = rows.last_mut() {
        last.is_latest = true;
    }
    rows
}

fn is_same(one: &State, other: &State) -> bool {
    (one.is_deleted && other.is_deleted)
        || (one.is_deleted == other.is_deleted && one.tracked == other.tracked)
}

/// The version whose further columns a row has: the newest that was read within it, else the newest that was restored.
fn newest<'a, 'b>(period: &[&'a Version<'b>]) -> &'a Version<'b> {
    let read = period.iter().rev().find(|version| version.was_read);
    read.or(period.last())
        .expect("a period has a version at least")
}

/// The reading of a record that is its newest version.
pub fn newest_reading(record: &Record) -> Option<&Reading> {
    read_versions(record).into_values().next_back()
}

fn purged(world: &World, max_purged_percent: f64) -> BTreeMap<String, Purge> {
    let named: Vec<BTreeSet<&str>> = world
        .lists
        .iter()
        .map(|list| list.ids.iter().map(|(id, _)| id.as_str()).collect())
        .collect();
    let mut found = BTreeMap::new();
    let mut missed: BTreeMap<usize, usize> = BTreeMap::new();
    for record in &world.records {
        let Some(newest) = newest_reading(record).filter(|newest| !newest.state.is_deleted) else {
            continue;
        };
        let of_object = || {
            world
                .lists
                .iter()
                .enumerate()
                .filter(|(_, list)| list.object == record.object)
        };
        let read_at = record.readings.iter().map(|reading| reading.extracted_at);
        let listed_at = of_object()
            .filter(|(number, _)| named[*number].contains(record.id.as_str()))
            .map(|(_, list)| list.listed_at);
        let seen_at = read_at.chain(listed_at).max().unwrap_or(i64::MIN);
        let created = record.readings.iter().filter_map(|r| r.created_at).max();
        let first_version = record.readings.iter().map(|r| r.modstamp).min();
        let existed_at = created.or(first_version).unwrap_or(i64::MIN);
        let first = of_object()
            .filter(|(_, list)| list.is_complete)
            .filter(|(_, list)| list.listed_at > seen_at && existed_at < list.window_end)
            .min_by_key(|(_, list)| list.listed_at);
        if let Some((number, list)) = first {
            *missed.entry(number).or_default() += 1;
            let purge = Purge {
                at: list.listed_at.max(newest.modstamp + 1),
                list: number,
                is_refused: false,
            };
            found.insert(record.id.clone(), purge);
        }
    }
    for purge in found.values_mut() {
        let list = &world.lists[purge.list];
        let listed = list.ids.iter().filter(|(_, deleted)| !deleted).count();
        let missing = missed[&purge.list];
        #[allow(clippy::cast_precision_loss)] // some thousands
        let share = 100.0 * missing as f64 / (listed + missing) as f64;
        purge.is_refused = missing > 20 && share > max_purged_percent;
    }
    found
}

impl Row {
    /// The row as the database tells it; see `base::DIMENSION`.
    pub fn cells(&self) -> Vec<Option<String>> {
        let open = "9999-12-31 00:00:00".to_owned();
        let flag = |is: bool| Some(if is { "t" } else { "f" }.to_owned());
        let mut cells = vec![
            Some(self.id.clone()),
            Some(instant(self.from)),
            Some(self.to.map_or(open, instant)),
            flag(self.is_current),
            flag(self.is_latest),
            self.close_reason.map(str::to_owned),
            self.master.clone(),
            self.created_at.map(instant),
            Some(batch_name(self.batch)),
            Some(instant(self.extracted_at)),
        ];
        cells.extend(self.state.tracked.iter().cloned());
        cells.extend(self.state.plain.iter().cloned());
        cells
    }
}
