//! What a task may ask for.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::Request;
use model::{Classify, Kind};
use serde_json::{Value, json};
use support::{Objects, deadline, extractor, settings};

const ACCOUNT: &str = include_str!("../../../events/extract-salesforce/account.json");

/// What is said to a task that must be refused before any call: there is no token, no server and no bucket to speak of.
async fn refused(event: &Value) -> String {
    let objects = Objects::default();
    let (_aws, extractor) = extractor(&objects, &json!({}), settings()).await;
    let task: Request = serde_json::from_value(event.clone()).unwrap();
    let error = Box::pin(extractor.run(task, deadline(600)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(objects.texts("", "").is_empty());
    error.to_string()
}

/// The account's event with other values.
fn with(changes: &Value) -> Value {
    let mut event: Value = serde_json::from_str(ACCOUNT).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

#[tokio::test]
async fn a_task_that_breaks_a_rule_is_refused_before_any_call() {
    let mut texts = Vec::new();
    for event in [
        include_str!("../../../events/extract-salesforce/future-window.json"),
        include_str!("../../../events/extract-salesforce/unknown-object.json"),
        include_str!("../../../events/extract-salesforce/other-source.json"),
    ] {
        texts.push(refused(&serde_json::from_str(event).unwrap()).await);
    }
    let id = "500000000000001AAA";
    for changes in [
        json!({"object": "user_history"}),
        json!({"object": "user_ids"}),
        json!({"object": "_ids"}),
        json!({"object": "account_lookups"}),
        json!({"object": "account_lookup"}),
        json!({"object": "account_lookup", "ids": [id, "x"]}),
        json!({"object": "account_lookup", "ids": ["001000000000001"]}),
        json!({"object": "account", "ids": ["001000000000001AAA"]}),
        json!({"landed": ["landing/x"]}),
        json!({"filter": {"queue_ids": ["4d2b1f9e-8d0f-4f2a-9f57-0f2b4a5c6d7e"]}}),
        json!({"is_partial": true}),
        json!({"requests_per_minute": 0}),
    ] {
        texts.push(refused(&with(&changes)).await);
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn history_that_the_settings_do_not_name_is_refused() {
    let objects = Objects::default();
    let mut settings = settings();
    settings.salesforce.history.remove("account");
    let (_aws, extractor) = extractor(&objects, &json!({}), settings).await;
    let task: Request =
        serde_json::from_value(with(&json!({"object": "account_history"}))).unwrap();
    let error = Box::pin(extractor.run(task, deadline(600)))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"request: object = account_history: settings tributary.toml, [salesforce.history], names no history object for it");
}

#[test]
fn events_are_accepted_or_refused_as_they_are_named() {
    for event in [
        ACCOUNT,
        include_str!("../../../events/extract-salesforce/replay.json"),
        include_str!("../../../events/extract-salesforce/case.json"),
    ] {
        serde_json::from_str::<Request>(event).unwrap();
    }
    let refused = |event: &str| {
        serde_json::from_str::<Request>(event)
            .unwrap_err()
            .to_string()
    };
    let inverted = refused(include_str!(
        "../../../events/extract-salesforce/inverted-window.json"
    ));
    assert!(
        inverted.starts_with(
            "window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z"
        ),
        "{inverted}"
    );
    let unknown = refused(include_str!(
        "../../../events/extract-salesforce/unknown-field.json"
    ));
    assert!(unknown.starts_with("unknown field `colour`"), "{unknown}");
}
