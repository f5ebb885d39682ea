//! What has never been read of Salesforce: counted, cut into slices, spread over nights.

use crate::support::{World, ledger_row};
use crate::{COMPLETE, NIGHTLY, chain};
use model::payload::{PlanOutcome, WindowTask};
use model::{Classify, Kind};
use serde_json::{Value, json};
use std::time::Duration;

const BEGIN: &str = "2000-01-01T00:00:00Z";
const MIDNIGHT: &str = "2026-01-20T00:00:00Z";
/// Two years of work.
const SPREAD: [&str; 2] = ["2024-01-20T00:00:00Z", MIDNIGHT];

/// 5,000 accounts, of which a slice holds 1,000.
async fn world() -> World {
    let world = World::with_sources(COMPLETE).await;
    world.edit("first_load_records = 1000000", "first_load_records = 1000");
    world.records("Account", 5_000, SPREAD);
    world
}

fn of(world: &World, plan: &PlanOutcome, object: &str) -> Vec<WindowTask> {
    let mut tasks = world.tasks(&plan.salesforce_key);
    tasks.retain(|task| task.object == object);
    tasks
}

fn row(object: &str, start: &str, end: &str) -> Value {
    let stored = |at: &str| at.replace('T', " ").replace('Z', "");
    let window = [stored(start), stored(end)];
    let window = [window[0].as_str(), window[1].as_str()];
    ledger_row("nightly-20260119", "nightly", "salesforce", object, window)
}

#[tokio::test]
async fn a_large_first_load_is_cut_into_windows_the_newest_first_and_each_may_fail_alone() {
    let world = world().await;
    let plan = world.plan(NIGHTLY).await.unwrap();
    let accounts = of(&world, &plan, "account");
    assert!((5..=10).contains(&accounts.len()), "{accounts:#?}");
    assert!(accounts.iter().all(|task| task.fails_alone));
    let bounds: Vec<_> = accounts.iter().map(|task| task.window).collect();
    assert!(bounds.windows(2).all(|two| two[0].start() == two[1].end()));
    assert_eq!(bounds[0].end().to_string(), MIDNIGHT);
    assert_eq!(bounds.last().unwrap().start().to_string(), BEGIN);
    // What every day brings comes first; the slices are the last that is read.
    let all = world.tasks(&plan.salesforce_key);
    assert!(
        all[all.len() - accounts.len()..]
            .iter()
            .all(|task| task.object == "account")
    );
    let contacts = of(&world, &plan, "contact");
    assert_eq!((contacts.len(), contacts[0].fails_alone), (1, false));
    // A list made now would name all that later nights read.
    assert_eq!(of(&world, &plan, "account_ids").len(), 0);
    assert_eq!(of(&world, &plan, "contact_ids").len(), 1);
    // All of it is read: there is nothing to be told.
    assert_eq!(plan.notices, Vec::<String>::new());
    // Each slice a count and a page; as much for the other objects and the lists of three of them.
    let slices = accounts.len() as u64;
    assert_eq!(
        plan.estimate.salesforce_calls,
        slices * 2 + 8 * 2 + 3 * 2 + 1
    );
    assert!(plan.estimate.bytes >= 5_000 * 1_200);
}

