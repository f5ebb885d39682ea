//! Wherever a call ends, the next one continues, and what is landed and staged is what one call alone would have brought.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::Request;
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::payload::ExtractOutcome;
use model::{Classify, Kind};
use rstest::rstest;
use serde_json::json;
use std::time::Duration;
use step::{Deadline, Failure};
use support::world::{Org, lookup, task};
use support::{Objects, extractor, settings};
use wiremock::matchers::{any, query_param_contains};
use wiremock::{Mock, MockServer, ResponseTemplate};

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

#[tokio::test]
async fn a_call_that_only_its_own_end_cuts_short_hands_back_what_has_come() {
    let server = MockServer::start().await;
    let counted = json!({"totalSize": 1, "done": true, "records": []});
    Mock::given(query_param_contains("q", "COUNT()"))
        .respond_with(ResponseTemplate::new(200).set_body_json(counted))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_mins(1)))
        .mount(&server)
        .await;
    let token = json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z", "instance_url": server.uri()});
    let end = || {
        let now = "2026-01-06T02:00:00Z".parse().unwrap();
        // Longer than what is kept free of a turn in the own pace, however soon that comes.
        Deadline::after(now, Duration::from_millis(3500))
    };
    let (_aws, extractor) = extractor(&Objects::default(), &token, settings()).await;
    // COUNT() is answered.
    let outcome = Box::pin(extractor.run(task("case"), end())).await.unwrap();
    assert_eq!((outcome.done, outcome.counts.calls), (false, 2));
    // Nothing is: to call again at once would come to the same.
    let error = Box::pin(extractor.run(task("case"), end())).await;
    assert_eq!(error.unwrap_err().kind(), Kind::Transient);
}

fn refused(message: &str) -> Fault {
    Fault::Status {
        code: 403,
        retry_after: None,
        body: Some(format!(
            r#"[{{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"{message}"}}]"#
        )),
    }
}

const USED_UP: &str = "TotalRequests Limit exceeded.";
const TOO_MANY_AT_ONCE: &str = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";

/// The task as a run gives it that does without the window if need be.
fn alone(task: &Request) -> Request {
    Request {
        fails_alone: true,
        ..task.clone()
    }
}

async fn failure(org: &Org, task: &Request) -> Failure {
    Failure::from(org.call(task, 600).await.unwrap_err())
}

#[tokio::test]
async fn a_turn_that_comes_after_the_invocation_is_handed_back_and_not_failed() {
    let calm = org("rest").await;
    calm.finish(&task("case"), 600).await;
    let paced = org("rest").await;
    // One call a process: the next one has its turn after ten seconds.
    let slow = Request {
        requests_per_minute: 6,
        max_in_flight: 1,
        ..task("case")
    };
    paced.finish(&slow, 8).await;
    let table = "salesforce_case";
    assert_eq!(paced.tables(table), calm.tables(table));
}

