//! Attributes of an intraday window's conversations, from the conversations themselves: a details job has them only later.

use crate::conversation::slices::{SMALLEST_PAGE, cut, is_cut_off, is_too_large, is_too_much};
use crate::conversation::way::{Way, keeps_anything, touches_days};
use crate::run::{Progress, Run};
use crate::state::{Searching, Stage};
use crate::unavailable::{Asked, NOBODY};
use crate::{ExtractError, unavailable};
use genesys::api::Api;
use genesys::record;
use model::Window;
use source_http::SourceError;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let mut ids = match run.state.stage.clone() {
        Stage::Lookup { ids } => ids,
        _ => match find(run, api).await? {
            Some(ids) => ids,
            None => return Ok(Progress::HandBack),
        },
    };
    run.state.stage = Stage::Lookup { ids: ids.clone() };
    let width = run.task.max_in_flight.clamp(1, 8) as usize;
    while !ids.is_empty() {
        let batch: Vec<String> = ids.iter().take(width).cloned().collect();
        let (mut calls, left) = (JoinSet::new(), run.deadline.left());
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
            match unavailable::ask(run, std::slice::from_ref(id), left, call, probe).await? {
                Asked::Answered(Some(payload)) => {
                    run.take(&payload, received_at)?;
                }
                Asked::SetAside(status) => run.set_aside("id", id, status)?,
                Asked::Later => return Ok(Progress::HandBack),
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

/// The first conversations of the window, as many as the settings allow; `None`: hand back.
async fn find(run: &mut Run<'_>, api: &Api) -> Result<Option<BTreeSet<String>>, ExtractError> {
    let window = run.task.window;
    let most = run.settings.genesys.live_attributes_per_window as usize;
    let mut search = match run.state.stage.clone() {
        Stage::Searching(search) => search,
        _ => Searching {
            slices: vec![window],
            ..Searching::default()
        },
    };
    while search.ids.len() < most
        && let Some(slice) = search.slices.pop()
    {
        let way = if search.is_doubted {
            Way::without_filter(slice, run.deadline.now())
        } else {
            Way::of(run, slice)
        };
        let known = search.ids.len();
        let too_much = find_in(run, api, slice, way, &mut search.ids).await?;
        if way == Way::Starts {
            search.is_asked = true;
            search.is_proven |= search.ids.len() > known;
        }
        let was_too_much = too_much.is_some();
        if let Some(cause) = too_much {
            let is_new = search.ids.len() > known;
            give_up_slice(run, api, &mut search, slice, is_new, cause).await?;
        }
        if search.slices.is_empty() && search.is_asked && !search.is_proven && !search.is_doubted {
            // A filter that the source reads in another way keeps nothing either.
            search.is_doubted = true;
            search.slices.push(window);
        }
        run.state.stage = Stage::Searching(search.clone());
        if run.is_late() && search.ids.len() < most && !search.slices.is_empty() {
            return Ok(None);
        }
        if was_too_much {
            // What is too much is told after minutes: a cut must not be come by twice.
            run.keep(api).await?;
        } else {
            run.checkpoint(api).await?;
        }
    }
    run.state.api_count = Some(search.ids.len() as u64);
    run.state.asked = search.ids.len() as u64;
    Ok(Some(search.ids))
}

/// The source cannot answer for a slice: its pieces are asked for, or it is empty, or the window cannot be searched.
async fn give_up_slice(
    run: &Run<'_>,
    api: &Api,
    search: &mut Searching,
    slice: Window,
    is_new: bool,
    cause: SourceError,
) -> Result<(), ExtractError> {
    // Without the filter no part of a day has a smaller answer.
    let is_cuttable = run.filters_start() && !search.is_doubted || touches_days(slice);
    if search.is_doubted && !is_cuttable && !is_new {
        search.is_proven = search.is_proven || keeps_anything(run, api, slice).await;
        if search.is_proven {
            tracing::warn!("Taking {slice} to be empty, as the filter says: {cause}");
            return Ok(());
        }
    }
    let Some(pieces) = cut(slice, 2).filter(|_| is_cuttable) else {
        return Err(run.source(cause));
    };
    tracing::info!("Asking for {slice} in {} pieces: {cause}", pieces.len());
    search.slices.extend(pieces.into_iter().rev());
    Ok(())
}

/// Adds the conversations of a slice; the cause when the source cannot answer for all of it.
async fn find_in(
    run: &mut Run<'_>,
    api: &Api,
    slice: Window,
    mut way: Way,
    ids: &mut BTreeSet<String>,
) -> Result<Option<SourceError>, ExtractError> {
    let genesys = &run.settings.genesys;
    let (most, cap) = (
        genesys.live_attributes_per_window as usize,
        genesys.query_result_cap,
    );
    let mut size = genesys.query_page_size;
    let mut number = 0;
    while ids.len() < most {
        number += 1;
        let query = way.query(slice, run.filter()).page(number, size);
        let left = run.deadline.left();
        let page = match api.details(&query).await {
            Ok(page) => page,
            Err(cause) if way.is_refused(&cause) => {
                run.give_up_start_filter(&cause.to_string());
                (way, number) = (Way::of(run, slice), 0);
                continue;
            }
            Err(cause) if is_too_much(&cause) || is_cut_off(&cause) && size <= SMALLEST_PAGE => {
                run.note_failure(left.saturating_sub(run.deadline.left()));
                return Ok(Some(cause));
            }
            Err(cause) if is_cut_off(&cause) || is_too_large(&cause) && size > 1 => {
                run.note_failure(left.saturating_sub(run.deadline.left()));
                // What was on a page before is on another one now.
                (size, number) = (size / 2, 0);
                tracing::warn!("Asking for {size} conversations a page: {cause}");
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
            if slice.contains(start) && ids.len() < most {
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
        let lies_past = starts.is_some_and(|(from, to)| way.is_past(slice, from, to));
        if page.is_empty() || lies_past {
            break;
        }
        if (number + 1) * u64::from(size) > cap {
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
    Ok(None)
}
