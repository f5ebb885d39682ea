//! `infra/pipeline.asl.json` against the failure kinds, the payload types and the settings.

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::payload::{
    CheckOutcome, CheckRequest, Counts, Estimate, ExportOutcome, ExportRequest, ExtractOutcome,
    Mode, PlanOutcome, PlanRequest, RefreshOutcome, RefreshRequest, StatementOutcome,
    StatementRequest, Verdict, WindowTask,
};
use model::{Kind, RunId, Source, Window};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Errors of Lambda and Step Functions themselves that a `Retry` or `Catch` may name.
const SERVICE_ERRORS: [&str; 8] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "States.ALL",
    "States.Timeout",
    "States.TaskFailed",
    "States.Permissions",
];
/// Kinds that a repetition may cure. `Conflict` is not among them: `load` and `merge` submit anew by themselves.
const REPEATED: [Kind; 2] = [Kind::Throttled, Kind::Transient];

/// A state with its name and the states around it, outermost first.
struct State<'a> {
    name: &'a str,
    body: &'a Value,
    around: Vec<&'a Value>,
}

pub(crate) fn definition() -> Result<Value> {
    Ok(serde_json::from_str(&super::text(
        "infra/pipeline.asl.json",
    )?)?)
}

/// The machines inside a state: branches of a Parallel, the processor of a Map.
fn inner(state: &Value) -> Vec<&Value> {
    let branches = state["Branches"].as_array().into_iter().flatten();
    branches
        .chain(state.get("ItemProcessor"))
        .chain(state.get("Iterator"))
        .collect()
}

fn collect<'a>(machine: &'a Value, around: &[&'a Value], found: &mut Vec<State<'a>>) {
    for (name, body) in machine["States"].as_object().into_iter().flatten() {
        found.push(State {
            name,
            body,
            around: around.to_vec(),
        });
        let mut deeper = around.to_vec();
        deeper.push(body);
        for machine in inner(body) {
            collect(machine, &deeper, found);
        }
    }
}

fn states(machine: &Value) -> Vec<State<'_>> {
    let mut found = Vec::new();
    collect(machine, &[], &mut found);
    assert!(found.len() > 20, "only {} states were found", found.len());
    found
}

