//! Faults of the strict fake, on both roads: whatever happens on the way, the same lines and rows are there in the end.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::{Fault, Kind as FaultKind};
use fakes::genesys::Options;
use jiff::Timestamp;
use model::payload::{Counts, Extraction, WindowTask};
use model::{Classify, Kind};
use source_http::Repeat;
use std::collections::BTreeMap;
use std::time::Duration;
use support::seeded::{Fake, unlimited, world};
use support::{content, deadline, event, finish, ids};

const QUERY: &str = "/conversations/details/query";
const RESULTS: &str = "/results";
const JOBS: &str = "/conversations/details/jobs";
const CONTACTS: &str = "/externalcontacts/bulk/contacts";

fn status(code: u16, retry_after: Option<u64>) -> FaultKind {
    FaultKind::Status {
        code,
        retry_after,
        body: None,
    }
}

/// Calls until the window is done, as the state machine does: what it retries by kind is met with another attempt.
async fn read(
    fake: &Fake,
    task: &WindowTask,
) -> (BTreeMap<String, Vec<String>>, Counts, Vec<Kind>) {
    let repeat = Repeat {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        ..Repeat::default()
    };
    let mut failures = Vec::new();
    for _ in 0..10 {
        let extractor = fake.world.extractor().repeating(repeat);
        match Box::pin(extractor.run(task, deadline())).await {
            Ok(outcome) if outcome.done => {
                assert!(outcome.counts.close());
                return (content(&fake.world, task), outcome.counts, failures);
            }
            Ok(_) => {}
            Err(error) => failures.push(error.kind()),
        }
    }
    panic!("not done after ten attempts: {failures:?}");
}

async fn start(is_job: bool) -> Fake {
    let options = Options {
        availability: (!is_job).then(|| "2026-01-05T00:00:00Z".parse::<Timestamp>().unwrap()),
        // A job is asked for twice whether it has ended, with one pause.
        job_polls: 1,
        ..unlimited()
    };
    let mut fake = Fake::start(world(2, 700), options).await;
    for (from, to) in [
        ("job_page_size = 1000", "job_page_size = 100"),
        ("query_page_size = 100", "query_page_size = 50"),
        ("contact_batch_size = 50", "contact_batch_size = 10"),
    ] {
        fake.world.settings = fake.world.settings.replace(from, to);
    }
    fake
}

