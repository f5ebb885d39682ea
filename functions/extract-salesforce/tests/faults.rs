//! Every fault that concerns Salesforce, by both roads: nothing is lost, nothing comes twice, and the rows are those of an
//! undisturbed run.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::ExtractError;
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::payload::ExtractOutcome;
use model::{Classify, Kind};
use rstest::rstest;
use step::Failure;
use support::world::{Org, task};

const OBJECT: &str = "case";
const TABLE: &str = "salesforce_case";

fn options() -> Options {
    Options {
        page_size: 80,
        bulk_polls: 1,
        ..Options::default()
    }
}

async fn by(road: &str) -> Org {
    match road {
        "rest" => {
            let rest = |settings: &mut model::settings::Settings| {
                settings.salesforce.bulk_threshold = u64::MAX;
            };
            Org::new(options(), rest).await
        }
        _ => Org::bulk(options(), 80).await,
    }
}

/// Calls as the state machine would: a token that was refused is renewed, a passing failure is tried again.
async fn persist(org: &mut Org) -> (ExtractOutcome, Vec<Failure>) {
    let mut failures = Vec::new();
    for _ in 0..12 {
        match org.call(&task(OBJECT), 600).await {
            Ok(outcome) => {
                assert!(outcome.done);
                return (outcome, failures);
            }
            Err(error) => {
                match error.kind() {
                    Kind::Unauthorized => org.log_in().await,
                    Kind::Transient | Kind::Throttled => {}
                    kind => panic!("{kind:?}: {}", Failure::from(error)),
                }
                failures.push(Failure::from(error));
            }
        }
    }
    panic!("it never succeeds: {failures:?}");
}

fn status(code: u16) -> Fault {
    Fault::Status {
        code,
        retry_after: None,
        body: None,
    }
}

fn coded(code: u16, error_code: &str, message: &str) -> Fault {
    Fault::Status {
        code,
        retry_after: None,
        body: Some(format!(
            r#"[{{"errorCode":"{error_code}","message":"{message}"}}]"#
        )),
    }
}

/// Runs with the fault at the second page and compares with an undisturbed run. Tells the failures of the calls.
async fn undisturbed_by(road: &str, path: &str, fault: Fault, times: u64) -> (Org, Vec<Failure>) {
    let calm = by(road).await;
    let wanted = calm.finish(&task(OBJECT), 600).await;
    let mut org = by(road).await;
    org.fault_after(path, fault.clone(), times, 1);
    let (outcome, failures) = persist(&mut org).await;
    let left = org.server.control().faults.pending();
    assert!(left.is_empty(), "the fault did not happen: {left:?}");

    assert_eq!(org.tables(TABLE), calm.tables(TABLE), "{fault:?}");
    let counts = outcome.counts;
    assert!(counts.close(), "{fault:?}");
    assert_eq!(
        (counts.api, counts.staged, counts.landed),
        (
            wanted.counts.api,
            wanted.counts.staged,
            wanted.counts.landed
        ),
        "{fault:?}"
    );
    (org, failures)
}

/// Where a road's pages are.
fn pages(road: &str) -> &'static str {
    if road == "rest" { "/query" } else { "/results" }
}

#[rstest]
#[case::internal(status(500), 1)]
#[case::gateway(status(502), 1)]
#[case::unavailable(status(503), 2)]
#[case::gateway_timeout(status(504), 1)]
#[case::setting_up(status(406), 1)]
#[case::enhance_your_calm(status(420), 1)]
#[case::too_many(status(429), 1)]
#[case::too_many_for_a_second(Fault::Status { code: 429, retry_after: Some(1), body: None }, 1)]
#[case::persistent(status(503), 4)]
#[case::reset(Fault::Reset, 1)]
#[case::truncated(Fault::Truncate, 1)]
#[case::html(Fault::Html, 1)]
#[case::repeated_page(Fault::RepeatPage, 1)]
#[tokio::test]
async fn a_fault_that_passes_leaves_no_trace(
    #[values("rest", "bulk")] road: &str,
    #[case] fault: Fault,
    #[case] times: u64,
) {
    undisturbed_by(road, pages(road), fault, times).await;
}

