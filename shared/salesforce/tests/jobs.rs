//! The life of a bulk query job, call by call.

use model::settings::Settings;
use salesforce::{Api, Job, JobState, Select};
use serde_json::json;
use source_http::{Client, Share, connections};
use std::time::Duration;
use step::Deadline;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn a_job_is_created_polled_aborted_and_removed() {
    let server = MockServer::start().await;
    let jobs = "/services/data/v66.0/jobs/query";
    Mock::given(method("POST"))
        .and(path(jobs))
        .and(body_json(json!({
            "operation": "queryAll", "query": "SELECT Id FROM User", "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF",
        })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "750x1", "state": "UploadComplete"})))
        .expect(1)
        .mount(&server)
        .await;
    let states = ["InProgress", "Sleeping", "JobComplete"];
    for state in states {
        let info =
            json!({"id": "750x1", "state": state, "numberRecordsProcessed": 12, "retries": 0});
        Mock::given(method("GET"))
            .and(path(format!("{jobs}/750x1")))
            .respond_with(ResponseTemplate::new(200).set_body_json(info))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    Mock::given(method("PATCH"))
        .and(path(format!("{jobs}/750x1")))
        .and(body_json(json!({"state": "Aborted"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path(format!("{jobs}/750x1")))
        .respond_with(ResponseTemplate::new(204))
        .expect(2)
        .mount(&server)
        .await;

    let share = Share {
        requests_per_minute: 60_000,
        max_in_flight: 4,
    };
    let deadline = Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_secs(30),
    );
    let token = Some("hunter2".to_owned().into());
    let client = Client::new(
        connections().unwrap(),
        &server.uri(),
        share,
        deadline,
        token,
    );
    let settings = Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap();
    let api = Api::over(client, &settings.salesforce);
    let select = Select::new("User", ["Id"])
        .unwrap()
        .order_by(["Id"])
        .unwrap()
        .unordered();
    let created = api.create_job(&select).await.unwrap();
    assert_eq!(
        (created.id.as_str(), created.version.as_str()),
        ("750x1", "66.0")
    );
    let mut seen = Vec::new();
    for _ in states {
        seen.push(api.job(&created).await.unwrap().state);
    }
    assert_eq!(
        seen,
        [
            JobState::InProgress,
            JobState::Other("Sleeping".to_owned()),
            JobState::JobComplete
        ]
    );
    api.drop_job(&created, true).await;
    api.drop_job(&created, false).await;
    let elsewhere = Job {
        id: "../../sobjects".to_owned(),
        ..created
    };
    assert!(api.job(&elsewhere).await.is_err());
}
