//! What stands beside the conversations, stopped anywhere, refused or empty: the same lines, rows and counts in the end, or
//! an error that says what to do.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::{Fault, Kind as FaultKind};
use fakes::genesys::Options;
use model::payload::{Counts, WindowTask};
use model::settings::{GENESYS_OBJECTS, GENESYS_OPTIONAL, GENESYS_REFERENCE};
use model::{Classify, Kind};
use std::collections::BTreeMap;
use std::time::Duration;
use support::seeded::{Fake, unlimited, world};
use support::{Platform, World, content, conversations, day_of, deadline, finish, impatient};

/// Each object in several calls: batches of three, aggregates in parts, files of twenty agents.
async fn small(object: &str) -> (Fake, WindowTask) {
    let options = Options {
        job_polls: 0,
        aggregate_points: match object {
            "user_aggregate" => 2500,
            "queue_aggregate" => 100,
            _ => 8,
        },
        users_per_file: 20,
        ..unlimited()
    };
    let conversations = match object {
        "evaluation" | "survey" => 250,
        _ => 40,
    };
    let mut fake = Fake::start(world(1, conversations), options).await;
    fake.server.control().set_now(Some(deadline().now()));
    for (key, from, to) in [
        ("details_batch_size", "50", "3"),
        ("live_attributes_per_window", "200", "12"),
        ("query_page_size", "100", "5"),
    ] {
        let (from, to) = (format!("{key} = {from}"), format!("{key} = {to}"));
        assert!(fake.world.settings.contains(&from));
        fake.world.settings = fake.world.settings.replace(&from, &to);
    }
    let mut task = day_of(object);
    task.max_in_flight = 4;
    (fake, task)
}

type Outcome = (BTreeMap<String, Vec<String>>, Counts);

/// Calls apart: what was not kept is asked for again.
fn outcome(world: &World, task: &WindowTask) -> Outcome {
    let counts = world.bucket.receipt(task).counts;
    assert!(counts.close());
    (content(world, task), Counts { calls: 0, ..counts })
}

/// The same window in a run of its own: nothing of another attempt is in its way.
fn attempt(task: &WindowTask, name: &str, no: u64) -> WindowTask {
    WindowTask {
        run_id: format!("{name}-{no}").try_into().unwrap(),
        ..task.clone()
    }
}

/// What the window comes to when nothing happens, and in how many calls.
async fn undisturbed(fake: &Fake, task: &WindowTask) -> (Outcome, u64) {
    let requests = &fake.server.control().requests;
    requests.reset();
    finish(&fake.world.extractor(), task, 1).await;
    let outcome = outcome(&fake.world, task);
    assert!(
        outcome.1.staged > 0 && outcome.1.duplicates == 0,
        "{:?}",
        outcome.1
    );
    (outcome, requests.counts().total)
}

fn status(code: u16, retry_after: Option<u64>) -> FaultKind {
    FaultKind::Status {
        code,
        retry_after,
        body: None,
    }
}

#[tokio::test]
async fn a_source_that_throttles_or_refuses_any_one_call_changes_nothing() {
    for object in GENESYS_OPTIONAL {
        let (fake, task) = small(object).await;
        let (expected, calls) = undisturbed(&fake, &task).await;
        assert!(calls > 2, "{object}: {calls} calls");
        let faults = &fake.server.control().faults;
        let place = "out of objects under [genesys] in tributary.toml";
        let calm = fake.world.extractor();
        // A pause of hours; a token that is refused from there on; a permission that is missing.
        for (name, kind, times) in [
            ("throttled", status(429, Some(7200)), 1),
            ("token", status(401, None), u64::MAX),
            ("permission", status(403, None), 1),
        ] {
            for call in 0..calls {
                let task = attempt(&task, name, call);
                faults.add(Fault::new("/", kind.clone(), times).after(call));
                // A process that was told to hold still for hours does.
                let extractor = fake.world.extractor();
                let result = Box::pin(extractor.run(&task, deadline())).await;
                faults.clear();
                match (result, name) {
                    (Err(error), "throttled") => assert_eq!(error.kind(), Kind::Throttled),
                    (Err(error), "token") => assert_eq!(error.kind(), Kind::Unauthorized),
                    (Err(error), _) => {
                        let text = error.to_string();
                        assert_eq!(error.kind(), Kind::Invalid);
                        assert!(text.contains(&format!("take {object:?} {place}")), "{text}");
                        assert!(
                            text.contains("its role needs ") && text.contains(":view"),
                            "{text}"
                        );
                    }
                    // A link that was refused is asked for again.
                    (Ok(outcome), "permission") => assert!(outcome.done && object == "adherence"),
                    (Ok(outcome), _) => panic!("{object}, {name} at call {call}: {outcome:?}"),
                }
                finish(&calm, &task, 1).await;
                let came = outcome(&fake.world, &task);
                assert_eq!(came, expected, "{object}, {name} at call {call}");
            }
        }
        fake.stop().await;
    }
}

