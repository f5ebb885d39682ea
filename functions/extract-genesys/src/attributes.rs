//! Attributes of an intraday window's conversations, from the conversations themselves: a details job has them only later.

use crate::ExtractError;
use crate::run::{Progress, Run};
use crate::state::Stage;
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
            match answer {
                Ok(Some(payload)) => {
                    run.take(&payload, received_at)?;
                }
                // It stays missing from what was received of `counts.api`; the details job has the last word.
                Ok(None) => tracing::warn!(
                    conversation = batch[place],
                    "A conversation of the query is not there by its id: no attributes of it until the details job"
                ),
                Err(cause) => return Err(run.source(cause)),
            }
            ids.remove(&batch[place]);
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
    while ids.len() < most {
        number += 1;
        let filter = run.filter();
        let page = api
            .query_page(window, genesys.query_start_filter, filter, number, size)
            .await;
        let page = page.map_err(|cause| run.source(cause))?;
        let mut lies_behind = !page.is_empty();
        for payload in page.records() {
            // One that cannot be read is refused where conversations are read.
            let Ok(record) = record::parse(payload) else {
                continue;
            };
            lies_behind &= record.conversation_start >= window.end();
            if window.contains(record.conversation_start) && ids.len() < most {
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
        if page.is_empty() || lies_behind {
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
    Ok(ids)
}
