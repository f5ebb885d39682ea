//! Login, selection, pages, caps, filters, listings, contacts, truth.

use crate::support::{DAY, Genesys, JOBS, QUERY, ids, paged, world};
use fakes::control::{Fault, Kind};
use fakes::genesys::Options;
use fakes::openapi::validate_response;
use serde_json::{Value, json};
use std::collections::HashSet;

#[tokio::test]
async fn login_wants_the_right_secret_and_tokens_expire() {
    let server = Genesys::start(
        50,
        Options {
            token_seconds: 1,
            ..Options::default()
        },
    )
    .await;
    let url = format!("{}/oauth/token", server.url());
    let form = [("grant_type", "client_credentials")];
    let ask = |secret: &'static str| {
        server
            .http
            .post(&url)
            .basic_auth("twin-client", Some(secret))
            .form(&form)
            .send()
    };
    let good = ask("twin-secret").await.unwrap();
    assert_eq!(good.status(), 200);
    assert_eq!(good.json::<Value>().await.unwrap()["expires_in"], 1);
    let bad = ask("wrong").await.unwrap();
    assert_eq!(bad.status(), 401);
    assert_eq!(
        bad.json::<Value>().await.unwrap()["error"],
        "invalid_client"
    );
    assert_eq!(server.get("/api/v2/users").await.0, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let (status, body) = server.get("/api/v2/users").await;
    assert_eq!(
        (status, body["code"].as_str()),
        (401, Some("bad.credentials"))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_query_selects_whole_days_and_its_pages_end_without_a_list() {
    let server = Genesys::start(400, Options::default()).await;
    let (from, to) = DAY.split_once('/').unwrap();
    let expected = server
        .world
        .started_in(from.parse().unwrap(), to.parse().unwrap())
        .len();
    assert!(expected > 100);
    let mut seen = Vec::new();
    for number in 1.. {
        let (status, page) = server
            .post(
                QUERY,
                &paged("2026-01-05T10:00:00Z/2026-01-05T11:00:00Z", number, 100),
            )
            .await;
        assert_eq!(status, 200);
        assert_eq!(page["totalHits"], expected);
        if page.get("conversations").is_none() {
            break;
        }
        assert!(!page.to_string().contains("\"attributes\""));
        seen.extend(ids(&page));
    }
    assert_eq!(seen.len(), expected);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), expected);
    server.stop().await;
}

