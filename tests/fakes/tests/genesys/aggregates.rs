//! Aggregates: what they say is what the records say, bucket by bucket.

use crate::support::{DAY, Genesys};
use fakes::genesys::Options;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const CONVERSATIONS: &str = "/api/v2/analytics/conversations/aggregates/query";
const USERS: &str = "/api/v2/analytics/users/aggregates/query";
const EVALUATIONS: &str = "/api/v2/analytics/evaluations/aggregates/query";
const SURVEYS: &str = "/api/v2/analytics/surveys/aggregates/query";
const FROM: i64 = 1_767_571_200_000;
const DAY_MS: i64 = 86_400_000;

/// Every number of an answer, with its group, bucket, metric and qualifier.
fn numbers(answer: &Value) -> Vec<(&Value, &str, &Value)> {
    let results = answer["results"].as_array().unwrap();
    let buckets = results.iter().flat_map(|result| {
        let data = result["data"].as_array().unwrap();
        data.iter().map(move |bucket| (&result["group"], bucket))
    });
    buckets
        .flat_map(|(group, bucket)| {
            let metrics = bucket["metrics"].as_array().unwrap();
            let interval = bucket["interval"].as_str().unwrap();
            metrics.iter().map(move |one| (group, interval, one))
        })
        .collect()
}

#[tokio::test]
async fn queue_aggregates_count_what_the_records_emitted() {
    let server = Genesys::start(600, Options::default()).await;
    let metrics = [
        "nOffered",
        "nConnected",
        "nTransferred",
        "tAnswered",
        "tAbandon",
        "tHandle",
        "tTalk",
        "tHeld",
        "tAcw",
        "tFlowOut",
        "nOverSla",
    ];
    let mut all = metrics.to_vec();
    all.extend(["tWait", "oServiceLevel"]);
    let body = json!({"interval": DAY, "granularity": "PT30M", "timeZone": "UTC", "groupBy": ["queueId", "mediaType"], "metrics": all});
    let answer = server.ask(CONVERSATIONS, &body).await;
    let mut expected: BTreeMap<(String, String, i64, String), (i64, i64)> = BTreeMap::new();
    for index in 0..server.world.len() {
        for session in server
            .world
            .build(index)
            .participants
            .iter()
            .flat_map(|one| &one.sessions)
        {
            let mut segments = session.segments.iter();
            let queue = segments.find_map(|one| one.queue_id.clone());
            for metric in &session.metrics {
                if metrics.contains(&metric.name) && (FROM..FROM + DAY_MS).contains(&metric.at) {
                    let bucket = (metric.at - FROM) / 1_800_000;
                    let key = (
                        queue.clone().unwrap(),
                        session.media.to_owned(),
                        bucket,
                        metric.name.to_owned(),
                    );
                    let sums = expected.entry(key).or_default();
                    *sums = (sums.0 + 1, sums.1 + metric.value);
                }
            }
        }
    }
    let mut seen = 0;
    let (mut waits, mut ended, mut levels) = (0, 0, 0);
    for (group, interval, one) in numbers(&answer) {
        let begin: jiff::Timestamp = interval.split_once('/').unwrap().0.parse().unwrap();
        let bucket = (begin.as_millisecond() - FROM) / 1_800_000;
        let (metric, stats) = (one["metric"].as_str().unwrap(), &one["stats"]);
        let count = stats["count"].as_i64();
        match metric {
            "tWait" => waits += count.unwrap(),
            "oServiceLevel" => {
                let (part, whole) = (
                    stats["numerator"].as_i64().unwrap(),
                    stats["denominator"].as_i64().unwrap(),
                );
                assert!(part <= whole && whole > 0);
                levels += whole;
            }
            _ => {
                let key = (
                    group["queueId"].as_str().unwrap().to_owned(),
                    group["mediaType"].as_str().unwrap().to_owned(),
                    bucket,
                    metric.to_owned(),
                );
                let (expected, sum) = expected[&key];
                assert_eq!(count, Some(expected), "{key:?}");
                assert_eq!(
                    stats["sum"].as_i64(),
                    metric.starts_with('t').then_some(sum),
                    "{key:?}"
                );
                if matches!(metric, "tAnswered" | "tAbandon" | "tFlowOut") {
                    ended += expected;
                }
                seen += 1;
            }
        }
    }
    assert_eq!(seen, expected.len());
    assert!(seen > 500, "{seen}");
    assert_eq!(waits, ended);
    assert!(levels > 0 && levels <= ended);
    server.stop().await;
}

