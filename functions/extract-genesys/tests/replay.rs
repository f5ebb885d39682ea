//! Windows read again from what has landed.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use model::payload::{Extraction, Mode, WindowTask};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::seeded::{Fake, seeded, unlimited};
use support::{
    CONTACT, MAIN, Platform, World, content, day_of, deadline, event, finish, lake, table,
};

fn replay(task: &WindowTask, landed: Vec<String>) -> WindowTask {
    WindowTask {
        run_id: "replay-20260107t090000z".to_owned().try_into().unwrap(),
        mode: Mode::Replay,
        landed,
        ..task.clone()
    }
}

/// Everything but batch, number and how it was read.
fn rows(world: &World, task: &WindowTask, name: &str) -> BTreeSet<BTreeMap<String, String>> {
    let rows = table(world, task, name).into_iter();
    rows.map(|mut row| {
        for column in ["batch_id", "record_no", "extraction"] {
            row.remove(column);
        }
        row
    })
    .collect()
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

    let again = replay(&task, world.bucket.keys("landing/"));
    let outcome = world.extractor().run(&again, deadline()).await.unwrap();
    assert_eq!(world.platform.called("any"), calls);
    assert_eq!(
        (outcome.counts.staged, outcome.counts.quarantined),
        (2399, 1)
    );
    assert!(outcome.counts.close(), "{outcome:?}");
    let receipt = world.bucket.receipt(&again);
    assert_eq!(receipt.extraction, Extraction::Replay);
    let beside = &receipt.beside[0];
    assert_eq!(
        (beside.extraction, beside.counts.staged),
        (Extraction::Replay, 7)
    );
    // Apart from the batch, the number and the way it was read, a row is the same: extracted_at included.
    for table in [MAIN, "staging.genesys_participant", CONTACT] {
        let before = rows(&world, &task, table);
        assert_eq!(before, rows(&world, &again, table), "{table}");
        assert!(!before.is_empty());
    }
}

#[tokio::test]
async fn a_replay_of_several_runs_merges_them_whatever_order_they_come_in() {
    let task = event("day");
    let world = World::with(lake()).await;
    finish(&world.extractor(), &task, 1).await;
    // A later, partial run: some of the conversations have changed, and one is new.
    let mut platform = lake();
    platform.available_until = Some("2026-01-31T00:00:00Z");
    platform.conversations.truncate(700);
    for (_, payload) in &mut platform.conversations[600..] {
        *payload = payload.replace("\"customer\"", "\"external\"");
    }
    let later = World::with(platform).await.over(&world.bucket).await;
    let partial = WindowTask {
        run_id: "backfill-20260106t020000z".to_owned().try_into().unwrap(),
        is_partial: true,
        filter: Some(serde_json::from_str(r#"{"media_types":["voice"]}"#).unwrap()),
        at: "2026-02-01T00:00:00Z".parse().unwrap(),
        ..task.clone()
    };
    finish(&later.extractor(), &partial, 1).await;
    let landed = world.bucket.keys("landing/");
    let mut reversed = landed.clone();
    reversed.reverse();
    let mut contents = Vec::new();
    for (no, landed) in [landed, reversed].into_iter().enumerate() {
        let mut again = replay(&task, landed);
        again.run_id = format!("replay-{no}").try_into().unwrap();
        // Handed back after every file, and the list comes in another order each time.
        let extractor = world.extractor().handing_back_at(Duration::from_hours(1));
        let mut calls = 0;
        while !extractor.run(&again, deadline()).await.unwrap().done {
            again.landed.rotate_left(1);
            calls += 1;
            assert!(calls < 10);
        }
        assert!(calls > 1);
        let receipt = world.bucket.receipt(&again);
        // Of 700 records in the partial run 100 are of the day before, 500 the same and 100 changed.
        assert_eq!(receipt.counts.received, 3000);
        assert_eq!(
            (receipt.counts.staged, receipt.counts.duplicates),
            (2500, 500)
        );
        assert!(receipt.counts.close());
        // The partial run was settled; the window as a whole was not.
        assert!(world.bucket.receipt(&partial).is_settled && !receipt.is_settled);
        contents.push(content(&world, &again));
    }
    assert_eq!(contents[0], contents[1]);
}

#[tokio::test]
async fn every_object_is_replayed_to_the_same_rows() {
    let fake = Fake::start(seeded(), unlimited()).await;
    for object in model::settings::GENESYS_OBJECTS {
        let task = day_of(object);
        let outcome = fake.read(&task).await;
        let landed: Vec<String> = fake
            .world
            .bucket
            .receipt(&task)
            .files
            .into_iter()
            .map(|file| file.key)
            .filter(|key| key.starts_with("landing/"))
            .collect();
        assert!(!landed.is_empty(), "{object}");
        let again = replay(&task, landed);
        let replayed = fake.read(&again).await;
        assert_eq!(replayed.counts.staged, outcome.counts.staged, "{object}");
        assert_eq!(replayed.counts.quarantined, outcome.counts.quarantined);
        let receipt = fake.world.bucket.receipt(&again);
        assert_eq!(receipt.extraction, Extraction::Replay);
        for file in &fake.world.bucket.receipt(&task).files {
            let Some(table) = file
                .table
                .as_deref()
                .filter(|name| name.starts_with("staging.genesys"))
            else {
                continue;
            };
            let (before, after) = (
                rows(&fake.world, &task, table),
                rows(&fake.world, &again, table),
            );
            assert!(!before.is_empty() && before == after, "{table}");
        }
    }
    fake.stop().await;
}

#[tokio::test]
async fn a_landed_file_that_is_none_is_named() {
    let world = World::with(Platform::default()).await;
    let task = replay(
        &event("day"),
        vec!["landing/genesys/conversation/x/run=r/part.jsonl.gz".to_owned()],
    );
    let error = world.extractor().run(&task, deadline()).await.unwrap_err();
    assert!(error.to_string().contains("part.jsonl.gz"), "{error}");
}
