//! A details job: submit, wait, page by cursor, delete. Where the source fails on the job itself, the query takes its place.

use super::slices::{SMALLEST_PAGE, is_beyond_paging, is_cut_off, is_fault, is_too_large};
use super::{BREATH, LARGEST_SLICE, query, take};
use crate::run::{Progress, Run, Source};
use crate::state::{Job, Query, Stage};
use crate::{ExtractError, contacts};
use genesys::api::{Api, Waited};
use model::payload::Extraction;
use model::{Classify, Kind};
use source_http::{SourceError, WireFault};
use std::collections::HashSet;
use tokio::task::JoinSet;

/// How often the page before may come again in place of the one that was asked for.
const MOST_REPEATS: u32 = 3;
/// Calls of this function that may fail on jobs before the query takes their place: an outage is over sooner.
const MOST_FAILURES: u32 = 3;

enum Pages {
    Read,
    HandBack,
    /// The job ended or vanished; what it gave so far stays, duplicates are dropped by their bytes.
    Gone(SourceError),
    /// The job was at work for longer than it is waited for.
    Late(SourceError),
    /// A page was too much; smaller ones are asked for from the first on.
    TooLarge,
    /// The source fails on the job, however little is asked for and however often.
    /// `true`: it does not tell how far the job is.
    Failed(SourceError, bool),
}

pub(super) async fn read(
    run: &mut Run<'_>,
    source: &Source,
    mut job: Job,
) -> Result<Progress, ExtractError> {
    let api = &source.api;
    loop {
        let read = match submit(run, api, &mut job).await? {
            Ok(id) => pages(run, source, &mut job, &id).await?,
            Err(cause) => Pages::Failed(cause, false),
        };
        let ended = match read {
            Pages::Read => break,
            Pages::HandBack => return Ok(Progress::HandBack),
            Pages::TooLarge if run.is_late() => return Ok(Progress::HandBack),
            Pages::TooLarge => continue,
            Pages::Failed(cause, is_untold) => {
                if !is_beyond_paging(&cause) && is_out_of_order(&source.api).await {
                    // An outage says nothing about the job: the next attempt goes on with it.
                    run.state.stage = Stage::Job(job);
                    return Err(run.source(passing(cause)));
                }
                // The first time it may be a moment in which the job is at work; of another job the next attempt may be told.
                if is_untold && job.failures > 0 {
                    give_up(&source.api, &mut job).await;
                }
                job.failures += 1;
                if is_beyond_paging(&cause) || job.failures >= MOST_FAILURES {
                    return by_query(run, source, job, &cause).await;
                }
                run.state.stage = Stage::Job(job);
                return Err(run.source(passing(cause)));
            }
            // In another one's place: a third one would cost as much again.
            Pages::Late(cause) if job.was_resubmitted => {
                return by_query(run, source, job, &cause).await;
            }
            Pages::Gone(cause) | Pages::Late(cause) => cause,
        };
        let was_resubmitted = job.was_resubmitted;
        // It may hold one of few slots.
        give_up(&source.api, &mut job).await;
        if was_resubmitted {
            let text = format!("two jobs ended before their last page: {ended}");
            let cause = SourceError::transient("details job", text);
            job.failures += 1;
            if job.failures >= MOST_FAILURES {
                return by_query(run, source, job, &cause).await;
            }
            // Whatever its status says: another job may do better later.
            run.state.stage = Stage::Job(job);
            return Err(run.source(cause));
        }
        job.was_resubmitted = true;
        run.state.stage = Stage::Job(job.clone());
        tracing::warn!("Submitting the job once more: {ended}");
    }
    run.state.stage = Stage::Contacts;
    run.checkpoint(api).await?;
    if let Some(id) = &job.id
        && let Err(error) = api.delete_job(id).await
    {
        // Its slot is freed when the job expires; the records are here.
        tracing::warn!("A finished job could not be deleted: {error}");
    }
    Ok(Progress::Complete)
}

