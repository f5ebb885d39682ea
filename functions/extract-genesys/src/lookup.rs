//! Evaluations and surveys: of which conversations something happened in the window, then those conversations by their ids.

use crate::ExtractError;
use crate::conversation::slices::is_too_much;
use crate::object::Object;
use crate::run::{Progress, Run};
use crate::state::Stage;
use genesys::api::{Api, Page};
use genesys::record::{aggregate, natural_id_of, update};
use jiff::Timestamp;
use model::rows::Refusal;
use source_http::SourceError;
use std::collections::BTreeSet;

/// Ids are not cut into buckets: a slice may be halved down to an hour.
const GRAIN_MINUTES: i64 = 60;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let mut ids = match run.state.stage.clone() {
        Stage::Lookup { ids } => ids,
        _ => find(run, api).await?,
    };
    let mut size = run.settings.genesys.details_batch_size as usize;
    while !ids.is_empty() {
        let batch: Vec<String> = ids.iter().take(size).cloned().collect();
        let page = match api.details_by_ids(&batch).await {
            Ok(page) => Some(page),
            // Ids nobody knows are missing from an answer. One that refuses them all is met one by one.
            Err(cause) if cause.status() == Some(404) && batch.len() == 1 => None,
            Err(cause) if cause.status() == Some(404) => {
                size = batch.len().div_ceil(2);
                continue;
            }
            Err(cause) if batch.len() > 1 && (is_too_much(&cause) || is_too_long(&cause)) => {
                size = batch.len().div_ceil(2);
                tracing::info!("Asking for {size} conversations at once: {cause}");
                continue;
            }
            Err(cause) => return Err(run.source(cause)),
        };
        let received_at = run.deadline.now();
        let mut missing: BTreeSet<&str> = batch.iter().map(String::as_str).collect();
        for details in page.iter().flat_map(Page::records) {
            take(run, details, received_at)?;
            if let Some(id) = natural_id_of(details) {
                missing.remove(id.as_str());
            }
        }
        for id in missing {
            run.take(&absent(id), received_at)?;
        }
        if page.is_none() {
            size = run.settings.genesys.details_batch_size as usize;
        }
        for id in &batch {
            ids.remove(id);
        }
        run.state.stage = Stage::Lookup { ids: ids.clone() };
        run.checkpoint(api).await?;
        if run.is_late() && !ids.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// How the payload of [`absent`] ends; that of a record, which wraps an object, never does.
const ABSENT: &str = ",\"found\":false}";

/// Stands in for what happened in a conversation that does not come by its id: counted, and kept among the refused.
fn absent(conversation_id: &str) -> String {
    let id = serde_json::Value::from(conversation_id);
    format!("{{\"conversationId\":{id}{ABSENT}")
}

/// The conversation that `payload` says was not there, and why nothing of it is staged.
pub(crate) fn absence(payload: &str) -> Option<(String, Refusal)> {
    let id = natural_id_of(payload).filter(|_| payload.ends_with(ABSENT))?;
    let detail = "conversationId: something happened in this conversation, and the source does not give it by its id; \
                  a later reading of the window asks again";
    let refusal = Refusal {
        reason: "not_found",
        detail: detail.to_owned(),
    };
    Some((id, refusal))
}

/// More ids than a URL or a call may hold: how many that is is not documented.
fn is_too_long(cause: &SourceError) -> bool {
    matches!(cause.status(), Some(400 | 413 | 414))
}

/// The conversations in which something happened. What the source counts are evaluations or surveys.
async fn find(run: &mut Run<'_>, api: &Api) -> Result<BTreeSet<String>, ExtractError> {
    let mut ids = BTreeSet::new();
    let mut slices = vec![run.task.window];
    let mut count = Some(0);
    let mut nameless = Vec::new();
    while let Some(slice) = slices.pop() {
        let asked = super::aggregate::ask(run, api, &mut slices, slice, GRAIN_MINUTES);
        let Some(page) = asked.await? else {
            // The same one may be in both halves.
            count = None;
            continue;
        };
        count = count.map(|count| count + page.len() as u64);
        let received_at = run.deadline.now();
        for group in page.records() {
            match aggregate::conversation_id(group) {
                Some(id) => {
                    ids.insert(id);
                }
                None => nameless.push((group.to_owned(), received_at)),
            }
        }
    }
    // Only now: until here an attempt that fails begins again, and would count them twice.
    for (group, received_at) in nameless {
        let refusal = Refusal {
            reason: "missing_key",
            detail: "group.conversationId: must not be missing, null or empty".to_owned(),
        };
        let bytes = group.as_bytes();
        run.writer.refuse(None, bytes, received_at, &refusal)?;
    }
    run.state.api_count = count;
    run.state.stage = Stage::Lookup { ids: ids.clone() };
    Ok(ids)
}

fn take(run: &mut Run<'_>, details: &str, received_at: Timestamp) -> Result<(), ExtractError> {
    let parts = if run.object == Object::Survey {
        update::surveys_of(details)
    } else {
        update::evaluations_of(details)
    };
    match parts {
        Ok(parts) => {
            for payload in &parts {
                run.take(payload, received_at)?;
            }
        }
        Err(refusal) => {
            let id = natural_id_of(details);
            let bytes = details.as_bytes();
            run.writer
                .refuse(id.as_deref(), bytes, received_at, &refusal)?;
        }
    }
    Ok(())
}
