//! Tasks of `events/extract-genesys` that break a rule: refused with field, value and rule, before anything is called.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

use extract_genesys::{Config, Extractor, Request};
use jiff::Timestamp;
use landing::Store;
use std::path::Path;
use std::time::Duration;
use step::Deadline;
use step::secrets::Secrets;

/// Over a bucket and secrets that do not exist: a call to either would fail with another text.
async fn refused(task: &str) -> String {
    let aws = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .build();
    let config = Config {
        bucket: "none".to_owned(),
        settings_dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/settings"),
        genesys_region: "mypurecloud.com".to_owned(),
        genesys_token_secret: "none".to_owned(),
        genesys_api_url: None,
    };
    let settings = step::settings(&config.settings_dir).unwrap();
    let store = Store::new(step::s3(&aws), &config.bucket);
    let extractor = Extractor::new(&config, settings, store, Secrets::new(&aws)).unwrap();
    let task: Request = serde_json::from_str(task).unwrap();
    let now: Timestamp = "2026-01-07T00:00:00Z".parse().unwrap();
    let deadline = Deadline::after(now, Duration::from_secs(10));
    let error = Box::pin(extractor.run(&task, deadline)).await.unwrap_err();
    std::iter::successors(Some(&error as &dyn std::error::Error), |&error| {
        error.source()
    })
    .map(ToString::to_string)
    .collect::<Vec<_>>()
    .join(": ")
}

#[tokio::test]
async fn a_window_longer_than_the_api_allows_is_refused() {
    let text = refused(include_str!(
        "../../../events/extract-genesys/window-too-long.json"
    ));
    insta::assert_snapshot!(text.await, @"request: window = 2025-11-01T00:00:00Z/2026-01-06T00:00:00Z: is longer than the 31 days the API takes at once; ask for parts of it");
}

#[tokio::test]
async fn a_filter_on_an_unknown_dimension_is_refused_by_its_path() {
    let text = refused(include_str!(
        "../../../events/extract-genesys/unknown-dimension.json"
    ));
    let text = text.await;
    assert!(
        text.contains("filter.segment[0].predicates[0].dimension = \"queueID\": is no dimension of a segment; nearest: queueId"),
        "{text}"
    );
}
