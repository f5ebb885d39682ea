//! A window read again from its landed files: no call, no token.

use crate::state::Stage;
use crate::{CONTACT_TABLE, CONTACTS, ExtractError, Progress, Run};
use flate2::read::GzDecoder;
use genesys::record;
use genesys::record::reference::{natural_id, write_reference};
use jiff::Timestamp;
use jiff::civil::DateTime;
use landing::envelope::{self, Landed};
use landing::{LandingError, WindowWriter, keys};
use model::payload::{Extraction, WindowReceipt};
use model::{RunId, Source};
use std::collections::BTreeSet;

/// Lines whose rows may wait uncompressed: as many as a page of job results has records.
const LINES_IN_MEMORY: u32 = 1000;

pub(crate) async fn read(run: &mut Run<'_>) -> Result<Progress, ExtractError> {
    let (task, store) = (run.task, run.store);
    let mut next = match run.state.stage {
        Stage::Landed { next } => next,
        _ => 0,
    };
    while let Some(key) = task.landed.get(next) {
        let writer = &mut run.writer;
        let mut lines = 0_u32;
        envelope::read(store, key, |landed| {
            lines += 1;
            if lines.is_multiple_of(LINES_IN_MEMORY) {
                writer.drain()?;
            }
            take(writer, task, &landed)
        })
        .await?;
        next += 1;
        run.state.stage = Stage::Landed { next };
        run.writer.checkpoint(&run.state).await?;
        if run.is_late() && next < task.landed.len() {
            return Ok(Progress::HandBack);
        }
    }
    run.state.is_settled = copy_from_receipts(run).await?;
    Ok(Progress::Complete)
}

fn take(
    writer: &mut WindowWriter,
    task: &crate::Request,
    landed: &Landed,
) -> Result<(), ExtractError> {
    let at = landed.extracted_at;
    let payload = match std::str::from_utf8(&landed.payload) {
        Ok(payload) => payload,
        Err(error) => {
            let refusal = model::rows::Refusal {
                reason: "unreadable",
                detail: format!("the record is not UTF-8: {error}"),
            };
            let id = Some(landed.natural_id.as_str()).filter(|id| !id.is_empty());
            writer.refuse(id, &landed.payload, at, &refusal)?;
            return Ok(());
        }
    };
    if task.object != "conversation" {
        let id = natural_id(&task.object, payload).unwrap_or_default();
        writer.record(&id, payload, at, |rows| {
            write_reference(&task.object, payload, rows)
        })?;
        return Ok(());
    }
    match record::parse(payload) {
        Ok(record) if !task.window.contains(record.conversation_start) => {
            writer.skip_out_of_window();
        }
        Ok(record) => {
            writer.record(&record.conversation_id, payload, at, |rows| {
                record::write(&record, Extraction::Replay, task.window, rows)
            })?;
        }
        Err(refusal) => {
            let id = record::natural_id_of(payload);
            writer.refuse(id.as_deref(), payload.as_bytes(), at, &refusal)?;
        }
    }
    Ok(())
}

/// What the landed files do not hold comes from the receipts of the runs that landed them: whether the window was
/// settled (answered here), and the external contacts, which were resolved then and are staged again.
async fn copy_from_receipts(run: &mut Run<'_>) -> Result<bool, ExtractError> {
    let (task, store) = (run.task, run.store);
    let runs: BTreeSet<RunId> = task.landed.iter().filter_map(|key| run_of(key)).collect();
    let mut seen = BTreeSet::new();
    let mut receipts = Vec::new();
    for run_id in &runs {
        let key = keys::receipt_of(run_id, Source::Genesys.as_str(), &task.object, task.window);
        let receipt = store.read_json::<WindowReceipt>(&key, "a window receipt");
        receipts.extend(receipt.await?);
    }
    // The latest answer about a contact counts.
    receipts.sort_by_key(|receipt| std::cmp::Reverse(receipt.extracted_at));
    for receipt in &receipts {
        let files = receipt.files.iter();
        for file in files.filter(|file| file.table.as_deref() == Some(CONTACT_TABLE)) {
            let bytes = store.get(&file.key).await?;
            let bytes = bytes.ok_or_else(|| store.missing(&file.key))?;
            stage_again(&mut run.writer, &bytes, &mut seen)
                .map_err(|error| unreadable(store, &file.key, error))?;
        }
    }
    Ok(receipts.iter().any(|receipt| receipt.is_settled))
}

fn unreadable(store: &landing::Store, key: &str, cause: csv::Error) -> ExtractError {
    ExtractError::Landing(LandingError::Content {
        bucket: store.bucket().to_owned(),
        key: key.to_owned(),
        expected: "rows of external contacts",
        cause: serde_json::Error::io(std::io::Error::other(cause)),
    })
}

/// Rows as they were staged, under this run's batch and with their own `extracted_at`.
fn stage_again(
    writer: &mut WindowWriter,
    gzip: &[u8],
    seen: &mut BTreeSet<String>,
) -> Result<(), csv::Error> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(gzip));
    for line in reader.records() {
        let line = line?;
        let mut values = line
            .iter()
            .map(|value| Some(value).filter(|value| *value != "\\N"));
        // batch_id and record_no are this run's own.
        let at = values.by_ref().nth(2).flatten().and_then(instant);
        let Some(at) = at else { continue };
        let values: Vec<_> = values.collect();
        let Some(Some(asked_id)) = values.first() else {
            continue;
        };
        if !seen.insert((*asked_id).to_owned()) {
            continue;
        }
        let added = writer.side_rows(at, |rows| {
            let row = rows.row(CONTACTS);
            values.iter().fold(row, |row, value| row.text(*value)).end()
        });
        if let Err(refusal) = added {
            tracing::warn!(
                reason = refusal.reason,
                "A staged contact cannot be staged again"
            );
        }
    }
    Ok(())
}

/// `2026-01-05 10:00:00.123`, UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let at: DateTime = text.parse().ok()?;
    jiff::tz::Offset::UTC.to_timestamp(at).ok()
}

/// The run in a landing key: `…/run=<run_id>/…`.
fn run_of(key: &str) -> Option<RunId> {
    let id = key.split('/').find_map(|part| part.strip_prefix("run="))?;
    RunId::try_from(id.to_owned()).ok()
}
