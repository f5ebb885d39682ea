//! The ledger rows of a run, as the CSV that `COPY` loads.

use crate::{LoadError, ledger_instant};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::RunId;
use model::payload::WindowReceipt;
use model::rows::header;
use std::fmt::Write as _;
use std::io::Write as _;

/// `ops.window_ledger` rows, compressed; `None` when the run has no window.
pub fn ledger_csv(
    run_id: &RunId,
    receipts: &[WindowReceipt],
) -> Result<Option<Vec<u8>>, LoadError> {
    if receipts.is_empty() {
        return Ok(None);
    }
    let failed = |rule: String| LoadError::Receipt {
        run_id: run_id.clone(),
        rule,
    };
    let table =
        warehouse::sql::table("ops.window_ledger").map_err(|error| failed(error.to_string()))?;
    let mut csv = header(&table);
    for receipt in receipts {
        push_row(&mut csv, run_id, receipt);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(csv.as_bytes())
        .and_then(|()| encoder.finish())
        .map(Some)
        .map_err(|error| failed(format!("compressing the ledger: {error}")))
}

fn push_row(csv: &mut String, run_id: &RunId, receipt: &WindowReceipt) {
    let (task, counts) = (&receipt.task, &receipt.counts);
    let api = counts
        .api
        .map_or_else(|| "\\N".to_owned(), |rows| rows.to_string());
    let _ = writeln!(
        csv,
        "\"{run_id}\",\"{}\",\"{}\",\"{}\",{},{},{},\"{}\",{api},{},{},{},{},{},{},\\N,\\N,{},{},{}",
        task.mode.as_str(),
        task.source,
        task.object,
        ledger_instant(task.window.start()),
        ledger_instant(task.window.end()),
        task.window_no,
        receipt.extraction.as_str(),
        counts.received,
        counts.out_of_window,
        counts.duplicates,
        counts.landed,
        counts.staged,
        counts.quarantined,
        receipt.is_settled,
        counts.calls,
        ledger_instant(receipt.extracted_at),
    );
}
