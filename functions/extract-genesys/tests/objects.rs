//! What stands beside the conversations, against the strict fake and the truth of its world.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::{Fault, Kind as FaultKind};
use fakes::genesys::Options;
use fakes::world::QualityKind;
use jiff::Timestamp;
use model::payload::{Extraction, WindowTask};
use model::{Classify, Kind};
use source_http::Repeat;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::aside;
use support::seeded::{Fake, seeded, unlimited, world};
use support::{Platform, World, day_of, deadline, event, finish, table};

type Row = BTreeMap<String, String>;

fn sum(rows: &[Row], column: &str, keep: impl Fn(&Row) -> bool) -> i64 {
    let kept = rows.iter().filter(|row| keep(row));
    kept.map(|row| row[column].parse::<i64>().unwrap_or(0))
        .sum()
}

fn instant(text: &str) -> Timestamp {
    format!("{}Z", text.replace(' ', "T")).parse().unwrap()
}

#[tokio::test]
async fn evaluations_and_surveys_come_in_the_window_in_which_they_happen() {
    let seeded = world(7, 2500);
    for (object, kind) in [
        ("evaluation", QualityKind::Evaluation),
        ("survey", QualityKind::Survey),
    ] {
        let task = day_of(object);
        let fake = Fake::start(seeded.clone(), unlimited()).await;
        fake.server.control().set_now(Some(deadline().now()));
        let outcome = fake.read(&task).await;
        let world = fake.stop().await;
        let events = seeded.quality_events(task.window.start(), task.window.end());
        let events: Vec<_> = events.into_iter().filter(|it| it.kind == kind).collect();
        assert!(events.iter().any(|event| event.is_late));
        let rows = table(&world, &task, &format!("staging.genesys_{object}_update"));
        let ids = |column: &str| -> BTreeSet<String> {
            rows.iter().map(|row| row[column].clone()).collect()
        };
        let conversations = ids("conversation_id");
        let named: BTreeSet<_> = events.iter().map(|it| it.conversation_id.clone()).collect();
        assert_eq!(conversations, named, "{object}");
        let found = ids(&format!("{object}_id"));
        assert!(events.iter().all(|event| found.contains(&event.id)));
        for event in &events {
            let row = rows
                .iter()
                .find(|row| row[&format!("{object}_id")] == event.id);
            let score = event
                .score
                .map_or("\\N".to_owned(), |score| score.to_string());
            assert_eq!(row.unwrap()["total_score"], score);
        }
        // The source counts what happened; other evaluations of the same conversations come along.
        assert_eq!(outcome.counts.api, Some(events.len() as u64));
        assert!(outcome.counts.received >= events.len() as u64);
        let receipt = world.bucket.receipt(&task);
        assert_eq!(receipt.extraction, Extraction::Lookup);
        assert_eq!(
            world.bucket.rows(&task, "raw.genesys_record").len(),
            rows.len()
        );
    }
}

#[tokio::test]
async fn what_queues_count_is_what_the_records_say() {
    // As many as there are before the first record that cannot be stored.
    let fake = Fake::start(world(1, 61), unlimited()).await;
    let (day, task) = (event("day"), day_of("queue_aggregate"));
    fake.read(&day).await;
    let outcome = fake.read(&task).await;
    let world = fake.stop().await;
    let rows = table(&world, &task, "staging.genesys_queue_aggregate");
    assert!(outcome.counts.staged > 0 && rows.len() as u64 > outcome.counts.staged);
    let metrics = table(&world, &day, "staging.genesys_metric");
    for (metric, column) in [
        ("nOffered", "metric_count"),
        ("tHandle", "metric_sum"),
        ("tAbandon", "metric_sum"),
    ] {
        let counted = sum(&rows, column, |row| row["metric"] == metric);
        let said = sum(&metrics, "metric_value", |row| {
            row["metric_name"] == metric && task.window.contains(instant(&row["emit_date"]))
        });
        assert_eq!(counted, said, "{metric}");
        assert!(counted > 0);
    }
    for row in &rows {
        let (start, end) = (instant(&row["bucket_start"]), instant(&row["bucket_end"]));
        assert_eq!(end.duration_since(start).as_mins(), 30);
        assert!(task.window.contains(start));
    }
    assert_eq!(
        world.bucket.receipt(&task).extraction,
        Extraction::Aggregate
    );
}