#[tokio::test]
async fn the_next_night_reads_what_is_missing_and_counts_nothing_else() {
    let world = world().await;
    let objects =
        ["contact", "case", "opportunity", "user"].map(|object| row(object, BEGIN, MIDNIGHT));
    let histories = ["account", "contact", "case", "opportunity"]
        .map(|object| row(&format!("{object}_history"), BEGIN, MIDNIGHT));
    let mut rows: Vec<_> = objects.into_iter().chain(histories).collect();
    rows.push(row(
        "account",
        "2025-06-01T00:00:00Z",
        "2026-01-19T00:00:00Z",
    ));
    rows.push(row("contact_ids", BEGIN, "2026-01-19T00:00:00Z"));
    rows.push(row("account_ids", BEGIN, "2026-01-19T00:00:00Z"));
    world.rows("plan/ledger", json!(rows));
    let plan = world.plan(NIGHTLY).await.unwrap();
    let accounts = of(&world, &plan, "account");
    // Yesterday first, and without it there is no run.
    assert_eq!(
        accounts[0].window.start().to_string(),
        "2026-01-19T00:00:00Z"
    );
    assert!(!accounts[0].fails_alone);
    assert_eq!(accounts[1].window.end().to_string(), "2025-06-01T00:00:00Z");
    assert_eq!(accounts.last().unwrap().window.start().to_string(), BEGIN);
    assert!(accounts.len() > 4 && accounts[1..].iter().all(|task| task.fails_alone));
    assert_eq!(of(&world, &plan, "contact").len(), 0);
    // Holes are looked for where the first load is complete.
    assert_eq!(world.statements(), ["plan/ledger", "plan/holes"]);
    let holes = world.statement("plan/holes");
    assert!(holes.contains("salesforce_contact"));
    // What was refused by its content has come; what could not be had is asked for again.
    assert!(holes.contains("refused.reason <> 'unavailable'"));
}

