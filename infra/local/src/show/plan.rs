//! The plan of a run and its cost, for a person.

use model::payload::PlanOutcome;
use std::fmt::Write as _;

/// What a run will read and what that costs, before it reads; `before` of its windows an earlier execution has read.
pub fn plan(plan: &PlanOutcome, before: u64) -> String {
    let cost = &plan.estimate;
    let mut text = format!(
        "Plan of {}{}: {} Genesys and {} Salesforce windows",
        plan.run_id,
        if before > 0 { ", made earlier" } else { "" },
        plan.genesys_windows,
        plan.salesforce_windows
    );
    let is_all_done = before > 0 && before >= plan.genesys_windows + plan.salesforce_windows;
    if is_all_done {
        text.push_str(", all of them done before");
    } else if before > 0 {
        let _ = write!(text, ", {before} of them done before");
    }
    if cost.settled_windows > 0 {
        let _ = write!(text, ", {} settled windows skipped", cost.settled_windows);
    }
    if cost.provisional_windows > 0 {
        let _ = write!(
            text,
            ", {} provisional ones left alone until they are final",
            cost.provisional_windows
        );
    }
    if plan.reads_sources {
        let _ = write!(
            text,
            "\n  {}about {} calls ({} Genesys, {} Salesforce), {} of data",
            if before > 0 {
                "the whole run was estimated at "
            } else {
                ""
            },
            cost.calls,
            cost.genesys_calls,
            cost.salesforce_calls,
            size(cost.bytes),
        );
        // What limits the calls matters while some lie ahead.
        if !is_all_done {
            text.push_str(&limit(cost.minutes));
        }
        if let Some(share) = cost.salesforce_daily_share_bp
            && cost.salesforce_calls > 0
            && !is_all_done
        {
            let _ = write!(
                text,
                "\n  {}.{:02} % of the organisation's Salesforce calls of a day",
                share / 100,
                share % 100
            );
        }
    } else {
        text.push_str("\n  ");
        text.push_str(&without_sources(plan));
    }
    for notice in &plan.notices {
        let _ = write!(text, "\n  note: {notice}");
    }
    text
}

/// What a run does that asks no source.
fn without_sources(plan: &PlanOutcome) -> String {
    if let Some(days) = plan.relink_days {
        return format!(
            "nothing is read; for accounts that changed in the {days} days before {:.0}, conversations since then are decided again",
            plan.at
        );
    }
    if plan.relink_reasons.is_empty() {
        return "landed files are read again; the sources are not asked".to_owned();
    }
    format!(
        "of the landed files just the lines refused for {} are read again, and such links are decided again; the sources are not asked",
        plan.relink_reasons.join(", ")
    )
}

/// What so many calls mean for the time: each source lets through only so many a minute.
fn limit(minutes: u64) -> String {
    if minutes <= 1 {
        return "\n  the sources' limits (requests_per_minute) let so many through within a minute"
            .to_owned();
    }
    format!(
        "\n  should it be so many calls, they take {minutes} min at least: the sources' limits (requests_per_minute) let no more through"
    )
}

fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..=999_999 => (1_000, "kB"),
        1_000_000..=999_999_999 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_told_with_its_cost_its_savings_and_its_notices() {
        let outcome: PlanOutcome = serde_json::from_value(serde_json::json!({
            "run_id": "backfill-a-b", "mode": "backfill", "at": "2026-01-05T00:00:00Z", "reads_sources": true, "bucket": "b",
            "genesys_key": "g", "genesys_windows": 700, "salesforce_key": "s", "salesforce_windows": 13, "reports": [],
            "estimate": {"calls": 4100, "genesys_calls": 4000, "salesforce_calls": 100, "minutes": 14, "bytes": 2_350_000_000_u64,
                "salesforce_daily_share_bp": 205, "settled_windows": 30, "provisional_windows": 3},
            "notices": ["Account.Region__c is new in Salesforce and is not read"]
        }))
        .unwrap();
        assert_eq!(
            plan(&outcome, 0),
            "Plan of backfill-a-b: 700 Genesys and 13 Salesforce windows, 30 settled windows skipped, 3 provisional ones left alone until they are final\n  \
             about 4100 calls (4000 Genesys, 100 Salesforce), 2.3 GB of data\n  \
             should it be so many calls, they take 14 min at least: the sources' limits (requests_per_minute) let no more through\n  \
             2.05 % of the organisation's Salesforce calls of a day\n  \
             note: Account.Region__c is new in Salesforce and is not read"
        );
        let lines = |before: u64| -> Vec<String> {
            let text = plan(&outcome, before);
            text.lines().map(str::to_owned).collect()
        };
        let continued = lines(20);
        assert_eq!(
            continued[..2],
            [
                "Plan of backfill-a-b, made earlier: 700 Genesys and 13 Salesforce windows, 20 of them done before, 30 settled windows skipped, 3 provisional ones left alone until they are final",
                "  the whole run was estimated at about 4100 calls (4000 Genesys, 100 Salesforce), 2.3 GB of data",
            ]
        );
        assert!(continued[2].contains("14 min at least"), "{continued:?}");
        let done = lines(713);
        assert!(done[0].contains("windows, all of them done before"));
        assert!(done.iter().all(|line| !line.contains("at least")));
    }

    #[test]
    fn a_run_that_asks_no_source_says_what_it_does() {
        let told = |changes: serde_json::Value| {
            let mut outcome = serde_json::json!({
                "run_id": "r", "mode": "replay", "at": "2026-01-05T00:00:00Z", "reads_sources": false, "bucket": "b",
                "genesys_key": "g", "genesys_windows": 1, "salesforce_key": "s", "salesforce_windows": 0, "reports": [],
                "estimate": {"calls": 0, "minutes": 0, "bytes": 0}
            });
            for (name, value) in changes.as_object().unwrap() {
                outcome[name] = value.clone();
            }
            let text = plan(&serde_json::from_value(outcome).unwrap(), 0);
            text.lines().nth(1).unwrap().trim().to_owned()
        };
        assert_eq!(
            told(serde_json::json!({})),
            "landed files are read again; the sources are not asked"
        );
        assert_eq!(
            told(serde_json::json!({"relink_reasons": ["bad_time", "too_long"]})),
            "of the landed files just the lines refused for bad_time, too_long are read again, and such links are decided again; the sources are not asked"
        );
        assert_eq!(
            told(serde_json::json!({"mode": "reenrich", "relink_days": 30})),
            "nothing is read; for accounts that changed in the 30 days before 2026-01-05T00:00:00Z, conversations since then are decided again"
        );
    }
}