#[tokio::test]
async fn groups_carry_the_medium_and_filters_hold() {
    let server = Genesys::start(400, Options::default()).await;
    let mut body = json!({"interval": DAY, "groupBy": ["queueId"], "metrics": ["nOffered"]});
    let whole = server.ask(CONVERSATIONS, &body).await;
    let total = |answer: &Value| -> i64 {
        let all = numbers(answer);
        all.iter()
            .map(|one| one.2["stats"]["count"].as_i64().unwrap())
            .sum()
    };
    let mut by_media: HashMap<String, i64> = HashMap::new();
    for (group, interval, one) in numbers(&whole) {
        assert_eq!(
            interval,
            "2026-01-05T00:00:00.000Z/2026-01-06T00:00:00.000Z"
        );
        *by_media
            .entry(group["mediaType"].as_str().unwrap().to_owned())
            .or_default() += one["stats"]["count"].as_i64().unwrap();
    }
    assert!(by_media.len() > 3);
    let voice = json!({"type": "dimension", "dimension": "mediaType", "value": "voice"});
    body["filter"] = json!({"type": "and", "predicates": [voice]});
    let only = server.ask(CONVERSATIONS, &body).await;
    assert_eq!(total(&only), by_media["voice"]);
    body["filter"] = json!({"type": "or", "clauses": [{"type": "and", "predicates": [voice]}], "predicates": [{"dimension": "mediaType", "value": "email"}]});
    let both = server.ask(CONVERSATIONS, &body).await;
    assert_eq!(total(&both), by_media["voice"] + by_media["email"]);
    server.stop().await;
}

