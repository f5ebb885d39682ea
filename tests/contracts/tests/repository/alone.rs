//! Windows that fail alone: `infra/pipeline.asl.json` asks what the plan writes, and only such a window ends quietly.

use super::machine::{State, definition, states};
use anyhow::{Context, Result};
use model::payload::WindowTask;
use serde_json::{Map, Value, json};

/// The processors of the maps over windows, with the states of each.
fn windows(machine: &Value) -> Result<Vec<(&str, &Map<String, Value>)>> {
    let found: Vec<_> = states(machine)
        .into_iter()
        .filter(|state| state.body.get("ItemReader").is_some())
        .map(|State { name, body, .. }| {
            let states = body["ItemProcessor"]["States"].as_object();
            Ok((
                name,
                states.with_context(|| format!("{name} has no states"))?,
            ))
        })
        .collect::<Result<_>>()?;
    assert_eq!(found.len(), 2);
    Ok(found)
}

/// Where a failure that no other catcher takes leads.
fn at_last(state: &Value) -> Option<&str> {
    let catchers = state["Catch"].as_array()?;
    let last = catchers.last()?;
    (last["ErrorEquals"] == json!(["States.ALL"])).then(|| last["Next"].as_str())?
}

#[test]
fn a_window_that_fails_for_good_is_told_and_ends_quietly_only_if_it_may() -> Result<()> {
    let machine = definition()?;
    for (map, states) in windows(&machine)? {
        let of = |name: &str| {
            let state = states.get(name);
            state.with_context(|| format!("{map} has no {name}"))
        };
        let mut choices = Vec::new();
        for (name, state) in states {
            if state["Resource"] == "arn:aws:states:::lambda:invoke" {
                let next =
                    at_last(state).with_context(|| format!("{name} lets failures through"))?;
                choices.push(next);
            }
        }
        // Extraction, the new token, and extraction with it.
        assert_eq!(choices.len(), 3, "{map}");
        assert!(choices.iter().all(|one| *one == choices[0]), "{choices:?}");
        // Its cause is named first, whatever form it has: `causes.rs` looks at the ways there.
        let way = of(choices[0])?["Default"].as_str();
        let named = of(way.context("a cause may be missing")?)?["Next"].as_str();
        let choice = of(named.context("a named cause leads somewhere")?)?;
        assert_eq!(choice["Type"], "Choice");
        assert_eq!(choice["Choices"].as_array().map(Vec::len), Some(1));
        let rule = &choice["Choices"][0];
        // A plan of an earlier version has no such field, and a path that leads nowhere ends a window without a word.
        let (is_there, is_true) = (&rule["And"][0], &rule["And"][1]);
        assert_eq!(
            is_there,
            &json!({"Variable": "$.task.fails_alone", "IsPresent": true})
        );
        assert_eq!(
            is_true,
            &json!({"Variable": "$.task.fails_alone", "BooleanEquals": true})
        );
        for (next, ends, says) in [
            (&rule["Next"], "Pass", "was left out"),
            (&choice["Default"], "Fail", "failed"),
        ] {
            let alert = of(next.as_str().context("a choice leads somewhere")?)?;
            assert_eq!(alert["Resource"], "arn:aws:states:::sns:publish", "{next}");
            assert_eq!(alert["Parameters"]["TopicArn"], "${AlertTopicArn}");
            let subject = alert["Parameters"]["Subject"].as_str().unwrap_or_default();
            assert!(subject.ends_with(says) && subject.len() <= 100, "{subject}");
            let message = alert["Parameters"]["Message.$"]
                .as_str()
                .unwrap_or_default();
            for part in [
                "$.task.window.start",
                "$.task.window.end",
                "$.task.object",
                "$.task.run_id",
                "$.failed.error",
                "$.failed.cause.errorMessage",
            ] {
                assert!(message.contains(part), "{next}: {part} is not told");
            }
            // An alert that cannot be sent changes nothing.
            assert_eq!(alert["Next"].as_str(), at_last(alert), "{next}");
            let end = of(alert["Next"].as_str().context("an alert is not the end")?)?;
            assert_eq!(end["Type"], ends, "{next}");
            if ends == "Pass" {
                assert_eq!((&end["Result"], &end["End"]), (&json!({}), &json!(true)));
                assert!(message.contains("next nightly run reads it"), "{message}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_task_of_a_plan_says_whether_it_may_fail_alone() -> Result<()> {
    // The state machine asks for it: a field that is left out when false would end a window in an error of its own.
    let task: WindowTask =
        serde_json::from_str(&super::text("events/extract-genesys/adherence.json")?)?;
    for fails_alone in [false, true] {
        let task = WindowTask {
            fails_alone,
            ..task.clone()
        };
        assert_eq!(serde_json::to_value(task)?["fails_alone"], fails_alone);
    }
    Ok(())
}

#[test]
fn a_function_that_died_is_called_more_often_where_it_reads_a_source() -> Result<()> {
    let machine = definition()?;
    let (mut reading, mut others) = (0, 0);
    for state in states(&machine) {
        let retries = state.body["Retry"].as_array().into_iter().flatten();
        let of_deaths = retries.filter(|retry| {
            let names = retry["ErrorEquals"].as_array().into_iter().flatten();
            names.into_iter().any(|name| name == "Runtime.ExitError")
        });
        for retry in of_deaths {
            let function = state.body["Parameters"]["FunctionName"].as_str();
            let attempts = retry["MaxAttempts"].as_u64();
            let reads = ["${Extract", "${Plan"];
            // Checking the input reads nothing: a death there is one of the function's own.
            if state.name != "CheckInput"
                && function.is_some_and(|name| reads.iter().any(|one| name.starts_with(one)))
            {
                assert_eq!(attempts, Some(6), "{}", state.name);
                reading += 1;
            } else {
                assert_eq!(attempts, Some(2), "{}", state.name);
                others += 1;
            }
        }
    }
    assert_eq!(reading, 6);
    assert!(others > 5, "{others}");
    Ok(())
}
