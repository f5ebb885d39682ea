//! Tasks of `events/extract-salesforce` that break a rule: refused with field, value and rule, before anything is called.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

use extract_salesforce::{Extractor, Request};
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/settings");
    let extractor = Extractor::new(
        Store::new(step::s3(&aws), "none"),
        Secrets::new(&aws),
        "none".to_owned(),
        step::settings(&folder).unwrap(),
        source_http::connections().unwrap(),
    );
    let task: Request = serde_json::from_str(task).unwrap();
    let now: Timestamp = "2026-01-07T00:00:00Z".parse().unwrap();
    let deadline = Deadline::after(now, Duration::from_secs(10));
    let error = Box::pin(extractor.run(task, deadline)).await.unwrap_err();
    error.to_string()
}

#[tokio::test]
async fn a_lookup_that_names_no_record_is_refused() {
    let text = refused(include_str!(
        "../../../events/extract-salesforce/lookup-without-ids.json"
    ));
    insta::assert_snapshot!(text.await, @"request: ids = []: must name the records to look up");
}
