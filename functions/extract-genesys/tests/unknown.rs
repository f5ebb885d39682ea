//! Something happened in a conversation that does not come by its id: it is counted and told, not lost.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use extract_genesys::Extractor;
use model::payload::WindowTask;
use model::{Classify, Kind};
use source_http::Repeat;
use std::time::Duration;
use step::Deadline;
use support::aside::run;
use support::{Platform, World, conversations, day_of, deadline, event, finish, impatient, table};

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

/// How long an answer is waited for, once.
const SILENCE: Duration = Duration::from_millis(500);

fn hasty(world: &World) -> Extractor {
    let connections = source_http::connections_waiting(SILENCE).unwrap();
    let once = Repeat {
        times: 0,
        ..impatient()
    };
    world.extractor().repeating(once).over(connections)
}

/// Calls of so many milliseconds until the window is done: how many. None of them may fail.
async fn in_calls_of(extractor: &Extractor, task: &WindowTask, milliseconds: u64) -> u32 {
    for call in 1..30 {
        let deadline = Deadline::after(deadline().now(), Duration::from_millis(milliseconds));
        let outcome = Box::pin(extractor.run(task, deadline)).await.unwrap();
        if outcome.done {
            return call;
        }
    }
    panic!("never done");
}

/// Two answers that do not come fit into an invocation, and a third one would outlast it: a call that ends with its
/// invocation, or up to two seconds before, says nothing about the source.
const SHORT: u64 = 3400;
const KEEP: Duration = Duration::from_millis(2300);

#[tokio::test]
async fn a_conversation_that_is_never_answered_is_set_aside_however_short_the_invocations() {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for is_short in [false, true] {
        let world = World::with(Platform {
            evaluated: ids.map(|id| (id, true)).into(),
            silent: Some(|request| request.url.query_pairs().any(|(_, id)| id == "a")),
            ..Platform::default()
        })
        .await;
        let task = day_of("evaluation");
        let extractor = hasty(&world);
        if is_short {
            // Eight and four; two and one; one; each time an id that nobody has is asked for after it.
            let calls = in_calls_of(&extractor.handing_back_at(KEEP), &task, SHORT).await;
            assert!(calls > 2, "{calls}");
        } else {
            finish(&extractor, &task, 1).await;
        }
        assert_eq!(world.platform.called("by_id"), 5 * 2 + 1);
        let counts = world.bucket.receipt(&task).counts;
        assert_eq!((counts.staged, counts.quarantined), (7, 1));
        let refused = table(&world, &task, "staging.quarantine");
        let text = "conversationId: no answer that can be read each time a was asked for, while others are answered";
        assert!(refused[0]["detail"].starts_with(text), "{refused:?}");
    }
}

/// Whether an aggregate or a details query is asked for more than three hours.
fn is_long(request: &wiremock::Request) -> bool {
    if !request.url.path().ends_with("/query") {
        return false;
    }
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(&request.body) else {
        return false;
    };
    let Some((start, end)) = body["interval"].as_str().and_then(|it| it.split_once('/')) else {
        return false;
    };
    let [start, end] = [start, end].map(|it| it.parse::<jiff::Timestamp>().unwrap());
    end.duration_since(start).as_hours() > 3
}

/// Whether more than fifty conversations of a job are asked for at once.
fn is_large(request: &wiremock::Request) -> bool {
    let mut pairs = request.url.query_pairs();
    pairs.any(|(name, value)| name == "pageSize" && value.parse::<u32>().unwrap() > 50)
}

#[tokio::test]
async fn what_is_not_answered_before_it_is_cut_ends_no_invocation() {
    let settle = async |object: &str, until: Option<&'static str>, is_short: bool| {
        let world = World::with(Platform {
            evaluated: vec![("c-1", true)],
            conversations: conversations("2026-01-05T01:00:00Z", 2, 12 * 3600),
            cap: 100_000,
            available_until: until,
            silent: Some(|request| is_long(request) || is_large(request)),
            ..Platform::default()
        })
        .await;
        let mut task = day_of(object);
        task.max_in_flight = 1;
        if is_short {
            let extractor = hasty(&world).handing_back_at(KEEP);
            assert!(in_calls_of(&extractor, &task, SHORT).await > 2, "{object}");
        } else {
            finish(&hasty(&world), &task, 1).await;
        }
        let counts = world.bucket.receipt(&task).counts;
        let asked = ["aggregates", "query", "results"].map(|it| world.platform.called(it));
        (counts.staged, counts.api, asked)
    };
    let compare = async |object, until| {
        let (calm, short) = tokio::join!(settle(object, until, false), settle(object, until, true));
        // Nothing is waited for twice.
        assert_eq!(calm, short, "{object}");
    };
    tokio::join!(
        compare("conversation", Some("2026-01-06T00:00:00Z")),
        compare("conversation", None),
        compare("conversation_attribute", None),
        compare("evaluation", None),
        compare("user_aggregate", None),
    );
}

