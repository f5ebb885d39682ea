//! What is asked beside listings, queries and jobs: aggregates, single conversations, adherence and its files.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod adherence;

use genesys::api::{Api, ContactSources};
use genesys::query::AggregateQuery;
use model::filter::Filter;
use model::{Classify, Kind, Window};
use secrecy::SecretString;
use serde_json::json;
use source_http::{Client, Repeat, Share, connections};
use std::time::Duration;
use step::Deadline;
use wiremock::matchers::{body_json, body_partial_json, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const SHARE: Share = Share {
    requests_per_minute: 60_000,
    max_in_flight: 10,
};

fn deadline() -> Deadline {
    Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_secs(30),
    )
}

fn api(server: &MockServer) -> Api {
    let repeat = Repeat {
        first_wait: Duration::from_millis(1),
        times: 1,
        ..Repeat::default()
    };
    let token = Some(SecretString::from("token"));
    let connections = connections().unwrap();
    Api::new(Client::with(
        connections,
        &server.uri(),
        SHARE,
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

async fn answer(server: &MockServer, verb: &str, at: &str, status: u16, body: &str) {
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .up_to_n_times(1)
        .mount(server)
        .await;
}
#[tokio::test]
async fn aggregates_come_as_the_elements_that_were_sent() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v2/analytics/users/aggregates/query"))
        .and(body_json(json!({
            "interval": "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z", "timeZone": "UTC", "granularity": "PT30M",
            "groupBy": ["userId"], "metrics": ["tAgentRoutingStatus"],
        })))
        .respond_with(ResponseTemplate::new(200).set_body_string(
            r#"{"results":[{"group" : {"userId":"u-1"},"data":[]}, {"group":{"userId":"u-2"}}]}"#,
        ))
        .mount(&server)
        .await;
    let page = api(&server)
        .aggregates(&AggregateQuery::routing_status(day(), 30))
        .await
        .unwrap();
    let records: Vec<_> = page.records().collect();
    assert_eq!(records[0], r#"{"group" : {"userId":"u-1"},"data":[]}"#);
    // An organisation without any has no results at all.
    answer(
        &server,
        "POST",
        "/api/v2/analytics/surveys/aggregates/query",
        200,
        "{}",
    )
    .await;
    assert!(
        api(&server)
            .aggregates(&AggregateQuery::surveys(day()))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_query_that_would_be_refused_is_not_sent() {
    let server = MockServer::start().await;
    let api = api(&server);
    let filter: Filter = serde_json::from_value(json!({"segment": [{"type": "and", "predicates": [
        {"dimension": "colour", "value": "red"},
    ]}]}))
    .unwrap();
    let query = AggregateQuery::queues(day(), 30).grouped_by(&["colour"]);
    let long = Window::new(
        day().start(),
        day().start() + jiff::SignedDuration::from_hours(24 * 8),
    )
    .unwrap();
    let errors = [
        api.query_page(day(), true, Some(&filter), 1, 100)
            .await
            .unwrap_err(),
        api.submit_job(day(), Some(&filter)).await.unwrap_err(),
        api.aggregates(&query).await.unwrap_err(),
        api.query_page(long, false, None, 1, 100).await.unwrap_err(),
        api.conversation("../../tokens/me").await.unwrap_err(),
        api.adherence_job("").await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.kind() == Kind::Invalid));
    assert_eq!(api.client().calls(), 0);
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r#"
    POST /api/v2/analytics/conversations/details/query: filter.segment[0].predicates[0].dimension = "colour": is no dimension of a segment; nearest: cleared, flowId, remote
    POST /api/v2/analytics/conversations/details/jobs: filter.segment[0].predicates[0].dimension = "colour": is no dimension of a segment; nearest: cleared, flowId, remote
    POST /api/v2/analytics/conversations/aggregates/query: groupBy[0] = "colour": is no dimension of conversation aggregates; nearest: remote, roomId, ani
    POST /api/v2/analytics/conversations/details/query: interval = "2026-01-05T00:00:00Z/2026-01-13T00:00:00Z": a details query without a filter covers at most 7 days; ask in parts
    conversation: "../../tokens/me" is no id: letters, digits, '-' and '_' only
    adherence job: "" is no id: letters, digits, '-' and '_' only
    "#);
}

#[tokio::test]
async fn a_filter_goes_along_with_query_and_job() {
    let server = MockServer::start().await;
    let group = json!([{"type": "or", "predicates": [
        {"type": "dimension", "dimension": "queueId", "operator": "matches", "value": "q-1"},
    ]}]);
    for (at, status, reply) in [
        ("query", 200, json!({"totalHits": 7})),
        ("jobs", 202, json!({"jobId": "j-1"})),
    ] {
        Mock::given(path(format!(
            "/api/v2/analytics/conversations/details/{at}"
        )))
        .and(body_partial_json(json!({"segmentFilters": group})))
        .respond_with(ResponseTemplate::new(status).set_body_json(reply))
        .mount(&server)
        .await;
    }
    let filter = Filter {
        queue_ids: vec!["q-1".to_owned()],
        ..Filter::default()
    };
    let api = api(&server);
    let page = api
        .query_page(day(), false, Some(&filter), 1, 1)
        .await
        .unwrap();
    assert_eq!(page.total_hits, Some(7));
    assert_eq!(api.submit_job(day(), Some(&filter)).await.unwrap(), "j-1");
}

#[tokio::test]
async fn conversations_are_asked_for_by_their_ids() {
    let server = MockServer::start().await;
    let both = |request: &Request| {
        let ids: Vec<_> = request
            .url
            .query_pairs()
            .map(|(key, id)| format!("{key}={id}"))
            .collect();
        ids == ["id=c-1", "id=c&2"]
    };
    Mock::given(path("/api/v2/analytics/conversations/details"))
        .and(both)
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({"conversations": [{"conversationId": "c-1"}]})),
        )
        .mount(&server)
        .await;
    let ids = ["c-1", "c&2"].map(ToOwned::to_owned);
    let api = api(&server);
    assert_eq!(api.details_by_ids(&ids).await.unwrap().len(), 1);
    let alone = "/api/v2/analytics/conversations/c-1/details";
    answer(&server, "GET", alone, 200, "{\"evaluations\" : []}").await;
    let found = api.details_of("c-1").await.unwrap();
    assert_eq!(found.as_deref(), Some("{\"evaluations\" : []}"));
    assert_eq!(api.details_of("c-1").await.unwrap(), None);
    assert!(api.details_of("../c-1").await.is_err());
}

#[tokio::test]
async fn a_conversation_comes_verbatim_and_one_that_is_gone_is_none() {
    let server = MockServer::start().await;
    let body = "{\"id\" : \"c-1\",\"participants\":[{\"attributes\":{\"a\":\"\\u00e9\"}}]}";
    answer(&server, "GET", "/api/v2/conversations/c-1", 200, body).await;
    answer(&server, "GET", "/api/v2/conversations/c-2", 403, "{}").await;
    let api = api(&server);
    assert_eq!(
        api.conversation("c-1").await.unwrap().as_deref(),
        Some(body)
    );
    // Nothing is mounted any more: the answer is 404.
    assert_eq!(api.conversation("c-1").await.unwrap(), None);
    assert_eq!(
        api.conversation("c-2").await.unwrap_err().status(),
        Some(403)
    );
    answer(&server, "GET", "/api/v2/conversations/c-3", 200, "{\"id\":").await;
    answer(&server, "GET", "/api/v2/conversations/c-3", 200, "<html>").await;
    assert_eq!(
        api.conversation("c-3").await.unwrap_err().kind(),
        Kind::Transient
    );
}

#[tokio::test]
async fn divisions_and_campaigns_are_listed() {
    let server = MockServer::start().await;
    for at in [
        "/api/v2/authorization/divisions",
        "/api/v2/outbound/campaigns",
    ] {
        Mock::given(path(at))
            .and(query_param("pageSize", "100"))
            .and(query_param("pageNumber", "1"))
            .respond_with(
                ResponseTemplate::new(200)
                    .set_body_json(json!({"entities": [{"id": at}], "pageCount": 1})),
            )
            .mount(&server)
            .await;
    }
    let api = api(&server);
    for object in ["division", "campaign"] {
        let page = api.listing_page(object, 1).await.unwrap();
        assert!(page.len() == 1 && !page.has_next(1));
    }
    let error = api.listing_page("colour", 1).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("use queue, user, wrapup_code, division or campaign")
    );
}

#[tokio::test]
async fn a_contacts_answer_lands_as_it_came() {
    let server = MockServer::start().await;
    let first = r#"{"id":"c-1", "success":true,"entity":{"id":"c-1","externalIds":[
        {"externalSource":{"id":"s-1"},"value":"003000000000001"}]}}"#;
    let none =
        r#"{"id":"c-none","success":false,"status":404,"error":{"code":"not.found","status":404}}"#;
    // Of another shape than the specification's: the status is no number.
    let odd = r#"{"id":"c-odd","success":false,"status":{"code":"gone"}}"#;
    let body = format!("{{\"results\":[{none},{odd},{first}]}}");
    answer(
        &server,
        "POST",
        "/api/v2/externalcontacts/bulk/contacts",
        200,
        &body,
    )
    .await;
    let sources = r#"{"entities":[{"id":"s-1","name":"Salesforce"}]}"#;
    answer(
        &server,
        "GET",
        "/api/v2/externalcontacts/externalsources",
        200,
        sources,
    )
    .await;
    let mut known = ContactSources::named(&["Salesforce".to_owned()]);
    let asked = ["c-1", "c-none", "c-silent", "c-odd"].map(ToOwned::to_owned);
    let resolved = api(&server)
        .resolve_contacts(&asked, &mut known)
        .await
        .unwrap();
    let payloads: Vec<_> = resolved.iter().map(|one| one.payload.clone()).collect();
    let beginning =
        |id: &str| format!("{{\"askedId\":\"{id}\",\"sourceIds\":[\"s-1\"],\"result\":");
    assert_eq!(payloads[0], format!("{}{first}}}", beginning("c-1")));
    assert_eq!(payloads[1], format!("{}{none}}}", beginning("c-none")));
    assert_eq!(payloads[2], format!("{}null}}", beginning("c-silent")));
    assert_eq!(payloads[3], format!("{}{odd}}}", beginning("c-odd")));
    // What lands says all that the answer said, to a reader who has the settings alone.
    let names = ContactSources::named(&["Salesforce".to_owned()]);
    let read = genesys::record::external_contact::parse;
    let refusal = read(&payloads[3], &names).unwrap_err();
    assert!(refusal.detail.starts_with("result: "), "{}", refusal.detail);
    for one in &resolved[..3] {
        let (asked, contact) = read(&one.payload, &names).unwrap();
        assert_eq!(
            (asked, contact),
            (one.asked_id.clone(), one.contact.clone())
        );
    }
}
