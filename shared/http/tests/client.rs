//! The client against servers that misbehave in the documented ways.

#![allow(clippy::unwrap_used, clippy::duration_suboptimal_units)] // helpers of tests may fail loudly

use model::{Classify, Kind};
use secrecy::SecretString;
use serde_json::{Value, json};
use source_http::{Client, Repeat, Request, Share, SourceError, WireFault, connections};
use std::time::{Duration, Instant};
use step::Deadline;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "t0ken-which-must-not-show";

fn deadline(seconds: u64) -> Deadline {
    Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_secs(seconds),
    )
}

fn client_until(url: &str, share: Share, deadline: Deadline) -> Client {
    let repeat = Repeat {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        times: 2,
        max_body_bytes: 10_000,
    };
    Client::with(
        connections().unwrap(),
        url,
        share,
        deadline,
        Some(SecretString::from(TOKEN)),
        repeat,
    )
}

fn client(url: &str) -> Client {
    let share = Share {
        requests_per_minute: 60_000,
        max_in_flight: 10,
    };
    client_until(url, share, deadline(60))
}

fn read() -> Request {
    Request::get("/api/v2/x").query("cursor", "a+b/ü&c")
}

async fn fails(server: &MockServer, answer: ResponseTemplate, times: u64) -> SourceError {
    Mock::given(path("/api/v2/x"))
        .respond_with(answer)
        .expect(times)
        .mount(server)
        .await;
    client(&server.uri())
        .json::<Value>(&read())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_read_carries_token_and_encoded_query_and_hands_out_headers() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .and(query_param("cursor", "a+b/ü&c"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("Sforce-Limit-Info", "api-usage=18/5000")
                .set_body_json(json!({"ok": true})),
        )
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let answer = client.json::<Value>(&read()).await.unwrap();
    assert_eq!(answer.value, json!({"ok": true}));
    assert_eq!(answer.headers["sforce-limit-info"], "api-usage=18/5000");
    assert_eq!(
        client.latest_header("sforce-limit-info").as_deref(),
        Some("api-usage=18/5000")
    );
    assert_eq!(client.calls(), 1);
}

#[tokio::test]
async fn a_short_retry_after_is_waited_out() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/x"))
        .respond_with(ResponseTemplate::new(429).insert_header("Retry-After", "1"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/v2/x"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!(1)))
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let began = Instant::now();
    assert_eq!(client.json::<Value>(&read()).await.unwrap().value, json!(1));
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(client.calls(), 2);
}

#[tokio::test]
async fn a_retry_after_of_hours_is_handed_back_at_once() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(429)
        .insert_header("Retry-After", "7200")
        .set_body_json(json!({
            "message": "Rate limit exceeded the maximum. Retry the request in [7200] seconds",
            "code": "too.many.requests.retry.after",
            "status": 429,
        }));
    let began = Instant::now();
    let error = fails(&server, answer, 1).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(error.kind(), Kind::Throttled);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7200)));
}

#[tokio::test]
async fn a_retry_after_may_be_a_date() {
    let server = MockServer::start().await;
    // The source's clock is days off ours; the pause it means is the distance to its own date.
    let answer = ResponseTemplate::new(429)
        .insert_header("Retry-After", "Fri, 09 Jan 2026 03:00:00 GMT")
        .insert_header("Date", "Fri, 09 Jan 2026 01:00:00 GMT");
    let wait = fails(&server, answer, 1).await.retry_after().unwrap();
    assert_eq!(wait, Duration::from_hours(2));
}

#[tokio::test]
async fn a_429_without_retry_after_backs_off_and_then_gives_up() {
    let server = MockServer::start().await;
    let error = fails(&server, ResponseTemplate::new(429), 3).await;
    assert_eq!((error.kind(), error.retry_after()), (Kind::Throttled, None));
}

#[tokio::test]
async fn a_400_is_sent_once_and_shows_the_vendors_words_alone() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(400)
        .insert_header("ININ-Correlation-Id", "c-7")
        .set_body_json(json!({
            "message": format!("Pagination may not exceed 100000 results. Sent with {TOKEN}"),
            "code": "bad.request", "status": 400, "contextId": "other",
        }));
    let error = fails(&server, answer, 1).await;
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(error, @"GET /api/v2/x: 400: Pagination may not exceed 100000 results. Sent with *** (code bad.request, correlation id c-7)");
}

#[tokio::test]
async fn a_401_asks_for_a_new_token() {
    let server = MockServer::start().await;
    let body =
        json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]);
    let error = fails(&server, ResponseTemplate::new(401).set_body_json(body), 1).await;
    assert_eq!(error.kind(), Kind::Unauthorized);
    assert_eq!(error.code(), Some("INVALID_SESSION_ID"));
}

#[tokio::test]
async fn a_403_names_the_permission() {
    let server = MockServer::start().await;
    let body = json!({
        "message": "Unable to perform the requested action. You are missing the following permission(s): analytics:conversationDetail:view",
        "code": "missing.permissions", "status": 403,
    });
    let error = fails(&server, ResponseTemplate::new(403).set_body_json(body), 1).await;
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(
        error
            .to_string()
            .contains("analytics:conversationDetail:view")
    );
}

#[tokio::test]
async fn a_used_up_daily_allocation_is_a_pause_and_not_a_lack_of_permission() {
    let server = MockServer::start().await;
    let body = json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    let error = fails(&server, ResponseTemplate::new(403).set_body_json(body), 1).await;
    assert_eq!(error.kind(), Kind::Throttled);
}

