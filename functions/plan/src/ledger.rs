//! What the ledger says of past windows.

use crate::PlanError;
use jiff::Timestamp;
use jiff::civil::DateTime;
use model::{RunId, Window};
use std::time::Duration;
use warehouse::{Value, Warehouse};

/// One row of `ops.window_ledger`, as far as planning needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The run that read it.
    pub batch_id: RunId,
    /// `nightly`, `intraday`, `backfill`, `replay`; `partial` for a window that was read through an event's filter, `left_out`
    /// for one that failed and that its run went on without.
    pub mode: String,
    /// `genesys`, `salesforce`.
    pub source: String,
    /// `conversation`, …
    pub object: String,
    /// What was read.
    pub window: Window,
    /// Whether the result is final.
    pub is_settled: bool,
    /// Records received.
    pub received: u64,
    /// Calls it took.
    pub calls: u64,
}

/// Mode of a window that was read through an event's filter.
pub const PARTIAL: &str = "partial";
/// Mode of a window that failed and that its run went on without.
pub const LEFT_OUT: &str = "left_out";

const COLUMNS: &str = "select window_ledger.batch_id, window_ledger.mode, window_ledger.source, window_ledger.object, \
    cast(window_ledger.window_start as varchar(32)), cast(window_ledger.window_end as varchar(32)), \
    window_ledger.is_settled, window_ledger.received_rows, window_ledger.api_calls \
    from ops.window_ledger \
    inner join ops.load_log on window_ledger.batch_id = load_log.batch_id";
const ORDER: &str = "order by window_ledger.extracted_at desc, window_ledger.batch_id desc";

/// What counts as read: Genesys' windows that end after `from`, and every window of Salesforce, because it goes on where it
/// stopped, however long ago. And the windows of Genesys that were left out, which somebody may have to read yet.
///
/// Only of runs that were merged: a merge takes its own batch, so what was loaded by a run whose merge failed for good would
/// never reach the tables if its windows counted as read. The newest first.
pub(crate) async fn read(
    warehouse: &Warehouse,
    from: Timestamp,
    within: Duration,
) -> Result<Vec<Entry>, PlanError> {
    let query = format!(
        "{COLUMNS} where load_log.merged_at is not null \
         and ((window_ledger.source = 'genesys' and window_ledger.mode in ('nightly', 'backfill', 'left_out') \
         and window_ledger.window_end > cast(:from_at as timestamp)) \
         or (window_ledger.source = 'salesforce' and window_ledger.mode in ('nightly', 'intraday', 'backfill'))) {ORDER}"
    );
    let values = [("from_at".to_owned(), text(from))];
    rows(warehouse, &query, &values, within).await
}

/// What was landed from a source and touches `range`, the newest first. A replay landed nothing, nor did a window that its run
/// went on without.
pub(crate) async fn landed(
    warehouse: &Warehouse,
    range: Window,
    within: Duration,
) -> Result<Vec<Entry>, PlanError> {
    let query = format!(
        "{COLUMNS} where window_ledger.mode not in ('replay', 'left_out') and window_ledger.window_end > cast(:from_at as timestamp) \
         and window_ledger.window_start < cast(:to_at as timestamp) {ORDER}"
    );
    let values = [
        ("from_at".to_owned(), text(range.start())),
        ("to_at".to_owned(), text(range.end())),
    ];
    rows(warehouse, &query, &values, within).await
}

/// Since when one of these objects of Genesys has been read, however long ago.
pub(crate) async fn begins(
    warehouse: &Warehouse,
    objects: &[&str],
    within: Duration,
) -> Result<Option<Timestamp>, PlanError> {
    let query = format!(
        "select cast(min(window_start) as varchar(32)) from ops.window_ledger \
         where source = 'genesys' and mode in ('nightly', 'backfill') and object in ('{}')",
        objects.join("', '")
    );
    let rows = warehouse
        .query("plan/begins", &query, &[], within)
        .await
        .map_err(|cause| PlanError::warehouse("reading since when there is data", cause))?;
    Ok(rows.first().and_then(|row| instant(row.first()?)))
}

/// An instant as the ledger has it.
fn text(instant: Timestamp) -> String {
    let mut text = String::new();
    model::rows::push_timestamp(&mut text, instant);
    text
}

async fn rows(
    warehouse: &Warehouse,
    query: &str,
    values: &[(String, String)],
    within: Duration,
) -> Result<Vec<Entry>, PlanError> {
    let rows = warehouse
        .query("plan/ledger", query, values, within)
        .await
        .map_err(|cause| PlanError::warehouse("reading the ledger", cause))?;
    rows.iter()
        .map(|row| entry(row).ok_or_else(|| PlanError::Ledger(format!("{row:?}"))))
        .collect()
}

fn instant(value: &Value) -> Option<Timestamp> {
    let civil: DateTime = value.text()?.parse().ok()?;
    jiff::tz::Offset::UTC.to_timestamp(civil).ok()
}

fn entry(row: &[Value]) -> Option<Entry> {
    let text = |at: usize| row.get(at).and_then(Value::text);
    let instant = |at: usize| instant(row.get(at)?);
    let count = |at: usize| u64::try_from(row.get(at)?.integer()?).ok();
    Some(Entry {
        batch_id: RunId::try_from(text(0)?).ok()?,
        mode: text(1)?,
        source: text(2)?,
        object: text(3)?,
        window: Window::new(instant(4)?, instant(5)?).ok()?,
        is_settled: row.get(6)?.boolean()?,
        received: count(7)?,
        calls: count(8)?,
    })
}
