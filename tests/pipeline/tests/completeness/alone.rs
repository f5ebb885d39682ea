//! Windows that fail for good and hold up nothing else: the run goes on without them and says so, the next one reads them. What
//! everything hangs on still stops the run.

use super::faults::refused;
use anyhow::{Context, Result, ensure};
use fakes::control::Fault;
use jiff::{SignedDuration, Timestamp};
use local::{Execution, Status, Twin, TwinOptions};
use pipeline::shared::alone;
use pipeline::tables::{Checksums, OF_THE_BATCH, OF_THE_READING, checksums_until, differences};
use pipeline::{
    backfill, clean, midnight_before, nightly, number, run_id, status, succeed, unhurried_by_quotas,
};
use serde_json::{Value, json};

/// What is refused, as long as it is: windows by source and object.
const REFUSED: [(&str, i64); 5] = [
    ("genesys adherence", 3),
    ("genesys campaign", 1),
    ("genesys user", 1),
    ("salesforce account_ids", 1),
    ("salesforce contact_history", 1),
];
const FOREVER: u64 = 100_000;

async fn start(end: Timestamp) -> Result<Twin> {
    Twin::start(unhurried_by_quotas(TwinOptions {
        days: 2,
        conversations: 60,
        end: Some(end),
        wait_scale: 0.02,
        // The first night looks back one day further than there are data; the second one no longer does.
        settings: vec![("horizon_days = 2".to_owned(), "horizon_days = 3".to_owned())],
        ..TwinOptions::default()
    }))
    .await
}

/// A night some days after the end of the data.
fn night(twin: &Twin, days: i64) -> Result<Value> {
    let mut event = nightly(twin)?;
    event["at"] = json!(twin.world().end() + SignedDuration::from_hours(24 * days));
    event["reports"] = json!([]);
    Ok(event)
}

/// The sources refuse a listing, an optional object, a history and a list of ids. Counting records is allowed.
fn refuse(twin: &Twin) {
    for path in [
        "adherence/historical/bulk",
        "outbound/campaigns",
        "v2/users",
    ] {
        let fault = Fault::new(path, status(403), FOREVER);
        twin.genesys().faults.add(fault);
    }
    for path in [
        "CreatedById%20FROM%20ContactHistory",
        "CreatedDate%20FROM%20Account%20",
    ] {
        let fault = Fault::new(path, refused(400, "INVALID_TYPE"), FOREVER);
        twin.salesforce().faults.add(fault);
    }
}

/// What was left out of a run, by object.
async fn left_out(twin: &Twin, run: &str) -> Result<Vec<(String, i64)>> {
    let statement = format!(
        "select source || ' ' || object, count(*) from ops.window_ledger where batch_id = '{run}' and mode = 'left_out' \
         and extraction = 'none' and not is_settled and api_rows is null and landed_rows + staged_rows + merged_rows = 0 \
         group by 1 order by 1"
    );
    let mut found = Vec::new();
    for row in twin.sql(&statement).await? {
        let [Some(object), Some(windows)] = row.as_slice() else {
            anyhow::bail!("{row:?}");
        };
        found.push((object.clone(), windows.parse()?));
    }
    Ok(found)
}

/// What `check` says of windows left out.
fn told(execution: &Execution) -> Result<(String, String)> {
    let output = execution.output.as_ref().context("a run has output")?;
    let checks = output["check"]["checks"].as_array();
    let checks = checks.context("a run has checks")?;
    let one = checks
        .iter()
        .find(|one| one["name"] == "ops/window_left_out");
    let one = one.context("no check tells of windows left out")?;
    let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
    Ok((text("verdict"), text("observed")))
}

/// What a run came to: the tables, and what lies in staging of that which feeds none.
async fn results(twin: &Twin) -> Result<(Checksums, Vec<Vec<Option<String>>>)> {
    let without: Vec<_> = OF_THE_READING.into_iter().chain(OF_THE_BATCH).collect();
    let end = twin.world().end();
    let mut results = checksums_until(twin, &["curated", "mart"], &without, end).await?;
    // They tell of runs.
    results.remove("mart.completeness");
    results.remove("mart.reconciliation");
    ensure!(results.len() > 10, "only {:?}", results.keys());
    let (begin, end) = (twin.world().begin(), twin.world().end());
    let staged = format!(
        "select 'adherence', count(*), count(distinct (user_id, day_start)) from staging.genesys_adherence \
         where day_start >= '{begin}' and day_start < '{end}' \
         union all select object, count(distinct record_id), count(distinct record_id) from staging.salesforce_id group by object \
         union all select object, count(distinct history_id), count(distinct history_id) from staging.salesforce_history group by object \
         union all select 'campaign', count(distinct campaign_id), count(distinct campaign_id) from staging.genesys_campaign order by 1, 2"
    );
    let staged = twin.sql(&staged).await?;
    ensure!(staged.len() > 8, "only {staged:?}");
    Ok((results, staged))
}

