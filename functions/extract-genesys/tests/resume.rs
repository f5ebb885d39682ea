//! A window that is stopped anywhere and called again comes to the same lines, rows and counts as an undisturbed one.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use model::payload::{Counts, WindowTask};
use model::{Classify, Kind};
use std::collections::BTreeMap;
use std::time::Duration;
use step::Deadline;
use support::{Platform, World, content, conversations, deadline, event, finish};

/// Four pages of a job, or slices of some pages each; contacts in batches of three; two records nobody can read.
fn small(available_until: Option<&'static str>) -> Platform {
    let mut conversations = conversations("2026-01-04T23:00:00Z", 120, 750);
    r#"{"conversationId":"c-40","conversationStart":7}"#.clone_into(&mut conversations[40].1);
    conversations[41].1 = conversations[41].1.replace("customer", r"\u0000");
    Platform {
        conversations,
        available_until,
        cap: 50,
        ..Platform::default()
    }
}

const LAKE: Option<&str> = Some("2026-01-06T00:00:00Z");

async fn world(platform: Platform) -> World {
    let mut world = World::with(platform).await;
    for (key, from, to) in [
        ("job_page_size", "1000", "30"),
        ("query_page_size", "100", "10"),
        ("query_result_cap", "100000", "50"),
        ("contact_batch_size", "50", "3"),
    ] {
        let (from, to) = (format!("{key} = {from}"), format!("{key} = {to}"));
        assert!(world.settings.contains(&from));
        world.settings = world.settings.replace(&from, &to);
    }
    world
}

type Outcome = (BTreeMap<String, Vec<String>>, Counts, Counts);

/// Calls apart: a page that was not kept is asked for again.
fn outcome(world: &World, task: &WindowTask) -> Outcome {
    let receipt = world.bucket.receipt(task);
    let without_calls = |counts: Counts| Counts { calls: 0, ..counts };
    let counts = without_calls(receipt.counts);
    assert!(counts.close() && receipt.beside[0].counts.close());
    let beside = without_calls(receipt.beside[0].counts);
    (content(world, task), counts, beside)
}

async fn undisturbed(available_until: Option<&'static str>, task: &WindowTask) -> (Outcome, u64) {
    let world = world(small(available_until)).await;
    finish(&world.extractor(), task, 1).await;
    let outcome = outcome(&world, task);
    // Whatever else is on its way meanwhile.
    let beside = world.bucket.receipt(task).beside[0].counts.calls;
    assert_eq!(beside, world.platform.called("contacts"));
    assert_eq!((outcome.1.staged, outcome.1.quarantined), (113, 2));
    assert_eq!(
        (outcome.2.staged, outcome.0["raw.genesys_record"].len()),
        (7, 7)
    );
    (outcome, world.platform.called("any"))
}

#[tokio::test]
async fn a_source_that_throttles_any_one_call_changes_nothing() {
    let task = event("day");
    for until in [LAKE, None] {
        let (expected, calls) = undisturbed(until, &task).await;
        assert!(calls > 10);
        for call in 1..=calls {
            let platform = Platform {
                throttles_call: Some(call),
                ..small(until)
            };
            let world = world(platform).await;
            let extractor = world.extractor();
            match Box::pin(extractor.run(&task, deadline())).await {
                Err(error) => assert_eq!(error.kind(), Kind::Throttled),
                // A job that cannot be deleted is no reason to fail.
                Ok(outcome) => assert!(outcome.done),
            }
            // Another process: the first one would hold still for two hours.
            finish(&world.extractor(), &task, 1).await;
            assert_eq!(outcome(&world, &task), expected, "call {call} of {until:?}");
        }
    }
}

#[tokio::test]
async fn a_turn_that_comes_after_the_invocation_is_handed_back_and_not_failed() {
    // One call a process: the next one has its turn after ten seconds.
    let task = WindowTask {
        requests_per_minute: 6,
        max_in_flight: 1,
        ..event("day")
    };
    let (expected, calls) = undisturbed(None, &event("day")).await;
    let world = world(small(None)).await;
    let mut processes = 0;
    loop {
        processes += 1;
        let deadline = Deadline::after(deadline().now(), Duration::from_secs(8));
        let outcome = Box::pin(world.extractor().run(&task, deadline)).await;
        if outcome.unwrap().done {
            break;
        }
        assert!(processes < 2 * calls, "{calls}");
    }
    assert!(processes > 10, "{processes}");
    assert_eq!(outcome(&world, &task), expected);
}

#[tokio::test]
async fn a_call_hands_back_before_its_token_ends() {
    let task = event("day");
    let world = world(small(LAKE)).await;
    let extractor = world.extractor().handing_back_at(Duration::from_secs(100));
    let call = async |at: &str| {
        let deadline = Deadline::after(at.parse().unwrap(), Duration::from_mins(15));
        Box::pin(extractor.run(&task, deadline)).await.unwrap().done
    };
    // The token lives until midnight: ninety seconds of the two minutes are of use.
    assert!(!call("2026-01-06T23:58:00Z").await);
    // Whether one that is past its end is still good, the source knows best.
    assert!(call("2026-01-07T00:00:00Z").await);
}

#[tokio::test]
async fn a_process_that_ends_at_any_write_changes_nothing() {
    let task = event("day");
    for until in [LAKE, None] {
        let (expected, _) = undisturbed(until, &task).await;
        let world = world(small(until)).await;
        // Everything is kept after every page.
        finish(
            &world.extractor().handing_back_at(Duration::from_hours(1)),
            &task,
            60,
        )
        .await;
        assert_eq!(outcome(&world, &task), expected);
        let writes = world.bucket.writes();
        assert!(writes > 15, "{writes}");
        // One more than there are: the receipt is written, and the process ends before it can answer.
        for write in 1..=writes {
            let world = self::world(small(until)).await;
            let extractor = world.extractor().handing_back_at(Duration::from_hours(1));
            world.bucket.end_at(Some(write));
            while let Ok(outcome) = Box::pin(extractor.run(&task, deadline())).await {
                assert!(!outcome.done);
            }
            world.bucket.end_at(None);
            finish(&world.extractor(), &task, 1).await;
            assert_eq!(
                outcome(&world, &task),
                expected,
                "write {write} of {until:?}"
            );
        }
    }
}