#[tokio::test]
async fn aggregates_that_are_too_much_at_once_come_in_parts_and_say_the_same() {
    let task = day_of("user_aggregate");
    let rows_of = async |points| {
        let options = Options {
            aggregate_points: points,
            ..unlimited()
        };
        let fake = Fake::start(seeded(), options).await;
        fake.read(&task).await;
        let world = fake.stop().await;
        let rows = table(&world, &task, "staging.genesys_user_aggregate");
        let rows = rows.into_iter().map(|mut row| {
            row.remove("record_no");
            row.remove("extracted_at");
            row
        });
        (
            rows.collect::<BTreeSet<_>>(),
            world.bucket.receipt(&task).counts,
        )
    };
    let (whole, counts) = rows_of(100_000).await;
    assert!(!whole.is_empty() && counts.calls == 1);
    assert!(whole.iter().any(|row| row["qualifier"] == "INTERACTING"));
    let (parts, counts) = rows_of(2000).await;
    assert!(counts.calls > 2 && counts.close());
    assert_eq!(parts, whole);
}

#[tokio::test]
async fn adherence_comes_for_every_agent_of_every_unit() {
    let task = day_of("adherence");
    let fake = Fake::start(seeded(), unlimited()).await;
    let outcome = fake.read(&task).await;
    let world = fake.stop().await;
    let rows = table(&world, &task, "staging.genesys_adherence");
    let units: BTreeSet<_> = rows.iter().map(|row| &row["management_unit_id"]).collect();
    assert_eq!(units.len(), seeded().management_units().len());
    let users: BTreeSet<_> = rows.iter().map(|row| &row["user_id"]).collect();
    // More than one file of each unit; nobody belongs to two.
    assert!(users.len() > 25 && rows.len() <= usize::try_from(outcome.counts.staged).unwrap());
    assert!(
        rows.iter()
            .all(|row| task.window.contains(instant(&row["day_start"])))
    );
    assert!(sum(&rows, "adherence_schedule_seconds", |_| true) > 0);
    assert_eq!(world.bucket.receipt(&task).extraction, Extraction::Job);
}

#[tokio::test]
async fn days_of_adherence_are_those_of_the_business_zone_and_lose_nothing() {
    let task = day_of("adherence");
    let rows_in = async |zone: &str| {
        let mut fake = Fake::start(seeded(), unlimited()).await;
        let utc = "business_time_zone = \"UTC\"";
        assert!(fake.world.settings.contains(utc));
        let zone = format!("business_time_zone = \"{zone}\"");
        fake.world.settings = fake.world.settings.replace(utc, &zone);
        fake.read(&task).await;
        table(&fake.stop().await, &task, "staging.genesys_adherence")
    };
    let (whole, parts) = (rows_in("UTC").await, rows_in("Asia/Kolkata").await);
    let starts = |rows: &[Row]| -> BTreeSet<String> {
        rows.iter().map(|row| row["day_start"].clone()).collect()
    };
    let midnight = "2026-01-05 18:30:00";
    assert_eq!(starts(&whole), ["2026-01-05 00:00:00".to_owned()].into());
    assert_eq!(
        starts(&parts),
        ["2026-01-05 00:00:00".to_owned(), midnight.to_owned()].into()
    );
    for column in [
        "adherence_schedule_seconds",
        "exception_duration_seconds",
        "conformance_schedule_seconds",
        "conformance_actual_seconds",
    ] {
        assert_eq!(sum(&parts, column, |_| true), sum(&whole, column, |_| true));
        // Shifts are of the unit's own zone, and some of them last beyond midnight in India.
        assert!(
            sum(&parts, column, |row| row["day_start"] == midnight) > 0,
            "{column}"
        );
    }
}

