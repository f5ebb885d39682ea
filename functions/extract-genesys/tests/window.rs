//! Windows, from the request to the receipt.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use model::payload::{Extraction, Mode};
use model::{Classify, Kind};
use std::time::Duration;
use support::{CONTACT, Platform, World, deadline, event, failed_day, ids, lake, landed_day};

#[tokio::test]
async fn an_available_window_comes_through_a_job_verbatim_and_filtered() {
    let (world, task, receipt) = landed_day(lake()).await;
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
    // Availability, submit, state, three pages, delete; and beside them seven contacts in one batch.
    let beside = &receipt.beside[0];
    assert_eq!(
        (
            counts.calls,
            beside.counts.calls,
            world.platform.called("any")
        ),
        (7, 1, 8)
    );
    assert_eq!(
        (
            beside.object.as_str(),
            beside.extraction,
            beside.counts.staged
        ),
        ("external_contact", Extraction::Lookup, 7)
    );
    assert!(beside.counts.close());
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
async fn a_job_read_long_after_its_window_is_settled_unless_the_lake_lags() {
    let mut task = event("day");
    task.at = "2026-01-10T00:00:00Z".parse().unwrap();
    // 96 hours after the window's end, of which the lake has to hold 72: what lived on longer comes with the window it ends in.
    for (until, is_settled) in [
        ("2026-01-06T00:00:00Z", false),
        ("2026-01-08T23:59:59Z", false),
        ("2026-01-09T00:00:00Z", true),
    ] {
        let platform = Platform {
            available_until: Some(until),
            ..lake()
        };
        let world = World::with(platform).await;
        world.read(&task).await.unwrap();
        let receipt = world.bucket.receipt(&task);
        let found = (receipt.extraction, receipt.is_settled);
        assert_eq!(found, (Extraction::Job, is_settled), "{until}");
    }
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
async fn a_record_that_cannot_be_read_is_set_aside_and_the_others_go_on() {
    let mut platform = lake();
    platform.conversations[200].1 =
        r#"{"conversationId":"c-200","conversationStart":7}"#.to_owned();
    let (world, task, receipt) = landed_day(platform).await;
    let counts = receipt.counts;
    assert_eq!((counts.staged, counts.quarantined), (2399, 1));
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
async fn a_record_that_no_window_has_is_set_aside_and_not_left_to_another_one() {
    let starts = [
        "2099-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.000Z",
        "1999-12-31T23:59:59.999Z",
    ];
    for available_until in [lake().available_until, None] {
        let mut platform = Platform {
            available_until,
            cap: 100_000,
            ..lake()
        };
        for (no, start) in starts.iter().enumerate() {
            let id = &format!("odd-{no}");
            let payload = format!(
                r#"{{"conversationId":"{id}","conversationStart":"{start}","participants":[]}}"#
            );
            // Where the query asks for a day, they come among the others.
            let begun = "2026-01-05T00:00:00Z".parse().unwrap();
            platform.conversations.push((begun, payload));
        }
        let (world, task, receipt) = landed_day(platform).await;
        let counts = receipt.counts;
        assert!(counts.close(), "{counts:?}");
        assert_eq!((counts.staged, counts.quarantined), (2400, 3));
        let rows = world.bucket.rows(&task, "staging.quarantine");
        for no in 0..starts.len() {
            let why = format!("\"odd-{no}\",\"bad_time\"");
            assert!(rows.iter().any(|row| row.contains(&why)), "{rows:?}");
        }
        // Read again from what landed, they are what they were.
        let mut again = task.clone();
        again.run_id = "replay-20260107t090000z".to_owned().try_into().unwrap();
        (again.mode, again.landed) = (Mode::Replay, world.bucket.keys("landing/"));
        let replayed = world.read(&again).await.unwrap().counts;
        assert_eq!((replayed.staged, replayed.quarantined), (2400, 3));
    }
}

#[tokio::test]
async fn a_listing_is_read_to_its_last_page() {
    let world = World::with(Platform::default()).await;
    let task = event("queues");
    let outcome = world.read(&task).await.unwrap();
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
    let (world, error) = failed_day(Platform {
        refuses_token: true,
        ..lake()
    })
    .await;
    assert_eq!(error.kind(), Kind::Unauthorized);
    assert_eq!(world.platform.called("any"), 1);
}
