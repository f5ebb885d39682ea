//! Windows that are read in shorter slices.

use super::{OBJECT, TABLE, by, options, status};
use crate::support::world::{Org, task};
use extract_salesforce::Request;
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::{Classify, Kind};
use step::Failure;

#[tokio::test]
async fn a_query_that_takes_too_long_is_cut_into_slices() {
    let calm = by("rest").await;
    let mut task = task(OBJECT);
    task.window =
        serde_json::from_str(r#"{"start":"2023-12-01T00:00:00Z","end":"2026-01-06T00:00:00Z"}"#)
            .unwrap();
    calm.finish(&task, 600).await;
    let options = Options {
        query_timeout_seconds: Some(90 * 86_400),
        ..options()
    };
    for seconds in [600, 20] {
        let org = Org::new(options.clone(), |_| ()).await;
        let outcome = org.finish(&task, seconds).await;
        assert_eq!(org.tables(TABLE), calm.tables(TABLE));
        assert_eq!(outcome.counts.api, Some(outcome.counts.staged));
        assert_eq!(outcome.counts.duplicates, 0);
    }
}

/// Compares with an undisturbed run what calls bring, of which no two in a row fail: how many did.
async fn in_slices(org: &Org, task: &Request) -> u32 {
    let calm = by("rest").await;
    calm.finish(task, 600).await;
    let (mut failures, mut has_failed) = (0, false);
    for _ in 0..100 {
        match org.call(task, 600).await {
            Ok(outcome) if outcome.done => {
                assert_eq!(org.tables(TABLE), calm.tables(TABLE));
                assert_eq!(outcome.counts.api, Some(outcome.counts.staged));
                return failures;
            }
            Ok(_) => has_failed = false,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Transient);
                assert!(!has_failed, "{}", Failure::from(error));
                has_failed = true;
                failures += 1;
            }
        }
    }
    panic!("the window is never done");
}

#[tokio::test]
async fn what_is_too_large_or_always_fails_is_read_in_shorter_slices() {
    let mut org = by("rest").await;
    org.max_body_bytes = 20_000;
    assert_eq!(in_slices(&org, &task(OBJECT)).await, 0);

    // The first page of the window, of its first half and of the first half of that.
    let org = by("rest").await;
    org.fault("ORDER", status(500), 3 * 4);
    assert_eq!(in_slices(&org, &task(OBJECT)).await, 0);
    assert!(org.server.control().faults.pending().is_empty());

    // Every second page: it is asked for by two calls, since the first one would come again.
    let org = by("rest").await;
    org.fault("/query/", Fault::Html, 1000);
    assert!(in_slices(&org, &task(OBJECT)).await > 1);

    // The place of every second page.
    let org = by("rest").await;
    org.fault("/query/", Fault::ExpireCursor, 1000);
    assert_eq!(in_slices(&org, &task(OBJECT)).await, 0);

    // An outage cuts nothing.
    let org = by("rest").await;
    org.fault("ORDER", status(500), 1000);
    org.fault("000000000000000AAA", status(500), 1000);
    for _ in 0..3 {
        let error = org.call(&task(OBJECT), 600).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
    }
    org.server.control().faults.clear();
    assert_eq!(in_slices(&org, &task(OBJECT)).await, 0);
    // COUNT() once; the page and an id that nobody has four times each.
    assert_eq!(org.requests("/queryAll"), 1 + 3 * 8 + 1);
}

#[tokio::test]
async fn a_query_that_takes_too_long_in_any_slice_is_a_passing_fault() {
    let options = Options {
        query_timeout_rows: Some(0),
        ..options()
    };
    let org = Org::new(options, |_| ()).await;
    let error = org.call(&task(OBJECT), 600).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
}
