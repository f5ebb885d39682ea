//! Limits and faults of the REST road.

use crate::support::Salesforce;
use fakes::control::Kind;
use fakes::salesforce::Options;
use fakes::world::Object;
use serde_json::Value;

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let server = Salesforce::start(Options::default()).await;
    let url = format!(
        "{}/services/data/v66.0/query?q=SELECT+Id,Name+FROM+Account",
        server.running.url()
    );
    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let asked = |coding: &'static str| {
        let request = plain.get(&url).bearer_auth(&server.bearer);
        async move {
            request
                .header("accept-encoding", coding)
                .send()
                .await
                .unwrap()
        }
    };
    let packed = asked("gzip, deflate").await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
    let bare = asked("identity").await;
    assert!(bare.headers().get("content-encoding").is_none());
    assert!(bare.json::<Value>().await.is_ok());
    server.running.stop().await;
}

#[tokio::test]
async fn uris_and_headers_have_a_limit() {
    let server = Salesforce::start(Options::default()).await;
    let ids: Vec<String> = (0..900)
        .map(|index| {
            format!(
                "'{}'",
                server.world.salesforce_id(Object::Case, index % 300)
            )
        })
        .collect();
    let path = "/services/data/v66.0/queryAll";
    let of = |count: usize| {
        format!(
            "SELECT Id FROM Case WHERE Id IN ({})",
            ids[..count].join(",")
        )
    };
    let few = server.raw(path, &[("q", &of(200))]).await;
    assert_eq!(few.status(), 200);
    assert_eq!(few.json::<Value>().await.unwrap()["totalSize"], 200);
    let many = server.raw(path, &[("q", &of(900))]).await;
    assert_eq!(many.status(), 414);
    let url = format!("{}{path}?q=SELECT+Id+FROM+Case", server.running.url());
    let wide = server
        .http
        .get(url)
        .bearer_auth(&server.bearer)
        .header("x-wide", "w".repeat(16_300))
        .send()
        .await
        .unwrap();
    assert_eq!(wide.status(), 431);
    server.running.stop().await;
}

#[tokio::test]
async fn long_queries_time_out_and_halves_of_them_do_not() {
    let server = Salesforce::start(Options {
        query_timeout_rows: Some(150),
        query_timeout_seconds: Some(400 * 86_400),
        ..Options::default()
    })
    .await;
    let between = |from: &str, to: &str| {
        format!(
            "SELECT Id FROM Contact WHERE SystemModstamp >= {from}T00:00:00Z AND SystemModstamp < {to}T00:00:00Z"
        )
    };
    for (text, code) in [
        ("SELECT Id FROM Contact".to_owned(), Some("QUERY_TIMEOUT")),
        (between("2024-01-01", "2026-01-07"), Some("QUERY_TIMEOUT")),
        (between("2024-01-01", "2025-01-07"), None),
        (between("2025-01-07", "2026-01-05"), None),
    ] {
        let (status, body) = server.query("queryAll", &text).await;
        assert_eq!(body[0]["errorCode"].as_str(), code, "{text}: {body}");
        assert_eq!(status, if code.is_some() { 400 } else { 200 });
    }
    assert_eq!(
        server
            .count("queryAll", "SELECT COUNT() FROM Contact")
            .await,
        200
    );
    let id = server.world.salesforce_id(Object::Contact, 4);
    let named = server
        .records(&format!("SELECT Id FROM Contact WHERE Id IN ('{id}')"))
        .await;
    assert_eq!(named.len(), 1);
    let (_, info) = server.job("SELECT Id FROM Contact").await;
    assert_eq!(info["numberRecordsProcessed"], 200);
    server.running.stop().await;
}

#[tokio::test]
async fn locators_expire_by_time_and_on_demand() {
    let server = Salesforce::start(Options {
        page_size: 40,
        locator_seconds: Some(1),
        ..Options::default()
    })
    .await;
    let (_, first) = server.query("queryAll", "SELECT Id FROM Account").await;
    let next = first["nextRecordsUrl"].as_str().unwrap();
    assert_eq!(server.get(next).await.0, 200);
    server.fault("/query/locator-", Kind::ExpireCursor);
    for _ in 0..2 {
        let (status, body) = server.get(next).await;
        assert_eq!(
            (status, body[0]["errorCode"].as_str()),
            (400, Some("INVALID_QUERY_LOCATOR"))
        );
    }
    let (_, again) = server.query("queryAll", "SELECT Id FROM Account").await;
    let next = again["nextRecordsUrl"].as_str().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(
        server.get(next).await.1[0]["errorCode"],
        "INVALID_QUERY_LOCATOR"
    );
    server.running.stop().await;
}

