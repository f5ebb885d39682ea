//! A part of a day, by the details query: what it costs, and what the filter on the start may do to it.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::Fault;
use fakes::genesys::{Options, StartFilter};
use jiff::{SignedDuration, Timestamp};
use model::payload::{Counts, WindowTask};
use model::{Classify, Kind, Window};
use source_http::Repeat;
use std::collections::BTreeMap;
use std::time::Duration;
use support::aside::answering;
use support::seeded::{Fake, unlimited, world};
use support::{content, day_of, deadline, event, finish, impatient};

const QUERY: &str = "POST /api/v2/analytics/conversations/details/query";
const SWITCH: &str = "query_start_filter = true";

fn part(object: &str, start: &str, end: &str) -> WindowTask {
    let mut task = day_of(object);
    task.window = Window::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
    task
}

/// A source without details jobs.
async fn start(start_filter: StartFilter, is_on: bool) -> Fake {
    capped(start_filter, is_on, 100_000).await
}

async fn capped(start_filter: StartFilter, is_on: bool, result_cap: u64) -> Fake {
    let options = Options {
        result_cap,
        availability: Some("2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap()),
        start_filter,
        ..unlimited()
    };
    let mut fake = Fake::start(world(2, 3000), options).await;
    assert!(fake.world.settings.contains(SWITCH));
    if !is_on {
        let off = fake
            .world
            .settings
            .replace(SWITCH, "query_start_filter = false");
        fake.world.settings = off;
    }
    fake
}

type Content = BTreeMap<String, Vec<String>>;

/// What a window comes to, its counts, and how often the query was asked; the same when it is stopped after every page.
async fn read(fake: &Fake, task: &WindowTask) -> (Content, Counts, u64) {
    let requests = &fake.server.control().requests;
    requests.reset();
    finish(&fake.world.extractor(), task, 1).await;
    let queries = requests.counts().by_path[QUERY];
    let found = content(&fake.world, task);
    let counts = fake.world.bucket.receipt(task).counts;
    let again = WindowTask {
        run_id: "stopped".to_owned().try_into().unwrap(),
        ..task.clone()
    };
    let hasty = fake
        .world
        .extractor()
        .handing_back_at(Duration::from_hours(1));
    finish(&hasty, &again, 99).await;
    assert_eq!(content(&fake.world, &again), found);
    let stopped = fake.world.bucket.receipt(&again).counts;
    assert_eq!(
        (stopped.api, stopped.received, stopped.staged),
        (counts.api, counts.received, counts.staged)
    );
    (found, counts, queries)
}

#[tokio::test]
async fn an_hour_costs_an_hour_with_the_filter_and_not_a_day_without_it() {
    let task = part(
        "conversation",
        "2026-01-05T15:00:00Z",
        "2026-01-05T16:00:00Z",
    );
    let seeded = world(2, 3000);
    let (begin, end) = (task.window.start(), task.window.end());
    let expected = seeded.expected(begin, end).conversations as u64;
    let since_midnight = seeded.started_in(event("day").window.start(), end).len() as u64;
    // What reading the day from its start came to: everything since midnight, and a page that is behind the hour.
    let before = since_midnight / 100 + 1;

    let fake = start(StartFilter::Kept, true).await;
    let (found, counts, queries) = read(&fake, &task).await;
    fake.stop().await;
    assert_eq!((counts.landed, counts.received), (expected, expected));
    assert_eq!(counts.api, Some(expected));
    let filtered = queries;

    let mut plain = None;
    for (filter, is_on) in [
        (StartFilter::Kept, false),
        (StartFilter::Refused, true),
        (StartFilter::Misread, true),
    ] {
        let fake = start(filter, is_on).await;
        let (same, counts, queries) = read(&fake, &task).await;
        fake.stop().await;
        assert_eq!(same, found, "{filter:?}");
        assert!(counts.out_of_window > 0 && counts.received < since_midnight);
        // One more call finds out what the filter does.
        let plain = *plain.get_or_insert(queries);
        assert_eq!(queries, plain + u64::from(is_on), "{filter:?}");
    }
    assert_eq!((before, plain, filtered), (10, Some(7), 1));
}

#[tokio::test]
async fn a_time_without_conversations_is_looked_at_twice_and_empty() {
    let seeded = world(2, 3000);
    let minutes = event("day").window.slices(SignedDuration::from_mins(2));
    let is_empty = |it: &Window| seeded.started_in(it.start(), it.end()).is_empty();
    let mut task = day_of("conversation");
    task.window = minutes.skip(60).find(is_empty).unwrap();
    let fake = start(StartFilter::Kept, true).await;
    let (_, counts, _) = read(&fake, &task).await;
    fake.stop().await;
    assert_eq!((counts.api, counts.staged), (Some(0), 0));

    // The second look needs an answer that does not come: in smaller parts it would come to the same question.
    let options = Options {
        availability: Some("2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap()),
        ..unlimited()
    };
    let before = task.window.end() - SignedDuration::from_hours(2);
    let of_hours = seeded.started_in(before, task.window.end()).len() as u64;
    assert!(of_hours > 0);
    for object in ["conversation", "conversation_attribute"] {
        object.clone_into(&mut task.object);
        for (filter, slow_above, queries, counted) in [
            // The filter is asked for a longer time. It keeps something of it, so it works.
            (StartFilter::Kept, of_hours, 1 + 4 + 1, Some(0)),
            // It is too much as well.
            (StartFilter::Kept, 0, 1 + 4 + 4, None),
            // It keeps nothing of a whole day either.
            (StartFilter::Misread, of_hours, 1 + 4 + 3, None),
        ] {
            let options = Options {
                start_filter: filter,
                slow_above,
                ..options.clone()
            };
            let fake = Fake::start(seeded.clone(), options).await;
            let extractor = fake.world.extractor().repeating(impatient());
            let outcome = Box::pin(extractor.run(&task, deadline())).await;
            let asked = fake.server.control().requests.counts().by_path[QUERY];
            assert_eq!(asked, queries, "{object} {filter:?} {slow_above}");
            if counted.is_some() {
                assert!(outcome.unwrap().done);
                let counts = fake.world.bucket.receipt(&task).counts;
                assert_eq!((counts.api, counts.received), (counted, 0), "{object}");
            } else {
                assert_eq!(outcome.unwrap_err().kind(), Kind::Transient, "{object}");
            }
            fake.stop().await;
        }
    }
}

#[tokio::test]
async fn a_part_is_read_without_the_filter_though_its_day_is_above_the_cap() {
    let hour = ("2026-01-05T22:00:00Z", "2026-01-05T23:00:00Z");
    let over_midnight = ("2026-01-04T22:00:00Z", "2026-01-05T02:00:00Z");
    let seeded = world(2, 3000);
    for (filter, (from, to), faults) in [
        (StartFilter::Refused, hour, 0),
        // Pieces of it would be asked for with the same filter.
        (StartFilter::Misread, hour, 0),
        // Cut though nobody has counted what is in it: between the days, and because no answer comes.
        (StartFilter::Misread, over_midnight, 0),
        (StartFilter::Misread, hour, 4),
    ] {
        let task = part("conversation", from, to);
        let expected = seeded.expected(task.window.start(), task.window.end());
        let mut fake = capped(filter, true, 500).await;
        let settings = &mut fake.world.settings;
        *settings = settings.replace("query_result_cap = 100000", "query_result_cap = 500");
        let counts = if faults > 0 {
            let fault = Fault::new("details/query", answering(504), faults);
            fake.server.control().faults.add(fault);
            let extractor = fake.world.extractor().repeating(impatient());
            finish(&extractor, &task, 1).await;
            fake.world.bucket.receipt(&task).counts
        } else {
            read(&fake, &task).await.1
        };
        fake.stop().await;
        assert_eq!(
            counts.landed, expected.conversations as u64,
            "{filter:?} {from} {faults}"
        );
    }
}

#[tokio::test]
async fn a_day_whose_parts_hold_nothing_is_short_of_all_of_it() {
    let task = event("day");
    let seeded = world(2, 3000);
    let of_day = seeded.started_in(task.window.start(), task.window.end());
    let mut fake = capped(StartFilter::Misread, true, 500).await;
    let settings = &mut fake.world.settings;
    *settings = settings.replace("query_result_cap = 100000", "query_result_cap = 500");
    finish(&fake.world.extractor(), &task, 1).await;
    let counts = fake.world.bucket.receipt(&task).counts;
    fake.stop().await;
    assert_eq!((counts.api, counts.staged), (Some(of_day.len() as u64), 0));
}

#[tokio::test]
async fn a_part_that_is_empty_holds_up_nothing_though_the_day_is_too_much() {
    let seeded = world(2, 3000);
    let count = |it: &Window| seeded.started_in(it.start(), it.end()).len() as u64;
    let minutes = event("day").window.slices(SignedDuration::from_mins(1));
    let minutes: Vec<_> = minutes.skip(60).collect();
    let mut pairs = minutes.windows(2);
    let pair = pairs.find(|it| count(&it[0]) == 0 && count(&it[1]) > 0);
    let [first, second] = pair.unwrap() else {
        panic!("two minutes");
    };
    for (object, width, is_stopped) in [
        ("conversation", 1, false),
        ("conversation", 1, true),
        // More than the two minutes have room side by side.
        ("conversation", 3, false),
        ("conversation", 3, true),
        ("conversation_attribute", 3, false),
    ] {
        let mut task = day_of(object);
        task.window = Window::new(first.start(), second.end()).unwrap();
        task.max_in_flight = width;
        let options = Options {
            slow_above: count(&task.window),
            availability: Some("2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap()),
            ..unlimited()
        };
        let fake = Fake::start(seeded.clone(), options).await;
        let fault = Fault::new("details/query", answering(504), 4);
        fake.server.control().faults.add(fault);
        let extractor = fake.world.extractor().repeating(impatient());
        if is_stopped {
            // One of the minutes has come, the other one does not.
            let fault = Fault::new("details/query", answering(503), 4);
            fake.server.control().faults.add(fault.after(1));
            let error = Box::pin(extractor.run(&task, deadline())).await;
            assert_eq!(error.unwrap_err().kind(), Kind::Transient);
        }
        finish(&extractor, &task, 1).await;
        let counts = fake.world.bucket.receipt(&task).counts;
        fake.stop().await;
        let expected = count(second);
        assert_eq!(
            (counts.api, counts.staged),
            (Some(expected), expected),
            "{object} {width} {is_stopped}"
        );
    }
}

#[tokio::test]
async fn a_second_look_that_breaks_off_before_its_part_finds_no_more_than_the_filter() {
    let seeded = world(2, 3000);
    let count = |it: &Window| seeded.started_in(it.start(), it.end()).len() as u64;
    let day = event("day").window;
    let minutes = day.slices(SignedDuration::from_mins(1));
    let minutes: Vec<_> = minutes.skip(60).collect();
    let mut pairs = minutes.windows(2);
    let pair = pairs.find(|it| count(&it[0]) > 0 && count(&it[1]) == 0);
    let [first, second] = pair.unwrap() else {
        panic!("two minutes");
    };
    let mut task = event("day");
    task.window = Window::new(first.start(), second.end()).unwrap();
    let before = Window::new(day.start(), second.start()).unwrap();
    // Up to the page on which the other minute of the window ends: the next one does not come.
    let pages = count(&before).div_ceil(10);
    assert!(pages > 1);
    for is_stopped in [false, true] {
        let options = Options {
            availability: Some("2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap()),
            ..unlimited()
        };
        let mut fake = Fake::start(seeded.clone(), options).await;
        let settings = &mut fake.world.settings;
        *settings = settings.replace("query_page_size = 100", "query_page_size = 10");
        let faults = &fake.server.control().faults;
        faults.add(Fault::new("details/query", answering(504), 4));
        let broken = Fault::new("details/query", answering(504), u64::MAX);
        faults.add(broken.after(2 + pages));
        let mut extractor = fake.world.extractor().repeating(impatient());
        if is_stopped {
            extractor = extractor.handing_back_at(Duration::from_hours(1));
        }
        let calls = finish(&extractor, &task, 99).await;
        assert_eq!(calls > 1, is_stopped);
        let counts = fake.world.bucket.receipt(&task).counts;
        fake.stop().await;
        let expected = count(first);
        assert_eq!((counts.api, counts.staged), (Some(expected), expected));
    }
}

#[tokio::test]
async fn attributes_are_asked_for_whatever_the_filter_does() {
    let hour = ("2026-01-05T15:00:00Z", "2026-01-05T16:00:00Z");
    let task = part("conversation_attribute", hour.0, hour.1);
    let mut expected = None;
    // The hour is more than is answered at once, or a page of ten is more than is read at once.
    let slow = Options {
        slow_above: 4,
        ..unlimited()
    };
    let small = Repeat {
        max_body_bytes: 40_000,
        ..impatient()
    };
    for (options, repeat) in [(slow, impatient()), (unlimited(), small)] {
        let fake = Fake::start(world(2, 3000), options).await;
        let extractor = fake.world.extractor().repeating(repeat);
        finish(&extractor, &task, 1).await;
        let found = content(&fake.world, &task);
        assert!(fake.server.control().requests.counts().by_path[QUERY] > 5);
        fake.stop().await;
        assert_eq!(&found, expected.get_or_insert_with(|| found.clone()));
    }
    for (filter, most) in [
        (StartFilter::Kept, 2),
        (StartFilter::Refused, 12),
        (StartFilter::Misread, 12),
    ] {
        let fake = start(filter, true).await;
        let (found, counts, queries) = read(&fake, &task).await;
        fake.stop().await;
        assert!(
            counts.staged > 10 && queries <= most,
            "{filter:?}: {queries}"
        );
        assert_eq!(
            &found,
            expected.get_or_insert_with(|| found.clone()),
            "{filter:?}"
        );
    }
}
