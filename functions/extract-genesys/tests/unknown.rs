//! Something happened in a conversation that does not come by its id: it is counted and told, not lost.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use model::payload::WindowTask;
use std::time::Duration;
use support::aside::run;
use support::{Platform, World, conversations, day_of, finish, table};

async fn with_unknown(refuses_unknown: bool) -> World {
    let mut world = World::with(Platform {
        evaluated: vec![
            ("c-1", true),
            ("c-2", false),
            ("", true),
            ("c-3", true),
            ("c-4", true),
        ],
        refuses_unknown,
        ..Platform::default()
    })
    .await;
    let text = "details_batch_size = 50";
    assert!(world.settings.contains(text));
    world.settings = world.settings.replace(text, "details_batch_size = 3");
    world
}

#[tokio::test]
async fn a_conversation_that_does_not_come_by_its_id_is_counted_among_the_refused() {
    for refuses_unknown in [false, true] {
        let world = with_unknown(refuses_unknown).await;
        let task = day_of("evaluation");
        finish(&world.extractor(), &task, 1).await;
        let counts = world.bucket.receipt(&task).counts;
        assert_eq!((counts.api, counts.received), (Some(5), 5));
        assert_eq!((counts.staged, counts.quarantined), (3, 2));
        let told = |task: &WindowTask| -> Vec<_> {
            let rows = table(&world, task, "staging.quarantine").into_iter();
            let mut told: Vec<_> = rows
                .map(|row| {
                    ["object", "natural_id", "reason", "detail"].map(|name| row[name].clone())
                })
                .collect();
            told.sort();
            told
        };
        let first = told(&task);
        insta::allow_duplicates! {
            insta::assert_snapshot!(first.iter().map(|it| it.join(" | ")).collect::<Vec<_>>().join("\n"), @r"
            evaluation | \N | missing_key | group.conversationId: must not be missing, null or empty
            evaluation | c-2 | not_found | conversationId: something happened in this conversation, and the source does not give it by its id; a later reading of the window asks again
            ");
        }
        // What was refused is landed with its bytes, and a replay refuses it for the same reason.
        let again = world.replay_of(&task);
        let replayed = world.read(&again).await.unwrap().counts;
        assert_eq!((replayed.staged, replayed.quarantined), (3, 2));
        assert!(told(&again).contains(&first[1]));
    }
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_asked_for_again_before_it_is_absent() {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    // However few an answer gives; with something between them that is really gone.
    for (gives_at_most, gone) in [(5, None), (2, None), (1, None), (3, Some("b"))] {
        let world = World::with(Platform {
            evaluated: ids.map(|id| (id, Some(id) != gone)).into(),
            gives_at_most: Some(gives_at_most),
            ..Platform::default()
        })
        .await;
        let (calm, stopped) = (day_of("evaluation"), run(&day_of("evaluation"), "stopped"));
        finish(&world.extractor(), &calm, 1).await;
        let hasty = world.extractor().handing_back_at(Duration::from_hours(1));
        finish(&hasty, &stopped, 20).await;
        for task in [&calm, &stopped] {
            let counts = world.bucket.receipt(task).counts;
            let absent = u64::from(gone.is_some());
            assert_eq!((counts.staged, counts.quarantined), (10 - absent, absent));
            assert_eq!((counts.api, counts.duplicates), (Some(10), 0));
        }
    }
}

#[tokio::test]
async fn attributes_of_a_conversation_that_is_gone_stay_missing_from_the_count() {
    let world = World::with(Platform {
        conversations: conversations("2026-01-05T01:00:00Z", 5, 60),
        cap: 100_000,
        ..Platform::default()
    })
    .await;
    let task = day_of("conversation_attribute");
    finish(&world.extractor(), &task, 1).await;
    let counts = world.bucket.receipt(&task).counts;
    assert_eq!((counts.api, counts.received), (Some(5), 0));
}
