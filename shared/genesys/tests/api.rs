//! The operations against answers in the shapes of the specification.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

use genesys::api::{Api, ContactSources, JobState, Waited, client_credentials};
use model::{Classify, Kind, Window};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use source_http::{Client, Repeat, Share, connections};
use std::time::Duration;
use step::Deadline;
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const JOBS: &str = "/api/v2/analytics/conversations/details/jobs";

fn deadline() -> Deadline {
    Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_secs(30),
    )
}

fn api(server: &MockServer) -> Api {
    let share = Share {
        requests_per_minute: 60_000,
        max_in_flight: 10,
    };
    let repeat = Repeat {
        first_wait: Duration::from_millis(1),
        times: 1,
        ..Repeat::default()
    };
    let token = Some(SecretString::from("token"));
    Api::new(Client::with(
        connections().unwrap(),
        &server.uri(),
        share,
        deadline(),
        token,
        repeat,
    ))
}

fn day() -> Window {
    Window::new(
        "2026-01-05T00:00:00Z".parse().unwrap(),
        "2026-01-06T00:00:00Z".parse().unwrap(),
    )
    .unwrap()
}

async fn answer(server: &MockServer, verb: &str, at: &str, status: u16, body: Value) {
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .up_to_n_times(1)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_token_is_asked_for_with_basic_and_a_form() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/oauth/token"))
        .and(header("authorization", "Basic aWQ6c2VjcmV0"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "access_token": "t-1", "token_type": "bearer", "expires_in": 86399, "new": {},
        })))
        .mount(&server)
        .await;
    let secret = SecretString::from("secret");
    let grant = client_credentials(
        connections().unwrap(),
        &server.uri(),
        "id",
        &secret,
        deadline(),
    )
    .await
    .unwrap();
    assert_eq!(grant.access_token.expose_secret(), "t-1");
    assert_eq!(grant.expires_in, Duration::from_secs(86_399));
}

#[tokio::test]
async fn a_job_is_submitted_awaited_paged_and_deleted() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(JOBS))
        .and(body_json(json!({
            "interval": "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z",
            "order": "asc", "orderBy": "conversationStart",
        })))
        .respond_with(ResponseTemplate::new(202).set_body_json(json!({"jobId": "j-1"})))
        .mount(&server)
        .await;
    let at = format!("{JOBS}/j-1");
    answer(&server, "GET", &at, 202, json!({"state": "QUEUED"})).await;
    answer(&server, "GET", &at, 200, json!({"state": "FULFILLED"})).await;
    Mock::given(path(format!("{at}/results")))
        .and(query_param("pageSize", "1000"))
        .and(query_param("cursor", "c/1+="))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"conversations": [{}, {}]})))
        .mount(&server)
        .await;
    let api = api(&server);
    assert_eq!(api.submit_job(day(), None).await.unwrap(), "j-1");
    let waited = api.wait_for_job("j-1", Duration::from_secs(1)).await;
    assert_eq!(waited.unwrap(), Waited::Ready);
    let page = api.job_page("j-1", Some("c/1+="), 1000).await.unwrap();
    assert_eq!((page.len(), page.cursor), (2, None));
    // Nothing is mounted for DELETE: the answer is 404, which is as good as deleted.
    api.delete_job("j-1").await.unwrap();
}

