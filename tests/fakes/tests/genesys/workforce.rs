//! Divisions, campaigns, and workforce management with its bulk adherence job.

use crate::support::Genesys;
use fakes::control::Kind;
use fakes::genesys::Options;
use fakes::openapi::{validate_definition, validate_response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

const BULK: &str = "/api/v2/workforcemanagement/adherence/historical/bulk";
const UNITS: &str = "/api/v2/workforcemanagement/managementunits";

#[tokio::test]
async fn campaigns_come_a_hundred_at_a_time_whatever_is_asked_for() {
    let server = Genesys::start(400, Options::default()).await;
    let first = server
        .fetch("/api/v2/outbound/campaigns?pageSize=500")
        .await;
    assert_eq!(
        (
            first["entities"].as_array().unwrap().len(),
            first["pageSize"].as_u64()
        ),
        (100, Some(100))
    );
    let next = first["nextUri"].as_str().unwrap();
    let second = server.fetch(next).await;
    let all: Vec<&Value> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["entities"].as_array().unwrap())
        .collect();
    assert_eq!(first["total"], all.len());
    let ids: HashSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    // Every campaign a conversation names is listed.
    let mut used = HashSet::new();
    for index in 0..server.world.len() {
        for session in server
            .world
            .build(index)
            .participants
            .iter()
            .flat_map(|one| &one.sessions)
        {
            used.extend(session.dialer.iter().map(|all| all[0].clone()));
        }
    }
    assert_eq!(used.len(), 2);
    assert!(used.iter().all(|id| ids.contains(id.as_str())));
    let named = server
        .fetch("/api/v2/outbound/campaigns?name=winback")
        .await;
    assert_eq!(named["total"], 1);
    let divisions = server
        .fetch("/api/v2/authorization/divisions?pageSize=1")
        .await;
    assert_eq!(
        (divisions["total"].as_u64(), divisions["pageCount"].as_u64()),
        (Some(2), Some(2))
    );
    server.stop().await;
}

/// Posts a bulk job and waits for its addresses.
async fn finished(server: &Genesys, body: &Value) -> Vec<String> {
    let (status, created) = server.post(BULK, body).await;
    assert_eq!(
        (status, validate_response("POST", BULK, 202, Some(&created))),
        (202, Ok(())),
        "{created}"
    );
    let job = created["job"]["id"].as_str().unwrap();
    let mut seen = Vec::new();
    for _ in 0..5 {
        let state = server.fetch(&format!("{BULK}/jobs/{job}")).await;
        seen.push(state["job"]["status"].as_str().unwrap().to_owned());
        if let Some(urls) = state["downloadUrls"].as_array() {
            assert_eq!(seen, ["Processing", "Processing", "Complete"]);
            return urls
                .iter()
                .map(|url| url.as_str().unwrap().to_owned())
                .collect();
        }
    }
    panic!("the job is not over: {seen:?}");
}

