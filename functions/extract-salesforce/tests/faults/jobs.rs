//! Bulk jobs that come to nothing.

use super::{OBJECT, TABLE, by, coded, options, persist, status, undisturbed_by};
use crate::support::world::{Org, task};
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::payload::Extraction;
use model::{Classify, Kind};
use rstest::rstest;
use serde_json::Value;
use step::Failure;

#[tokio::test]
async fn a_page_that_is_always_short_names_both_numbers_and_then_costs_the_job() {
    let (org, failures) = undisturbed_by("bulk", "/results", Fault::WrongCount, 6).await;
    assert_eq!(failures.len(), 2);
    for failure in failures {
        let text = failure.to_string();
        assert!(
            text.contains("the page after 80 records, asked for 3 times: the page has 79 rows and Sforce-NumberOfRecords says 80"),
            "{text}"
        );
    }
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 2);
}

#[rstest]
#[case::removed(status(404))]
#[case::of_another_version(coded(409, "VERSION_MISMATCH", "created with API version v65.0"))]
#[tokio::test]
async fn a_job_that_hands_out_nothing_is_created_anew(#[case] fault: Fault) {
    let (_, failures) = undisturbed_by("bulk", "/results", fault.clone(), 1).await;
    assert!(failures.is_empty(), "{failures:?}");
    // Two in each of two calls: where all vanish, REST reads the window.
    let (org, failures) = ends_at("/results", fault, 1000).await;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 4);
}

#[tokio::test]
async fn a_job_keeps_the_version_it_was_created_with() {
    let mut org = Org::bulk(options(), 80).await;
    assert!(!org.call(&task(OBJECT), 20).await.unwrap().done);
    org.settings.salesforce.api_version = "67.0".to_owned();
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.requests("/v67.0/jobs"), 0);
    assert_eq!(
        org.requests("/v66.0/jobs/query/"),
        org.requests("/jobs/query/")
    );
}

async fn ends(fault: Fault, times: u64) -> (Org, Vec<Failure>) {
    ends_at("/jobs/query", fault, times).await
}

async fn ends_at(path: &str, fault: Fault, times: u64) -> (Org, Vec<Failure>) {
    let calm = by("bulk").await;
    calm.finish(&task(OBJECT), 600).await;
    let mut org = by("bulk").await;
    org.fault(path, fault, times);
    let (_, failures) = persist(&mut org).await;
    assert_eq!(distinct(&org), calm.tables(TABLE));
    // Salesforce refuses to abort what has ended.
    assert_eq!(org.requests("PATCH /services/data/"), 0);
    (org, failures)
}

/// What came: of a job, and once more by REST, which writes it in other words.
fn distinct(org: &Org) -> (Vec<Value>, Vec<String>) {
    let (mut payloads, mut rows) = org.tables(TABLE);
    payloads.dedup();
    rows.dedup();
    (payloads, rows)
}

#[tokio::test]
async fn a_failed_job_is_created_anew_and_then_read_by_rest() {
    let (org, failures) = ends(Fault::FailJob, 1).await;
    assert_eq!(failures.len(), 1);
    let text = failures[0].to_string();
    assert!(
        text.starts_with("Transient: reading case of ")
            && text.contains("ended as Failed: InternalServerError"),
        "{text}"
    );
    assert_eq!(org.receipt().extraction, Extraction::Bulk);

    let (org, failures) = ends(Fault::FailJob, 2).await;
    assert_eq!(failures.len(), 1);
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 2);
    assert_eq!(org.requests("DELETE /services/data/v66.0/jobs/query/"), 2);
}

#[tokio::test]
async fn an_aborted_job_is_removed_and_created_anew() {
    let (org, failures) = ends(Fault::AbortJob, 1).await;
    assert_eq!(failures.len(), 1);
    assert!(
        failures[0].to_string().contains("ended as Aborted"),
        "{}",
        failures[0]
    );
    assert_eq!(org.requests("DELETE /services/data/v66.0/jobs/query/"), 2);
}

#[rstest]
#[case::aborted("/jobs/query", Fault::AbortJob, 2, 1)]
// Twice two calls that ask for the page three times.
#[case::broken("/results", Fault::WrongCount, 12, 3)]
// Twice two calls that ask for 80 and for 40 records, four times each.
#[case::failing("/results", status(500), 32, 3)]
// Twice two calls that read the result anew once.
#[case::forgetting(
    "locator=",
    coded(400, "INVALID_LOCATOR", "the locator is none of this job"),
    8,
    3
)]
// Twice two calls that ask for the page three times.
#[case::repeating("locator=", Fault::RepeatPage, 12, 3)]
// Twice two calls, and the removal.
#[case::without_a_count("/jobs/query/", uncounted(), 6, 3)]
#[tokio::test]
async fn two_jobs_that_come_to_nothing_leave_their_window_to_rest(
    #[case] path: &str,
    #[case] fault: Fault,
    #[case] times: u64,
    #[case] fails: usize,
) {
    let (org, failures) = ends_at(path, fault, times).await;
    assert_eq!(failures.len(), fails, "{failures:?}");
    assert!(org.server.control().faults.pending().is_empty());
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 2);
    assert_eq!(org.requests("DELETE /services/data/v66.0/jobs/query/"), 2);
    // One counts.
    assert_eq!(org.requests("GET /services/data/v66.0/queryAll"), 2);
}

