//! Details jobs that go wrong.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use jiff::SignedDuration;
use model::payload::{Extraction, WindowReceipt};
use model::{Classify, Kind};
use std::time::Duration;
use step::Deadline;
use support::{
    Platform, World, content, deadline, event, failed_day, finish, ids, impatient, lake,
    landed_day, read_day,
};

#[tokio::test]
async fn a_job_that_fails_is_submitted_once_more_and_not_twice() {
    let (world, ..) = landed_day(Platform {
        job_states: vec!["FAILED"],
        ..lake()
    })
    .await;
    assert_eq!(world.platform.called("submit"), 2);

    let (world, error) = failed_day(Platform {
        job_states: vec!["FAILED", "CANCELLED"],
        ..lake()
    })
    .await;
    assert_eq!(error.kind(), Kind::Transient);
    assert_eq!(world.platform.called("submit"), 2);
}

/// Calls as the state machine does, for a window that is old enough to be final: the failures, the last one if it stays at
/// that, and the receipt.
async fn settle(platform: Platform) -> (World, Vec<String>, Option<WindowReceipt>) {
    let world = World::with(Platform {
        available_until: Some("2026-03-01T00:00:00Z"),
        ..platform
    })
    .await;
    let mut task = event("day");
    task.at = "2026-02-20T00:00:00Z".parse().unwrap();
    let mut failures = Vec::new();
    for _ in 0..4 {
        let extractor = world.extractor().repeating(impatient());
        match Box::pin(extractor.run(&task, deadline())).await {
            Ok(outcome) => {
                assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
                assert_eq!(ids(&world, &task).len(), 2400);
                let receipt = world.bucket.receipt(&task);
                return (world, failures, Some(receipt));
            }
            Err(error) => failures.push(step::Failure::from(error).to_string()),
        }
    }
    (world, failures, None)
}

#[tokio::test]
async fn pages_the_source_is_too_slow_for_are_asked_for_in_smaller_ones() {
    let tires = |status, most| Platform {
        tires: Some((status, most)),
        ..lake()
    };
    let cuts_off = Platform {
        cuts_off: Some(("results", 300)),
        ..lake()
    };
    for (platform, size) in [
        (tires(504, 300), 250),
        (tires(408, 60), 50),
        (tires(413, 300), 250),
        (tires(400, 60), 50),
        (cuts_off, 250),
    ] {
        let is_refused = matches!(platform.tires, Some((400 | 413, _)));
        let (world, failures, receipt) = settle(platform).await;
        assert!(failures.is_empty(), "{failures:?}");
        let receipt = receipt.unwrap();
        assert_eq!(receipt.extraction, Extraction::Job);
        assert!(receipt.is_settled);
        assert_eq!(world.platform.called("submit"), 1);
        // What is too large is asked for four times, or once where it is refused, halved from a thousand on.
        let halvings = if size == 250 { 2 } else { 5 };
        let attempts = if is_refused { 1 } else { 4 };
        assert_eq!(
            world.platform.called("results"),
            halvings * attempts + 2500 / size
        );
    }
}

