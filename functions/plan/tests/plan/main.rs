//! Whole plans against services on this machine: what is asked, what is written, what is refused.

mod crm;
mod drift;
mod fakes;
mod fields;
mod first_loads;
mod rerun;
mod settings;
mod settlement;
mod support;

use fields::FIELDS;
use model::payload::WindowReceipt;
use model::{Classify, Kind};
use serde_json::{Value, json};
use std::error::Error;
use support::{World, ledger_row};

const NIGHTLY: &str = r#"{"mode":"nightly"}"#;
const COMPLETE: &str = "2026-01-19T12:00:00Z";

fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[tokio::test]
async fn a_plan_asks_both_sources_and_the_ledger_once_and_is_handed_back_as_it_is() {
    let world = World::with_sources(COMPLETE).await;
    let plan = world.plan(NIGHTLY).await.unwrap();
    // For availability and for the number of conversations, and twice for each object of Salesforce: its fields, and how
    // much there is of what was never read. Of the roles of users, their fields alone.
    let asked = (2, 2 * FIELDS.len() - 1);
    assert_eq!(world.calls().await, asked);
    assert_eq!(world.statements(), ["plan/ledger"]);
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (47, 14));
    let tasks = world.tasks(&plan.genesys_key);
    assert_eq!(tasks.len(), 47);
    // Four workers at once: a quarter of the budget each.
    assert!(
        tasks
            .iter()
            .all(|task| task.requests_per_minute == 75 && task.max_in_flight == 3)
    );
    let numbers: Vec<_> = tasks.iter().map(|task| task.window_no).collect();
    assert_eq!(numbers, (1..=47).collect::<Vec<u32>>());
    assert!(plan.estimate.salesforce_calls > 0);
    // 336 conversations in these seven days, and not as many as a large contact centre has.
    let calls = plan.estimate.genesys_calls;
    assert!((47..=300).contains(&calls), "{calls}");
    assert_eq!(
        plan.estimate.salesforce_daily_share_bp,
        Some((plan.estimate.salesforce_calls * 10_000).div_ceil(15_000))
    );
    assert_eq!(plan.notices, Vec::<String>::new());
    assert!(
        world
            .keys()
            .contains(&"state/salesforce/describe/account.json".to_owned())
    );

    let again = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(again, plan);
    // The same run with other reports: these are made.
    world.report(
        "tiers.toml",
        include_str!("../../../../infra/settings/reports/escalation_by_tier.toml"),
    );
    let again = world
        .plan(r#"{"mode":"nightly","reports":["tiers"]}"#)
        .await
        .unwrap();
    assert_eq!(
        (again.run_id, again.reports),
        (plan.run_id, vec!["tiers".to_owned()])
    );
    assert_eq!(world.calls().await, asked);
}

#[tokio::test]
async fn what_was_loaded_and_never_merged_does_not_count_as_read() {
    let world = World::with_sources(COMPLETE).await;
    world.plan(NIGHTLY).await.unwrap();
    let asked = world.statement("plan/ledger");
    let condition = asked.split(" where ").nth(1).unwrap();
    assert!(
        condition.starts_with("load_log.merged_at is not null and (("),
        "{condition}"
    );
    // A window of Genesys that was left out is asked for as well: it may be what no night has read yet.
    assert!(
        condition.contains(
            "source = 'genesys' and window_ledger.mode in ('nightly', 'backfill', 'left_out')"
        ),
        "{condition}"
    );
}

