//! Whatever runs there were, and whatever of them failed.

use super::*;
use model::Coverage;
use model::settings::SALESFORCE_OBJECTS;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A run of a made-up history: when it is, what it is, which of its windows arrive, and whether they lack something.
#[derive(Debug, Clone)]
struct Past {
    hours_later: i64,
    kind: u8,
    hours_behind: i64,
    arrives: Vec<bool>,
    falls_short: bool,
}

fn past() -> impl Strategy<Value = Past> {
    let arrives = proptest::collection::vec(any::<bool>(), 1..9);
    (1_i64..40, 0_u8..6, 0_i64..120, arrives, any::<bool>()).prop_map(
        |(hours_later, kind, hours_behind, arrives, falls_short)| Past {
            hours_later,
            kind,
            hours_behind,
            arrives,
            falls_short,
        },
    )
}

impl Past {
    fn checked(&self, at: Timestamp) -> Checked {
        let back = |hours| midnight(at - SignedDuration::from_hours(hours));
        let range = format!(
            r#""from":"{}","to":"{}""#,
            back(24 * 6),
            back(self.hours_behind % 72)
        );
        let json = match self.kind {
            0 => r#"{"mode":"intraday"}"#.to_owned(),
            1 => format!(r#"{{"mode":"backfill",{range}}}"#),
            2 => format!(r#"{{"mode":"backfill",{range},"filter":{{"queue_ids":["q"]}}}}"#),
            3 => format!(r#"{{"mode":"backfill",{range},"force":true}}"#),
            _ => r#"{"mode":"nightly"}"#.to_owned(),
        };
        checked_at(&json, at)
    }
}

/// What the ledger says after the windows of a run that arrive: the newest first.
fn record(
    ledger: &mut Vec<Entry>,
    run: &Checked,
    until: Option<Timestamp>,
    choices: &[Choice],
    arrives: impl Fn(usize) -> bool,
    falls_short: bool,
) {
    let settle = SignedDuration::from_hours(96);
    for (at, choice) in choices.iter().enumerate() {
        if !arrives(at) {
            continue;
        }
        let is_old = run.at >= choice.window.end() + settle;
        let is_settled = match choice.object.as_str() {
            "conversation" => is_old && until.is_some_and(|until| choice.window.end() <= until),
            _ => is_old && !falls_short || choice.source == Source::Salesforce,
        };
        let mode = if choice.is_partial {
            PARTIAL
        } else {
            run.mode.as_str()
        };
        let read = entry(
            choice.source,
            &choice.object,
            choice.window,
            mode,
            is_settled,
        );
        ledger.insert(0, read);
    }
}

/// Read by every run, whatever is known: listings, and the count of cases.
fn is_listing(choice: &Choice) -> bool {
    choice.source == Source::Genesys && GENESYS_REFERENCE.contains(&choice.object.as_str())
        || choice.source == Source::Salesforce && choice.object == "case_count"
}

/// What counts as read for good, told apart from the code under test.
fn settled(ledger: &[Entry], source: Source, object: &str) -> Coverage {
    let mut later = BTreeSet::new();
    let fills = ledger
        .iter()
        .filter(|entry| fills_gaps(entry, source, object));
    let stand = fills.filter(|entry| later.insert(entry.window) || object == "conversation");
    let settled = stand.filter(|entry| entry.is_settled);
    Coverage::of(settled.map(|entry| entry.window))
}

fn fills_gaps(entry: &Entry, source: Source, object: &str) -> bool {
    entry.object == object
        && entry.source == source.as_str()
        && entry.mode != PARTIAL
        && (source == Source::Salesforce || entry.mode != "intraday")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn whatever_failed_the_next_night_and_the_ledger_cover_everything_and_nothing_settled_is_read_again(
        runs in proptest::collection::vec(past(), 0..14),
    ) {
        let settings = settings();
        let mut at: Timestamp = "2026-01-08T02:00:00Z".parse().unwrap();
        let mut ledger = Vec::new();
        for run in &runs {
            at += SignedDuration::from_hours(run.hours_later);
            let checked = run.checked(at);
            let until = Some(at - SignedDuration::from_hours(run.hours_behind));
            let chosen = choose(&checked, &settings, &ledger, until);
            for choice in &chosen.choices {
                prop_assert!(choice.window.end() <= at, "beyond now: {choice:?}");
                // Lists and counts speak of one instant: each night makes them anew.
                let is_list = choice.object.ends_with("_ids") || choice.object == "case_count";
                if choice.source == Source::Salesforce && !checked.force && !is_list {
                    let before = settled(&ledger, Source::Salesforce, &choice.object);
                    prop_assert_eq!(before.gaps(choice.window), vec![choice.window], "read twice: {:?}", choice);
                }
                let is_listing = is_listing(choice) || is_list;
                let again = checked.force || checked.mode == Mode::Intraday || is_listing || choice.is_partial;
                prop_assert!(
                    again || !settled(&ledger, choice.source, &choice.object).covers(choice.window),
                    "settled and read again: {choice:?}"
                );
            }
            record(&mut ledger, &checked, until, &chosen.choices, |at| run.arrives[at % run.arrives.len()], run.falls_short);
        }
        at += SignedDuration::from_hours(24);
        let checked = checked_at(r#"{"mode":"nightly"}"#, at);
        let chosen = choose(&checked, &settings, &ledger, Some(at));
        record(&mut ledger, &checked, Some(at), &chosen.choices, |_| true, false);
        let read = |source, object: &str| {
            let counts = |entry: &&Entry| fills_gaps(entry, source, object);
            Coverage::of(ledger.iter().filter(counts).map(|entry| entry.window))
        };
        let horizon = interval(&checked, &settings).unwrap();
        for object in ["conversation", "evaluation", "survey", "user_aggregate", "queue_aggregate", "adherence"] {
            prop_assert!(read(Source::Genesys, object).covers(horizon), "{object}");
            // And what ended long enough ago is final.
            for day in horizon.slices(DAY).filter(|day| at >= day.end() + SignedDuration::from_hours(96)) {
                prop_assert!(settled(&ledger, Source::Genesys, object).covers(day), "{object} {day}");
            }
        }
        let history = settings.salesforce.history.keys().map(|object| format!("{object}_history"));
        let whole = Window::new(settings.salesforce.initial_start, horizon.end()).unwrap();
        for object in SALESFORCE_OBJECTS.map(ToOwned::to_owned).into_iter().chain(history) {
            prop_assert!(read(Source::Salesforce, &object).covers(whole), "{object}");
        }
        // Once more, with nothing new at the source: only listings are left to read.
        let again = choose(&checked, &settings, &ledger, Some(at));
        for choice in &again.choices {
            prop_assert!(is_listing(choice), "{choice:?}");
        }
    }
}
