//! The input of an execution, checked before anything is called.

use crate::PlanError;
use jiff::{SignedDuration, Timestamp};
use model::filter::Filter;
use model::payload::{Mode, PipelineInput};
use model::{RunId, Window};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// An interval as an event gives it.
const INTERVAL: &str = r#""from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#;

/// Characters of a filter that are shown.
const SHOWN: usize = 120;

/// An input that keeps every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How the windows are chosen.
    pub mode: Mode,
    /// The instant the run counts as, whole seconds.
    pub at: Timestamp,
    /// Backfill and replay: what is asked for.
    pub range: Option<Window>,
    /// Read again what the ledger has.
    pub force: bool,
    /// Backfill: read just these conversations, which fills no gap.
    pub filter: Option<Filter>,
    /// Its run id.
    pub run_id: RunId,
}

/// Checks `input` as of `started_at`.
pub fn check(input: &PipelineInput, started_at: Timestamp) -> Result<Checked, PlanError> {
    let refuse = |field: &'static str, value: String, rule: String| {
        Err(PlanError::Input { field, value, rule })
    };
    let at = whole_seconds(input.at.unwrap_or(started_at));
    // The scheduler's time and the execution's start come from different clocks.
    if at > started_at + SignedDuration::from_mins(5) {
        let rule = format!(
            "must not be after the execution's start; leave it out or give at most {:.0}",
            whole_seconds(started_at)
        );
        return refuse("at", at.to_string(), rule);
    }
    let missing = |field: &'static str| {
        let rule = format!("mode backfill and mode replay need from and to, as {INTERVAL}");
        Err(PlanError::InputMissing { field, rule })
    };
    let takes = || format!("only mode backfill and mode replay take from and to, as {INTERVAL}");
    let range = match (input.mode, input.from, input.to) {
        (Mode::Backfill | Mode::Replay, Some(from), Some(to)) => {
            let range = Window::new(from, to).map_err(PlanError::Window)?;
            // As salesforce.initial_start. A window for each day of two thousand years would be thought of for long.
            if from < Timestamp::UNIX_EPOCH {
                let rule = "must be in 1970 or later; neither source has anything before";
                return refuse("from", from.to_string(), rule.to_owned());
            }
            if input.mode == Mode::Backfill && to > at {
                let rule = format!(
                    "must not be in the future of `at`; the source has no such records yet, ask for at most {at}"
                );
                return refuse("to", to.to_string(), rule);
            }
            Some(range)
        }
        (Mode::Backfill | Mode::Replay, None, _) => {
            return missing("from");
        }
        (Mode::Backfill | Mode::Replay, _, None) => {
            return missing("to");
        }
        (Mode::Nightly | Mode::Intraday, Some(from), _) => {
            return refuse("from", from.to_string(), takes());
        }
        (Mode::Nightly | Mode::Intraday, _, Some(to)) => {
            return refuse("to", to.to_string(), takes());
        }
        (Mode::Nightly | Mode::Intraday, None, None) => None,
    };
    let filter = match &input.filter {
        Some(filter) if input.mode != Mode::Backfill => {
            let rule = "only mode backfill takes a filter; for every run it belongs into settings genesys.filter";
            return refuse("filter", shown(filter), rule.to_owned());
        }
        Some(filter) if filter.is_empty() => {
            let rule = "limits nothing; leave it out to read every conversation";
            return refuse("filter", "{}".to_owned(), rule.to_owned());
        }
        filter => filter.clone(),
    };
    let run_id = run_id(input, at, range)?;
    Ok(Checked {
        mode: input.mode,
        at,
        range,
        force: input.force,
        filter,
        run_id,
    })
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
fn run_id(input: &PipelineInput, at: Timestamp, range: Option<Window>) -> Result<RunId, PlanError> {
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
    // What one filter leaves out is another run's: the same filter continues the same run.
    if let Some(filter) = &input.filter {
        let text =
            serde_json::to_vec(filter).map_err(|error| PlanError::RunId(error.to_string()))?;
        let _ = write!(id, "-f{}", &hex::encode(Sha256::digest(text))[..12]);
    }
    // A replay is made because the code has changed, and `force` because the source has: each is a run of its own.
    if input.force || input.mode == Mode::Replay {
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
        insta::assert_snapshot!(checked(r#"{"mode":"weekly"}"#).unwrap_err(), @r#"input mode = "weekly": must be one of "nightly", "intraday", "backfill", "replay""#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-11-19","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input from = "2026-11-19": must be an instant with date, time and zone, as "2026-01-05T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"0001-01-01T00:00:00Z","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @"input from = 0001-01-01T00:00:00Z: must be in 1970 or later; neither source has anything before");
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-05T00:00:00.5Z","to":"2026-01-06T00:00:00Z"}"#).unwrap_err(), @r#"input from and to are one interval: window bound 2026-01-05T00:00:00.5Z has a fraction of a second; use whole seconds"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input to is missing: mode backfill and mode replay need from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-06T00:00:00Z","to":"2026-01-05T00:00:00Z"}"#).unwrap_err(), @r#"input from and to are one interval: window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-06T00:00:00Z","to":"2027-01-05T00:00:00Z"}"#).unwrap_err(), @"input to = 2027-01-05T00:00:00Z: must not be in the future of `at`; the source has no such records yet, ask for at most 2026-01-08T02:00:00Z");
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","from":"2026-01-06T00:00:00Z"}"#).unwrap_err(), @r#"input from = 2026-01-06T00:00:00Z: only mode backfill and mode replay take from and to, as "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z""#);
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","filter":{"queue_ids":["q"]}}"#).unwrap_err(), @r#"input filter = {"queue_ids":["q"]}: only mode backfill takes a filter; for every run it belongs into settings genesys.filter"#);
        insta::assert_snapshot!(checked(r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z","to":"2026-01-06T00:00:00Z","filter":{}}"#).unwrap_err(), @"input filter = {}: limits nothing; leave it out to read every conversation");
        insta::assert_snapshot!(checked(r#"{"mode":"nightly","at":"2026-03-06T00:00:00Z"}"#).unwrap_err(), @"input at = 2026-03-06T00:00:00Z: must not be after the execution's start; leave it out or give at most 2026-01-08T02:00:00Z");
    }

    #[test]
    fn a_long_value_is_shown_with_its_beginning() {
        assert_eq!(cut("x".repeat(SHOWN)), "x".repeat(SHOWN));
        assert_eq!(cut("ä".repeat(9000)), format!("{} …", "ä".repeat(SHOWN)));
    }
}
