//! The input of an execution, checked before anything is called.

use crate::PlanError;
use jiff::{SignedDuration, Timestamp};
use model::filter::Filter;
use model::payload::{Mode, PipelineInput};
use model::{RunId, Window};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// An interval as an event gives it.
const INTERVAL: &str = r#""from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#;

/// Days that a run of mode reenrich goes back when its input does not say.
const DAYS: u32 = 30;
/// The most it goes back: ten years.
const MOST_DAYS: u32 = 3660;
/// Reasons of one replay: a parameter of the merge holds them.
const MOST_REASONS: usize = 10;

/// Characters of a filter that are shown.
const SHOWN: usize = 120;

/// An input that keeps every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How the windows are chosen.
    pub mode: Mode,
    /// The instant the run counts as, whole seconds.
    pub at: Timestamp,
    /// Backfill and replay: what is asked for; a replay by reason may do without.
    pub range: Option<Window>,
    /// Read again what the ledger has.
    pub force: bool,
    /// Backfill: read just these conversations, which fills no gap.
    pub filter: Option<Filter>,
    /// Replay: just what was refused for one of these, and the links that were.
    pub reasons: Vec<String>,
    /// Reenrich: how many days back.
    pub days: Option<u32>,
    /// Its run id.
    pub run_id: RunId,
}

/// Checks `input` as of `started_at`.
pub fn check(input: &PipelineInput, started_at: Timestamp) -> Result<Checked, PlanError> {
    let at = whole_seconds(input.at.unwrap_or(started_at));
    // The scheduler's time and the execution's start come from different clocks.
    if at > started_at + SignedDuration::from_mins(5) {
        let rule = format!(
            "must not be after the execution's start; leave it out or give at most {:.0}",
            whole_seconds(started_at)
        );
        return refuse("at", at.to_string(), rule);
    }
    let reasons = reasons(input)?;
    let range = range(input, at, !reasons.is_empty())?;
    let filter = match &input.filter {
        Some(filter) if input.mode != Mode::Backfill => {
            let rule = "only mode backfill takes a filter; for every run it belongs into settings genesys.filter";
            return refuse("filter", shown(filter), rule);
        }
        Some(filter) if filter.is_empty() => {
            let rule = "limits nothing; leave it out to read every conversation";
            return refuse("filter", "{}".to_owned(), rule);
        }
        filter => filter.clone(),
    };
    let days = days(input)?;
    let run_id = run_id(input, at, range, (&reasons, days))?;
    Ok(Checked {
        mode: input.mode,
        at,
        range,
        force: input.force,
        filter,
        reasons,
        days,
        run_id,
    })
}

fn refuse<T>(field: &'static str, value: String, rule: impl Into<String>) -> Result<T, PlanError> {
    let rule = rule.into();
    Err(PlanError::Input { field, value, rule })
}

/// The interval of those modes that have one; a replay by reason may do without.
fn range(
    input: &PipelineInput,
    at: Timestamp,
    has_reason: bool,
) -> Result<Option<Window>, PlanError> {
    let mode = input.mode;
    if !matches!(mode, Mode::Backfill | Mode::Replay) {
        let given = [("from", input.from), ("to", input.to)];
        let given = given.into_iter().find_map(|(field, at)| Some((field, at?)));
        return match given {
            None => Ok(None),
            Some((field, at)) => refuse(
                field,
                at.to_string(),
                format!("only mode backfill and mode replay take from and to, as {INTERVAL}"),
            ),
        };
    }
    let (from, to) = match (input.from, input.to) {
        (Some(from), Some(to)) => (from, to),
        (None, None) if has_reason => return Ok(None),
        (from, _) => {
            let field = if from.is_none() { "from" } else { "to" };
            let or = match mode {
                Mode::Replay if has_reason => ", or neither of them when it has a reason",
                Mode::Replay => ", or a reason",
                _ => "",
            };
            let rule = format!(
                "mode {} needs from and to, as {INTERVAL}{or}",
                mode.as_str()
            );
            return Err(PlanError::InputMissing { field, rule });
        }
    };
    let range = Window::new(from, to).map_err(PlanError::Window)?;
    // As salesforce.initial_start. A window for each day of two thousand years would be thought of for long.
    if from < Timestamp::UNIX_EPOCH {
        let rule = "must be in 1970 or later; neither source has anything before";
        return refuse("from", from.to_string(), rule);
    }
    if mode == Mode::Backfill && to > at {
        let rule = format!(
            "must not be in the future of `at`; the source has no such records yet, ask for at most {at}"
        );
        return refuse("to", to.to_string(), rule);
    }
    Ok(Some(range))
}