#[rstest]
#[case::no_json("rest", Fault::GarbageJson)]
#[case::no_csv("bulk", Fault::GarbageJson)]
#[case::a_row_is_missing("bulk", Fault::WrongCount)]
#[tokio::test]
async fn a_page_that_does_not_hold_together_is_asked_for_again(
    #[case] road: &str,
    #[case] fault: Fault,
) {
    let (_, failures) = undisturbed_by(road, pages(road), fault, 2).await;
    assert!(failures.is_empty(), "{failures:?}");
}

/// A last page that has come too early.
fn early_end(total: u64) -> Fault {
    Fault::Status {
        code: 200,
        retry_after: None,
        body: Some(format!(
            r#"{{"totalSize":{total},"done":true,"records":[]}}"#
        )),
    }
}

#[tokio::test]
async fn a_query_that_ends_before_its_last_record_is_read_once_more() {
    let calm = by("rest").await.finish(&task(OBJECT), 600).await;
    let fault = early_end(calm.counts.api.unwrap());
    let (_, failures) = undisturbed_by("rest", "/query", fault, 1).await;
    assert!(failures.is_empty(), "{failures:?}");
}

#[tokio::test]
async fn a_query_that_ends_too_early_again_and_again_fails_the_call_with_both_numbers() {
    let calm = by("rest").await.finish(&task(OBJECT), 600).await;
    let total = calm.counts.api.unwrap();
    let org = by("rest").await;
    org.fault_after("/query", early_end(total), 2, 2);
    org.fault_after("/query", early_end(total), 1, 0);
    let error = org.call(&task(OBJECT), 600).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let text = Failure::from(error).to_string();
    assert!(
        text.contains(&format!(
            "totalSize says {total} records and the pages have"
        )),
        "{text}"
    );
}

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
#[tokio::test]
async fn an_expired_cursor_starts_the_slice_anew(#[values("rest", "bulk")] road: &str) {
    // Locators of a job live as long as it does; should one not, it is told so.
    let fault = match road {
        "rest" => Fault::ExpireCursor,
        _ => coded(400, "INVALID_LOCATOR", "the locator is none of this job"),
    };
    let (_, failures) = undisturbed_by(road, pages(road), fault, 1).await;
    assert!(failures.is_empty(), "{failures:?}");
}

#[rstest]
#[tokio::test]
async fn an_expired_token_asks_for_another_one_once(#[values("rest", "bulk")] road: &str) {
    let (_, failures) = undisturbed_by(road, pages(road), Fault::ExpireToken, 1).await;
    let kinds: Vec<_> = failures.iter().map(|failure| failure.kind).collect();
    assert_eq!(kinds, [Kind::Unauthorized]);
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
    assert_eq!(org.tables(TABLE), calm.tables(TABLE));
    // Salesforce refuses to abort what has ended.
    assert_eq!(org.requests("PATCH /services/data/"), 0);
    (org, failures)
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
    assert_eq!(org.receipt().extraction, model::payload::Extraction::Bulk);

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

#[tokio::test]
async fn a_page_that_always_fails_is_asked_for_by_halves_and_an_outage_is_waited_for() {
    let calm = by("bulk").await;
    calm.finish(&task(OBJECT), 600).await;
    let org = by("bulk").await;
    org.fault("maxRecords=80", status(500), 1000);
    org.finish(&task(OBJECT), 600).await;
    assert_eq!(org.tables(TABLE), calm.tables(TABLE));
    assert_eq!(org.requests("POST /services/data/v66.0/jobs/query"), 1);

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
    assert_eq!(org.receipt().extraction, model::payload::Extraction::Rest);
}

#[tokio::test]
async fn a_field_that_is_hidden_is_named_whatever_the_road() {
    for road in ["rest", "bulk"] {
        let org = by(road).await;
        let hide = fakes::salesforce::FieldChange::Hide("Priority".to_owned());
        org.server.control().crm.schema("Case", hide).unwrap();
        let failure = Failure::from(org.call(&task(OBJECT), 600).await.unwrap_err());
        assert_eq!(failure.kind, Kind::Invalid);
        assert!(
            failure
                .to_string()
                .contains("No such column 'Priority' on entity 'Case'"),
            "{failure}"
        );
    }
}

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

#[tokio::test]
async fn a_query_that_takes_too_long_in_any_slice_is_a_passing_fault() {
    let options = Options {
        query_timeout_rows: Some(0),
        ..options()
    };
    let org = Org::new(options, |_| ()).await;
    let error: ExtractError = org.call(&task(OBJECT), 600).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
}
