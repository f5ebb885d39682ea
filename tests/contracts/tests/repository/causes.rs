//! Why something failed, as `infra/pipeline.asl.json` tells it: one readable sentence, whatever form the cause has.

use super::machine::{definition, states};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// `StringMatches` of a Choice: an asterisk stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The state that looks at a cause, and that after it has been named; every way there is looked at.
fn named<'a>(states: &'a Map<String, Value>, name: &str) -> Result<(&'a Value, &'a str)> {
    let choice = states.get(name).with_context(|| format!("no {name}"))?;
    let rules = choice["Choices"].as_array().context("a choice")?;
    assert_eq!((&choice["Type"], rules.len()), (&json!("Choice"), 2));
    let is_there = json!({"Variable": "$.error.Cause", "IsPresent": true});
    assert_eq!(rules[0]["And"][0], is_there, "{name}");
    for key in ["Variable", "IsPresent"] {
        assert_eq!(rules[1][key], is_there[key], "{name}");
    }
    let mut nexts = Vec::new();
    for (next, cause) in [
        (
            &rules[0]["Next"],
            json!({"cause.$": "States.StringToJson($.error.Cause)"}),
        ),
        (
            &rules[1]["Next"],
            json!({"cause": {"errorMessage.$": "$.error.Cause"}}),
        ),
        (&choice["Default"], Value::Null),
    ] {
        let way = &states[next.as_str().context("a way")?];
        assert_eq!(
            (&way["Type"], &way["ResultPath"]),
            (&json!("Pass"), &json!("$.failed")),
            "{next}"
        );
        let parameters = &way["Parameters"];
        assert_eq!(parameters["error.$"], "$.error.Error", "{next}");
        match cause.as_object() {
            Some(cause) => {
                for (key, value) in cause {
                    assert_eq!(&parameters[key], value, "{next}");
                }
            }
            None => assert!(
                parameters["cause"]["errorMessage"].is_string(),
                "{next}: {parameters}"
            ),
        }
        nexts.push(way["Next"].as_str().context("a cause is no end")?);
    }
    assert!(nexts.iter().all(|one| *one == nexts[0]), "{nexts:?}");
    Ok((choice, nexts[0]))
}

/// The machines that name causes, with the state that does so.
fn places(machine: &Value) -> Result<Vec<(&Map<String, Value>, String)>> {
    let top = machine["States"].as_object().context("states")?;
    let mut found = vec![(top, "HasCause".to_owned())];
    for state in states(machine) {
        if state.body.get("ItemReader").is_some() {
            let inner = state.body["ItemProcessor"]["States"].as_object();
            let name = state.name.replace("Windows", "Cause");
            found.push((inner.context("states")?, format!("Has{name}")));
        }
    }
    assert_eq!(found.len(), 3);
    Ok(found)
}

#[test]
fn a_cause_is_unpacked_when_it_can_be_and_told_as_it_is_when_not() -> Result<()> {
    let machine = definition()?;
    for (states, name) in places(&machine)? {
        let (choice, _) = named(states, &name)?;
        let pattern = choice["Choices"][0]["And"][1]["StringMatches"].as_str();
        let pattern = pattern.with_context(|| format!("{name} has no pattern"))?;
        for packed in [
            r#"{"errorType":"Invalid","errorMessage":"field \"to\": {x}"}"#,
            r#"{"errorMessage": "signal: killed", "errorType": "Runtime.ExitError"}"#,
            r#"{"errorMessage":""}"#,
        ] {
            assert!(matches(pattern, packed), "{name}: {packed}");
            let read: Value = serde_json::from_str(packed)?;
            assert!(read["errorMessage"].is_string());
        }
        // What is no JSON, or has no such field, would end the run in the very state that is to tell why it failed.
        for other in [
            "",
            "The cause could not be determined because Lambda did not return an error type. Returned payload: {\"errorMessage\":\"x\"}",
            r#"{"errorType":"Invalid","errorMessage":"cut off in the mid"#,
            r#"{"Error":"Invalid","Cause":"x"}"#,
            "An item failed {",
        ] {
            assert!(!matches(pattern, other), "{name}: {other}");
        }
    }
    Ok(())
}

#[test]
fn every_failure_s_cause_is_named_before_it_is_told_and_told_without_its_json() -> Result<()> {
    let machine = definition()?;
    for (states, name) in places(&machine)? {
        let (_, told) = named(states, &name)?;
        assert!(states.contains_key(told), "{name}: {told}");
    }
    let mut seen = 0;
    for state in states(&machine) {
        for text in [
            &state.body["Parameters"]["Message.$"],
            &state.body["CausePath"],
        ] {
            let Some(text) = text.as_str() else { continue };
            assert!(
                !text.contains("$.error") && !text.contains("JsonToString($.task"),
                "{}: {text}",
                state.name
            );
            // The success notice tells of no failure.
            if text.contains("$.failed") {
                assert!(
                    text.contains("$.failed.cause.errorMessage"),
                    "{}: {text}",
                    state.name
                );
                seen += 1;
            }
        }
    }
    // Two alerts and an end in each Map, one alert and one end for the run.
    assert_eq!(seen, 8);
    Ok(())
}

#[test]
fn the_success_notice_names_the_files_and_carries_no_link() -> Result<()> {
    let machine = definition()?;
    let notice = machine["States"]["Notify"]["Parameters"]["Message.$"].as_str();
    let notice = notice.context("a notice has a message")?;
    assert!(notice.contains("States.JsonToString($.exports[*].files[*].key)"));
    assert!(notice.contains("$.plan.bucket") && !notice.contains("url"));
    assert!(!notice.contains("JsonToString($.exports)"), "{notice}");
    Ok(())
}

#[test]
fn figures_that_differ_raise_an_alarm_and_the_run_goes_on() -> Result<()> {
    let machine = definition()?;
    let states = &machine["States"];
    assert_eq!(states["CheckRun"]["Next"], "HasVariance");
    let rule = &states["HasVariance"]["Choices"][0];
    assert_eq!(
        (&rule["Variable"], &rule["BooleanEquals"]),
        (&json!("$.check.has_variance"), &json!(true))
    );
    let alarm = &states[rule["Next"].as_str().context("a way")?];
    assert_eq!(alarm["Resource"], "arn:aws:states:::sns:publish");
    assert_eq!(alarm["Parameters"]["TopicArn"], "${AlertTopicArn}");
    let message = alarm["Parameters"]["Message.$"].as_str();
    assert!(message.is_some_and(|text| text.contains("$.check.variance")));
    for next in [&alarm["Next"], &states["HasVariance"]["Default"]] {
        assert_eq!(next, "ExportReports");
    }
    // An alarm that cannot be sent is a failure like any other: nobody would know.
    assert_eq!(alarm["Catch"][0]["Next"], "PublishVarianceFailed");
    Ok(())
}
