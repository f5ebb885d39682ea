//! Evaluations and surveys: of which conversations something happened in the window, then those conversations by their ids.

use crate::absent::stand_in;
use crate::object::Object;
use crate::run::{Progress, Run};
use crate::state::{Finding, Stage, Wanted};
use crate::unavailable::{Asked, NOBODY};
use crate::{ExtractError, unavailable};
use genesys::api::{Api, Page};
use genesys::record::{aggregate, natural_id_of, update};
use jiff::Timestamp;
use landing::Written;
use model::rows::Refusal;
use source_http::{SourceError, WireFault};
use std::collections::BTreeSet;

/// Ids are not cut into buckets: a slice may be halved down to an hour.
const GRAIN_MINUTES: i64 = 60;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let mut wanted = match run.state.stage.clone() {
        Stage::Events { wanted } => wanted,
        _ => match find(run, api).await? {
            Some(wanted) => wanted,
            None => return Ok(Progress::HandBack),
        },
    };
    let full = run.settings.genesys.details_batch_size as usize;
    let mut size = full.min(run.state.at_once.unwrap_or(full));
    // So many of the next ones were missing from an answer before: a source may leave out what is more than it gives at once.
    let mut doubted = 0;
    while !wanted.is_empty() {
        let next = if doubted > 0 { size.min(doubted) } else { size };
        let batch: Vec<String> = wanted.keys().take(next).cloned().collect();
        let mut missing: BTreeSet<String> = BTreeSet::new();
        match ask_for(run, api, &batch).await? {
            Asked::Answered(page) => {
                let received_at = run.deadline.now();
                missing.extend(batch.iter().cloned());
                let mut absent = Vec::new();
                for details in page.iter().flat_map(Page::records) {
                    let Some(id) = natural_id_of(details) else {
                        take(run, details, received_at)?;
                        continue;
                    };
                    missing.remove(&id);
                    let came = take(run, details, received_at)?;
                    let named = wanted.get(&id).map(|all| all - &came).unwrap_or_default();
                    // Each may cost minutes: of fewer conversations there are fewer to be looked at again.
                    let is_slow = !named.is_empty() && !run.silence.is_zero();
                    if is_slow && run.is_late() && batch.len() > 1 {
                        run.state.at_once = Some(batch.len().div_ceil(2));
                        return Ok(Progress::HandBack);
                    }
                    absent.extend(look_again(run, api, &id, named).await?);
                }
                // Only what does not come alone either is absent.
                if batch.len() == 1 {
                    for id in std::mem::take(&mut missing) {
                        let payload = stand_in(&[("conversationId", &id)], None);
                        absent.push((id, payload));
                    }
                }
                // Only now: a call of the batch that fails leaves all of it to be asked for once more.
                for (id, payload) in absent {
                    run.state.miss(&id);
                    run.take(&payload, received_at)?;
                }
            }
            Asked::Halve => {
                size = batch.len().div_ceil(2);
                run.state.at_once = Some(size);
                if run.is_late() {
                    return Ok(Progress::HandBack);
                }
                // An answer that does not come takes minutes: the same ids must not be asked for twice.
                run.keep(api).await?;
                continue;
            }
            Asked::Later => return Ok(Progress::HandBack),
            Asked::SetAside(status) => {
                for id in &batch {
                    run.set_aside("conversationId", id, status)?;
                }
            }
        }
        let was_doubted = doubted > 0;
        // They are the first of what is wanted, and so the next ones to be asked for.
        doubted = doubted.saturating_sub(batch.len()) + missing.len();
        if !missing.is_empty() {
            size = batch.len().div_ceil(2);
        } else if doubted == 0 && (was_doubted || batch.len() == 1) {
            (size, run.state.at_once) = (full, None);
        }
        for id in batch.iter().filter(|id| !missing.contains(*id)) {
            wanted.remove(id);
            if let Stage::Events { wanted } = &mut run.state.stage {
                wanted.remove(id);
            }
        }
        run.checkpoint(api).await?;
        // With nothing done, the next call would begin where this one did.
        if run.is_late() && !wanted.is_empty() && missing.len() < batch.len() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// Conversations by their ids; `None`: there is nothing by this one id. Ids nobody knows are missing from an answer, and a
/// source that refuses them all is met with fewer at once, as is one that has a limit: which one is not documented.
async fn ask_for(
    run: &mut Run<'_>,
    api: &Api,
    batch: &[String],
) -> Result<Asked<Option<Page>>, ExtractError> {
    let is_absent = |cause: &SourceError| cause.status() == Some(404);
    let left = run.deadline.left();
    let call = async || match api.details_by_ids(batch).await {
        Ok(page) => Ok(Some(page)),
        Err(cause) if is_absent(&cause) && batch.len() == 1 => Ok(None),
        Err(cause) => Err(cause),
    };
    let probe = async || match api.details_by_ids(&[NOBODY.to_owned()]).await {
        Err(cause) if !is_absent(&cause) => Err(cause),
        _ => Ok(()),
    };
    unavailable::ask(run, batch, left, call, probe).await
}

/// What the source counts in a conversation and did not give with it: asked for once more by that conversation alone. What
/// does not come then either: its id, and what stands in for it.
async fn look_again(
    run: &mut Run<'_>,
    api: &Api,
    conversation_id: &str,
    mut named: BTreeSet<String>,
) -> Result<Vec<(String, String)>, ExtractError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let left = run.deadline.left();
    let details = match api.details_of(conversation_id).await {
        Ok(details) => details,
        // It is no better alone than it was among others; of a connection that broke nobody knows.
        Err(cause) if unavailable::is_of_ids(run, &cause) && !is_broken(&cause) => {
            tracing::warn!("A conversation could not be looked at again: {cause}");
            run.note_silence(&cause, left.saturating_sub(run.deadline.left()));
            None
        }
        Err(cause) => return Err(run.source(cause)),
    };
    let (received_at, object) = (run.deadline.now(), run.object);
    for payload in details
        .iter()
        .flat_map(|text| parts_of(object, text))
        .flatten()
    {
        if update::natural_id(&payload).is_some_and(|id| named.remove(&id)) {
            run.take(&payload, received_at)?;
        }
    }
    let name = if run.object == Object::Survey {
        "surveyId"
    } else {
        "evaluationId"
    };
    let absent = named.into_iter().map(|id| {
        let asked = [("conversationId", conversation_id), (name, &id)];
        let payload = stand_in(&asked, None);
        (id, payload)
    });
    Ok(absent.collect())
}

