//! Historical adherence: a bulk job per management unit, its files fetched without the token.

use crate::run::{Progress, Run, Source};
use crate::state::{Stage, Unit};
use crate::unavailable::is_of_ids;
use crate::{ExtractError, unavailable};
use genesys::api::{AdherenceState, DownloadUrl};
use model::{Classify, Kind};
use source_http::SourceError;

/// What a job came to.
enum Outcome {
    Done,
    StillRunning,
    /// It will never have a result, or the source fails on the unit.
    Failed(SourceError),
}

pub(crate) async fn read(run: &mut Run<'_>, source: &Source) -> Result<Progress, ExtractError> {
    let mut units = match run.state.stage.clone() {
        Stage::Adherence(units) => units,
        _ => units(run, source).await?,
    };
    // Begun by a version that did not keep which unit came: others have.
    if run.state.came.is_none() && run.state.asked > run.state.aside + units.len() as u64 {
        for unit in &mut units {
            unit.others_came = true;
        }
    }
    run.state.stage = Stage::Adherence(units.clone());
    while let Some(unit) = units.first().cloned() {
        match read_unit(run, source, &mut units, &unit).await? {
            Outcome::StillRunning => return Ok(Progress::HandBack),
            Outcome::Failed(cause) => {
                answers(run, source).await?;
                units.remove(0);
                failed(run, &mut units, unit, cause)?;
            }
            Outcome::Done => {
                units.remove(0);
                for other in &mut units {
                    other.others_came |= other.is_second_try;
                }
                run.state.came = Some(unit.id);
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

/// Fails as long as the source answers nobody: then nothing is said about a unit, and its job may still come to something.
async fn answers(run: &Run<'_>, source: &Source) -> Result<(), ExtractError> {
    match source.api.management_units().await {
        // Who reads the units of the settings need not be allowed to list them.
        Err(cause) if cause.kind() != Kind::Invalid => Err(run.source(cause)),
        _ => Ok(()),
    }
}

/// A unit gave nothing, and is not among `units` any more. Whether it is this one or all of them, only others can say that
/// are asked for between its two tries: what came hours ago says nothing about now.
fn failed(
    run: &mut Run<'_>,
    units: &mut Vec<Unit>,
    unit: Unit,
    cause: SourceError,
) -> Result<(), ExtractError> {
    if run.state.came.as_ref() == Some(&unit.id) {
        tracing::warn!("A unit whose adherence came before gives none now: {cause}");
    } else if !unit.is_second_try {
        tracing::warn!("Asking for the adherence of a unit once more, behind the others: {cause}");
        // When none of the others is left, one that has come already is asked for again; its files are known.
        if units.iter().all(|other| other.is_second_try)
            && let Some(id) = &run.state.came
        {
            units.insert(0, Unit::new(id.clone()));
        }
        units.push(Unit {
            is_second_try: true,
            others_came: unit.others_came,
            ..Unit::new(unit.id)
        });
    } else if unit.others_came && unavailable::may_set_aside(run) {
        let status = unavailable::status_of(&cause);
        run.set_aside("managementUnitId", &unit.id, status)?;
    } else {
        // Another attempt begins with the unit as if nothing had been.
        units.insert(0, Unit::new(unit.id));
        run.state.stage = Stage::Adherence(units.clone());
        return Err(run.source(twice(cause)));
    }
    Ok(())
}

/// What the source itself refuses stays what it is; a job that came to nothing may come to more later.
fn twice(cause: SourceError) -> SourceError {
    match cause.kind() {
        Kind::Transient => {
            let text = format!("two attempts at a management unit came to nothing: {cause}");
            SourceError::transient("adherence job", text)
        }
        _ => cause,
    }
}

/// The units of the settings, else all that the client may see. Without any there is nothing to read.
async fn units(run: &mut Run<'_>, source: &Source) -> Result<Vec<Unit>, ExtractError> {
    let mut ids = run.settings.genesys.management_units.clone();
    if ids.is_empty() {
        let listed = source.api.management_units().await;
        let listed = listed.map_err(|cause| run.source(cause))?;
        ids.extend(listed.into_iter().map(|unit| unit.id));
    }
    if ids.is_empty() {
        tracing::info!("The client sees no management unit: no adherence to read");
    }
    run.state.asked = ids.len() as u64;
    Ok(ids.into_iter().map(Unit::new).collect())
}

async fn read_unit(
    run: &mut Run<'_>,
    source: &Source,
    units: &mut [Unit],
    unit: &Unit,
) -> Result<Outcome, ExtractError> {
    let api = &source.api;
    let (job, zone, mut state) = if let Some(job) = unit.job.clone() {
        let zone = unit.zone.as_deref().unwrap_or("UTC").to_owned();
        (Some(job), zone, AdherenceState::Running)
    } else {
        let left = run.deadline.left();
        let zone = run.settings.business_time_zone.clone();
        let job = match api.submit_adherence(&unit.id, run.task.window, &zone).await {
            Ok(job) => job,
            Err(cause) if is_of_ids(run, &cause) => {
                run.note_silence(&cause, left.saturating_sub(run.deadline.left()));
                return Ok(Outcome::Failed(cause));
            }
            Err(cause) => return Err(run.source(cause)),
        };
        units[0].job.clone_from(&job.id);
        units[0].submitted_at = Some(run.deadline.now());
        units[0].zone = Some(zone.clone());
        run.state.stage = Stage::Adherence(units.to_vec());
        if matches!(job.state, AdherenceState::Running) {
            run.keep(api).await?;
        }
        (job.id, zone, job.state)
    };
    // A link may have expired when its turn comes: then the job names another one.
    for is_again in [false, true] {
        if let (AdherenceState::Running, Some(job)) = (&state, &job) {
            state = match api.wait_for_adherence(job, run.keep).await {
                Ok(state) => state,
                // Another one may do better. One that is not lost runs on, and the next call asks for it.
                Err(cause) if is_of_ids(run, &cause) && is_lost(run, unit, &cause) => {
                    return Ok(Outcome::Failed(cause));
                }
                Err(cause) => return Err(run.source(cause)),
            };
        }
        let urls = match &state {
            AdherenceState::Running => return Ok(patience(run, unit)),
            AdherenceState::Complete(urls) => urls,
            AdherenceState::Failed => {
                let text = "the job ended in an error";
                let cause = SourceError::transient("adherence job", text);
                return Ok(Outcome::Failed(cause));
            }
        };
        match fetch(run, source, unit, urls, &zone).await? {
            Ok(()) => break,
            Err(cause) if run.is_own_end(&cause) => return Err(run.source(cause)),
            Err(cause) if !is_again && job.is_some() && cause.kind() == Kind::Transient => {
                tracing::warn!("Asking the adherence job for its links again: {cause}");
                state = AdherenceState::Running;
            }
            // Its links do not open, or what is behind them cannot be read.
            Err(cause) if cause.kind() == Kind::Transient || is_of_ids(run, &cause) => {
                return Ok(Outcome::Failed(cause));
            }
            Err(cause) => return Err(run.source(cause)),
        }
    }
    Ok(Outcome::Done)
}

/// Whether a job that cannot be asked for will never answer: it is refused, or has failed for too long. A fault alone says
/// nothing about it.
fn is_lost(run: &Run<'_>, unit: &Unit, cause: &SourceError) -> bool {
    cause.kind() != Kind::Transient || run.has_waited(unit.submitted_at).is_some()
}

/// Waits on for a job that still runs, unless it has run for too long.
fn patience(run: &Run<'_>, unit: &Unit) -> Outcome {
    let Some(hours) = run.has_waited(unit.submitted_at) else {
        return Outcome::StillRunning;
    };
    let text = format!("the job has not ended after {hours} hours");
    Outcome::Failed(SourceError::transient("adherence job", text))
}

/// Lands every agent's result of a job's files. A file that comes a second time, because a later one did not come, has
/// nothing to say: its links change, its bytes do not.
async fn fetch(
    run: &mut Run<'_>,
    source: &Source,
    unit: &Unit,
    urls: &[DownloadUrl],
    zone: &str,
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
        for payload in file.payloads(&unit.id, run.task.window, zone) {
            run.take(&payload, received_at)?;
        }
        run.writer.drain()?;
    }
    Ok(Ok(()))
}
