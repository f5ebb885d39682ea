//! The details query: slices, the cap, faults that last, pages that shift.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use jiff::Timestamp;
use model::payload::Extraction;
use model::{Classify, Kind};
use std::time::Duration;
use support::{
    Platform, World, content, conversations, deadline, event, finish, ids, impatient, lake,
};

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
    // As the vendor documents it: everything that began on a UTC day the interval touches; and a filter changes nothing.
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
    // Without the filter no part of a day is smaller than the day: one call says so.
    let filter = "query_start_filter = true";
    assert!(world.settings.contains(filter));
    world.settings = world.settings.replace(filter, "query_start_filter = false");
    let before = world.platform.called("query");
    let mut task = event("day");
    task.run_id = "unfiltered".to_owned().try_into().unwrap();
    let error = world.read(&task).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let text = step::Failure::from(error).to_string();
    assert!(text.contains("genesys.query_start_filter"), "{text}");
    assert_eq!(world.platform.called("query"), before + 1);
}

#[tokio::test]
async fn pieces_that_count_less_than_their_whole_leave_the_window_short() {
    for (day_counts, api) in [(7, 2407), (-5, 2400)] {
        let mut world = World::with(Platform {
            day_counts,
            ..query()
        })
        .await;
        world.settings = world
            .settings
            .replace("query_result_cap = 100000", "query_result_cap = 500");
        let task = event("day");
        finish(&world.extractor(), &task, 1).await;
        let counts = world.bucket.receipt(&task).counts;
        assert_eq!((counts.api, counts.staged), (Some(api), 2400));
        assert!(counts.close() && counts.duplicates == 0);
        // Stopped anywhere, the sum is the same.
        let again = model::payload::WindowTask {
            run_id: "again".to_owned().try_into().unwrap(),
            ..task
        };
        let hasty = world.extractor().handing_back_at(Duration::from_hours(1));
        assert!(finish(&hasty, &again, 99).await > 20);
        assert_eq!(world.bucket.receipt(&again).counts.api, Some(api));
    }
}

/// The lake does not have the window, and the query is as patient as the source.
fn query() -> Platform {
    Platform {
        available_until: None,
        cap: 100_000,
        ..lake()
    }
}

#[tokio::test]
async fn a_fault_that_lasts_cuts_a_slice_down_to_hours_and_then_to_minutes() {
    let task = event("day");
    let undisturbed = World::with(query()).await;
    finish(&undisturbed.extractor(), &task, 1).await;
    for (status, longest) in [(504, 3600), (408, 7200), (503, 1200)] {
        let world = World::with(Platform {
            gives_up: Some((status, longest)),
            ..query()
        })
        .await;
        let extractor = world.extractor().repeating(impatient());
        let outcome = extractor.run(&task, deadline()).await.unwrap();
        assert!(outcome.done && outcome.counts.close());
        assert_eq!(
            (outcome.counts.api, outcome.counts.staged),
            (Some(2400), 2400)
        );
        assert_eq!(outcome.counts.duplicates, 0, "{status}");
        assert_eq!(content(&world, &task), content(&undisturbed, &task));
        // Each slice is tried four times before it is cut; none is cut further than needed.
        let slices = world.platform.slices.lock().unwrap();
        let lengths = slices
            .iter()
            .map(|(start, end, _)| end.duration_since(*start).as_secs());
        let (shortest, tries) = (
            lengths.clone().min().unwrap(),
            lengths.filter(|seconds| *seconds == 86_400).count(),
        );
        assert!(shortest * 2 > longest.min(3599), "{status}: {shortest}");
        assert_eq!(tries, 4, "{status}");
    }
}

