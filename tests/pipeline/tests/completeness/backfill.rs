//! A year of days as one execution: stopped in the middle, started again, and not read a second time.

use anyhow::{Context, Result, ensure};
use fakes::genesys;
use jiff::SignedDuration;
use local::{Status, Twin, TwinOptions, execution};
use pipeline::receipts::{is_receipt, receipts};
use pipeline::shared::alone;
use pipeline::{
    event, fault, midnight_before, number, run_id, status, succeed, unhurried_by_quotas,
};
use serde_json::json;
use std::time::Duration;

const DAYS: u32 = 365;
/// The execution is stopped when so many windows are done.
const STOPPED_AFTER: usize = 40;

fn replaced(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
        .collect()
}

#[test]
fn a_year_that_was_stopped_goes_on_where_it_was_and_is_not_read_twice() -> Result<()> {
    alone(async {
        let twin = Twin::start(unhurried_by_quotas(TwinOptions {
            days: DAYS,
            conversations: 730,
            end: Some(midnight_before(6)),
            wait_scale: 0.02,
            genesys: genesys::Options {
                job_polls: 0,
                // The lake has gone on since: it holds what became of the last days.
                availability: Some(midnight_before(1)),
                ..genesys::Options::default()
            },
            settings: replaced(&[
                (
                    r#"objects = ["evaluation", "survey", "user_aggregate", "queue_aggregate", "adherence", "conversation_attribute"]"#,
                    "objects = []",
                ),
            ]),
            ..TwinOptions::default()
        }))
        .await?;
        let (begin, end) = (twin.world().begin(), twin.world().end());
        let mut event = event("backfill-year")?;
        event["from"] = json!(begin);
        event["to"] = json!(end);
        event["reports"] = json!([]);
        let slug = |at: jiff::Timestamp| at.strftime("%Y%m%dt%H%M%S").to_string();
        let run = format!("backfill-{}-{}", slug(begin), slug(end));
        let prefix = format!("runs/{run}/windows/genesys/conversation/");

        let arn = twin.start_execution(&event).await?;
        for _ in 0..3000 {
            let keys = twin.keys(&prefix).await?;
            if keys.iter().filter(|key| is_receipt(key)).count() >= STOPPED_AFTER {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // The emulator lets a Map that is under way run on: what it still asks for is refused.
        twin.genesys()
            .faults
            .add(fault("/api/v2/", status(400), 100_000));
        execution::stop(twin.aws(), &arn).await?;
        execution::quiet(twin.aws(), &arn, Duration::from_mins(3)).await?;
        twin.genesys().faults.clear();
        assert_eq!(twin.describe(&arn).await?.status, Status::Aborted);
        let landed = receipts(&twin, &run).await?;
        let done = landed.keys().filter(|key| key.starts_with(&prefix)).count();
        ensure!(
            done >= STOPPED_AFTER && done < DAYS as usize,
            "{done} of {DAYS} days were read when the run was stopped"
        );

        twin.genesys().requests.reset();
        let execution = succeed(&twin, &event).await?;
        assert_eq!(run_id(&execution)?, run);
        let now = receipts(&twin, &run).await?;
        for (key, receipt) in &landed {
            assert_eq!(now.get(key), Some(receipt), "{key} was written again");
        }
        let created = twin.genesys().requests.counts().by_path;
        let created = created
            .get("POST /api/v2/analytics/conversations/details/jobs")
            .copied()
            .unwrap_or_default();
        ensure!(
            usize::try_from(created)? <= DAYS as usize - done,
            "{created} jobs for the {} days that were missing",
            DAYS as usize - done
        );
        let expected = twin.world().expected(begin, end);
        assert_eq!(
            number(&twin, "select count(*) from mart.unified_interactions").await?,
            i64::try_from(expected.conversations - expected.unstorable)?
        );
        let ledger =
            "select count(*) from ops.window_ledger where object = 'conversation' and is_settled";
        assert_eq!(number(&twin, ledger).await?, i64::from(DAYS));

        // The same year under another name, a day shorter: every window is settled.
        event["to"] = json!(end - SignedDuration::from_hours(24));
        twin.genesys().requests.reset();
        let second = succeed(&twin, &event).await?;
        ensure!(run_id(&second)? != run, "the same run");
        assert_eq!(
            twin.genesys().requests.to("details/jobs"),
            twin.genesys().requests.to("availability")
        );
        let output = second.output.context("a run that succeeded has output")?;
        let skipped = output["plan"]["estimate"]["settled_windows"].as_u64();
        ensure!(
            skipped >= Some(u64::from(DAYS) - 1),
            "the estimate names {skipped:?} settled windows"
        );
        assert_eq!(number(&twin, ledger).await?, i64::from(DAYS));
        twin.stop().await;
        Ok(())
    })
}