#[tokio::test]
async fn a_window_that_is_handed_back_or_ends_at_any_write_changes_nothing() {
    for object in GENESYS_OPTIONAL {
        let (fake, task) = small(object).await;
        let (expected, _) = undisturbed(&fake, &task).await;
        let bucket = &fake.world.bucket;
        let calm = fake.world.extractor();
        let hasty = fake
            .world
            .extractor()
            .handing_back_at(Duration::from_hours(1));
        let always = attempt(&task, "always", 0);
        let times = finish(&hasty, &always, 99).await;
        assert_eq!(outcome(&fake.world, &always), expected, "{object}");
        assert!(times > 1, "{object}");
        for position in 1..u64::from(times) {
            let task = attempt(&task, "back", position);
            for _ in 0..position {
                assert!(!Box::pin(hasty.run(&task, deadline())).await.unwrap().done);
            }
            finish(&calm, &task, 1).await;
            let came = outcome(&fake.world, &task);
            assert_eq!(came, expected, "{object}, handed back {position} times");
        }
        let before = bucket.writes();
        let counted = attempt(&task, "counted", 0);
        finish(&hasty, &counted, 99).await;
        let writes = bucket.writes() - before;
        for write in 1..=writes {
            let task = attempt(&task, "write", write);
            bucket.end_at(Some(bucket.writes() + write));
            while let Ok(outcome) = Box::pin(hasty.run(&task, deadline())).await {
                assert!(!outcome.done);
            }
            bucket.end_at(None);
            finish(&calm, &task, 1).await;
            let came = outcome(&fake.world, &task);
            assert_eq!(came, expected, "{object}, write {write} of {writes}");
        }
        fake.stop().await;
    }
}

#[tokio::test]
async fn a_listing_that_is_stopped_anywhere_changes_nothing() {
    for object in GENESYS_REFERENCE {
        let task = day_of(object);
        let world = World::with(Platform::default()).await;
        let (calls, writes) = {
            let counted = attempt(&task, "counted", 0);
            let extractor = world.extractor().handing_back_at(Duration::from_hours(1));
            assert_eq!(finish(&extractor, &counted, 9).await, 3);
            (world.platform.called("any"), world.bucket.writes())
        };
        finish(&world.extractor(), &task, 1).await;
        let expected = outcome(&world, &task);
        assert_eq!((expected.1.staged, expected.1.api), (3, Some(3)));
        for (throttles_call, refuses_from) in
            (1..=calls).flat_map(|no| [(Some(no), None), (None, Some(no))])
        {
            let world = World::with(Platform {
                throttles_call,
                refuses_from,
                ..Platform::default()
            })
            .await;
            let error = Box::pin(world.extractor().run(&task, deadline()))
                .await
                .unwrap_err();
            let kind = if refuses_from.is_some() {
                Kind::Unauthorized
            } else {
                Kind::Throttled
            };
            assert_eq!(error.kind(), kind);
            let again = World::with(Platform::default()).await;
            let again = again.over(&world.bucket).await;
            finish(&again.extractor(), &task, 1).await;
            assert_eq!(outcome(&again, &task), expected, "{object}");
        }
        let calm = world.extractor();
        let hasty = world.extractor().handing_back_at(Duration::from_hours(1));
        for write in 1..=writes {
            let task = attempt(&task, "write", write);
            world.bucket.end_at(Some(world.bucket.writes() + write));
            while let Ok(outcome) = Box::pin(hasty.run(&task, deadline())).await {
                assert!(!outcome.done);
            }
            world.bucket.end_at(None);
            finish(&calm, &task, 1).await;
            assert_eq!(outcome(&world, &task), expected, "{object}, write {write}");
        }
    }
}

