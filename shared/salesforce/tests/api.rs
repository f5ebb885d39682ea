//! The client against a server that answers as Salesforce does.

#![allow(clippy::unwrap_used)] // helpers of tests

use jiff::Timestamp;
use model::settings::Settings;
use model::{Classify, Kind};
use salesforce::{Api, ApiError, Select};
use serde_json::json;
use source_http::{Client, Repeat, Share, connections};
use std::time::Duration;
use step::Deadline;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SETTINGS: &str = include_str!("../../../infra/settings/tributary.toml");

fn now() -> Timestamp {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

fn api(server: &MockServer) -> Api {
    let share = Share {
        requests_per_minute: 6000,
        max_in_flight: 2,
    };
    let repeat = Repeat {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        times: 2,
        ..Repeat::default()
    };
    let deadline = Deadline::after(now(), Duration::from_secs(30));
    let token = Some("hunter2".to_owned().into());
    let client = Client::with(
        connections().unwrap(),
        &server.uri(),
        share,
        deadline,
        token,
        repeat,
    );
    Api::over(client, &Settings::parse(SETTINGS).unwrap().salesforce)
}

fn select() -> Select {
    Select::new("Account", ["Id", "Name"])
        .unwrap()
        .at_or_after("SystemModstamp", "2026-01-04T00:00:00Z".parse().unwrap())
        .unwrap()
}

/// Answers every call with `answer`, and fails the test unless it is called `times` times.
async fn answering(answer: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .expect(times)
        .mount(&server)
        .await;
    server
}

fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!([{"message": message, "errorCode": code}]))
}

fn text(error: &ApiError) -> String {
    let mut text = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        text = format!("{text}: {cause}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    text
}

#[tokio::test]
async fn pages_are_followed_and_records_come_byte_for_byte() {
    let server = MockServer::start().await;
    let record = r#"{"attributes":{"type":"Account","url":"/x"},"Id":"001000000000001AAA",  "Name":"Müller \ud83d\ude00", "Amount":1.50E+3}"#;
    let first = format!(
        r#"{{"totalSize":2,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-2000","records":[{record}],"colour":"red"}}"#
    );
    Mock::given(path("/services/data/v66.0/queryAll"))
        .and(query_param(
            "q",
            "SELECT Id, Name FROM Account WHERE SystemModstamp >= 2026-01-04T00:00:00Z",
        ))
        .and(header("authorization", "Bearer hunter2"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("Sforce-Limit-Info", "api-usage=3999/5000")
                .set_body_raw(first, "application/json"),
        )
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/services/data/v66.0/query/01g-2000"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("Sforce-Limit-Info", "per-app-api-usage=1/250(appName=x), api-usage=4000/5000")
                .set_body_json(json!({"totalSize": 2, "done": true, "records": [{"Id": "001000000000002AAA"}]})),
        )
        .expect(1)
        .mount(&server)
        .await;

    let api = api(&server);
    let page = api.query_all(&select()).await.unwrap();
    assert_eq!((page.total_size, page.records.len()), (2, 1));
    assert_eq!(page.records[0].get(), record);
    api.within_share().unwrap();

    let page = api.next(&page.next_url.unwrap()).await.unwrap();
    assert_eq!((page.records.len(), page.next_url.as_deref()), (1, None));
    let error = api.within_share().unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled);
    insta::assert_snapshot!(text(&error), @"Salesforce has counted 4000 of 5000 API calls of the last 24 hours and settings salesforce.daily_share_percent = 80 stops there; wait, or raise the share");
    assert_eq!(api.calls(), 2);
}

#[tokio::test]
async fn a_refusal_has_the_kind_that_its_cause_needs_and_is_sent_once() {
    let cases = [
        (
            refusal(
                400,
                "INVALID_FIELD",
                "No such column 'Tier__c' on entity 'Account'",
            ),
            Kind::Invalid,
        ),
        (
            refusal(
                400,
                "INVALID_TYPE",
                "sObject type 'Acount' is not supported",
            ),
            Kind::Invalid,
        ),
        (
            refusal(400, "MALFORMED_QUERY", "unexpected token: FROM"),
            Kind::Invalid,
        ),
        (
            refusal(
                400,
                "QUERY_TIMEOUT",
                "Your query request was running for too long.",
            ),
            Kind::Transient,
        ),
        (
            refusal(401, "INVALID_SESSION_ID", "Session expired or invalid"),
            Kind::Unauthorized,
        ),
        (
            refusal(401, "INVALID_JWT_FORMAT", "hunter2 is no JWT"),
            Kind::Unauthorized,
        ),
        (
            refusal(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            ),
            Kind::Throttled,
        ),
        (
            refusal(
                403,
                "API_DISABLED_FOR_ORG",
                "The REST API is not enabled for this Organization.",
            ),
            Kind::Invalid,
        ),
        (
            refusal(410, "UNSUPPORTED_API_VERSION", "version retired"),
            Kind::Invalid,
        ),
    ];
    let mut texts = Vec::new();
    for (answer, kind) in cases {
        let server = answering(answer, 1).await;
        let error = api(&server).query_all(&select()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        texts.push(text(&error));
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn a_fault_is_asked_again_and_ends_as_transient() {
    let html =
        ResponseTemplate::new(406).set_body_raw("<html>setting things up</html>", "text/html");
    let cut = ResponseTemplate::new(200).set_body_raw(
        r#"{"totalSize":2,"done":true,"records":[{"Id":"0"#,
        "application/json",
    );
    let lost = ResponseTemplate::new(200)
        .set_body_json(json!({"totalSize": 2, "done": false, "records": []}));
    for answer in [
        html,
        cut,
        lost,
        ResponseTemplate::new(420),
        ResponseTemplate::new(503),
    ] {
        let server = answering(answer, 3).await;
        let error = api(&server).query_all(&select()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient, "{error}");
    }
}

#[tokio::test]
async fn a_forgotten_place_in_the_result_is_told_apart() {
    let server = answering(
        refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        1,
    )
    .await;
    let error = api(&server)
        .next("/services/data/v66.0/query/01g-2000")
        .await
        .unwrap_err();
    assert!(matches!(error, ApiError::LocatorGone(_)));
    assert_eq!(error.kind(), Kind::Transient);
}

#[tokio::test]
async fn a_link_to_another_place_is_not_followed() {
    let server = answering(ResponseTemplate::new(200), 0).await;
    for link in [
        "https://evil.example/services/data/v66.0/query/01g",
        "//evil.example/services/data/",
        "/services/apexrest/x",
        "@evil.example/services/data/",
        "/services/data/ HTTP/1.1",
    ] {
        let error = api(&server).next(link).await.unwrap_err();
        assert!(matches!(error, ApiError::Link(_)), "{error}");
    }
}

#[tokio::test]
async fn a_token_is_sent_to_no_foreign_instance() {
    let settings = Settings::parse(SETTINGS).unwrap().salesforce;
    let share = Share {
        requests_per_minute: 60,
        max_in_flight: 1,
    };
    let deadline = Deadline::after(now(), Duration::from_secs(30));
    let error = Api::new(
        connections().unwrap(),
        "https://acme.my.salesforce.com.evil.example",
        "hunter2".to_owned().into(),
        &settings,
        share,
        deadline,
    )
    .unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(text(&error).contains("this host is not Salesforce's"));
}
