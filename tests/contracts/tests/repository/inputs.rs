//! Inputs of executions and settings, judged by `plan` as the state `CheckInput` asks it to: before anything is called.

use crate::events::Fate::{Accepted, Refused, RefusedByFunction};
use crate::events::{EVENTS, event};
use anyhow::{Context, Result};
use jiff::Timestamp;
use model::payload::{PipelineInput, PlanRequest};
use plan::{Config, Planner};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use step::Deadline;
use warehouse::Target;

/// `plan` with the shipped settings and a warehouse, a bucket and secrets that do not exist: a call to any would fail.
fn planner() -> Result<Planner> {
    planner_with(&super::path("infra/settings"))
}

fn planner_with(settings_dir: &Path) -> Result<Planner> {
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
        settings_dir: settings_dir.to_owned(),
        genesys_region: "mypurecloud.com".to_owned(),
        genesys_token_secret: "none".to_owned(),
        salesforce_token_secret: "none".to_owned(),
        genesys_api_url: None,
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
        if matches!(fate, Refused(_)) {
            continue;
        }
        let event: Value = serde_json::from_str(&event(folder, file)?)?;
        let request = match *folder {
            // As the state CheckInput hands it over.
            "pipeline" => json!({"input": event, "started_at": started_at, "check_only": true}),
            "plan" => {
                let mut request = event;
                request["check_only"] = json!(true);
                request
            }
            _ => continue,
        };
        let request: PlanRequest = serde_json::from_value(request)?;
        let reads_sources = request.input.mode.reads_sources();
        let answer = planner.run(&request, deadline).await;
        judged += 1;
        match (fate, answer) {
            (Accepted, Ok(plan)) => {
                assert_eq!(plan.reads_sources, reads_sources, "{folder}/{file}");
                assert_eq!(plan.reports, ["escalation_by_tier"], "{folder}/{file}");
            }
            (RefusedByFunction(text), Err(error)) => {
                let error = chain(&error);
                assert!(error.contains(text), "{folder}/{file}: {error}");
            }
            (_, answer) => panic!("{folder}/{file}: {answer:?}"),
        }
    }
    assert_eq!(judged, 27);
    Ok(())
}

/// The shipped settings with one line changed, in a folder of their own that goes with this value.
struct Changed(PathBuf);

impl Changed {
    fn settings(name: usize, from: &str, to: &str) -> Result<Self> {
        let text = super::text("infra/settings/tributary.toml")?;
        anyhow::ensure!(text.contains(from), "the settings have no {from:?}");
        let folder = std::env::temp_dir().join(format!("settings-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("reports"))?;
        std::fs::write(folder.join("tributary.toml"), text.replace(from, to))?;
        Ok(Self(folder))
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_before_anything_is_called() -> Result<()> {
    let started_at: Timestamp = "2026-02-01T02:15:00Z".parse()?;
    let deadline = Deadline::after(started_at, Duration::from_secs(10));
    let cases = [
        (
            "[match]\n",
            "[match]\ncolour = \"red\"\n",
            "unknown field `colour`",
        ),
        (
            "division_ids = []\n",
            "division_ids = []\n[[genesys.filter.segment]]\ntype = \"and\"\npredicates = [{dimension = \"queueID\", value = \"q\"}]\n",
            "settings tributary.toml: genesys.filter.segment[0].predicates[0].dimension = \"queueID\": is no dimension of a segment",
        ),
        (
            "division_ids = []\n",
            "division_ids = []\n[[genesys.filter.conversation]]\ntype = \"and\"\npredicates = [{type = \"metric\", metric = \"tHandle\", range = {gt = 1}}]\n",
            "take queue_aggregate out of genesys.objects",
        ),
        (
            "customer_tier = \"Customer_Tier__c\"",
            "customer_colour = \"Customer_Tier__c\"",
            "settings tributary.toml: salesforce.objects.account.columns.customer_colour = \"Customer_Tier__c\": staging.salesforce_account has no such column",
        ),
        (
            "max_in_flight = 15",
            "max_in_flight = 3",
            "settings tributary.toml: genesys.max_in_flight = 3: must be at least plan.max_concurrency = 4",
        ),
        (
            "api_version = \"66.0\"\nrequests_per_minute = 100",
            "api_version = \"sixty\"\nrequests_per_minute = -1",
            "salesforce.api_version = \"sixty\": must be",
        ),
        (
            "initial_start = \"2000-01-01",
            "initial_start = \"2036-01-01",
            "salesforce.initial_start = 2036-01-01T00:00:00Z: must be before the run",
        ),
        (
            "UTC",
            "UTC",
            "report settings reports/escalation_by_tier.toml: view = \"nope\"",
        ),
    ];
    for (name, (from, to, text)) in cases.into_iter().enumerate() {
        let folder = Changed::settings(name, from, to)?;
        if text.starts_with("report ") {
            let report = super::text("infra/settings/reports/escalation_by_tier.toml")?;
            let report = report.replace("\"mart.escalation_by_tier\"", "\"nope\"");
            std::fs::write(folder.0.join("reports/escalation_by_tier.toml"), report)?;
        }
        let request = PlanRequest {
            input: serde_json::from_value(json!({"mode": "nightly"}))?,
            started_at,
            check_only: true,
        };
        let refused = match planner_with(&folder.0) {
            Ok(planner) => match planner.run(&request, deadline).await {
                Ok(plan) => panic!("{to}: {plan:?}"),
                Err(error) => chain(&error),
            },
            Err(error) => format!("{error:#}"),
        };
        assert!(refused.contains(text), "{to}: {refused}");
        // As `cargo local check` tells it.
        let told = plan::settings::judge(&folder.0).problems(started_at);
        assert_eq!(refused, told.join("\n"), "{to}");
    }
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
