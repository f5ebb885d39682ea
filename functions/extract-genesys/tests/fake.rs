//! The extractor against the strict fake: what works here asks nothing the vendor would turn down.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::genesys::Options;
use fakes::world::{Settling, View};
use jiff::Timestamp;
use model::payload::{Extraction, WindowTask};
use support::seeded::{Fake, seeded, unlimited};
use support::{World, event};

async fn read(options: Options, task: &WindowTask) -> World {
    let fake = Fake::start(seeded(), options).await;
    let outcome = fake.read(task).await;
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    fake.stop().await
}

#[tokio::test]
async fn a_day_comes_whole_through_a_job() {
    let task = event("day");
    let world = read(unlimited(), &task).await;
    let receipt = world.bucket.receipt(&task);
    let expected = seeded().expected(task.window.start(), task.window.end());
    let counts = receipt.counts;
    assert_eq!(receipt.extraction, Extraction::Job);
    assert_eq!(counts.landed, expected.conversations as u64);
    assert_eq!(counts.quarantined, expected.unstorable as u64);
    for table in ["segment", "attribute", "metric", "external_contact"] {
        let table = format!("staging.genesys_{table}");
        let mut files = receipt.files.iter();
        assert!(
            files.any(|file| file.table.as_deref() == Some(&table)),
            "{table}"
        );
    }
}

#[tokio::test]
async fn a_part_of_a_day_comes_whole_through_the_query() {
    let options = Options {
        availability: Some("2026-01-05T12:00:00Z".parse::<Timestamp>().unwrap()),
        ..unlimited()
    };
    let mut task = event("day");
    let window = r#"{"start":"2026-01-05T09:00:00Z","end":"2026-01-05T15:00:00Z"}"#;
    task.window = serde_json::from_str(window).unwrap();
    let world = read(options, &task).await;
    let receipt = world.bucket.receipt(&task);
    let expected = seeded().expected(task.window.start(), task.window.end());
    assert_eq!(receipt.extraction, Extraction::Query);
    assert_eq!(receipt.counts.landed, expected.conversations as u64);
    assert_eq!(
        receipt.counts.quarantined,
        expected.unstorable_by_query as u64
    );
    // Asked for with a filter on the start, nothing else comes.
    assert_eq!(receipt.counts.received, receipt.counts.landed);
}

#[tokio::test]
async fn a_day_above_the_cap_comes_whole_in_slices() {
    // The fake answers whole UTC days, as the specification says: only the filter makes a result smaller.
    let options = Options {
        availability: Some("2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap()),
        result_cap: 100,
        ..unlimited()
    };
    let task = event("day");
    let expected = seeded().expected(task.window.start(), task.window.end());
    assert!(expected.conversations > 200);
    let world = read(options, &task).await;
    let receipt = world.bucket.receipt(&task);
    assert_eq!(receipt.extraction, Extraction::Query);
    let counts = receipt.counts;
    // The record whose start is no instant matches no filter on the start.
    let unreadable = expected.unstorable_by_query as u64;
    assert_eq!(counts.staged, expected.conversations as u64 - unreadable);
    assert!(counts.close(), "{counts:?}");
}

#[tokio::test]
async fn every_listing_is_read() {
    for object in model::settings::GENESYS_REFERENCE {
        let mut task = event("queues");
        object.clone_into(&mut task.object);
        let world = read(unlimited(), &task).await;
        let counts = world.bucket.receipt(&task).counts;
        assert!(
            counts.staged > 0 && counts.api == Some(counts.landed),
            "{object}: {counts:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_settled_is_incomplete_and_says_so_and_is_exact_afterwards() {
    let settling = Settling {
        hidden_percent: 20,
        changed_percent: 30,
        settle_hours: 96,
    };
    let options = Options {
        settling: Some(settling),
        ..unlimited()
    };
    let fake = Fake::start(seeded(), options).await;
    let mut task = event("day");
    let (start, end) = (task.window.start(), task.window.end());
    for (run, now, is_settled) in [
        ("early", "2026-01-06T01:00:00Z", false),
        ("late", "2026-01-12T01:00:00Z", true),
    ] {
        let now: Timestamp = now.parse().unwrap();
        fake.server.control().set_now(Some(now));
        task.run_id = run.to_owned().try_into().unwrap();
        task.at = now;
        let outcome = fake.read(&task).await;
        let receipt = fake.world.bucket.receipt(&task);
        let visible = seeded().visible(start, end, &View::at(now, Some(settling)));
        assert_eq!(outcome.counts.landed, visible.shown() as u64, "{run}");
        assert_eq!(
            (receipt.extraction, receipt.is_settled),
            (Extraction::Job, is_settled)
        );
        assert_eq!(visible.hidden == 0, is_settled);
    }
    let expected = seeded().expected(start, end);
    let receipt = fake.world.bucket.receipt(&task);
    assert_eq!(receipt.counts.landed, expected.conversations as u64);
}
