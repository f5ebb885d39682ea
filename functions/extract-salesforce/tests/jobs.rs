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
use support::{Objects, deadline, extractor, settings};
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
async fn a_job_that_never_ends_is_given_up() {
    let options = Options {
        bulk_polls: u32::MAX,
        ..Options::default()
    };
    let org = Org::bulk(options, 500).await;
    for _ in 0..3 {
        assert!(!org.call(&task("case"), 20).await.unwrap().done);
    }
    let later = Deadline::after(
        "2026-01-06T14:30:00Z".parse().unwrap(),
        Duration::from_secs(20),
    );
    let failure = Failure::from(org.call_until(&task("case"), later).await.unwrap_err());
    assert_eq!(failure.kind, Kind::Transient);
    assert!(
        failure
            .to_string()
            .ends_with("is not complete after 12 hours; it was given up and is created anew"),
        "{failure}"
    );
    assert_eq!(org.requests(&format!("PATCH {JOBS}")), 1);
    assert_eq!(org.requests(&format!("DELETE {JOBS}")), 1);
    assert!(!org.call(&task("case"), 20).await.unwrap().done);
    assert_eq!(org.requests(&format!("POST {JOBS}")), 2);

    // It may be neither ended nor removed: that is not what is told, and the next call creates another all the same.
    let gone = Fault::Status {
        code: 409,
        retry_after: None,
        body: Some(r#"[{"errorCode":"INVALIDJOBSTATE","message":"it has just ended"}]"#.to_owned()),
    };
    org.fault_after("/jobs/query/", gone, 2, 1);
    let again = Failure::from(org.call_until(&task("case"), later).await.unwrap_err());
    assert_eq!(again.kind, Kind::Transient);
    assert!(
        again.to_string().contains("not complete after 12 hours"),
        "{again}"
    );
    assert!(org.server.control().faults.pending().is_empty());
    assert_eq!(org.requests(&format!("PATCH {JOBS}")), 2);
    assert_eq!(org.requests(&format!("DELETE {JOBS}")), 2);
    assert!(!org.call(&task("case"), 20).await.unwrap().done);
    assert_eq!(org.requests(&format!("POST {JOBS}")), 3);
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
    let counts = org.finish(&task("account"), 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (100, 0));
    assert_eq!(org.receipt().extraction, Extraction::Bulk);
    let (payloads, _) = org.tables("salesforce_account");
    assert_eq!(payloads[0]["A_long_custom_field_0398__c"], "v398");
    assert!(payloads[0]["A_long_custom_field_0399__c"].is_null());
}

/// 120 ids, in pages that are too large for this system as soon as they have more than 100. Behind the last record comes a
/// page without any.
struct Large;

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
            return ResponseTemplate::new(200).set_body_raw(vec![b'x'; 65 << 20], "text/csv");
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
async fn a_page_too_large_to_be_held_is_asked_for_by_halves_and_the_locator_says_where_a_result_ends()
 {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Large).mount(&server).await;
    let token = json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z", "instance_url": server.uri()});
    let mut settings = settings();
    settings.salesforce.bulk_threshold = 0;
    settings.salesforce.bulk_page_records = 400;
    let objects = Objects::default();
    let (_aws, extractor) = extractor(&objects, &token, settings).await;
    let outcome = Box::pin(extractor.run(task("account_ids"), deadline(600)))
        .await
        .unwrap();
    assert!(outcome.done);
    assert_eq!(
        (outcome.counts.api, outcome.counts.staged),
        (Some(120), 120)
    );
    // COUNT(), description, creation, state, 400, 200, twice 100, the page without records, removal.
    assert_eq!(outcome.counts.calls, 10);
}