/// Every fault once, and more often than a call is repeated; each in a run of its own.
async fn all(is_job: bool, faults: Vec<(&'static str, FaultKind)>) {
    let mut task = event("day");
    let fake = start(is_job).await;
    let (expected, counts, _) = read(&fake, &task).await;
    assert!(counts.staged > 200);
    let all_ids = ids(&fake.world, &task);
    let control = fake.server.control();
    for (no, (path, kind)) in faults.into_iter().enumerate() {
        for (times, skip) in [(1, 2), (5, 1)] {
            // Of the calls to this path only one submits.
            let skip = if kind == FaultKind::FailJob { 0 } else { skip };
            task.run_id = format!("fault-{no}-{times}").try_into().unwrap();
            control
                .faults
                .add(Fault::new(path, kind.clone(), times).after(skip));
            let (found, counts, failures) = read(&fake, &task).await;
            let what = format!("{kind:?} on {path}, {times} times after {skip}: {failures:?}");
            // Of a job that ends time and again the query takes the place, which has the same conversations.
            let extraction = fake.world.bucket.receipt(&task).extraction;
            if is_job && extraction == Extraction::Query {
                assert!(times > 1, "{what}");
                assert_eq!(ids(&fake.world, &task), all_ids, "{what}");
            } else {
                assert!(found == expected, "{what}");
            }
            assert!(
                counts.received >= counts.landed && failures.len() < 6,
                "{what}"
            );
            let may_be = [Kind::Transient, Kind::Throttled];
            assert!(failures.iter().all(|kind| may_be.contains(kind)), "{what}");
            assert!(times > 1 || control.faults.pending().is_empty(), "{what}");
            control.faults.clear();
        }
    }
    fake.stop().await;
}

fn everywhere(path: &'static str) -> Vec<(&'static str, FaultKind)> {
    let mut kinds = vec![
        FaultKind::Truncate,
        FaultKind::Reset,
        FaultKind::Html,
        FaultKind::GarbageJson,
        status(429, Some(0)),
    ];
    kinds.extend([408, 500, 502, 503, 504].map(|code| status(code, None)));
    kinds.into_iter().map(|kind| (path, kind)).collect()
}

#[tokio::test]
async fn a_job_survives_what_happens_to_its_pages() {
    let mut faults = everywhere(RESULTS);
    faults.push((RESULTS, FaultKind::RepeatPage));
    all(true, faults).await;
}

#[tokio::test]
async fn a_job_survives_its_own_end() {
    all(
        true,
        vec![
            (JOBS, FaultKind::FailJob),
            (JOBS, FaultKind::ExpireJob),
            (RESULTS, FaultKind::ExpireCursor),
            (JOBS, status(503, None)),
            (CONTACTS, FaultKind::Html),
            (CONTACTS, status(500, None)),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_job_outlives_an_outage_and_blocks_no_window_when_it_never_gets_well() {
    let mut task = event("day");
    let fake = start(true).await;
    let (expected, ..) = read(&fake, &task).await;
    let all_ids = ids(&fake.world, &task);
    let control = fake.server.control();
    let submit = format!("POST /api/v2/analytics{JOBS}");
    let of_a_job = "/conversations/details/jobs/";
    // Of all that is asked for only jobs have an id in their path, of version 4.
    let states = |times| Fault::new("-4", status(503, None), times);
    // The availability lies beside the jobs: here it is not told either.
    let outage = |times| Fault::new(of_a_job, status(503, None), times).after(1);
    let pages = |kind| Fault::new(RESULTS, kind, u64::MAX).after(1);
    for (no, (fault, failed, submitted, is_job)) in [
        (states(4), 1, 1, true),
        // Four calls about the job and four about the availability each.
        (outage(32), 4, 1, true),
        (states(u64::MAX), 2, 2, false),
        (pages(FaultKind::Reset), 2, 1, false),
        (pages(FaultKind::Html), 2, 1, false),
    ]
    .into_iter()
    .enumerate()
    {
        task.run_id = format!("ill-{no}").try_into().unwrap();
        control.requests.reset();
        control.faults.add(fault);
        let (found, _, failures) = read(&fake, &task).await;
        control.faults.clear();
        assert_eq!(failures, vec![Kind::Transient; failed], "{no}");
        assert_eq!(
            control.requests.counts().by_path[&submit],
            submitted,
            "{no}"
        );
        let extraction = fake.world.bucket.receipt(&task).extraction;
        if is_job {
            assert_eq!((found, extraction), (expected.clone(), Extraction::Job));
        } else {
            assert_eq!(ids(&fake.world, &task), all_ids, "{no}");
            assert_eq!(extraction, Extraction::Query, "{no}");
        }
    }
    fake.stop().await;
}

#[tokio::test]
async fn a_query_survives_what_happens_to_its_pages() {
    let mut faults = everywhere(QUERY);
    faults.push((QUERY, FaultKind::RepeatPage));
    faults.push((QUERY, FaultKind::ShiftPages));
    all(false, faults).await;
}

#[tokio::test]
async fn a_token_that_ends_between_two_pages_is_unauthorized_and_nothing_is_lost() {
    let task = event("day");
    for (is_job, path) in [(true, RESULTS), (false, QUERY)] {
        let fake = start(is_job).await;
        fake.server
            .control()
            .faults
            .add(Fault::new(path, FaultKind::ExpireToken, 1).after(2));
        let failed = Box::pin(fake.world.extractor().run(&task, deadline())).await;
        assert_eq!(failed.unwrap_err().kind(), Kind::Unauthorized);
        assert!(!fake.world.bucket.keys("landing/").is_empty());
        fake.stop().await;
    }
}

#[tokio::test]
async fn pages_larger_than_a_body_may_be_are_asked_for_in_smaller_ones() {
    let task = event("day");
    for is_job in [true, false] {
        let fake = start(is_job).await;
        let (expected, ..) = read(&fake, &task).await;
        // A page has a hundred records by job and fifty by query, of some kilobytes each.
        for (run, bytes, is_enough) in [("small", 60_000, true), ("tiny", 1500, false)] {
            let task = WindowTask {
                run_id: run.to_owned().try_into().unwrap(),
                ..task.clone()
            };
            let repeat = Repeat {
                max_body_bytes: bytes,
                ..Repeat::default()
            };
            let extractor = fake.world.extractor().repeating(repeat);
            let hasty = extractor.handing_back_at(Duration::from_hours(1));
            if is_enough {
                assert!(finish(&hasty, &task, 999).await > 10);
                assert_eq!(content(&fake.world, &task), expected);
                continue;
            }
            // Not even one record fits: it is told, not waited for.
            let error = loop {
                match Box::pin(hasty.run(&task, deadline())).await {
                    Ok(outcome) => assert!(!outcome.done),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), Kind::Invalid);
            let text = step::Failure::from(error).to_string();
            assert!(text.contains("larger than 1500 bytes"), "{text}");
        }
        fake.stop().await;
    }
}