#[tokio::test]
async fn pages_that_end_in_their_middle_come_in_smaller_ones_and_then_in_smaller_slices() {
    let mut task = event("day");
    task.window =
        serde_json::from_str(r#"{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T11:00:00Z"}"#)
            .unwrap();
    let undisturbed = World::with(query()).await;
    finish(&undisturbed.extractor(), &task, 1).await;
    // A hundred conversations: in pages of a half, and in quarters of an hour.
    for (most, calls) in [(60, 4 + 3), (30, 3 * 8 + 4)] {
        let world = World::with(Platform {
            cuts_off: Some(("query", most)),
            ..query()
        })
        .await;
        finish(&world.extractor().repeating(impatient()), &task, 1).await;
        assert_eq!(content(&world, &task), content(&undisturbed, &task));
        assert_eq!(world.platform.called("query"), calls, "{most}");
        let counts = world.bucket.receipt(&task).counts;
        assert_eq!((counts.api, counts.staged), (Some(100), 100));
        // Whose attributes are wanted is found in the same way.
        task.object = "conversation_attribute".to_owned();
        finish(&world.extractor().repeating(impatient()), &task, 1).await;
        assert_eq!(world.bucket.receipt(&task).counts.api, Some(100));
        task.object = "conversation".to_owned();
    }
}

#[tokio::test]
async fn a_minute_that_does_not_come_whole_comes_in_pages_down_to_one() {
    let world = World::with(Platform {
        conversations: conversations("2026-01-05T10:00:00Z", 100, 0),
        cuts_off: Some(("query", 10)),
        ..query()
    })
    .await;
    let mut task = event("day");
    task.window =
        serde_json::from_str(r#"{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T10:01:00Z"}"#)
            .unwrap();
    finish(&world.extractor().repeating(impatient()), &task, 1).await;
    assert_eq!(ids(&world, &task).len(), 100);
}

#[tokio::test]
async fn a_source_that_fails_on_every_slice_is_told_and_what_is_left_is_kept() {
    let mut task = event("day");
    task.window =
        serde_json::from_str(r#"{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T10:04:00Z"}"#)
            .unwrap();
    let world = World::with(Platform {
        gives_up: Some((500, 0)),
        ..query()
    })
    .await;
    let extractor = world.extractor().repeating(impatient());
    let error = extractor.run(&task, deadline()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
}

#[tokio::test]
async fn slices_are_read_side_by_side_and_land_in_order_of_time() {
    let mut world = World::with(Platform {
        cap: 500,
        ..query()
    })
    .await;
    world.settings = world
        .settings
        .replace("query_result_cap = 100000", "query_result_cap = 500");
    let mut task = event("day");
    task.max_in_flight = 4;
    finish(&world.extractor(), &task, 1).await;
    let starts: Vec<Timestamp> = world
        .bucket
        .rows(&task, "raw.genesys_conversation")
        .iter()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let start = line["payload"]["conversationStart"].as_str();
            start.unwrap().parse().unwrap()
        })
        .collect();
    assert!(starts.len() == 2400 && starts.is_sorted());
    let slices = world.platform.slices.lock().unwrap();
    let firsts = slices.iter().filter(|(_, _, page)| *page == 1);
    let before = firsts.take(4).map(|(start, ..)| *start).max().unwrap();
    let last_page = slices.iter().position(|(_, _, page)| *page == 4).unwrap();
    // Another slice had been begun before the first one reached its fourth page.
    let begun = slices[..last_page]
        .iter()
        .filter(|(start, ..)| *start > task.window.start());
    assert!(begun.count() > 0 && before > task.window.start());
}

#[tokio::test]
async fn pages_that_shift_are_counted_and_what_slipped_through_is_read_by_a_second_look() {
    // The conversation at 150 is there from the third page on: everything behind it moves by one.
    let world = World::with(Platform {
        appears: Some((150, 3)),
        ..query()
    })
    .await;
    let task = event("day");
    finish(&world.extractor(), &task, 1).await;
    let counts = world.bucket.receipt(&task).counts;
    assert_eq!(ids(&world, &task).len(), 2400);
    assert_eq!((counts.api, counts.staged), (Some(2400), 2400));
    // One came twice by the shift, and all but the one that was missing by the second look.
    assert_eq!((counts.received, counts.duplicates), (4800, 2400));
    assert!(counts.close());
}

#[tokio::test]
async fn what_is_counted_and_never_comes_stays_visible() {
    let world = World::with(Platform {
        counts_more: 3,
        ..query()
    })
    .await;
    let task = event("day");
    finish(&world.extractor(), &task, 1).await;
    let counts = world.bucket.receipt(&task).counts;
    assert_eq!((counts.api, counts.staged), (Some(2403), 2400));
    // Read twice, not more often.
    assert_eq!((counts.received, counts.duplicates), (4800, 2400));
}

#[tokio::test]
async fn a_conversation_that_changed_between_two_looks_is_there_in_both_states() {
    let mut platform = query();
    let (at, first) = platform.conversations[500].clone();
    let later = first.replace("\"purpose\":\"customer\"", "\"purpose\":\"external\"");
    platform.conversations.insert(501, (at, later));
    let world = World::with(platform).await;
    let task = event("day");
    finish(&world.extractor(), &task, 1).await;
    let counts = world.bucket.receipt(&task).counts;
    // Two records of one conversation; the source counts two, one id came: a second look finds nothing new.
    assert_eq!((counts.api, counts.staged), (Some(2401), 2401));
    assert_eq!(ids(&world, &task).len(), 2400);
    assert!(counts.close());
}
