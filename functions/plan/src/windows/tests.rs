mod history;
mod intraday;
mod past;
mod salesforce;

use super::*;
use crate::input;
use crate::ledger::PARTIAL;
use model::RunId;

/// Past every window: each is available.
const ALL: &str = "2100-01-01T00:00:00Z";

fn settings() -> Settings {
    Settings::parse(include_str!("../../../../infra/settings/tributary.toml")).unwrap()
}

fn checked(json: &str) -> Checked {
    checked_at(json, "2026-01-20T02:00:00Z".parse().unwrap())
}

fn checked_at(json: &str, at: Timestamp) -> Checked {
    input::check(&serde_json::from_str(json).unwrap(), at).unwrap()
}

fn chosen(json: &str, ledger: &[Entry]) -> Chosen {
    choose(&checked(json), &settings(), ledger, ALL.parse().ok())
}

fn window(start: &str, end: &str) -> Window {
    Window::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn day(day: u32) -> Window {
    window(
        &format!("2026-01-{day:02}T00:00:00Z"),
        &format!("2026-01-{:02}T00:00:00Z", day + 1),
    )
}

fn entry(source: Source, object: &str, window: Window, mode: &str, is_settled: bool) -> Entry {
    Entry {
        batch_id: RunId::try_from("r".to_owned()).unwrap(),
        mode: mode.to_owned(),
        source: source.as_str().to_owned(),
        object: object.to_owned(),
        window,
        is_settled,
        received: 10,
        calls: 1,
    }
}

fn of<'a>(chosen: &'a Chosen, object: &str) -> Vec<&'a Choice> {
    let choices = chosen.choices.iter();
    choices.filter(|choice| choice.object == object).collect()
}

fn days(chosen: &Chosen, object: &str) -> Vec<String> {
    let begins = |choice: &Choice| choice.window.start().to_string()[..10].to_owned();
    of(chosen, object).into_iter().map(begins).collect()
}

fn windows(chosen: &Chosen, object: &str) -> Vec<Window> {
    of(chosen, object)
        .iter()
        .map(|choice| choice.window)
        .collect()
}