#[tokio::test]
async fn every_object_may_have_an_empty_window() {
    for has_units in [false, true] {
        let mut world = World::with(Platform {
            is_empty: true,
            available_until: Some("2026-01-06T00:00:00Z"),
            cap: 100_000,
            ..Platform::default()
        })
        .await;
        if has_units {
            let units = "management_units = [\"unit\"]";
            world.settings = world.settings.replace("management_units = []", units);
        }
        for object in GENESYS_OBJECTS {
            let task = attempt(&day_of(object), "empty", u64::from(has_units));
            finish(&world.extractor(), &task, 1).await;
            let receipt = world.bucket.receipt(&task);
            let counts = receipt.counts;
            assert!(receipt.files.is_empty() && counts.calls > 0, "{object}");
            assert_eq!((counts.received, counts.api.unwrap_or(0)), (0, 0));
            // A second call has nothing to do.
            let calls = world.platform.called("any");
            finish(&world.extractor(), &task, 1).await;
            assert_eq!(world.platform.called("any"), calls);
        }
    }
}

#[tokio::test]
async fn a_listing_that_moves_between_two_pages_is_begun_anew() {
    let created = |call: u64| -> Vec<u32> {
        if call < 2 {
            (2..6).collect()
        } else {
            (1..6).collect()
        }
    };
    let deleted = |call: u64| -> Vec<u32> {
        if call < 2 {
            (1..6).collect()
        } else {
            (2..6).collect()
        }
    };
    let turned = |call: u64| (100 - u32::try_from(call).unwrap()..105).collect();
    let short = |_: u64| vec![1, 1];
    for (listed, staged, calls, lacks) in [
        (created as fn(u64) -> Vec<u32>, 5, 6, false),
        // What is gone came before it went; what it hid comes now.
        (deleted, 5, 4, false),
        // Never the same twice, and a total that is wrong: not for ever.
        (turned, 21, 35, true),
        (short, 1, 3, true),
    ] {
        for keep in [Duration::ZERO, Duration::from_hours(1)] {
            let world = World::with(Platform {
                listed: Some(listed),
                ..Platform::default()
            })
            .await;
            let task = day_of("queue");
            finish(&world.extractor().handing_back_at(keep), &task, 99).await;
            let counts = world.bucket.receipt(&task).counts;
            assert_eq!(
                (counts.staged, world.platform.called("any")),
                (staged, calls),
                "{counts:?}"
            );
            // What still lacks shows.
            assert_eq!(counts.api > Some(counts.landed), lacks);
        }
    }
}

#[tokio::test]
async fn a_day_that_is_too_much_at_once_is_not_cut_twice() {
    for (object, pages) in [
        ("evaluation", 8),
        ("user_aggregate", 8),
        ("queue_aggregate", 8),
        // Two of the parts have a conversation, and a page behind it.
        ("conversation_attribute", 10),
    ] {
        let task = day_of(object);
        let too_much = |throttles_call| Platform {
            evaluated: vec![("c-1", true), ("", true)],
            conversations: conversations("2026-01-05T01:00:00Z", 2, 12 * 3600),
            cap: 100_000,
            gives_up: Some((504, 3 * 3600)),
            throttles_call,
            ..Platform::default()
        };
        let asked = async |throttles_call, keep, times| {
            let world = World::with(too_much(throttles_call)).await;
            let extractor = world.extractor().repeating(impatient());
            let extractor = extractor.handing_back_at(keep);
            if throttles_call.is_some() {
                Box::pin(extractor.run(&task, deadline()))
                    .await
                    .unwrap_err();
            }
            let extractor = world.extractor().repeating(impatient());
            let took = finish(&extractor.handing_back_at(keep), &task, times).await;
            let counts = Counts {
                calls: 0,
                ..world.bucket.receipt(&task).counts
            };
            let calls = ["aggregates", "query"].map(|it| world.platform.called(it));
            (counts, calls.iter().sum::<u64>(), took)
        };
        let (counts, calls, _) = asked(None, Duration::ZERO, 1).await;
        // Seven cuts, each after four repetitions, for eight parts.
        assert_eq!(calls, 7 * 4 + pages, "{object}");
        // An attempt that fails goes on where it was, and so does one that hands back at every cut.
        assert_eq!(asked(Some(20), Duration::ZERO, 1).await, (counts, calls, 1));
        let hasty = asked(None, Duration::from_hours(1), 99).await;
        assert_eq!((hasty.0, hasty.1), (counts, calls));
        assert!(hasty.2 >= 15, "{object}: {}", hasty.2);
    }
}
