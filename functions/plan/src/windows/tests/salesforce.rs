//! What is read of Salesforce, by day.

use super::*;

#[test]
fn salesforce_goes_on_where_it_stopped_and_fills_what_is_missing_before() {
    let read = |start: &str, end: &str, mode: &str| {
        entry(Source::Salesforce, "case", window(start, end), mode, true)
    };
    let ledger = [
        read("2000-01-01T00:00:00Z", "2026-01-12T00:00:00Z", "backfill"),
        read("2026-01-14T00:00:00Z", "2026-01-19T00:00:00Z", "nightly"),
        read("2026-01-19T00:00:00Z", "2026-01-19T06:00:00Z", "intraday"),
    ];
    let chosen = chosen(r#"{"mode":"nightly"}"#, &ledger);
    assert_eq!(
        windows(&chosen, "case"),
        [
            window("2026-01-12T00:00:00Z", "2026-01-14T00:00:00Z"),
            window("2026-01-19T06:00:00Z", "2026-01-20T00:00:00Z")
        ]
    );
    insta::assert_snapshot!(chosen.notices.join("\n"), @"Salesforce: holes before the newest that has been read, intervals that had never been read: case 1; they are read now, unless told otherwise below");
}

#[test]
fn ids_are_listed_again_when_the_last_list_is_old_enough() {
    let list = |until: &str| {
        [entry(
            Source::Salesforce,
            "account_ids",
            window("2000-01-01T00:00:00Z", until),
            "nightly",
            true,
        )]
    };
    let nightly = r#"{"mode":"nightly"}"#;
    let young = chosen(nightly, &list("2026-01-14T00:00:00Z"));
    assert!(of(&young, "account_ids").is_empty());
    assert_eq!(of(&young, "case_ids").len(), 1);
    let old = chosen(nightly, &list("2026-01-13T00:00:00Z"));
    assert_eq!(
        windows(&old, "account_ids"),
        [window("2000-01-01T00:00:00Z", "2026-01-20T00:00:00Z")]
    );
}

#[test]
fn a_run_that_ends_where_salesforce_begins_reads_nothing_of_it_and_says_so() {
    let mut settings = settings();
    settings.salesforce.initial_start = "2026-01-20T00:00:00Z".parse().unwrap();
    let notices = |at: &str| {
        let checked = checked_at(r#"{"mode":"nightly"}"#, at.parse().unwrap());
        let chosen = choose(&checked, &settings, &[], ALL.parse().ok());
        assert!(of(&chosen, "account").is_empty());
        assert_eq!(of(&chosen, "conversation").len(), 7);
        chosen.notices.join("\n")
    };
    let told = notices("2026-01-20T02:00:00Z");
    insta::assert_snapshot!(told, @"settings tributary.toml: salesforce.initial_start = 2026-01-20T00:00:00Z: this run reads Salesforce until 2026-01-20T00:00:00Z, which is not later, so nothing of it; the first nightly run of a later day does");
    // At midnight as two hours later.
    assert_eq!(notices("2026-01-20T00:00:00Z"), told);
}

#[test]
fn cases_are_counted_anew_each_night_for_as_long_as_they_may_be_closed() {
    let mut settings = settings();
    let counted = |settings: &Settings, event: &str| {
        let chosen = choose(&checked(event), settings, &[], ALL.parse().ok());
        windows(&chosen, "case_count")
    };
    let nightly = r#"{"mode":"nightly"}"#;
    let days = |from: &str| vec![window(from, "2026-01-20T00:00:00Z")];
    assert_eq!(counted(&settings, nightly), days("2025-10-22T00:00:00Z"));
    assert!(counted(&settings, r#"{"mode":"intraday"}"#).is_empty());
    settings.plan.horizon_days = 100;
    assert_eq!(counted(&settings, nightly), days("2025-10-12T00:00:00Z"));
    settings.plan.horizon_days = 7;
    // The day on which reading begins has cases that are not here.
    settings.salesforce.initial_start = "2026-01-17T10:00:00Z".parse().unwrap();
    assert_eq!(counted(&settings, nightly), days("2026-01-18T00:00:00Z"));
    settings.salesforce.initial_start = "2026-01-19T10:00:00Z".parse().unwrap();
    assert!(counted(&settings, nightly).is_empty());
    settings.salesforce.initial_start = "2026-01-01T00:00:00Z".parse().unwrap();
    settings.salesforce.count_cases = false;
    assert!(counted(&settings, nightly).is_empty());
}
