//! An execution of the state machine: started, followed step by step, described when it has ended.

mod follow;
mod left;
mod progress;
mod receipts;

pub use follow::follow;
pub use left::TimeLeft;
pub use progress::{FailedCall, Progress, Windows};
pub(crate) use progress::{window_text, without_window};

use crate::aws::Aws;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The steps a person wants to see, in order; the states between them are plumbing.
pub const STEPS: [&str; 10] = [
    "CheckInput",
    "Migrate",
    "RefreshTokens",
    "Plan",
    "Extract",
    "Load",
    "Merge",
    "CheckRun",
    "ExportReports",
    "Notify",
];

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Under way.
    Running,
    /// Ended in `Succeed`.
    Succeeded,
    /// Ended in `Fail` or by an error.
    Failed,
    /// Passed the machine's time limit.
    TimedOut,
    /// Stopped by request.
    Aborted,
}

impl Status {
    /// The name Step Functions uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "RUNNING" => Self::Running,
            "SUCCEEDED" => Self::Succeeded,
            "FAILED" => Self::Failed,
            "TIMED_OUT" => Self::TimedOut,
            "ABORTED" => Self::Aborted,
            other => bail!("Step Functions has no execution status {other}"),
        })
    }
}

/// An execution that has ended, or as it stands.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// How it stands.
    pub status: Status,
    /// When it began.
    pub started_at: Timestamp,
    /// What the last state put out, when it succeeded.
    pub output: Option<Value>,
    /// The error name, when it failed: a failure kind, or one of Step Functions' own.
    pub error: Option<String>,
    /// What the failed step said, readable.
    pub cause: Option<String>,
    /// The windows that failed, when the extraction did.
    pub failed_windows: Vec<FailedWindow>,
}

/// A child execution of a Distributed Map that failed.
#[derive(Debug, Clone)]
pub struct FailedWindow {
    /// What it was asked for.
    pub input: Value,
    /// The error name.
    pub error: String,
    /// What the function said, readable.
    pub cause: String,
}

/// Starts an execution and returns its ARN.
pub async fn start(aws: &Aws, state_machine: &str, input: &Value) -> Result<String> {
    let answer = aws
        .states(
            "StartExecution",
            &json!({"stateMachineArn": state_machine, "input": input.to_string()}),
        )
        .await?;
    let arn = answer["executionArn"].as_str();
    Ok(arn
        .context("StartExecution answered without an ARN")?
        .to_owned())
}

/// Stops an execution.
///
/// The emulator ends it at once but lets a Parallel or Map state that is under way run on until its calls return;
/// [`quiet`] waits for that.
pub async fn stop(aws: &Aws, arn: &str) -> Result<()> {
    let request = json!({"executionArn": arn, "error": "Stopped", "cause": "stopped by request"});
    aws.states("StopExecution", &request).await?;
    Ok(())
}

/// Waits until no window of an execution is being read any more.
pub async fn quiet(aws: &Aws, arn: &str, limit: Duration) -> Result<()> {
    let started = Instant::now();
    loop {
        let (running, _) = windows(aws, arn).await?;
        if running == 0 {
            return Ok(());
        }
        if started.elapsed() > limit {
            bail!(
                "{running} windows of {arn} are still read after {} s",
                limit.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How an execution stands.
pub async fn describe(aws: &Aws, arn: &str) -> Result<Execution> {
    let answer = aws
        .states("DescribeExecution", &json!({"executionArn": arn}))
        .await?;
    let status = Status::parse(answer["status"].as_str().unwrap_or_default())?;
    let output = match (status, answer["output"].as_str()) {
        (Status::Succeeded, Some(text)) => Some(serde_json::from_str(text)?),
        _ => None,
    };
    let failed_windows = match status {
        Status::Failed => failed_windows(aws, arn).await?,
        _ => Vec::new(),
    };
    Ok(Execution {
        arn: arn.to_owned(),
        status,
        started_at: began_at(&answer["startDate"])?,
        output,
        error: answer["error"].as_str().map(str::to_owned),
        cause: answer["cause"].as_str().map(readable),
        failed_windows,
    })
}

/// When an execution began, of the seconds since 1970 that the service tells.
fn began_at(start: &Value) -> Result<Timestamp> {
    let seconds = start.as_f64().unwrap_or(-1.0);
    let span = Duration::try_from_secs_f64(seconds).with_context(|| {
        format!("startDate of an execution is {start}, not a number of seconds")
    })?;
    Ok(Timestamp::UNIX_EPOCH + span)
}

async fn map_runs(aws: &Aws, arn: &str) -> Result<Vec<String>> {
    let answer = aws
        .states("ListMapRuns", &json!({"executionArn": arn}))
        .await?;
    let runs = answer["mapRuns"].as_array().cloned().unwrap_or_default();
    Ok(runs
        .iter()
        .filter_map(|run| run["mapRunArn"].as_str().map(str::to_owned))
        .collect())
}

/// Windows not yet ended, and (done, failed, all).
async fn windows(aws: &Aws, arn: &str) -> Result<(u64, (u64, u64, u64))> {
    let (mut running, mut done, mut failed, mut total) = (0, 0, 0, 0);
    for run in map_runs(aws, arn).await? {
        let answer = aws
            .states("DescribeMapRun", &json!({"mapRunArn": run}))
            .await?;
        let count = |name: &str| answer["itemCounts"][name].as_u64().unwrap_or_default();
        running += count("running") + count("pending");
        done += count("succeeded");
        failed += count("failed") + count("timedOut") + count("aborted");
        total += count("total");
    }
    Ok((running, (done, failed, total)))
}

async fn failed_windows(aws: &Aws, arn: &str) -> Result<Vec<FailedWindow>> {
    let mut failed = Vec::new();
    for run in map_runs(aws, arn).await? {
        let request = json!({"mapRunArn": run, "statusFilter": "FAILED"});
        let answer = aws.states("ListExecutions", &request).await?;
        for child in answer["executions"].as_array().into_iter().flatten() {
            let answer = aws
                .states(
                    "DescribeExecution",
                    &json!({"executionArn": child["executionArn"]}),
                )
                .await?;
            let input = answer["input"].as_str().unwrap_or("null");
            failed.push(FailedWindow {
                input: serde_json::from_str::<Value>(input)?["task"].take(),
                error: answer["error"].as_str().unwrap_or_default().to_owned(),
                cause: readable(answer["cause"].as_str().unwrap_or_default()),
            });
        }
    }
    Ok(failed)
}

/// A function's error reaches Step Functions as JSON, sometimes packed twice: its message is what a person reads.
fn readable(cause: &str) -> String {
    let start = cause.find('{').unwrap_or(cause.len());
    let (before, packed) = cause.split_at(start);
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(packed) else {
        return cause.to_owned();
    };
    for key in ["errorMessage", "Cause"] {
        if let Some(inner) = object.get(key).and_then(Value::as_str) {
            return format!("{before}{}", readable(inner));
        }
    }
    cause.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_packed_twice_is_unpacked_and_keeps_its_step() {
        let packed = r#"Load: {"errorType": "Invalid", "errorMessage": "COPY: no such key"}"#;
        assert_eq!(readable(packed), "Load: COPY: no such key");
        let twice = r#"{"Error":"Invalid","Cause":"{\"errorMessage\": \"400 of window\"}"}"#;
        assert_eq!(readable(twice), "400 of window");
        assert_eq!(readable("plain text"), "plain text");
        assert_eq!(readable("broken {json"), "broken {json");
    }
}
