//! Historical adherence: a bulk job per management unit, its files fetched without the token.

use crate::ExtractError;
use crate::run::{Progress, Run, Source};
use crate::state::{Stage, Unit};
use genesys::api::{AdherenceState, DownloadUrl};
use model::{Classify, Kind};
use source_http::SourceError;

/// What a job came to.
enum Outcome {
    Done,
    StillRunning,
    /// It will never have a result.
    Gone(SourceError),
}

pub(crate) async fn read(run: &mut Run<'_>, source: &Source) -> Result<Progress, ExtractError> {
    let mut units = match run.state.stage.clone() {
        Stage::Adherence(units) => units,
        _ => units(run, source).await?,
    };
    run.state.stage = Stage::Adherence(units.clone());
    while let Some(unit) = units.first().cloned() {
        match read_unit(run, source, &mut units, &unit).await? {
            Outcome::Done => {
                units.remove(0);
            }
            Outcome::StillRunning => return Ok(Progress::HandBack),
            Outcome::Gone(cause) => {
                units[0] = Unit {
                    id: unit.id,
                    job: None,
                    was_resubmitted: !unit.was_resubmitted,
                };
                run.state.stage = Stage::Adherence(units.clone());
                if unit.was_resubmitted {
                    let text = format!("two jobs ended without a result: {cause}");
                    return Err(run.source(SourceError::transient("adherence job", text)));
                }
                tracing::warn!("Submitting an adherence job once more: {cause}");
                continue;
            }
        }
        run.state.stage = Stage::Adherence(units.clone());
        run.checkpoint(&source.api).await?;
        if run.is_late() && !units.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// The units of the settings, else all that the client may see. Without any there is nothing to read.
async fn units(run: &Run<'_>, source: &Source) -> Result<Vec<Unit>, ExtractError> {
    let mut ids = run.settings.genesys.management_units.clone();
    if ids.is_empty() {
        let listed = source.api.management_units().await;
        let listed = listed.map_err(|cause| run.source(cause))?;
        ids.extend(listed.into_iter().map(|unit| unit.id));
    }
    if ids.is_empty() {
        tracing::info!("The client sees no management unit: no adherence to read");
    }
    let unit = |id| Unit {
        id,
        job: None,
        was_resubmitted: false,
    };
    Ok(ids.into_iter().map(unit).collect())
}

async fn read_unit(
    run: &mut Run<'_>,
    source: &Source,
    units: &mut [Unit],
    unit: &Unit,
) -> Result<Outcome, ExtractError> {
    let api = &source.api;
    let (job, mut state) = if let Some(job) = unit.job.clone() {
        (Some(job), AdherenceState::Running)
    } else {
        let submitted = api.submit_adherence(&unit.id, run.task.window).await;
        let job = submitted.map_err(|cause| run.source(cause))?;
        units[0].job.clone_from(&job.id);
        run.state.stage = Stage::Adherence(units.to_vec());
        if matches!(job.state, AdherenceState::Running) {
            run.keep(api).await?;
        }
        (job.id, job.state)
    };
    // A link may have expired when its turn comes: then the job names another one.
    for is_again in [false, true] {
        if let (AdherenceState::Running, Some(job)) = (&state, &job) {
            state = match api.wait_for_adherence(job, run.keep).await {
                Ok(state) => state,
                Err(cause) if matches!(cause.status(), Some(404 | 410)) => {
                    return Ok(Outcome::Gone(cause));
                }
                Err(cause) => return Err(run.source(cause)),
            };
        }
        let urls = match &state {
            AdherenceState::Running => return Ok(Outcome::StillRunning),
            AdherenceState::Complete(urls) => urls,
            AdherenceState::Failed => {
                let text = "the job ended in an error";
                return Ok(Outcome::Gone(SourceError::transient("adherence job", text)));
            }
        };
        match fetch(run, source, unit, urls).await? {
            Ok(()) => break,
            Err(cause) if !is_again && job.is_some() && cause.kind() == Kind::Transient => {
                tracing::warn!("Asking the adherence job for its links again: {cause}");
                state = AdherenceState::Running;
            }
            Err(cause) => return Err(run.source(cause)),
        }
    }
    Ok(Outcome::Done)
}

/// Lands every agent's result of a job's files. A file that comes a second time, because a later one did not come, has
/// nothing to say: its links change, its bytes do not.
async fn fetch(
    run: &mut Run<'_>,
    source: &Source,
    unit: &Unit,
    urls: &[DownloadUrl],
) -> Result<Result<(), SourceError>, ExtractError> {
    for url in urls {
        let before = source.downloads.calls();
        let file = source.downloads.adherence(url).await;
        run.calls_before += source.downloads.calls() - before;
        let file = match file {
            Ok(file) => file,
            Err(cause) => return Ok(Err(cause)),
        };
        let received_at = run.deadline.now();
        let key = format!("adherence {} {}", unit.id, file.body());
        if !run.writer.is_first(&key) {
            continue;
        }
        for payload in file.payloads(&unit.id, run.task.window) {
            run.take(&payload, received_at)?;
        }
        run.writer.drain()?;
    }
    Ok(Ok(()))
}
