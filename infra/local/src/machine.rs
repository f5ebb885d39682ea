//! The state machine's definition, looked at without running it: what the emulator accepts and AWS would not.

use anyhow::{Context, Result};
use model::failure::Kind;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Features that one of the two interpreters takes and silently gets wrong.
const UNEVEN: [&str; 7] = [
    "ItemBatcher",
    "ResultWriter",
    "Assign",
    "Output",
    "QueryLanguage",
    "Arguments",
    "Iterator",
];

/// Lambda's own errors that a repetition may cure: the service's, and a function that ran out of time or memory or died.
const LAMBDA_ERRORS: [&str; 9] = [
    "Lambda.Unknown",
    "Lambda.ClientExecutionTimeoutException",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Runtime.Unknown",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
];

/// A definition.
#[derive(Debug)]
pub struct Machine {
    root: Value,
}

impl Machine {
    /// Parses a definition; its `${substitutions}` may stand in it.
    pub fn parse(text: &str) -> Result<Self> {
        let root = serde_json::from_str(text).context("the definition is not JSON")?;
        Ok(Self { root })
    }

    /// Everything that is wrong, each with its place; empty when nothing is.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !self.root["TimeoutSeconds"].is_u64() {
            problems.push("the machine has no TimeoutSeconds".to_owned());
        }
        check_states("", &self.root, false, &mut problems);
        problems
    }

    /// The names between `${` and `}`.
    pub fn substitutions(&self) -> BTreeSet<String> {
        let text = self.root.to_string();
        text.split("${")
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// `MaxConcurrency` of every Distributed Map, by name.
    pub fn map_concurrency(&self) -> BTreeMap<String, u64> {
        let mut found = BTreeMap::new();
        each_state("", &self.root, &mut |name, state| {
            if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED" {
                let concurrency = state["MaxConcurrency"].as_u64().unwrap_or_default();
                found.insert(name.to_owned(), concurrency);
            }
        });
        found
    }

    /// The shortest `TimeoutSeconds` of the tasks that call each function, by substitution name.
    pub fn call_limits(&self) -> BTreeMap<String, u64> {
        let mut limits = BTreeMap::new();
        each_state("", &self.root, &mut |_, state| {
            let called = state["Parameters"]["FunctionName"].as_str();
            let name = called.and_then(|name| name.strip_prefix("${")?.strip_suffix('}'));
            if let (Some(name), Some(limit)) = (name, state["TimeoutSeconds"].as_u64()) {
                let shortest = limits.entry(name.to_owned()).or_insert(limit);
                *shortest = limit.min(*shortest);
            }
        });
        limits
    }
}

/// The machines inside a state: branches of a Parallel, the processor of a Map.
fn inner(state: &Value) -> Vec<&Value> {
    let branches = state["Branches"].as_array().into_iter().flatten();
    let processor = Some(&state["ItemProcessor"]).filter(|inner| inner.is_object());
    branches.chain(processor).collect()
}

fn each_state(path: &str, machine: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    for (name, state) in states(machine) {
        let path = format!("{path}{name}");
        visit(&path, state);
        for machine in inner(state) {
            each_state(&format!("{path}/"), machine, visit);
        }
    }
}

fn states(machine: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    machine["States"].as_object().unwrap_or(&NONE)
}

/// `is_caught`: a Parallel or Map around these states catches what they let through.
fn check_states(path: &str, machine: &Value, is_caught: bool, problems: &mut Vec<String>) {
    let states = states(machine);
    let mut reached = BTreeSet::new();
    let mut open = vec![machine["StartAt"].as_str().unwrap_or_default().to_owned()];
    while let Some(name) = open.pop() {
        let Some(state) = states.get(&name) else {
            problems.push(format!("{path}{name} is named but does not exist"));
            continue;
        };
        if reached.insert(name) {
            open.extend(targets(state));
        }
    }
    for (name, state) in states {
        let place = format!("{path}{name}");
        if !reached.contains(name) {
            problems.push(format!("{place} is never reached"));
        }
        check_state(&place, state, is_caught, problems);
        let catches = state["Catch"].is_array() || is_caught;
        for machine in inner(state) {
            check_states(&format!("{place}/"), machine, catches, problems);
        }
    }
}

fn targets(state: &Value) -> Vec<String> {
    let lists = ["Catch", "Choices"]
        .into_iter()
        .flat_map(|list| state[list].as_array().into_iter().flatten())
        .map(|entry| &entry["Next"]);
    [&state["Next"], &state["Default"]]
        .into_iter()
        .chain(lists)
        .filter_map(|next| next.as_str().map(str::to_owned))
        .collect()
}

