//! The pipeline end to end on the twin: what its tests share.

pub mod crm;
pub mod random;
pub mod receipts;
pub mod shared;
pub mod tables;

pub use shared::Shared;

use anyhow::{Context, Result, ensure};
use fakes::control::{Fault, Kind};
use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use local::process::Caller;
use local::{Execution, Status, Twin, TwinOptions};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::Path;

/// An event of `events/pipeline`, by its name without `.json`.
pub fn event(name: &str) -> Result<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/pipeline");
    let path = folder.join(format!("{name}.json"));
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// The nightly event at the end of the twin's data: midnight may pass while a test runs.
pub fn nightly(twin: &Twin) -> Result<Value> {
    let mut event = event("nightly")?;
    event["at"] = json!(twin.world().end());
    Ok(event)
}

/// Options under which no quota makes a run wait, on either side: for tests that are about something else.
pub fn unhurried_by_quotas(mut options: TwinOptions) -> TwinOptions {
    options.genesys.requests_per_minute = u32::MAX;
    let quotas = [
        ("requests_per_minute = 300", "requests_per_minute = 90000"),
        (
            "requests_per_minute = 100\n",
            "requests_per_minute = 90000\n",
        ),
    ];
    let quotas = quotas.map(|(from, to)| (from.to_owned(), to.to_owned()));
    options.settings.extend(quotas);
    options
}

/// The UTC midnight so many days before the last one.
#[allow(clippy::disallowed_methods)] // a test decides what day it is for its data
pub fn midnight_before(days: i64) -> Timestamp {
    let today = Timestamp::now().as_second().div_euclid(86_400) - days;
    Timestamp::from_second(today * 86_400).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A backfill of day `day` of the twin's data, counted from 0, that exports no report.
pub fn backfill(twin: &Twin, day: i64) -> Result<Value> {
    let (from, to) = interval(twin, day);
    let mut event = event("backfill")?;
    event["from"] = json!(from);
    event["to"] = json!(to);
    event["reports"] = json!([]);
    Ok(event)
}

/// Beginning and end of day `day` of the twin's data.
pub fn interval(twin: &Twin, day: i64) -> (Timestamp, Timestamp) {
    let from = twin.world().begin() + SignedDuration::from_hours(24 * day);
    (from, from + SignedDuration::from_hours(24))
}

/// The run of an execution that has succeeded.
pub fn run_id(execution: &Execution) -> Result<String> {
    let output = execution.output.as_ref();
    output
        .and_then(|output| output["plan"]["run_id"].as_str())
        .map(str::to_owned)
        .with_context(|| format!("the execution has no run: {execution:?}"))
}

/// Runs the pipeline and insists that it succeeds.
pub async fn succeed(twin: &Twin, event: &Value) -> Result<Execution> {
    let execution = twin.run(event.clone()).await?;
    ensure!(execution.status == Status::Succeeded, "{execution:#?}");
    Ok(execution)
}

/// Runs the pipeline and insists that it fails: the error name and what was said.
pub async fn fail(twin: &Twin, event: &Value) -> Result<(String, String)> {
    let execution = twin.run(event.clone()).await?;
    ensure!(execution.status == Status::Failed, "{execution:#?}");
    let error = execution.error.context("a failure has a name")?;
    let mut cause = execution.cause.context("a failure has a cause")?;
    for window in &execution.failed_windows {
        cause = format!("{cause}\n{}: {}", window.error, window.cause);
    }
    Ok((error, cause))
}

/// Answers with this status instead of the real answer.
pub const fn status(code: u16) -> Kind {
    Kind::Status {
        code,
        retry_after: None,
        body: None,
    }
}

/// A fault for so many requests whose path holds this text.
pub fn fault(path: &str, kind: Kind, times: u64) -> Fault {
    Fault::new(path, kind, times)
}

/// Takes away faults, counts and messages that an earlier test left.
pub async fn clean(twin: &Twin) -> Result<()> {
    for control in [twin.genesys(), twin.salesforce()] {
        control.faults.clear();
        control.requests.reset();
    }
    twin.messages().await?;
    Ok(())
}

/// Ends the functions that are warm, as Lambda does with those that nobody calls: what they had in memory is gone (Linux only).
pub fn end_functions(twin: &Twin) {
    for one in Caller::running(&twin.endpoints().aws, "") {
        one.kill();
    }
}

/// The single number of a query.
pub async fn number(twin: &Twin, statement: &str) -> Result<i64> {
    let rows = twin.sql(statement).await?;
    let value = rows.first().and_then(|row| row.first()).cloned().flatten();
    let value = value.with_context(|| format!("{statement} answered nothing"))?;
    value
        .parse()
        .with_context(|| format!("{statement} answered {value}"))
}

/// The lines of a compressed object in the bucket.
pub async fn lines(twin: &Twin, key: &str) -> Result<Vec<String>> {
    let packed = twin.object(key).await?;
    let packed = packed.with_context(|| format!("{key} is not in the bucket"))?;
    let mut text = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .with_context(|| format!("unpacking {key}"))?;
    Ok(text.lines().map(str::to_owned).collect())
}