#[tokio::test]
async fn an_adherence_job_that_fails_is_submitted_once_more_and_not_twice() {
    let task = day_of("adherence");
    let submits = "adherence/historical/bulk";
    let fake = Fake::start(seeded(), unlimited()).await;
    let faults = &fake.server.control().faults;
    faults.add(Fault::new(submits, FaultKind::FailJob, 1));
    assert!(fake.read(&task).await.done);
    let fake = Fake::start(seeded(), unlimited()).await;
    // Each unit is tried once more behind the others.
    let faults = &fake.server.control().faults;
    faults.add(Fault::new(submits, FaultKind::FailJob, u64::MAX));
    let failed = Box::pin(fake.world.extractor().run(&task, deadline())).await;
    assert_eq!(failed.unwrap_err().kind(), Kind::Transient);
    let submitted = &fake.server.control().requests.counts().by_path;
    let path = format!("POST /api/v2/workforcemanagement/{submits}");
    let units = seeded().management_units().len() as u64;
    assert_eq!(submitted[&path], units + 1);
    fake.stop().await;
}

#[tokio::test]
async fn an_adherence_job_outlives_the_invocation_that_submitted_it() {
    let task = day_of("adherence");
    let options = Options {
        job_polls: 3,
        ..unlimited()
    };
    let mut fake = Fake::start(seeded(), options).await;
    let unit = seeded().management_units()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    fake.world.settings = fake.world.settings.replace(
        "management_units = []",
        &format!("management_units = [{unit:?}]"),
    );
    let extractor = fake
        .world
        .extractor()
        .handing_back_at(Duration::from_hours(1));
    assert!(finish(&extractor, &task, 10).await > 2);
    let requests = fake.server.control().requests.counts();
    assert_eq!(
        requests.by_path["POST /api/v2/workforcemanagement/adherence/historical/bulk"],
        1
    );
    let rows = table(&fake.world, &task, "staging.genesys_adherence");
    assert!(!rows.is_empty() && rows.iter().all(|row| row["management_unit_id"] == unit));
    fake.stop().await;
}

#[tokio::test]
async fn attributes_come_before_the_job_has_them() {
    let fake = Fake::start(seeded(), unlimited()).await;
    let (day, mut task) = (event("day"), day_of("conversation_attribute"));
    let hour = r#"{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T11:00:00Z"}"#;
    task.window = serde_json::from_str(hour).unwrap();
    fake.read(&day).await;
    let outcome = fake.read(&task).await;
    let world = fake.stop().await;
    let expected = seeded().expected(task.window.start(), task.window.end());
    assert!(expected.conversations > 10 && expected.conversations < 200);
    let counts = outcome.counts;
    assert_eq!(counts.landed, expected.conversations as u64);
    let asked: BTreeSet<String> = world
        .bucket
        .rows(&task, "raw.genesys_record")
        .iter()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["natural_id"].as_str().unwrap().to_owned()
        })
        .collect();
    let of = |task, name: &str| -> BTreeSet<Vec<String>> {
        let rows = table(&world, task, name).into_iter();
        rows.filter(|row| asked.contains(&row["conversation_id"]))
            .map(|row| {
                ["conversation_id", "attribute_name", "attribute_value"]
                    .map(|name| row[name].clone())
                    .to_vec()
            })
            .collect()
    };
    let live = of(&task, "staging.genesys_conversation_attribute");
    assert_eq!(live, of(&day, "staging.genesys_attribute"));
    assert!(!live.is_empty());
}

#[tokio::test]
async fn no_more_attributes_are_asked_for_than_the_settings_allow() {
    let mut fake = Fake::start(seeded(), unlimited()).await;
    let text = "live_attributes_per_window = 200";
    fake.world.settings = fake
        .world
        .settings
        .replace(text, "live_attributes_per_window = 7");
    let outcome = fake.read(&day_of("conversation_attribute")).await;
    assert_eq!((outcome.done, outcome.counts.landed), (true, 7));
    fake.stop().await;
}

#[tokio::test]
async fn attributes_behind_the_cap_of_the_query_wait_for_the_job_and_fail_nothing() {
    let mut fake = Fake::start(seeded(), unlimited()).await;
    fake.world.settings = fake
        .world
        .settings
        .replace("query_page_size = 100", "query_page_size = 10")
        .replace("query_result_cap = 100000", "query_result_cap = 20");
    let outcome = fake.read(&day_of("conversation_attribute")).await;
    assert_eq!((outcome.done, outcome.counts.landed), (true, 20));
    fake.stop().await;
}

