//! Conversations that stay open for longer than a window takes to become final.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use jiff::Timestamp;
use serde_json::json;
use support::{Platform, World, event, ids};

/// A conversation from `start` to `end`; open without one.
fn conversation(id: &str, start: &str, end: Option<&str>) -> (Timestamp, String) {
    let mut record = json!({"conversationId": id, "conversationStart": start, "participants": []});
    if let Some(end) = end {
        record["conversationEnd"] = json!(end);
    }
    (start.parse().unwrap(), record.to_string())
}

#[tokio::test]
async fn a_conversation_that_outlived_its_own_window_comes_with_the_one_it_ends_in() {
    // The window is 5 January; windows are final after 96 hours, of which the lake may lack 24.
    let world = World::with(Platform {
        conversations: vec![
            conversation("long", "2025-12-20T10:00:00Z", Some("2026-01-05T08:00:00Z")),
            conversation(
                "just-long",
                "2026-01-02T08:00:00Z",
                Some("2026-01-05T08:00:00Z"),
            ),
            conversation(
                "short",
                "2026-01-04T23:50:00Z",
                Some("2026-01-05T00:10:00Z"),
            ),
            conversation("still-open", "2025-12-20T10:00:00Z", None),
            conversation(
                "ends-later",
                "2025-12-20T10:00:00Z",
                Some("2026-01-06T00:00:00Z"),
            ),
            conversation(
                "of-the-day",
                "2026-01-05T10:00:00Z",
                Some("2026-01-05T10:10:00Z"),
            ),
        ],
        available_until: Some("2026-01-06T00:00:00Z"),
        ..Platform::default()
    })
    .await;
    let task = event("day");
    let outcome = world.read(&task).await.unwrap();
    assert!(outcome.done && outcome.counts.close());
    let taken = ["just-long", "long", "of-the-day"].map(|id| format!("\"{id}\""));
    assert_eq!(ids(&world, &task), taken.clone().into());
    assert_eq!(outcome.counts.out_of_window, 3);

    // Read again from what landed, whatever the settings say by then.
    let again = world.replay_of(&task);
    let outcome = world.read(&again).await.unwrap();
    assert!(outcome.done);
    assert_eq!(ids(&world, &again), taken.into());
}
