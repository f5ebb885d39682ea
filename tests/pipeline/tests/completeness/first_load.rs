//! A first load of Salesforce that a day's share of calls does not hold: spread over nights, read once, and complete in the end.

use anyhow::{Context, Result, ensure};
use fakes::control::{Fault, Kind};
use fakes::{genesys, salesforce};
use jiff::{SignedDuration, Timestamp};
use local::{Twin, TwinOptions};
use pipeline::shared::alone;
use pipeline::tables::{Checksums, OF_THE_BATCH, OF_THE_READING, checksums_until, differences};
use pipeline::{midnight_before, nightly, number, run_id, succeed, unhurried_by_quotas};
use serde_json::json;

/// Calls of a day, of which the settings grant 80 percent.
const ALLOCATION: u64 = 10_000;
const SHARE: u64 = 8_000;
/// Nights the first load may take.
const NIGHTS: i64 = 5;

/// Conversations and cases with their history: what else there is takes time and shows nothing here.
fn options(end: Timestamp, first_load_records: u64) -> TwinOptions {
    let objects = r#"objects = ["evaluation", "survey", "user_aggregate", "queue_aggregate", "adherence", "conversation_attribute"]"#;
    unhurried_by_quotas(TwinOptions {
        days: 1,
        conversations: 100,
        end: Some(end),
        wait_scale: 0.0005,
        genesys: genesys::Options {
            job_polls: 0,
            ..genesys::Options::default()
        },
        salesforce: salesforce::Options {
            daily_requests: ALLOCATION,
            ..salesforce::Options::default()
        },
        settings: [
            (
                "first_load_records = 1000000",
                &*format!("first_load_records = {first_load_records}"),
            ),
            (objects, "objects = []"),
            (
                "account = \"AccountHistory\"\ncontact = \"ContactHistory\"\n",
                "",
            ),
            ("opportunity = \"OpportunityFieldHistory\"\n", ""),
        ]
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .to_vec(),
        ..TwinOptions::default()
    })
}

struct Night {
    run: String,
    notices: String,
    /// Calls to Salesforce: told by the plan, and made by those who read.
    told: i64,
    made: i64,
}

async fn night(twin: &Twin, days: i64) -> Result<Night> {
    let mut event = nightly(twin)?;
    event["at"] = json!(twin.world().end() + SignedDuration::from_hours(24 * days));
    event["reports"] = json!([]);
    let execution = succeed(twin, &event).await?;
    let run = run_id(&execution)?;
    let output = execution
        .output
        .context("a run that succeeded has output")?;
    let plan = &output["plan"];
    let told = plan["estimate"]["salesforce_calls"].as_i64();
    let made = format!(
        "select sum(api_calls) from ops.window_ledger where batch_id = '{run}' and source = 'salesforce'"
    );
    Ok(Night {
        notices: plan["notices"].to_string(),
        told: told.context("the plan tells calls")?,
        made: number(twin, &made).await?,
        run,
    })
}

async fn results(twin: &Twin) -> Result<Checksums> {
    let without: Vec<_> = OF_THE_READING.into_iter().chain(OF_THE_BATCH).collect();
    let end = twin.world().end();
    let mut results = checksums_until(twin, &["curated", "mart"], &without, end).await?;
    // What tells of runs, and how often a record was refused.
    for table in [
        "mart.completeness",
        "mart.reconciliation",
        "curated.quarantine",
        "mart.quarantine",
    ] {
        results.remove(table);
    }
    ensure!(results.len() > 10, "only {:?}", results.keys());
    Ok(results)
}

/// Windows of the same object that have an instant in common, other than lists and counts, which are made anew each night.
const TWICE: &str = "select count(*) from ops.window_ledger as one \
    inner join ops.window_ledger as other on one.object = other.object \
    where one.source = 'salesforce' and other.source = 'salesforce' and one.object not like '%_ids' and one.object <> 'case_count' \
    and one.mode <> 'left_out' and other.mode <> 'left_out' \
    and one.window_start < other.window_end and other.window_start < one.window_end \
    and (one.batch_id < other.batch_id or one.batch_id = other.batch_id and one.window_no < other.window_no)";