#[tokio::test]
async fn slices_the_day_has_no_calls_for_are_left_to_later_nights() {
    let world = world().await;
    // 12,000 may be used: room for what is small, and for two slices.
    let small = 8 * 2 + 3 * 2 + 1;
    world.crm(|crm| crm.used = Some(12_000 - small - 5));
    let plan = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(of(&world, &plan, "account").len(), 2);
    assert_eq!(plan.estimate.salesforce_calls, small + 4);
    insta::assert_snapshot!(plan.notices[0], @"left to later nights, because the day's share of Salesforce calls has no room for them (salesforce.daily_share_percent = 80): account 7 slices with 3983 records; of account 5000 records of 2000-01-01T00:00:00Z to 2026-01-20T00:00:00Z in 9 slices, of which the newest are read first. No list of an object's ids is made before its last slice has been read");
    assert_eq!(plan.notices.len(), 1, "{:?}", plan.notices);
    // Written down for the ledger, under numbers of their own, up to where the slices begin that are read.
    let put_off = world.tasks("runs/nightly-20260120/plan/put_off.json");
    assert_eq!(put_off.len(), 1);
    assert_eq!(
        (&*put_off[0].object, put_off[0].window.start().to_string()),
        ("account", BEGIN.to_owned())
    );
    assert_eq!(u64::from(put_off[0].window_no), plan.salesforce_windows + 1);
    let reads_from = of(&world, &plan, "account")
        .iter()
        .map(|task| task.window.start())
        .min();
    assert_eq!(Some(put_off[0].window.end()), reads_from);

    // An attempt that was cut off before it wrote them down: the next one has room for everything and reads what is there.
    for name in ["plan.json", "plan/put_off.json"] {
        world.remove(&format!("runs/nightly-20260120/{name}"));
    }
    world.crm(|crm| crm.used = Some(1));
    let resumed = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(resumed.salesforce_windows, plan.salesforce_windows);
    assert_eq!(
        world.tasks("runs/nightly-20260120/plan/put_off.json"),
        put_off
    );

    // By force they were all read before: nobody would read the rest another night.
    let forced = world
        .plan(r#"{"mode":"nightly","force":true}"#)
        .await
        .unwrap();
    let accounts = of(&world, &forced, "account");
    assert!(accounts.len() > 4 && accounts.iter().all(|task| !task.fails_alone));
    assert_eq!(of(&world, &forced, "account_ids").len(), 1);
}

#[tokio::test]
async fn an_object_of_which_not_even_the_newest_slice_has_room_is_told_and_comes_first_the_next_night()
 {
    let world = world().await;
    world.records("User", 3_000, SPREAD);
    let small = 7 * 2 + 3 * 2 + 1;
    world.crm(|crm| crm.used = Some(12_000 - small - 2));
    let plan = world.plan(NIGHTLY).await.unwrap();
    let read = |plan: &PlanOutcome| ["account", "user"].map(|name| of(&world, plan, name).len());
    assert_eq!(read(&plan), [1, 0]);
    insta::assert_snapshot!(plan.notices[0], @"Salesforce user: nothing has ever been read, and the day's share of calls has no room for even the newest slice; until it is there, interactions lack what hangs on it. Salesforce has counted 11977 of 15000 API calls of the last 24 hours, the rest of this run needs about 23, and salesforce.daily_share_percent = 80 stops at 12000: raise the share, or wait, the next night reads it first");
    insta::assert_snapshot!(plan.notices[1], @"left to later nights, because the day's share of Salesforce calls has no room for them (salesforce.daily_share_percent = 80): account 8 slices with 4491 records, user 5 slices with 3000 records; of account 5000 records of 2000-01-01T00:00:00Z to 2026-01-20T00:00:00Z in 9 slices, user 3000 records of 2000-01-01T00:00:00Z to 2026-01-20T00:00:00Z in 5 slices, of which the newest are read first. No list of an object's ids is made before its last slice has been read");

    // The night after has as few calls, and something of accounts: what is left of them waits.
    let objects = ["contact", "case", "opportunity"].map(|name| row(name, BEGIN, MIDNIGHT));
    let histories = ["account", "contact", "case", "opportunity"]
        .map(|name| row(&format!("{name}_history"), BEGIN, MIDNIGHT));
    let mut rows: Vec<_> = objects.into_iter().chain(histories).collect();
    rows.push(row("account", "2025-06-01T00:00:00Z", MIDNIGHT));
    world.rows("plan/ledger", json!(rows));
    world.remove("runs/nightly-20260120/plan.json");
    for source in ["genesys", "salesforce"] {
        world.remove(&format!("runs/nightly-20260120/plan/{source}.json"));
    }
    let lists = 3 * 2 + 1;
    world.crm(|crm| crm.used = Some(12_000 - lists - 2));
    let plan = world.plan(NIGHTLY).await.unwrap();
    assert_eq!(read(&plan), [0, 1]);
    assert!(
        !plan
            .notices
            .iter()
            .any(|notice| notice.contains("nothing has ever"))
    );
}

#[tokio::test]
async fn what_no_night_would_find_is_neither_put_off_nor_left_out() {
    let world = world().await;
    world.edit(
        "initial_start = \"2000-01-01T00:00:00Z\"",
        "initial_start = \"2026-01-01T00:00:00Z\"",
    );
    let rows = ["account", "contact", "case", "opportunity", "user"]
        .map(|object| row(object, "2026-01-01T00:00:00Z", "2026-01-19T00:00:00Z"));
    world.rows("plan/ledger", json!(rows));
    // Room for what is small, and for one slice.
    world.crm(|crm| crm.used = Some(12_000 - 8 * 2 - 3));
    let backfill =
        r#"{"mode":"backfill","from":"2025-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}"#;
    let plan = world.plan(backfill).await.unwrap();
    let accounts = of(&world, &plan, "account");
    assert!(accounts.len() > 2 && accounts.iter().all(|task| !task.fails_alone));
    let put_off = "runs/backfill-";
    assert!(
        !world
            .keys()
            .iter()
            .any(|key| key.starts_with(put_off) && key.contains("put_off"))
    );
}

#[tokio::test]
async fn what_is_left_of_a_first_load_is_counted_however_short_it_is() {
    let world = world().await;
    // A migration has written all of it within three days, and of those the last has been read.
    let migration = ["2026-01-10T00:00:00Z", "2026-01-13T00:00:00Z"];
    world.records("Account", 5_000, migration);
    let read = [
        row("account", BEGIN, "2026-01-09T00:00:00Z"),
        row("account", "2026-01-12T00:00:00Z", "2026-01-19T00:00:00Z"),
    ];
    world.rows("plan/ledger", json!(read));
    let plan = world.plan(NIGHTLY).await.unwrap();
    let accounts = of(&world, &plan, "account");
    assert!(!accounts[0].fails_alone, "yesterday is no hole");
    assert!(accounts.len() > 3 && accounts[1..].iter().all(|task| task.fails_alone));
    assert_eq!(of(&world, &plan, "account_ids").len(), 0);
}

#[tokio::test]
async fn without_any_call_left_a_first_load_waits() {
    let world = world().await;
    for (sobject, fields) in crate::fields::FIELDS {
        world.describe_at(sobject, fields, 12_000).await;
    }
    // Nothing of accounts is there: there is nothing to run for.
    let error = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled);
    insta::assert_snapshot!(chain(&error), @"before the first load of account: Salesforce has counted 12000 of 15000 API calls of the last 24 hours and settings salesforce.daily_share_percent = 80 stops there; wait, or raise the share");
    let mut rows = Vec::new();
    for object in ["account", "contact", "case", "opportunity", "user"] {
        rows.push(row(object, "2025-06-01T00:00:00Z", "2026-01-19T00:00:00Z"));
    }
    // A history can wait, even when nothing of it is there.
    for object in ["account", "contact", "opportunity"] {
        rows.push(row(
            &format!("{object}_history"),
            BEGIN,
            "2026-01-19T00:00:00Z",
        ));
    }
    world.rows("plan/ledger", json!(rows));
    let plan = world.plan(NIGHTLY).await.unwrap();
    let accounts = of(&world, &plan, "account");
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        accounts[0].window.start().to_string(),
        "2026-01-19T00:00:00Z"
    );
    insta::assert_snapshot!(plan.notices[0], @"never read and left to another night: account of 2000-01-01T00:00:00Z/2025-06-01T00:00:00Z, contact of 2000-01-01T00:00:00Z/2025-06-01T00:00:00Z, case of 2000-01-01T00:00:00Z/2025-06-01T00:00:00Z, opportunity of 2000-01-01T00:00:00Z/2025-06-01T00:00:00Z, user of 2000-01-01T00:00:00Z/2025-06-01T00:00:00Z, case_history of 2000-01-01T00:00:00Z/2026-01-20T00:00:00Z: Salesforce has counted 12000 of 15000 API calls of the last 24 hours and settings salesforce.daily_share_percent = 80 stops there; wait, or raise the share");
    let put_off = |notice: &&String| notice.contains("left to another night");
    assert_eq!(plan.notices.iter().filter(put_off).count(), 1);
    // Before salesforce.initial_start no night looks: a backfill reads that or fails.
    let early = r#"{"mode":"backfill","from":"1999-01-01T00:00:00Z","to":"1999-02-01T00:00:00Z"}"#;
    let error = world.plan(early).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled);
}

