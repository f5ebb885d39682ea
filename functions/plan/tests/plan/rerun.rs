//! Runs that ask no source: a replay of what was refused for a reason, and `reenrich`.

use crate::support::World;
use crate::{DAY, SLUG, chain};
use model::payload::Mode;
use serde_json::{Value, json};

const BY_REASON: &str = r#"{"mode":"replay","reason":["too_long","ambiguous"]}"#;

fn key(source: &str, object: &str, run: &str, file: &str) -> String {
    format!("landing/{source}/{object}/window={SLUG}/run={run}/{file}.jsonl.gz")
}

fn row(key: &str, line: u64) -> Value {
    json!([{"stringValue": key}, {"longValue": line}])
}

/// What waits: the reason, the links among it, and all of it.
fn waiting(reason: &str, links: u64, all: u64) -> Value {
    json!([{"stringValue": reason}, {"longValue": links}, {"longValue": all}])
}

#[tokio::test]
async fn a_replay_by_reason_reads_just_the_refused_lines_of_each_window() {
    let world = World::new().await;
    let first = key("genesys", "conversation", "nightly-2", "quarantine-0000-w");
    let beside = key(
        "genesys",
        "external_contact",
        "nightly-2",
        "quarantine-0000-w",
    );
    let second = key("genesys", "conversation", "nightly-3", "quarantine-0001-w");
    let account = key("salesforce", "account", "nightly-2", "quarantine-0000-w");
    let lookup = key(
        "salesforce",
        "account_lookup",
        "nightly-2",
        "quarantine-0000-w",
    );
    for key in [&first, &second, &beside, &account, &lookup] {
        world.put(key, &json!({}));
    }
    world.rows(
        "plan/quarantine",
        json!([
            row(&second, 1),
            row(&first, 7),
            row(&account, 4),
            row(&first, 2),
            row(&lookup, 1),
            row(&beside, 3),
            row(&first, 3),
        ]),
    );
    world.rows(
        "plan/reasons",
        json!([waiting("too_long", 0, 7), waiting("ambiguous", 5, 5)]),
    );
    let plan = world.plan(BY_REASON).await.unwrap();
    assert_eq!(world.calls().await, (0, 0));
    assert_eq!((plan.mode, plan.reads_sources), (Mode::Replay, false));
    assert_eq!(plan.notices, Vec::<String>::new());
    // The links are for the merge.
    assert_eq!(plan.relink_reasons, ["ambiguous", "too_long"]);
    assert_eq!(plan.relink_days, None);
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (1, 2));

    let tasks = world.tasks(&plan.genesys_key);
    let conversations = &tasks[0];
    assert_eq!(conversations.object, "conversation");
    assert_eq!(conversations.window.to_string(), DAY.join("/"));
    assert!(conversations.is_partial && !conversations.fails_alone);
    assert_eq!(conversations.landed, [&*first, &*second, &*beside]);
    let told: Value = world.object(&plan.genesys_key)[0]["lines"].clone();
    assert_eq!(
        told,
        json!({first: [[2, 3], [7, 7]], second: [[1, 1]], beside: [[3, 3]]})
    );
    let tasks = world.tasks(&plan.salesforce_key);
    let objects: Vec<_> = tasks
        .iter()
        .map(|task| (&*task.object, &task.landed))
        .collect();
    assert_eq!(
        objects,
        [
            ("account", &vec![account]),
            ("account_lookup", &vec![lookup])
        ]
    );
    assert!(tasks.iter().all(|task| task.lines.len() == 1));

    // An interval leaves out what lies in other windows.
    let elsewhere = r#"{"mode":"replay","reason":"too_long","from":"2026-01-06T00:00:00Z","to":"2026-01-07T00:00:00Z"}"#;
    let plan = world.plan(elsewhere).await.unwrap();
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (0, 0));
}

#[tokio::test]
async fn a_reason_that_nothing_waits_for_ends_well_and_is_told() {
    let world = World::new().await;
    let input = r#"{"mode":"replay","reason":"to_long"}"#;
    world.rows(
        "plan/reasons",
        json!([waiting("too_long", 0, 7), waiting("ambiguous", 5, 5)]),
    );
    let plan = world.plan(input).await.unwrap();
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (0, 0));
    insta::assert_snapshot!(plan.notices.join("\n"), @"nothing waits in quarantine for to_long, and nothing is read again; what waits has the reasons too_long, ambiguous");

    let world = World::new().await;
    let plan = world.plan(BY_REASON).await.unwrap();
    insta::assert_snapshot!(plan.notices.join("\n"), @"nothing waits in quarantine for ambiguous, too_long, and nothing is read again; nothing at all does");

    // Links alone are something.
    let world = World::new().await;
    world.rows("plan/reasons", json!([waiting("ambiguous", 5, 5)]));
    let plan = world.plan(BY_REASON).await.unwrap();
    assert_eq!(plan.notices, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_replayed_by_line_is_told_and_the_rest_is() {
    let world = World::new().await;
    let there = key("genesys", "queue", "nightly-2", "quarantine-0000-w");
    let gone = key("genesys", "queue", "nightly-1", "quarantine-0000-w");
    let list = key(
        "salesforce",
        "account_ids",
        "nightly-2",
        "quarantine-0000-w",
    );
    world.put(&there, &json!({}));
    world.put(&list, &json!({}));
    let rows = json!([row(&there, 1), row(&gone, 1), row(&gone, 2), row(&list, 9)]);
    world.rows("plan/quarantine", rows);
    let plan = world.plan(BY_REASON).await.unwrap();
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (1, 0));
    insta::assert_snapshot!(plan.notices.join("\n"), @r"
    1 of the refused records are rows of lists of Salesforce ids: a list is of use only whole, and the next one reads them
    2 refused records lie in 1 landed files that are gone (lifecycle?), the first landing/genesys/queue/window=20260105T000000Z_20260106T000000Z/run=nightly-1/quarantine-0000-w.jsonl.gz: their windows must be read from the source again
    ");

    let world = World::new().await;
    world.rows("plan/quarantine", json!([row("elsewhere/part-0000", 1)]));
    let error = world.plan(BY_REASON).await.unwrap_err();
    let error = chain(&error);
    assert!(
        error.starts_with("mart.quarantine has a row that cannot be read"),
        "{error}"
    );
}

#[tokio::test]
async fn reenrich_asks_nobody_and_tells_the_merge_how_far_back() {
    let world = World::new().await;
    let plan = world.plan(r#"{"mode":"reenrich","days":7}"#).await.unwrap();
    assert_eq!(world.calls().await, (0, 0));
    assert_eq!(world.statements(), Vec::<String>::new());
    assert_eq!((plan.mode, plan.reads_sources), (Mode::Reenrich, false));
    assert_eq!((plan.relink_days, plan.relink_reasons.len()), (Some(7), 0));
    assert_eq!(plan.notices, Vec::<String>::new());
    // What load looks for is there: a run without a window.
    for key in [&plan.genesys_key, &plan.salesforce_key] {
        assert!(world.tasks(key).is_empty());
    }
    let default = world.plan(r#"{"mode":"reenrich"}"#).await.unwrap();
    assert_eq!(default.relink_days, Some(30));
    assert_ne!(default.run_id, plan.run_id);
    // A run that reads its sources decides again what its own batch changes, and no more.
    let nightly = World::with_sources(crate::COMPLETE)
        .await
        .plan(crate::NIGHTLY)
        .await
        .unwrap();
    assert_eq!(
        (nightly.relink_days, nightly.relink_reasons.len()),
        (None, 0)
    );
}
