//! Functions that are killed in the middle of their work, at many places: nothing is lost, nothing is there twice.

use anyhow::{Context, Result, ensure};
use fakes::control::{Fault, Kind};
use jiff::Timestamp;
use local::data_api::{Kill, Moment};
use local::process::Caller;
use local::{Status, Twin, TwinOptions};
use pipeline::random::Random;
use pipeline::shared::alone;
use pipeline::tables::{Checksums, OF_THE_BATCH, OF_THE_READING, checksums, differences};
use pipeline::{backfill, nightly, succeed, unhurried_by_quotas};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const SEED: u64 = 20_260_105;
/// At least so many functions must really have been killed.
const KILLS: usize = 50;
/// A run may fail of its kills and is started again; by then most of them have happened.
const STARTS: usize = 8;
const ALL: [&str; 4] = ["raw", "staging", "curated", "mart"];

async fn start(end: Option<Timestamp>) -> Result<Twin> {
    Twin::start(unhurried_by_quotas(TwinOptions {
        days: 3,
        conversations: 150,
        end,
        wait_scale: 0.02,
        // Several pages a window, so that there is something between the first and the last request.
        settings: vec![(
            "job_page_size = 1000".to_owned(),
            "job_page_size = 20".to_owned(),
        )],
        ..TwinOptions::default()
    }))
    .await
}

/// What both twins read: a night, and a day of it once more.
fn events(twin: &Twin) -> Result<Vec<Value>> {
    let mut again = backfill(twin, 1)?;
    again["force"] = json!(true);
    again["at"] = json!(twin.world().end());
    Ok(vec![nightly(twin)?, again])
}

fn replay(twin: &Twin) -> Value {
    let (from, to) = (twin.world().begin(), twin.world().end());
    json!({"mode": "replay", "from": from, "to": to, "at": to})
}

/// Kills of callers of the two sources: spread over so many requests each.
fn over_the_sources(twin: &Twin, random: &mut Random, genesys: u64, salesforce: u64) {
    for (control, path, kills) in [
        (twin.genesys(), "/api/v2/", genesys),
        (twin.salesforce(), "/services/data/", salesforce),
    ] {
        for _ in 0..kills {
            let after = random.below(2) == 0;
            let skip = random.below(8 * kills);
            control
                .faults
                .add(Fault::new(path, Kind::Kill { after }, 1).after(skip));
        }
    }
}

/// Kills of callers of the warehouse, each function of the pipeline once or twice.
fn over_the_warehouse(twin: &Twin, random: &mut Random) {
    for (function, operation, among) in [
        ("migrate", "ExecuteStatement", 2),
        ("plan", "Statement", 2),
        ("load", "BatchExecuteStatement", 1),
        ("load", "DescribeStatement", 2),
        ("merge", "BatchExecuteStatement", 1),
        ("merge", "DescribeStatement", 2),
        ("check", "ExecuteStatement", 30),
        ("check", "DescribeStatement", 30),
        ("export-report", "ExecuteStatement", 1),
        ("export-report", "GetStatementResult", 1),
    ] {
        let moment = match random.below(3) {
            0 => Moment::Before,
            1 => Moment::After,
            _ => Moment::Later(Duration::from_millis(random.below(40))),
        };
        twin.kills().add(Kill {
            function: function.to_owned(),
            operation: operation.to_owned(),
            skip: random.below(among),
            moment,
        });
    }
}