#[tokio::test]
async fn what_cannot_be_counted_is_cut_by_time_or_left_to_the_extractor() {
    let world = world().await;
    world.crm(|crm| {
        crm.patience = Some(("Account".to_owned(), Duration::from_hours(400 * 24)));
        crm.refused = Some("Case".to_owned());
    });
    let plan = world.plan(NIGHTLY).await.unwrap();
    let accounts = of(&world, &plan, "account");
    assert!((5..=12).contains(&accounts.len()), "{accounts:#?}");
    // A refused count of one object is that object's trouble: its own window will say so.
    assert_eq!(of(&world, &plan, "case").len(), 1);
    insta::assert_snapshot!(plan.notices[0], @"case: Salesforce does not say how many records there are (GET /services/data/v66.0/queryAll: 400: as Salesforce says it (code INVALID_FIELD)); 2000-01-01T00:00:00Z/2026-01-20T00:00:00Z is read as one window, whatever it holds");
    // Nine descriptions, nine first counts, and no more than a plan may ask.
    let (_, calls) = world.calls().await;
    assert!(calls <= 9 + 9 + 150, "{calls}");
}

#[tokio::test]
async fn an_intraday_run_begins_no_first_load() {
    let world = world().await;
    let plan = world.plan(r#"{"mode":"intraday"}"#).await.unwrap();
    assert_eq!(plan.salesforce_windows, 0);
    assert!(plan.genesys_windows > 0);
    assert_eq!(world.calls().await, (2, crate::FIELDS.len()));
    insta::assert_snapshot!(plan.notices.join("\n"), @"no nightly run and no backfill has read anything yet: this run shows the conversations of the last 3 hours, as yet without customers, cases and owners, since Salesforce has not been read; mode nightly reads Salesforce from salesforce.initial_start and conversations of the last 7 days, mode backfill what lies before");
}