#[tokio::test]
async fn a_repeated_page_is_the_one_before_of_the_same_query() {
    let server = Salesforce::start(Options {
        page_size: 40,
        ..Options::default()
    })
    .await;
    let (_, first) = server.query("queryAll", "SELECT Id FROM Account").await;
    server.query("queryAll", "SELECT Id FROM Contact").await;
    server.fault("/query/locator-0-", Kind::RepeatPage);
    let next = first["nextRecordsUrl"].as_str().unwrap();
    let (_, repeated) = server.get(next).await;
    assert_eq!(repeated["records"], first["records"]);
    assert_eq!(repeated["nextRecordsUrl"], first["nextRecordsUrl"]);
    let (_, second) = server.get(next).await;
    assert_ne!(second["records"], first["records"]);
    assert_eq!(second["totalSize"], 100);
    server.running.stop().await;
}

#[tokio::test]
async fn tokens_are_taken_back_under_any_name_and_no_answer_says_when_to_return() {
    for code in ["INVALID_SESSION_ID", "INVALID_JWT_FORMAT"] {
        let server = Salesforce::start(Options {
            session_error: code.to_owned(),
            ..Options::default()
        })
        .await;
        server.fault("query", Kind::ExpireToken);
        for _ in 0..2 {
            let (status, body) = server.query("query", "SELECT COUNT() FROM Case").await;
            assert_eq!((status, body[0]["errorCode"].as_str()), (401, Some(code)));
        }
        for status in [406, 420, 500, 503] {
            let kind = Kind::Status {
                code: status,
                retry_after: None,
                body: None,
            };
            server.fault("limits", kind);
            let answer = server.raw("/services/data/v66.0/limits", &[]).await;
            assert_eq!(answer.status(), status);
            assert!(answer.headers().get("retry-after").is_none());
            assert_eq!(answer.text().await.unwrap().is_empty(), status < 500);
        }
        let kind = Kind::Status {
            code: 420,
            retry_after: None,
            body: Some("<html><body>Setting things up</body></html>".to_owned()),
        };
        server.fault("limits", kind);
        let answer = server.raw("/services/data/v66.0/limits", &[]).await;
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/html")
        );
        server.running.stop().await;
    }
}

#[tokio::test]
async fn the_hint_at_the_size_of_pages_is_kept_within_its_limits() {
    let server = Salesforce::start(Options::default()).await;
    for (hint, rows) in [
        ("batchSize=250", 250),
        ("batchSize=10", 200),
        ("batchSize=9999", 300),
    ] {
        let url = format!(
            "{}/services/data/v66.0/query?q=SELECT+Id+FROM+Case+WHERE+Id+!=+null",
            server.running.url()
        );
        let request = server.http.get(url).bearer_auth(&server.bearer);
        let answer: Value = request
            .header("sforce-query-options", hint)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let total = answer["totalSize"].as_u64().unwrap();
        let page = answer["records"].as_array().unwrap().len() as u64;
        assert_eq!(page, total.min(rows), "{hint}");
    }
    server.running.stop().await;
}

#[tokio::test]
async fn versions_are_listed_and_those_that_retired_are_gone() {
    let server = Salesforce::start(Options::default()).await;
    for (version, status) in [
        ("v66.0", 200),
        ("v30.0", 410),
        ("v99.0", 404),
        ("66.0", 404),
    ] {
        let path = format!("/services/data/{version}/limits");
        assert_eq!(server.get(&path).await.0, status, "{version}");
    }
    server.running.stop().await;
}

#[tokio::test]
async fn others_use_the_allocation_up() {
    let server = Salesforce::start(Options {
        daily_requests: 1000,
        ..Options::default()
    })
    .await;
    let limits = "/services/data/v66.0/limits";
    let used = serde_json::json!({"used": 799});
    assert_eq!(server.send("POST", "/_fake/usage", &used).await.0, 200);
    let answer = server.raw(limits, &[]).await;
    assert_eq!(answer.headers()["sforce-limit-info"], "api-usage=800/1000");
    server.running.control().crm.set_used(1000);
    let (status, body) = server.get(limits).await;
    assert_eq!(
        (status, body[0]["errorCode"].as_str()),
        (403, Some("REQUEST_LIMIT_EXCEEDED"))
    );
    server.running.stop().await;
}

#[tokio::test]
async fn statements_and_their_texts_have_a_limit() {
    let server = Salesforce::start(Options::default()).await;
    let jobs = crate::support::JOBS;
    let job = |query: String| serde_json::json!({"operation": "query", "query": query});
    let text = |length: usize| {
        format!(
            "SELECT Id FROM Case WHERE Subject = '{}'",
            "x".repeat(length)
        )
    };
    assert_eq!(server.send("POST", jobs, &job(text(4000))).await.0, 200);
    for query in [
        text(4001),
        format!("SELECT Id{} FROM Case", ", Subject".repeat(12_000)),
    ] {
        let (status, body) = server.send("POST", jobs, &job(query)).await;
        assert_eq!(
            (status, body[0]["errorCode"].as_str()),
            (400, Some("MALFORMED_QUERY"))
        );
    }
    server.running.stop().await;
}
