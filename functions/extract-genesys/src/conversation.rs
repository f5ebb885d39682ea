//! Conversations: through a details job where the window is available as one, else through the details query.

use crate::state::{Job, Query, Stage};
use crate::{ExtractError, Progress, Run, contacts};
use genesys::api::{Api, Page, Waited};
use genesys::record;
use jiff::{SignedDuration, Timestamp};
use model::payload::Extraction;
use model::{Classify, Kind, Window};
use source_http::SourceError;
use tokio::task::JoinSet;

/// No slice of a query is cut below this.
const SMALLEST_SLICE: SignedDuration = SignedDuration::from_mins(1);
/// A query asks for at most this much at once, well below the source's seven days.
const LARGEST_SLICE: SignedDuration = SignedDuration::from_hours(24);
/// Records between two chances for the page ahead to come in.
const BREATH: usize = 32;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    if run.state.stage == Stage::Start {
        choose(run, api).await?;
    }
    let progress = match run.state.stage.clone() {
        Stage::Job(job) => read_job(run, api, job).await?,
        Stage::Query(query) => read_query(run, api, query).await?,
        _ => Progress::Complete,
    };
    if progress == Progress::HandBack {
        return Ok(progress);
    }
    contacts::resolve(run, api).await
}

/// A job where every conversation of the window is in the data lake, else the query.
async fn choose(run: &mut Run<'_>, api: &Api) -> Result<(), ExtractError> {
    let window = run.task.window;
    let available = api
        .availability()
        .await
        .map_err(|cause| run.source(cause))?;
    run.state.is_job = available.is_some_and(|until| window.end() <= until);
    if run.state.is_job {
        let hours = i64::from(run.settings.genesys.settle_hours);
        let final_at = window.end() + SignedDuration::from_hours(hours);
        run.state.is_settled = run.task.at >= final_at;
        run.state.stage = Stage::Job(Job::default());
    } else {
        let mut slices: Vec<_> = window.slices(LARGEST_SLICE).collect();
        slices.reverse();
        run.state.api_count = Some(0);
        run.state.stage = Stage::Query(Query { slices, page: 1 });
    }
    Ok(())
}