#[rstest]
#[tokio::test]
async fn a_day_that_is_used_up_is_waited_for_unless_the_window_may_fail_alone(
    #[values("rest", "bulk")] road: &str,
    #[values("share", "limit")] what: &str,
) {
    let (table, task) = ("salesforce_case", task("case"));
    let calm = org(road).await;
    calm.finish(&task, 600).await;
    let mut stopped = org(road).await;
    let pages = if road == "rest" { "/query" } else { "/results" };
    if what == "share" {
        stopped.settings.salesforce.daily_share_percent = 1;
        // One percent of the day's 100,000 is reached with the first page.
        let used = if road == "rest" { 998 } else { 993 };
        stopped.server.control().crm.set_used(used);
    } else {
        stopped.fault_after(pages, refused(USED_UP), 1, 2);
    }
    let first = failure(&stopped, &task).await;
    assert_eq!(first.kind, Kind::Throttled, "{first}");
    let kept = stopped.kept(table);
    assert!(
        kept > 0 && kept < calm.tables(table).1.len(),
        "{kept} rows were kept"
    );

    // Nothing else waits for such a window: the state machine repeats no failure of this kind, and goes on without it.
    if what == "limit" {
        stopped.fault(pages, refused(USED_UP), 1);
    }
    let put_off = failure(&stopped, &alone(&task)).await;
    let text = put_off.to_string();
    assert_eq!(put_off.kind, Kind::Invalid, "{text}");
    let window = "2000-01-01T00:00:00Z/2026-01-06T00:00:00Z";
    let left = format!("Invalid: reading case of {window} is left to the next nightly run");
    assert!(text.starts_with(&left), "{text}");
    let why = match what {
        "share" => "wait, or raise the share",
        _ => USED_UP,
    };
    assert!(text.contains(why), "{text}");
    assert!(stopped.kept(table) >= kept);

    // What is over in seconds is waited for by every window.
    if what == "limit" {
        stopped.fault(pages, refused(TOO_MANY_AT_ONCE), 1);
        let busy = failure(&stopped, &alone(&task)).await;
        assert_eq!(busy.kind, Kind::Throttled, "{busy}");
    }
    stopped.settings.salesforce.daily_share_percent = 100;
    // Nobody would have found the job of a window that was put off: it was removed, and here another one reads it.
    let removed = stopped.requests("DELETE /services/data/v66.0/jobs/query/");
    assert_eq!(removed, u64::from(road == "bulk"));
    let kept = if road == "bulk" {
        stopped.kept(table)
    } else {
        0
    };
    let outcome = stopped.finish(&alone(&task), 600).await;
    assert_eq!(outcome.counts.duplicates, kept as u64);
    assert_eq!(stopped.tables(table), calm.tables(table));
}

const JOBS: &str = "/services/data/v66.0/jobs/query";

#[tokio::test]
async fn beyond_the_share_no_job_is_created() {
    // Reached before the count, and between it and the job.
    for (used, calls) in [(90_000, 1), (79_998, 2)] {
        for task in [task("case"), alone(&task("case"))] {
            let org = Org::bulk(options(), 80).await;
            org.server.control().crm.set_used(used);
            let failure = failure(&org, &task).await;
            assert!(failure.to_string().contains("daily_share_percent"));
            assert_eq!(org.requests("/services/data/"), calls, "{failure}");
            assert_eq!(org.requests(JOBS), 0);
        }
    }
}

#[tokio::test]
async fn a_job_that_is_put_off_is_ended_and_removed() {
    let org = Org::bulk(options(), 80).await;
    let task = alone(&task("case"));
    assert!(!org.call(&task, 20).await.unwrap().done);
    org.server.control().crm.set_used(90_000);
    assert_eq!(failure(&org, &task).await.kind, Kind::Invalid);
    // Its state, its end and its removal.
    assert_eq!(org.requests(&format!("GET {JOBS}")), 1);
    assert_eq!(org.requests(&format!("PATCH {JOBS}")), 1);
    assert_eq!(org.requests(&format!("DELETE {JOBS}")), 1);
    // Called again nevertheless, it stops where it would have created another.
    assert_eq!(failure(&org, &task).await.kind, Kind::Invalid);
    assert_eq!(org.requests(&format!("POST {JOBS}")), 1);
    org.server.control().crm.set_used(0);
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.api, counts.duplicates), (Some(counts.staged), 0));
}

#[tokio::test]
async fn the_days_bulk_jobs_are_a_limit_like_any_other() {
    let options = Options {
        bulk_jobs_per_day: 0,
        ..options()
    };
    let org = Org::bulk(options, 80).await;
    for (task, kind) in [
        (task("case"), Kind::Throttled),
        (alone(&task("case")), Kind::Invalid),
    ] {
        let failure = failure(&org, &task).await;
        assert_eq!(failure.kind, kind);
        let text = failure.to_string();
        assert!(
            text.contains("Max bulk v2 query jobs (0) per 24 hrs has been reached"),
            "{text}"
        );
    }
}