fn errors<'a>(state: &'a Value, handler: &str) -> Vec<&'a str> {
    let handlers = state[handler].as_array().into_iter().flatten();
    handlers
        .flat_map(|one| one["ErrorEquals"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect()
}

/// Where a state may go next.
fn targets(state: &Value) -> Vec<&str> {
    let choices = state["Choices"].as_array().into_iter().flatten();
    let catchers = state["Catch"].as_array().into_iter().flatten();
    choices
        .chain(catchers)
        .map(|one| &one["Next"])
        .chain([&state["Next"], &state["Default"]])
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn every_error_name_is_a_kind_or_a_known_service_error() -> Result<()> {
    let machine = definition()?;
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    for state in states(&machine) {
        for handler in ["Retry", "Catch"] {
            for error in errors(state.body, handler) {
                assert!(
                    kinds.contains(&error) || SERVICE_ERRORS.contains(&error),
                    "{}: {handler} names {error:?}, which nothing raises",
                    state.name
                );
            }
        }
    }
    Ok(())
}

#[test]
fn only_what_a_repetition_may_cure_is_repeated() -> Result<()> {
    let machine = definition()?;
    let repeated: Vec<_> = REPEATED.iter().map(|kind| kind.as_str()).collect();
    for state in states(&machine) {
        let errors = errors(state.body, "Retry");
        for error in &errors {
            assert!(
                error.starts_with("Lambda.") || repeated.contains(error),
                "{}: {error} is repeated",
                state.name
            );
        }
        if state.body["Resource"] == "arn:aws:states:::lambda:invoke" {
            for error in &repeated {
                assert!(
                    errors.contains(error),
                    "{}: {error} is not repeated",
                    state.name
                );
            }
        }
        for retry in state.body["Retry"].as_array().into_iter().flatten() {
            for key in ["MaxAttempts", "MaxDelaySeconds", "BackoffRate"] {
                assert!(
                    retry[key].is_number(),
                    "{}: a Retry without {key}",
                    state.name
                );
            }
            assert_eq!(retry["JitterStrategy"], "FULL", "{}", state.name);
        }
    }
    Ok(())
}

#[test]
fn every_task_has_a_timeout_and_somebody_who_catches_its_failure() -> Result<()> {
    let machine = definition()?;
    for state in states(&machine) {
        if state.body["Type"] != "Task" {
            continue;
        }
        assert!(
            state.body["TimeoutSeconds"]
                .as_u64()
                .is_some_and(|seconds| seconds > 0),
            "{}: no TimeoutSeconds",
            state.name
        );
        let catches_all = |body: &Value| errors(body, "Catch").contains(&"States.ALL");
        // A failure inside a Parallel or Map is the failure of the state around it.
        assert!(
            catches_all(state.body) || state.around.iter().any(|body| catches_all(body)),
            "{}: its failure is caught nowhere",
            state.name
        );
    }
    Ok(())
}

fn walk(machine: &Value, problems: &mut Vec<String>) {
    let empty = Map::new();
    let states = machine["States"].as_object().unwrap_or(&empty);
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut pending: Vec<&str> = machine["StartAt"].as_str().into_iter().collect();
    while let Some(name) = pending.pop() {
        if !reached.insert(name) {
            continue;
        }
        let Some(state) = states.get(name) else {
            problems.push(format!("{name} is named and not there"));
            continue;
        };
        let ends = state["End"] == true
            || matches!(state["Type"].as_str(), Some("Succeed" | "Fail" | "Choice"));
        if !ends && !state["Next"].is_string() {
            problems.push(format!("{name} neither ends nor goes on"));
        }
        pending.extend(targets(state));
        for machine in inner(state) {
            walk(machine, problems);
        }
    }
    for name in states
        .keys()
        .filter(|name| !reached.contains(name.as_str()))
    {
        problems.push(format!("{name} is never reached"));
    }
}

#[test]
fn every_state_is_reached_and_every_name_leads_to_a_state() -> Result<()> {
    let mut problems = Vec::new();
    walk(&definition()?, &mut problems);
    assert_eq!(problems, Vec::<String>::new());
    // The walk itself can see both faults.
    let broken = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "Nowhere"},
        "Lost": {"Type": "Succeed"},
    }});
    walk(&broken, &mut problems);
    assert_eq!(
        problems,
        ["Nowhere is named and not there", "Lost is never reached"]
    );
    Ok(())
}

#[test]
fn a_failed_window_does_not_disappear_in_its_map() -> Result<()> {
    let machine = definition()?;
    for state in states(&machine) {
        if state.body["Type"] == "Map" && state.body.get("ItemReader").is_some() {
            assert_eq!(
                state.body["ToleratedFailurePercentage"], 0,
                "{}",
                state.name
            );
        }
    }
    Ok(())
}

#[test]
fn the_maps_over_windows_run_as_many_workers_as_the_quotas_are_divided_by() -> Result<()> {
    let machine = definition()?;
    let wanted = super::settings::shipped()?.plan.max_concurrency;
    let maps: Vec<_> = states(&machine)
        .into_iter()
        .filter(|state| state.body.get("ItemReader").is_some())
        .collect();
    assert_eq!(maps.len(), 2);
    for map in maps {
        assert_eq!(map.body["MaxConcurrency"], wanted, "{}", map.name);
    }
    Ok(())
}

// ---- What is handed to a function is what it takes, and what is read from its answer is there.

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
        "Migrate" if request == json!({}) => Ok(()),
        "Migrate" => Err("migrate takes {}".to_owned()),
        "RefreshToken" => reads::<RefreshRequest>(request),
        "Plan" => reads::<PlanRequest>(request),
        "ExtractGenesys" | "ExtractSalesforce" => reads::<WindowTask>(request),
        "Load" | "Merge" => reads::<StatementRequest>(request),
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
        // `migrate::Outcome` is serialised alone, so its names stand here.
        "Migrate" => Ok(["version", "applied", "done"].map(str::to_owned).into()),
        "RefreshToken" => fields(RefreshOutcome {
            source: Source::Genesys,
            expires_at: instant()?,
            renewed: true,
        }),
        "Plan" => fields(PlanOutcome {
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
            rows: 0,
            already_done: false,
        }),
        "Check" => fields(CheckOutcome {
            run_id: run_id()?,
            verdict: Verdict::Pass,
            checks: vec![],
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