fn uncounted() -> Fault {
    Fault::Status {
        code: 200,
        retry_after: None,
        body: Some(r#"{"id":"750x1","state":"JobComplete"}"#.to_owned()),
    }
}

/// The state of a job, or its creation: with 500 for ever.
#[rstest]
#[case::state("/jobs/query/", 2, 5)]
#[case::creation("/jobs/query", 4 * 4, 3)]
#[tokio::test]
async fn jobs_that_are_not_answered_for_leave_their_window_to_rest_unless_nothing_is(
    #[case] path: &str,
    #[case] posts: u64,
    #[case] fails: usize,
) {
    let calm = by("bulk").await;
    calm.finish(&task(OBJECT), 600).await;
    let mut org = by("bulk").await;
    org.fault(path, status(500), 1000);
    let (_, failures) = persist(&mut org).await;
    assert_eq!(failures.len(), fails, "{failures:?}");
    assert_eq!(org.tables(TABLE), calm.tables(TABLE));
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), posts);

    // An id that nobody has is not answered for either: an outage, however long it takes.
    let org = by("bulk").await;
    org.fault(path, status(500), 1000);
    org.fault("000000000000000AAA", status(500), 1000);
    for _ in 0..5 {
        let error = org.call(&task(OBJECT), 600).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
    }
    org.server.control().faults.clear();
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.tables(TABLE), calm.tables(TABLE));
    assert_eq!(org.receipt().extraction, Extraction::Bulk);
    assert_eq!(org.requests("DELETE /services/data/v66.0/jobs/query/"), 1);
}

#[tokio::test]
async fn a_job_whose_state_is_told_in_between_is_not_given_up() {
    let options = Options {
        bulk_polls: 3,
        ..options()
    };
    let org = Org::bulk(options, 80).await;
    org.fault("/jobs/query/", status(500), 4);
    org.fault_after("/jobs/query/", status(500), 4, 1);
    for _ in 0..2 {
        let error = org.call(&task(OBJECT), 600).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
    }
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 1);
}

#[tokio::test]
async fn a_job_that_failed_counts_whether_or_not_its_query_is_answered() {
    let org = by("bulk").await;
    org.fault("/jobs/query", Fault::FailJob, 2);
    // Behind COUNT().
    org.fault_after("/queryAll", status(500), 4, 1);
    let text = Failure::from(org.call(&task(OBJECT), 600).await.unwrap_err()).to_string();
    assert!(text.contains("ended as Failed"), "{text}");
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 2);

    // An outage in which jobs fail, too: it says nothing about jobs.
    let org = by("bulk").await;
    org.fault("/jobs/query", Fault::FailJob, 3);
    org.fault_after("/queryAll", status(500), 3 * 8, 1);
    for _ in 0..3 {
        let error = org.call(&task(OBJECT), 600).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
    }
    assert!(org.server.control().faults.pending().is_empty());
    org.finish(&task(OBJECT), 600).await;
    // One counts: REST has read nothing.
    assert_eq!(org.requests("/queryAll"), 1 + 3 * 8);
}

#[tokio::test]
async fn a_page_that_always_fails_is_asked_for_by_halves_and_an_outage_is_waited_for() {
    let calm = by("bulk").await;
    calm.finish(&task(OBJECT), 600).await;
    let org = by("bulk").await;
    org.fault("maxRecords=80", status(500), 1000);
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.tables(TABLE), calm.tables(TABLE));
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 1);
    // Four times each: once more when pages of 40 come, and no more.
    assert_eq!(org.requests("/results"), 4 + 1 + 4 + 7);

    // The second page, until it is asked for by halves: those behind it are as large as before.
    let (org, failures) = undisturbed_by("bulk", "/results", status(503), 4).await;
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(org.requests("/results"), calm.requests("/results") + 4 + 1);

    // The second page and the state of its job: then nothing is wrong with the page.
    let org = by("bulk").await;
    org.fault_after("/jobs/query/", status(503), 8, 3);
    let error = org.call(&task(OBJECT), 600).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.tables(TABLE), calm.tables(TABLE));
    assert_eq!(org.requests("/results"), calm.requests("/results") + 4);

    // The second page alone, for as long as one call asks for it by halves: behind the outage pages are as large as before.
    let (org, failures) = undisturbed_by("bulk", "/results", status(503), 8).await;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 1);
    assert_eq!(org.requests("/results"), calm.requests("/results") + 8);
}

#[tokio::test]
async fn an_object_that_bulk_jobs_cannot_read_is_read_by_rest() {
    let refused = coded(
        400,
        "INVALIDENTITY",
        "Entity 'Case' is not supported by the Bulk API.",
    );
    let (org, failures) = ends(refused, 1).await;
    assert!(failures.is_empty());
    assert_eq!(org.receipt().extraction, Extraction::Rest);
}
