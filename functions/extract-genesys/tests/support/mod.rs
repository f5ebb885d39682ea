//! A bucket, a secret and a Platform API on this machine.

#![allow(dead_code)] // no test file uses everything

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use extract_genesys::{Config, Extractor, Request};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use landing::Store;
use model::payload::{WindowReceipt, WindowTask};
use model::settings::Settings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use step::Deadline;
use step::secrets::Secrets;
use wiremock::matchers::{any, header_exists};
use wiremock::{Mock, MockServer, Request as Received, Respond, ResponseTemplate};

/// Objects by key, with conditional writes: as much of S3 as a window needs.
#[derive(Clone, Default)]
pub struct Bucket(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Bucket {
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let objects = self.0.lock().unwrap();
        let keys = objects.keys().filter(|key| key.starts_with(prefix));
        keys.cloned().collect()
    }

    pub fn unzipped(&self, key: &str) -> String {
        let mut text = String::new();
        let objects = self.0.lock().unwrap();
        GzDecoder::new(objects[key].as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    pub fn receipt(&self, task: &WindowTask) -> WindowReceipt {
        let key = landing::keys::receipt(task);
        serde_json::from_slice(&self.0.lock().unwrap()[&key]).unwrap()
    }

    /// The lines of a table's files, headers left out.
    pub fn rows(&self, task: &WindowTask, table: &str) -> Vec<String> {
        let files = self.receipt(task).files.into_iter();
        files
            .filter(|file| file.table.as_deref() == Some(table))
            .flat_map(|file| {
                let text = self.unzipped(&file.key);
                let skip = usize::from(file.key.ends_with(".csv.gz"));
                let lines: Vec<_> = text.lines().skip(skip).map(ToOwned::to_owned).collect();
                assert_eq!(lines.len() as u64, file.rows);
                lines
            })
            .collect()
    }
}

fn refused(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(format!("<Error><Code>{code}</Code></Error>"))
}

impl Respond for Bucket {
    fn respond(&self, request: &Received) -> ResponseTemplate {
        let key = request.url.path().trim_start_matches("/tributary/");
        let key = key.replace("%3D", "=");
        let mut objects = self.0.lock().unwrap();
        let tag = |bytes: &Vec<u8>| format!("\"{}-{:x}\"", bytes.len(), fingerprint(bytes));
        let present = objects.get(&key).map(tag);
        if request.method.as_str() == "GET" {
            return match objects.get(&key) {
                Some(bytes) => ResponseTemplate::new(200)
                    .insert_header("etag", tag(bytes))
                    .set_body_bytes(bytes.clone()),
                None => refused(404, "NoSuchKey"),
            };
        }
        let wanted = |name: &str| {
            request
                .headers
                .get(name)
                .map(|it| it.to_str().unwrap().to_owned())
        };
        let must_be_new = wanted("if-none-match").is_some() && present.is_some();
        if must_be_new || wanted("if-match").is_some_and(|tag| Some(tag) != present) {
            return refused(412, "PreconditionFailed");
        }
        let answer = ResponseTemplate::new(200).insert_header("etag", tag(&request.body));
        objects.insert(key, request.body.clone());
        answer
    }
}

fn fingerprint(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// A Platform API with conversations, and the ways in which it may fail.
#[derive(Default)]
pub struct Platform {
    /// Start and payload.
    pub conversations: Vec<(Timestamp, String)>,
    pub available_until: Option<&'static str>,
    /// States of the jobs, in order of submission; every further job is fulfilled.
    pub job_states: Vec<&'static str>,
    /// The query's cap.
    pub cap: usize,
    /// The query answers with whole UTC days.
    pub answers_by_day: bool,
    /// This results call asks for a pause of hours.
    pub fails_once_at: Option<u64>,
    /// The first job forgets its cursors.
    pub forgets_cursors: bool,
    pub refuses_token: bool,
    /// Counts the calls by operation.
    pub calls: Mutex<BTreeMap<String, u64>>,
}

#[derive(Clone)]
pub struct Served(pub Arc<Platform>);

impl Platform {
    fn count(&self, operation: &str) -> u64 {
        let mut calls = self.calls.lock().unwrap();
        let count = calls.entry(operation.to_owned()).or_default();
        *count += 1;
        *count
    }

    pub fn called(&self, operation: &str) -> u64 {
        self.calls
            .lock()
            .unwrap()
            .get(operation)
            .copied()
            .unwrap_or(0)
    }

    fn answer(&self, request: &Received) -> (u16, String) {
        let path = request.url.path();
        let ok = |body: Value| (200, body.to_string());
        let parameter = |name: &str| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if self.refuses_token {
            return (401, json!({"message": "No authentication bearer token", "code": "authentication.required"}).to_string());
        }
        let jobs = "/api/v2/analytics/conversations/details/jobs";
        match (request.method.as_str(), path) {
            ("GET", _) if path.ends_with("/availability") => {
                ok(json!({"dataAvailabilityDate": self.available_until}))
            }
            ("POST", _) if path == jobs => {
                let no = self.count("submit");
                (202, json!({"jobId": format!("job-{no}")}).to_string())
            }
            ("DELETE", _) => {
                self.count("delete");
                (204, String::new())
            }
            ("GET", _) if path.ends_with("/results") => {
                if Some(self.count("results")) == self.fails_once_at {
                    return (
                        429,
                        json!({"message": "Rate limit exceeded the maximum."}).to_string(),
                    );
                }
                let cursor = parameter("cursor");
                if self.forgets_cursors && path.contains("job-1") && cursor.is_some() {
                    return (
                        404,
                        json!({"message": "job not found", "code": "not.found"}).to_string(),
                    );
                }
                let from: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                let size: usize = parameter("pageSize").unwrap().parse().unwrap();
                let to = (from + size).min(self.conversations.len());
                let cursor =
                    (to < self.conversations.len()).then(|| format!(",\"cursor\":\"{to}\""));
                let page = self.conversations[from..to].iter();
                let page: Vec<_> = page.map(|(_, payload)| payload.as_str()).collect();
                (
                    200,
                    format!(
                        "{{\"conversations\":[{}]{}}}",
                        page.join(","),
                        cursor.unwrap_or_default()
                    ),
                )
            }
            ("GET", _) if path.starts_with(jobs) => {
                let no: usize = path.rsplit('-').next().unwrap().parse().unwrap();
                ok(json!({"state": self.job_states.get(no - 1).unwrap_or(&"FULFILLED")}))
            }
            ("POST", "/api/v2/analytics/conversations/details/query") => {
                self.count("query");
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let (start, end) = body["interval"].as_str().unwrap().split_once('/').unwrap();
                let (start, end): (Timestamp, Timestamp) =
                    (start.parse().unwrap(), end.parse().unwrap());
                let number =
                    |key: &str| usize::try_from(body["paging"][key].as_u64().unwrap()).unwrap();
                let (size, page) = (number("pageSize"), number("pageNumber"));
                assert!(size <= 100);
                if size * page > self.cap {
                    return (400, json!({"message": format!("Pagination may not exceed {} results.", self.cap), "code": "bad.request"}).to_string());
                }
                let hits = self.conversations.iter().filter(|(at, _)| {
                    let day = at.strftime("%F").to_string();
                    let days = [start, end].map(|it| it.strftime("%F").to_string());
                    (start <= *at && *at < end) || (self.answers_by_day && days.contains(&day))
                });
                let hits: Vec<_> = hits.map(|(_, payload)| payload.as_str()).collect();
                let rows: Vec<_> = hits
                    .iter()
                    .skip(size * (page - 1))
                    .take(size)
                    .copied()
                    .collect();
                if rows.is_empty() {
                    return ok(json!({"totalHits": hits.len()}));
                }
                (
                    200,
                    format!(
                        "{{\"conversations\":[{}],\"totalHits\":{}}}",
                        rows.join(","),
                        hits.len()
                    ),
                )
            }
            ("POST", "/api/v2/externalcontacts/bulk/contacts") => {
                self.count("contacts");
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let results = body["entities"].as_array().unwrap().iter().map(|entity| {
                    json!({"id": entity["id"], "success": true, "entity": {
                        "id": entity["id"], "type": "Curated",
                        "externalIds": [{"externalSource": {"id": "s", "name": "Salesforce"}, "value": "003000000000001"}],
                    }})
                });
                ok(json!({"results": results.collect::<Vec<_>>()}))
            }
            ("GET", "/api/v2/routing/queues") => {
                let page: u32 = parameter("pageNumber").unwrap().parse().unwrap();
                let queue = json!({"id": format!("q-{page}"), "name": "Sales \"EU\"", "new": true});
                ok(json!({"entities": [queue], "pageNumber": page, "pageCount": 3, "total": 3}))
            }
            _ => (
                404,
                json!({"message": format!("no such path {path}"), "code": "not.found"}).to_string(),
            ),
        }
    }
}

impl Respond for Served {
    fn respond(&self, request: &Received) -> ResponseTemplate {
        self.0.count("any");
        let (status, body) = self.0.answer(request);
        ResponseTemplate::new(status)
            .insert_header("Retry-After", "7200")
            .set_body_raw(body, "application/json")
    }
}

/// Everything an extractor talks to.
pub struct World {
    pub bucket: Bucket,
    pub platform: Arc<Platform>,
    pub settings: String,
    api_url: String,
    /// They live as long as the world does.
    servers: Vec<MockServer>,
}

impl World {
    pub async fn with(platform: Platform) -> Self {
        let server = MockServer::start().await;
        let platform = Arc::new(platform);
        Mock::given(header_exists("authorization"))
            .respond_with(Served(platform.clone()))
            .mount(&server)
            .await;
        let mut world = Self::reading(server.uri(), "token").await;
        world.platform = platform;
        world.servers.push(server);
        world
    }

    /// A world that reads another Platform API.
    pub async fn reading(api_url: String, token: &str) -> Self {
        let bucket = Bucket::default();
        let servers = vec![MockServer::start().await, MockServer::start().await];
        let token = json!({"access_token": token, "expires_at": "2026-01-07T00:00:00Z"});
        let secret = ResponseTemplate::new(200)
            .set_body_json(json!({"Name": "token", "SecretString": token.to_string()}));
        Mock::given(any())
            .respond_with(bucket.clone())
            .mount(&servers[0])
            .await;
        Mock::given(any())
            .respond_with(secret)
            .mount(&servers[1])
            .await;
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../infra/settings/tributary.toml"
        );
        let settings = std::fs::read_to_string(path).unwrap();
        Self {
            bucket,
            platform: Arc::default(),
            settings,
            api_url,
            servers,
        }
    }

    pub fn extractor(&self) -> Extractor {
        let config = Config {
            bucket: "tributary".to_owned(),
            settings_dir: "unused".into(),
            genesys_region: "mypurecloud.de".to_owned(),
            genesys_token_secret: "token".to_owned(),
            genesys_api_url: Some(self.api_url.clone()),
        };
        let aws = |server: &MockServer| {
            let credentials = Credentials::new("test", "test", None, None, "test");
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-central-1"))
                .endpoint_url(server.uri())
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build()
        };
        let s3 = aws_sdk_s3::config::Builder::from(&aws(&self.servers[0])).force_path_style(true);
        let store = Store::new(aws_sdk_s3::Client::from_conf(s3.build()), "tributary");
        let settings = Settings::parse(&self.settings).unwrap();
        Extractor::new(
            &config,
            settings,
            store,
            Secrets::new(&aws(&self.servers[1])),
        )
        .unwrap()
    }
}

pub fn deadline() -> Deadline {
    Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_mins(1),
    )
}

/// `events/extract-genesys/<name>.json`.
pub fn event(name: &str) -> Request {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/extract-genesys");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    let mut task: Request = serde_json::from_str(&text).unwrap();
    task.requests_per_minute = 60_000;
    task.max_in_flight = 100;
    task
}

/// `count` conversations, one every `seconds`, the first at `start`; every fifth names a contact.
pub fn conversations(start: &str, count: usize, seconds: i64) -> Vec<(Timestamp, String)> {
    let start: Timestamp = start.parse().unwrap();
    (0..count)
        .map(|no| {
            let at = start + jiff::SignedDuration::from_secs(seconds * i64::try_from(no).unwrap());
            let contact = if no % 5 == 0 {
                format!(",\"externalContactId\":\"contact-{}\"", no % 35)
            } else {
                String::new()
            };
            let payload = format!(
                "{{\"conversationId\":\"c-{no}\", \"conversationStart\":\"{at:.3}\",\"participants\":[{{\"participantId\":\"p-{no}\"{contact},\"purpose\":\"customer\"}}]}}"
            );
            (at, payload)
        })
        .collect()
}
