//! Runs of minutes.

use super::*;

#[test]
fn an_intraday_run_reads_whole_past_windows_and_deltas() {
    let json = r#"{"mode":"intraday","at":"2026-01-20T01:05:00Z"}"#;
    let read = window("2000-01-01T00:00:00Z", "2026-01-20T00:00:00Z");
    let hour = window("2026-01-20T00:00:00Z", "2026-01-20T00:55:00Z");
    let ledger = [
        entry(Source::Salesforce, "case", read, "nightly", true),
        entry(Source::Salesforce, "account", read, "nightly", true),
        entry(Source::Salesforce, "account", hour, "intraday", true),
    ];
    let chosen = chosen(json, &ledger);
    for object in ["conversation", "conversation_attribute"] {
        let windows = windows(&chosen, object);
        assert_eq!(windows.len(), 3, "{object}");
        assert_eq!(
            windows[0],
            window("2026-01-19T21:00:00Z", "2026-01-19T22:00:00Z")
        );
    }
    assert_eq!(
        windows(&chosen, "case"),
        [window("2026-01-20T00:00:00Z", "2026-01-20T01:00:00Z")]
    );
    assert_eq!(
        windows(&chosen, "account"),
        [window("2026-01-20T00:55:00Z", "2026-01-20T01:00:00Z")]
    );
    for object in ["survey", "case_history", "account_ids", "contact"] {
        assert!(of(&chosen, object).is_empty(), "{object}");
    }
    insta::assert_snapshot!(chosen.notices.join("\n"), @"Salesforce contact, opportunity, user: never read so far; an intraday run leaves a first load to the next nightly run, and until then interactions lack what hangs on them");
}

#[test]
fn an_intraday_run_leaves_what_is_far_behind_to_the_night_and_looks_back_some_hours_by_force() {
    let until = |object: &str, end: &str| {
        let read = window("2000-01-01T00:00:00Z", end);
        entry(Source::Salesforce, object, read, "nightly", true)
    };
    let mut ledger: Vec<_> = SALESFORCE_OBJECTS
        .iter()
        .map(|object| until(object, "2026-01-20T00:00:00Z"))
        .collect();
    // The oldest slices of a first load, for instance.
    ledger[2] = until("case", "2019-05-01T00:00:00Z");
    let intraday = |force: bool| {
        let json = format!(r#"{{"mode":"intraday","at":"2026-01-20T01:05:00Z","force":{force}}}"#);
        chosen(&json, &ledger)
    };
    let plain = intraday(false);
    assert!(of(&plain, "case").is_empty());
    assert_eq!(
        windows(&plain, "contact"),
        [window("2026-01-20T00:00:00Z", "2026-01-20T01:00:00Z")]
    );
    insta::assert_snapshot!(plain.notices.join("\n"), @"Salesforce case: not read for more than 2 days; an intraday run leaves that to the next nightly run");
    let forced = intraday(true);
    assert!(of(&forced, "case").is_empty());
    assert_eq!(
        windows(&forced, "contact"),
        [window("2026-01-19T21:00:00Z", "2026-01-20T01:00:00Z")]
    );
}