#[tokio::test]
async fn aggregates_larger_than_a_body_may_be_come_in_parts() {
    let (fake, task) = (
        Fake::start(seeded(), unlimited()).await,
        day_of("user_aggregate"),
    );
    let repeat = Repeat {
        max_body_bytes: 100_000,
        ..Repeat::default()
    };
    let extractor = fake.world.extractor().repeating(repeat);
    let counts = Box::pin(extractor.run(&task, deadline()))
        .await
        .unwrap()
        .counts;
    assert!(
        counts.landed > 0 && counts.calls > 2 && counts.close(),
        "{counts:?}"
    );
    // One that never comes whole: its halves do.
    let fault = Fault::new("/aggregates/query", FaultKind::Truncate, 4);
    fake.server.control().faults.add(fault);
    let counts = aside::read(&fake, &aside::run(&task, "cut-off")).await;
    assert_eq!(counts.unwrap().calls, 4 + 2);
    fake.stop().await;
}

#[tokio::test]
async fn an_organisation_without_management_units_has_an_empty_window() {
    let world = World::with(Platform::default()).await;
    let outcome = world
        .extractor()
        .run(&day_of("adherence"), deadline())
        .await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.done, outcome.counts.received), (true, 0));
}

#[tokio::test]
async fn a_missing_permission_is_named_with_the_way_to_do_without() {
    let world = World::with(Platform {
        forbids: Some("/api/v2/"),
        ..Platform::default()
    })
    .await;
    let mut texts = Vec::new();
    for object in ["adherence", "evaluation", "queue", "conversation"] {
        let error = world
            .extractor()
            .run(&day_of(object), deadline())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        texts.push(error.to_string());
    }
    insta::assert_snapshot!(texts.join("\n"), @r#"
    reading adherence of window 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z: the OAuth client is not permitted; its role needs wfm:historicalAdherence:view; to do without, take "adherence" out of objects under [genesys] in tributary.toml
    reading evaluation of window 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z: the OAuth client is not permitted; its role needs analytics:evaluationAggregate:view and analytics:conversationDetail:view; to do without, take "evaluation" out of objects under [genesys] in tributary.toml
    reading queue of window 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z: the OAuth client is not permitted; its role needs routing:queue:view
    reading conversation of window 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z: the OAuth client is not permitted; its role needs analytics:conversationDetail:view and externalContacts:contact:view
    "#);
}

#[tokio::test]
async fn a_filter_keeps_what_it_says_by_job_by_query_and_in_aggregates() {
    let queue = seeded().queues()[0]["id"].as_str().unwrap().to_owned();
    let day = event("day");
    let of_queue = |world: &World, task: &WindowTask| -> BTreeSet<String> {
        let rows = table(world, task, "staging.genesys_segment").into_iter();
        rows.filter(|row| row["queue_id"] == queue)
            .map(|row| row["conversation_id"].clone())
            .collect()
    };
    let staged = |world: &World, task: &WindowTask| -> BTreeSet<String> {
        let rows = table(world, task, "staging.genesys_conversation").into_iter();
        rows.map(|row| row["conversation_id"].clone()).collect()
    };
    let fake = Fake::start(seeded(), unlimited()).await;
    fake.read(&day).await;
    let world = fake.stop().await;
    let wanted = of_queue(&world, &day);
    assert!(!wanted.is_empty() && wanted.len() < staged(&world, &day).len());
    let filter = format!(r#"{{"queue_ids":[{queue:?}]}}"#);
    for (availability, is_partial) in [(None, true), (Some(day.window.start()), false)] {
        let options = Options {
            availability,
            ..unlimited()
        };
        let mut fake = Fake::start(seeded(), options).await;
        let mut tasks = [day.clone(), day_of("queue_aggregate")];
        for task in &mut tasks {
            if is_partial {
                task.filter = Some(serde_json::from_str(&filter).unwrap());
                task.is_partial = true;
            } else {
                let settings = fake
                    .world
                    .settings
                    .replace("queue_ids = []", &format!("queue_ids = [{queue:?}]"));
                fake.world.settings = settings;
            }
        }
        for task in &tasks {
            fake.read(task).await;
        }
        let world = fake.stop().await;
        assert_eq!(staged(&world, &tasks[0]), wanted);
        let rows = table(&world, &tasks[1], "staging.genesys_queue_aggregate");
        assert!(!rows.is_empty() && rows.iter().all(|row| row["queue_id"] == queue));
    }
}