#[tokio::test]
async fn what_no_job_gives_is_read_by_the_query_and_stays_provisional() {
    let faults = [
        // However small its pages are.
        Platform {
            tires: Some((503, 10)),
            ..lake()
        },
        Platform {
            refuses_job: Some((504, "The request timed out.")),
            ..lake()
        },
        Platform {
            refuses_job: Some((400, "pagination may not exceed 400000 results")),
            ..lake()
        },
        Platform {
            job_states: vec!["FAILED"; 6],
            ..lake()
        },
        Platform {
            cuts_off: Some(("results", 10)),
            ..lake()
        },
        // Another job may do better, each time.
        Platform {
            stands_still: true,
            ..lake()
        },
        Platform {
            tires: Some((409, 10)),
            ..lake()
        },
    ];
    for (no, (platform, deleted)) in faults.into_iter().zip([1, 0, 0, 6, 1, 3, 1]).enumerate() {
        let (world, failures, receipt) = settle(Platform {
            cap: 100_000,
            ..platform
        })
        .await;
        // An outage is over before the third call; what will not change is not waited for.
        assert_eq!(failures.len(), if no == 2 { 0 } else { 2 }, "{failures:?}");
        assert!(failures.iter().all(|it| it.starts_with("Transient")));
        let receipt = receipt.unwrap();
        assert_eq!(receipt.extraction, Extraction::Query, "{no}");
        assert!(!receipt.is_settled, "{no}");
        let counts = receipt.counts;
        assert_eq!(
            counts.api,
            Some(counts.received - counts.duplicates),
            "{no}"
        );
        assert!(no == 5 || counts.received == 2400, "{no}: {counts:?}");
        // Its slot is free for another one.
        assert_eq!(world.platform.called("delete"), deleted, "{no}");
    }
    // Where the query does not get there either, it says why.
    let (world, failures, receipt) = settle(Platform {
        refuses_job: Some((400, "pagination may not exceed 400000 results")),
        gives_up: Some((504, 0)),
        ..lake()
    })
    .await;
    assert!(receipt.is_none() && world.platform.called("query") > 0);
    assert!(
        failures.iter().all(|it| it.contains("/details/query: 504")),
        "{failures:?}"
    );
}

#[tokio::test]
async fn a_query_behind_a_part_of_a_job_looks_short_of_what_it_does_not_give() {
    let (_, failures, receipt) = settle(Platform {
        cap: 100_000,
        counts_more: 3,
        // Its first page comes, each time.
        stands_still: true,
        ..lake()
    })
    .await;
    assert_eq!(failures.len(), 2, "{failures:?}");
    let counts = receipt.unwrap().counts;
    assert_eq!(counts.staged, 2400);
    let came = counts.received - counts.duplicates;
    assert_eq!(counts.api, Some(came + 3), "{counts:?}");
}

#[tokio::test]
async fn a_job_that_vanishes_between_pages_costs_nothing_but_calls() {
    let (world, task, receipt) = landed_day(Platform {
        forgets_cursors: true,
        ..lake()
    })
    .await;
    assert_eq!(receipt.counts.duplicates, 900);
    assert_eq!(ids(&world, &task).len(), 2400);
}

