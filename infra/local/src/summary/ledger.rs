//! The ledger of a run: where the records of each window went, and whether its points close.

use crate::twin::Twin;
use anyhow::{Context, Result};
use model::RunId;
use serde::{Deserialize, Serialize};

/// The ledger of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Sums by object.
    pub objects: Vec<ObjectWindows>,
    /// Windows in the ledger.
    pub windows: u64,
    /// Of these, how many have five points that close: the API's count where it states an exact one, landed, staged, merged,
    /// refused.
    pub closed: u64,
    /// The windows that do not, with the point that is off.
    pub open: Vec<OpenWindow>,
}

/// The ledger of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectWindows {
    /// `genesys`, `salesforce`.
    pub source: String,
    /// `conversation`, `account`, …
    pub object: String,
    /// Windows in the run.
    pub windows: u64,
    /// Of these, how many failed and were left out of the run.
    #[serde(default)]
    pub left_out: u64,
    /// Of these, how many will not be read again to settle them.
    #[serde(default)]
    pub settled: u64,
    /// The counts the API itself states, where it states one.
    #[serde(default)]
    pub api: Option<u64>,
    /// Records in the pages.
    #[serde(default)]
    pub received: u64,
    /// Received, but not of the window.
    #[serde(default)]
    pub out_of_window: u64,
    /// Received again with the same bytes.
    #[serde(default)]
    pub duplicates: u64,
    /// Records in landing, refused ones included.
    pub landed: u64,
    /// Rows in the main staging table.
    pub staged: u64,
    /// Staged rows that are the newest of their key.
    #[serde(default)]
    pub merged: u64,
    /// Staged rows that another extraction has replaced.
    #[serde(default)]
    pub superseded: u64,
    /// Records refused.
    pub quarantined: u64,
    /// Requests to the source.
    pub calls: u64,
}

/// A window that does not close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenWindow {
    /// `genesys conversation 2026-01-05 00:00:00 to 2026-01-06 00:00:00`.
    pub window: String,
    /// Which point is off.
    pub point: String,
}

/// That a window was read at all, and its points from the API to the warehouse; a details query states a number that is not exact.
const POINTS: [(&str, &str); 5] = [
    (
        "read: it failed, and the run went on without it",
        "mode <> 'left_out'",
    ),
    (
        "the API's count = received - duplicates",
        "api_rows is null or extraction in ('query', 'replay') or api_rows = received_rows - duplicate_rows",
    ),
    (
        "received = out of window + duplicates + landed",
        "received_rows = out_of_window_rows + duplicate_rows + landed_rows",
    ),
    (
        "landed = staged + quarantined",
        "landed_rows = staged_rows + quarantined_rows",
    ),
    (
        "staged = merged + superseded",
        "coalesce(staged_rows = merged_rows + superseded_rows, false)",
    ),
];

pub(super) async fn read(twin: &Twin, run_id: &RunId) -> Result<Ledger> {
    // The run's id is made of letters, digits and hyphens: it cannot end its quotes.
    let of_run = format!("from ops.window_ledger where batch_id = '{run_id}'");
    let statement = format!(
        "select source, object, count(*), sum(case when is_settled then 1 else 0 end), sum(api_rows), sum(received_rows), \
         sum(out_of_window_rows), sum(duplicate_rows), sum(landed_rows), sum(staged_rows), sum(merged_rows), \
         sum(superseded_rows), sum(quarantined_rows), sum(api_calls), sum(case when mode = 'left_out' then 1 else 0 end) \
         {of_run} group by source, object order by source, object"
    );
    let mut ledger = Ledger::default();
    for row in twin.sql(&statement).await? {
        let text = |column: usize| row.get(column).cloned().flatten();
        let count = |column: usize| -> Result<u64> { number(text(column)) };
        let object = ObjectWindows {
            source: text(0).unwrap_or_default(),
            object: text(1).unwrap_or_default(),
            windows: count(2)?,
            left_out: count(14)?,
            settled: count(3)?,
            api: text(4).map(|text| number(Some(text))).transpose()?,
            received: count(5)?,
            out_of_window: count(6)?,
            duplicates: count(7)?,
            landed: count(8)?,
            staged: count(9)?,
            merged: count(10)?,
            superseded: count(11)?,
            quarantined: count(12)?,
            calls: count(13)?,
        };
        ledger.windows += object.windows;
        ledger.objects.push(object);
    }
    let mut open_windows = 0;
    let points = POINTS.map(|(_, holds)| format!("({holds})")).join(", ");
    let all = POINTS.map(|(_, holds)| format!("({holds})")).join(" and ");
    let statement = format!(
        "select source || ' ' || object || ' ' || window_start || ' to ' || window_end, {points} {of_run} and not ({all}) \
         order by 1"
    );
    for row in twin.sql(&statement).await? {
        open_windows += 1;
        let mut columns = row.into_iter().map(Option::unwrap_or_default);
        let window = columns.next().unwrap_or_default();
        let off = POINTS.iter().zip(columns).filter(|(_, holds)| holds != "t");
        ledger.open.extend(off.map(|((point, _), _)| OpenWindow {
            window: window.clone(),
            point: (*point).to_owned(),
        }));
    }
    ledger.closed = ledger.windows - open_windows;
    Ok(ledger)
}

/// A sum; that of no numbers is null.
fn number(text: Option<String>) -> Result<u64> {
    let text = text.unwrap_or_else(|| "0".to_owned());
    text.parse()
        .with_context(|| format!("ops.window_ledger: {text} is not a count"))
}