#[tokio::test]
async fn a_failed_job_says_why_and_an_unknown_state_is_named() {
    let server = MockServer::start().await;
    let at = format!("{JOBS}/j-1");
    let failed = json!({"state": "FAILED", "errorMessage": "the lake is dry"});
    answer(&server, "GET", &at, 200, failed).await;
    answer(&server, "GET", &at, 200, json!({"state": "EXPIRED"})).await;
    answer(&server, "GET", &at, 200, json!({"state": "PAUSED"})).await;
    let api = api(&server);
    let Waited::Ended(error) = api.wait_for_job("j-1", Duration::ZERO).await.unwrap() else {
        panic!("the job has failed");
    };
    assert_eq!(error.kind(), Kind::Transient);
    assert!(
        error.to_string().contains("FAILED: the lake is dry"),
        "{error}"
    );
    let expired = api.job_state("j-1").await.unwrap();
    assert!(matches!(expired, JobState::Ended { state, .. } if state == "EXPIRED"));
    let error = api.job_state("j-1").await.unwrap_err();
    assert!(
        error.to_string().contains("unknown job state \"PAUSED\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_job_that_still_runs_at_the_deadline_is_left_running() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"state": "PENDING"})))
        .mount(&server)
        .await;
    let waited = api(&server)
        .wait_for_job("j-1", Duration::from_secs(40))
        .await;
    assert_eq!(waited.unwrap(), Waited::NotYet);
}

#[tokio::test]
async fn availability_may_be_absent() {
    let server = MockServer::start().await;
    let at = format!("{JOBS}/availability");
    let known = json!({"dataAvailabilityDate": "2026-01-05T18:00:00.000Z"});
    answer(&server, "GET", &at, 200, known).await;
    answer(&server, "GET", &at, 200, json!({})).await;
    let api = api(&server);
    let until = api.availability().await.unwrap();
    assert_eq!(until, Some("2026-01-05T18:00:00Z".parse().unwrap()));
    assert_eq!(api.availability().await.unwrap(), None);
}

#[tokio::test]
async fn users_are_listed_whatever_their_state() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/users"))
        .and(query_param("state", "any"))
        .and(query_param("pageNumber", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "entities": [{"id": "u"}], "pageNumber": 2, "pageCount": 3, "total": 201,
        })))
        .mount(&server)
        .await;
    let page = api(&server).listing_page("user", 2).await.unwrap();
    assert_eq!(page.records().collect::<Vec<_>>(), [r#"{"id":"u"}"#]);
    assert!(page.has_next(2) && !page.has_next(3));
    assert_eq!(page.total, Some(201));
}

fn contact(id: &str) -> Value {
    json!({
        "id": id, "type": "Curated",
        "externalIds": [
            {"externalSource": {"id": "s-9", "name": "Billing"}, "value": "003000000000009AAA"},
            {"externalSource": {"id": "s-1"}, "value": "003000000000001"},
        ],
        "externalOrganization": {"id": "o-1", "externalIds": [
            {"externalSource": {"id": "s-1", "name": "salesforce"}, "value": "001000000000001AAA"},
        ]},
    })
}

#[tokio::test]
async fn contacts_come_with_salesforce_ids_whatever_the_order_and_after_a_merge() {
    let server = MockServer::start().await;
    let bulk = "/api/v2/externalcontacts/bulk/contacts";
    let merged = json!({"id": "c-new", "type": "Curated", "canonicalContact": {"id": "c-new"},
        "externalDataSources": [{"platform": "SALESFORCE",
            "url": "https://x.example/lightning/r/Contact/003000000000002AAA/view"}]});
    answer(&server, "POST", bulk, 200, json!({"results": [
        {"id": "c-new", "success": true, "entity": merged},
        {"id": "c-none", "success": false, "status": 404, "error": {"code": "not.found", "status": 404}},
        {"id": "c-1", "success": true, "entity": contact("c-1")},
    ], "errorCount": 1}))
    .await;
    // No result says that it answers "c-old": that one is asked for alone.
    Mock::given(method("POST"))
        .and(body_json(json!({"entities": [{"id": "c-old"}]})))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({"results": [{"id": "c-new", "success": true, "entity": merged}]}),
        ))
        .mount(&server)
        .await;
    let sources = "/api/v2/externalcontacts/externalsources";
    answer(
        &server,
        "GET",
        sources,
        200,
        json!({"entities": [
            {"id": "s-1", "name": "Salesforce"}, {"id": "s-9", "name": "Billing"},
        ]}),
    )
    .await;
    let mut known = ContactSources::named(&["Salesforce".to_owned()]);
    let asked = ["c-1", "c-none", "c-old"].map(ToOwned::to_owned);
    let resolved = api(&server)
        .resolve_contacts(&asked, &mut known)
        .await
        .unwrap();
    let by_id = |id: &str| {
        let found = resolved.iter().find(|resolved| resolved.asked_id == id);
        found.unwrap().contact.clone()
    };
    let first = by_id("c-1").unwrap();
    assert_eq!(
        first.salesforce_contact_id.as_deref(),
        Some("003000000000001AAA")
    );
    assert_eq!(
        first.salesforce_account_id.as_deref(),
        Some("001000000000001AAA")
    );
    assert_eq!(first.external_organization_id.as_deref(), Some("o-1"));
    assert!(first.external_ids.unwrap().starts_with('['));
    let merged = by_id("c-old").unwrap();
    assert_eq!(merged.contact_id, "c-new");
    assert_eq!(
        merged.salesforce_contact_id.as_deref(),
        Some("003000000000002AAA")
    );
    assert_eq!(by_id("c-none"), None);
}

#[tokio::test]
async fn a_contact_that_cannot_be_read_now_is_transient() {
    let server = MockServer::start().await;
    let bulk = "/api/v2/externalcontacts/bulk/contacts";
    let results = json!({"results": [
        {"id": "c-1", "success": false, "error": {"code": "busy", "status": 503, "retryable": true}},
    ]});
    answer(&server, "POST", bulk, 200, results).await;
    let mut known = ContactSources::named(&["Salesforce".to_owned()]);
    let error = api(&server)
        .resolve_contacts(&["c-1".to_owned()], &mut known)
        .await
        .unwrap_err();
    // As if the call itself had failed.
    assert_eq!((error.kind(), error.status()), (Kind::Transient, Some(503)));
}