async fn read_job(run: &mut Run<'_>, api: &Api, mut job: Job) -> Result<Progress, ExtractError> {
    loop {
        let id = if let Some(id) = &job.id {
            id.clone()
        } else {
            let id = api.submit_job(run.task.window).await;
            let id = id.map_err(|cause| run.source(cause))?;
            job.id = Some(id.clone());
            run.state.stage = Stage::Job(job.clone());
            id
        };
        let ended = match read_job_pages(run, api, &mut job, &id).await? {
            Pages::Read => break,
            Pages::HandBack => return Ok(Progress::HandBack),
            Pages::Gone(cause) => cause,
        };
        let again = !job.was_resubmitted;
        job = Job {
            was_resubmitted: again,
            ..Job::default()
        };
        run.state.stage = Stage::Job(job.clone());
        if !again {
            return Err(run.source(ended));
        }
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

enum Pages {
    Read,
    HandBack,
    /// The job ended or vanished; what it gave so far stays, duplicates are dropped by their bytes.
    Gone(SourceError),
}

async fn read_job_pages(
    run: &mut Run<'_>,
    api: &Api,
    job: &mut Job,
    id: &str,
) -> Result<Pages, ExtractError> {
    match api.wait_for_job(id, run.keep).await {
        Ok(Waited::Ready) => {}
        Ok(Waited::NotYet) => return Ok(Pages::HandBack),
        Ok(Waited::Ended(cause)) => return Ok(Pages::Gone(cause)),
        Err(cause) if is_gone(&cause) => return Ok(Pages::Gone(cause)),
        Err(cause) => return Err(run.source(cause)),
    }
    // Pages of a job come one after another; the next one travels while this one is written.
    let mut ahead = JoinSet::new();
    let page_size = run.settings.genesys.job_page_size;
    let fetch = |cursor: Option<String>| {
        let (api, id) = (api.clone(), id.to_owned());
        async move { api.job_page(&id, cursor.as_deref(), page_size).await }
    };
    ahead.spawn(fetch(job.cursor.clone()));
    loop {
        let page = match ahead.join_next().await {
            Some(Ok(Ok(page))) => page,
            Some(Ok(Err(cause))) if is_gone(&cause) => return Ok(Pages::Gone(cause)),
            Some(Ok(Err(cause))) => return Err(run.source(cause)),
            Some(Err(_)) | None => {
                return Err(run.source(SourceError::transient("job results", "a page got lost")));
            }
        };
        let received_at = run.deadline.now();
        if page.cursor.is_some() && page.cursor == job.cursor {
            let text = "the cursor does not move";
            return Err(run.source(SourceError::transient("job results", text)));
        }
        let hand_back = run.is_late();
        if page.cursor.is_some() && !hand_back {
            ahead.spawn(fetch(page.cursor.clone()));
        }
        take(run, &page, received_at, Extraction::Job).await?;
        if page.cursor.is_none() {
            return Ok(Pages::Read);
        }
        job.cursor = page.cursor;
        run.state.stage = Stage::Job(job.clone());
        run.checkpoint(api).await?;
        if hand_back {
            return Ok(Pages::HandBack);
        }
    }
}

/// The job is not there any more, or does not know the cursor.
fn is_gone(cause: &SourceError) -> bool {
    matches!(cause.status(), Some(404 | 410))
        || (cause.status() == Some(400) && cause.message().to_lowercase().contains("cursor"))
}

async fn read_query(
    run: &mut Run<'_>,
    api: &Api,
    mut query: Query,
) -> Result<Progress, ExtractError> {
    let genesys = &run.settings.genesys;
    let (page_size, cap) = (genesys.query_page_size, genesys.query_result_cap);
    while let Some(&slice) = query.slices.last() {
        // A window is asked for as it is; only what had to be cut depends on the filter.
        let only_starts = genesys.query_start_filter && slice != run.task.window;
        let page = match api
            .query_page(slice, only_starts, query.page, page_size)
            .await
        {
            Ok(page) => page,
            Err(cause) if is_too_much(&cause) => {
                query = cut(&query, slice).ok_or_else(|| run.source(cause))?;
                run.state.stage = Stage::Query(query.clone());
                continue;
            }
            Err(cause) => return Err(run.source(cause)),
        };
        let received_at = run.deadline.now();
        let read = query.page.saturating_mul(u64::from(page_size));
        let is_last = page.total_hits.is_some_and(|hits| hits <= read);
        // The page after this one would be refused; needed, unless this one ends the slice.
        let ends_at_cap = read.saturating_add(u64::from(page_size)) > cap;
        let passes_cap =
            page.total_hits.is_some_and(|hits| hits > cap) || (ends_at_cap && !is_last);
        if passes_cap && !page.is_empty() {
            query = cut(&query, slice).ok_or_else(|| {
                let text = format!(
                    "slice {slice} has more than {cap} results and cannot be cut further; read this window again when the details job covers it"
                );
                run.source(SourceError::invalid("details query", text))
            })?;
            run.state.stage = Stage::Query(query.clone());
            continue;
        }
        let earliest = take(run, &page, received_at, Extraction::Query).await?;
        // Results come by start: a page that lies wholly behind the slice is followed by nothing of it.
        let lies_behind = earliest.is_some_and(|start| start >= slice.end());
        // The source's count is approximate: only a page that is not full as well is taken for the last one.
        let is_short = page.len() < page_size as usize;
        if page.is_empty() || lies_behind || (is_last && (ends_at_cap || is_short)) {
            let hits = page.total_hits.filter(|_| !lies_behind);
            run.state.api_count = run.state.api_count.zip(hits).map(|(sum, hits)| sum + hits);
            query.slices.pop();
            query.page = 1;
        } else {
            query.page += 1;
        }
        run.state.stage = Stage::Query(query.clone());
        run.checkpoint(api).await?;
        if run.is_late() && !query.slices.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    run.state.stage = Stage::Contacts;
    Ok(Progress::Complete)
}

/// The source cannot page through this slice: too many results, or a fault that outlived every repetition.
fn is_too_much(cause: &SourceError) -> bool {
    match cause.status() {
        Some(400) => cause.message().contains("Pagination may not exceed"),
        Some(_) => cause.kind() == Kind::Transient && cause.status() != Some(200),
        None => false,
    }
}

/// The same work with the present slice cut in two, from its beginning.
fn cut(query: &Query, slice: Window) -> Option<Query> {
    if slice.duration() < SMALLEST_SLICE * 2 {
        return None;
    }
    let (left, right) = slice.bisect()?;
    let mut slices = query.slices.clone();
    slices.pop();
    slices.extend([right, left]);
    Some(Query { slices, page: 1 })
}

/// Takes every record of a page that began in the window; the earliest start among the readable ones.
async fn take(
    run: &mut Run<'_>,
    page: &Page,
    received_at: Timestamp,
    extraction: Extraction,
) -> Result<Option<Timestamp>, ExtractError> {
    let window = run.task.window;
    let mut earliest: Option<Timestamp> = None;
    for (no, payload) in page.records().enumerate() {
        if no % BREATH == BREATH - 1 {
            tokio::task::yield_now().await;
        }
        let record = match record::parse(payload) {
            Ok(record) => record,
            Err(refusal) => {
                let id = record::natural_id_of(payload);
                run.writer
                    .refuse(id.as_deref(), payload.as_bytes(), received_at, &refusal)?;
                continue;
            }
        };
        let start = record.conversation_start;
        earliest = Some(earliest.map_or(start, |earliest| earliest.min(start)));
        if !window.contains(start) {
            run.writer.skip_out_of_window();
            continue;
        }
        for id in record.external_contact_ids() {
            if !run.state.contacts.contains(id) {
                run.state.contacts.insert(id.to_owned());
            }
        }
        run.writer
            .record(&record.conversation_id, payload, received_at, |rows| {
                record::write(&record, extraction, window, rows)
            })?;
    }
    Ok(earliest)
}