#[tokio::test]
async fn answers_fit_the_published_definitions() {
    let server = Genesys::start(400, Options::default()).await;
    let (_, page) = server.post(QUERY, &paged(DAY, 1, 100)).await;
    let job = server.finished_job(&json!({"interval": DAY})).await;
    let result = server
        .get(&format!("{JOBS}/{job}/results?pageSize=100"))
        .await
        .1;
    for (method, path, body) in [
        ("POST", QUERY.to_owned(), &page),
        ("GET", format!("{JOBS}/{job}/results"), &result),
    ] {
        let problems = validate_response(method, &path, 200, Some(body))
            .err()
            .unwrap_or_default();
        // What must not fit is listed in the test of the world.
        let meant = [
            "unknown property",
            "\"spatial\"",
            "\"preview\"",
            "\"the day before",
        ];
        let unmeant: Vec<_> = problems
            .iter()
            .filter(|one| !meant.iter().any(|part| one.contains(part)))
            .collect();
        assert!(unmeant.is_empty(), "{unmeant:?}");
    }
    for path in [
        "/api/v2/routing/queues?pageSize=3&pageNumber=2",
        "/api/v2/users?state=any&pageSize=100",
        "/api/v2/routing/wrapupcodes",
        "/api/v2/authorization/divisions",
        "/api/v2/externalcontacts/externalsources",
        &format!("{JOBS}/availability"),
    ] {
        let (status, body) = server.get(path).await;
        assert_eq!(
            (status, validate_response("GET", path, 200, Some(&body))),
            (200, Ok(())),
            "{path}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_the_definitions_do_not_know_are_refused_with_the_reason() {
    let server = Genesys::start(50, Options::default()).await;
    for (body, part) in [
        (json!({"interval": DAY, "pageToken": "x"}), "pageToken"),
        (
            json!({"interval": DAY, "paging": {"pageSize": 100}}),
            "pageNumber",
        ),
        (
            json!({"interval": DAY, "paging": {"pageSize": 101, "pageNumber": 1}}),
            "pageSize 101",
        ),
        (json!({"interval": "yesterday/today"}), "ISO-8601"),
        (
            json!({"interval": "2026-01-01T00:00:00Z/2026-01-09T00:00:00Z"}),
            "does not exceed 7 days",
        ),
        (
            json!({"interval": DAY, "conversationFilters": [{"type": "and", "predicates": [{"dimension": "queueId", "value": "x"}]}]}),
            "queueId",
        ),
        (
            json!({"interval": DAY, "segmentFilters": [{"type": "and", "predicates": [{"dimension": "subject", "value": "x"}]}]}),
            "subject",
        ),
    ] {
        let (status, answer) = server.post(QUERY, &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(
            answer["message"].as_str().unwrap().contains(part),
            "{part}: {answer}"
        );
        assert_eq!(
            fakes::openapi::validate_definition("ErrorBody", &answer),
            Ok(())
        );
    }
    assert_eq!(server.get("/api/v2/users?pageToken=1").await.0, 400);
    assert_eq!(server.get("/api/v2/analytics/queues").await.0, 404);
    server.stop().await;
}

#[tokio::test]
async fn the_result_cap_is_refused_in_the_words_of_the_source() {
    let server = Genesys::start(
        400,
        Options {
            result_cap: 100,
            ..Options::default()
        },
    )
    .await;
    assert_eq!(server.post(QUERY, &paged(DAY, 2, 50)).await.0, 200);
    let (status, answer) = server.post(QUERY, &paged(DAY, 3, 50)).await;
    let message = answer["message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(
        message.starts_with(
            "Pagination may not exceed 100 results.\n\nTip: When extracting large chunks"
        ),
        "{message}"
    );
    assert!(
        message.ends_with("one large interval that covers the same time frame."),
        "{message}"
    );
    server.stop().await;
}

#[tokio::test]
async fn listings_have_pages_and_hide_users_who_left() {
    let server = Genesys::start(50, Options::default()).await;
    let mut names = HashSet::new();
    let mut path = "/api/v2/users?state=any".to_owned();
    loop {
        let (_, page) = server.get(&path).await;
        assert_eq!(page["pageCount"], 3);
        names.extend(
            page["entities"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].to_string()),
        );
        let Some(next) = page["nextUri"].as_str() else {
            break;
        };
        path = next.to_owned();
    }
    assert_eq!(names.len(), 60);
    let (_, active) = server.get("/api/v2/users?pageSize=100").await;
    assert!(active["total"].as_u64().unwrap() < 60);
    assert!(
        active["entities"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["state"] == "active")
    );
    server.stop().await;
}

#[tokio::test]
async fn merged_contacts_are_answered_with_their_successor_and_unknown_ones_with_an_error() {
    let server = Genesys::start(400, Options::default()).await;
    let mut asked = HashSet::new();
    for index in 0..server.world.len() {
        asked.extend(
            server
                .world
                .build(index)
                .participants
                .into_iter()
                .filter_map(|one| one.external_contact_id),
        );
    }
    let (mut merged, mut with_ids, mut unknown) = (0, 0, 0);
    let asked: Vec<String> = asked.into_iter().collect();
    for batch in asked.chunks(50) {
        let entities: Vec<Value> = batch.iter().map(|id| json!({"id": id})).collect();
        let path = "/api/v2/externalcontacts/bulk/contacts";
        let (status, body) = server.post(path, &json!({"entities": entities})).await;
        assert_eq!(
            (status, validate_response("POST", path, 200, Some(&body))),
            (200, Ok(()))
        );
        assert_eq!(body["results"].as_array().unwrap().len(), batch.len());
        for result in body["results"].as_array().unwrap() {
            unknown += usize::from(result["success"] == false);
            with_ids += usize::from(result["entity"]["externalIds"].is_array());
            if !batch.iter().any(|id| result["id"] == *id) {
                merged += 1;
                let set = result["entity"]["mergeSet"].as_array().unwrap();
                assert!(
                    set.iter()
                        .any(|one| batch.iter().any(|id| one["id"] == *id))
                );
            }
        }
    }
    assert!(
        merged > 0 && unknown > 0 && with_ids > 20,
        "{merged} merged, {unknown} unknown, {with_ids} with ids"
    );
    let too_many: Vec<Value> = (0..51).map(|_| json!({"id": "x"})).collect();
    assert_eq!(
        server
            .post(
                "/api/v2/externalcontacts/bulk/contacts",
                &json!({"entities": too_many})
            )
            .await
            .0,
        400
    );
    server.stop().await;
}

#[tokio::test]
async fn the_truth_and_the_requests_are_served() {
    let server = Genesys::start(200, Options::default()).await;
    server.get("/api/v2/routing/queues").await;
    let (_, truth) = server.get("/_fake/truth").await;
    assert_eq!(
        (
            truth["conversations"].as_u64(),
            truth["unstorable"].as_u64()
        ),
        (Some(200), Some(3))
    );
    let (_, day) = server
        .get("/_fake/truth?from=2026-01-05T00:00:00Z&to=2026-01-06T00:00:00Z")
        .await;
    let (from, to) = DAY.split_once('/').unwrap();
    let expected = world(200)
        .started_in(from.parse().unwrap(), to.parse().unwrap())
        .len();
    assert_eq!(day["conversations"], expected);
    let (_, requests) = server.get("/_fake/requests").await;
    assert_eq!(requests["by_path"]["GET /api/v2/routing/queues"], 1);
    server
        .http
        .post(format!("{}/_fake/requests/reset", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(server.running.control().requests.counts().total, 0);
    let fault = Fault::new("x", Kind::Html, 1);
    server.running.control().faults.add(fault);
    server
        .http
        .delete(format!("{}/_fake/faults", server.url()))
        .send()
        .await
        .unwrap();
    assert!(server.running.control().faults.pending().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_stopped_server_frees_its_port() {
    let server = Genesys::start(10, Options::default()).await;
    let address = server.url().trim_start_matches("http://").to_owned();
    assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
    server.stop().await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
}