/// The tables of a night without a fault.
async fn undisturbed(end: Timestamp) -> Result<(Checksums, Vec<Vec<Option<String>>>)> {
    let twin = start(end).await?;
    let execution = succeed(&twin, &night(&twin, 0)?).await?;
    assert_eq!(told(&execution)?.0, "pass");
    let results = results(&twin).await?;
    twin.stop().await;
    Ok(results)
}

/// Conversations are refused as well: nothing of the run is loaded.
async fn a_core_window_stops_the_run(twin: &Twin) -> Result<()> {
    let results = Fault::new("/results", status(403), FOREVER);
    twin.genesys().faults.add(results);
    let execution = twin.run(night(twin, 0)?).await?;
    ensure!(execution.status == Status::Failed, "{execution:#?}");
    ensure!(!execution.failed_windows.is_empty(), "{execution:#?}");
    for window in &execution.failed_windows {
        assert_eq!(window.input["object"], "conversation", "{}", window.cause);
    }
    for table in [
        "ops.load_log",
        "ops.window_ledger",
        "\"raw\".salesforce_record",
    ] {
        let rows = number(twin, &format!("select count(*) from {table}")).await?;
        assert_eq!(rows, 0, "{table}");
    }
    let alerts = twin.messages().await?;
    let failed: Vec<_> = alerts
        .iter()
        .filter(|(subject, _)| subject == "Tributary: a Genesys window failed")
        .collect();
    ensure!(
        !failed.is_empty()
            && failed
                .iter()
                .all(|(_, text)| text.contains(" of conversation ")),
        "{alerts:?}"
    );
    Ok(())
}

/// The same input again, now with nothing refused but what may fail alone.
async fn the_run_goes_on(twin: &Twin) -> Result<String> {
    clean(twin).await?;
    refuse(twin);
    let execution = succeed(twin, &night(twin, 0)?).await?;
    let run = run_id(&execution)?;
    let output = execution.output.as_ref().context("a run has output")?;
    assert_eq!(output["check"]["verdict"], "warn");
    let (verdict, observed) = told(&execution)?;
    assert_eq!(verdict, "warn");
    let wanted: Vec<_> = REFUSED
        .iter()
        .map(|(object, windows)| ((*object).to_owned(), *windows))
        .collect();
    assert_eq!(left_out(twin, &run).await?, wanted);
    let windows: i64 = wanted.iter().map(|(_, windows)| windows).sum();
    ensure!(
        observed.starts_with(&format!("{windows} offending rows")),
        "{observed}"
    );

    let alerts = twin.messages().await?;
    let of = |subject: &str| -> Vec<_> {
        let of = alerts.iter().filter(|(one, _)| one == subject);
        of.map(|(_, text)| text.as_str()).collect()
    };
    let told = [
        of("Tributary: a Genesys window was left out"),
        of("Tributary: a Salesforce window was left out"),
    ]
    .concat();
    for (object, windows) in &wanted {
        ensure!(observed.contains(object), "{object}: {observed}");
        let object = object.split(' ').next_back().unwrap_or_default();
        let name = format!(" of {object} in run {run} failed and was left out: ");
        let of_object = told.iter().filter(|text| text.contains(&name)).count();
        assert_eq!(i64::try_from(of_object)?, *windows, "{alerts:?}");
    }
    ensure!(
        told.iter()
            .all(|text| text.contains("goes on without") && !text.contains("errorMessage")),
        "{told:?}"
    );
    assert_eq!(of("Tributary: a Genesys window failed"), Vec::<&str>::new());

    // Everything else is here, of both sources.
    let plan = &output["plan"];
    let planned = ["genesys_windows", "salesforce_windows"].map(|of| plan[of].as_i64());
    let planned: i64 = planned.into_iter().flatten().sum();
    let in_ledger = format!(
        "select count(*) from ops.window_ledger where batch_id = '{run}' and object <> 'external_contact'"
    );
    assert_eq!(number(twin, &in_ledger).await?, planned);
    let world = twin.world();
    let expected = world.expected(world.begin(), world.end());
    assert_eq!(
        number(twin, "select count(*) from mart.unified_interactions").await?,
        i64::try_from(expected.conversations - expected.unstorable)?
    );
    for (what, is_empty) in [
        ("curated.dim_salesforce_contact where is_current", false),
        ("curated.dim_queue", false),
        ("staging.salesforce_history where object = 'account'", false),
        ("staging.genesys_queue_aggregate", false),
        // What was refused: nothing of it, and nothing concluded from that.
        ("curated.dim_agent", true),
        ("staging.genesys_adherence", true),
        ("staging.salesforce_history where object = 'contact'", true),
        ("curated.salesforce_purged where object = 'account'", true),
    ] {
        let rows = number(twin, &format!("select count(*) from {what}")).await?;
        assert_eq!(rows == 0, is_empty, "{what}: {rows} rows");
    }
    let missing = twin
        .sql(
            "select source || ' ' || object, sum(left_out_windows) from mart.completeness \
             where has_gap and windows = 0 and not is_settled and last_read_at is null group by 1 order by 1",
        )
        .await?;
    let wanted: Vec<_> = wanted
        .into_iter()
        .map(|(object, windows)| vec![Some(object), Some(windows.to_string())])
        .collect();
    assert_eq!(missing, wanted);
    Ok(run)
}