#[tokio::test]
async fn a_backfill_that_is_started_again_later_tells_that_it_only_continues() {
    let world = World::with_sources(COMPLETE).await;
    let range = r#""mode":"backfill","from":"2026-01-14T00:00:00Z","to":"2026-01-15T00:00:00Z""#;
    let early = format!(r#"{{{range},"at":"2026-01-15T06:00:00Z"}}"#);
    let plan = world.plan(&early).await.unwrap();
    assert_eq!(world.plan(&early).await.unwrap(), plan);
    // By now the day could become final, and the run's windows are those of five days ago.
    let again = world.plan(&format!("{{{range}}}")).await.unwrap();
    assert_eq!((&again.run_id, again.at), (&plan.run_id, plan.at));
    insta::assert_snapshot!(again.notices.join("\n"), @r#"this very backfill was planned as of 2026-01-15T06:00:00Z and is continued: nothing it has read is read again. What became due since then, or what it went on without, a backfill with another from or to reads; "force": true reads everything anew"#);
}

#[tokio::test]
async fn a_plan_that_was_cut_off_keeps_the_windows_it_had_written() {
    let world = World::with_sources(COMPLETE).await;
    let plan = world.plan(NIGHTLY).await.unwrap();
    let cut = World::with_sources(COMPLETE).await;
    let genesys = world.object(&plan.genesys_key);
    let first = json!([genesys[0]]);
    cut.put(&plan.genesys_key, &first);
    let resumed = cut.plan(NIGHTLY).await.unwrap();
    assert_eq!(cut.object(&plan.genesys_key), first);
    assert_eq!(resumed.genesys_windows, 1);
    assert_eq!(resumed.salesforce_windows, plan.salesforce_windows);
}

#[tokio::test]
async fn a_plan_has_all_notices_and_is_handed_on_with_the_first() {
    let world = World::with_sources(COMPLETE).await;
    let media: Vec<_> = (0..45).map(|number| format!("new-{number}")).collect();
    let input = json!({
        "mode": "backfill", "from": "2026-01-05T00:00:00Z", "to": "2026-01-07T00:00:00Z", "filter": {"media_types": media}
    });
    let plan = world.plan(&input.to_string()).await.unwrap();
    let key = format!("runs/{}/plan.json", plan.run_id);
    let all = world.object(&key)["notices"].clone();
    assert_eq!(all.as_array().unwrap().len(), 45);
    assert_eq!(plan.notices.len(), 41);
    assert_eq!(
        json!(plan.notices[..40]),
        json!(all.as_array().unwrap()[..40])
    );
    let rest = format!("5 more notices are left out; {key} has them all");
    assert_eq!(plan.notices[40], rest);
    let again = world.plan(&input.to_string()).await.unwrap();
    assert_eq!(again.notices[40], rest);
}

#[tokio::test]
async fn a_refused_token_asks_for_a_new_one() {
    let world = World::with_sources(COMPLETE).await;
    world
        .available(
            401,
            &json!({"message": "expired", "code": "authentication.required"}),
        )
        .await;
    let error = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized, "{error:?}");

    // Also when it is an object asked for later that says so.
    let world = World::with_sources(COMPLETE).await;
    let place = "/services/data/v66.0/sobjects/UserRole/describe";
    for (status, code, kind) in [
        (401, "INVALID_SESSION_ID", Kind::Unauthorized),
        (403, "REQUEST_LIMIT_EXCEEDED", Kind::Throttled),
    ] {
        let body = json!([{"message": "as Salesforce says it", "errorCode": code}]);
        wiremock::Mock::given(wiremock::matchers::path(place))
            .respond_with(wiremock::ResponseTemplate::new(status).set_body_json(body))
            .with_priority(1)
            .up_to_n_times(1)
            .mount(&world.salesforce)
            .await;
        let error = world.plan(NIGHTLY).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(chain(&error).contains("UserRole"), "{error:?}");
    }

    let world = World::new().await;
    world.available(200, &json!({})).await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(401).set_body_json(
            json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
        ))
        .mount(&world.salesforce)
        .await;
    let error = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized, "{error:?}");
    assert_eq!(world.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn a_filtered_backfill_does_not_ask_salesforce_anything() {
    let world = World::with_sources(COMPLETE).await;
    let input = r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z","to":"2026-01-07T00:00:00Z","filter":{"media_types":["voice"]}}"#;
    let plan = world.plan(input).await.unwrap();
    assert_eq!(world.calls().await, (2, 0));
    let asked = world.genesys.received_requests().await.unwrap();
    let counted: serde_json::Value = serde_json::from_slice(&asked[1].body).unwrap();
    assert_eq!(
        counted["interval"],
        "2026-01-05T00:00:00Z/2026-01-07T00:00:00Z"
    );
    assert!(counted.to_string().contains("voice"), "{counted}");
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (2, 0));
    assert!(
        world
            .tasks(&plan.genesys_key)
            .iter()
            .all(|task| task.is_partial && task.filter.is_some())
    );
}

/// The receipt of a window that landed one file.
fn receipt(task: &Value, key: &str) -> Value {
    let receipt = json!({
        "task": task, "extraction": "job", "is_settled": false, "extracted_at": "2026-01-06T03:00:00Z",
        "counts": {"api": null, "received": 1, "out_of_window": 0, "duplicates": 0, "landed": 1, "staged": 1, "quarantined": 0, "calls": 1},
        "files": [
            {"table": "raw.genesys_conversation", "key": key, "rows": 1, "bytes": 1},
            {"table": null, "key": "staging/not-landed.csv.gz", "rows": 1, "bytes": 1}
        ]
    });
    assert!(serde_json::from_value::<WindowReceipt>(receipt.clone()).is_ok());
    receipt
}

