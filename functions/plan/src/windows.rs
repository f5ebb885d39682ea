//! Which windows a run reads. Pure: the ledger and the input in, windows out.

use crate::input::Checked;
use crate::ledger::Entry;
use jiff::{SignedDuration, Timestamp};
use model::payload::{Estimate, Mode};
use model::settings::{GENESYS_REFERENCE, SALESFORCE_OBJECTS, Settings};
use model::{Source, Window};

/// A window of an object that a run should read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Where.
    pub source: Source,
    /// What.
    pub object: String,
    /// When.
    pub window: Window,
}

/// The last midnight, UTC, at or before `at`.
fn midnight(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(86_400) * 86_400).unwrap_or(at)
}

/// The interval of conversations a run is about.
pub fn interval(checked: &Checked, settings: &Settings) -> Option<Window> {
    let plan = &settings.plan;
    match (checked.mode, checked.range) {
        (Mode::Nightly, _) => {
            let end = midnight(checked.at);
            Window::new(
                end - SignedDuration::from_hours(24 * i64::from(plan.horizon_days)),
                end,
            )
            .ok()
        }
        (Mode::Intraday, _) => {
            let width = i64::from(plan.intraday_window_minutes) * 60;
            // Aligned to whole windows, so that hour after hour reads the same ones again.
            let latest = checked.at.as_second() - i64::from(plan.intraday_lag_minutes) * 60;
            let end = Timestamp::from_second(latest.div_euclid(width) * width).ok()?;
            Window::new(
                end - SignedDuration::from_hours(i64::from(plan.intraday_lookback_hours)),
                end,
            )
            .ok()
        }
        (_, range) => range,
    }
}

/// Every window the run reads (not for a replay), Genesys first, each source in order of time.
pub fn choose(checked: &Checked, settings: &Settings, ledger: &[Entry]) -> Vec<Choice> {
    let Some(interval) = interval(checked, settings) else {
        return Vec::new();
    };
    let plan = &settings.plan;
    let width = match checked.mode {
        Mode::Intraday => SignedDuration::from_mins(i64::from(plan.intraday_window_minutes)),
        _ => SignedDuration::from_hours(i64::from(plan.window_hours)),
    };
    let mut choices: Vec<_> = interval
        .slices(width)
        .filter(|window| {
            checked.force
                || checked.mode == Mode::Intraday
                || is_due(*window, checked, settings, ledger)
        })
        .map(|window| Choice {
            source: Source::Genesys,
            object: "conversation".to_owned(),
            window,
        })
        .collect();
    // Names of queues, users and wrap-up codes are a state, not a history: one snapshot over the run's interval.
    choices.extend(GENESYS_REFERENCE.iter().map(|object| Choice {
        source: Source::Genesys,
        object: (*object).to_owned(),
        window: interval,
    }));
    choices.extend(SALESFORCE_OBJECTS.iter().filter_map(|object| {
        let window = salesforce(object, checked, settings, ledger)?;
        Some(Choice {
            source: Source::Salesforce,
            object: (*object).to_owned(),
            window,
        })
    }));
    choices
}

/// Whether a window of conversations must be read: it is a gap, or it is provisional and old enough to settle.
fn is_due(window: Window, checked: &Checked, settings: &Settings, ledger: &[Entry]) -> bool {
    // Intraday windows are read before the source has finished them: they fill no gap.
    let known =
        |entry: &&Entry| entry.object == "conversation" && entry.mode != Mode::Intraday.as_str();
    if !is_covered(
        window,
        ledger.iter().filter(known).map(|entry| entry.window),
    ) {
        return true;
    }
    let settled = |entry: &&Entry| known(entry) && entry.is_settled;
    if is_covered(
        window,
        ledger.iter().filter(settled).map(|entry| entry.window),
    ) {
        return false;
    }
    let settles_at =
        window.end() + SignedDuration::from_hours(i64::from(settings.genesys.settle_hours));
    checked.at >= settles_at
}

/// Whether `pieces` together cover `window`.
fn is_covered(window: Window, pieces: impl Iterator<Item = Window>) -> bool {
    let mut pieces: Vec<_> = pieces.collect();
    pieces.sort_unstable();
    let mut reached = window.start();
    for piece in pieces {
        if piece.start() > reached {
            break;
        }
        reached = reached.max(piece.end());
    }
    reached >= window.end()
}