/// Until it is dropped, ends now and then a process that extracts: between its requests it writes to the bucket.
fn between_requests(twin: &Twin, seed: u64) -> impl Drop + use<> {
    struct Reaper(tokio::task::JoinHandle<()>);
    impl Drop for Reaper {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let endpoint = twin.endpoints().aws;
    Reaper(tokio::spawn(async move {
        let mut random = Random::new(seed);
        loop {
            tokio::time::sleep(Duration::from_millis(1200 + random.below(1500))).await;
            let running = Caller::running(&endpoint, "extract-");
            if let Some(one) = running.get(usize::try_from(random.below(8)).unwrap_or(0)) {
                one.kill();
            }
        }
    }))
}

/// Starts the same input until it succeeds, with no kill of its own left at the end.
async fn in_the_end_succeeds(twin: &Twin, event: &Value, seed: u64) -> Result<usize> {
    for start in 1..STARTS {
        let reaper = between_requests(twin, seed + start as u64);
        let execution = twin.run(event.clone()).await?;
        drop(reaper);
        if execution.status == Status::Succeeded {
            return Ok(start);
        }
        // Whatever a killed function leaves, the next one must not call it bad input or bad data.
        let error = execution.error.as_deref().unwrap_or_default();
        let windows = execution
            .failed_windows
            .iter()
            .map(|one| one.error.as_str());
        for error in windows.chain([error]) {
            ensure!(
                !["Invalid", "DataQuality", "Unauthorized"].contains(&error),
                "a kill became {error}: {execution:#?}"
            );
        }
    }
    for control in [twin.genesys(), twin.salesforce()] {
        control.faults.clear();
    }
    twin.kills().clear();
    succeed(twin, event).await?;
    Ok(STARTS)
}

/// Every table, and of the ledger what does not depend on how often something was asked for.
async fn tables(twin: &Twin) -> Result<(Checksums, Vec<Vec<Option<String>>>)> {
    let without: Vec<_> = OF_THE_READING.into_iter().chain(["ingested_at"]).collect();
    let ledger = "select batch_id, mode, source, object, window_start, window_end, window_no, extraction, api_rows, out_of_window_rows, landed_rows, \
                  staged_rows, quarantined_rows, merged_rows + superseded_rows, is_settled from ops.window_ledger order by 1, 3, 4, 5, 6";
    Ok((
        checksums(twin, &ALL, &without).await?,
        twin.sql(ledger).await?,
    ))
}

/// A replay takes the windows in the order in which they were read: its own numbers do not count.
async fn results(twin: &Twin) -> Result<Checksums> {
    let without: Vec<_> = OF_THE_READING.into_iter().chain(OF_THE_BATCH).collect();
    checksums(twin, &["curated", "mart"], &without).await
}

#[test]
fn functions_killed_at_many_places_leave_the_tables_of_an_undisturbed_run() -> Result<()> {
    alone(async {
        let twin = start(None).await?;
        let end = twin.world().end();
        for event in events(&twin)? {
            succeed(&twin, &event).await?;
        }
        let (undisturbed, ledger) = tables(&twin).await?;
        succeed(&twin, &replay(&twin)).await?;
        let replayed = results(&twin).await?;
        twin.stop().await;

        let twin = start(Some(end)).await?;
        let mut random = Random::new(SEED);
        // The two tokens are asked for once.
        for control in [twin.genesys(), twin.salesforce()] {
            for after in [false, true] {
                control.faults.add(Fault::new("/token", Kind::Kill { after }, 1));
            }
        }
        let mut starts = Vec::new();
        for (no, event) in (0_u64..).zip(events(&twin)?) {
            over_the_sources(&twin, &mut random, 18 - 8 * no, 8 - 2 * no);
            over_the_warehouse(&twin, &mut random);
            starts.push(in_the_end_succeeds(&twin, &event, SEED + 100 * no).await?);
        }
        let (disturbed, disturbed_ledger) = tables(&twin).await?;
        over_the_warehouse(&twin, &mut random);
        starts.push(in_the_end_succeeds(&twin, &replay(&twin), SEED + 200).await?);
        let replayed_disturbed = results(&twin).await?;

        let happened = twin.kills().happened();
        let mut by_function = BTreeMap::<_, usize>::new();
        for killed in &happened {
            *by_function.entry(killed.function.clone()).or_default() += 1;
        }
        let of_sources = [twin.genesys(), twin.salesforce()].map(|one| one.requests.counts().killed);
        let all = happened.len() + usize::try_from(of_sources.iter().sum::<u64>())?;
        twin.stop().await;
        eprintln!("{all} functions were killed: {of_sources:?} by the sources, {by_function:?} by the warehouse; starts {starts:?}");

        ensure!(undisturbed.len() > 40, "only {:?}", undisturbed.keys());
        let first = ledger.iter().zip(&disturbed_ledger).find(|(one, other)| one != other);
        ensure!(
            first.is_none() && ledger.len() == disturbed_ledger.len(),
            "the ledgers differ, {} and {} windows: {first:?}",
            ledger.len(),
            disturbed_ledger.len()
        );
        assert_eq!(differences(&undisturbed, &disturbed), Vec::<String>::new());
        assert_eq!(differences(&replayed, &replayed_disturbed), Vec::<String>::new());
        ensure!(all >= KILLS, "only {all} functions were killed: {of_sources:?}, {by_function:?}");
        for name in ["migrate", "plan", "load", "merge", "check", "export-report"] {
            ensure!(
                by_function.keys().any(|function| function.contains(name)),
                "{name} was never killed: {by_function:?}"
            );
        }
        Ok(())
    })
    .context("see the logs in .local/logs")
}
