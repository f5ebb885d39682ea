//! Wherever a call ends, the next one continues, and what is landed and staged is what one call alone would have brought.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::Request;
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::payload::ExtractOutcome;
use model::{Classify, Kind};
use rstest::rstest;
use std::time::Duration;
use support::world::{Org, lookup, task};

/// A road, its object and the object's staging table.
const ROADS: [(&str, &str, &str); 5] = [
    ("rest", "case", "salesforce_case"),
    ("bulk", "case", "salesforce_case"),
    ("bulk", "account_history", "salesforce_history"),
    ("bulk", "contact_ids", "salesforce_id"),
    ("lookup", "case_lookup", "salesforce_case"),
];

fn options() -> Options {
    Options {
        page_size: 100,
        bulk_polls: 2,
        nul_percent: 5,
        ..Options::default()
    }
}

async fn org(road: &str) -> Org {
    Org::new(options(), |settings| {
        settings.salesforce.bulk_threshold = if road == "bulk" { 0 } else { u64::MAX };
        settings.salesforce.bulk_page_records = 100;
    })
    .await
}

async fn work(road: &str, object: &str) -> Request {
    if road != "lookup" {
        return task(object);
    }
    let all = org("rest").await;
    all.finish(&task("case_ids"), 600).await;
    let (payloads, _) = all.tables("salesforce_id");
    let ids = payloads
        .iter()
        .map(|case| case["Id"].as_str().unwrap().to_owned());
    lookup(object, ids.collect())
}

/// Compares with a run that nothing disturbed.
fn same(disturbed: &Org, calm: &Org, table: &str, outcome: &ExtractOutcome, place: &str) {
    assert_eq!(disturbed.tables(table), calm.tables(table), "{place}");
    let (counts, wanted) = (outcome.counts, calm.receipt().counts);
    assert!(counts.close(), "{place}");
    assert_eq!(
        (counts.api, counts.landed, counts.staged, counts.quarantined),
        (wanted.api, wanted.landed, wanted.staged, wanted.quarantined),
        "{place}"
    );
}

#[rstest]
#[tokio::test]
async fn a_call_that_hands_back_after_every_step(#[values(0, 1, 2, 3, 4)] no: usize) {
    let (road, object, table) = ROADS[no];
    let task = work(road, object).await;
    let calm = org(road).await;
    let wanted = calm.finish(&task, 600).await;
    let stepwise = org(road).await;
    let outcome = stepwise.finish(&task, 20).await;
    same(&stepwise, &calm, table, &outcome, road);
    assert_eq!(outcome.counts.duplicates, 0);
    assert_eq!(
        outcome.counts.calls, wanted.counts.calls,
        "{object}: no call is made twice"
    );
}

#[rstest]
#[tokio::test]
async fn a_call_that_fails_at_any_request(
    #[values(0, 1, 2, 3, 4)] no: usize,
    #[values(600, 20)] seconds: u64,
) {
    let (road, object, table) = ROADS[no];
    let task = work(road, object).await;
    let calm = org(road).await;
    calm.finish(&task, 600).await;
    for place in 0.. {
        let mut torn = org(road).await;
        torn.fault_after("/services/data/", Fault::ExpireToken, 1, place);
        let mut refused = 0;
        let outcome = loop {
            match torn.call(&task, seconds).await {
                Ok(outcome) if outcome.done => break outcome,
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Unauthorized, "{error}");
                    refused += 1;
                    torn.log_in().await;
                }
            }
        };
        // Past the last request, or at the removal of a job, which need not succeed.
        if refused == 0 {
            assert!(place > 2, "{object}: {place} places");
            break;
        }
        let what = format!("{object} refused at request {place}");
        assert_eq!(refused, 1, "{what}");
        assert_eq!(outcome.counts.duplicates, 0, "{what}");
        same(&torn, &calm, table, &outcome, &what);
    }
}

/// Ends a call as a killed process would: at whatever it is doing when `when` comes true. Whether it came to that.
async fn kill(org: &Org, task: &Request, seconds: u64, when: impl Fn() -> bool) -> bool {
    let dies = async {
        while !when() {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    tokio::select! {
        biased;
        () = dies => true,
        _ = org.call(task, seconds) => false,
    }
}

#[rstest]
#[tokio::test]
async fn a_call_that_is_killed_at_any_request_or_write(
    #[values(0, 1, 4)] no: usize,
    #[values("request", "write")] at: &str,
) {
    let (road, object, table) = ROADS[no];
    let task = work(road, object).await;
    let calm = org(road).await;
    calm.finish(&task, 600).await;
    let mut places = 0;
    for place in 1..80 {
        let torn = org(road).await;
        let when = || match at {
            "write" => torn.objects.writes() >= place,
            _ => torn.requests("/services/data/") >= place,
        };
        // Hands back after each step, so that every state is on record once, and dies in one of them.
        let mut was_killed = false;
        for _ in 0..80 {
            if was_killed {
                break;
            }
            was_killed = kill(&torn, &task, 20, when).await;
            if !torn.objects.texts("runs/", "000000Z.json").is_empty() {
                break;
            }
        }
        let outcome = torn.finish(&task, 600).await;
        same(
            &torn,
            &calm,
            table,
            &outcome,
            &format!("{object} killed at {at} {place}"),
        );
        if !was_killed {
            break;
        }
        places += 1;
    }
    assert!(places > 1, "{places} places");
}
