//! S3, Secrets Manager, the Data API and both sources on free ports of this machine, as far as `plan` uses them.
#![allow(clippy::unwrap_used)]

use crate::crm::{Counts, Crm};
use crate::fields::FIELDS;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use jiff::Timestamp;
use model::payload::{PlanOutcome, PlanRequest, WindowTask};
use plan::{Config, PlanError, Planner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use step::Deadline;
use warehouse::Target;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What the services hold and have seen.
#[derive(Default)]
struct Held {
    /// Tokens, by the name of their secret.
    tokens: BTreeMap<String, Value>,
    objects: BTreeMap<String, Vec<u8>>,
    /// Rows of a query, by the name of its statement.
    rows: BTreeMap<String, Value>,
    /// Statements in order, with their text.
    statements: Vec<(String, String)>,
}

#[derive(Clone, Default)]
struct Aws {
    held: Arc<Mutex<Held>>,
}

impl Respond for Aws {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let target = request.headers.get("x-amz-target");
        match target.map(|target| target.to_str().unwrap().to_owned()) {
            Some(target) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let answer = self.operation(target.split('.').next_back().unwrap(), &body);
                ResponseTemplate::new(200)
                    .set_body_raw(answer.to_string(), "application/x-amz-json-1.1")
            }
            None => self.object(request),
        }
    }
}

impl Aws {
    fn operation(&self, operation: &str, body: &Value) -> Value {
        let mut held = self.held.lock().unwrap();
        match operation {
            "GetSecretValue" => {
                let token = &held.tokens[body["SecretId"].as_str().unwrap()];
                json!({"Name": "token", "SecretString": token.to_string()})
            }
            "ExecuteStatement" => {
                let name = body["StatementName"].as_str().unwrap().to_owned();
                let text = body["Sql"].as_str().unwrap().to_owned();
                held.statements.push((name, text));
                json!({"Id": (held.statements.len() - 1).to_string()})
            }
            "DescribeStatement" => json!({"Id": body["Id"], "Status": "FINISHED", "ResultRows": 1}),
            "GetStatementResult" => {
                let at: usize = body["Id"].as_str().unwrap().parse().unwrap();
                let (name, text) = &held.statements[at];
                // The holes of one object are another statement than those of the next.
                let key = held.rows.keys().find(|key| {
                    let (statement, part) = key.split_once(' ').unwrap_or((key, ""));
                    statement == name && text.contains(part)
                });
                let rows = key.map_or(json!([]), |key| held.rows[key].clone());
                json!({"Records": rows})
            }
            other => panic!("nobody serves {other}"),
        }
    }

    fn object(&self, request: &Request) -> ResponseTemplate {
        let mut held = self.held.lock().unwrap();
        let mut asked = request.url.query_pairs();
        if let Some((_, prefix)) = asked.find(|(name, _)| name == "prefix") {
            let keys = held.objects.keys().filter(|key| key.starts_with(&*prefix));
            let keys: Vec<_> = keys
                .map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>"))
                .collect();
            let keys = keys.concat();
            let list = format!("<ListBucketResult>{keys}</ListBucketResult>");
            return ResponseTemplate::new(200).set_body_raw(list, "application/xml");
        }
        let key = request.url.path().replace("%3D", "=");
        let key = key.trim_start_matches("/bucket/").to_owned();
        let there = held.objects.get(&key);
        match (request.method.as_str(), there) {
            ("GET", Some(bytes)) => ResponseTemplate::new(200).set_body_bytes(bytes.clone()),
            ("GET", None) => ResponseTemplate::new(404)
                .set_body_raw("<Error><Code>NoSuchKey</Code></Error>", "application/xml"),
            ("PUT", Some(_)) if request.headers.contains_key("if-none-match") => {
                ResponseTemplate::new(412).set_body_raw(
                    "<Error><Code>PreconditionFailed</Code></Error>",
                    "application/xml",
                )
            }
            ("PUT", _) => {
                held.objects.insert(key, request.body.clone());
                ResponseTemplate::new(200).insert_header("etag", "\"1\"")
            }
            _ => ResponseTemplate::new(405),
        }
    }
}

/// Everything around one planner.
pub struct World {
    aws: Aws,
    config: SdkConfig,
    /// Where the Platform API is.
    pub genesys_url: String,
    pub genesys: MockServer,
    pub salesforce: MockServer,
    _server: MockServer,
    settings: PathBuf,
    counts: Counts,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.settings);
    }
}

