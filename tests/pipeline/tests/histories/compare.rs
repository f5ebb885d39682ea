//! What differs, told so that its cause can be found.

use crate::base::Base;
use crate::oracle::{Expected, Row};
use crate::spec::{CASE, OBJECTS};
use crate::transactions::Merge;
use crate::world::{World, batch_name};
use anyhow::{Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Rows of a table that are told when two differ.
const TOLD: usize = 5;
/// Columns that say which run brought a row, and where it lies there.
pub const OF_THE_RUN: [&str; 4] = ["batch_id", "first_batch_id", "last_batch_id", "record_no"];

/// How the batches come.
#[derive(Debug, Clone)]
pub enum Step {
    /// Loads a batch.
    Load(usize),
    /// Merges a batch that is loaded.
    Merge(usize),
    /// Loads and merges a batch once more, from its landed files under another run.
    Replay(usize),
}

/// Runs the steps in a database.
pub async fn walk(base: &Base, merge: &Merge, steps: &[Step]) -> Result<()> {
    for step in steps {
        match step {
            Step::Load(batch) => base.load(*batch).await?,
            Step::Merge(batch) => base.merge(merge, &batch_name(*batch)).await?,
            Step::Replay(batch) => {
                let run = base.replay(*batch).await?;
                base.merge(merge, &run).await?;
            }
        }
    }
    Ok(())
}

/// Fails where the tables of two databases differ, apart from columns that do not count.
pub async fn same_tables(
    world: &World,
    (one, other): (&Base, &Base),
    without: &[&str],
    how: &str,
) -> Result<()> {
    let (ours, theirs) = (
        one.checksums(without).await?,
        other.checksums(without).await?,
    );
    let mut said = String::new();
    for ((table, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        if ours == theirs {
            continue;
        }
        let lines = |base| Base::lines(base, table, without);
        let (left, right) = (lines(one).await?, lines(other).await?);
        let (left, right): (BTreeSet<_>, BTreeSet<_>) =
            (left.iter().collect(), right.iter().collect());
        _ = write!(said, "\ncurated.{table}: {ours} / {theirs}");
        for line in left.difference(&right).take(TOLD) {
            _ = write!(said, "\n  - {line}");
        }
        for line in right.difference(&left).take(TOLD) {
            _ = write!(said, "\n  + {line}");
        }
        if let Some(id) = left
            .symmetric_difference(&right)
            .find_map(|line| named(line))
        {
            _ = write!(said, "\n{}", world.tell(&id));
        }
    }
    ensure!(said.is_empty(), "seed {}: {how}:{said}", world.seed);
    let waiting = other
        .rows("select object, reference_id from ops.link_pending")
        .await?;
    ensure!(
        waiting.is_empty(),
        "seed {}: {how}: links wait to be decided again: {waiting:?}",
        world.seed
    );
    Ok(())
}

/// The first id of a record in a line.
fn named(line: &str) -> Option<String> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric())
        .find(|word| {
            word.len() == 18 && OBJECTS.iter().any(|object| word.starts_with(object.prefix))
        })
        .map(str::to_owned)
}

/// Fails where a dimension is not what it is expected to be.
pub async fn as_expected(world: &World, base: &Base, expected: &Expected, how: &str) -> Result<()> {
    for (object, spec) in OBJECTS.iter().enumerate().filter(|(_, o)| o.is_dimension) {
        let closed_at = base
            .rows(&format!(
                "select {}, valid_from from curated.dim_salesforce_case where closed_at is not null order by 1, 2",
                OBJECTS[CASE].id_column
            ))
            .await?;
        let mut found: BTreeMap<String, Vec<Vec<Option<String>>>> = BTreeMap::new();
        for row in base.dimension(object).await? {
            let id = row.first().cloned().flatten().unwrap_or_default();
            found.entry(id).or_default().push(row);
        }
        let wanted: BTreeMap<&String, Vec<Vec<Option<String>>>> = expected
            .rows
            .iter()
            .filter(|(id, _)| id.starts_with(spec.prefix))
            .map(|(id, rows)| (id, rows.iter().map(Row::cells).collect()))
            .collect();
        for (id, rows) in &wanted {
            let ours = found.get(*id).map_or(&[][..], Vec::as_slice);
            if ours != rows {
                bail!(
                    "seed {}: {how}: dim_salesforce_{} has of {id}\n  {}\nand should have\n  {}\n{}",
                    world.seed,
                    spec.name,
                    lines(ours),
                    lines(rows),
                    world.tell(id)
                );
            }
        }
        if let Some(id) = found.keys().find(|id| !wanted.contains_key(*id)) {
            bail!(
                "seed {}: {how}: nothing was read of {id}, and it has rows\n{}",
                world.seed,
                world.tell(id)
            );
        }
        if object == CASE {
            let closed: Vec<_> = expected
                .rows
                .iter()
                .filter(|(id, _)| id.starts_with(spec.prefix))
                .flat_map(|(_, rows)| rows)
                .filter(|row| row.state.closed_at.is_some())
                .map(|row| row.cells()[..2].to_vec())
                .collect();
            ensure!(
                closed == closed_at,
                "seed {}: {how}: closed_at is held by other rows",
                world.seed
            );
        }
    }
    purged_as_expected(world, base, expected, how).await?;
    truth_is_held(world, expected, how)
}

