//! Windows, from the request to the receipt.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use model::payload::{Extraction, Mode, WindowTask};
use model::{Classify, Kind};
use std::collections::BTreeSet;
use std::time::Duration;
use support::{Platform, World, conversations, deadline, event};

const MAIN: &str = "staging.genesys_conversation";
const CONTACT: &str = "staging.genesys_external_contact";

/// 2,500 conversations of which 100 began the day before and 60 the day after the window.
fn lake() -> Platform {
    Platform {
        conversations: conversations("2026-01-04T23:00:00Z", 2500, 36),
        available_until: Some("2026-01-06T00:00:00Z"),
        ..Platform::default()
    }
}

fn ids(world: &World, task: &WindowTask) -> BTreeSet<String> {
    let rows = world.bucket.rows(task, MAIN);
    rows.iter()
        .map(|row| row.split(',').nth(6).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_available_window_comes_through_a_job_verbatim_and_filtered() {
    let world = World::with(lake()).await;
    let task = event("day");
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    let receipt = world.bucket.receipt(&task);
    let counts = receipt.counts;
    assert_eq!(
        (receipt.extraction, receipt.is_settled),
        (Extraction::Job, false)
    );
    assert_eq!(
        (counts.received, counts.out_of_window, counts.staged),
        (2500, 100, 2400)
    );
    assert_eq!(
        (counts.api, counts.duplicates, counts.quarantined),
        (None, 0, 0)
    );
    // Availability, submit, state, three pages, delete, seven contacts in one batch.
    assert_eq!((counts.calls, world.platform.called("any")), (8, 8));
    assert_eq!(world.platform.called("delete"), 1);
    assert_eq!(ids(&world, &task).len(), 2400);
    let lines = world.bucket.rows(&task, "raw.genesys_conversation");
    assert_eq!(lines.len(), 2400);
    let payload = &world.platform.conversations[100].1;
    assert!(
        lines[0].ends_with(&format!("\"payload\":{payload}}}")),
        "{}",
        lines[0]
    );
    let contacts = world.bucket.rows(&task, CONTACT);
    assert_eq!(contacts.len(), 7);
    assert!(
        contacts[0].contains("\"003000000000001AAA\""),
        "{}",
        contacts[0]
    );
}

#[tokio::test]
async fn a_job_read_long_after_its_window_is_settled() {
    let world = World::with(lake()).await;
    let mut task = event("day");
    task.at = "2026-01-10T00:00:00Z".parse().unwrap();
    world.extractor().run(&task, deadline()).await.unwrap();
    assert!(world.bucket.receipt(&task).is_settled);
}

#[tokio::test]
async fn handing_back_after_every_page_ends_in_the_same_rows() {
    let task = event("day");
    let mut all = Vec::new();
    for keep in [Duration::ZERO, Duration::from_hours(1)] {
        let world = World::with(lake()).await;
        let extractor = world.extractor().handing_back_at(keep);
        let mut calls = 1;
        while !extractor.run(&task, deadline()).await.unwrap().done {
            calls += 1;
            assert!(calls < 20);
        }
        assert_eq!(calls > 1, !keep.is_zero());
        // A finished window is not read again.
        let before = world.platform.called("any");
        assert!(extractor.run(&task, deadline()).await.unwrap().done);
        assert_eq!(world.platform.called("any"), before);
        assert_eq!(world.platform.called("submit"), 1);
        all.push((ids(&world, &task), world.bucket.rows(&task, CONTACT).len()));
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test]
async fn a_job_that_fails_is_submitted_once_more_and_not_twice() {
    let world = World::with(Platform {
        job_states: vec!["FAILED"],
        ..lake()
    })
    .await;
    let task = event("day");
    assert!(world.extractor().run(&task, deadline()).await.unwrap().done);
    assert_eq!(world.platform.called("submit"), 2);

    let world = World::with(Platform {
        job_states: vec!["FAILED", "CANCELLED"],
        ..lake()
    })
    .await;
    let error = world.extractor().run(&task, deadline()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(world.platform.called("submit"), 2);
}

#[tokio::test]
async fn a_job_that_vanishes_between_pages_costs_nothing_but_calls() {
    let world = World::with(Platform {
        forgets_cursors: true,
        ..lake()
    })
    .await;
    let task = event("day");
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    assert!(outcome.done && outcome.counts.close());
    assert_eq!(outcome.counts.duplicates, 900);
    assert_eq!(ids(&world, &task).len(), 2400);
}

#[tokio::test]
async fn a_window_the_lake_does_not_have_is_queried_in_slices_below_the_cap() {
    let platform = Platform {
        available_until: Some("2026-01-05T23:59:59Z"),
        cap: 500,
        ..lake()
    };
    let mut world = World::with(platform).await;
    world.settings = world
        .settings
        .replace("query_result_cap = 100000", "query_result_cap = 500");
    let task = event("day");
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    let receipt = world.bucket.receipt(&task);
    assert_eq!(
        (receipt.extraction, receipt.is_settled),
        (Extraction::Query, false)
    );
    assert_eq!(
        (outcome.counts.staged, outcome.counts.api),
        (2400, Some(2400))
    );
    assert_eq!(ids(&world, &task).len(), 2400);
}

#[tokio::test]
async fn the_sources_own_cap_cuts_a_slice_too() {
    // The settings allow more than the source: its 400 is what cuts.
    let platform = Platform {
        available_until: None,
        cap: 500,
        ..lake()
    };
    let world = World::with(platform).await;
    let task = event("day");
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    assert_eq!(ids(&world, &task).len(), 2400);
}

#[tokio::test]
async fn a_query_that_answers_with_whole_days_is_left_behind_the_slice() {
    // As the vendor documents it: everything that began on a UTC day the interval touches.
    let platform = Platform {
        available_until: None,
        cap: 100_000,
        answers_by_day: true,
        ..lake()
    };
    let world = World::with(platform).await;
    let mut task = event("day");
    let hour = r#"{"start":"2026-01-05T02:00:00Z","end":"2026-01-05T03:00:00Z"}"#;
    task.window = serde_json::from_str(hour).unwrap();
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    // One conversation every 36 seconds: 200 before the hour, 100 in it, one page behind it.
    let counts = outcome.counts;
    assert_eq!(
        (counts.received, counts.staged, counts.api),
        (400, 100, None)
    );
    assert!(counts.close());
    assert_eq!(world.platform.called("query"), 4);
}

#[tokio::test]
async fn a_fault_between_two_pages_keeps_what_came_before() {
    let world = World::with(Platform {
        fails_once_at: Some(3),
        ..lake()
    })
    .await;
    let task = event("day");
    let error = world.extractor().run(&task, deadline()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled);
    assert!(world.extractor().run(&task, deadline()).await.unwrap().done);
    // One job, and no page of it read twice: the third was answered only the second time.
    assert_eq!(
        (
            world.platform.called("submit"),
            world.platform.called("results")
        ),
        (1, 4)
    );
    let counts = world.bucket.receipt(&task).counts;
    assert_eq!((counts.received, counts.duplicates), (2500, 0));
    assert_eq!(ids(&world, &task).len(), 2400);
}

#[tokio::test]
async fn a_minute_above_the_cap_is_an_error_that_says_so() {
    let platform = Platform {
        conversations: conversations("2026-01-05T10:00:00Z", 700, 0),
        cap: 500,
        ..Platform::default()
    };
    let mut world = World::with(platform).await;
    world.settings = world
        .settings
        .replace("query_result_cap = 100000", "query_result_cap = 500");
    let error = world
        .extractor()
        .run(&event("day"), deadline())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let text = step::Failure::from(error).to_string();
    assert!(
        text.contains("has more than 500 results and cannot be cut further"),
        "{text}"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_set_aside_and_the_others_go_on() {
    let mut platform = lake();
    platform.conversations[200].1 =
        r#"{"conversationId":"c-200","conversationStart":7}"#.to_owned();
    let world = World::with(platform).await;
    let task = event("day");
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    assert_eq!(
        (outcome.counts.staged, outcome.counts.quarantined),
        (2399, 1)
    );
    assert!(outcome.counts.close());
    let rows = world.bucket.rows(&task, "staging.quarantine");
    assert!(
        rows[0].contains("\"c-200\"") && rows[0].contains("conversationStart"),
        "{}",
        rows[0]
    );
    let key = world
        .bucket
        .keys("landing/")
        .into_iter()
        .find(|key| key.contains("quarantine"));
    assert!(
        world
            .bucket
            .unzipped(&key.unwrap())
            .contains(r#""conversationStart":7}"#)
    );
}

#[tokio::test]
async fn a_replay_stages_the_same_rows_without_a_call() {
    let mut platform = lake();
    platform.conversations[200].1 =
        r#"{"conversationId":"c-200","conversationStart":7}"#.to_owned();
    let world = World::with(platform).await;
    let task = event("day");
    world.extractor().run(&task, deadline()).await.unwrap();
    let calls = world.platform.called("any");

    let again = WindowTask {
        run_id: "replay-20260106t010000z".to_owned().try_into().unwrap(),
        mode: Mode::Replay,
        landed: world.bucket.keys("landing/"),
        ..task.clone()
    };
    let outcome = world.extractor().run(&again, deadline()).await.unwrap();
    assert_eq!(world.platform.called("any"), calls);
    assert_eq!(
        (outcome.counts.staged, outcome.counts.quarantined),
        (2399, 1)
    );
    assert!(outcome.counts.close(), "{outcome:?}");
    assert_eq!(world.bucket.receipt(&again).extraction, Extraction::Replay);
    // Apart from the batch, the number and the way it was read, a row is the same: extracted_at included.
    for table in [MAIN, "staging.genesys_participant", CONTACT] {
        let rows = |task| -> BTreeSet<String> {
            let rows = world.bucket.rows(task, table).into_iter();
            rows.map(|row| {
                row.splitn(3, ',')
                    .nth(2)
                    .unwrap()
                    .replace("\"job\"", "\"replay\"")
            })
            .collect()
        };
        assert_eq!(rows(&task), rows(&again), "{table}");
        assert!(!rows(&task).is_empty());
    }
}

#[tokio::test]
async fn a_listing_is_read_to_its_last_page() {
    let world = World::with(Platform::default()).await;
    let task = event("queues");
    let outcome = world.extractor().run(&task, deadline()).await.unwrap();
    assert_eq!((outcome.counts.staged, outcome.counts.api), (3, Some(3)));
    assert_eq!(
        world.bucket.receipt(&task).extraction,
        Extraction::Reference
    );
    let rows = world.bucket.rows(&task, "staging.genesys_queue");
    assert!(rows[2].contains(r#""q-3","Sales ""EU""","#), "{}", rows[2]);
}

#[tokio::test]
async fn a_refused_token_is_unauthorized() {
    let world = World::with(Platform {
        refuses_token: true,
        ..lake()
    })
    .await;
    let error = world
        .extractor()
        .run(&event("day"), deadline())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized);
    assert_eq!(world.platform.called("any"), 1);
}

#[tokio::test]
async fn bad_requests_are_refused_before_any_call() {
    let world = World::with(lake()).await;
    let mut texts = Vec::new();
    for name in ["unknown-object", "future-window", "salesforce"] {
        let error = world
            .extractor()
            .run(&event(name), deadline())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        texts.push(error.to_string());
    }
    insta::assert_snapshot!(texts.join("\n"), @r#"
    request: object = "interaction": must be conversation, queue, user, wrapup_code
    request: window.end = 2099-01-01T00:00:00Z: lies in the future (now is 2026-01-06T01:00:00Z); ask for a window that has ended
    request: source = salesforce: this function reads genesys; use extract-salesforce
    "#);
    assert_eq!(world.platform.called("any"), 0);
    assert!(world.bucket.keys("").is_empty());
}

#[test]
fn what_is_no_request_is_named_while_it_is_parsed() {
    // As `step::serve` reads it: from a value, which knows no lines.
    let read = |text| {
        let event: serde_json::Value = serde_json::from_str(text).unwrap();
        let refused = serde_json::from_value::<WindowTask>(event).unwrap_err();
        refused.to_string()
    };
    let inverted = read(include_str!(
        "../../../events/extract-genesys/inverted-window.json"
    ));
    let unknown = read(include_str!(
        "../../../events/extract-genesys/unknown-field.json"
    ));
    insta::assert_snapshot!([inverted, unknown].join("\n"), @r"
    window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z
    unknown field `windows`, expected one of `run_id`, `mode`, `source`, `object`, `window`, `window_no`, `requests_per_minute`, `max_in_flight`, `at`, `landed`
    ");
}