#[tokio::test]
async fn a_fault_between_two_pages_keeps_what_came_before() {
    let (world, task, outcome) = read_day(Platform {
        fails_once_at: Some(3),
        ..lake()
    })
    .await;
    assert_eq!(outcome.unwrap_err().kind(), Kind::Throttled);
    assert!(world.read(&task).await.unwrap().done);
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
async fn every_end_of_a_job_is_met_with_one_more() {
    for state in ["FAILED", "CANCELLED", "EXPIRED"] {
        let (world, task, _) = landed_day(Platform {
            job_states: vec![state],
            ..lake()
        })
        .await;
        assert_eq!(world.platform.called("submit"), 2, "{state}");
        assert_eq!(ids(&world, &task).len(), 2400);
    }
}

#[tokio::test]
async fn a_state_nobody_documented_is_named() {
    let (_, error) = failed_day(Platform {
        job_states: vec!["DREAMING"],
        ..lake()
    })
    .await;
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(step::Failure::from(error).to_string().contains("DREAMING"));
}

#[tokio::test]
async fn no_slot_for_a_job_is_throttled() {
    let (_, error) = failed_day(Platform {
        refuses_job: Some((429, "The maximum number of concurrent jobs is reached")),
        ..lake()
    })
    .await;
    assert_eq!(error.kind(), Kind::Throttled);
}

#[tokio::test]
async fn a_first_page_without_records_is_not_the_end() {
    let (.., receipt) = landed_day(Platform {
        begins_empty: true,
        ..lake()
    })
    .await;
    let counts = receipt.counts;
    assert_eq!((counts.received, counts.staged), (2500, 2400));
}

#[tokio::test]
async fn a_page_that_comes_again_is_counted_and_the_next_one_is_asked_for_once_more() {
    let (undisturbed, task, _) = landed_day(lake()).await;
    for call in 2..=3 {
        let (world, _, receipt) = landed_day(Platform {
            repeats_page: Some(call),
            ..lake()
        })
        .await;
        // A page has 1,000 records; 100 of the first are of another window.
        let duplicates = if call == 2 { 900 } else { 1000 };
        assert_eq!(receipt.counts.duplicates, duplicates);
        assert_eq!(content(&world, &task), content(&undisturbed, &task));
    }
}

#[tokio::test]
async fn a_cursor_that_does_not_move_is_a_fault_and_no_endless_loop() {
    let (world, error) = failed_day(Platform {
        stands_still: true,
        ..lake()
    })
    .await;
    assert_eq!(error.kind(), Kind::Transient);
    assert!(world.platform.called("results") < 10);
    let text = step::Failure::from(error).to_string();
    assert!(text.contains("the cursor does not move"), "{text}");
}

#[tokio::test]
async fn a_lake_that_ends_before_the_window_or_beyond_now_is_believed() {
    for (until, extraction) in [
        (None, Extraction::Query),
        (Some("2020-01-01T00:00:00Z"), Extraction::Query),
        (Some("2026-01-05T23:59:59.999Z"), Extraction::Query),
        (Some("2026-01-06T00:00:00Z"), Extraction::Job),
        (Some("2030-01-01T00:00:00Z"), Extraction::Job),
    ] {
        let (.., receipt) = landed_day(Platform {
            available_until: until,
            cap: 100_000,
            ..lake()
        })
        .await;
        assert_eq!(receipt.extraction, extraction, "{until:?}");
        assert_eq!(receipt.counts.staged, 2400);
        // Whatever the lake says: it is the age of the window that settles it.
        assert!(!receipt.is_settled);
    }
}

#[tokio::test]
async fn a_job_that_never_ends_is_given_up_and_replaced_and_then_by_the_query() {
    let world = World::with(Platform {
        job_states: vec!["QUEUED"; 2],
        cap: 100_000,
        ..lake()
    })
    .await;
    let task = event("day");
    let begin = deadline().now();
    let call = async |hours, seconds| {
        let at = begin + SignedDuration::from_hours(hours);
        let deadline = Deadline::after(at, Duration::from_secs(seconds));
        world.extractor().run(&task, deadline).await.unwrap().done
    };
    assert!(!call(0, 4).await && !call(5, 4).await);
    assert_eq!(world.platform.called("submit"), 1);
    assert!(!call(7, 4).await && !call(12, 4).await);
    assert_eq!(world.platform.called("submit"), 2);
    // Two have cost half a day: a third one would cost as much again.
    // The first call may have waited for too long to read anything.
    assert!(call(14, 4).await || call(14, 600).await);
    let found = (
        world.platform.called("submit"),
        world.platform.called("delete"),
    );
    assert_eq!(found, (2, 2));
    assert_eq!(ids(&world, &task).len(), 2400);
    let receipt = world.bucket.receipt(&task);
    assert_eq!(receipt.extraction, Extraction::Query);
}

#[tokio::test]
async fn a_job_is_not_forgotten_by_a_process_that_ends() {
    let world = World::with(lake()).await;
    let task = event("day");
    // The write behind the one that keeps the job.
    world.bucket.end_at(Some(2));
    let extractor = world.extractor().handing_back_at(Duration::ZERO);
    assert!(extractor.run(&task, deadline()).await.is_err());
    world.bucket.end_at(None);
    finish(&extractor, &task, 1).await;
    assert_eq!(world.platform.called("submit"), 1);
}