fn lines(rows: &[Vec<Option<String>>]) -> String {
    let line = |row: &Vec<Option<String>>| {
        row.iter()
            .map(|cell| cell.as_deref().unwrap_or("∅"))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n  ")
}

async fn purged_as_expected(
    world: &World,
    base: &Base,
    expected: &Expected,
    how: &str,
) -> Result<()> {
    let found = base
        .rows("select record_id, purged_at, is_refused, batch_id from curated.salesforce_purged order by record_id")
        .await?;
    let mut wanted: Vec<_> = expected
        .purged
        .iter()
        .map(|(id, purge)| {
            vec![
                Some(id.clone()),
                Some(crate::base::instant(purge.at)),
                Some(if purge.is_refused { "t" } else { "f" }.to_owned()),
                Some(batch_name(world.lists[purge.list].batch)),
            ]
        })
        .collect();
    wanted.sort();
    let differs = found
        .iter()
        .zip(&wanted)
        .find(|(found, wanted)| found != wanted);
    if found.len() != wanted.len() || differs.is_some() {
        let id = differs.and_then(|(found, _)| found[0].clone());
        bail!(
            "seed {}: {how}: salesforce_purged has {} rows and should have {}; the first that differ: {differs:?}\n{}",
            world.seed,
            found.len(),
            wanted.len(),
            id.map_or_else(String::new, |id| world.tell(&id))
        );
    }
    Ok(())
}

/// Where Salesforce kept everything, the rows are what really happened, whatever was read of it.
fn truth_is_held(world: &World, expected: &Expected, how: &str) -> Result<()> {
    let mut held = 0;
    for record in &world.records {
        let (Some(truth), Some(rows)) = (&record.truth, expected.rows.get(&record.id)) else {
            continue;
        };
        let last_read = record.readings.iter().map(|reading| reading.modstamp).max();
        if record.changes.is_empty() {
            continue; // nothing says that its history is kept
        }
        let happened: Vec<_> = truth
            .iter()
            .filter(|(at, _)| Some(*at) <= last_read)
            .map(|(at, tracked)| (*at, tracked))
            .collect();
        let has: Vec<_> = rows
            .iter()
            .map(|row| (row.from, &row.state.tracked))
            .collect();
        ensure!(
            happened == has,
            "seed {}: {how}: {} went through {happened:?}, and its rows are {has:?}\n{}",
            world.seed,
            record.id,
            world.tell(&record.id)
        );
        held += 1;
    }
    ensure!(
        held * 50 >= world.records.len(),
        "only {held} histories were kept whole"
    );
    Ok(())
}

/// What must be true of every slowly changing dimension, asked of the database.
pub async fn invariants(world: &World, base: &Base) -> Result<()> {
    for spec in OBJECTS.iter().filter(|object| object.is_dimension) {
        let (table, id) = (
            format!("curated.dim_salesforce_{}", spec.name),
            spec.id_column,
        );
        let ordered = format!(
            "select *, lead(valid_from) over (partition by {id} order by valid_from, valid_to) as next_from from {table}"
        );
        let rules = [
            (
                "one latest row, and it is the only one that can be current",
                format!(
                    "select {id} from {table} group by {id} having sum(cast(is_latest as int)) <> 1 \
                     or sum(cast(is_current as int)) <> sum(cast(is_latest and close_reason is null as int))"
                ),
            ),
            (
                "no row overlaps the next",
                format!(
                    "select {id} from ({ordered}) as o where valid_to > next_from or valid_to < valid_from"
                ),
            ),
            (
                "no gap but after a deletion",
                format!(
                    "select {id} from ({ordered}) as o where (close_reason = 'changed') <> coalesce(valid_to = next_from, false) \
                     and not (close_reason in ('deleted', 'merged') and next_from is not null)"
                ),
            ),
            (
                "open rows end with time, and no other",
                format!(
                    "select {id} from {table} where (valid_to = '9999-12-31') <> is_current or is_current <> (close_reason is null)"
                ),
            ),
            (
                "a row is known by the hash of its key and its beginning",
                format!(
                    "select {id} from {table} where {name}_key <> sha2({id}, 256) \
                     or {name}_version_key <> sha2({id} || '|' || to_char(valid_from, 'YYYYMMDDHH24MISSUS'), 256)",
                    name = spec.name
                ),
            ),
        ];
        for (rule, query) in rules {
            let broken = base.rows(&query).await?;
            if let Some(id) = broken.first().and_then(|row| row[0].clone()) {
                bail!(
                    "seed {}: {table}: {rule}: {} break it\n{}",
                    world.seed,
                    broken.len(),
                    world.tell(&id)
                );
            }
        }
    }
    Ok(())
}
