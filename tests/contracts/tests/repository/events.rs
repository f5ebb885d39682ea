//! Every file in `events/` is accepted, or refused for a stated reason.

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::payload::{
    CheckRequest, ExportRequest, PipelineInput, PlanRequest, RefreshRequest, StatementRequest,
    WindowTask,
};
use plan::{Config, Planner};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use step::Deadline;
use warehouse::Target;

/// What becomes of an event.
enum Fate {
    /// The function takes it.
    Accepted,
    /// The request's type refuses it with this text.
    Refused(&'static str),
    /// The type takes it and the function refuses it before any call. For `pipeline` the text is checked here; the other
    /// functions' own tests do so, and must name the file.
    RefusedByFunction(&'static str),
}
use Fate::{Accepted, Refused, RefusedByFunction};

/// Folder, file without `.json`, fate.
const EVENTS: [(&str, &str, Fate); 46] = [
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
    ("merge", "submit", Accepted),
    ("migrate", "run", Accepted),
    ("migrate", "unknown-field", Refused("unknown field `force`")),
    ("plan", "check-only", Accepted),
    ("plan", "nightly", Accepted),
    (
        "plan",
        "unknown-field",
        Refused("unknown field `horizon_days`"),
    ),
    ("export-report", "escalation-by-tier", Accepted),
    ("export-report", "unknown-report", RefusedByFunction("")),
    ("extract-genesys", "day", Accepted),
    ("extract-genesys", "future-window", RefusedByFunction("")),
    (
        "extract-genesys",
        "inverted-window",
        Refused("window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"),
    ),
    ("extract-genesys", "queues", Accepted),
    ("extract-genesys", "replay", Accepted),
    ("extract-genesys", "salesforce", RefusedByFunction("")),
    (
        "extract-genesys",
        "unknown-field",
        Refused("unknown field `windows`"),
    ),
    ("extract-genesys", "unknown-object", RefusedByFunction("")),
    ("extract-salesforce", "account", Accepted),
    ("extract-salesforce", "case", Accepted),
    ("extract-salesforce", "future-window", RefusedByFunction("")),
    (
        "extract-salesforce",
        "inverted-window",
        Refused("window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"),
    ),
    ("extract-salesforce", "other-source", RefusedByFunction("")),
    ("extract-salesforce", "replay", Accepted),
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
    ("pipeline", "backfill", Accepted),
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
    ("pipeline", "replay", Accepted),
    ("pipeline", "unknown-field", Refused("unknown field `days`")),
    (
        "pipeline",
        "unknown-mode",
        Refused(
            "unknown variant `hourly`, expected one of `nightly`, `intraday`, `backfill`, `replay`",
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

fn event(folder: &str, file: &str) -> Result<String> {
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
        if *folder == "pipeline" || !matches!(fate, RefusedByFunction(_)) {
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

/// `plan` with the shipped settings and a warehouse and a bucket that do not exist: a call to either would fail.
fn planner() -> Result<Planner> {
    let aws = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .build();
    let target = Target {
        redshift_workgroup: Some("none".to_owned()),
        redshift_cluster: None,
        redshift_db_user: None,
        redshift_database: "none".to_owned(),
        redshift_secret_arn: None,
    };
    let config = Config {
        bucket: "none".to_owned(),
        settings_dir: super::path("infra/settings"),
        target,
    };
    Ok(Planner::new(&aws, config)?)
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[tokio::test]
async fn every_input_of_an_execution_is_judged_before_anything_is_called() -> Result<()> {
    let planner = planner()?;
    let started_at: Timestamp = "2026-02-01T02:15:00.123Z".parse()?;
    let deadline = Deadline::after(started_at, Duration::from_secs(10));
    let mut judged = 0;
    for (folder, file, fate) in &EVENTS {
        if *folder != "pipeline" || matches!(fate, Refused(_)) {
            continue;
        }
        let input: Value = serde_json::from_str(&event(folder, file)?)?;
        // As the state CheckInput hands it over.
        let request = json!({"input": input, "started_at": started_at, "check_only": true});
        let request: PlanRequest = serde_json::from_value(request)?;
        let answer = planner.run(&request, deadline).await;
        judged += 1;
        match (fate, answer) {
            (Accepted, Ok(plan)) => {
                assert_eq!(plan.reads_sources, *file != "replay", "{file}");
                assert_eq!(plan.reports, ["escalation_by_tier"], "{file}");
            }
            (RefusedByFunction(text), Err(error)) => {
                let error = chain(&error);
                assert!(error.contains(text), "{file}: {error}");
            }
            (_, answer) => panic!("{file}: {answer:?}"),
        }
    }
    assert_eq!(judged, 8);
    Ok(())
}

#[tokio::test]
async fn a_schedule_s_input_is_accepted() -> Result<()> {
    let template = super::template::template()?;
    let planner = planner()?;
    for schedule in ["NightlyRun", "IntradayRun"] {
        let input = template["Resources"][schedule]["Properties"]["Target"]["Input"]
            .as_str()
            .with_context(|| format!("{schedule} has no input"))?
            .replace("<aws.scheduler.scheduled-time>", "2026-02-01T02:15:00Z");
        let input: PipelineInput = serde_json::from_str(&input)?;
        let started_at: Timestamp = "2026-02-01T02:15:03Z".parse()?;
        let request = PlanRequest {
            input,
            started_at,
            check_only: true,
        };
        let deadline = Deadline::after(started_at, Duration::from_secs(10));
        let plan = planner.run(&request, deadline).await?;
        assert_eq!(plan.at, "2026-02-01T02:15:00Z".parse()?);
    }
    Ok(())
}
