//! The extractor against the strict fake: what works here asks nothing the vendor would turn down.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::genesys::{FakeGenesys, Options};
use fakes::world::World as Seeded;
use fakes::world::WorldOptions;
use genesys::api::client_credentials;
use jiff::Timestamp;
use model::payload::{Extraction, WindowTask};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use support::{World, deadline, event};

fn seeded() -> Arc<Seeded> {
    Arc::new(Seeded::generate(WorldOptions {
        seed: 7,
        end: "2026-01-06T00:00:00Z".parse().unwrap(),
        days: 2,
        conversations: 3000,
    }))
}

async fn read(options: Options, task: &WindowTask) -> World {
    let server = FakeGenesys::start(seeded(), options).unwrap();
    let connections = source_http::connections().unwrap();
    let secret = SecretString::from("twin-secret");
    let grant = client_credentials(
        connections,
        server.url(),
        "twin-client",
        &secret,
        deadline(),
    )
    .await
    .unwrap();
    let token = grant.access_token.expose_secret();
    let world = World::reading(server.url().to_owned(), token).await;
    let extractor = world.extractor();
    let outcome = Box::pin(extractor.run(task, deadline())).await.unwrap();
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    server.stop().await;
    world
}

fn unlimited() -> Options {
    Options {
        requests_per_minute: u32::MAX,
        ..Options::default()
    }
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
    assert!(receipt.counts.out_of_window > 0);
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
    for object in ["queue", "user", "wrapup_code"] {
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
