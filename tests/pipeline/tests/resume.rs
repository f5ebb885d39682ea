//! A run that was stopped in the middle of the extraction and started again.

use anyhow::{Result, ensure};
use fakes::control::Kind;
use jiff::Timestamp;
use local::{Twin, TwinOptions, execution};
use pipeline::receipts::{is_receipt, receipts};
use pipeline::shared::alone;
use pipeline::tables::{OF_THE_READING, RESULTS, checksums, differences};
use pipeline::{fault, nightly, run_id, status, succeed, unhurried_by_quotas};
use std::time::Duration;

const DAYS: u32 = 6;

async fn start(end: Option<Timestamp>) -> Result<Twin> {
    Twin::start(unhurried_by_quotas(TwinOptions {
        days: DAYS,
        conversations: 300,
        end,
        wait_scale: 0.05,
        ..TwinOptions::default()
    }))
    .await
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
        // What is forbidden fails at once, and unlike a 400 it is not met with smaller parts of an aggregate, whose groups would
        // be counted once a part from then on.
        twin.genesys()
            .faults
            .add(fault("/api/v2/", status(403), 1000));
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
        for (key, receipt) in &landed {
            assert_eq!(now.get(key), Some(receipt), "{key} was written again");
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
        // Both sources have users: only the key tells whose they are.
        let has = |object: &str| {
            let folder = format!("/windows/genesys/{object}/");
            landed.keys().any(|key| key.contains(&folder))
        };
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
        let of_salesforce = |key: &&String| key.contains("/windows/salesforce/");
        if landed.keys().filter(of_salesforce).count() == now.keys().filter(of_salesforce).count() {
            for path in ["/query", "/jobs"] {
                assert_eq!(
                    twin.salesforce().requests.to(path),
                    0,
                    "Salesforce was read again"
                );
            }
        }
        let disturbed = checksums(&twin, &RESULTS, &OF_THE_READING).await?;
        twin.stop().await;

        let twin = start(Some(end)).await?;
        succeed(&twin, &nightly(&twin)?).await?;
        let undisturbed = checksums(&twin, &RESULTS, &OF_THE_READING).await?;
        twin.stop().await;
        ensure!(undisturbed.len() > 30, "only {:?}", undisturbed.keys());
        assert_eq!(differences(&undisturbed, &disturbed), Vec::<String>::new());
        Ok(())
    })
}