/// The query reads the window in the job's place. The window stays provisional: a later reading tries a job again.
async fn by_query(
    run: &mut Run<'_>,
    source: &Source,
    mut job: Job,
    cause: &SourceError,
) -> Result<Progress, ExtractError> {
    let window = run.task.window;
    tracing::warn!(
        "Reading window {window} by the details query, because no job gives it; it stays provisional: {cause}"
    );
    give_up(&source.api, &mut job).await;
    (run.state.is_job, run.state.is_settled) = (false, false);
    (run.state.api_count, run.state.given) = (Some(0), Some(0));
    let query = Query::of(window.slices(LARGEST_SLICE));
    run.state.stage = Stage::Query(query.clone());
    if run.is_late() {
        return Ok(Progress::HandBack);
    }
    Box::pin(query::read(run, source, query)).await
}

/// Lets go of a job: the next one begins anew.
async fn give_up(api: &Api, job: &mut Job) {
    if let Some(id) = &job.id
        && let Err(error) = api.delete_job(id).await
        && error.status() != Some(404)
    {
        tracing::warn!("A job that was given up could not be deleted: {error}");
    }
    *job = Job {
        page_size: job.page_size,
        failures: job.failures,
        ..Job::default()
    };
}

/// Whether the source does not even tell how far its data reach: then nothing is wrong with the job.
async fn is_out_of_order(api: &Api) -> bool {
    let told = api.availability().await;
    if let Err(cause) = &told {
        tracing::warn!("Until when there are data is not told either: {cause}");
    }
    told.is_err()
}

/// What a job is refused for, another one may not be: the next attempt is to come.
fn passing(cause: SourceError) -> SourceError {
    match cause.kind() {
        Kind::Invalid => SourceError::transient("details job", cause.to_string()),
        _ => cause,
    }
}

/// Whether the source refuses what is asked of a job that it has accepted: a page of this size, a state. A token, a permission
/// and the quota are other matters.
fn is_refused(cause: &SourceError) -> bool {
    let is_refused = matches!(cause.status(), Some(400..=499));
    is_refused && cause.kind() == Kind::Invalid && cause.status() != Some(403)
}

/// Whether a fault may be one of the job: not when the source is out of reach, or the invocation ended first.
fn is_of_job(cause: &SourceError) -> bool {
    let is_elsewhere = matches!(
        cause.fault(),
        Some(WireFault::OutOfReach | WireFault::OwnEnd)
    );
    cause.kind() == Kind::Transient && !is_elsewhere
}

/// The job's id; submits it if that was not done yet. The inner error: the source fails on it for good.
async fn submit(
    run: &mut Run<'_>,
    api: &Api,
    job: &mut Job,
) -> Result<Result<String, SourceError>, ExtractError> {
    if let Some(id) = &job.id {
        return Ok(Ok(id.clone()));
    }
    let id = match api.submit_job(run.task.window, run.filter()).await {
        Ok(id) => id,
        Err(cause) if is_of_job(&cause) || is_beyond_paging(&cause) => return Ok(Err(cause)),
        Err(cause) => return Err(run.source(cause)),
    };
    job.id = Some(id.clone());
    job.submitted_at = Some(run.deadline.now());
    run.state.stage = Stage::Job(job.clone());
    // A job takes one of few slots: a process that ends now must not leave it behind unknown.
    run.keep(api).await?;
    Ok(Ok(id))
}

