//! What the ledger says of windows that were read more than once.

use crate::support::{World, ledger_row};
use crate::{COMPLETE, NIGHTLY};
use model::payload::PlanOutcome;
use serde_json::{Value, json};

/// A reading of whole days of January, for good or not.
fn reading(mode: &str, object: &str, [first, end]: [u32; 2], is_settled: bool) -> Value {
    let source = if object == "account" {
        "salesforce"
    } else {
        "genesys"
    };
    let window = [first, end].map(|day| format!("2026-01-{day:02} 00:00:00"));
    let mut row = ledger_row("earlier", mode, source, object, [&window[0], &window[1]]);
    row[6] = json!({"booleanValue": is_settled});
    row
}

/// The days a plan reads of an object of Genesys.
fn days(world: &World, plan: &PlanOutcome, object: &str) -> Vec<String> {
    let tasks = world.tasks(&plan.genesys_key).into_iter();
    let of_object = tasks.filter(|task| task.object == object);
    of_object
        .map(|task| task.window.start().to_string()[..10].to_owned())
        .collect()
}

#[tokio::test]
async fn what_a_later_reading_learned_to_be_missing_is_due_again_as_the_view_tells_it() {
    let world = World::with_sources(COMPLETE).await;
    // The newest first: what does not count as a reading, and one of other bounds, takes nothing back from a day.
    let mut rows: Vec<_> = ["intraday", "left_out", "partial", "replay"]
        .map(|mode| reading(mode, "evaluation", [15, 16], false))
        .into();
    rows.push(reading("backfill", "evaluation", [16, 18], false));
    // By force, and short: of the 9th, behind the horizon, and of the 14th. What was settled later than read short stays so.
    for object in ["evaluation", "conversation"] {
        rows.push(reading("backfill", object, [9, 10], false));
        rows.push(reading("backfill", object, [14, 15], false));
        rows.extend((8..20).map(|day| reading("nightly", object, [day, day + 1], true)));
        rows.push(reading("nightly", object, [13, 14], false));
    }
    rows.push(reading("backfill", "account", [19, 20], false));
    rows.push(reading("nightly", "account", [19, 20], true));
    world.rows("plan/ledger", json!(rows));

    let plan = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(days(&world, &plan, "evaluation"), ["2026-01-14"]);
    // Their rows stay as well.
    assert_eq!(days(&world, &plan, "conversation"), Vec::<String>::new());
    let skipped = (
        plan.estimate.settled_windows,
        plan.estimate.provisional_windows,
    );
    assert_eq!(skipped, (6 + 7, 0));
    // Salesforce goes on where it stopped, whatever a window says.
    let tasks = world.tasks(&plan.salesforce_key).into_iter();
    let accounts: Vec<_> = tasks
        .filter(|task| task.object == "account")
        .map(|task| task.window.to_string())
        .collect();
    assert_eq!(accounts, ["2000-01-01T00:00:00Z/2026-01-19T00:00:00Z"]);
    let behind = plan.notices.iter().find(|told| told.contains("behind"));
    insta::assert_snapshot!(behind.unwrap(), @"windows behind plan.horizon_days that were never read whole or are not final: evaluation 1; no nightly run will read them: start a backfill from 2026-01-09T00:00:00Z to 2026-01-10T00:00:00Z");

    // The backfill it names reads that, and nothing once it came whole.
    let backfill = |from: u32, to: u32| {
        format!(
            r#"{{"mode":"backfill","from":"2026-01-{from:02}T00:00:00Z","to":"2026-01-{to:02}T00:00:00Z"}}"#
        )
    };
    let plan = world.plan(&backfill(9, 10)).await.unwrap();
    assert_eq!(days(&world, &plan, "evaluation"), ["2026-01-09"]);
    assert_eq!(days(&world, &plan, "conversation"), Vec::<String>::new());
    rows.insert(0, reading("backfill", "evaluation", [9, 10], true));
    rows.insert(0, reading("nightly", "evaluation", [14, 15], true));
    world.rows("plan/ledger", json!(rows));
    let plan = world.plan(&backfill(8, 16)).await.unwrap();
    assert_eq!(days(&world, &plan, "evaluation"), Vec::<String>::new());
}
