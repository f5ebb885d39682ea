//! A server with a client that is logged in.

use fakes::control::{Fault, Kind};
use fakes::salesforce::{FakeSalesforce, Options};
use fakes::server::Running;
use fakes::world::{World, WorldOptions};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

pub struct Salesforce {
    pub running: Running,
    pub http: reqwest::Client,
    pub world: Arc<World>,
    pub bearer: String,
}

/// A page of bulk results.
pub struct Page {
    pub status: u16,
    pub locator: Option<String>,
    pub count: usize,
    pub text: String,
}

pub const JOBS: &str = "/services/data/v66.0/jobs/query";

impl Salesforce {
    pub async fn start(options: Options) -> Self {
        let end = "2026-01-07T00:00:00Z".parse().unwrap();
        let world = Arc::new(World::generate(WorldOptions {
            seed: 7,
            end,
            days: 2,
            conversations: 2000,
        }));
        let running = FakeSalesforce::start(Arc::clone(&world), options).unwrap();
        let mut server = Self {
            running,
            http: reqwest::Client::new(),
            world,
            bearer: String::new(),
        };
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "twin-client"),
            ("client_secret", "twin-secret"),
        ];
        let (status, body) = server.token(&form).await;
        assert_eq!(
            (status, body["instance_url"].as_str()),
            (200, Some(server.running.url()))
        );
        assert!(body.get("expires_in").is_none());
        body["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut server.bearer);
        server
    }

    pub async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/services/oauth2/token", self.running.url());
        let answer = self.http.post(url).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn raw(&self, path: &str, query: &[(&str, &str)]) -> reqwest::Response {
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{}", self.running.url(), query.join("&"));
        self.http
            .get(url)
            .bearer_auth(&self.bearer)
            .send()
            .await
            .unwrap()
    }

    pub async fn query(&self, resource: &str, text: &str) -> (u16, Value) {
        let answer = self
            .raw(&format!("/services/data/v66.0/{resource}"), &[("q", text)])
            .await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn records(&self, text: &str) -> Vec<Value> {
        let (status, page) = self.query("queryAll", text).await;
        assert_eq!(status, 200, "{text}: {page}");
        page["records"].as_array().unwrap().clone()
    }

    pub async fn count(&self, resource: &str, text: &str) -> u64 {
        let (status, page) = self.query(resource, text).await;
        assert_eq!(status, 200, "{text}: {page}");
        assert_eq!(page["records"], json!([]));
        page["totalSize"].as_u64().unwrap()
    }

    /// Sends a body; the answer's is null when it is empty.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.running.url());
        let answer = self
            .http
            .request(method.parse().unwrap(), url)
            .bearer_auth(&self.bearer)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.raw(path, &[]).await;
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null),
        )
    }

    /// Creates a `queryAll` job and polls until it is over: its id and last state.
    pub async fn job(&self, text: &str) -> (String, Value) {
        let body = json!({"operation": "queryAll", "query": text});
        let (status, created) = self.send("POST", JOBS, &body).await;
        assert_eq!(status, 200, "{created}");
        let id = created["id"].as_str().unwrap().to_owned();
        for _ in 0..10 {
            let (_, info) = self.get(&format!("{JOBS}/{id}")).await;
            if ["JobComplete", "Failed", "Aborted"].contains(&info["state"].as_str().unwrap()) {
                return (id, info);
            }
        }
        panic!("job {id} does not end");
    }

    pub async fn page(&self, id: &str, parameters: &[(&str, &str)]) -> Page {
        let answer = self.raw(&format!("{JOBS}/{id}/results"), parameters).await;
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Page {
            status: answer.status().as_u16(),
            locator: header("sforce-locator"),
            count: header("sforce-numberofrecords").map_or(0, |count| count.parse().unwrap()),
            text: answer.text().await.unwrap(),
        }
    }

    pub fn fault(&self, path: &str, kind: Kind) {
        self.running.control().faults.add(Fault::new(path, kind, 1));
    }
}

/// Rows of CSV, each as a map from its heading.
pub fn parsed(text: &str) -> Vec<HashMap<String, String>> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(one) = chars.next() {
        match one {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                fields.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            '\n' if !quoted => lines.push(std::mem::replace(&mut fields, vec![String::new()])),
            one => fields.last_mut().unwrap().push(one),
        }
    }
    assert!(!quoted, "the text ends within a value");
    let mut lines = lines.into_iter();
    let head = lines.next().unwrap();
    lines
        .map(|line| {
            assert_eq!(line.len(), head.len());
            head.iter().cloned().zip(line).collect()
        })
        .collect()
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
