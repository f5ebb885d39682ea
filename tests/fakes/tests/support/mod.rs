//! A server with a client that is logged in.

use fakes::control::{Fault, Kind};
use fakes::genesys::{FakeGenesys, Options};
use fakes::server::Running;
use fakes::world::{World, WorldOptions};
use serde_json::Value;
use std::sync::Arc;

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
        let answer = http
            .post(format!("{}/oauth/token", running.url()))
            .basic_auth("twin-client", Some("twin-secret"))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap();
        let token = answer.json::<Value>().await.unwrap()["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            running,
            http,
            world,
            token,
        }
    }

    pub fn url(&self) -> &str {
        self.running.url()
    }

    pub fn fault(&self, path: &str, kind: Kind, times: u64) {
        self.running.control().faults.add(Fault {
            path_contains: path.to_owned(),
            kind,
            times,
        });
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
        let jobs = "/api/v2/analytics/conversations/details/jobs";
        let (status, created) = self.post(jobs, body).await;
        assert_eq!(status, 202, "{created}");
        let id = created["jobId"].as_str().unwrap().to_owned();
        for _ in 0..10 {
            let (_, state) = self.get(&format!("{jobs}/{id}")).await;
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
