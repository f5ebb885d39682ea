//! The fake Salesforce and a window of one of its objects.

use super::{Objects, at_once, deadline, extractor, payloads, settings, staged};
use extract_salesforce::{ExtractError, Request};
use fakes::control::{Fault, Kind};
use fakes::salesforce::{FakeSalesforce, Options};
use fakes::server::Running;
use fakes::world::{World, WorldOptions};
use model::payload::{ExtractOutcome, WindowReceipt};
use model::settings::Settings;
use serde_json::{Value, json};
use source_http::{Client, Repeat, Request as Call, Share};
use std::sync::{Arc, OnceLock};
use step::Deadline;

/// One world for every test of a binary.
pub fn world() -> Arc<World> {
    static WORLD: OnceLock<Arc<World>> = OnceLock::new();
    let options = WorldOptions {
        seed: 20_260_105,
        end: "2026-01-06T00:00:00Z".parse().unwrap(),
        days: 2,
        conversations: 2000,
    };
    Arc::clone(WORLD.get_or_init(|| Arc::new(World::generate(options))))
}

/// A server, a token for it, a bucket and settings.
pub struct Org {
    pub server: Running,
    pub objects: Objects,
    pub settings: Settings,
    /// The largest answer that is read.
    pub max_body_bytes: usize,
    token: Value,
}

impl Org {
    /// A server with `options`, and a window's worth of work that `change` makes of the shipped settings.
    pub async fn new(options: Options, change: impl FnOnce(&mut Settings)) -> Self {
        let server = FakeSalesforce::start(world(), options).unwrap();
        let mut settings = settings();
        change(&mut settings);
        let mut org = Self {
            server,
            objects: Objects::default(),
            settings,
            max_body_bytes: Repeat::default().max_body_bytes,
            token: Value::Null,
        };
        org.log_in().await;
        org
    }

    /// Everything above one record is read by a bulk job, in pages of `page` records.
    pub async fn bulk(options: Options, page: u32) -> Self {
        Self::new(options, |settings| {
            settings.salesforce.bulk_threshold = 0;
            settings.salesforce.bulk_page_records = page;
        })
        .await
    }

    /// A new token, as `refresh-token` would fetch it.
    pub async fn log_in(&mut self) {
        let share = Share {
            requests_per_minute: 600,
            max_in_flight: 1,
        };
        let connections = source_http::connections().unwrap();
        let client = Client::new(connections, self.server.url(), share, deadline(60), None);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "twin-client"),
            ("client_secret", "twin-secret"),
        ];
        let login = Call::post_form("/services/oauth2/token", form);
        let granted: Value = client.json(&login).await.unwrap().value;
        self.token = json!({
            "access_token": granted["access_token"], "expires_at": "2026-01-06T03:00:00Z", "instance_url": self.server.url(),
        });
    }

    pub fn fault(&self, path: &str, kind: Kind, times: u64) {
        self.server
            .control()
            .faults
            .add(Fault::new(path, kind, times));
    }

    pub fn fault_after(&self, path: &str, kind: Kind, times: u64, skip: u64) {
        let fault = Fault::new(path, kind, times).after(skip);
        self.server.control().faults.add(fault);
    }

    /// Requests to paths that contain `text`.
    pub fn requests(&self, text: &str) -> u64 {
        self.server.control().requests.to(text)
    }

    /// One invocation that has so many seconds.
    pub async fn call(&self, task: &Request, seconds: u64) -> Result<ExtractOutcome, ExtractError> {
        self.call_until(task, deadline(seconds)).await
    }

    /// One invocation at another time.
    pub async fn call_until(
        &self,
        task: &Request,
        deadline: Deadline,
    ) -> Result<ExtractOutcome, ExtractError> {
        let (_aws, extractor) = extractor(&self.objects, &self.token, self.settings.clone()).await;
        let extractor = extractor.repeating(Repeat {
            max_body_bytes: self.max_body_bytes,
            ..at_once()
        });
        Box::pin(extractor.run(task.clone(), deadline)).await
    }

    /// Calls until the window is done; each call has so many seconds.
    pub async fn finish(&self, task: &Request, seconds: u64) -> ExtractOutcome {
        for _ in 0..500 {
            let outcome = self.call(task, seconds).await.unwrap();
            if outcome.done {
                return outcome;
            }
        }
        panic!("the window is never done");
    }

    pub fn receipt(&self) -> WindowReceipt {
        let found = self.objects.texts("runs/", "000000Z.json");
        assert_eq!(found.len(), 1, "one receipt");
        serde_json::from_str(&found[0].1).unwrap()
    }

    /// What the receipt names: payloads without what only REST sends, and the rows of the object's table. What a call
    /// wrote that was killed is not named in it.
    pub fn tables(&self, table: &str) -> (Vec<Value>, Vec<String>) {
        let mut payloads = payloads(&self.objects, &self.files("raw.salesforce_record"));
        payloads.iter_mut().for_each(plain);
        let rows = staged(&self.objects, &self.files(&format!("staging.{table}")));
        (payloads, rows)
    }

    /// The files for a table that the receipt names.
    pub fn files(&self, table: &str) -> Vec<String> {
        let files = self.receipt().files.into_iter();
        files
            .filter(|file| file.table.as_deref() == Some(table))
            .map(|file| file.key)
            .collect()
    }

    /// How many rows were staged so far, whether a receipt names them or not.
    pub fn kept(&self, table: &str) -> usize {
        let files = self
            .objects
            .texts(&format!("staging/salesforce/{table}/"), ".csv.gz");
        let keys: Vec<_> = files.into_iter().map(|(key, _)| key).collect();
        staged(&self.objects, &keys).len()
    }
}

/// Takes `attributes` away, which bulk results do not have.
fn plain(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.remove("attributes");
        fields.values_mut().for_each(plain);
    }
}

/// A window of `object` over everything the world has.
pub fn task(object: &str) -> Request {
    serde_json::from_value(json!({
        "run_id": "nightly-20260106", "mode": "nightly", "source": "salesforce", "object": object,
        "window": {"start": "2000-01-01T00:00:00Z", "end": "2026-01-06T00:00:00Z"}, "window_no": 3,
        "requests_per_minute": 60000, "max_in_flight": 4, "at": "2026-01-06T01:00:00Z",
    }))
    .unwrap()
}

/// The object `task` with an id, for requests that name records.
pub fn lookup(object: &str, ids: Vec<String>) -> Request {
    Request {
        ids,
        ..task(object)
    }
}
