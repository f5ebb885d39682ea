//! Every file in `events/` is accepted, or refused for a stated reason.

use anyhow::Result;
use model::payload::{
    CheckRequest, ExportRequest, PipelineInput, PlanRequest, RefreshRequest, StatementRequest,
    WindowTask,
};
use std::collections::BTreeSet;

/// What becomes of an event.
pub(crate) enum Fate {
    /// The function takes it.
    Accepted,
    /// The request's type refuses it with this text.
    Refused(&'static str),
    /// The type takes it and the function refuses it before any call. For `pipeline` and `plan` the text is checked here;
    /// the other functions' own tests do so, and must name the file.
    RefusedByFunction(&'static str),
}
use Fate::{Accepted, Refused, RefusedByFunction};

/// Folder, file without `.json`, fate.
pub(crate) const EVENTS: [(&str, &str, Fate); 85] = [
    ("check", "run", Accepted),
    ("check", "unknown-field", Refused("unknown field `publish`")),
    (
        "load",
        "bad-run-id",
        Refused("run id \"../nightly\" must be"),
    ),
    ("load", "poll", Accepted),
    ("load", "submit", Accepted),
    (
        "merge",
        "bad-run-id",
        Refused("run id \"../nightly\" must be"),
    ),
    ("merge", "poll", Accepted),
    ("merge", "relink", Accepted),
    ("merge", "submit", Accepted),
    ("migrate", "run", Accepted),
    ("migrate", "unknown-field", Refused("unknown field `force`")),
    ("plan", "backfill-filtered", Accepted),
    ("plan", "check-only", Accepted),
    ("plan", "nightly", Accepted),
    ("plan", "reenrich", Accepted),
    ("plan", "replay", Accepted),
    ("plan", "replay-reason", Accepted),
    (
        "plan",
        "unknown-dimension",
        RefusedByFunction(
            "input filter.conversation[0].predicates[0].dimension = \"conversationColour\": is no dimension of a conversation",
        ),
    ),
    (
        "plan",
        "unknown-field",
        Refused("unknown field `horizon_days`"),
    ),
    (
        "plan",
        "unknown-filter-key",
        Refused("unknown field `queues`, expected one of `queue_ids`"),
    ),
    ("export-report", "escalation-by-tier", Accepted),
    ("export-report", "unknown-report", RefusedByFunction("")),
    ("extract-genesys", "adherence", Accepted),
    ("extract-genesys", "campaigns", Accepted),
    ("extract-genesys", "conversation-attribute", Accepted),
    ("extract-genesys", "day", Accepted),
    ("extract-genesys", "divisions", Accepted),
    ("extract-genesys", "evaluation", Accepted),
    ("extract-genesys", "filtered", Accepted),
    ("extract-genesys", "future-window", RefusedByFunction("")),
    (
        "extract-genesys",
        "inverted-window",
        Refused("window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"),
    ),
    ("extract-genesys", "partial", Accepted),
    ("extract-genesys", "queue-aggregate", Accepted),
    ("extract-genesys", "queues", Accepted),
    ("extract-genesys", "replay", Accepted),
    ("extract-genesys", "replay-lines", Accepted),
    ("extract-genesys", "salesforce", RefusedByFunction("")),
    ("extract-genesys", "survey", Accepted),
    (
        "extract-genesys",
        "unknown-dimension",
        RefusedByFunction(""),
    ),
    (
        "extract-genesys",
        "unknown-field",
        Refused("unknown field `windows`"),
    ),
    ("extract-genesys", "unknown-object", RefusedByFunction("")),
    ("extract-genesys", "user-aggregate", Accepted),
    ("extract-genesys", "window-too-long", RefusedByFunction("")),
    ("extract-salesforce", "account", Accepted),
    ("extract-salesforce", "account-history", Accepted),
    ("extract-salesforce", "account-ids", Accepted),
    ("extract-salesforce", "case-count", Accepted),
    ("extract-salesforce", "account-lookup", Accepted),
    ("extract-salesforce", "case", Accepted),
    ("extract-salesforce", "future-window", RefusedByFunction("")),
    (
        "extract-salesforce",
        "inverted-window",
        Refused("window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"),
    ),
    (
        "extract-salesforce",
        "lookup-without-ids",
        RefusedByFunction(""),
    ),
    ("extract-salesforce", "other-source", RefusedByFunction("")),
    ("extract-salesforce", "replay", Accepted),
    ("extract-salesforce", "replay-lines", Accepted),
    (
        "extract-salesforce",
        "unknown-field",
        Refused("unknown field `colour`"),
    ),
    (
        "extract-salesforce",
        "unknown-object",
        RefusedByFunction(""),
    ),
    ("extract-salesforce", "user", Accepted),
    ("pipeline", "backfill", Accepted),
    ("pipeline", "backfill-filtered", Accepted),
    ("pipeline", "backfill-year", Accepted),
    (
        "pipeline",
        "empty-filter",
        RefusedByFunction("input filter = {}: limits nothing; leave it out"),
    ),
    (
        "pipeline",
        "filtered-nightly",
        RefusedByFunction(
            r#"input filter = {"media_types":["voice"]}: only mode backfill takes a filter"#,
        ),
    ),
    ("pipeline", "forced", Accepted),
    (
        "pipeline",
        "future-window",
        RefusedByFunction("input to = 2999-01-06T00:00:00Z: must not be in the future of `at`"),
    ),
    ("pipeline", "intraday", Accepted),
    (
        "pipeline",
        "inverted-window",
        RefusedByFunction(
            "window start 2026-01-12T00:00:00Z is not before its end 2026-01-05T00:00:00Z",
        ),
    ),
    ("pipeline", "nightly", Accepted),
    (
        "pipeline",
        "nightly-reason",
        RefusedByFunction("input reason = too_long: only mode replay takes a reason"),
    ),
    ("pipeline", "reenrich", Accepted),
    (
        "pipeline",
        "reenrich-interval",
        RefusedByFunction(
            "input from = 2026-01-05T00:00:00Z: only mode backfill and mode replay take from and to",
        ),
    ),
    (
        "pipeline",
        "reenrich-no-days",
        RefusedByFunction("input days = 0: must be from 1 to 3660"),
    ),
    ("pipeline", "reenrich-week", Accepted),
    ("pipeline", "replay", Accepted),
    ("pipeline", "replay-reason", Accepted),
    ("pipeline", "replay-reasons", Accepted),
    (
        "pipeline",
        "unknown-dimension",
        RefusedByFunction(
            "input filter.segment[0].predicates[0].dimension = \"queueID\": is no dimension of a segment; nearest: queueId",
        ),
    ),
    (
        "pipeline",
        "unknown-field",
        Refused("unknown field `hours`"),
    ),
    (
        "pipeline",
        "unknown-mode",
        Refused(
            "unknown variant `hourly`, expected one of `nightly`, `intraday`, `backfill`, `replay`, `reenrich`",
        ),
    ),
    (
        "pipeline",
        "unknown-report",
        RefusedByFunction(
            "input reports: \"no_such_report\" has no file in infra/settings/reports; there is escalation_by_tier",
        ),
    ),
    ("refresh-token", "genesys", Accepted),
    ("refresh-token", "refused", Accepted),
    ("refresh-token", "salesforce", Accepted),
    (
        "refresh-token",
        "unknown-field",
        Refused("unknown field `token`"),
    ),
    (
        "refresh-token",
        "unknown-source",
        Refused("unknown variant `zendesk`, expected `genesys` or `salesforce`"),
    ),
];

pub(crate) fn event(folder: &str, file: &str) -> Result<String> {
    super::text(&format!("events/{folder}/{file}.json"))
}

/// Reads an event as the request of its function.
fn read(folder: &str, text: &str) -> Result<(), String> {
    let read = match folder {
        "pipeline" => serde_json::from_str::<PipelineInput>(text).map(|_| ()),
        "refresh-token" => serde_json::from_str::<RefreshRequest>(text).map(|_| ()),
        "extract-genesys" | "extract-salesforce" => {
            serde_json::from_str::<WindowTask>(text).map(|_| ())
        }
        "export-report" => serde_json::from_str::<ExportRequest>(text).map(|_| ()),
        "check" => serde_json::from_str::<CheckRequest>(text).map(|_| ()),
        "load" | "merge" => serde_json::from_str::<StatementRequest>(text).map(|_| ()),
        "migrate" => serde_json::from_str::<migrate::Request>(text).map(|_| ()),
        "plan" => serde_json::from_str::<PlanRequest>(text).map(|_| ()),
        other => return Err(format!("this test knows no events/{other}")),
    };
    read.map_err(|error| error.to_string())
}

#[test]
fn every_event_is_accepted_or_refused_for_the_stated_reason() -> Result<()> {
    for (folder, file, fate) in &EVENTS {
        let read = read(folder, &event(folder, file)?);
        match (fate, read) {
            (Accepted | RefusedByFunction(_), Ok(())) => {}
            (Refused(text), Err(error)) => {
                assert!(error.contains(text), "{folder}/{file}: {error}");
            }
            (_, read) => panic!("{folder}/{file}: {read:?}"),
        }
    }
    Ok(())
}

#[test]
fn no_event_is_left_out() -> Result<()> {
    let mut there = BTreeSet::new();
    for folder in super::names("events")? {
        for file in super::names(&format!("events/{folder}"))? {
            there.insert(format!("{folder}/{file}"));
        }
    }
    let known: BTreeSet<_> = EVENTS
        .iter()
        .map(|(folder, file, _)| format!("{folder}/{file}.json"))
        .collect();
    assert_eq!(there, known);
    for function in super::names("functions")? {
        assert!(
            EVENTS.iter().any(|(folder, _, _)| *folder == function),
            "{function} has no events"
        );
    }
    Ok(())
}

/// The source and test files of a function as one text.
fn code_of(function: &str) -> Result<String> {
    let mut pending = vec![super::path(&format!("functions/{function}"))];
    let mut code = String::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&std::fs::read_to_string(&path)?);
        }
    }
    Ok(code)
}

#[test]
fn what_a_function_itself_refuses_is_tried_by_its_own_tests() -> Result<()> {
    for (folder, file, fate) in &EVENTS {
        if ["pipeline", "plan"].contains(folder) || !matches!(fate, RefusedByFunction(_)) {
            continue;
        }
        let code = code_of(folder)?;
        assert!(
            code.contains(&format!("events/{folder}/{file}.json"))
                || code.contains(&format!("\"{file}\"")),
            "no test of {folder} names {file}.json"
        );
    }
    Ok(())
}