fn check_state(place: &str, state: &Value, is_caught: bool, problems: &mut Vec<String>) {
    for feature in UNEVEN {
        if !state[feature].is_null() {
            problems.push(format!(
                "{place} uses {feature}, which the twin and AWS run differently"
            ));
        }
    }
    let kind = state["Type"].as_str().unwrap_or_default();
    if kind == "Choice" && state["Default"].is_null() {
        problems.push(format!("{place} has no Default"));
    }
    if matches!(kind, "Task" | "Parallel" | "Map") && !is_caught && !state["Catch"].is_array() {
        problems.push(format!(
            "{place} has no Catch and nothing around it has one"
        ));
    }
    if kind != "Task" {
        return;
    }
    if !state["TimeoutSeconds"].is_u64() {
        problems.push(format!("{place} has no TimeoutSeconds"));
    }
    let calls_function = state["Resource"] == "arn:aws:states:::lambda:invoke";
    let retriers = state["Retry"].as_array().map_or(&[][..], Vec::as_slice);
    if calls_function && retriers.is_empty() {
        problems.push(format!("{place} calls a function and has no Retry"));
    }
    for retrier in retriers {
        for name in retrier["ErrorEquals"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let is_kind = Kind::ALL.iter().any(|kind| kind.as_str() == name);
            let is_service = if calls_function {
                LAMBDA_ERRORS.contains(&name)
            } else {
                name == "States.TaskFailed"
            };
            if !is_kind && !is_service {
                problems.push(format!(
                    "{place} retries {name}, which is neither a failure kind nor one of Lambda's own errors"
                ));
            }
        }
        for key in [
            "IntervalSeconds",
            "BackoffRate",
            "MaxAttempts",
            "MaxDelaySeconds",
            "JitterStrategy",
        ] {
            if retrier[key].is_null() {
                problems.push(format!("{place} has a Retry without {key}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SHIPPED: &str = include_str!("../../pipeline.asl.json");

    fn shipped() -> Machine {
        Machine::parse(SHIPPED).unwrap()
    }

    #[test]
    fn the_shipped_definition_has_no_problem() {
        assert_eq!(shipped().problems(), Vec::<String>::new());
    }

    #[test]
    fn the_shipped_definition_calls_every_function() {
        let names: Vec<_> = shipped().substitutions().into_iter().collect();
        assert_eq!(
            names,
            [
                "AlertTopicArn",
                "CheckFunctionArn",
                "ExportReportFunctionArn",
                "ExtractGenesysFunctionArn",
                "ExtractSalesforceFunctionArn",
                "LoadFunctionArn",
                "MergeFunctionArn",
                "MigrateFunctionArn",
                "PlanFunctionArn",
                "RefreshTokenFunctionArn",
                "ReportTopicArn",
            ]
        );
    }

    #[test]
    fn a_failure_anywhere_ends_in_the_published_one() {
        let machine = shipped();
        let states = states(&machine.root);
        for (name, state) in states {
            for catcher in state["Catch"].as_array().into_iter().flatten() {
                // A refused token is renewed, and the step tried once more: that one's failure is looked at for itself.
                if catcher["ErrorEquals"] == json!(["Unauthorized"]) {
                    continue;
                }
                let mut next = catcher["Next"].as_str().unwrap().to_owned();
                let mut way = vec![next.clone()];
                while states[&next]["Type"] != "Fail" {
                    let state = &states[&next];
                    let following = state["Next"].as_str().or(state["Default"].as_str());
                    next = following.unwrap().to_owned();
                    way.push(next.clone());
                    assert!(way.len() <= states.len(), "{name} never ends: {way:?}");
                }
                let is_published = way.contains(&"PublishFailure".to_owned());
                assert!(is_published || name == "PublishFailure", "{name}: {way:?}");
            }
        }
    }

    #[test]
    fn who_is_refused_once_gets_a_new_token_and_refused_twice_fails() {
        let machine = shipped();
        let mut found = BTreeMap::new();
        each_state("", &machine.root, &mut |name, state| {
            let first = &state["Catch"][0];
            if first["ErrorEquals"] == json!(["Unauthorized"]) {
                found.insert(name.to_owned(), first["Next"].clone());
            }
        });
        assert_eq!(
            serde_json::to_value(found).unwrap(),
            json!({
                "Extract/GenesysWindows/ExtractGenesysWindow": "RenewGenesysToken",
                "Extract/SalesforceWindows/ExtractSalesforceWindow": "RenewSalesforceToken",
                "Plan": "RenewTokens",
            })
        );
    }

    #[test]
    fn a_missing_target_and_a_bare_retry_are_named() {
        let machine = json!({
            "StartAt": "A",
            "TimeoutSeconds": 1,
            "States": {
                "A": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "TimeoutSeconds": 1,
                    "Retry": [{
                        "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 2,
                        "MaxAttempts": 1, "MaxDelaySeconds": 1, "JitterStrategy": "FULL"
                    }],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Gone"}],
                    "End": true
                },
                "B": {"Type": "Pass", "Assign": {"x": 1}, "End": true}
            }
        });
        let problems = Machine { root: machine }.problems();
        assert_eq!(
            problems,
            [
                "Gone is named but does not exist",
                "A retries States.ALL, which is neither a failure kind nor one of Lambda's own errors",
                "B is never reached",
                "B uses Assign, which the twin and AWS run differently",
            ]
        );
    }
}
