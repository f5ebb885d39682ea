//! Every fault that concerns Salesforce, by both roads: nothing is lost, nothing comes twice, and the rows are those of an
//! undisturbed run.

#![allow(clippy::unwrap_used)] // helpers of tests

mod jobs;
mod slices;
#[path = "../support/mod.rs"]
mod support;

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
