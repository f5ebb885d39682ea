//! `runs/<run_id>/summary.json`: what a run came to, from the ledger.

use jiff::Timestamp;
use model::RunId;
use model::payload::{CheckResult, Verdict};
use serde::Serialize;
use step::Deadline;
use warehouse::{Value, Warehouse, WarehouseError};

/// The ledger of a run, summed by object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerLine {
    /// `genesys`, `salesforce`.
    pub source: String,
    /// `conversation`, …
    pub object: String,
    /// Windows.
    pub windows: i64,
    /// Records in the pages.
    pub received: i64,
    /// Received, but not of the window.
    pub out_of_window: i64,
    /// Received again with the same bytes.
    pub duplicates: i64,
    /// Lines in landing.
    pub landed: i64,
    /// Rows in the main staging table.
    pub staged: i64,
    /// Staged rows that are the newest of their key.
    pub merged: i64,
    /// Staged rows another extraction has replaced.
    pub superseded: i64,
    /// Records refused.
    pub quarantined: i64,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The run.
    pub run_id: RunId,
    /// The instant it counts as.
    pub at: Timestamp,
    /// The worst verdict.
    pub verdict: Verdict,
    /// Counts by object.
    pub ledger: Vec<LedgerLine>,
    /// Every data test.
    pub checks: Vec<CheckResult>,
}

/// Sums the run's ledger rows.
pub(crate) async fn ledger(
    warehouse: &Warehouse,
    run_id: &RunId,
    deadline: Deadline,
) -> Result<Vec<LedgerLine>, WarehouseError> {
    let query = "select source, object, count(*) as windows, \
                 cast(sum(received_rows) as bigint), cast(sum(out_of_window_rows) as bigint), \
                 cast(sum(duplicate_rows) as bigint), cast(sum(landed_rows) as bigint), \
                 cast(sum(staged_rows) as bigint), cast(sum(coalesce(merged_rows, 0)) as bigint), \
                 cast(sum(coalesce(superseded_rows, 0)) as bigint), cast(sum(quarantined_rows) as bigint) \
                 from ops.window_ledger where batch_id = :batch_id group by source, object order by source, object";
    let values = [("batch_id".to_owned(), run_id.to_string())];
    let rows = warehouse
        .query(
            &format!("{run_id}/summary"),
            query,
            &values,
            deadline.left(),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let text = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
            let number = |at: usize| row.get(at).and_then(Value::integer).unwrap_or(0);
            LedgerLine {
                source: text(0),
                object: text(1),
                windows: number(2),
                received: number(3),
                out_of_window: number(4),
                duplicates: number(5),
                landed: number(6),
                staged: number(7),
                merged: number(8),
                superseded: number(9),
                quarantined: number(10),
            }
        })
        .collect())
}
