//! What the tests of this function share: a bucket, an extractor over it, and what was landed and staged.

#![allow(dead_code)] // each test file uses its part

mod aws;
pub mod world;

pub use aws::Objects;
use extract_salesforce::Extractor;
use landing::Store;
use model::settings::Settings;
use serde_json::Value;
use source_http::{Connections, Repeat};
use std::time::Duration;
use step::Deadline;
use step::secrets::Secrets;
use wiremock::MockServer;

pub const SETTINGS: &str = include_str!("../../../../infra/settings/tributary.toml");

/// The settings as shipped.
pub fn settings() -> Settings {
    Settings::parse(SETTINGS).unwrap()
}

/// An invocation that has so many seconds. With less than 30 it hands back after each step.
pub fn deadline(seconds: u64) -> Deadline {
    Deadline::after(
        "2026-01-06T02:00:00Z".parse().unwrap(),
        Duration::from_secs(seconds),
    )
}

/// The function over a bucket, with connections of its own and the token `secret`.
pub async fn extractor(
    objects: &Objects,
    secret: &Value,
    settings: Settings,
) -> (MockServer, Extractor) {
    let connections = source_http::connections().unwrap();
    extractor_over(objects, secret, settings, connections).await
}

/// The same with these connections.
pub async fn extractor_over(
    objects: &Objects,
    secret: &Value,
    settings: Settings,
    connections: Connections,
) -> (MockServer, Extractor) {
    let (server, config) = objects.serve(&secret.to_string()).await;
    let s3 = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(true)
        .build();
    let store = Store::new(aws_sdk_s3::Client::from_conf(s3), "bucket");
    let extractor = Extractor::new(
        store,
        Secrets::new(&config),
        "tributary/salesforce/token".to_owned(),
        settings,
        connections,
    );
    (server, extractor.repeating(at_once()))
}

/// Faults are repeated as often as ever, and at once.
pub fn at_once() -> Repeat {
    Repeat {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        ..Repeat::default()
    }
}

/// The rows of a staging table in these files, without what differs from run to run (batch, number, instant), sorted.
pub fn staged(objects: &Objects, keys: &[String]) -> Vec<String> {
    let mut rows = Vec::new();
    for (_, csv) in keys.iter().flat_map(|key| objects.texts(key, "")) {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(csv.as_bytes());
        for row in reader.byte_records() {
            let row = row.unwrap();
            // The csv crate takes quotes away; `\N` stays apart from text, which cannot be it.
            let values: Vec<_> = row.iter().skip(3).map(String::from_utf8_lossy).collect();
            rows.push(values.join("|"));
        }
    }
    rows.sort();
    rows
}

/// The payloads landed in these files, sorted by id.
pub fn payloads(objects: &Objects, keys: &[String]) -> Vec<Value> {
    let mut payloads: Vec<Value> = keys
        .iter()
        .flat_map(|key| objects.texts(key, ""))
        .flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .map(|line| serde_json::from_str::<Value>(&line).unwrap()["payload"].take())
        .collect();
    payloads.sort_by_key(|payload| payload["Id"].as_str().map(str::to_owned));
    payloads
}
