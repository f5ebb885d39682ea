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
    /// `nightly`, …
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
}

/// Every entry of a loaded batch that touches `[from, to)`, the newest extraction of a window first.
pub(crate) async fn entries(
    warehouse: &Warehouse,
    from: Timestamp,
    to: Timestamp,
    within: Duration,
) -> Result<Vec<Entry>, PlanError> {
    let query = "select window_ledger.batch_id, window_ledger.mode, window_ledger.source, window_ledger.object, \
                 cast(window_ledger.window_start as varchar(32)), cast(window_ledger.window_end as varchar(32)), \
                 window_ledger.is_settled, window_ledger.received_rows \
                 from ops.window_ledger \
                 inner join ops.load_log on window_ledger.batch_id = load_log.batch_id \
                 where window_ledger.window_end > cast(:from_at as timestamp) \
                 and window_ledger.window_start < cast(:to_at as timestamp) \
                 order by window_ledger.extracted_at desc, window_ledger.batch_id desc";
    let text = |instant| {
        let mut text = String::new();
        model::rows::push_timestamp(&mut text, instant);
        text
    };
    let values = [
        ("from_at".to_owned(), text(from)),
        ("to_at".to_owned(), text(to)),
    ];
    let rows = warehouse
        .query("plan/ledger", query, &values, within)
        .await
        .map_err(PlanError::Warehouse)?;
    rows.iter()
        .map(|row| entry(row).ok_or_else(|| PlanError::Ledger(format!("{row:?}"))))
        .collect()
}

fn entry(row: &[Value]) -> Option<Entry> {
    let text = |at: usize| row.get(at).and_then(Value::text);
    let instant = |at: usize| -> Option<Timestamp> {
        let civil: DateTime = text(at)?.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(civil).ok()
    };
    Some(Entry {
        batch_id: RunId::try_from(text(0)?).ok()?,
        mode: text(1)?,
        source: text(2)?,
        object: text(3)?,
        window: Window::new(instant(4)?, instant(5)?).ok()?,
        is_settled: row.get(6)?.boolean()?,
        received: u64::try_from(row.get(7)?.integer()?).ok()?,
    })
}
