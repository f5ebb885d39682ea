//! What the server shows depends on its clock until everything is settled.

use crate::support::{DAY, Genesys, JOBS, QUERY, ids, paged};
use fakes::genesys::Options;
use fakes::world::{Form, Settling, Shown, View};
use serde_json::{Value, json};
use std::collections::HashSet;

const CONVERSATIONS: &str = "/api/v2/analytics/conversations/aggregates/query";
const EVALUATIONS: &str = "/api/v2/analytics/evaluations/aggregates/query";

fn settling() -> Options {
    Options {
        settling: Some(Settling {
            hidden_percent: 10,
            changed_percent: 30,
            settle_hours: 96,
        }),
        lag_seconds: 3600,
        job_polls: 0,
        ..Options::default()
    }
}

async fn query(server: &Genesys) -> Vec<Value> {
    let mut all = Vec::new();
    for number in 1..100 {
        let (_, page) = server.post(QUERY, &paged(DAY, number, 100)).await;
        match page["conversations"].as_array() {
            Some(records) => all.extend(records.clone()),
            None => break,
        }
    }
    all
}

async fn job(server: &Genesys) -> Vec<Value> {
    let body = json!({"interval": DAY, "startOfDayIntervalMatching": true});
    let id = server.finished_job(&body).await;
    let (_, page) = server.get(&format!("{JOBS}/{id}/results")).await;
    page["conversations"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

#[tokio::test]
async fn a_share_is_hidden_and_a_share_changed_until_settlement() {
    let server = Genesys::start(900, settling()).await;
    let (from, to) = DAY.split_once('/').unwrap();
    let day = server
        .world
        .started_in(from.parse().unwrap(), to.parse().unwrap());
    // A day after the day nothing is under way any more, and nothing is settled yet.
    server.set_now("2026-01-07T00:00:00Z");
    let early = query(&server).await;
    let truth = server
        .get(&format!("/_fake/truth?from={from}&to={to}"))
        .await
        .1;
    let shown = &truth["shown"];
    assert_eq!(truth["conversations"], day.len());
    assert_eq!(shown["records"], early.len());
    let (hidden, changed) = (
        shown["hidden"].as_u64().unwrap(),
        shown["changed"].as_u64().unwrap(),
    );
    assert!(hidden > 20 && changed > 60, "{shown}");
    assert_eq!(early.len() + usize::try_from(hidden).unwrap(), day.len());
    // A job shows no more than the query does.
    let by_job = job(&server).await;
    let id = |one: &Value| one["conversationId"].as_str().unwrap().to_owned();
    let (of_query, of_job): (HashSet<_>, HashSet<_>) = (
        early.iter().map(id).collect(),
        by_job.iter().map(id).collect(),
    );
    assert_eq!(of_query, of_job);
    // After settlement all of it is what it stays, byte for byte but for what is still to come.
    server.set_now("2026-01-20T00:00:00Z");
    let settled = job(&server).await;
    let exact: Vec<Value> = day
        .clone()
        .map(|index| serde_json::from_str(&server.world.conversation(index, Form::Job)).unwrap())
        .collect();
    assert_eq!(settled, exact);
    let differ = by_job.iter().filter(|one| !settled.contains(one)).count();
    assert!(
        differ >= usize::try_from(changed).unwrap(),
        "{differ} of {changed} changed"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_changed_record_is_an_earlier_version_of_itself() {
    let server = Genesys::start(900, settling()).await;
    let view = View::at("2026-01-07T00:00:00Z".parse().unwrap(), settling().settling);
    let mut checked = 0;
    for index in 0..server.world.len() {
        if server.world.shown(index, &view) != Shown::Changed {
            continue;
        }
        let (early, late) = (
            server.world.build_at(index, &view).unwrap(),
            server.world.build(index),
        );
        assert_eq!(
            (&early.id, early.start_ms, early.end_ms),
            (&late.id, late.start_ms, late.end_ms)
        );
        assert!(early.evaluations.is_empty() && early.surveys.is_empty());
        assert!(early.agents_total("tAcw") <= late.agents_total("tAcw"));
        let handle = ["tTalk", "tHeld", "tAcw"].map(|name| early.agents_total(name));
        assert_eq!(early.agents_total("tHandle"), handle.iter().sum::<i64>());
        let mut segments = early
            .participants
            .iter()
            .flat_map(|one| &one.sessions)
            .flat_map(|one| &one.segments);
        assert!(
            segments.all(|one| one.wrap_up_code.is_none()
                && one.end_ms.is_none_or(|end| end >= one.start_ms))
        );
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_there_before_it_happened() {
    let server = Genesys::start(900, settling()).await;
    let noon: jiff::Timestamp = "2026-01-05T12:00:00Z".parse().unwrap();
    let clock = server.http.post(format!("{}/_fake/clock", server.url()));
    let set = clock.json(&json!({"now": noon})).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let shown = query(&server).await;
    assert!(!shown.is_empty());
    for record in &shown {
        let end = record["conversationEnd"].as_str();
        assert!(end.is_none_or(|end| end.parse::<jiff::Timestamp>().unwrap() <= noon));
    }
    let available = server.fetch(&format!("{JOBS}/availability")).await;
    assert_eq!(available["dataAvailabilityDate"], "2026-01-05T11:00:00Z");
    let aggregates = json!({"interval": DAY, "granularity": "PT1H", "groupBy": ["queueId"], "metrics": ["nOffered", "tHandle"]});
    let answer = server.ask(CONVERSATIONS, &aggregates).await;
    let text = answer.to_string();
    assert!(
        text.contains("2026-01-05T11:00:00.000Z/") && !text.contains("2026-01-05T13:00:00.000Z/")
    );
    // Past the end of the world the lake goes on, an hour behind.
    server.set_now("2026-03-01T00:00:00Z");
    let available = server.fetch(&format!("{JOBS}/availability")).await;
    assert_eq!(available["dataAvailabilityDate"], "2026-02-28T23:00:00Z");
    server.stop().await;
}

#[tokio::test]
async fn late_evaluations_appear_in_records_and_aggregates_when_they_happen() {
    let server = Genesys::start(900, settling()).await;
    let (from, to) = (
        "2026-01-05T00:00:00Z".parse().unwrap(),
        "2026-01-15T00:00:00Z".parse().unwrap(),
    );
    let events = server.world.quality_events(from, to);
    let late = events
        .iter()
        .find(|one| one.is_late && one.kind == fakes::world::QualityKind::Evaluation)
        .unwrap();
    let record = format!(
        "/api/v2/analytics/conversations/details?id={}",
        late.conversation_id
    );
    let body = json!({"interval": "2026-01-05T00:00:00Z/2026-01-15T00:00:00Z", "alternateTimeDimension": "eventTime",
        "groupBy": ["conversationId", "evaluationId"], "metrics": ["nEvaluations"]});
    for (seconds, is_there) in [(-1, false), (0, true)] {
        let now = late.at + jiff::SignedDuration::from_secs(seconds);
        server.running.control().set_now(Some(now));
        let aggregates = server.ask(EVALUATIONS, &body).await.to_string();
        assert_eq!(aggregates.contains(&late.id), is_there);
        let details = server.get(&record).await.1;
        assert_eq!(
            details["conversations"][0]["conversationId"],
            late.conversation_id
        );
        assert_eq!(details.to_string().contains(&late.id), is_there);
    }
    server.stop().await;
}

#[tokio::test]
async fn details_by_id_know_fifty_at_most_and_leave_out_the_unknown() {
    let server = Genesys::start(200, Options::default()).await;
    let id = |index: usize| format!("id={}", server.world.build(index).id);
    let base = "/api/v2/analytics/conversations/details";
    let unknown = "id=00000000-0000-4000-8000-000000000000";
    let (status, found) = server
        .get(&format!("{base}?{}&{}&{unknown}&{}", id(3), id(1), id(3)))
        .await;
    assert_eq!((status, ids(&found).len()), (200, 2));
    let many: Vec<String> = (0..51).map(id).collect();
    assert_eq!(
        server
            .get(&format!("{base}?{}", many[..50].join("&")))
            .await
            .0,
        200
    );
    assert_eq!(
        server.get(&format!("{base}?{}", many.join("&"))).await.0,
        400
    );
    assert_eq!(server.get(base).await.0, 400);
    let whole = server.world.build(5).id;
    assert_eq!(
        server
            .get(&format!(
                "{}/{whole}/details",
                base.trim_end_matches("/details")
            ))
            .await
            .1["conversationId"],
        whole
    );
    server.stop().await;
}

#[tokio::test]
async fn a_conversation_of_its_own_has_attributes_before_any_job_does() {
    let server = Genesys::start(200, settling()).await;
    let mut attributes = 0;
    for index in 0..60 {
        let made = server.world.build(index);
        let now = made.end_ms.unwrap_or(made.start_ms + 3_600_000) + 1;
        server
            .running
            .control()
            .set_now(Some(jiff::Timestamp::from_millisecond(now).unwrap()));
        let path = format!("/api/v2/conversations/{}", made.id);
        let one = server.fetch(&path).await;
        let parties = one["participants"].as_array().unwrap();
        for (party, true_one) in parties.iter().zip(&made.participants) {
            assert_eq!(party["id"], true_one.id);
            let expected = true_one.attributes.iter().flatten();
            for (name, value) in expected {
                assert_eq!(party["attributes"][name], **value);
                attributes += 1;
            }
        }
    }
    assert!(attributes > 60, "{attributes}");
    let unborn = server.world.build(199).id;
    assert_eq!(
        server
            .get(&format!("/api/v2/conversations/{unborn}"))
            .await
            .0,
        404
    );
    server.stop().await;
}