/// The shipped settings, except that nobody has to wait for Salesforce's quota.
fn settings() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/settings/tributary.toml");
    let text = std::fs::read_to_string(shipped).unwrap();
    let slow = "requests_per_minute = 100";
    assert!(text.contains(slow));
    let folder = std::env::temp_dir().join(format!("plan-{number}-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("reports")).unwrap();
    let text = text.replace(slow, "requests_per_minute = 60000");
    std::fs::write(folder.join("tributary.toml"), text).unwrap();
    folder
}

impl World {
    /// Empty, and both sources silent.
    pub async fn new() -> Self {
        let (genesys, salesforce) = (MockServer::start().await, MockServer::start().await);
        let aws = Aws::default();
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(aws.clone())
            .mount(&server)
            .await;
        let credentials = aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(
                credentials,
            ))
            .endpoint_url(server.uri())
            .build();
        let world = Self {
            aws,
            config,
            genesys_url: genesys.uri(),
            genesys,
            salesforce,
            _server: server,
            settings: settings(),
            counts: Counts::default(),
        };
        let url = world.salesforce.uri();
        world.token("genesys-token", "t", None);
        world.token("salesforce-token", "t", Some(&url));
        world
    }

    /// Puts a token into its secret.
    pub fn token(&self, secret: &str, token: &str, instance_url: Option<&str>) {
        let token = json!({
            "access_token": token, "expires_at": "2100-01-01T00:00:00Z", "instance_url": instance_url,
        });
        let mut held = self.aws.held.lock().unwrap();
        held.tokens.insert(secret.to_owned(), token);
    }

    /// Both sources answer: Genesys' data is complete until `until`, Salesforce has what the shipped settings name.
    pub async fn with_sources(until: &str) -> Self {
        let world = Self::new().await;
        world
            .available(200, &json!({"dataAvailabilityDate": until}))
            .await;
        for (sobject, fields) in FIELDS {
            world.describe(sobject, fields).await;
        }
        Mock::given(path("/services/data/v66.0/queryAll"))
            .respond_with(world.counts.clone())
            .mount(&world.salesforce)
            .await;
        world
    }

    /// Salesforce has so many records of an object, evenly between two instants.
    pub fn records(&self, sobject: &str, records: u64, [first, last]: [&str; 2]) {
        let spread = (records, first.parse().unwrap(), last.parse().unwrap());
        let mut crm = self.counts.0.lock().unwrap();
        crm.records.insert(sobject.to_owned(), spread);
    }

    /// What else happens to those who count.
    pub fn crm(&self, change: impl FnOnce(&mut Crm)) {
        change(&mut self.counts.0.lock().unwrap());
    }

    /// Another value in the settings, from the next plan on.
    pub fn report(&self, name: &str, text: &str) {
        let path = self.settings.join("reports").join(name);
        std::fs::write(path, text).unwrap();
    }

    pub fn edit(&self, from: &str, to: &str) {
        let path = self.settings.join("tributary.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    pub async fn available(&self, status: u16, body: &Value) {
        self.genesys.reset().await;
        let place = "/api/v2/analytics/conversations/details/jobs/availability";
        Mock::given(method("GET"))
            .and(path(place))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&self.genesys)
            .await;
        let counted = json!({"conversations": [], "totalHits": 336});
        Mock::given(method("POST"))
            .and(path("/api/v2/analytics/conversations/details/query"))
            .respond_with(ResponseTemplate::new(200).set_body_json(counted))
            .mount(&self.genesys)
            .await;
    }

    /// Salesforce has `sobject` with these fields, and those every object has. The latest word counts.
    pub async fn describe(&self, sobject: &str, fields: &[&str]) {
        self.describe_at(sobject, fields, 100).await;
    }

    /// The same when so many calls of the day are used.
    pub async fn describe_at(&self, sobject: &str, fields: &[&str], used: u64) {
        let every = [
            "Id",
            "IsDeleted",
            "SystemModstamp",
            "CreatedDate",
            "LastModifiedDate",
        ];
        let field = |name: &&str| match name.split_once('=') {
            Some((name, length)) => {
                json!({"name": name, "type": "string", "length": length.parse::<u32>().unwrap()})
            }
            None if name.ends_with("Id") && *name != "Id" => {
                let relationship = name.trim_end_matches("Id");
                let to: &[&str] = match (sobject, relationship) {
                    ("Case", "Owner") => &["Group", "User"],
                    (_, "Account" | "Campaign" | "UserRole") => &[relationship],
                    _ => &["User"],
                };
                json!({"name": name, "type": "reference", "length": 18, "relationshipName": relationship, "referenceTo": to})
            }
            None => json!({"name": name, "type": "string", "length": 80}),
        };
        let fields: Vec<_> = every.iter().chain(fields).map(field).collect();
        let place = format!("/services/data/v66.0/sobjects/{sobject}/describe");
        Mock::given(method("GET"))
            .and(path(place))
            .respond_with(
                ResponseTemplate::new(200)
                    .insert_header("sforce-limit-info", format!("api-usage={used}/15000"))
                    .set_body_json(json!({"name": sobject, "fields": fields})),
            )
            .with_priority(self.priority())
            .mount(&self.salesforce)
            .await;
    }

    /// Later mocks before earlier ones.
    fn priority(&self) -> u8 {
        let mut held = self.aws.held.lock().unwrap();
        let left = held.rows.entry("priority".to_owned()).or_insert(json!(255));
        *left = json!(left.as_u64().unwrap() - 1);
        u8::try_from(left.as_u64().unwrap()).unwrap()
    }

    /// What a query of the planner finds.
    pub fn rows(&self, statement: &str, rows: Value) {
        self.aws
            .held
            .lock()
            .unwrap()
            .rows
            .insert(statement.to_owned(), rows);
    }

    pub fn statements(&self) -> Vec<String> {
        let held = self.aws.held.lock().unwrap();
        held.statements
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The text of the latest statement with this name.
    pub fn statement(&self, name: &str) -> String {
        let held = self.aws.held.lock().unwrap();
        let found = held.statements.iter().rfind(|(known, _)| known == name);
        found.unwrap().1.clone()
    }

    pub fn put(&self, key: &str, value: &Value) {
        let bytes = value.to_string().into_bytes();
        self.aws
            .held
            .lock()
            .unwrap()
            .objects
            .insert(key.to_owned(), bytes);
    }

    pub fn remove(&self, key: &str) {
        let there = self.aws.held.lock().unwrap().objects.remove(key);
        assert!(there.is_some(), "{key} is not there");
    }

    pub fn keys(&self) -> Vec<String> {
        self.aws
            .held
            .lock()
            .unwrap()
            .objects
            .keys()
            .cloned()
            .collect()
    }

    pub fn object(&self, key: &str) -> Value {
        serde_json::from_slice(&self.aws.held.lock().unwrap().objects[key]).unwrap()
    }

    pub fn tasks(&self, key: &str) -> Vec<WindowTask> {
        serde_json::from_value(self.object(key)).unwrap()
    }

    /// Plans as of 2026-01-20 02:15 UTC, as a new process would.
    pub async fn plan(&self, input: &str) -> Result<PlanOutcome, PlanError> {
        let started_at: Timestamp = "2026-01-20T02:15:00Z".parse().unwrap();
        let config = Config {
            bucket: "bucket".to_owned(),
            settings_dir: self.settings.clone(),
            genesys_region: "mypurecloud.com".to_owned(),
            genesys_token_secret: "genesys-token".to_owned(),
            salesforce_token_secret: "salesforce-token".to_owned(),
            genesys_api_url: Some(self.genesys_url.clone()),
            target: Target {
                redshift_workgroup: Some("w".to_owned()),
                redshift_cluster: None,
                redshift_db_user: None,
                redshift_database: "d".to_owned(),
                redshift_secret_arn: None,
            },
        };
        let planner = Planner::new(&self.config, config)?;
        let request = PlanRequest {
            input: serde_json::from_str(input).unwrap(),
            started_at,
            check_only: false,
        };
        planner
            .run(
                &request,
                Deadline::after(started_at, Duration::from_mins(5)),
            )
            .await
    }

    pub async fn calls(&self) -> (usize, usize) {
        let count = async |server: &MockServer| server.received_requests().await.unwrap().len();
        (count(&self.genesys).await, count(&self.salesforce).await)
    }
}

/// A row of the ledger as the Data API answers it.
pub fn ledger_row(batch: &str, mode: &str, source: &str, object: &str, window: [&str; 2]) -> Value {
    json!([
        {"stringValue": batch}, {"stringValue": mode}, {"stringValue": source}, {"stringValue": object},
        {"stringValue": window[0]}, {"stringValue": window[1]},
        {"booleanValue": true}, {"longValue": 100}, {"longValue": 5}
    ])
}