async fn download(server: &Genesys, url: &str) -> Value {
    let answer = server.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn adherence_comes_in_files_that_want_no_token() {
    let server = Genesys::start(50, Options::default()).await;
    server
        .fetch("/api/v2/workforcemanagement/businessunits")
        .await;
    let units = server.fetch(UNITS).await;
    let units: Vec<&str> = units["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(units.len(), 2);
    let item = |unit: &str| json!({"managementUnitId": unit, "startDate": "2026-01-05T00:00:00Z", "endDate": "2026-01-07T00:00:00Z", "includeExceptions": true, "includeActuals": true});
    let body = json!({"items": [item(units[0]), item(units[1])], "timeZone": "UTC"});
    let urls = finished(&server, &body).await;
    assert_eq!(urls.len(), 3, "one unit comes in two files");
    let mut users: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for url in &urls {
        assert!(url.starts_with(server.url()));
        let file = download(&server, url).await;
        assert_eq!(
            validate_definition("WfmHistoricalAdherenceBulkResult", &file),
            Ok(())
        );
        let unit = file["managementUnitId"].as_str().unwrap();
        for one in file["userResults"].as_array().unwrap() {
            let fresh = users
                .entry(unit.to_owned())
                .or_default()
                .insert(one["userId"].as_str().unwrap().to_owned());
            assert!(fresh, "a user is in two files");
            let days = one["dayMetrics"].as_array().unwrap();
            assert_eq!(days.len(), 2);
            let told: i64 = one["exceptionInfo"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| {
                    one["endOffsetSeconds"].as_i64().unwrap()
                        - one["startOffsetSeconds"].as_i64().unwrap()
                })
                .sum();
            let sum = |name: &str| {
                days.iter()
                    .map(|day| day[name].as_i64().unwrap())
                    .sum::<i64>()
            };
            assert_eq!(told, sum("exceptionDurationSeconds"));
            assert_eq!(
                one.get("adherencePercentage").is_some(),
                sum("adherenceScheduleSeconds") > 0
            );
        }
    }
    for unit in units {
        let members = server.fetch(&format!("{UNITS}/{unit}/users")).await;
        let members: HashSet<String> = members["entities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(users[unit], members);
    }
    let with_token = server
        .http
        .get(&urls[0])
        .bearer_auth(server.token())
        .send()
        .await
        .unwrap();
    assert_eq!(with_token.status(), 400);
    assert!(
        with_token
            .text()
            .await
            .unwrap()
            .contains("Only one auth mechanism allowed")
    );
    let forged = format!("{}0", &urls[0][..urls[0].len() - 1]);
    let unsigned = urls[0].split_once('?').unwrap().0;
    for url in [forged.as_str(), unsigned] {
        let refused = server.http.get(url).send().await.unwrap().status();
        // One signature in sixteen ends in 0.
        assert!(refused == 403 || url == urls[0], "{url}");
    }
    server.stop().await;
}

#[tokio::test]
async fn days_of_a_unit_are_cut_in_the_zone_that_was_asked_for() {
    let server = Genesys::start(50, Options::default()).await;
    let units = server.fetch(UNITS).await;
    let body = json!({"timeZone": "Europe/Berlin", "items": [{"managementUnitId": units["entities"][0]["id"],
        "startDate": "2026-03-27T23:00:00Z", "endDate": "2026-03-30T22:00:00Z"}]});
    let file = download(&server, &finished(&server, &body).await[0]).await;
    let one = &file["userResults"][0];
    assert!(one.get("exceptionInfo").is_none() && one.get("actuals").is_none());
    let starts: Vec<i64> = one["dayMetrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["dayStartOffsetSeconds"].as_i64().unwrap())
        .collect();
    // The second day is the one on which the clocks go forward.
    assert_eq!(starts, [0, 86_400, 86_400 + 82_800]);
    server.stop().await;
}

#[tokio::test]
async fn adherence_jobs_refuse_long_ranges_and_unknown_units_and_can_fail() {
    let server = Genesys::start(50, Options::default()).await;
    let units = server.fetch(UNITS).await;
    let unit = units["entities"][0]["id"].clone();
    let body = |unit: &Value, end: &str, exceptions: bool| json!({"timeZone": "UTC", "items": [{"managementUnitId": unit, "startDate": "2026-01-01T00:00:00Z", "endDate": end, "includeExceptions": exceptions}]});
    for (body, status) in [
        (body(&unit, "2026-02-01T00:00:00Z", false), 202),
        (body(&unit, "2026-02-02T00:00:00Z", false), 400),
        (body(&unit, "2026-01-09T00:00:00Z", true), 400),
        (body(&unit, "2025-12-01T00:00:00Z", false), 400),
        (body(&json!("nowhere"), "2026-01-02T00:00:00Z", false), 404),
        (json!({"timeZone": "UTC", "items": []}), 400),
        (json!({"items": []}), 400),
    ] {
        assert_eq!(server.post(BULK, &body).await.0, status, "{body}");
    }
    server.fault("historical/bulk", Kind::FailJob, 1);
    let (_, created) = server
        .post(BULK, &body(&unit, "2026-01-02T00:00:00Z", false))
        .await;
    let job = format!("{BULK}/jobs/{}", created["job"]["id"].as_str().unwrap());
    let mut last = Value::Null;
    for _ in 0..3 {
        last = server.fetch(&job).await;
    }
    assert_eq!(last["job"]["status"], "Error");
    assert!(last.get("downloadUrls").is_none());
    server.stop().await;
}
