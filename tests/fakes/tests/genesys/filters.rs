//! Filters of details queries: dimensions, metrics, and what a filter may not ask.

use crate::support::{DAY, Genesys, QUERY, ids, paged};
use fakes::genesys::{Options, StartFilter};
use fakes::world::Conversation;
use serde_json::{Value, json};

#[tokio::test]
async fn filters_and_orders_are_honoured() {
    let server = Genesys::start(400, Options::default()).await;
    let hour = "2026-01-05T10:00:00.000Z/2026-01-05T11:00:00.000Z";
    let mut body = paged(DAY, 1, 100);
    body["conversationFilters"] = json!([{"type": "and", "predicates": [
        {"type": "dimension", "dimension": "conversationStart", "operator": "matches", "value": hour}]}]);
    let (from, to) = hour.split_once('/').unwrap();
    let started = server
        .world
        .started_in(from.parse().unwrap(), to.parse().unwrap());
    let expected: Vec<String> = started.map(|index| server.world.build(index).id).collect();
    assert_eq!(ids(&server.post(QUERY, &body).await.1), expected);
    body["order"] = json!("desc");
    assert_eq!(
        ids(&server.post(QUERY, &body).await.1),
        expected.into_iter().rev().collect::<Vec<_>>()
    );
    let mut open = paged(DAY, 1, 100);
    open["conversationFilters"] = json!([{"type": "and", "predicates": [{"dimension": "conversationEnd", "operator": "notExists"}]}]);
    open["segmentFilters"] = json!([{"type": "or", "clauses": [
        {"type": "and", "predicates": [{"dimension": "purpose", "value": "agent"}, {"dimension": "segmentEnd", "operator": "notExists"}]}]}]);
    let (_, page) = server.post(QUERY, &open).await;
    assert!(page["totalHits"].as_u64().unwrap() > 0);
    assert!(
        page["conversations"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one.get("conversationEnd").is_none())
    );
    server.stop().await;
}

/// The ids a query with one more property finds, and those of the conversations of the day a test holds for.
async fn found(
    server: &Genesys,
    more: &Value,
    holds: impl Fn(&Conversation) -> bool,
) -> (Vec<String>, Vec<String>) {
    let mut body = paged(DAY, 1, 100);
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let (status, page) = server.post(QUERY, &body).await;
    assert_eq!(status, 200, "{page}");
    let (from, to) = DAY.split_once('/').unwrap();
    let day = server
        .world
        .started_in(from.parse().unwrap(), to.parse().unwrap());
    let expected = day
        .map(|index| server.world.build(index))
        .filter(holds)
        .map(|made| made.id)
        .take(100)
        .collect();
    (ids(&page), expected)
}

#[tokio::test]
async fn metrics_match_by_their_sum_over_the_conversation() {
    let server = Genesys::start(400, Options::default()).await;
    let total = |made: &Conversation, name: &str| -> i64 {
        let sessions = made.participants.iter().flat_map(|one| &one.sessions);
        let metrics = sessions.flat_map(|one| &one.metrics);
        metrics
            .filter(|one| one.name == name)
            .map(|one| one.value)
            .sum()
    };
    let filter = |predicate: Value| json!({"conversationFilters": [{"type": "and", "predicates": [predicate]}]});
    let long = filter(json!({"type": "metric", "metric": "tTalk", "range": {"gt": 600_000}}));
    let (seen, expected) = found(&server, &long, |made| total(made, "tTalk") > 600_000).await;
    assert!(!expected.is_empty());
    assert_eq!(seen, expected);
    let short =
        filter(json!({"type": "metric", "metric": "tTalk", "range": {"gte": 1, "lt": 60_000}}));
    let (seen, expected) = found(&server, &short, |made| {
        (1..60_000).contains(&total(made, "tTalk"))
    })
    .await;
    assert_eq!(seen, expected);
    let never = filter(json!({"type": "metric", "metric": "tTalk", "operator": "notExists"}));
    let (seen, expected) = found(&server, &never, |made| !made.has_metric("tTalk")).await;
    assert!(!expected.is_empty());
    assert_eq!(seen, expected);
    server.stop().await;
}

#[tokio::test]
async fn evaluations_and_surveys_are_filtered_one_by_one() {
    let server = Genesys::start(600, Options::default()).await;
    let good = json!({"evaluationFilters": [{"type": "and", "predicates": [
        {"type": "metric", "metric": "oTotalScore", "range": {"gte": 70}},
        {"type": "dimension", "dimension": "evaluationStatus", "value": "Finished"}]}]});
    let (seen, expected) = found(&server, &good, |made| {
        let mut all = made.evaluations.iter();
        all.any(|one| one.scores.is_some_and(|(total, _)| total >= 70))
    })
    .await;
    assert!(!expected.is_empty());
    assert_eq!(seen, expected);
    let sent = json!({"surveyFilters": [{"type": "or", "predicates": [
        {"type": "dimension", "dimension": "surveyStatus", "value": "Sent"}]}]});
    let (seen, expected) = found(&server, &sent, |made| {
        made.surveys.iter().any(|one| one.status == "Sent")
    })
    .await;
    assert!(!expected.is_empty());
    assert_eq!(seen, expected);
    server.stop().await;
}

#[tokio::test]
async fn predicates_that_make_no_sense_are_refused() {
    let server = Genesys::start(50, Options::default()).await;
    for (predicate, part) in [
        (json!({"dimension": "divisionId"}), "needs a value"),
        (
            json!({"dimension": "divisionId", "range": {"gt": 1}}),
            "has no range",
        ),
        (
            json!({"type": "metric", "metric": "tTalk"}),
            "needs a value",
        ),
        (
            json!({"type": "property", "metric": "tTalk", "value": "1"}),
            "property",
        ),
        (
            json!({"dimension": "conversationStart", "value": "soon"}),
            "no instant",
        ),
        (json!({"metric": "tMagic", "value": "1"}), "tMagic"),
    ] {
        let mut body = paged(DAY, 1, 100);
        body["conversationFilters"] = json!([{"type": "and", "predicates": [predicate]}]);
        let (status, answer) = server.post(QUERY, &body).await;
        let message = answer["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(part), "{part}: {answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_filter_on_the_start_can_be_refused_or_misread() {
    for (start_filter, answer) in [
        (StartFilter::Kept, (200, false)),
        (StartFilter::Refused, (400, true)),
        (StartFilter::Misread, (200, true)),
    ] {
        let options = Options {
            start_filter,
            ..Options::default()
        };
        let server = Genesys::start(200, options).await;
        let mut body = paged(DAY, 1, 100);
        assert!(!ids(&server.post(QUERY, &body).await.1).is_empty());
        body["conversationFilters"] = json!([{"type": "or", "predicates": [{"dimension": "conversationStart", "value": DAY}]}]);
        let (status, page) = server.post(QUERY, &body).await;
        assert_eq!((status, ids(&page).is_empty()), answer, "{start_filter:?}");
        server.stop().await;
    }
}
