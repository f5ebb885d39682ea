//! Evaluations and surveys: of which conversations something happened in the window, then those conversations by their ids.

use crate::absent::stand_in;
use crate::object::Object;
use crate::run::{Progress, Run};
use crate::state::Stage;
use crate::unavailable::{Asked, NOBODY};
use crate::{ExtractError, unavailable};
use genesys::api::{Api, Page};
use genesys::record::{aggregate, natural_id_of, update};
use jiff::Timestamp;
use model::rows::Refusal;
use source_http::SourceError;
use std::collections::{BTreeMap, BTreeSet};

/// Ids are not cut into buckets: a slice may be halved down to an hour.
const GRAIN_MINUTES: i64 = 60;

/// Conversations, and the evaluations or surveys that the source counts in each.
type Wanted = BTreeMap<String, BTreeSet<String>>;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let mut wanted = match run.state.stage.clone() {
        Stage::Events { wanted } => wanted,
        _ => find(run, api).await?,
    };
    let full = run.settings.genesys.details_batch_size as usize;
    let mut size = full;
    while !wanted.is_empty() {
        let batch: Vec<String> = wanted.keys().take(size).cloned().collect();
        match ask_for(run, api, &batch).await? {
            Asked::Answered(page) => {
                let received_at = run.deadline.now();
                let mut missing: BTreeSet<&str> = batch.iter().map(String::as_str).collect();
                let mut absent = Vec::new();
                for details in page.iter().flat_map(Page::records) {
                    let Some(id) = natural_id_of(details) else {
                        take(run, details, received_at)?;
                        continue;
                    };
                    missing.remove(id.as_str());
                    let came = take(run, details, received_at)?;
                    let named = wanted.get(&id).map(|all| all - &came).unwrap_or_default();
                    absent.extend(look_again(run, api, &id, named).await?);
                }
                for id in missing {
                    absent.push((id.to_owned(), stand_in(&[("conversationId", id)], None)));
                }
                // Only now: a call of the batch that fails leaves all of it to be asked for once more.
                for (id, payload) in absent {
                    run.state.miss(&id);
                    run.take(&payload, received_at)?;
                }
            }
            Asked::Halve => {
                size = batch.len().div_ceil(2);
                continue;
            }
            Asked::SetAside(status) => {
                for id in &batch {
                    run.set_aside("conversationId", id, status)?;
                }
            }
        }
        if batch.len() == 1 {
            size = full;
        }
        for id in &batch {
            wanted.remove(id);
            if let Stage::Events { wanted } = &mut run.state.stage {
                wanted.remove(id);
            }
        }
        run.checkpoint(api).await?;
        if run.is_late() && !wanted.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// Conversations by their ids; `None`: there is nothing by this one id. Ids nobody knows are missing from an answer, and a
/// source that refuses them all is met with fewer at once, as is one that has a limit: which one is not documented.
async fn ask_for(
    run: &Run<'_>,
    api: &Api,
    batch: &[String],
) -> Result<Asked<Option<Page>>, ExtractError> {
    let is_absent = |cause: &SourceError| cause.status() == Some(404);
    let call = async || match api.details_by_ids(batch).await {
        Ok(page) => Ok(Some(page)),
        Err(cause) if is_absent(&cause) && batch.len() == 1 => Ok(None),
        Err(cause) => Err(cause),
    };
    let probe = async || match api.details_by_ids(&[NOBODY.to_owned()]).await {
        Err(cause) if !is_absent(&cause) => Err(cause),
        _ => Ok(()),
    };
    unavailable::ask(run, batch.len(), call, probe).await
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
    let details = match api.details_of(conversation_id).await {
        Ok(details) => details,
        // It is no better alone than it was among others.
        Err(cause) if unavailable::is_of_ids(&cause) => {
            tracing::warn!("A conversation could not be looked at again: {cause}");
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

/// The conversations in which something happened. What the source counts are evaluations or surveys, each once, however
/// many calls name it.
async fn find(run: &mut Run<'_>, api: &Api) -> Result<Wanted, ExtractError> {
    let mut wanted = Wanted::new();
    let mut slices = vec![run.task.window];
    let mut nameless = BTreeMap::new();
    let mut unnamed = 0;
    while let Some(slice) = slices.pop() {
        let asked = super::aggregate::ask(run, api, &mut slices, slice, GRAIN_MINUTES);
        let Some(page) = asked.await? else {
            continue;
        };
        let received_at = run.deadline.now();
        for group in page.records() {
            let Some(conversation_id) = aggregate::conversation_id(group) else {
                nameless.insert(group.to_owned(), received_at);
                continue;
            };
            let events = wanted.entry(conversation_id).or_default();
            match aggregate::event_id(group) {
                Some(id) => {
                    events.insert(id);
                }
                None => unnamed += 1,
            }
        }
    }
    let named: usize = wanted.values().map(BTreeSet::len).sum();
    run.state.api_count = Some((named + unnamed + nameless.len()) as u64);
    run.state.asked = wanted.len() as u64;
    // Only now: until here an attempt that fails begins again, and would count them twice.
    for (group, received_at) in nameless {
        let refusal = Refusal {
            reason: "missing_key",
            detail: "group.conversationId: must not be missing, null or empty".to_owned(),
        };
        let bytes = group.as_bytes();
        run.writer.refuse(None, bytes, received_at, &refusal)?;
    }
    run.state.stage = Stage::Events {
        wanted: wanted.clone(),
    };
    Ok(wanted)
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