/// The reasons of a replay, each once and in order.
fn reasons(input: &PipelineInput) -> Result<Vec<String>, PlanError> {
    let Some(given) = &input.reason else {
        return Ok(Vec::new());
    };
    if input.mode != Mode::Replay {
        let rule = "only mode replay takes a reason: it reads again what was refused for it";
        return refuse("reason", cut(given.join(", ")), rule);
    }
    if given.is_empty() || given.len() > MOST_REASONS {
        let rule = format!(
            "must name 1 to {MOST_REASONS} reasons of curated.quarantine; leave it out to replay all of an interval"
        );
        return refuse("reason", format!("{} texts", given.len()), rule);
    }
    let is_name = |text: &str| {
        let is_of_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        (1..=64).contains(&text.len()) && text.bytes().all(is_of_name)
    };
    if let Some(wrong) = given.iter().find(|text| !is_name(text)) {
        let rule =
            "must be as curated.quarantine has it: 1 to 64 of a-z, 0-9 and '_', as \"too_long\"";
        return refuse("reason", format!("{:?}", cut(wrong.clone())), rule);
    }
    let reasons: BTreeSet<_> = given.iter().cloned().collect();
    Ok(reasons.into_iter().collect())
}

/// How far back a run of mode reenrich goes.
fn days(input: &PipelineInput) -> Result<Option<u32>, PlanError> {
    match (input.mode, input.days) {
        (Mode::Reenrich, Some(days)) if !(1..=MOST_DAYS).contains(&days) => {
            let rule = format!("must be from 1 to {MOST_DAYS}; leave it out for {DAYS}");
            refuse("days", days.to_string(), rule)
        }
        (Mode::Reenrich, days) => Ok(Some(days.unwrap_or(DAYS))),
        (_, Some(days)) => {
            let rule = "only mode reenrich takes days; a nightly run looks back as far as plan.horizon_days of the settings says, and a backfill has from and to";
            refuse("days", days.to_string(), rule)
        }
        (_, None) => Ok(None),
    }
}

/// The beginning of a filter as it was given.
fn shown(filter: &Filter) -> String {
    cut(serde_json::to_string(filter).unwrap_or_default())
}

/// A value of the input as far as it is shown.
pub(crate) fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

