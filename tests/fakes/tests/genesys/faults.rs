//! Faults and limits of the fake Genesys Cloud: what happens is what was asked for, as often as it was asked for.

use crate::support::{DAY, Genesys, QUERY, ids, paged, world};
use fakes::control::Kind;
use fakes::genesys::Options;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

const QUEUES: &str = "/api/v2/routing/queues";

#[tokio::test]
async fn the_rate_limit_answers_429_with_the_seconds_to_wait() {
    let server = Genesys::start(
        50,
        Options {
            requests_per_minute: 3,
            ..Options::default()
        },
    )
    .await;
    for count in 1..=3 {
        let answer = server.raw_get("/api/v2/routing/queues").await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["inin-ratelimit-count"],
            count.to_string().as_str()
        );
        assert!(answer.headers().contains_key("inin-correlation-id"));
    }
    let answer = server.raw_get("/api/v2/routing/queues").await.unwrap();
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body["message"],
        format!("Rate limit exceeded the maximum. Retry the request in [{wait}] seconds")
    );
    assert_eq!(server.running.control().requests.counts().status_429, 1);
    server.stop().await;
}

#[tokio::test]
async fn faults_happen_as_often_as_asked_and_then_no_more() {
    let server = Genesys::start(200, Options::default()).await;
    let queues = "/api/v2/routing/queues";
    server.fault(
        queues,
        Kind::Status {
            code: 503,
            retry_after: Some(2),
            body: None,
        },
        2,
    );
    for _ in 0..2 {
        let answer = server.raw_get(queues).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (503, &"2".parse().unwrap())
        );
    }
    assert_eq!(server.get(queues).await.0, 200);
    server.fault(queues, Kind::Truncate, 1);
    let cut = server.raw_get(queues).await.unwrap();
    assert_eq!(cut.status(), 200);
    assert!(serde_json::from_slice::<Value>(&cut.bytes().await.unwrap()).is_err());
    server.fault(queues, Kind::Reset, 1);
    let broken = server.raw_get(queues).await.unwrap();
    assert_eq!(broken.status(), 200);
    assert!(broken.bytes().await.is_err(), "the connection was not cut");
    server.fault(queues, Kind::Html, 1);
    let page = server.raw_get(queues).await.unwrap();
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    server.fault(queues, Kind::GarbageJson, 1);
    assert!(
        serde_json::from_slice::<Value>(
            &server.raw_get(queues).await.unwrap().bytes().await.unwrap()
        )
        .is_err()
    );
    assert_eq!(server.get(queues).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_repeated_page_comes_in_place_of_the_next_one() {
    let server = Genesys::start(400, Options::default()).await;
    let fault = json!({"path_contains": "details/query", "kind": "repeat_page", "times": 1});
    let answer = server
        .http
        .post(format!("{}/_fake/faults", server.url()))
        .json(&fault)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let mut pages = Vec::new();
    for number in 1..=3 {
        pages.push(ids(&server.post(QUERY, &paged(DAY, number, 50)).await.1));
    }
    assert_eq!(pages[0], pages[1]);
    assert_ne!(pages[1], pages[2]);
    assert!(server.running.control().faults.pending().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_window_that_has_passed_begins_again_and_the_fullest_one_is_remembered() {
    let server = Genesys::start(
        50,
        Options {
            requests_per_minute: 5,
            window_seconds: 4,
            ..Options::default()
        },
    )
    .await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        let answer = server.raw_get(QUEUES).await.unwrap();
        statuses.push(answer.status().as_u16());
        if answer.status() == 429 && statuses.len() == 7 {
            let wait = answer.headers()["retry-after"].to_str().unwrap();
            tokio::time::sleep(Duration::from_secs(wait.parse().unwrap())).await;
        }
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(server.get(QUEUES).await.0, 200, "the wait was too short");
    let counts = server.get("/_fake/requests").await.1;
    assert_eq!(
        (
            counts["status_429"].as_u64(),
            counts["highest_in_window"].as_u64()
        ),
        (Some(2), Some(7))
    );
    server.stop().await;
}

#[tokio::test]
async fn an_expired_token_is_refused_until_a_new_login() {
    let mut server = Genesys::start(50, Options::default()).await;
    server.fault_after(QUEUES, Kind::ExpireToken, 1);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(server.get(QUEUES).await.0);
    }
    assert_eq!(statuses, [200, 401, 401]);
    server.log_in().await;
    assert_eq!(server.get(QUEUES).await.0, 200);
    server.stop().await;
}

/// Seconds from one of an answer's dates to another instant.
fn seconds_after(answer: &reqwest::Response, header: &str, from: jiff::Timestamp) -> i64 {
    let text = answer.headers()[header].to_str().unwrap();
    let at = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .unwrap();
    at.as_second() - from.as_second()
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "compares the clock of the server with the real one"
)]
async fn a_wrong_clock_shows_in_the_date_and_in_dates_to_wait_for() {
    let server = Genesys::start(50, Options::default()).await;
    let fault = json!({"path_contains": QUEUES, "kind": {"retry_after_date": {"status": 429, "seconds": 30}}, "times": 2});
    let post = server.http.post(format!("{}/_fake/faults", server.url()));
    assert_eq!(post.json(&fault).send().await.unwrap().status(), 200);
    let now = jiff::Timestamp::now();
    let answer = server.raw_get(QUEUES).await.unwrap();
    assert_eq!(answer.status(), 429);
    let wait = seconds_after(&answer, "retry-after", now);
    assert!((29..=32).contains(&wait), "{wait}");
    server.fault(QUEUES, Kind::SkewClock(-3600), 2);
    let now = jiff::Timestamp::now();
    let answer = server.raw_get(QUEUES).await.unwrap();
    let (date, wait) = (
        seconds_after(&answer, "date", now),
        seconds_after(&answer, "retry-after", now),
    );
    assert!((-3601..=-3598).contains(&date), "{date}");
    assert!((-3571..=-3568).contains(&wait), "{wait}");
    // The clock is wrong on an answer that is right, too, and once the fault is over it is not.
    let answer = server.raw_get(QUEUES).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(seconds_after(&answer, "date", now) < -3500);
    let answer = server.raw_get(QUEUES).await.unwrap();
    assert!(seconds_after(&answer, "date", now) > -5);
    server.stop().await;
}

#[tokio::test]
async fn pages_shift_when_a_record_turns_up_before_them() {
    let server = Genesys::start(400, Options::default()).await;
    let whole: Vec<String> = all_pages(&server, DAY).await.concat();
    let size = whole.len();
    assert!(size > 150);
    server.fault("details/query", Kind::ShiftPages, 1);
    let total = server.post(QUERY, &paged(DAY, 1, 1)).await.1["totalHits"].clone();
    assert_eq!(total, size - 1, "one record is kept back");
    let shifted: Vec<String> = all_pages(&server, DAY).await.concat();
    let distinct: HashSet<&String> = shifted.iter().collect();
    assert_eq!(shifted.len(), size, "one is seen twice");
    assert_eq!(distinct.len(), size - 1, "and one is missed");
    assert!(server.running.control().faults.pending().is_empty());
    assert_eq!(all_pages(&server, DAY).await.concat(), whole);
    server.stop().await;
}

async fn all_pages(server: &Genesys, interval: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    for number in 1..100 {
        let page = ids(&server.post(QUERY, &paged(interval, number, 50)).await.1);
        if page.is_empty() {
            break;
        }
        pages.push(page);
    }
    pages
}

#[tokio::test]
async fn a_query_for_too_much_takes_too_long_until_it_asks_for_less() {
    let server = Genesys::start(
        400,
        Options {
            slow_above: 60,
            slow_status: 504,
            ..Options::default()
        },
    )
    .await;
    let hours = |from: u32, to: u32| {
        let mut body = paged(DAY, 1, 100);
        let value = format!("2026-01-05T{from:02}:00:00Z/2026-01-05T{to:02}:00:00Z");
        body["conversationFilters"] = json!([{"type": "and", "predicates": [{"dimension": "conversationStart", "value": value}]}]);
        body
    };
    for _ in 0..3 {
        let (status, slow) = server.post(QUERY, &hours(0, 20)).await;
        assert_eq!(
            (status, slow["code"].as_str()),
            (504, Some("authentication.request.timeout"))
        );
    }
    let (status, page) = server.post(QUERY, &hours(0, 4)).await;
    assert_eq!(status, 200);
    assert!(page["totalHits"].as_u64().unwrap() > 0);
    server.stop().await;
}

#[tokio::test]
async fn answers_are_packed_for_those_who_can_unpack_them() {
    let server = Genesys::start(200, Options::default()).await;
    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let mut bodies = Vec::new();
    for accepted in [None, Some("br, gzip;q=0.8"), Some("gzip;q=0")] {
        let mut request = plain
            .get(format!(
                "{}/api/v2/users?state=any&pageSize=100",
                server.url()
            ))
            .bearer_auth(server.token());
        if let Some(accepted) = accepted {
            request = request.header("accept-encoding", accepted);
        }
        let answer = request.send().await.unwrap();
        let coding = answer.headers().get("content-encoding").cloned();
        bodies.push((coding, answer.bytes().await.unwrap()));
    }
    assert_eq!(bodies[0].0, None);
    assert_eq!(bodies[2], bodies[0]);
    assert_eq!(bodies[1].0.as_ref().unwrap(), "gzip");
    assert!(bodies[1].1.len() * 3 < bodies[0].1.len());
    let unpacked = server.get("/api/v2/users?state=any&pageSize=100").await.1;
    assert_eq!(
        serde_json::from_slice::<Value>(&bodies[0].1).unwrap(),
        unpacked
    );
    // What is small stays as it is.
    let small = server
        .raw_get("/api/v2/routing/queues?pageSize=1")
        .await
        .unwrap();
    assert_eq!(small.headers().get("content-encoding"), None);
    server.stop().await;
}

#[tokio::test]
async fn what_is_broken_always_fails_and_what_is_lost_is_counted_and_never_comes() {
    let from = |text: &str| text.parse().unwrap();
    let made = world(2000);
    let events = made.quality_events(from("2026-01-05T00:00:00Z"), from("2026-01-07T00:00:00Z"));
    let [one, other, ..] = &events[..] else {
        panic!("nothing happened");
    };
    let broken = made.build(7).id;
    let server = Genesys::start(
        2000,
        Options {
            broken: vec![broken.clone()],
            left_out: vec![one.id.clone()],
            lost: vec![other.id.clone()],
            ..Options::default()
        },
    )
    .await;
    let details = "/api/v2/analytics/conversations/details";
    let together = |id: &str| format!("{details}?id={}&id={id}", one.conversation_id);
    for _ in 0..2 {
        assert_eq!(server.get(&together(&broken)).await.0, 503);
    }
    let found = server.fetch(&together(&other.conversation_id)).await;
    assert_eq!(ids(&found).len(), 2);
    let text = found.to_string();
    assert!(!text.contains(&one.id) && !text.contains(&other.id));
    for (event, is_there) in [(one, true), (other, false)] {
        let alone = format!(
            "/api/v2/analytics/conversations/{}/details",
            event.conversation_id
        );
        let found = server.fetch(&alone).await.to_string();
        assert_eq!(found.contains(&event.id), is_there);
    }
    server.stop().await;
}
