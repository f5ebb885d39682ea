//! A run that was stopped in the middle of the extraction and started again.

use anyhow::{Context, Result, ensure};
use fakes::control::Kind;
use jiff::Timestamp;
use local::{Twin, TwinOptions, execution};
use pipeline::shared::alone;
use pipeline::tables::{checksums, differences};
use pipeline::{fault, nightly, run_id, status, succeed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// When a record was read and where it landed differ between two runs; everything else must not.
const OF_THE_READING: [&str; 5] = [
    "extracted_at",
    "etl_loaded_at",
    "first_seen_at",
    "last_seen_at",
    "object_key",
];
const SCHEMAS: [&str; 3] = ["staging", "curated", "mart"];
const DAYS: u32 = 6;

async fn start(end: Option<Timestamp>) -> Result<Twin> {
    Twin::start(TwinOptions {
        days: DAYS,
        conversations: 300,
        end,
        wait_scale: 0.05,
        ..TwinOptions::default()
    })
    .await
}

/// Beside a receipt lie the files of an unfinished window, with longer names.
fn is_receipt(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.split_once('.').is_some_and(|(_, rest)| rest == "json")
}

/// The receipts of the windows that are done: object and bytes, by key.
async fn receipts(twin: &Twin, run: &str) -> Result<BTreeMap<String, (String, Vec<u8>)>> {
    let mut receipts = BTreeMap::new();
    for key in twin.keys(&format!("runs/{run}/windows/")).await? {
        if !is_receipt(&key) {
            continue;
        }
        let bytes = twin
            .object(&key)
            .await?
            .with_context(|| format!("{key} is gone"))?;
        let receipt: Value = serde_json::from_slice(&bytes)?;
        let object = receipt["task"]["object"]
            .as_str()
            .context("a receipt names its object")?;
        receipts.insert(key, (object.to_owned(), bytes));
    }
    Ok(receipts)
}

#[test]
fn a_stopped_run_started_again_reads_only_what_is_missing_and_ends_like_an_undisturbed_one()
-> Result<()> {
    alone(async {
        let twin = start(None).await?;
        let end = twin.world().end();
        let event = nightly(&twin)?;
        let run = format!("nightly-{}", end.strftime("%Y%m%d"));

        let arn = twin.start_execution(&event).await?;
        let conversations = |key: &String| key.contains("/conversation/");
        for _ in 0..3000 {
            if twin
                .keys(&format!("runs/{run}/windows/"))
                .await?
                .iter()
                .any(|key| conversations(key) && is_receipt(key))
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The windows that are being read come to a halt, so that the run is stopped between its first and its last window.
        let pause = Kind::Status {
            code: 429,
            retry_after: Some(1),
            body: None,
        };
        twin.genesys().faults.add(fault("/api/v2/", pause, 1000));
        execution::stop(twin.aws(), &arn).await?;
        twin.genesys().faults.clear();
        twin.genesys()
            .faults
            .add(fault("/api/v2/", status(400), 1000));
        execution::quiet(twin.aws(), &arn, Duration::from_mins(1)).await?;
        twin.genesys().faults.clear();
        assert_eq!(twin.describe(&arn).await?.status, local::Status::Aborted);

        let landed = receipts(&twin, &run).await?;
        let done = landed.keys().filter(|key| conversations(key)).count();
        ensure!(
            done >= 1 && done < DAYS as usize,
            "{done} of {DAYS} days were read when the run was stopped"
        );
        for control in [twin.genesys(), twin.salesforce()] {
            control.requests.reset();
        }
        let execution = succeed(&twin, &event).await?;
        assert_eq!(run_id(&execution)?, run);

        let now = receipts(&twin, &run).await?;
        for (key, (_, bytes)) in &landed {
            assert_eq!(
                now.get(key).map(|(_, bytes)| bytes),
                Some(bytes),
                "{key} was written again"
            );
        }
        let jobs = twin.genesys().requests.counts().by_path;
        let created = jobs
            .get("POST /api/v2/analytics/conversations/details/jobs")
            .copied()
            .unwrap_or_default();
        ensure!(
            created <= (DAYS as usize - done) as u64,
            "{created} jobs for {} days",
            DAYS as usize - done
        );
        let has = |object: &str| landed.values().any(|(one, _)| one == object);
        for (object, path) in [
            ("queue", "routing/queues"),
            ("user", "/users"),
            ("wrapup_code", "wrapupcodes"),
        ] {
            ensure!(
                !has(object) || twin.genesys().requests.to(path) == 0,
                "{object} was read again"
            );
        }
        if ["account", "contact", "case", "opportunity"]
            .into_iter()
            .all(has)
        {
            assert_eq!(
                twin.salesforce().requests.to("/query"),
                0,
                "Salesforce was read again"
            );
        }
        let disturbed = checksums(&twin, &SCHEMAS, &OF_THE_READING).await?;
        twin.stop().await;

        let twin = start(Some(end)).await?;
        succeed(&twin, &nightly(&twin)?).await?;
        let undisturbed = checksums(&twin, &SCHEMAS, &OF_THE_READING).await?;
        twin.stop().await;
        ensure!(undisturbed.len() > 30, "only {:?}", undisturbed.keys());
        assert_eq!(differences(&undisturbed, &disturbed), Vec::<String>::new());
        Ok(())
    })
}