/// The same input at the same instant has the same id, so that an execution started again continues the same run:
/// a nightly run is one per UTC day, an intraday run one per minute, a backfill one per interval and filter.
fn run_id(
    input: &PipelineInput,
    at: Timestamp,
    range: Option<Window>,
    (reasons, days): (&[String], Option<u32>),
) -> Result<RunId, PlanError> {
    let mut id = input.mode.as_str().to_owned();
    let _ = match (input.mode, range) {
        (Mode::Nightly, _) => write!(id, "-{}", at.strftime("%Y%m%d")),
        (Mode::Intraday, _) => write!(id, "-{}", at.strftime("%Y%m%dt%H%M")),
        (_, Some(range)) => {
            write!(
                id,
                "-{}-{}",
                range.start().strftime("%Y%m%dt%H%M%S"),
                range.end().strftime("%Y%m%dt%H%M%S")
            )
        }
        (_, None) => Ok(()),
    };
    if let Some(days) = days {
        let _ = write!(id, "-{days}d");
    }
    // The same reasons in another order are the same run.
    if !reasons.is_empty() {
        let digest = Sha256::digest(reasons.join(","));
        let _ = write!(id, "-r{}", &hex::encode(digest)[..12]);
    }
    // What one filter leaves out is another run's: the same filter continues the same run.
    if let Some(filter) = &input.filter {
        let text =
            serde_json::to_vec(filter).map_err(|error| PlanError::RunId(error.to_string()))?;
        let _ = write!(id, "-f{}", &hex::encode(Sha256::digest(text))[..12]);
    }
    // A replay is made because the code or the settings have changed, `reenrich` because the CRM has, and `force` because a source
    // has: each is a run of its own.
    if input.force || !input.mode.reads_sources() {
        let _ = write!(id, "-at{}", at.as_second());
    }
    RunId::try_from(id).map_err(|error| PlanError::RunId(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<Checked, String> {
        let input = PipelineInput::read(&serde_json::from_str(json).unwrap());
        let input = input.map_err(|error| error.to_string())?;
        check(&input, "2026-01-08T02:00:00.5Z".parse().unwrap()).map_err(|error| {
            let mut text = error.to_string();
            if let Some(cause) = std::error::Error::source(&error) {
                let _ = write!(text, ": {cause}");
            }
            text
        })
    }

    #[test]
    fn the_same_day_is_the_same_nightly_run() {
        assert_eq!(
            checked(r#"{"mode":"nightly"}"#).unwrap().run_id.as_str(),
            "nightly-20260108"
        );
        assert_eq!(
            checked(r#"{"mode":"nightly","at":"2026-01-08T01:00:00Z"}"#)
                .unwrap()
                .run_id
                .as_str(),
            "nightly-20260108"
        );
    }

    #[test]
    fn each_filter_is_a_run_of_its_own() {
        let run_id = |filter: &str| {
            let range = r#""from":"2026-01-05T00:00:00Z","to":"2026-01-07T00:00:00Z""#;
            let input = checked(&format!(r#"{{"mode":"backfill",{range}{filter}}}"#)).unwrap();
            input.run_id.to_string()
        };
        let plain = run_id("");
        let voice = run_id(r#","filter":{"media_types":["voice"]}"#);
        let queue = run_id(r#","filter":{"queue_ids":["q"]}"#);
        assert_eq!(plain, "backfill-20260105t000000-20260107t000000");
        assert!(voice.starts_with(&format!("{plain}-f")), "{voice}");
        assert_ne!(voice, queue);
        assert_eq!(voice, run_id(r#","filter":{"media_types":["voice"]}"#));
        let forced = run_id(r#","force":true,"filter":{"media_types":["voice"]}"#);
        assert!(forced.starts_with(&format!("{voice}-at")), "{forced}");
    }

    #[test]
    fn bad_input_is_refused_with_field_value_and_rule() {
        insta::assert_snapshot!(checked(r#"{"mode":"weekly"}"#).unwrap_err(), @r#"input mode = "weekly": must be one of "nightly", "intraday", "backfill", "replay", "reenrich""#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-11-19","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input from = "2026-11-19": must be an instant with date, time and zone, as "2026-01-05T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"0001-01-01T00:00:00Z","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @"input from = 0001-01-01T00:00:00Z: must be in 1970 or later; neither source has anything before");
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-05T00:00:00.5Z","to":"2026-01-06T00:00:00Z"}"#).unwrap_err(), @r#"input from and to are one interval: window bound 2026-01-05T00:00:00.5Z has a fraction of a second; use whole seconds"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input to is missing: mode backfill needs from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-06T00:00:00Z","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input from and to are one interval: window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-06T00:00:00Z","to":"2027-01-05T00:00:00Z"}"#).unwrap_err(), @"input to = 2027-01-05T00:00:00Z: must not be in the future of `at`; the source has no such records yet, ask for at most 2026-01-08T02:00:00Z");
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","from":"2026-01-06T00:00:00Z"}"#).unwrap_err(), @r#"input from = 2026-01-06T00:00:00Z: only mode backfill and mode replay take from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","filter":{"queue_ids":["q"]}}"#).unwrap_err(), @r#"input filter = {"queue_ids":["q"]}: only mode backfill takes a filter; for every run it belongs into settings genesys.filter"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z","to":"2026-01-06T00:00:00Z","filter":{}}"#).unwrap_err(), @"input filter = {}: limits nothing; leave it out to read every conversation");
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","at":"2026-03-06T00:00:00Z"}"#).unwrap_err(), @"input at = 2026-03-06T00:00:00Z: must not be after the execution's start; leave it out or give at most 2026-01-08T02:00:00Z");
    }

    #[test]
    fn a_replay_by_reason_needs_no_interval_and_reenrich_takes_days_alone() {
        let replay = checked(r#"{"mode":"replay","reason":["too_long","bad_time","too_long"]}"#);
        let replay = replay.unwrap();
        assert_eq!((replay.range, replay.reasons.len()), (None, 2));
        let other = checked(r#"{"mode":"replay","reason":["bad_time","too_long"]}"#);
        assert_eq!(replay.run_id, other.unwrap().run_id);
        let one = checked(r#"{"mode":"replay","reason":"bad_time"}"#).unwrap();
        assert_ne!(replay.run_id, one.run_id);
        let range = r#""from":"2026-01-05T00:00:00Z","to":"2026-01-06T00:00:00Z""#;
        let some = checked(&format!(
            r#"{{"mode":"replay","reason":"bad_time",{range}}}"#
        ))
        .unwrap();
        let id = some.run_id.as_str();
        assert!(
            id.starts_with("replay-20260105t000000-20260106t000000-r"),
            "{id}"
        );
        assert!(id.ends_with("-at1767837600"), "{id}");

        let reenrich = checked(r#"{"mode":"reenrich"}"#).unwrap();
        assert_eq!(reenrich.days, Some(30));
        assert_eq!(reenrich.run_id.as_str(), "reenrich-30d-at1767837600");
        assert_eq!(
            checked(r#"{"mode":"reenrich","days":7}"#).unwrap().days,
            Some(7)
        );
        insta::assert_snapshot!(checked(r#"{"mode":"reenrich","days":0}"#).unwrap_err(), @"input days = 0: must be from 1 to 3660; leave it out for 30");
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","days":3}"#).unwrap_err(), @"input days = 3: only mode reenrich takes days; a nightly run looks back as far as plan.horizon_days of the settings says, and a backfill has from and to");
        insta::assert_snapshot!(checked(&format!(r#"{{"mode":"reenrich",{range}}}"#)).unwrap_err(), @r#"input from = 2026-01-05T00:00:00Z: only mode backfill and mode replay take from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"reenrich","filter":{"queue_ids":["q"]}}"#).unwrap_err(), @r#"input filter = {"queue_ids":["q"]}: only mode backfill takes a filter; for every run it belongs into settings genesys.filter"#);
        insta::assert_snapshot!(checked(r#"{"mode":"replay"}"#).unwrap_err(), @r#"input from is missing: mode replay needs from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z", or a reason"#);
        insta::assert_snapshot!(checked(r#"{"mode":"replay","reason":"bad_time","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input from is missing: mode replay needs from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z", or neither of them when it has a reason"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","reason":["bad_time","too_long"]}"#).unwrap_err(), @"input reason = bad_time, too_long: only mode replay takes a reason: it reads again what was refused for it");
        insta::assert_snapshot!(checked(r#"{"mode":"replay","reason":[]}"#).unwrap_err(), @"input reason = 0 texts: must name 1 to 10 reasons of curated.quarantine; leave it out to replay all of an interval");
        insta::assert_snapshot!(checked(r#"{"mode":"replay","reason":["bad_time","Too long"]}"#).unwrap_err(), @r#"input reason = "Too long": must be as curated.quarantine has it: 1 to 64 of a-z, 0-9 and '_', as "too_long""#);
    }

    #[test]
    fn a_long_value_is_shown_with_its_beginning() {
        assert_eq!(cut("x".repeat(SHOWN)), "x".repeat(SHOWN));
        assert_eq!(cut("ä".repeat(9000)), format!("{} …", "ä".repeat(SHOWN)));
    }
}
