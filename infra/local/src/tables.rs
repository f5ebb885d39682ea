//! What the warehouse holds, as one checksum a table, whatever the order of the rows.

use crate::twin::Twin;
use anyhow::{Context, Result};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Everything that follows from what the sources hold.
pub const RESULTS: [&str; 3] = ["staging", "curated", "mart"];

/// When a record was read, where it landed, how often it came before it was kept, and which of two windows that brought the same
/// record was read last differ between two runs over the same data; everything else must not.
pub const OF_THE_READING: [&str; 16] = [
    "extracted_at",
    "etl_loaded_at",
    "first_seen_at",
    "last_seen_at",
    "last_read_at",
    "read_at",
    "counted_at",
    "resolved_at",
    "object_key",
    "line",
    "received_rows",
    "duplicate_rows",
    "out_of_window_rows",
    "merged_rows",
    "superseded_rows",
    // How many were open when they were read last, up to that day.
    "unseen_conversations",
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

/// Columns that say of which day or instant a row speaks; the first one that a table has tells.
const OF_THE_DAY: [&str; 9] = [
    "business_date",
    "conversation_date",
    "compared_date",
    "emitted_date",
    "counted_date",
    "bucket_start",
    "day_start",
    "day_start_at",
    "conversation_start",
];

/// Every table of these schemas and every view of them; `without` are columns that do not count.
pub async fn checksums(twin: &Twin, schemas: &[&str], without: &[&str]) -> Result<Checksums> {
    gather(twin, schemas, without, None).await
}

/// As [`checksums`], without rows of days from `until` on: a later night has read those days too, and found them empty.
pub async fn checksums_until(
    twin: &Twin,
    schemas: &[&str],
    without: &[&str],
    until: Timestamp,
) -> Result<Checksums> {
    gather(twin, schemas, without, Some(until)).await
}

async fn gather(
    twin: &Twin,
    schemas: &[&str],
    without: &[&str],
    until: Option<Timestamp>,
) -> Result<Checksums> {
    let days = list(&OF_THE_DAY);
    let tables = format!(
        "select quote_ident(t.table_schema) || '.' || quote_ident(t.table_name), \
         (array_agg(c.column_name order by array_position(array[{days}], c.column_name::text)) \
         filter (where c.column_name in ({days})))[1] \
         from information_schema.tables as t join information_schema.columns as c using (table_schema, table_name) \
         where t.table_schema in ({}) group by 1 order by 1",
        list(schemas)
    );
    let minus = without.iter().fold(String::new(), |mut minus, column| {
        let _ = write!(minus, " - '{column}'");
        minus
    });
    let mut checksums = Checksums::new();
    for row in twin.sql(&tables).await? {
        let mut row = row.into_iter();
        let name = row.next().flatten().context("a table has a name")?;
        let within = match (row.next().flatten(), until) {
            (Some(column), Some(until)) => {
                format!(" where {column} < '{until}'::timestamptz at time zone 'UTC'")
            }
            _ => String::new(),
        };
        // As jsonb, so that a column can be left out; null and empty text stay different.
        let statement = format!(
            "select count(*) || ' rows ' || md5(coalesce(string_agg(line, chr(10) order by line collate \"C\"), '')) \
             from (select (to_jsonb(one){minus})::text as line from {name} as one{within}) as lines"
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
