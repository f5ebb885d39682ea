//! What the warehouse holds, as one checksum a table, whatever the order of the rows.

use crate::twin::Twin;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Everything that follows from what the sources hold.
pub const RESULTS: [&str; 3] = ["staging", "curated", "mart"];

/// When a record was read, where it landed, how often it came before it was kept, and which of two windows that brought the same
/// record was read last differ between two runs over the same data; everything else must not.
pub const OF_THE_READING: [&str; 12] = [
    "extracted_at",
    "etl_loaded_at",
    "first_seen_at",
    "last_seen_at",
    "last_read_at",
    "object_key",
    "line",
    "received_rows",
    "duplicate_rows",
    "out_of_window_rows",
    "merged_rows",
    "superseded_rows",
];

/// Which batch brought a row: another batch over the same data brings the same row under another name.
pub const OF_THE_BATCH: [&str; 6] = [
    "batch_id",
    "record_no",
    "first_batch_id",
    "last_batch_id",
    "object_key",
    "line",
];

/// Rows and checksum by table or view.
pub type Checksums = BTreeMap<String, String>;

/// Every table of these schemas and every view of them; `without` are columns that do not count.
pub async fn checksums(twin: &Twin, schemas: &[&str], without: &[&str]) -> Result<Checksums> {
    let names = format!(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables \
         where table_schema in ({}) order by 1",
        list(schemas)
    );
    let minus = without.iter().fold(String::new(), |mut minus, column| {
        let _ = write!(minus, " - '{column}'");
        minus
    });
    let mut checksums = Checksums::new();
    for row in twin.sql(&names).await? {
        let name = row
            .into_iter()
            .next()
            .flatten()
            .context("a table has a name")?;
        // As jsonb, so that a column can be left out; null and empty text stay different.
        let statement = format!(
            "select count(*) || ' rows ' || md5(coalesce(string_agg(line, chr(10) order by line collate \"C\"), '')) \
             from (select (to_jsonb(one){minus})::text as line from {name} as one) as lines"
        );
        let found = twin.sql(&statement).await?;
        let found = found.into_iter().flatten().next().flatten();
        checksums.insert(name, found.context("a checksum is never null")?);
    }
    Ok(checksums)
}

/// The tables that differ, with both checksums; empty when nothing does.
pub fn differences(before: &Checksums, after: &Checksums) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let of = |side: &Checksums| side.get(name).cloned().unwrap_or("no table".to_owned());
            format!("{name}: {} became {}", of(before), of(after))
        })
        .collect()
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_record_lies_is_its_object_and_the_line_in_it() {
        // A window that was read on after a kill begins another object, and counts its lines from 1.
        for column in ["object_key", "line"] {
            assert!(OF_THE_READING.contains(&column), "{column}");
        }
    }
}
