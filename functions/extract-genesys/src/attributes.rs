//! Attributes of an intraday window's conversations, from the conversations themselves: a details job has them only later.

use crate::conversation::way::Way;
use crate::run::{Progress, Run};
use crate::state::Stage;
use crate::unavailable::{Asked, NOBODY};
use crate::{ExtractError, unavailable};
use genesys::api::Api;
use genesys::record;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let mut ids = match run.state.stage.clone() {
        Stage::Lookup { ids } => ids,
        _ => find(run, api).await?,
    };
    run.state.stage = Stage::Lookup { ids: ids.clone() };
    let width = run.task.max_in_flight.clamp(1, 8) as usize;
    while !ids.is_empty() {
        let batch: Vec<String> = ids.iter().take(width).cloned().collect();
        let mut calls = JoinSet::new();
        for (place, id) in batch.iter().cloned().enumerate() {
            let (api, deadline) = (api.clone(), run.deadline);
            calls.spawn(async move { (place, api.conversation(&id).await, deadline.now()) });
        }
        let mut answers = calls.join_all().await;
        answers.sort_by_key(|(place, ..)| *place);
        for (place, answer, received_at) in answers {
            let id = &batch[place];
            let mut answer = Some(answer);
            let call = async || match answer.take() {
                Some(answer) => answer,
                None => api.conversation(id).await,
            };
            let probe = async || api.conversation(NOBODY).await.map(|_| ());
            match unavailable::ask(run, 1, call, probe).await? {
                Asked::Answered(Some(payload)) => {
                    run.take(&payload, received_at)?;
                }
                Asked::SetAside(status) => run.set_aside("id", id, status)?,
                // It stays missing from what was received of `counts.api`; the details job has the last word.
                Asked::Answered(None) | Asked::Halve => tracing::warn!(
                    conversation = id,
                    "A conversation of the query is not there by its id: no attributes of it until the details job"
                ),
            }
            ids.remove(id);
            run.state.stage = Stage::Lookup { ids: ids.clone() };
        }
        run.checkpoint(api).await?;
        if run.is_late() && !ids.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// The first conversations of the window, as many as the settings allow.
async fn find(run: &mut Run<'_>, api: &Api) -> Result<BTreeSet<String>, ExtractError> {
    let genesys = &run.settings.genesys;
    let window = run.task.window;
    let (most, size) = (
        genesys.live_attributes_per_window as usize,
        genesys.query_page_size,
    );
    let mut ids = BTreeSet::new();
    let mut number = 0;
    let mut way = Way::of(run, window);
    while ids.len() < most {
        number += 1;
        let query = way.query(window, run.filter()).page(number, size);
        let page = match api.details(&query).await {
            Ok(page) => page,
            Err(cause) if way.is_refused(&cause) => {
                run.give_up_start_filter(&cause.to_string());
                (way, number) = (Way::of(run, window), 0);
                continue;
            }
            Err(cause) => return Err(run.source(cause)),
        };
        let mut starts = None;
        for payload in page.records() {
            // One that cannot be read is refused where conversations are read.
            let Ok(record) = record::parse(payload) else {
                continue;
            };
            let start = record.conversation_start;
            let (earliest, latest) = starts.unwrap_or((start, start));
            starts = Some((start.min(earliest), start.max(latest)));
            if window.contains(start) && ids.len() < most {
                ids.insert(record.conversation_id.into_owned());
            }
        }
        if ids.len() == most {
            tracing::info!(
                most,
                total = page.total_hits,
                "Asking for the attributes of {most} conversations; those of others come with the details job"
            );
        }
        let lies_past = starts.is_some_and(|(from, to)| way.is_past(window, from, to));
        if page.is_empty() || lies_past {
            if way == Way::Starts && ids.is_empty() {
                // A filter that the source reads in another way keeps nothing either.
                way = Way::without_filter(window, run.deadline.now());
                number = 0;
                continue;
            }
            break;
        }
        if (number + 1) * u64::from(size) > genesys.query_result_cap {
            // The rest waits for the details job, like those beyond the setting: no reason to fail a run that has everything
            // else.
            tracing::warn!(
                total = page.total_hits,
                "More conversations than the query can page through: asking for the attributes of {} of them",
                ids.len()
            );
            break;
        }
    }
    run.state.api_count = Some(ids.len() as u64);
    run.state.asked = ids.len() as u64;
    Ok(ids)
}
