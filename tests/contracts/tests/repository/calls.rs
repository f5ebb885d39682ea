//! What `infra/pipeline.asl.json` hands to a function is what it takes, and what it reads from the answer is there.

use crate::machine::{definition, states};
use anyhow::{Context, Result};
use jiff::Timestamp;
use model::payload::{
    CheckOutcome, CheckRequest, Counts, Estimate, ExportOutcome, ExportRequest, ExtractOutcome,
    Mode, PlanOutcome, PlanRequest, RefreshOutcome, RefreshRequest, StatementOutcome,
    StatementRequest, Verdict, WindowTask,
};
use model::{RunId, Source, Window};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn instant() -> Result<Timestamp> {
    Ok("2026-01-06T02:00:00Z".parse()?)
}

fn run_id() -> Result<RunId> {
    Ok(RunId::try_from("nightly-20260106".to_owned())?)
}

/// A value for each field a state hands on by path.
fn samples() -> Result<BTreeMap<&'static str, Value>> {
    Ok(BTreeMap::from([
        ("run_id", json!(run_id()?)),
        ("at", json!(instant()?)),
        ("started_at", json!(instant()?)),
        ("execution", json!("an-execution")),
        ("statement_id", json!("an-id")),
        ("attempt", json!(1)),
        ("stage", json!(1)),
        ("relink_days", json!(30)),
        ("relink_reasons", json!(["ambiguous"])),
        ("applied", json!(1)),
        ("input", json!({"mode": "nightly"})),
        ("report", json!("escalation_by_tier")),
    ]))
}

/// The payload with a sample in place of each path.
fn filled(payload: &Value) -> Result<Value> {
    let samples = samples()?;
    let mut filled = Map::new();
    for (key, value) in payload.as_object().context("a payload is an object")? {
        match key.strip_suffix(".$") {
            Some(field) => {
                let sample = samples
                    .get(field)
                    .with_context(|| format!("no sample for {field}"))?;
                filled.insert(field.to_owned(), sample.clone());
            }
            None => {
                filled.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(Value::Object(filled))
}

fn reads<T: DeserializeOwned>(request: Value) -> Result<(), String> {
    serde_json::from_value::<T>(request)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// Whether `function` takes `request`.
fn takes(function: &str, request: Value) -> Result<(), String> {
    match function {
        "Migrate" => reads::<migrate::Request>(request),
        "RefreshToken" => reads::<RefreshRequest>(request),
        "Plan" => reads::<PlanRequest>(request),
        "ExtractGenesys" | "ExtractSalesforce" => reads::<WindowTask>(request),
        "Load" => reads::<StatementRequest>(request),
        // Without a stage it would be taken for a state machine of a release in which a merge was one transaction.
        "Merge" => serde_json::from_value::<StatementRequest>(request)
            .map_err(|error| error.to_string())
            .and_then(|request| request.stage.map(|_| ()).ok_or("no stage".to_owned())),
        "Check" => reads::<CheckRequest>(request),
        "ExportReport" => reads::<ExportRequest>(request),
        other => Err(format!("no function {other}")),
    }
}

fn fields(outcome: impl Serialize) -> Result<BTreeSet<String>> {
    let value = serde_json::to_value(outcome)?;
    Ok(value
        .as_object()
        .context("an outcome is an object")?
        .keys()
        .cloned()
        .collect())
}

/// The fields of a function's answer.
fn answers(function: &str) -> Result<BTreeSet<String>> {
    let window = Window::new(
        "2026-01-05T00:00:00Z".parse()?,
        "2026-01-06T00:00:00Z".parse()?,
    )?;
    match function {
        "Migrate" => fields(migrate::Outcome {
            version: migrate::SCHEMA_VERSION,
            applied: 0,
            done: true,
            statement_id: String::new(),
            attempt: 0,
        }),
        "RefreshToken" => fields(RefreshOutcome {
            source: Source::Genesys,
            expires_at: instant()?,
            renewed: true,
        }),
        "Plan" => fields(PlanOutcome {
            notices: Vec::new(),
            run_id: run_id()?,
            mode: Mode::Nightly,
            at: instant()?,
            reads_sources: true,
            bucket: "b".to_owned(),
            genesys_key: String::new(),
            genesys_windows: 0,
            salesforce_key: String::new(),
            salesforce_windows: 0,
            estimate: Estimate::default(),
            reports: vec![],
            relink_days: None,
            relink_reasons: vec![],
        }),
        "ExtractGenesys" | "ExtractSalesforce" => fields(ExtractOutcome {
            run_id: run_id()?,
            source: Source::Genesys,
            object: String::new(),
            window,
            done: true,
            counts: Counts::default(),
        }),
        "Load" | "Merge" => fields(StatementOutcome {
            run_id: run_id()?,
            done: true,
            statement_id: String::new(),
            attempt: 1,
            stage: 1,
            rows: 0,
            already_done: false,
        }),
        "Check" => fields(CheckOutcome {
            run_id: run_id()?,
            verdict: Verdict::Pass,
            checks: vec![],
            has_variance: false,
            variance: String::new(),
        }),
        "ExportReport" => fields(ExportOutcome {
            run_id: run_id()?,
            name: String::new(),
            period: window,
            is_settled: true,
            files: vec![],
        }),
        other => anyhow::bail!("no function {other}"),
    }
}

#[test]
fn every_call_hands_over_what_the_function_takes_and_reads_what_it_answers() -> Result<()> {
    let machine = definition()?;
    let mut called = BTreeSet::new();
    for state in states(&machine) {
        let parameters = &state.body["Parameters"];
        let Some(function) = parameters["FunctionName"].as_str() else {
            continue;
        };
        let function = function
            .strip_prefix("${")
            .and_then(|name| name.strip_suffix("FunctionArn}"))
            .with_context(|| format!("{}: {function} is not ${{…FunctionArn}}", state.name))?;
        called.insert(function.to_owned());
        let request = match parameters["Payload.$"].as_str() {
            // Written by `plan` as this very type.
            Some("$.task") => None,
            // The item of the Map: what its selector builds.
            Some("$") => {
                let map = state.around.last().context("no Map around the state")?;
                Some(filled(&map["ItemSelector"])?)
            }
            Some(other) => anyhow::bail!("{}: Payload is {other}", state.name),
            None => Some(filled(&parameters["Payload"])?),
        };
        if let Some(request) = request {
            assert_eq!(takes(function, request), Ok(()), "{}", state.name);
        }
        let answers = answers(function)?;
        for path in state.body["ResultSelector"]
            .as_object()
            .into_iter()
            .flat_map(Map::values)
        {
            let field = path
                .as_str()
                .and_then(|path| path.strip_prefix("$.Payload."));
            assert!(
                field.is_some_and(|field| answers.contains(field)),
                "{}: {path} is not in the answer of {function}",
                state.name
            );
        }
    }
    assert_eq!(
        called.len(),
        super::names("functions")?.len(),
        "called: {called:?}"
    );
    Ok(())
}