fn task(run: &str, source: &str, object: &str, window: [&str; 2]) -> Value {
    json!({
        "run_id": run, "mode": "nightly", "source": source, "object": object,
        "window": {"start": window[0], "end": window[1]}, "window_no": 1,
        "requests_per_minute": 1, "max_in_flight": 1, "at": "2026-01-06T02:00:00Z",
    })
}

const DAY: [&str; 2] = ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"];
const STORED_DAY: [&str; 2] = ["2026-01-05 00:00:00", "2026-01-06 00:00:00"];
const SLUG: &str = "20260105T000000Z_20260106T000000Z";

#[tokio::test]
async fn a_replay_calls_nobody_and_adds_partial_landings_to_the_newest_full_one() {
    let world = World::new().await;
    let row = |batch, mode, object| ledger_row(batch, mode, "genesys", object, STORED_DAY);
    world.rows(
        "plan/ledger",
        json!([
            row("backfill-9", "partial", "conversation"),
            row("nightly-3", "nightly", "external_contact"),
            row("nightly-3", "nightly", "conversation"),
            row("nightly-2", "nightly", "conversation"),
        ]),
    );
    for batch in ["backfill-9", "nightly-3", "nightly-2"] {
        let receipt = receipt(
            &task(batch, "genesys", "conversation", DAY),
            &format!("landing/{batch}"),
        );
        world.put(
            &format!("runs/{batch}/windows/genesys/conversation/{SLUG}.json"),
            &receipt,
        );
    }
    let input = r#"{"mode":"replay","from":"2026-01-05T00:00:00Z","to":"2026-01-06T00:00:00Z"}"#;
    let plan = world.plan(input).await.unwrap();
    assert_eq!(world.calls().await, (0, 0));
    // A window that its run went on without has landed nothing.
    let asked = world.statement("plan/ledger");
    assert!(
        asked.contains("window_ledger.mode not in ('replay', 'left_out')"),
        "{asked}"
    );
    assert!(!plan.reads_sources);
    let tasks = world.tasks(&plan.genesys_key);
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].landed, ["landing/nightly-3", "landing/backfill-9"]);
    assert!(!tasks[0].is_partial);

    let gone = World::new().await;
    gone.rows(
        "plan/ledger",
        json!([row("nightly-3", "nightly", "conversation")]),
    );
    let error = gone.plan(input).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @"run nightly-3: the receipt s3://bucket/runs/nightly-3/windows/genesys/conversation/20260105T000000Z_20260106T000000Z.json is gone (lifecycle?); these windows must be read from the source again");
    let error = World::new().await.plan(input).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @"input from and to: the ledger has no window in 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z to replay");
}

#[tokio::test]
async fn records_that_were_listed_and_never_arrived_are_asked_for_once() {
    let world = World::with_sources(COMPLETE).await;
    let listed = ["2000-01-01 00:00:00", "2026-01-18 00:00:00"];
    let row = |batch, object| ledger_row(batch, "nightly", "salesforce", object, listed);
    world.rows(
        "plan/ledger",
        json!([
            row("nightly-20260119", "account_lookup"),
            row("nightly-20260118", "account_ids")
        ]),
    );
    let ids = ["001A", "001B", "001C"].map(|id| json!([{"stringValue": id}]));
    world.rows("plan/holes salesforce_account", json!(ids));
    let window = ["2000-01-01T00:00:00Z", "2026-01-18T00:00:00Z"];
    let mut asked = task("nightly-20260119", "salesforce", "account_lookup", window);
    asked["ids"] = json!(["001B"]);
    world.put(
        "runs/nightly-20260119/windows/salesforce/account_lookup/20000101T000000Z_20260118T000000Z.json",
        &receipt(&asked, "landing/lookup"),
    );
    let plan = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(world.statements(), ["plan/ledger", "plan/holes"]);
    let tasks = world.tasks(&plan.salesforce_key);
    let lookups: Vec<_> = tasks
        .iter()
        .filter(|task| task.object.ends_with("_lookup"))
        .collect();
    assert_eq!(lookups.len(), 1);
    assert_eq!(lookups[0].object, "account_lookup");
    assert_eq!(lookups[0].ids, ["001A", "001C"]);
    assert_eq!(lookups[0].window.to_string(), window.join("/"));
    assert!(plan.notices.contains(
        &"account: 2 records that Salesforce listed have never arrived; they are asked for by their ids now".to_owned()
    ), "{:?}", plan.notices);
    // The list is two days old: no new one yet.
    assert!(!tasks.iter().any(|task| task.object == "account_ids"));
}
