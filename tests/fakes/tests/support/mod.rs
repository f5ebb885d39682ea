//! A server with a client that is logged in.

#![allow(dead_code, reason = "each file of tests uses its own part")]

use fakes::control::{Fault, Kind};
use fakes::genesys::{FakeGenesys, Options};
use fakes::openapi::validate_response;
use fakes::server::Running;
use fakes::world::{World, WorldOptions};
use serde_json::{Value, json};
use std::sync::Arc;

pub const QUERY: &str = "/api/v2/analytics/conversations/details/query";
pub const JOBS: &str = "/api/v2/analytics/conversations/details/jobs";
/// The first day of the world.
pub const DAY: &str = "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z";

/// The body of a details query for one page.
pub fn paged(interval: &str, number: u64, size: u64) -> Value {
    json!({"interval": interval, "order": "asc", "orderBy": "conversationStart", "paging": {"pageSize": size, "pageNumber": number}})
}

/// The conversation ids of a page.
pub fn ids(page: &Value) -> Vec<String> {
    let all = page["conversations"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    all.iter()
        .map(|one| one["conversationId"].as_str().unwrap().to_owned())
        .collect()
}

/// The world every test of the servers uses: 5 and 6 January 2026.
pub fn world(conversations: usize) -> Arc<World> {
    let end = "2026-01-07T00:00:00Z".parse().unwrap();
    Arc::new(World::generate(WorldOptions {
        seed: 7,
        end,
        days: 2,
        conversations,
    }))
}

pub struct Genesys {
    pub running: Running,
    pub http: reqwest::Client,
    pub world: Arc<World>,
    token: String,
}

impl Genesys {
    pub async fn start(conversations: usize, options: Options) -> Self {
        let world = world(conversations);
        let running = FakeGenesys::start(Arc::clone(&world), options).unwrap();
        let http = reqwest::Client::new();
        let token = log_in(&http, running.url()).await;
        Self {
            running,
            http,
            world,
            token,
        }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn url(&self) -> &str {
        self.running.url()
    }

    pub fn fault(&self, path: &str, kind: Kind, times: u64) {
        let fault = Fault::new(path, kind, times);
        self.running.control().faults.add(fault);
    }

    /// A fault that happens once, after so many matching requests.
    pub fn fault_after(&self, path: &str, kind: Kind, skip: u64) {
        let fault = Fault::new(path, kind, 1).after(skip);
        self.running.control().faults.add(fault);
    }

    /// Sets the clock of the server.
    pub fn set_now(&self, now: &str) {
        self.running.control().set_now(Some(now.parse().unwrap()));
    }

    /// Logs in again.
    pub async fn log_in(&mut self) {
        self.token = log_in(&self.http, self.running.url()).await;
    }

    /// The answer to a query that must succeed and fit its definition.
    pub async fn ask(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            validate_response("POST", path, 200, Some(&answer)),
            Ok(()),
            "{path}"
        );
        answer
    }

    /// The answer to a GET that must succeed and fit its definition.
    pub async fn fetch(&self, path: &str) -> Value {
        let (status, answer) = self.get(path).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            validate_response("GET", path, 200, Some(&answer)),
            Ok(()),
            "{path}"
        );
        answer
    }

    pub async fn raw_get(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        self.http
            .get(format!("{}{path}", self.url()))
            .bearer_auth(&self.token)
            .send()
            .await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.raw_get(path).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn delete(&self, path: &str) -> u16 {
        let request = self
            .http
            .delete(format!("{}{path}", self.url()))
            .bearer_auth(&self.token);
        request.send().await.unwrap().status().as_u16()
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .post(format!("{}{path}", self.url()))
            .bearer_auth(&self.token);
        let answer = request.json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Creates a job and asks for its state until it is over.
    pub async fn finished_job(&self, body: &Value) -> String {
        self.finished_job_of(self.post(JOBS, body).await).await
    }

    /// Asks for the state of a job just created until it is over.
    pub async fn finished_job_of(&self, (status, created): (u16, Value)) -> String {
        assert_eq!(status, 202, "{created}");
        let id = created["jobId"].as_str().unwrap().to_owned();
        for _ in 0..10 {
            let (_, state) = self.get(&format!("{JOBS}/{id}")).await;
            if state["state"] == "FULFILLED" {
                return id;
            }
        }
        panic!("job {id} did not end");
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }
}

async fn log_in(http: &reqwest::Client, url: &str) -> String {
    let answer = http
        .post(format!("{url}/oauth/token"))
        .basic_auth("twin-client", Some("twin-secret"))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    answer.json::<Value>().await.unwrap()["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}
