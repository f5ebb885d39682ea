//! Bulk jobs that take long, are removed, or answer with more than fits.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use fakes::control::Kind as Fault;
use fakes::salesforce::{AddedField, FieldChange, Options};
use model::payload::Extraction;
use model::{Classify, Kind};
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;
use step::{Deadline, Failure};
use support::world::{Org, task};
use support::{Objects, deadline, extractor_over, settings};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const JOBS: &str = "/services/data/v66.0/jobs/query";

#[tokio::test]
async fn a_job_at_work_is_handed_back_and_found_again() {
    let options = Options {
        bulk_polls: 6,
        ..Options::default()
    };
    let org = Org::bulk(options, 500).await;
    let mut calls = 0;
    while !org.call(&task("case"), 20).await.unwrap().done {
        calls += 1;
    }
    // Its creation, and each time it was still at work or had just ended.
    assert_eq!(calls, 8);
    assert_eq!(org.requests(&format!("POST {JOBS}")), 1);
    assert_eq!(org.requests(&format!("PATCH {JOBS}")), 0);
    assert_eq!(org.requests(&format!("DELETE {JOBS}")), 1);
}

#[tokio::test]
async fn a_job_that_never_ends_is_given_up_and_its_window_read_by_rest() {
    for goes in [true, false] {
        let options = Options {
            bulk_polls: u32::MAX,
            ..Options::default()
        };
        let org = Org::bulk(options, 500).await;
        for _ in 0..3 {
            assert!(!org.call(&task("case"), 20).await.unwrap().done);
        }
        if !goes {
            // It may be neither ended nor removed: that changes nothing.
            let body =
                r#"[{"errorCode":"INVALIDJOBSTATE","message":"it has just ended"}]"#.to_owned();
            let gone = Fault::Status {
                code: 409,
                retry_after: None,
                body: Some(body),
            };
            org.fault_after("/jobs/query/", gone, 2, 1);
        }
        let later = Deadline::after(
            "2026-01-06T14:30:00Z".parse().unwrap(),
            Duration::from_secs(20),
        );
        // Another job would take as long, and another: a run would end before its window is read.
        assert!(!org.call_until(&task("case"), later).await.unwrap().done);
        assert!(org.server.control().faults.pending().is_empty());
        let counts = org.finish(&task("case"), 20).await.counts;
        assert_eq!(counts.api, Some(counts.staged));
        assert_eq!(org.requests(&format!("POST {JOBS}")), 1);
        assert_eq!(org.requests(&format!("PATCH {JOBS}")), 1);
        assert_eq!(org.requests(&format!("DELETE {JOBS}")), 1);
    }
}

