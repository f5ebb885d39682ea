//! Settings that decide what is read, changed between two runs.

use crate::support::{World, ledger_row};
use crate::{COMPLETE, NIGHTLY, chain};
use model::{Classify, Kind};
use serde_json::{Value, json};

const FORCED: &str = r#"{"mode":"nightly","force":true,"at":"2026-01-20T02:14:00Z"}"#;

fn read(object: &str) -> Value {
    let window = ["2000-01-01 00:00:00", "2026-01-19 00:00:00"];
    ledger_row("nightly-20260119", "nightly", "salesforce", object, window)
}

#[tokio::test]
async fn a_changed_reading_is_told_by_the_first_run_however_often_it_is_planned_and_by_no_other() {
    let world = World::with_sources(COMPLETE).await;
    world.rows("plan/ledger", json!([read("account"), read("case")]));
    world.rows(
        "plan/begins",
        json!([[{"stringValue": "2025-11-03 00:00:00"}]]),
    );
    world.plan(FORCED).await.unwrap();
    world.edit("media_types = []", "media_types = [\"voice\"]");
    world.edit("case_origin = \"Origin\"\n", "");
    world.edit(
        "sobject = \"Account\"\nextra = []",
        "sobject = \"Account\"\nextra = [\"Phone\"]",
    );
    let notices = |notices: Vec<String>| -> Vec<String> {
        let about = |notice: &String| notice.starts_with("settings ");
        notices.into_iter().filter(about).collect()
    };
    let first = world.plan(NIGHTLY).await.unwrap();
    let told = notices(first.notices.clone());
    insta::assert_snapshot!(told.join("\n"), @r#"
    settings tributary.toml: genesys.filter was {} and is {"media_types":["voice"]}: it applies to what is read from now on, and in windows read before conversations and queue aggregates keep what the old filter let through; to read them anew start {"mode":"backfill","from":"2025-11-03T00:00:00Z","to":"2026-01-20T00:00:00Z","force":true}, or one that begins later
    settings tributary.toml: salesforce.objects.account.extra.Phone = "Phone" is new: rows read before have null in what is new; account is read anew, with every other object of Salesforce, by {"mode":"nightly","force":true,"at":"2026-01-20T02:15:00Z"}, which costs a first load
    settings tributary.toml: salesforce.objects.case.columns.case_origin = "Origin" is gone: rows read before keep what is gone until their record changes
    "#);
    // Handed back as it is …
    assert_eq!(world.plan(NIGHTLY).await.unwrap(), first);
    // … and made again after it was cut off before its end.
    world.remove("runs/nightly-20260120/plan.json");
    assert_eq!(notices(world.plan(NIGHTLY).await.unwrap().notices), told);
    let next = world.plan(r#"{"mode":"intraday"}"#).await.unwrap();
    assert_eq!(notices(next.notices), Vec::<String>::new());
    let kept = world.object("state/reading.json");
    assert_eq!(kept["run_id"], "nightly-20260120");
    assert_eq!(
        kept["now"]["genesys.filter"]["media_types"],
        json!(["voice"])
    );
}

#[tokio::test]
async fn the_first_run_and_one_that_reads_through_a_filter_have_nothing_to_compare() {
    let world = World::with_sources(COMPLETE).await;
    let filtered = r#"{"mode":"backfill","from":"2026-01-05T00:00:00Z","to":"2026-01-07T00:00:00Z","filter":{"media_types":["voice"]}}"#;
    world.plan(filtered).await.unwrap();
    assert!(!world.keys().contains(&"state/reading.json".to_owned()));
    let plan = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(plan.notices, Vec::<String>::new());
    assert!(world.keys().contains(&"state/reading.json".to_owned()));
}

#[tokio::test]
async fn a_broken_report_file_is_refused_before_anything_is_asked() {
    let world = World::with_sources(COMPLETE).await;
    world.report("broken.toml", "view = \"mart.x\"\nlines = 3\n");
    // With everything else that is wrong in the folder.
    world.edit("max_in_flight = 4\n", "max_in_flight = 2\n");
    world.edit("customer_tier = ", "customer_teir = ");
    let refusal = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(refusal.kind(), Kind::Invalid);
    let text = chain(&refusal);
    for part in [
        "reports/broken.toml",
        "lines",
        "salesforce.max_in_flight = 2",
        "columns.customer_teir",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(world.calls().await, (0, 0));
}