#[tokio::test]
async fn an_answer_that_outlasts_the_invocation_is_left_to_the_next_one_unless_nothing_has_moved() {
    let mut world = World::with(Platform {
        evaluated: vec![("a", true), ("b", true)],
        silent: Some(|request| request.url.query_pairs().any(|(_, id)| id == "b")),
        ..Platform::default()
    })
    .await;
    let (from, to) = ("details_batch_size = 50", "details_batch_size = 1");
    assert!(world.settings.contains(from));
    world.settings = world.settings.replace(from, to);
    let (task, extractor) = (day_of("evaluation"), world.extractor());
    let call = async || {
        let deadline = Deadline::after(deadline().now(), Duration::from_millis(2600));
        Box::pin(extractor.run(&task, deadline)).await
    };
    assert!(!call().await.unwrap().done);
    let error = call().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let text = step::Failure::from(error).to_string();
    assert!(text.contains("before the end of the invocation"), "{text}");
}

#[tokio::test]
async fn a_contact_that_is_gone_is_set_aside_though_its_call_has_no_other_answer() {
    for status in [404, 422] {
        let mut world = World::with(Platform {
            conversations: conversations("2026-01-05T01:00:00Z", 40, 60),
            cap: 100_000,
            // The last of the seven.
            gone: Some((status, "contact-5")),
            ..Platform::default()
        })
        .await;
        let (from, to) = ("contact_batch_size = 50", "contact_batch_size = 6");
        assert!(world.settings.contains(from));
        world.settings = world.settings.replace(from, to);
        let task = event("day");
        finish(&world.extractor().repeating(impatient()), &task, 1).await;
        let counts = world.bucket.receipt(&task).beside[0].counts;
        assert_eq!((counts.staged, counts.quarantined), (6, 1), "{status}");
        let refused = table(&world, &task, "staging.quarantine");
        let text = format!("askedId: status {status} each time contact-5 was asked for");
        assert!(refused[0]["detail"].starts_with(&text), "{refused:?}");
    }
}

#[tokio::test]
async fn a_source_that_never_answers_fails_the_window_at_once() {
    let world = World::with(Platform {
        evaluated: vec![("a", true), ("b", true), ("c", true)],
        silent: Some(|request| request.url.path().ends_with("/conversations/details")),
        ..Platform::default()
    })
    .await;
    let task = day_of("evaluation");
    let failed = Box::pin(hasty(&world).run(&task, deadline())).await;
    assert_eq!(failed.unwrap_err().kind(), Kind::Transient);
    assert_eq!(world.platform.called("by_id"), 2);
}

#[tokio::test]
async fn conversations_that_are_looked_at_again_and_never_answered_end_no_invocation() {
    let world = World::with(Platform {
        evaluated: vec![("a", true), ("b", true), ("c", true)],
        gives_nothing: true,
        silent: Some(|request| {
            request.url.path().ends_with("/details") && request.url.query().is_none()
        }),
        ..Platform::default()
    })
    .await;
    let task = day_of("evaluation");
    let extractor = hasty(&world).handing_back_at(KEEP);
    in_calls_of(&extractor, &task, SHORT).await;
    let counts = world.bucket.receipt(&task).counts;
    assert_eq!((counts.api, counts.quarantined), (Some(3), 3));
}

#[tokio::test]
async fn a_contact_or_a_live_conversation_that_is_never_answered_is_set_aside() {
    let platform = |silent: fn(&wiremock::Request) -> bool| Platform {
        conversations: conversations("2026-01-05T01:00:00Z", 40, 60),
        cap: 100_000,
        silent: Some(silent),
        ..Platform::default()
    };
    let is_contact: fn(&wiremock::Request) -> bool = |request| {
        let body = String::from_utf8_lossy(&request.body);
        body.contains("\"contact-0\"")
    };
    let world = World::with(platform(is_contact)).await;
    let task = event("day");
    // Seven, four, two and one: an invocation that ends after each goes on where it was.
    let extractor = hasty(&world).handing_back_at(Duration::from_hours(1));
    finish(&extractor, &task, 12).await;
    let counts = world.bucket.receipt(&task).beside[0].counts;
    assert_eq!((counts.staged, counts.quarantined), (6, 1));

    let world = World::with(platform(|request| {
        request.url.path().ends_with("/conversations/c-3")
    }))
    .await;
    let task = day_of("conversation_attribute");
    // Too short for the pause before it is asked for once more: that is the next one's.
    assert_eq!(in_calls_of(&hasty(&world), &task, 5400).await, 2);
    let counts = world.bucket.receipt(&task).counts;
    assert_eq!((counts.received, counts.quarantined), (1, 1));
}
