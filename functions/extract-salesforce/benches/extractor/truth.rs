//! Whether a window is right: a figure of a wrong run is none.

use crate::source::{Source, object_of};
use anyhow::{Result, ensure};
use fakes::world::World;
use measure::{Bucket, rows_of};
use model::payload::{Extraction, WindowReceipt, WindowTask};
use std::collections::{HashMap, HashSet};

/// What there is of an object.
pub struct Records {
    /// Whether each is deleted, by id.
    by_id: HashMap<String, bool>,
    /// Staging table and its column with the id.
    table: String,
    id: String,
}

impl Records {
    /// The records an object of a task is read from.
    pub fn of(source: &Source, name: &str) -> Result<Self> {
        let object = object_of(name)?;
        let world = &source.world;
        let by_id = (0..world.rows(object))
            .map(|index| {
                let id = world.salesforce_id(object, index);
                (id, World::is_deleted(object, index))
            })
            .collect();
        let is_list = name.ends_with("_ids");
        Ok(Self {
            by_id,
            table: if is_list {
                "staging.salesforce_id".to_owned()
            } else {
                format!("staging.salesforce_{name}")
            },
            id: if is_list {
                "record_id".to_owned()
            } else {
                format!("{name}_id")
            },
        })
    }
}

/// Compares the receipt and the staged ids with what there is, and every file with the receipt.
pub fn check(
    bucket: &Bucket,
    task: &WindowTask,
    road: Extraction,
    expected: &Records,
) -> Result<WindowReceipt> {
    let landed = measure::check(bucket, task)?;
    let counts = landed.receipt.counts;
    let taken = landed.receipt.extraction;
    ensure!(taken == road, "read by {}", taken.as_str());
    let records = expected.by_id.len() as u64;
    ensure!(
        (counts.api, counts.landed, counts.staged, counts.quarantined)
            == (Some(records), records, records, 0),
        "{counts:?}, expected {records} records"
    );
    for table in ["raw.salesforce_record", &expected.table] {
        let found = landed.rows_in(table);
        ensure!(found == records, "{table} has {found} rows, not {records}");
    }
    let mut seen = HashSet::with_capacity(expected.by_id.len());
    let columns = [expected.id.as_str(), "is_deleted"];
    rows_of(bucket, &landed.receipt, &expected.table, &columns, |row| {
        let is_deleted = expected.by_id.get(row[0]);
        ensure!(
            is_deleted.is_some_and(|is_deleted| is_deleted.to_string() == row[1]),
            "a row that is not so at the source"
        );
        ensure!(seen.insert(row[0].to_owned()), "a row twice");
        Ok(())
    })?;
    ensure!(seen.len() as u64 == records, "{} rows", seen.len());
    Ok(landed.receipt)
}
