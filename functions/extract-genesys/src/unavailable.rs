//! One id that the source fails on for good must not hold up everything else.
//!
//! - A batch that fails after every repetition is halved, down to one id.
//! - Before each halving, and before an id is given up, the same call is made for an id that nobody has. When that is not
//!   answered either, nothing is wrong with the ids: the source is out of order, and the window fails as it does then. That
//!   it refuses such an id is an answer; but not when it refuses a window's only id in the same way (other than by a 404),
//!   for then it may refuse them all.
//! - An id that fails alone, and again after a pause, is set aside: among the refused, as `unavailable`, with the status.
//! - An answer that does not come costs minutes. How far the halving is, and which id has failed alone, is kept, and the
//!   invocation is handed back before one more such answer would outlast it.
//! - At most [`MOST`] ids of a window are set aside, or one in a hundred if that is more, and never all of several.
//!   Beyond that it is no longer the ids' fault.

use crate::ExtractError;
use crate::run::Run;
use source_http::{SourceError, WireFault};
use std::time::Duration;

/// An id that nobody has.
pub(crate) const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// Ids of a window that may be set aside, however few it has.
const MOST: u64 = 3;
/// What is kept free of the invocation behind a pause.
const MARGIN: Duration = Duration::from_secs(5);

/// What came of asking for some ids.
pub(crate) enum Asked<T> {
    Answered(T),
    /// There are several, and not all of them may be at fault: ask for fewer.
    Halve,
    /// It is this one id: the last status it failed with, 0 when there was none.
    SetAside(u16),
    /// It may be this one id, and the invocation has no time left to ask once more: hand back.
    Later,
}

/// Asks for `ids` with `call`, the first time when so much was `left` of the invocation; `probe` makes the same call for
/// [`NOBODY`].
pub(crate) async fn ask<T>(
    run: &mut Run<'_>,
    ids: &[String],
    left: Duration,
    mut call: impl AsyncFnMut() -> Result<T, SourceError>,
    mut probe: impl AsyncFnMut() -> Result<(), SourceError>,
) -> Result<Asked<T>, ExtractError> {
    let cause = match call().await {
        Ok(answer) => return Ok(Asked::Answered(answer)),
        Err(cause) if !is_of_ids(run, &cause) => return Err(run.source(cause)),
        Err(cause) => cause,
    };
    let took = left.saturating_sub(run.deadline.left());
    run.note_failure(took);
    if is_out_of_order(run, &cause, probe().await) {
        return Err(run.source(cause));
    }
    let [id] = ids else {
        tracing::info!("Asking for fewer than {} ids at once: {cause}", ids.len());
        return Ok(Asked::Halve);
    };
    let cause = if run.state.alone.as_ref() == Some(id) {
        // The pause was the end of an earlier invocation.
        cause
    } else {
        // An id alone has no second half to compare it with: time has to tell.
        if run.deadline.left() <= run.pause + took + MARGIN {
            tracing::info!("Asking for an id that failed alone once more, later: {cause}");
            run.state.alone = Some(id.clone());
            return Ok(Asked::Later);
        }
        tokio::time::sleep(run.pause).await;
        let cause = match call().await {
            Ok(answer) => return Ok(Asked::Answered(answer)),
            Err(cause) if is_of_ids(run, &cause) => cause,
            Err(cause) => return Err(run.source(cause)),
        };
        // The source may have gone down meanwhile.
        if is_out_of_order(run, &cause, probe().await) {
            return Err(run.source(cause));
        }
        cause
    };
    if !may_set_aside(run) {
        return Err(run.source(cause));
    }
    run.state.alone = None;
    Ok(Asked::SetAside(status_of(&cause)))
}

/// The status that an id has failed with, 0 when there was none: one that came with an answer that cannot be read says nothing.
pub(crate) fn status_of(cause: &SourceError) -> u16 {
    let status = cause.status().filter(|_| cause.fault().is_none());
    status.unwrap_or(0)
}

/// Whether not even an id that nobody has is answered, after `cause` for one of the window. That nobody has it is an answer,
/// whatever its status: of several ids not all are set aside, so that one of them has to be answered in the end. Of one there
/// is none to tell an endpoint that refuses everything.
fn is_out_of_order(run: &Run<'_>, cause: &SourceError, probed: Result<(), SourceError>) -> bool {
    let Err(of_nobody) = probed else {
        return false;
    };
    let status = of_nobody.status();
    let is_refused = matches!(status, Some(400..=499));
    // A 404 is what somebody who is gone is answered with.
    let is_the_same = run.state.asked <= 1 && status == cause.status() && status != Some(404);
    if is_refused && !is_the_same && !matches!(status, Some(401 | 403 | 408 | 429)) {
        return false;
    }
    tracing::warn!("Asking for an id that nobody has fails as well: {of_nobody}");
    true
}

/// Whether the fault may lie in what was asked for: not in a source that is out of reach, the token, a permission, the quota or the
/// end of the invocation.
pub(crate) fn is_of_ids(run: &Run<'_>, cause: &SourceError) -> bool {
    match cause.fault() {
        Some(WireFault::NoTurn | WireFault::Held | WireFault::OutOfReach) => false,
        Some(_) => !run.was_ended(cause),
        None => cause
            .status()
            .is_some_and(|status| !matches!(status, 401 | 403 | 429)),
    }
}

/// Whether one more id of the window may be set aside.
pub(crate) fn may_set_aside(run: &Run<'_>) -> bool {
    let (asked, aside) = (run.state.asked, run.state.aside + 1);
    let may = aside <= MOST.max(asked / 100) && (aside < asked || asked <= 1);
    if !may {
        tracing::warn!(
            asked,
            aside,
            "{aside} of the {asked} ids this window has asked for fail: too many to be set aside"
        );
    }
    may
}