#[test]
fn what_fails_alone_is_left_out_and_told_and_the_next_night_reads_it() -> Result<()> {
    alone(async {
        let end = midnight_before(3);
        let disturbed = async {
            let twin = start(end).await?;
            refuse(&twin);
            a_core_window_stops_the_run(&twin).await?;
            let first = the_run_goes_on(&twin).await?;
            let before = left_out(&twin, &first).await?;

            // Whatever the windows come to now, a batch that is loaded stays as it is.
            clean(&twin).await?;
            let execution = succeed(&twin, &night(&twin, 0)?).await?;
            assert_eq!(run_id(&execution)?, first);
            assert_eq!(left_out(&twin, &first).await?, before);
            assert_eq!(told(&execution)?.0, "warn");

            let execution = succeed(&twin, &night(&twin, 1)?).await?;
            let second = run_id(&execution)?;
            assert_ne!(first, second);
            assert_eq!(left_out(&twin, &second).await?, []);
            let nothing = ("pass".to_owned(), "0 offending rows".to_owned());
            assert_eq!(told(&execution)?, nothing);
            for (object, windows) in REFUSED {
                let read = format!(
                    "select count(*) from ops.window_ledger where batch_id = '{second}' and source || ' ' || object = '{object}'"
                );
                assert_eq!(number(&twin, &read).await?, windows, "{object}");
            }
            // What had been read is not read again, but for the new day.
            let again = format!(
                "select count(*) from ops.window_ledger where batch_id = '{second}' and object = 'conversation'"
            );
            assert_eq!(number(&twin, &again).await?, 1);

            // One window has left the horizon: it stays missing until a backfill reads it, and that reads nothing else of its day.
            let missing = "select sum(left_out_windows) from mart.completeness";
            assert_eq!(number(&twin, missing).await?, 1);
            let mut event = backfill(&twin, -1)?;
            event["at"] = night(&twin, 1)?["at"].take();
            let of_backfill = run_id(&succeed(&twin, &event).await?)?;
            assert_eq!(number(&twin, missing).await?, 0);
            let daily = format!(
                "select count(*) from ops.window_ledger where batch_id = '{of_backfill}' and source = 'genesys' and extraction <> 'reference'"
            );
            assert_eq!(number(&twin, &daily).await?, 1);
            let results = results(&twin).await?;
            twin.stop().await;
            Ok(results)
        };
        let (calm, disturbed) = tokio::try_join!(Box::pin(undisturbed(end)), Box::pin(disturbed))?;
        assert_eq!(differences(&calm.0, &disturbed.0), Vec::<String>::new());
        assert_eq!(calm.1, disturbed.1);
        Ok(())
    })
}
