//! A bucket, a secret and a Platform API on this machine.

#![allow(dead_code, unused_imports)] // no test file uses everything

pub mod aside;
mod platform;
pub mod seeded;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use extract_genesys::{Config, ExtractError, Extractor, Request};
use flate2::read::GzDecoder;
use landing::Store;
use model::payload::{ExtractOutcome, Mode, WindowReceipt, WindowTask};
use model::settings::Settings;
pub use platform::{Platform, Served, conversations};
use serde_json::json;
use source_http::Repeat;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use step::Deadline;
use step::secrets::Secrets;
use wiremock::matchers::{any, header_exists};
use wiremock::{Mock, MockServer, Request as Received, Respond, ResponseTemplate};

/// Objects by key, with conditional writes: as much of S3 as a window needs.
#[derive(Clone, Default)]
pub struct Bucket(Arc<Mutex<Objects>>);

#[derive(Default)]
struct Objects {
    by_key: BTreeMap<String, Vec<u8>>,
    writes: u64,
    /// From this write on nothing is written any more, as if the process had ended.
    ends_at: Option<u64>,
}

impl Bucket {
    /// How many objects were written.
    pub fn writes(&self) -> u64 {
        self.0.lock().unwrap().writes
    }

    /// Nothing is written from the `write`th write on; `None`: everything is again.
    pub fn end_at(&self, write: Option<u64>) {
        self.0.lock().unwrap().ends_at = write;
    }

    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let objects = self.0.lock().unwrap();
        let keys = objects.by_key.keys().filter(|key| key.starts_with(prefix));
        keys.cloned().collect()
    }

    pub fn unzipped(&self, key: &str) -> String {
        let mut text = String::new();
        let objects = self.0.lock().unwrap();
        GzDecoder::new(objects.by_key[key].as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    pub fn receipt(&self, task: &WindowTask) -> WindowReceipt {
        let key = landing::keys::receipt(task);
        serde_json::from_slice(&self.0.lock().unwrap().by_key[&key]).unwrap()
    }

    /// What is on record of an unfinished window.
    pub fn progress(&self, task: &WindowTask) -> serde_json::Value {
        let key = landing::keys::progress(task);
        serde_json::from_slice(&self.0.lock().unwrap().by_key[&key]).unwrap()
    }

    /// Changes what is on record of an unfinished window.
    pub fn edit_progress(&self, task: &WindowTask, edit: impl FnOnce(&mut serde_json::Value)) {
        let mut progress = self.progress(task);
        edit(&mut progress);
        let key = landing::keys::progress(task);
        let bytes = serde_json::to_vec(&progress).unwrap();
        self.0.lock().unwrap().by_key.insert(key, bytes);
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
        let present = objects.by_key.get(&key).map(tag);
        if request.method.as_str() == "GET" {
            return match objects.by_key.get(&key) {
                Some(bytes) => ResponseTemplate::new(200)
                    .insert_header("etag", tag(bytes))
                    .set_body_bytes(bytes.clone()),
                None => refused(404, "NoSuchKey"),
            };
        }
        objects.writes += 1;
        if objects.ends_at.is_some_and(|end| objects.writes >= end) {
            return refused(403, "AccessDenied");
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
        objects.by_key.insert(key, request.body.clone());
        answer
    }
}

fn fingerprint(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
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

    /// The same source over another world's bucket.
    pub async fn over(mut self, bucket: &Bucket) -> Self {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(bucket.clone())
            .mount(&server)
            .await;
        self.bucket = bucket.clone();
        self.servers[0] = server;
        self
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

impl World {
    /// One invocation.
    pub async fn read(&self, task: &Request) -> Result<ExtractOutcome, ExtractError> {
        Box::pin(self.extractor().run(task, deadline())).await
    }

    /// The same window once more, from what it has landed.
    pub fn replay_of(&self, task: &Request) -> Request {
        let landed = self.bucket.receipt(task).files.into_iter();
        let landed = landed.map(|file| file.key);
        Request {
            run_id: "replay-20260107t090000z".to_owned().try_into().unwrap(),
            mode: Mode::Replay,
            landed: landed.filter(|key| key.starts_with("landing/")).collect(),
            ..task.clone()
        }
    }
}

/// The event `day`, asked of a source in one invocation.
pub async fn read_day(
    platform: Platform,
) -> (World, Request, Result<ExtractOutcome, ExtractError>) {
    let (world, task) = (World::with(platform).await, event("day"));
    let outcome = world.read(&task).await;
    (world, task, outcome)
}

/// The same where it must be done: its receipt.
pub async fn landed_day(platform: Platform) -> (World, Request, WindowReceipt) {
    let (world, task, outcome) = read_day(platform).await;
    let outcome = outcome.unwrap();
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    let receipt = world.bucket.receipt(&task);
    (world, task, receipt)
}

/// The same where it must fail.
pub async fn failed_day(platform: Platform) -> (World, ExtractError) {
    let (world, _, outcome) = read_day(platform).await;
    (world, outcome.unwrap_err())
}

/// Calls are repeated at once.
pub fn impatient() -> Repeat {
    Repeat {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(2),
        ..Repeat::default()
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

pub const MAIN: &str = "staging.genesys_conversation";
pub const CONTACT: &str = "staging.genesys_external_contact";

/// 2,500 conversations of which 100 began the day before and 60 the day after the window.
pub fn lake() -> Platform {
    Platform {
        conversations: conversations("2026-01-04T23:00:00Z", 2500, 36),
        available_until: Some("2026-01-06T00:00:00Z"),
        ..Platform::default()
    }
}

pub fn ids(world: &World, task: &WindowTask) -> BTreeSet<String> {
    let rows = world.bucket.rows(task, MAIN);
    rows.iter()
        .map(|row| row.split(',').nth(6).unwrap().to_owned())
        .collect()
}

/// Everything a window came to, apart from when and under which number: landed lines, and rows by table.
pub fn content(world: &World, task: &WindowTask) -> BTreeMap<String, Vec<String>> {
    let mut content: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in world.bucket.receipt(task).files {
        let name = file.table.unwrap_or_else(|| "refused".to_owned());
        if file.key.ends_with(".csv.gz") {
            content.entry(name).or_default();
            continue;
        }
        let rows = content.entry(name).or_default();
        rows.extend(world.bucket.unzipped(&file.key).lines().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            format!(
                "{} {} {}",
                line["natural_id"], line["sha256"], line["payload"]
            )
        }));
    }
    for (name, rows) in &mut content {
        let of_the_reading = [
            "batch_id",
            "record_no",
            "extracted_at",
            "object_key",
            "line",
        ];
        for mut row in table(world, task, name) {
            row.retain(|column, _| !of_the_reading.contains(&column.as_str()));
            rows.push(format!("{row:?}"));
        }
        rows.sort();
    }
    content
}

/// Calls the function until the window is done, at most `times`; how often it was called.
pub async fn finish(extractor: &Extractor, task: &WindowTask, times: u32) -> u32 {
    for call in 1..=times {
        let outcome = Box::pin(extractor.run(task, deadline())).await.unwrap();
        assert!(outcome.counts.close(), "{outcome:?}");
        if outcome.done {
            return call;
        }
    }
    panic!("not done after {times} calls");
}

/// The rows of a table by column; null is `\\N`.
pub fn table(world: &World, task: &WindowTask, table: &str) -> Vec<BTreeMap<String, String>> {
    let files = world.bucket.receipt(task).files.into_iter();
    let files =
        files.filter(|file| file.table.as_deref() == Some(table) && file.key.ends_with(".csv.gz"));
    let mut rows = Vec::new();
    for file in files {
        let text = world.bucket.unzipped(&file.key);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().unwrap().clone();
        for record in reader.records() {
            let record = record.unwrap();
            let pairs = names.iter().zip(&record);
            rows.push(
                pairs
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            );
        }
    }
    rows
}

/// The event `day` for another object.
pub fn day_of(object: &str) -> Request {
    let mut task = event("day");
    object.clone_into(&mut task.object);
    task
}
