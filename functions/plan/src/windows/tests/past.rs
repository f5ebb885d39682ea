//! What a night tells of days that lie before the last one.

use super::*;
use crate::ledger::LEFT_OUT;

const NIGHTLY: &str = r#"{"mode":"nightly"}"#;

/// Days of January, each read for good or left out.
fn nights(object: &str, days: std::ops::Range<u32>, mode: &str) -> Vec<Entry> {
    days.map(|date| {
        let is_settled = mode != LEFT_OUT;
        entry(Source::Genesys, object, day(date), mode, is_settled)
    })
    .collect()
}

#[test]
fn holes_in_the_past_are_told_once_for_all_objects() {
    let mut ledger = Vec::new();
    for (object, hole) in [("conversation", 15), ("survey", 15), ("adherence", 16)] {
        let mut days = nights(object, 13..19, "nightly");
        days.retain(|entry| entry.window != day(hole));
        ledger.extend(days);
    }
    let chosen = chosen(NIGHTLY, &ledger);
    assert_eq!(days(&chosen, "conversation"), ["2026-01-15", "2026-01-19"]);
    assert_eq!(days(&chosen, "adherence"), ["2026-01-16", "2026-01-19"]);
    insta::assert_snapshot!(chosen.notices.join("\n"), @"holes before the last day, windows that had never been read whole: conversation 1, survey 1, adherence 1; they are read now");
}

#[test]
fn what_the_horizon_has_passed_without_being_final_is_told() {
    // The horizon begins with the 13th: 9 was never read, 10 never settled, and no night will come back to them.
    let mut ledger = nights("conversation", 8..20, "nightly");
    ledger.retain(|entry| entry.window != day(9));
    ledger[1].is_settled = false;
    let chosen = chosen(NIGHTLY, &ledger);
    assert!(of(&chosen, "conversation").is_empty());
    insta::assert_snapshot!(chosen.notices.join("\n"), @"windows behind plan.horizon_days that were never read whole or are not final: conversation 2; no nightly run will read them: start a backfill from 2026-01-09T00:00:00Z to 2026-01-11T00:00:00Z");
}

#[test]
fn what_was_left_out_before_anything_was_read_is_told_once_the_horizon_has_passed_it() {
    let mut ledger = nights("conversation", 9..20, "nightly");
    // The oldest day of the first load failed, and of adherence every night did.
    ledger.extend(nights("evaluation", 9..10, LEFT_OUT));
    ledger.extend(nights("evaluation", 10..20, "backfill"));
    ledger.extend(nights("adherence", 11..20, LEFT_OUT));
    // What was read later is not missing any more.
    ledger.extend(nights("survey", 9..10, LEFT_OUT));
    ledger.extend(nights("survey", 9..20, "nightly"));
    let chosen = chosen(NIGHTLY, &ledger);
    // What was left out does not count as read.
    assert_eq!(days(&chosen, "adherence").len(), 7);
    assert_eq!(days(&chosen, "evaluation").len(), 0);
    insta::assert_snapshot!(chosen.notices.join("\n"), @"windows behind plan.horizon_days that were never read whole or are not final: evaluation 1, adherence 2; no nightly run will read them: start a backfill from 2026-01-09T00:00:00Z to 2026-01-13T00:00:00Z; of adherence nothing of the last 30 days has been read: what the organisation does not have, take out of genesys.objects");
}

#[test]
fn nothing_is_told_of_days_longer_ago_than_the_ledger_is_read() {
    let long_ago = window("2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z");
    let mut ledger = nights("survey", 1..20, "nightly");
    ledger.push(entry(Source::Genesys, "survey", long_ago, LEFT_OUT, false));
    let told = chosen(NIGHTLY, &ledger).notices;
    assert!(told[0].contains("survey 11; "), "{told:?}");
    assert!(told[0].contains("from 2025-12-21T00:00:00Z to 2026-01-01T00:00:00Z"));
}

#[test]
fn a_horizon_that_ends_before_windows_are_final_is_told() {
    let mut settings = settings();
    let notices = |settings: &Settings| {
        let checked = checked(NIGHTLY);
        choose(&checked, settings, &[], ALL.parse().ok()).notices
    };
    settings.plan.horizon_days = 5;
    assert_eq!(notices(&settings), Vec::<String>::new());
    settings.plan.horizon_days = 4;
    insta::assert_snapshot!(notices(&settings).join("\n"), @"settings tributary.toml: plan.horizon_days = 4: windows leave it before they are final (genesys.settle_hours = 96); no nightly run will settle them: make it at least 5");
}
