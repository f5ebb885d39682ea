//! Historical adherence: the job, and its files on another host.

use super::{SHARE, answer, api, day, deadline};
use genesys::api::{AdherenceState, DownloadUrl, Downloads};
use model::{Classify, Kind};
use serde_json::{Value, json};
use source_http::connections;
use std::time::Duration;
use wiremock::matchers::{body_json, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const BULK: &str = "/api/v2/workforcemanagement/adherence/historical/bulk";

fn file() -> Value {
    json!({"startDate": "2026-01-05T00:00:00.000Z", "managementUnitId": "m-1", "userResults": [
        {"userId": "u-1", "dayMetrics": []}, {"userId": "u-2"},
    ]})
}

#[tokio::test]
async fn adherence_is_submitted_awaited_and_fetched_without_the_token() {
    let server = MockServer::start().await;
    let units = json!({"entities": [{"id": "m-1", "name": "Support", "timeZone": "Europe/Berlin", "new": 1}, {"id": "m-2"}]});
    answer(
        &server,
        "GET",
        "/api/v2/workforcemanagement/managementunits",
        200,
        &units.to_string(),
    )
    .await;
    Mock::given(method("POST"))
        .and(path(BULK))
        .and(header_exists("authorization"))
        .and(body_json(json!({"timeZone": "Europe/Berlin", "items": [{
            "managementUnitId": "m-1", "startDate": "2026-01-05T00:00:00Z", "endDate": "2026-01-06T00:00:00Z",
        }]})))
        .respond_with(ResponseTemplate::new(202).set_body_json(json!({"job": {"id": "a-1", "status": "Processing"}})))
        .mount(&server)
        .await;
    let at = format!("{BULK}/jobs/a-1");
    answer(
        &server,
        "GET",
        &at,
        200,
        &json!({"job": {"id": "a-1", "status": "Processing"}}).to_string(),
    )
    .await;
    let url = format!("{}/historicalAdherence/1?sig=a%2Fb%3D&x=1", server.uri());
    let done = json!({"job": {"id": "a-1", "status": "Complete"}, "downloadUrls": [url]});
    answer(&server, "GET", &at, 200, &done.to_string()).await;
    Mock::given(path("/historicalAdherence/1"))
        .and(query_param("sig", "a/b="))
        .and(|request: &Request| !request.headers.contains_key("authorization"))
        .respond_with(ResponseTemplate::new(200).set_body_json(file()))
        .mount(&server)
        .await;
    let api = api(&server);
    let units = api.management_units().await.unwrap();
    assert_eq!(units[0].time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!((units.len(), units[1].id.as_str()), (2, "m-2"));
    let job = api
        .submit_adherence("m-1", day(), "Europe/Berlin")
        .await
        .unwrap();
    assert!(matches!(job.state, AdherenceState::Running));
    let state = api
        .wait_for_adherence(&job.id.unwrap(), Duration::from_secs(1))
        .await
        .unwrap();
    let AdherenceState::Complete(urls) = state else {
        panic!("the job is complete");
    };
    let downloads = Downloads::new(connections().unwrap(), &server.uri(), SHARE, deadline());
    let file = downloads.adherence(&urls[0]).await.unwrap();
    let payloads: Vec<_> = file.payloads("m-9", day(), "Europe/Berlin").collect();
    assert_eq!(
        (file.len(), file.is_empty(), downloads.calls()),
        (2, false, 1)
    );
    assert_eq!(
        payloads[1],
        r#"{"managementUnitId":"m-1","startDate":"2026-01-05T00:00:00.000Z","endDate":"2026-01-06T00:00:00Z","timeZone":"Europe/Berlin","userResult":{"userId":"u-2"}}"#
    );
}

#[tokio::test]
async fn a_file_that_does_not_say_whose_it_is_is_what_was_asked_for() {
    let server = MockServer::start().await;
    answer(
        &server,
        "GET",
        "/f",
        200,
        r#"{"userResults":[{"userId":"u-1"}]}"#,
    )
    .await;
    let downloads = Downloads::new(connections().unwrap(), &server.uri(), SHARE, deadline());
    let url = DownloadUrl::from(format!("{}/f", server.uri()).as_str());
    let file = downloads.adherence(&url).await.unwrap();
    let payloads: Vec<_> = file.payloads("m-9", day(), "Europe/Berlin").collect();
    assert_eq!(
        payloads,
        [
            r#"{"managementUnitId":"m-9","startDate":"2026-01-05T00:00:00Z","endDate":"2026-01-06T00:00:00Z","timeZone":"Europe/Berlin","userResult":{"userId":"u-1"}}"#
        ]
    );
}

#[tokio::test]
async fn a_link_that_has_expired_is_transient_and_never_a_refused_token() {
    for status in [401, 403, 404] {
        let server = MockServer::start().await;
        answer(
            &server,
            "GET",
            "/f",
            status,
            "<Error><Signature>s3cret</Signature></Error>",
        )
        .await;
        let downloads = Downloads::new(connections().unwrap(), &server.uri(), SHARE, deadline());
        let url = DownloadUrl::from(format!("{}/f?sig=s3cret", server.uri()).as_str());
        let error = downloads.adherence(&url).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
        assert!(!error.to_string().contains("s3cret") && !format!("{url:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn adherence_jobs_end_in_known_states_only() {
    let server = MockServer::start().await;
    let at = format!("{BULK}/jobs/a-1");
    let states = [
        json!({"job": {"status": "Error"}}),
        json!({"job": {"status": "Processing"}}),
        json!({"job": {"status": "Paused"}}),
        json!({}),
    ];
    for state in states {
        answer(&server, "GET", &at, 200, &state.to_string()).await;
    }
    let api = api(&server);
    assert!(matches!(
        api.adherence_job("a-1").await.unwrap(),
        AdherenceState::Failed
    ));
    // It still runs when the invocation must hand back.
    let waited = api
        .wait_for_adherence("a-1", Duration::from_secs(40))
        .await
        .unwrap();
    assert!(matches!(waited, AdherenceState::Running));
    let error = api.adherence_job("a-1").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("unknown adherence job status \"Paused\""),
        "{error}"
    );
    assert_eq!(
        api.adherence_job("a-1").await.unwrap_err().kind(),
        Kind::Invalid
    );
    // One that is complete at once needs no id; one that runs does.
    let complete = json!({"job": {"status": "Complete"}, "downloadUrls": []});
    answer(&server, "POST", BULK, 202, &complete.to_string()).await;
    let job = api
        .submit_adherence("m-1", day(), "Europe/Berlin")
        .await
        .unwrap();
    assert!(job.id.is_none() && matches!(job.state, AdherenceState::Complete(_)));
    answer(
        &server,
        "POST",
        BULK,
        202,
        &json!({"job": {"id": "../x", "status": "Processing"}}).to_string(),
    )
    .await;
    assert_eq!(
        api.submit_adherence("m-1", day(), "Europe/Berlin")
            .await
            .unwrap_err()
            .kind(),
        Kind::Transient
    );
}

#[tokio::test]
async fn no_link_leads_to_another_host() {
    let vendor = Downloads::new(
        connections().unwrap(),
        "https://api.mypurecloud.de",
        SHARE,
        deadline(),
    );
    let twin = Downloads::new(
        connections().unwrap(),
        "http://127.0.0.1:9",
        SHARE,
        deadline(),
    );
    for url in [
        "http://api-downloads.mypurecloud.de/f",
        "https://mypurecloud.de.example.com/f",
        "https://evilmypurecloud.de/f",
        "https://api-downloads.mypurecloud.com/f",
        "https://api-downloads.mypurecloud.de:8443/f",
        "https://api-downloads.mypurecloud.de@example.com/f",
        "https://example.com\\.mypurecloud.de/f",
        "https://example.com?.mypurecloud.de/f",
        "https://example.com#.mypurecloud.de/f",
        "https://example.com\n.mypurecloud.de/f",
        "https://[::1].mypurecloud.de/f",
        "https://.mypurecloud.de",
        "https://api-downloads.mypurecloud.de/f#x",
        "https://api-downloads.mypurecloud.de/a b",
        "file:///etc/passwd",
        "//api-downloads.mypurecloud.de/f",
        "",
        "http://127.0.0.1:9/f",
        "http://169.254.169.254/latest/meta-data",
    ] {
        let error = vendor.adherence(&DownloadUrl::from(url)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{url:?}");
        assert!(
            error
                .to_string()
                .contains("the download link is not followed"),
            "{error}"
        );
    }
    let error = twin
        .adherence(&DownloadUrl::from("https://api-downloads.mypurecloud.de/f"))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the API is on this machine, the link is not"),
        "{error}"
    );
}
