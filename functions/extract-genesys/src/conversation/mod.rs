//! Conversations: through a details job where the window is available as one, else through the details query.

mod job;
mod query;
pub(crate) mod slices;
mod stream;
pub(crate) mod totals;
pub(crate) mod way;

use crate::run::{Progress, Run, Source};
use crate::state::{Job, Query, Stage};
use crate::{ExtractError, contacts};
use genesys::api::Api;
use genesys::record::{self, Record};
use jiff::{SignedDuration, Timestamp};
use landing::{LandingError, WindowWriter, Written};
use model::payload::Extraction;

/// A query asks for at most this much at once, well below the source's seven days.
const LARGEST_SLICE: SignedDuration = SignedDuration::from_hours(24);
/// Records between two chances for the pages ahead to come in.
const BREATH: usize = 32;

pub(crate) async fn read(run: &mut Run<'_>, source: &Source) -> Result<Progress, ExtractError> {
    if run.is_at_start() {
        choose(run, &source.api).await?;
    }
    let progress = match run.state.stage.clone() {
        Stage::Job(job) => Box::pin(job::read(run, source, job)).await?,
        Stage::Query(query) => Box::pin(query::read(run, source, query)).await?,
        _ => Progress::Complete,
    };
    if progress == Progress::HandBack {
        return Ok(progress);
    }
    run.state.stage = Stage::Contacts;
    contacts::resolve(run, source, 1).await
}

/// A job where every conversation of the window is in the data lake, else the query.
async fn choose(run: &mut Run<'_>, api: &Api) -> Result<(), ExtractError> {
    let window = run.task.window;
    let available = api
        .availability()
        .await
        .map_err(|cause| run.source(cause))?;
    let is_in_lake = |end: Timestamp| available.is_some_and(|until| end <= until);
    run.state.is_job = is_in_lake(window.end());
    if run.state.is_job {
        let genesys = &run.settings.genesys;
        // By the lake's clock too: a day that it shows as of its own midnight lacks how its conversations went on.
        run.state.is_settled = run.task.at >= window.end() + genesys.settles_after()
            && is_in_lake(window.end() + genesys.followed_for());
        run.state.stage = Stage::Job(Job::default());
    } else {
        run.state.api_count = Some(0);
        run.state.stage = Stage::Query(Query::of(window.slices(LARGEST_SLICE)));
    }
    Ok(())
}

/// Takes a record if it is of the window, and says whether it is; with `group`, its conversation is marked there, wherever
/// it began.
fn take(
    run: &mut Run<'_>,
    payload: &str,
    received_at: Timestamp,
    extraction: Extraction,
    group: Option<u32>,
) -> Result<bool, ExtractError> {
    let window = run.task.window;
    let record = match record::parse(payload) {
        Ok(record) => record,
        Err(refusal) => {
            let id = record::natural_id_of(payload);
            if let Some(group) = group {
                run.writer.mark(group, id.as_deref().unwrap_or(payload));
            }
            let bytes = payload.as_bytes();
            run.writer
                .refuse(id.as_deref(), bytes, received_at, &refusal)?;
            return Ok(false);
        }
    };
    if let Some(group) = group {
        run.writer.mark(group, &record.conversation_id);
    }
    if !record.belongs_to(window, run.settings.genesys.followed_for()) {
        leave(&mut run.writer, &record, payload, received_at)?;
        return Ok(false);
    }
    let id = &record.conversation_id;
    let numbers = run.numbers();
    let written = run.writer.record(id, payload, received_at, |rows| {
        record::write(&record, extraction, window, numbers, rows)
    })?;
    if written != Written::Duplicate {
        contacts::collect(run, &record);
    }
    Ok(true)
}

/// Leaves a record that is not of the window to its own; one that none has, because it cannot have begun when it says, is refused.
pub(crate) fn leave(
    writer: &mut WindowWriter,
    record: &Record<'_>,
    payload: &str,
    read_at: Timestamp,
) -> Result<(), LandingError> {
    match record.impossible_start(read_at) {
        None => writer.skip_out_of_window(),
        Some(refusal) => {
            let id = Some(&*record.conversation_id);
            writer.refuse(id, payload.as_bytes(), read_at, &refusal)?;
        }
    }
    Ok(())
}
