//! The ledger rows of a run, as the CSV that `COPY` loads.

use crate::receipts::Windows;
use crate::{LoadError, ledger_instant};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use model::RunId;
use model::payload::{Counts, WindowReceipt, WindowTask};
use model::rows::header;
use std::fmt::Write as _;
use std::io::Write as _;

/// The ledger's `mode` of windows that an event's filter has cut.
const PARTIAL: &str = "partial";
/// The ledger's `mode` of windows that failed, or were put off, and that the run went on without.
pub(crate) const LEFT_OUT: &str = "left_out";
/// The ledger's `extraction` where nothing was read.
const NONE: &str = "none";

/// `ops.window_ledger` rows, compressed; `None` when the run has no window.
pub fn ledger_csv(run_id: &RunId, windows: &Windows) -> Result<Option<Vec<u8>>, LoadError> {
    if windows.is_empty() {
        return Ok(None);
    }
    let failed = |rule: String| LoadError::Receipt {
        run_id: run_id.clone(),
        rule,
    };
    let table =
        warehouse::sql::table("ops.window_ledger").map_err(|error| failed(error.to_string()))?;
    let mut csv = header(&table);
    let read = windows.receipts.iter().flat_map(lines);
    for line in read.chain(windows.left_out.iter().map(left_out)) {
        line.push_to(&mut csv, run_id);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(csv.as_bytes())
        .and_then(|()| encoder.finish())
        .map(Some)
        .map_err(|error| failed(format!("compressing the ledger: {error}")))
}

/// Ledger rows of these windows: one each, and one for each object that came along with one.
pub(crate) fn rows(windows: &Windows) -> u64 {
    let read = windows.receipts.iter();
    let read: u64 = read.map(|receipt| 1 + receipt.beside.len() as u64).sum();
    read + windows.left_out.len() as u64
}

/// One row of the ledger: a window, or an object that came along with one.
struct Line<'a> {
    task: &'a WindowTask,
    mode: &'a str,
    object: &'a str,
    extraction: &'a str,
    counts: Counts,
    is_settled: bool,
    extracted_at: Timestamp,
}

fn lines(receipt: &WindowReceipt) -> impl Iterator<Item = Line<'_>> {
    let task = &receipt.task;
    // What an event's own filter has cut does not count as read: it is no reading of its mode.
    let mode = if task.is_partial {
        PARTIAL
    } else {
        task.mode.as_str()
    };
    let own = (&task.object, receipt.extraction, receipt.counts);
    let beside = receipt.beside.iter();
    let beside = beside.map(|one| (&one.object, one.extraction, one.counts));
    std::iter::once(own)
        .chain(beside)
        .map(move |(object, extraction, counts)| Line {
            task,
            mode,
            object,
            extraction: extraction.as_str(),
            counts,
            is_settled: receipt.is_settled,
            extracted_at: receipt.extracted_at,
        })
}

/// A window that failed or was put off: no reading of any mode, so that it counts nowhere as read.
fn left_out(task: &WindowTask) -> Line<'_> {
    Line {
        task,
        mode: LEFT_OUT,
        object: &task.object,
        extraction: NONE,
        counts: Counts::default(),
        is_settled: false,
        // Nothing was extracted; the run's own instant is the same however often this is written.
        extracted_at: task.at,
    }
}

impl Line<'_> {
    fn push_to(&self, csv: &mut String, run_id: &RunId) {
        let (task, counts) = (self.task, &self.counts);
        let api = counts
            .api
            .map_or_else(|| "\\N".to_owned(), |rows| rows.to_string());
        let _ = writeln!(
            csv,
            "\"{run_id}\",\"{}\",\"{}\",\"{}\",{},{},{},\"{}\",{api},{},{},{},{},{},{},\\N,\\N,{},{},{}",
            self.mode,
            task.source,
            self.object,
            ledger_instant(task.window.start()),
            ledger_instant(task.window.end()),
            task.window_no,
            self.extraction,
            counts.received,
            counts.out_of_window,
            counts.duplicates,
            counts.landed,
            counts.staged,
            counts.quarantined,
            self.is_settled,
            counts.calls,
            ledger_instant(self.extracted_at),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::{left_out, receipt};
    use flate2::read::GzDecoder;
    use model::payload::{Beside, Extraction};
    use std::io::Read as _;

    fn csv(windows: &Windows) -> Vec<String> {
        let run = receipt().task.run_id;
        let bytes = ledger_csv(&run, windows).unwrap().unwrap();
        let mut text = String::new();
        GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn what_came_along_has_a_row_with_the_number_of_its_window_and_what_was_left_out_one_without_counts()
     {
        let mut receipt = receipt();
        receipt.beside.push(Beside {
            object: "external_contact".to_owned(),
            extraction: Extraction::Lookup,
            counts: Counts {
                received: 7,
                landed: 7,
                staged: 6,
                quarantined: 1,
                calls: 4,
                ..Counts::default()
            },
        });
        let windows = Windows {
            receipts: vec![receipt],
            left_out: vec![left_out()],
        };
        let rows_of = csv(&windows);
        assert_eq!(rows(&windows), rows_of.len() as u64);
        insta::assert_snapshot!(rows_of.join("\n"), @r#"
        "nightly-20260106","nightly","genesys","conversation",2026-01-05 00:00:00,2026-01-06 00:00:00,1,"job",\N,2,0,0,2,2,0,\N,\N,false,0,2026-01-06 00:10:00
        "nightly-20260106","nightly","genesys","external_contact",2026-01-05 00:00:00,2026-01-06 00:00:00,1,"lookup",\N,7,0,0,7,6,1,\N,\N,false,4,2026-01-06 00:10:00
        "nightly-20260106","left_out","genesys","adherence",2026-01-05 00:00:00,2026-01-06 00:00:00,2,"none",\N,0,0,0,0,0,0,\N,\N,false,0,2026-01-06 00:00:00
        "#);
    }

    #[test]
    fn a_partial_window_is_no_reading_of_its_mode() {
        let mut receipt = receipt();
        receipt.task.is_partial = true;
        let windows = Windows {
            receipts: vec![receipt],
            left_out: Vec::new(),
        };
        assert!(csv(&windows)[0].starts_with("\"nightly-20260106\",\"partial\","));
    }

    #[test]
    fn a_run_without_a_window_has_no_ledger() {
        let run = receipt().task.run_id;
        assert!(ledger_csv(&run, &Windows::default()).unwrap().is_none());
    }
}