/// The window of a Salesforce object: from where the last one ended. The overlap behind it is the extractor's.
fn salesforce(
    object: &str,
    checked: &Checked,
    settings: &Settings,
    ledger: &[Entry],
) -> Option<Window> {
    let known = ledger
        .iter()
        .filter(|entry| entry.source == Source::Salesforce.as_str() && entry.object == object);
    let read_until = known.map(|entry| entry.window.end()).max();
    if checked.mode == Mode::Backfill {
        // Without any earlier load the rows before the backfill are missing too, and history joins need them.
        let range = checked.range?;
        let start = if read_until.is_none() {
            settings.salesforce.initial_start
        } else {
            range.start()
        };
        return Window::new(start, range.end()).ok();
    }
    let lag = SignedDuration::from_secs(i64::from(settings.salesforce.lag_seconds));
    let end = match checked.mode {
        Mode::Nightly => midnight(checked.at),
        _ => Timestamp::from_second((checked.at - lag).as_second().div_euclid(60) * 60).ok()?,
    };
    let start = if checked.force {
        settings.salesforce.initial_start
    } else {
        read_until.unwrap_or(settings.salesforce.initial_start)
    };
    Window::new(start, end).ok()
}

/// Conversations an hour when the ledger knows nothing better: a contact centre of a few hundred agents.
const GUESSED_CONVERSATIONS_PER_HOUR: u64 = 500;
/// Bytes of a conversation record: the mean of the shipped samples, rounded up.
const BYTES_PER_CONVERSATION: u64 = 6_000;
/// Calls a details job needs besides its pages: availability, create, two polls, delete.
const CALLS_PER_JOB: u64 = 5;

/// What reading `choices` will cost, from the ledger's own history where it has one.
pub fn estimate(choices: &[Choice], settings: &Settings, ledger: &[Entry]) -> Estimate {
    let known: Vec<_> = ledger
        .iter()
        .filter(|entry| entry.object == "conversation")
        .collect();
    let hours: u64 = known.iter().map(|entry| hours(entry.window)).sum();
    let rows: u64 = known.iter().map(|entry| entry.received).sum();
    let per_hour = if hours == 0 {
        GUESSED_CONVERSATIONS_PER_HOUR
    } else {
        rows.div_ceil(hours)
    };
    let (mut genesys, mut salesforce, mut bytes) = (0, 0, 0);
    for choice in choices {
        match (choice.source, choice.object.as_str()) {
            (Source::Genesys, "conversation") => {
                let conversations = per_hour * hours_up(choice.window);
                genesys += CALLS_PER_JOB
                    + conversations.div_ceil(u64::from(settings.genesys.job_page_size));
                bytes += conversations * BYTES_PER_CONVERSATION;
            }
            (Source::Genesys, _) => genesys += 1,
            (Source::Salesforce, _) => salesforce += 1,
        }
    }
    let minutes = |calls: u64, per_minute: u32| calls.div_ceil(u64::from(per_minute.max(1)));
    Estimate {
        calls: genesys + salesforce,
        minutes: minutes(genesys, settings.genesys.requests_per_minute)
            .max(minutes(salesforce, settings.salesforce.requests_per_minute)),
        bytes,
    }
}

fn hours(window: Window) -> u64 {
    u64::try_from(window.duration().as_hours()).unwrap_or(0)
}