#[tokio::test]
async fn faults_of_the_server_are_repeated_and_then_transient() {
    for status in [408, 420, 500, 502, 503, 504] {
        let server = MockServer::start().await;
        let error = fails(&server, ResponseTemplate::new(status), 3).await;
        assert_eq!(
            (error.kind(), error.status()),
            (Kind::Transient, Some(status))
        );
    }
}

#[tokio::test]
async fn a_413_is_not_repeated() {
    let server = MockServer::start().await;
    assert_eq!(
        fails(&server, ResponseTemplate::new(413), 1).await.kind(),
        Kind::Invalid
    );
}

#[tokio::test]
async fn html_and_cut_json_are_asked_for_again_and_never_quoted() {
    for (body, text) in [
        (
            "<html>secret</html>",
            "GET /api/v2/x: 200: answered with an HTML page in place of JSON",
        ),
        (
            r#"{"name":"secret","#,
            "GET /api/v2/x: 200: the JSON is cut off at line 1 column 17",
        ),
        (
            "",
            "GET /api/v2/x: 200: answered with an empty body in place of JSON",
        ),
    ] {
        let server = MockServer::start().await;
        let error = fails(&server, ResponseTemplate::new(200).set_body_string(body), 3).await;
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (Kind::Transient, text)
        );
    }
}

/// Answers each connection with `bytes` and closes it; wiremock always sends whole bodies.
async fn broken_server(bytes: &'static [u8], connections: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for _ in 0..connections {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    url
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_transient() {
    let url = broken_server(
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":1}",
        3,
    )
    .await;
    let client = client(&url);
    let error = client.json::<Value>(&read()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    assert!(
        error.fault() == Some(WireFault::BrokenOff)
            && error.to_string().contains("the answer broke off"),
        "{error}"
    );
    assert_eq!(client.calls(), 3);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_transient() {
    let url = broken_server(b"", 3).await;
    let client = client(&url);
    let error = client.json::<Value>(&read()).await.unwrap_err();
    assert_eq!((error.kind(), client.calls()), (Kind::Transient, 3));
    assert!(!error.to_string().contains("cursor"), "{error}");
}

#[tokio::test]
async fn a_write_is_repeated_only_when_it_was_turned_away() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(429))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let write = Request::post_json("/api/v2/y", &json!({}));
    let once = client(&server.uri());
    assert_eq!(once.done(&write).await.unwrap_err().kind(), Kind::Transient);
    assert_eq!(once.calls(), 2);
    let query = client(&server.uri());
    query.done(&write.repeatable()).await.unwrap_err();
    assert_eq!(query.calls(), 3);
}

#[tokio::test]
async fn a_refused_login_is_invalid_and_shows_no_secret() {
    let server = MockServer::start().await;
    Mock::given(path("/oauth/token"))
        .and(body_string("grant_type=client_credentials"))
        .and(header("authorization", "Basic aWQ6czNjcjN0LXdvcmQ="))
        .respond_with(ResponseTemplate::new(401).set_body_json(
            json!({"error": "invalid_client", "error_description": "no client id with s3cr3t-word"}),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let login = Request::post_form("/oauth/token", [("grant_type", "client_credentials")])
        .basic("id", &SecretString::from("s3cr3t-word"));
    let error = client(&server.uri()).done(&login).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(error, @"POST /oauth/token: 401: no client id with *** (code invalid_client)");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_foreign_link_not_sent() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/");
    assert_eq!(fails(&server, answer, 1).await.kind(), Kind::Invalid);
    let foreign = Request::get(".evil.example/x");
    let client = client(&server.uri());
    assert_eq!(
        client.done(&foreign).await.unwrap_err().kind(),
        Kind::Invalid
    );
    assert_eq!(client.calls(), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_refused() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_string("x".repeat(10_001));
    let error = fails(&server, answer, 1).await;
    assert!(
        error.fault() == Some(WireFault::TooLarge)
            && error.to_string().contains("larger than 10000 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn the_pace_lets_no_more_through_than_the_share() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/x"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!(1)))
        .mount(&server)
        .await;
    let share = Share {
        requests_per_minute: 6,
        max_in_flight: 2,
    };
    // The second has its turn after 10 s, which this invocation does not have; nor has the one that follows it in the
    // same process.
    let connections = connections().unwrap();
    let client = |seconds| {
        let pool = connections.clone();
        Client::new(pool, &server.uri(), share, deadline(seconds), None)
    };
    let first = client(8);
    first.json::<Value>(&read()).await.unwrap();
    let error = first.json::<Value>(&read()).await.unwrap_err();
    assert_eq!((error.kind(), first.calls()), (Kind::Throttled, 1));
    assert!(error.is_own_pace(), "{error}");
    let second = client(8);
    let error = second.json::<Value>(&read()).await.unwrap_err();
    assert_eq!((error.kind(), second.calls()), (Kind::Throttled, 0));
}

#[tokio::test]
async fn a_pause_the_source_has_asked_for_is_not_our_own_pace() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/x"))
        .respond_with(ResponseTemplate::new(429).insert_header("Retry-After", "90"))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server.uri());
    for status in [Some(429), None] {
        let error = client.json::<Value>(&read()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::Throttled, status));
        assert!(!error.is_own_pace(), "{error}");
    }
}

#[tokio::test]
async fn a_used_up_quota_in_the_headers_stops_the_next_call() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/x"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("inin-ratelimit-count", "300")
                .insert_header("inin-ratelimit-allowed", "300")
                .insert_header("inin-ratelimit-reset", "600")
                .set_body_json(json!(1)),
        )
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server.uri());
    client.json::<Value>(&read()).await.unwrap();
    let error = client.json::<Value>(&read()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled);
    assert!(error.retry_after().unwrap() > Duration::from_secs(590));
    // Longer than another invocation should wait for it.
    assert!(!error.is_own_pace());
}