fn is_broken(cause: &SourceError) -> bool {
    matches!(cause.fault(), Some(WireFault::Lost | WireFault::BrokenOff))
}

/// The conversations in which something happened; `None`: hand back. What the source counts are evaluations or surveys, each
/// once, however many calls name it.
async fn find(run: &mut Run<'_>, api: &Api) -> Result<Option<Wanted>, ExtractError> {
    let mut finding = match run.state.stage.clone() {
        Stage::Finding(finding) => finding,
        _ => Finding {
            slices: vec![run.task.window],
            ..Finding::default()
        },
    };
    while let Some(slice) = finding.slices.pop() {
        let asked = super::aggregate::ask(run, api, &mut finding.slices, slice, GRAIN_MINUTES);
        let page = asked.await?;
        if let Some(page) = &page {
            add(run, page, &mut finding)?;
        }
        run.state.stage = Stage::Finding(finding.clone());
        if run.is_late() && !finding.slices.is_empty() {
            return Ok(None);
        }
        if page.is_some() {
            run.checkpoint(api).await?;
        } else {
            // What is too much is told after minutes: a cut must not be come by twice.
            run.keep(api).await?;
        }
    }
    let Finding { wanted, others, .. } = finding;
    let named: usize = wanted.values().map(BTreeSet::len).sum();
    run.state.api_count = Some(named as u64 + others);
    run.state.asked = wanted.len() as u64;
    run.state.stage = Stage::Events {
        wanted: wanted.clone(),
    };
    Ok(Some(wanted))
}

/// Adds what happened in one part of the window.
fn add(run: &mut Run<'_>, page: &Page, finding: &mut Finding) -> Result<(), ExtractError> {
    let received_at = run.deadline.now();
    for group in page.records() {
        let Some(conversation_id) = aggregate::conversation_id(group) else {
            let refusal = Refusal {
                reason: "missing_key",
                detail: "group.conversationId: must not be missing, null or empty".to_owned(),
            };
            let bytes = group.as_bytes();
            let written = run.writer.refuse(None, bytes, received_at, &refusal)?;
            finding.others += u64::from(written != Written::Duplicate);
            continue;
        };
        let events = finding.wanted.entry(conversation_id).or_default();
        match aggregate::event_id(group) {
            Some(id) => {
                events.insert(id);
            }
            None => finding.others += 1,
        }
    }
    Ok(())
}

/// Takes everything of a conversation; the ids of what came.
fn take(
    run: &mut Run<'_>,
    details: &str,
    received_at: Timestamp,
) -> Result<BTreeSet<String>, ExtractError> {
    let mut came = BTreeSet::new();
    match parts_of(run.object, details) {
        Ok(parts) => {
            for payload in &parts {
                came.extend(update::natural_id(payload));
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
    Ok(came)
}

fn parts_of(object: Object, details: &str) -> Result<Vec<String>, Refusal> {
    if object == Object::Survey {
        update::surveys_of(details)
    } else {
        update::evaluations_of(details)
    }
}