fn hours_up(window: Window) -> u64 {
    u64::try_from(window.duration().as_secs())
        .unwrap_or(0)
        .div_ceil(3600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use model::RunId;
    use proptest::prelude::*;

    fn settings() -> Settings {
        Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap()
    }

    fn checked(json: &str) -> Checked {
        input::check(
            &serde_json::from_str(json).unwrap(),
            "2026-01-20T02:00:00Z".parse().unwrap(),
        )
        .unwrap()
    }

    fn window(start: &str, end: &str) -> Window {
        Window::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    fn entry(source: Source, object: &str, window: Window, mode: Mode, is_settled: bool) -> Entry {
        Entry {
            batch_id: RunId::try_from("r".to_owned()).unwrap(),
            mode: mode.as_str().to_owned(),
            source: source.as_str().to_owned(),
            object: object.to_owned(),
            window,
            is_settled,
            received: 10,
        }
    }

    fn conversations(choices: &[Choice]) -> Vec<String> {
        choices
            .iter()
            .filter(|c| c.object == "conversation")
            .map(|c| c.window.start().to_string()[..10].to_owned())
            .collect()
    }

    #[test]
    fn a_nightly_run_on_an_empty_ledger_reads_the_whole_horizon() {
        let choices = choose(&checked(r#"{"mode":"nightly"}"#), &settings(), &[]);
        assert_eq!(conversations(&choices).len(), 7);
        assert_eq!(conversations(&choices)[6], "2026-01-19");
        let account = choices
            .iter()
            .find(|choice| choice.object == "account")
            .unwrap();
        assert_eq!(
            account.window,
            window("2000-01-01T00:00:00Z", "2026-01-20T00:00:00Z")
        );
    }

    #[test]
    fn a_nightly_run_fills_gaps_and_settles_what_is_old_enough() {
        let ledger: Vec<_> = (13..20)
            .filter(|day| *day != 18)
            .map(|day| {
                let whole = window(
                    &format!("2026-01-{day}T00:00:00Z"),
                    &format!("2026-01-{}T00:00:00Z", day + 1),
                );
                entry(
                    Source::Genesys,
                    "conversation",
                    whole,
                    Mode::Nightly,
                    day == 14,
                )
            })
            .collect();
        // 13 and 15 ended more than 96 hours ago and are provisional; 14 is settled; 18 is a gap; the rest is too young.
        let choices = choose(&checked(r#"{"mode":"nightly"}"#), &settings(), &ledger);
        assert_eq!(
            conversations(&choices),
            ["2026-01-13", "2026-01-15", "2026-01-18"]
        );
    }

    #[test]
    fn intraday_windows_fill_no_gap() {
        let whole = window("2026-01-19T00:00:00Z", "2026-01-20T00:00:00Z");
        let ledger = [entry(
            Source::Genesys,
            "conversation",
            whole,
            Mode::Intraday,
            false,
        )];
        assert_eq!(
            conversations(&choose(
                &checked(r#"{"mode":"nightly"}"#),
                &settings(),
                &ledger
            ))
            .len(),
            7
        );
    }

    #[test]
    fn a_backfill_skips_what_is_settled_unless_forced() {
        let whole = window("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z");
        let ledger = [entry(
            Source::Genesys,
            "conversation",
            whole,
            Mode::Nightly,
            true,
        )];
        let range = r#""from":"2026-01-05T00:00:00Z","to":"2026-01-07T00:00:00Z""#;
        let plain = choose(
            &checked(&format!(r#"{{"mode":"backfill",{range}}}"#)),
            &settings(),
            &ledger,
        );
        assert_eq!(conversations(&plain), ["2026-01-06"]);
        let forced = choose(
            &checked(&format!(r#"{{"mode":"backfill",{range},"force":true}}"#)),
            &settings(),
            &ledger,
        );
        assert_eq!(conversations(&forced), ["2026-01-05", "2026-01-06"]);
    }

    #[test]
    fn an_intraday_run_reads_whole_past_windows() {
        let choices = choose(
            &checked(r#"{"mode":"intraday","at":"2026-01-20T01:05:00Z"}"#),
            &settings(),
            &[],
        );
        let windows: Vec<_> = choices
            .iter()
            .filter(|c| c.object == "conversation")
            .map(|c| c.window)
            .collect();
        assert_eq!(
            windows[0],
            window("2026-01-19T21:00:00Z", "2026-01-19T22:00:00Z")
        );
        assert_eq!(windows.len(), 3);
    }

    #[test]
    fn salesforce_goes_on_where_it_stopped() {
        let before = window("2000-01-01T00:00:00Z", "2026-01-19T00:00:00Z");
        let ledger = [entry(
            Source::Salesforce,
            "case",
            before,
            Mode::Nightly,
            true,
        )];
        let choices = choose(&checked(r#"{"mode":"nightly"}"#), &settings(), &ledger);
        let case = choices
            .iter()
            .find(|choice| choice.object == "case")
            .unwrap();
        assert_eq!(
            case.window,
            window("2026-01-19T00:00:00Z", "2026-01-20T00:00:00Z")
        );
    }

    proptest! {
        #[test]
        fn a_nightly_plan_and_the_ledger_leave_no_gap(read in proptest::collection::vec(any::<bool>(), 7)) {
            let checked = checked(r#"{"mode":"nightly"}"#);
            let settings = settings();
            let whole = interval(&checked, &settings).unwrap();
            let days: Vec<_> = whole.slices(SignedDuration::from_hours(24)).collect();
            let ledger: Vec<_> = days.iter().zip(&read).filter(|(_, read)| **read)
                .map(|(day, _)| entry(Source::Genesys, "conversation", *day, Mode::Nightly, false)).collect();
            let choices = choose(&checked, &settings, &ledger);
            let pieces = choices.iter().filter(|c| c.object == "conversation").map(|c| c.window)
                .chain(ledger.iter().map(|entry| entry.window));
            prop_assert!(is_covered(whole, pieces));
        }
    }
}
