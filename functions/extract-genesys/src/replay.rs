//! A window read again from its landed files: no call, no token.

use crate::conversation::leave;
use crate::object::{CONTACT, Object};
use crate::run::{Progress, Run};
use crate::state::Stage;
use crate::{ExtractError, contacts};
use genesys::record;
use genesys::record::external_contact;
use jiff::{SignedDuration, Timestamp};
use landing::envelope::{self, Landed};
use landing::{WindowWriter, keys};
use model::payload::{Extraction, WindowReceipt};
use model::phone::Numbers;
use model::rows::Refusal;
use model::{RunId, Source};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Lines whose rows may wait uncompressed: as many as a page of job results has records.
const LINES_IN_MEMORY: u32 = 1000;

pub(crate) async fn read(run: &mut Run<'_>) -> Result<Progress, ExtractError> {
    let mut done = match &run.state.stage {
        Stage::Landed { done } => done.clone(),
        _ => BTreeSet::new(),
    };
    let receipts = receipts(run).await?;
    // A replay of some lines is partial, and knows whether the window was settled that they come from.
    run.state.is_settled = receipts.values().any(|receipt| {
        let is_whole = !receipt.task.is_partial || receipt.extraction == Extraction::Replay;
        receipt.is_settled && is_whole
    });
    // Of the same bytes the first that come stay, and a later reading counts for more: the newest landing comes first.
    let mut keys: Vec<_> = run.task.landed.iter().collect();
    keys.sort_by_key(|key| {
        let receipt = run_of(key).and_then(|run_id| receipts.get(&run_id));
        Reverse(receipt.map(|receipt| receipt.extracted_at))
    });
    let sources = run.contact_sources.clone();
    let numbers = run.numbers();
    keys.retain(|key| !done.contains(*key));
    let mut left = keys.len();
    for key in keys {
        let (writer, task, object) = (&mut run.writer, run.task, run.object);
        let mut lines = 0_u32;
        envelope::read_some(run.store, key, task.lines.get(key), |landed| {
            lines += 1;
            if lines.is_multiple_of(LINES_IN_MEMORY) {
                writer.drain()?;
            }
            take(writer, task, object, &landed, &sources, numbers)
        })
        .await?;
        done.insert(key.clone());
        left -= 1;
        run.state.stage = Stage::Landed { done: done.clone() };
        run.writer.checkpoint(&run.state).await?;
        if run.is_late() && left > 0 {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// Takes a line: of the window's object, or of the one that came along.
fn take(
    writer: &mut WindowWriter,
    task: &crate::Request,
    object: Object,
    landed: &Landed,
    sources: &genesys::api::ContactSources,
    numbers: Numbers,
) -> Result<(), ExtractError> {
    let at = landed.extracted_at;
    let is_contact = object == Object::Conversation && landed.object == CONTACT;
    let payload = match std::str::from_utf8(&landed.payload) {
        Ok(payload) => payload,
        Err(error) => {
            let refusal = Refusal {
                reason: "unreadable",
                detail: format!("the record is not UTF-8: {error}"),
            };
            let id = landed.natural_id.as_str();
            if is_contact {
                writer.refuse_beside(id, &landed.payload, at, &refusal)?;
            } else {
                let id = Some(id).filter(|id| !id.is_empty());
                writer.refuse(id, &landed.payload, at, &refusal)?;
            }
            return Ok(());
        }
    };
    if is_contact {
        let told = external_contact::natural_id(payload);
        let id = told.as_deref().unwrap_or(&landed.natural_id);
        return contacts::take(writer, id, payload, at, sources);
    }
    if object == Object::Conversation {
        return take_conversation(writer, task, payload, at, numbers);
    }
    let id = object.natural_id(payload);
    writer.record(&id, payload, at, |rows| object.write(payload, rows))?;
    Ok(())
}

fn take_conversation(
    writer: &mut WindowWriter,
    task: &crate::Request,
    payload: &str,
    at: Timestamp,
    numbers: Numbers,
) -> Result<(), ExtractError> {
    match record::parse(payload) {
        // What landed was of the window, however long a conversation had to be open for it then.
        Ok(record) if !record.belongs_to(task.window, SignedDuration::ZERO) => {
            leave(writer, &record, payload, at)?;
        }
        Ok(record) => {
            writer.record(&record.conversation_id, payload, at, |rows| {
                record::write(&record, Extraction::Replay, task.window, numbers, rows)
            })?;
        }
        Err(refusal) => {
            let id = record::natural_id_of(payload);
            writer.refuse(id.as_deref(), payload.as_bytes(), at, &refusal)?;
        }
    }
    Ok(())
}

/// The receipts of the runs that landed the files: whether the window was settled then, and which reading is the newest.
async fn receipts(run: &Run<'_>) -> Result<BTreeMap<RunId, WindowReceipt>, ExtractError> {
    let task = run.task;
    let runs: BTreeSet<RunId> = task.landed.iter().filter_map(|key| run_of(key)).collect();
    let mut receipts = BTreeMap::new();
    for run_id in runs {
        let key = keys::receipt_of(&run_id, Source::Genesys.as_str(), &task.object, task.window);
        let receipt = run
            .store
            .read_json::<WindowReceipt>(&key, "a window receipt");
        if let Some(receipt) = receipt.await? {
            receipts.insert(run_id, receipt);
        }
    }
    Ok(receipts)
}

/// The run in a landing key: `…/run=<run_id>/…`.
fn run_of(key: &str) -> Option<RunId> {
    let id = key.split('/').find_map(|part| part.strip_prefix("run="))?;
    RunId::try_from(id.to_owned()).ok()
}