#[tokio::test]
async fn two_jobs_that_do_not_add_up_leave_their_window_to_rest() {
    let options = Options {
        bulk_polls: 0,
        ..Options::default()
    };
    let org = Org::bulk(options, 80).await;
    let too_many = || Fault::Status {
        code: 200,
        retry_after: None,
        body: Some(
            r#"{"id":"750x1","state":"JobComplete","numberRecordsProcessed":100000}"#.to_owned(),
        ),
    };
    for is_last in [false, true] {
        // Over when it is asked for the first time. It says how much it has when it is asked again, and behind its four pages.
        org.fault("/jobs/query/", Fault::Truncate, 1);
        org.fault("/jobs/query/", too_many(), 1);
        org.fault_after("/jobs/query/", too_many(), 1, 4);
        match org.call(&task("case"), 600).await {
            Ok(outcome) => assert!(is_last && outcome.done && outcome.counts.close()),
            Err(error) => {
                let text = Failure::from(error).to_string();
                let says = "says it has 100000 records and its pages have 300";
                assert!(!is_last && text.contains(says), "{text}");
            }
        }
        assert!(org.server.control().faults.pending().is_empty());
    }
    assert_eq!(org.requests(&format!("POST {JOBS}")), 2);
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_is_a_fault_that_passes() {
    for (threshold, pages) in [(0, "/results"), (u64::MAX, "/query")] {
        let options = Options {
            page_size: 80,
            bulk_polls: 0,
            ..Options::default()
        };
        let org = Org::new(options, |settings| {
            settings.salesforce.bulk_threshold = threshold;
            settings.salesforce.bulk_page_records = 80;
        })
        .await;
        org.fault_after(pages, Fault::RepeatPage, 3, 1);
        let error = org.call(&task("case"), 600).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
        let text = Failure::from(error).to_string();
        assert!(
            text.ends_with("Salesforce sent the same page of case 3 times"),
            "{text}"
        );
        // Two pages had come, and come again with the next call.
        let counts = org.finish(&task("case"), 600).await.counts;
        assert_eq!((counts.api, counts.duplicates), (Some(counts.staged), 400));
        assert!(counts.close());
    }
}

#[tokio::test]
async fn a_page_that_comes_twice_while_something_is_read_anew_is_asked_for_again() {
    let gone = Fault::Status {
        code: 404,
        retry_after: None,
        body: None,
    };
    for (threshold, pages, fault, skip, known) in [
        (0, "/results", gone, 0, 160),
        (u64::MAX, "/query", Fault::ExpireCursor, 1, 240),
    ] {
        let options = Options {
            page_size: 80,
            bulk_polls: 0,
            ..Options::default()
        };
        let org = Org::new(options, |settings| {
            settings.salesforce.bulk_threshold = threshold;
            settings.salesforce.bulk_page_records = 80;
        })
        .await;
        org.fault_after(pages, fault, 1, 1);
        org.fault_after(pages, Fault::RepeatPage, 1, skip);
        let outcome = org.call(&task("case"), 600).await.unwrap();
        assert!(outcome.done && org.server.control().faults.pending().is_empty());
        let counts = outcome.counts;
        assert_eq!(
            (counts.api, counts.duplicates),
            (Some(counts.staged), known)
        );
    }
}

#[tokio::test]
async fn a_query_too_long_for_a_url_is_read_by_a_job_however_few_records_it_has() {
    let org = Org::new(Options::default(), |settings| {
        let account = settings.salesforce.objects.get_mut("account").unwrap();
        account.extra = (0..400)
            .map(|n| format!("A_long_custom_field_{n:04}__c"))
            .collect();
    })
    .await;
    for n in 0..400 {
        let field = AddedField {
            name: format!("A_long_custom_field_{n:04}__c"),
            kind: "string".to_owned(),
            length: 80,
            calculated: false,
            value: (n % 2 == 0).then(|| format!("v{n}")),
        };
        org.server
            .control()
            .crm
            .schema("Account", FieldChange::Add(field))
            .unwrap();
    }
    // An outage is told from a job that is not answered for.
    let down = || Fault::Status {
        code: 500,
        retry_after: None,
        body: None,
    };
    org.fault_after(JOBS, down(), 1000, 1);
    org.fault("000000000000000AAA", down(), 1000);
    for _ in 0..4 {
        let error = org.call(&task("account"), 600).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
    }
    org.server.control().faults.clear();
    let body = r#"{"id":"750x1","state":"Aborted"}"#.to_owned();
    let aborted = Fault::Status {
        code: 200,
        retry_after: None,
        body: Some(body),
    };
    org.fault(&format!("{JOBS}/"), aborted, 1);
    // Only so often: no other way leads to its records.
    org.fault(JOBS, Fault::AbortJob, 5);
    for no in 1..=6 {
        let failure = Failure::from(org.call(&task("account"), 600).await.unwrap_err());
        let text = failure.to_string();
        assert!(text.ends_with("ended as Aborted"), "{text}");
        assert_eq!(
            text.contains("6 came to nothing, and REST cannot read this object"),
            no == 6
        );
        assert_eq!(failure.kind == Kind::Invalid, no == 6);
    }
    let counts = org.finish(&task("account"), 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (100, 0));
    assert_eq!(org.receipt().extraction, Extraction::Bulk);
    let (payloads, _) = org.tables("salesforce_account");
    assert_eq!(payloads[0]["A_long_custom_field_0398__c"], "v398");
    assert!(payloads[0]["A_long_custom_field_0399__c"].is_null());
}

/// 120 ids, in pages that come to nothing as soon as they have more than 100. Behind the last record comes a page without any.
struct Large {
    nothing: ResponseTemplate,
}

impl Respond for Large {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let given = |name: &str| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.parse::<usize>().unwrap())
        };
        let json = |body: serde_json::Value| ResponseTemplate::new(200).set_body_json(body);
        if path.ends_with("/describe") {
            return json(json!({"name": "Account", "fields": [
                {"name": "Id", "type": "id"}, {"name": "IsDeleted", "type": "boolean"}, {"name": "CreatedDate", "type": "datetime"},
            ]}));
        }
        if path.ends_with("/queryAll") {
            return json(json!({"totalSize": 120, "done": true, "records": []}));
        }
        if !path.ends_with("/results") {
            return json(
                json!({"id": "750x1", "state": "JobComplete", "numberRecordsProcessed": 120}),
            );
        }
        let (size, from) = (given("maxRecords").unwrap(), given("locator").unwrap_or(0));
        if size > 100 {
            return self.nothing.clone();
        }
        assert!(from <= 120);
        let to = (from + size).min(120);
        let mut body = "\"Id\",\"IsDeleted\",\"CreatedDate\"\n".to_owned();
        for n in from..to {
            let _ = writeln!(
                body,
                "\"001{n:012}AAA\",\"false\",\"2026-01-05T10:00:00.000Z\""
            );
        }
        let locator = if from < 120 {
            to.to_string()
        } else {
            "null".to_owned()
        };
        ResponseTemplate::new(200)
            .insert_header("Sforce-Locator", locator)
            .insert_header("Sforce-NumberOfRecords", (to - from).to_string())
            .set_body_raw(body, "text/csv")
    }
}

#[tokio::test]
async fn a_page_that_is_too_much_at_once_is_asked_for_by_halves_and_the_locator_says_where_a_result_ends()
 {
    let too_large = ResponseTemplate::new(200).set_body_raw(vec![b'x'; 65 << 20], "text/csv");
    let silent = ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    let minute = Duration::from_mins(1);
    for (nothing, wait, calls) in [
        // COUNT(), description, creation, state, 400, 200, twice 100, the page without records, removal.
        (too_large, minute, Some(10)),
        // 400 and 200 four times each, and the state of the job after each; so is 200 when a page has come, and no more.
        (ResponseTemplate::new(504), minute, Some(10 + 2 * 4 + 5)),
        // An answer to something else may come late as well.
        (silent, Duration::from_millis(250), None),
    ] {
        let server = MockServer::start().await;
        let large = Large { nothing };
        Mock::given(any()).respond_with(large).mount(&server).await;
        let token = json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z", "instance_url": server.uri()});
        let mut settings = settings();
        settings.salesforce.bulk_threshold = 0;
        settings.salesforce.bulk_page_records = 400;
        let connections = source_http::connections_waiting(wait).unwrap();
        let (_aws, extractor) =
            extractor_over(&Objects::default(), &token, settings, connections).await;
        let outcome = Box::pin(extractor.run(task("account_ids"), deadline(600)))
            .await
            .unwrap();
        assert!(outcome.done);
        assert_eq!(
            (outcome.counts.api, outcome.counts.staged),
            (Some(120), 120)
        );
        assert!(
            calls.is_none_or(|calls| calls == outcome.counts.calls),
            "{}",
            outcome.counts.calls
        );
    }
}
