//! The ledger rows of a run, as the CSV that `COPY` loads.

use crate::{LoadError, ledger_instant};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::RunId;
use model::payload::{Counts, Extraction, WindowReceipt};
use model::rows::header;
use std::fmt::Write as _;
use std::io::Write as _;

/// The ledger's `mode` of windows that an event's filter has cut.
const PARTIAL: &str = "partial";

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
    for line in receipts.iter().flat_map(lines) {
        line.push_to(&mut csv, run_id);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(csv.as_bytes())
        .and_then(|()| encoder.finish())
        .map(Some)
        .map_err(|error| failed(format!("compressing the ledger: {error}")))
}

/// Ledger rows of these receipts: one a window, and one for each object that came along with it.
pub(crate) fn rows(receipts: &[WindowReceipt]) -> u64 {
    receipts
        .iter()
        .map(|receipt| 1 + receipt.beside.len() as u64)
        .sum()
}

/// One row of the ledger: a window, or an object that came along with one.
struct Line<'a> {
    receipt: &'a WindowReceipt,
    object: &'a str,
    extraction: Extraction,
    counts: &'a Counts,
}

fn lines(receipt: &WindowReceipt) -> impl Iterator<Item = Line<'_>> {
    let own = Line {
        receipt,
        object: &receipt.task.object,
        extraction: receipt.extraction,
        counts: &receipt.counts,
    };
    let beside = receipt.beside.iter().map(move |beside| Line {
        receipt,
        object: &beside.object,
        extraction: beside.extraction,
        counts: &beside.counts,
    });
    std::iter::once(own).chain(beside)
}

impl Line<'_> {
    fn push_to(&self, csv: &mut String, run_id: &RunId) {
        let (task, counts) = (&self.receipt.task, self.counts);
        // What an event's own filter has cut does not count as read: it is no reading of its mode.
        let mode = if task.is_partial {
            PARTIAL
        } else {
            task.mode.as_str()
        };
        let api = counts
            .api
            .map_or_else(|| "\\N".to_owned(), |rows| rows.to_string());
        let _ = writeln!(
            csv,
            "\"{run_id}\",\"{mode}\",\"{}\",\"{}\",{},{},{},\"{}\",{api},{},{},{},{},{},{},\\N,\\N,{},{},{}",
            task.source,
            self.object,
            ledger_instant(task.window.start()),
            ledger_instant(task.window.end()),
            task.window_no,
            self.extraction.as_str(),
            counts.received,
            counts.out_of_window,
            counts.duplicates,
            counts.landed,
            counts.staged,
            counts.quarantined,
            self.receipt.is_settled,
            counts.calls,
            ledger_instant(self.receipt.extracted_at),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::receipt;
    use flate2::read::GzDecoder;
    use model::payload::Beside;
    use std::io::Read as _;

    fn csv(receipts: &[WindowReceipt]) -> Vec<String> {
        let run = receipts[0].task.run_id.clone();
        let bytes = ledger_csv(&run, receipts).unwrap().unwrap();
        let mut text = String::new();
        GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn an_object_that_came_along_has_a_row_of_its_own_with_the_number_of_its_window() {
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
        let rows_of = csv(&[receipt.clone()]);
        assert_eq!(rows(&[receipt]), rows_of.len() as u64);
        insta::assert_snapshot!(rows_of.join("\n"), @r#"
        "nightly-20260106","nightly","genesys","conversation",2026-01-05 00:00:00,2026-01-06 00:00:00,1,"job",\N,2,0,0,2,2,0,\N,\N,false,0,2026-01-06 00:10:00
        "nightly-20260106","nightly","genesys","external_contact",2026-01-05 00:00:00,2026-01-06 00:00:00,1,"lookup",\N,7,0,0,7,6,1,\N,\N,false,4,2026-01-06 00:10:00
        "#);
    }

    #[test]
    fn a_partial_window_is_no_reading_of_its_mode() {
        let mut receipt = receipt();
        receipt.task.is_partial = true;
        assert!(csv(&[receipt])[0].starts_with("\"nightly-20260106\",\"partial\","));
    }
}