#[test]
fn a_nightly_run_on_an_empty_ledger_reads_the_whole_horizon_of_every_object() {
    let chosen = chosen(r#"{"mode":"nightly"}"#, &[]);
    let daily = [
        "conversation",
        "evaluation",
        "survey",
        "user_aggregate",
        "queue_aggregate",
        "adherence",
    ];
    for object in daily {
        assert_eq!(days(&chosen, object).len(), 7, "{object}");
        assert_eq!(days(&chosen, object)[6], "2026-01-19", "{object}");
    }
    assert!(of(&chosen, "conversation_attribute").is_empty());
    for object in GENESYS_REFERENCE.into_iter().filter(|name| *name != "user") {
        assert_eq!(of(&chosen, object).len(), 1, "{object}");
    }
    // Both sources have users.
    let users: Vec<_> = of(&chosen, "user").iter().map(|one| one.source).collect();
    assert_eq!(users, [Source::Genesys, Source::Salesforce]);
    let whole = window("2000-01-01T00:00:00Z", "2026-01-20T00:00:00Z");
    let salesforce = [
        "account",
        "contact",
        "case",
        "opportunity",
        "account_history",
        "contact_history",
        "case_history",
        "opportunity_history",
        "account_ids",
        "contact_ids",
        "case_ids",
        "opportunity_ids",
    ];
    for object in salesforce {
        assert_eq!(windows(&chosen, object), [whole], "{object}");
    }
    assert_eq!((chosen.by_job, chosen.by_query), (7, 0));
    assert_eq!(chosen.notices, Vec::<String>::new());
    let counted = window("2025-10-22T00:00:00Z", "2026-01-20T00:00:00Z");
    assert_eq!(windows(&chosen, "case_count"), [counted]);
    let objects: usize = daily.len() * 7 + GENESYS_REFERENCE.len() + salesforce.len() + 2;
    assert_eq!(chosen.choices.len(), objects);
}

#[test]
fn an_object_that_the_settings_leave_out_is_not_read() {
    let mut settings = settings();
    settings.genesys.objects = vec!["survey".to_owned()];
    settings.salesforce.history.remove("case");
    settings.salesforce.reconcile_ids_days = 0;
    let all = choose(
        &checked(r#"{"mode":"nightly"}"#),
        &settings,
        &[],
        ALL.parse().ok(),
    );
    for gone in ["evaluation", "adherence", "case_history", "account_ids"] {
        assert!(of(&all, gone).is_empty(), "{gone}");
    }
    assert_eq!(of(&all, "survey").len(), 7);
    assert_eq!(of(&all, "account_history").len(), 1);
}

#[test]
fn a_nightly_run_fills_gaps_and_settles_what_is_old_enough() {
    for object in ["conversation", "evaluation"] {
        let ledger: Vec<_> = (13..20)
            .filter(|day| *day != 18)
            .map(|date| entry(Source::Genesys, object, day(date), "nightly", date == 14))
            .collect();
        // 13 and 15 ended more than 96 hours ago and are provisional; 14 is settled; 18 is a gap; the rest is too young.
        let chosen = chosen(r#"{"mode":"nightly"}"#, &ledger);
        assert_eq!(
            days(&chosen, object),
            ["2026-01-13", "2026-01-15", "2026-01-18"]
        );
        let skipped = (chosen.settled_windows, chosen.provisional_windows);
        assert_eq!(skipped, (1, 3));
    }
}

#[test]
fn a_settlement_is_planned_only_once_the_source_has_the_data() {
    let ledger: Vec<_> = (13..20)
        .flat_map(|date| {
            ["conversation", "survey"]
                .map(|object| entry(Source::Genesys, object, day(date), "nightly", false))
        })
        .collect();
    let with = |until: Option<&str>| {
        let until = until.map(|until| until.parse().unwrap());
        choose(
            &checked(r#"{"mode":"nightly"}"#),
            &settings(),
            &ledger,
            until,
        )
    };
    assert_eq!(
        days(&with(Some(ALL)), "conversation"),
        ["2026-01-13", "2026-01-14", "2026-01-15"]
    );
    // The 15th is in the lake, but not three days of what became of its conversations.
    let late = with(Some("2026-01-18T00:00:00Z"));
    assert_eq!(days(&late, "conversation"), ["2026-01-13", "2026-01-14"]);
    // Only conversations settle by a details job.
    assert_eq!(days(&late, "survey").len(), 3);
    insta::assert_snapshot!(late.notices.join("\n"), @"conversation: windows due for settlement that have to wait, 1: the source has complete data only until 2026-01-18T00:00:00Z; a later run reads them");
    let none = with(None);
    assert_eq!(days(&none, "conversation"), Vec::<String>::new());
    assert!(none.notices[0].contains("have to wait, 3: the source does not tell"));
}

#[test]
fn a_plan_tells_which_windows_no_job_can_read_yet() {
    let chosen = choose(
        &checked(r#"{"mode":"nightly"}"#),
        &settings(),
        &[],
        "2026-01-18T12:00:00Z".parse().ok(),
    );
    assert_eq!((chosen.by_job, chosen.by_query), (5, 2));
}

#[test]
fn intraday_partial_and_replayed_windows_fill_no_gap() {
    let ledger: Vec<_> = ["intraday", PARTIAL, "replay"]
        .map(|mode| entry(Source::Genesys, "conversation", day(19), mode, true))
        .into();
    assert_eq!(
        days(&chosen(r#"{"mode":"nightly"}"#, &ledger), "conversation").len(),
        7
    );
}

#[test]
fn a_backfill_reads_whole_days_of_conversations_and_says_so() {
    let asked = |from: &str, to: &str| {
        let range = format!(r#"{{"mode":"backfill","from":"{from}","to":"{to}"}}"#);
        let chosen = chosen(&range, &[]);
        (days(&chosen, "conversation"), chosen.notices)
    };
    let (days, notices) = asked("2026-01-05T23:00:00Z", "2026-01-07T01:00:00+01:00");
    assert_eq!(days, ["2026-01-05", "2026-01-06"]);
    insta::assert_snapshot!(notices.join("\n"), @"conversations are read by whole UTC days: 2026-01-05T00:00:00Z/2026-01-07T00:00:00Z instead of the interval asked for");
    // Whole days need no word, and the day that has not ended stays a part.
    let (days, notices) = asked("2026-01-19T00:00:00Z", "2026-01-20T01:30:00Z");
    assert_eq!(
        (days.as_slice(), notices.len()),
        (
            ["2026-01-19".to_owned(), "2026-01-20".to_owned()].as_slice(),
            0
        )
    );
}

#[test]
fn a_backfill_skips_what_is_settled_unless_forced() {
    let mut ledger = vec![
        entry(Source::Genesys, "conversation", day(5), "nightly", true),
        entry(Source::Genesys, "survey", day(5), "nightly", true),
    ];
    let read = window("2000-01-01T00:00:00Z", "2026-01-06T00:00:00Z");
    ledger.push(entry(Source::Salesforce, "case", read, "nightly", true));
    let range = r#""from":"2026-01-05T00:00:00Z","to":"2026-01-07T00:00:00Z""#;
    let plain = chosen(&format!(r#"{{"mode":"backfill",{range}}}"#), &ledger);
    assert_eq!(days(&plain, "conversation"), ["2026-01-06"]);
    assert_eq!(days(&plain, "survey"), ["2026-01-06"]);
    assert_eq!(windows(&plain, "case"), [day(6)]);
    // Nothing was read of accounts: rows before the backfill are missing as well, and those changed after it.
    assert_eq!(
        windows(&plain, "account"),
        [window("2000-01-01T00:00:00Z", "2026-01-20T01:55:00Z")]
    );
    assert!(of(&plain, "account_ids").is_empty());
    assert_eq!((plain.settled_windows, plain.provisional_windows), (2, 0));
    // What has been read of Salesforce is an interval, however many windows it was read in: none is counted here.
    let one = r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z","to":"2026-01-06T00:00:00Z"}"#;
    let one = chosen(one, &ledger);
    assert!(of(&one, "case").is_empty());
    assert_eq!(one.settled_windows, 2);
    let forced = chosen(
        &format!(r#"{{"mode":"backfill",{range},"force":true}}"#),
        &ledger,
    );
    assert_eq!(days(&forced, "conversation"), ["2026-01-05", "2026-01-06"]);
    assert_eq!(
        windows(&forced, "case"),
        [window("2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z")]
    );
    assert_eq!(forced.settled_windows, 0);
    // What is neither final nor due is left alone as well, and told apart.
    let young = [entry(Source::Genesys, "survey", day(19), "nightly", false)];
    let asked = r#"{"mode":"backfill","from":"2026-01-19T00:00:00Z","to":"2026-01-20T00:00:00Z"}"#;
    let left = chosen(asked, &young);
    assert!(of(&left, "survey").is_empty());
    assert_eq!((left.settled_windows, left.provisional_windows), (0, 1));
    // What was read before is no gap that a later run would fill. What an organisation never gives must let it end.
    let alone = |object: &str| {
        let choices = of(&forced, object).into_iter();
        choices.map(|choice| choice.fails_alone).collect::<Vec<_>>()
    };
    assert_eq!(alone("survey"), [false, true]);
    assert_eq!(alone("adherence"), [true, true]);
    assert_eq!(alone("campaign"), [true]);
    assert_eq!(alone("conversation"), [false, false]);
}

#[test]
fn a_backfill_of_a_year_has_a_window_for_each_day_and_object() {
    let chosen = chosen(
        r#"{"mode":"backfill","from":"2025-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}"#,
        &[],
    );
    for object in ["conversation", "evaluation", "adherence"] {
        assert_eq!(of(&chosen, object).len(), 365, "{object}");
    }
}

#[test]
fn a_filtered_backfill_reads_conversations_alone_and_only_in_part() {
    let mut settings = settings();
    settings.genesys.filter.media_types = vec!["voice".to_owned()];
    let json = r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z","to":"2026-01-07T00:00:00Z","filter":{"queue_ids":["q"]}}"#;
    let chosen = choose(&checked(json), &settings, &[], ALL.parse().ok());
    assert_eq!(chosen.choices.len(), 2);
    for choice in &chosen.choices {
        assert_eq!(choice.object, "conversation");
        assert!(choice.is_partial);
        // The event's filter, in place of the settings'.
        let filter = choice.filter.as_ref().unwrap();
        assert_eq!(filter.queue_ids, ["q"]);
        assert!(filter.media_types.is_empty());
    }
}

#[test]
fn a_filtered_backfill_reads_provisional_windows_again_and_settled_ones_only_when_forced() {
    let ledger = [
        entry(Source::Genesys, "conversation", day(18), "nightly", false),
        entry(Source::Genesys, "conversation", day(19), "nightly", true),
    ];
    let range =
        r#""from":"2026-01-18T00:00:00Z","to":"2026-01-20T00:00:00Z","filter":{"queue_ids":["q"]}"#;
    let plain = chosen(&format!(r#"{{"mode":"backfill",{range}}}"#), &ledger);
    assert_eq!(days(&plain, "conversation"), ["2026-01-18"]);
    let forced = chosen(
        &format!(r#"{{"mode":"backfill","force":true,{range}}}"#),
        &ledger,
    );
    assert_eq!(days(&forced, "conversation").len(), 2);
}

#[test]
fn the_settings_filter_reaches_conversations_and_what_is_counted_over_them() {
    let mut settings = settings();
    settings.genesys.filter.media_types = vec!["voice".to_owned()];
    let chosen = choose(
        &checked(r#"{"mode":"nightly"}"#),
        &settings,
        &[],
        ALL.parse().ok(),
    );
    let filtered: std::collections::BTreeSet<_> = chosen
        .choices
        .iter()
        .filter(|choice| choice.filter.is_some())
        .inspect(|choice| assert!(!choice.is_partial))
        .map(|choice| choice.object.as_str())
        .collect();
    assert_eq!(
        filtered.into_iter().collect::<Vec<_>>(),
        ["conversation", "queue_aggregate"]
    );
}