#[tokio::test]
async fn aggregates_refuse_what_they_cannot_answer() {
    let server = Genesys::start(
        200,
        Options {
            aggregate_points: 500,
            ..Options::default()
        },
    )
    .await;
    let body = |more: Value| {
        let mut body = json!({"interval": DAY, "groupBy": ["queueId"], "metrics": ["nOffered"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (more, part) in [
        (json!({"metrics": []}), "at least one metric"),
        (json!({"metrics": ["nMagic"]}), "nMagic"),
        (json!({"metrics": ["nConversations"]}), "nConversations"),
        (json!({"groupBy": ["roomId"]}), "roomId"),
        (json!({"granularity": "PT1S"}), "at least a minute"),
        (json!({"granularity": "PT1M"}), "more than 500"),
        (json!({"timeZone": "Mars/Olympus"}), "Mars/Olympus"),
        (
            json!({"interval": "2026-01-01T00:00:00Z/2026-02-05T00:00:00Z"}),
            "does not exceed 31 days",
        ),
        (json!({"queryType": "topN"}), "queryType"),
        (
            json!({"filter": {"type": "and", "predicates": [{"dimension": "roomId", "value": "1"}]}}),
            "roomId",
        ),
    ] {
        let (status, answer) = server.post(CONVERSATIONS, &body(more.clone())).await;
        assert_eq!(status, 400, "{more}");
        assert!(
            answer["message"].as_str().unwrap().contains(part),
            "{part}: {answer}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn every_agent_is_in_one_status_at_a_time() {
    let server = Genesys::start(600, Options::default()).await;
    let body = json!({"interval": DAY, "granularity": "PT60M", "timeZone": "UTC", "groupBy": ["userId"], "metrics": ["tAgentRoutingStatus"]});
    let answer = server.ask(USERS, &body).await;
    let mut totals: HashMap<(String, String), i64> = HashMap::new();
    let mut by_status: HashMap<String, i64> = HashMap::new();
    for (group, interval, one) in numbers(&answer) {
        let sum = one["stats"]["sum"].as_i64().unwrap();
        let status = one["qualifier"].as_str().unwrap().to_owned();
        assert!(sum > 0 && one["stats"].get("count").is_none());
        *by_status.entry(status).or_default() += sum;
        let user = group["userId"].as_str().unwrap().to_owned();
        *totals.entry((user, interval.to_owned())).or_default() += sum;
    }
    let left: Vec<String> = (0..60)
        .filter(|user| user % 15 == 11)
        .map(|user| {
            server.world.users()[user]["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    for ((user, interval), total) in &totals {
        if left.contains(user) {
            assert!(*total <= 3_600_000);
        } else {
            assert_eq!(*total, 3_600_000, "{user} {interval}");
        }
    }
    for status in [
        "INTERACTING",
        "COMMUNICATING",
        "NOT_RESPONDING",
        "IDLE",
        "OFF_QUEUE",
    ] {
        assert!(by_status[status] > 0, "{status}");
    }
    // One agent's time is the same however it is cut.
    let user = server.world.users()[0]["id"].as_str().unwrap().to_owned();
    let of_user = json!({"type": "and", "predicates": [{"dimension": "userId", "value": user}]});
    let mut sums = Vec::new();
    for granularity in ["PT15M", "P1D"] {
        let mut body = body.clone();
        body["granularity"] = json!(granularity);
        body["filter"] = of_user.clone();
        let answer = server.ask(USERS, &body).await;
        let all = numbers(&answer);
        let busy = all.iter().filter(|one| one.2["qualifier"] == "INTERACTING");
        sums.push(
            busy.map(|one| one.2["stats"]["sum"].as_i64().unwrap())
                .sum::<i64>(),
        );
    }
    assert!(sums[0] > 0);
    assert_eq!(sums[0], sums[1]);
    server.stop().await;
}

#[tokio::test]
async fn evaluations_and_surveys_are_found_by_when_they_happened() {
    let server = Genesys::start(2000, Options::default()).await;
    // Days after the world's last conversation: what happens there is late.
    let interval = "2026-01-08T00:00:00Z/2026-01-12T00:00:00Z";
    let (from, to) = interval.split_once('/').unwrap();
    let events = server
        .world
        .quality_events(from.parse().unwrap(), to.parse().unwrap());
    assert!(events.iter().all(|one| one.is_late) && events.len() > 20);
    for (path, kind, metrics, id) in [
        (
            EVALUATIONS,
            fakes::world::QualityKind::Evaluation,
            json!(["nEvaluations", "oTotalScore"]),
            "evaluationId",
        ),
        (
            SURVEYS,
            fakes::world::QualityKind::Survey,
            json!(["nSurveysSent", "oSurveyTotalScore"]),
            "surveyId",
        ),
    ] {
        let body = json!({"interval": interval, "groupBy": ["conversationId", id], "metrics": metrics, "alternateTimeDimension": "eventTime"});
        let answer = server.ask(path, &body).await;
        let mut found: Vec<(String, String)> = answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let text = |name: &str| one["group"][name].as_str().unwrap().to_owned();
                (text("conversationId"), text(id))
            })
            .collect();
        let of_kind = events.iter().filter(|one| one.kind == kind);
        let mut expected: Vec<_> = of_kind
            .clone()
            .map(|one| (one.conversation_id.clone(), one.id.clone()))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        let scores: i64 = numbers(&answer)
            .iter()
            .filter(|one| one.2["metric"].as_str().unwrap().starts_with('o'))
            .map(|one| one.2["stats"]["sum"].as_i64().unwrap())
            .sum();
        assert_eq!(scores, of_kind.filter_map(|one| one.score).sum::<i64>());
        // The ids lead to the records that carry them.
        let asked: Vec<String> = found
            .iter()
            .take(20)
            .map(|one| format!("id={}", one.0))
            .collect();
        let path = format!(
            "/api/v2/analytics/conversations/details?{}",
            asked.join("&")
        );
        let (status, details) = server.get(&path).await;
        assert_eq!(status, 200);
        for (conversation, event) in found.iter().take(20) {
            let all = details["conversations"].as_array().unwrap();
            let record = all
                .iter()
                .find(|one| one["conversationId"] == **conversation)
                .unwrap();
            assert!(record.to_string().contains(event));
            assert!(!record.to_string().contains("\"attributes\""));
        }
    }
    server.stop().await;
}