#[test]
fn a_first_load_beyond_a_days_share_is_complete_after_some_nights_and_nothing_is_read_twice()
-> Result<()> {
    alone(async {
        let end = midnight_before(7);
        let twin = Twin::start(options(end, 50)).await?;
        let crm = &twin.salesforce().crm;
        let left_out = async |run: &str| {
            let of = "select count(*) from ops.window_ledger where mode = 'left_out'";
            number(&twin, &format!("{of} and batch_id = '{run}'")).await
        };

        // Others have used so much of the day that not every slice fits, and of cases none can be had at all.
        crm.set_used(SHARE - 85);
        let body = json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
        let refused = Kind::Status {
            code: 403,
            retry_after: None,
            body: Some(body.to_string()),
        };
        twin.salesforce()
            .faults
            .add(Fault::new("CaseNumber", refused, 10_000));
        let first = night(&twin, 0).await?;
        twin.salesforce().faults.clear();
        let notices = &first.notices;
        ensure!(notices.contains("left to later nights"), "{notices}");
        ensure!(notices.contains("the newest are read first"), "{notices}");
        ensure!(
            left_out(&first.run).await? > 0,
            "every slice was read: {}",
            first.notices
        );
        // What the first night has read is there, and conversations do not wait for the rest.
        let loaded = "select count(*) from mart.unified_interactions";
        ensure!(number(&twin, loaded).await? > 0, "nothing was loaded");
        let missing = "select count(distinct object) from mart.completeness where left_out_windows > 0 and has_gap";
        assert!(
            number(&twin, missing).await? > 1,
            "nobody sees what is missing"
        );
        let cases = "select count(distinct case_id) from staging.salesforce_case";
        assert_eq!(number(&twin, cases).await?, 0);

        let mut nights = 1;
        loop {
            ensure!(nights < NIGHTS, "it is not complete after {nights} nights");
            crm.set_used(if nights == 1 { SHARE - 60 } else { 0 });
            let next = night(&twin, nights).await?;
            nights += 1;
            // Every window that was planned is read, and what was not planned is written down.
            let is_left = next.notices.contains("left to later nights");
            assert_eq!(left_out(&next.run).await? > 0, is_left, "{}", next.notices);
            ensure!(
                next.made <= next.told && next.told <= 2 * next.made,
                "{} calls were told and {} made",
                next.told,
                next.made
            );
            // Told once: as it is now, and not as it was the nights before.
            let told = "select coalesce(max(days), 0) from (select object, sum(left_out_windows) as days \
                from mart.completeness where source = 'salesforce' group by object) as of_object";
            assert_eq!(number(&twin, told).await?, i64::from(is_left));
            if !is_left {
                break;
            }
        }
        assert_eq!(number(&twin, TWICE).await?, 0);
        // Nothing is left to read, and the lists of ids that waited are made.
        crm.set_used(0);
        let last = night(&twin, nights).await?;
        ensure!(
            !last.notices.contains("never been read"),
            "{}",
            last.notices
        );
        assert_eq!(number(&twin, TWICE).await?, 0);
        let holes = "select count(*) from mart.salesforce_hole";
        assert_eq!(number(&twin, holes).await?, 0);
        assert_eq!(number(&twin, missing).await?, 0);
        let lists =
            "select count(distinct object) from ops.window_ledger where object like '%_ids'";
        assert_eq!(number(&twin, lists).await?, 4);
        let found = results(&twin).await?;
        twin.stop().await;

        let twin = Twin::start(options(end, 1_000_000)).await?;
        let whole = night(&twin, 0).await?;
        ensure!(!whole.notices.contains("slices"), "{}", whole.notices);
        ensure!(
            whole.made <= whole.told && whole.told <= 2 * whole.made,
            "{} calls were told and {} made",
            whole.told,
            whole.made
        );
        night(&twin, nights).await?;
        let wanted = results(&twin).await?;
        twin.stop().await;
        assert_eq!(differences(&wanted, &found), Vec::<String>::new());
        Ok(())
    })
}