async fn pages(
    run: &mut Run<'_>,
    source: &Source,
    job: &mut Job,
    id: &str,
) -> Result<Pages, ExtractError> {
    let api = &source.api;
    match api.wait_for_job(id, run.keep).await {
        Ok(Waited::Ready) => {}
        Ok(Waited::NotYet) => return Ok(patience(run, job)),
        Ok(Waited::Ended(cause)) => return Ok(Pages::Gone(cause)),
        Err(cause) if is_gone(&cause) => return Ok(Pages::Gone(cause)),
        Err(cause) if is_of_job(&cause) || is_refused(&cause) => {
            return Ok(Pages::Failed(cause, true));
        }
        Err(cause) => return Err(run.source(cause)),
    }
    // Pages of a job come one after another; the next one travels while this one is written.
    let mut ahead = JoinSet::new();
    let page_size = job.page_size.unwrap_or(run.settings.genesys.job_page_size);
    let deadline = run.deadline;
    let fetch = |cursor: Option<String>| {
        let (api, id) = (api.clone(), id.to_owned());
        async move {
            let left = deadline.left();
            let page = api.job_page(&id, cursor.as_deref(), page_size).await;
            (page, left.saturating_sub(deadline.left()))
        }
    };
    let failed = |text| SourceError::transient("job results", text);
    let (mut asked, mut repeats) = (HashSet::new(), 0);
    ahead.spawn(fetch(job.cursor.clone()));
    loop {
        let Some(Ok((answer, took))) = ahead.join_next().await else {
            return Err(run.source(failed("a page got lost")));
        };
        let page = match answer {
            Ok(page) => page,
            Err(cause) if is_gone(&cause) => return Ok(Pages::Gone(cause)),
            Err(cause) if run.is_own_end(&cause) => return Err(run.source(cause)),
            Err(cause)
                if is_too_large(&cause) && page_size > 1
                    || (is_fault(&cause) || is_cut_off(&cause) || is_page_refused(&cause))
                        && page_size > SMALLEST_PAGE =>
            {
                run.note_failure(took);
                // Whether a cursor keeps its place in pages of another size is not documented.
                let size = if is_too_large(&cause) {
                    page_size / 2
                } else {
                    (page_size / 2).max(SMALLEST_PAGE)
                };
                tracing::warn!(
                    "Asking for {size} conversations a page, from the first one: {cause}"
                );
                job.page_size = Some(size);
                job.cursor = None;
                run.state.stage = Stage::Job(job.clone());
                return Ok(Pages::TooLarge);
            }
            Err(cause) if is_of_job(&cause) || is_refused(&cause) => {
                // An outage, if that is what it was, has made the pages small for nothing.
                if job.page_size.take().is_some() {
                    job.cursor = None;
                }
                return Ok(Pages::Failed(cause, false));
            }
            Err(cause) => return Err(run.source(cause)),
        };
        let received_at = run.deadline.now();
        // The answer to a cursor that names this very cursor as the next one is the page before, come again.
        let is_repeat = page.cursor.is_some() && page.cursor == job.cursor;
        if is_repeat {
            repeats += 1;
            if repeats > MOST_REPEATS {
                give_up(api, job).await;
                return Ok(Pages::Failed(failed("the cursor does not move"), false));
            }
            tracing::warn!("A page of job results came again; asking for the next one once more");
        } else if let Some(next) = &page.cursor
            && !asked.insert(next.clone())
        {
            give_up(api, job).await;
            return Ok(Pages::Failed(
                failed("the cursors go round in a circle"),
                false,
            ));
        }
        let hand_back = run.is_late();
        if page.cursor.is_some() && !hand_back {
            ahead.spawn(fetch(page.cursor.clone()));
        }
        for (no, payload) in page.records().enumerate() {
            if no % BREATH == BREATH - 1 {
                tokio::task::yield_now().await;
            }
            take(run, payload, received_at, Extraction::Job, None)?;
        }
        if page.cursor.is_none() {
            return Ok(Pages::Read);
        }
        job.cursor.clone_from(&page.cursor);
        run.state.stage = Stage::Job(job.clone());
        drop(page);
        run.checkpoint(api).await?;
        if hand_back {
            return Ok(Pages::HandBack);
        }
        let batch = run.settings.genesys.contact_batch_size as usize;
        if contacts::resolve(run, source, batch).await? == Progress::HandBack {
            return Ok(Pages::HandBack);
        }
    }
}

/// Waits on for a job that still runs, unless it has run for too long.
fn patience(run: &Run<'_>, job: &Job) -> Pages {
    match run.has_waited(job.submitted_at) {
        None => Pages::HandBack,
        Some(hours) => {
            let text = format!("the job has not ended after {hours} hours");
            Pages::Late(SourceError::transient("details job", text))
        }
    }
}

/// Whether smaller pages may be given: how large one may be is not documented, nor how a larger one is refused. Not when it is
/// how far down a job is paged through.
fn is_page_refused(cause: &SourceError) -> bool {
    matches!(cause.status(), Some(400 | 413 | 422)) && !is_beyond_paging(cause)
}

/// The job is not there any more, or does not know the cursor.
fn is_gone(cause: &SourceError) -> bool {
    matches!(cause.status(), Some(404 | 410))
        || (cause.status() == Some(400) && cause.message().to_lowercase().contains("cursor"))
}
