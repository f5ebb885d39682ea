//! `infra/pipeline.asl.json` against the failure kinds and the settings.

use anyhow::Result;
use model::Kind;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Errors of Lambda and Step Functions themselves that a `Retry` or `Catch` may name.
const SERVICE_ERRORS: [&str; 13] = [
    "Lambda.Unknown",
    "Lambda.ClientExecutionTimeoutException",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Runtime.Unknown",
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
pub(crate) struct State<'a> {
    pub(crate) name: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) around: Vec<&'a Value>,
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

pub(crate) fn states(machine: &Value) -> Vec<State<'_>> {
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
    let mut patient = 0;
    for state in states(&machine) {
        let errors = errors(state.body, "Retry");
        for error in &errors {
            assert!(
                SERVICE_ERRORS.contains(error) && *error != "States.ALL"
                    || repeated.contains(error),
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
            // A source that asks for hours is waited for as long as is promised: chance would halve it. Four workers that come
            // back together keep the source's pace by themselves.
            let waits_for_hours = retry["MaxDelaySeconds"] == 3600;
            let jitter = if waits_for_hours { "NONE" } else { "FULL" };
            assert_eq!(retry["JitterStrategy"], jitter, "{}", state.name);
            if waits_for_hours {
                assert_eq!(longest(retry), 21_810, "{}", state.name);
                patient += 1;
            }
        }
    }
    assert_eq!(patient, 6);
    Ok(())
}

/// Seconds that all repetitions of a retrier wait.
fn longest(retry: &Value) -> u64 {
    let number = |key: &str| retry[key].as_u64().unwrap_or_default();
    let (first, most) = (number("IntervalSeconds"), number("MaxDelaySeconds"));
    (0..number("MaxAttempts"))
        .map(|no| (first << no).min(most))
        .sum()
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

/// Seconds that a `Retry` may wait in all, without the jitter that makes it less.
fn longest_wait(retry: &Value) -> f64 {
    let number = |key: &str| retry[key].as_f64().unwrap_or_default();
    let mut wait = number("IntervalSeconds");
    let mut total = 0.0;
    for _ in 0..retry["MaxAttempts"].as_u64().unwrap_or_default() {
        total += wait.min(number("MaxDelaySeconds"));
        wait *= number("BackoffRate");
    }
    total
}

#[test]
fn a_source_that_asks_for_hours_is_waited_for_and_not_for_ever() -> Result<()> {
    let machine = definition()?;
    let limit = machine["TimeoutSeconds"].as_f64().unwrap_or_default();
    let mut found = 0;
    for state in states(&machine) {
        let function = state.body["Parameters"]["FunctionName"].as_str();
        let extracts = function.is_some_and(|name| name.starts_with("${Extract"));
        // What checks the input calls no source.
        if !extracts && !["Plan", "PlanOnceMore"].contains(&state.name) {
            continue;
        }
        let retries = state.body["Retry"].as_array().into_iter().flatten();
        let throttled: Vec<_> = retries
            .filter(|retry| {
                let names = retry["ErrorEquals"].as_array().into_iter().flatten();
                names.into_iter().any(|name| name == "Throttled")
            })
            .collect();
        assert_eq!(throttled.len(), 1, "{}", state.name);
        let hours = longest_wait(throttled[0]) / 3600.0;
        assert!((6.0..=12.0).contains(&hours), "{}: {hours} h", state.name);
        assert!(hours * 3600.0 < limit, "{}", state.name);
        // Waiting grows: the first pauses are short, for a quota of minutes.
        assert!(
            throttled[0]["IntervalSeconds"].as_u64() <= Some(60),
            "{}",
            state.name
        );
        found += 1;
    }
    assert_eq!(found, 6);
    Ok(())
}

#[test]
fn a_plan_whose_token_was_refused_is_made_once_more_with_new_ones() -> Result<()> {
    let machine = definition()?;
    let states = &machine["States"];
    let first = &states["Plan"];
    assert_eq!(first["Catch"][0]["ErrorEquals"], json!(["Unauthorized"]));
    let renew = &states["RenewTokens"];
    assert_eq!(first["Catch"][0]["Next"], "RenewTokens");
    let renewed: Vec<_> = renew["Branches"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|branch| {
            branch["States"]
                .as_object()
                .into_iter()
                .flat_map(Map::values)
        })
        .map(|task| task["Parameters"]["Payload"].clone())
        .collect();
    assert_eq!(
        renewed,
        [
            json!({"source": "genesys", "refused": true}),
            json!({"source": "salesforce", "refused": true})
        ]
    );
    assert_eq!(renew["Next"], "PlanOnceMore");
    let again = &states["PlanOnceMore"];
    for key in [
        "Parameters",
        "ResultSelector",
        "ResultPath",
        "Retry",
        "Next",
    ] {
        assert_eq!(again[key], first[key], "{key}");
    }
    assert!(!errors(again, "Catch").contains(&"Unauthorized"));
    Ok(())
}
