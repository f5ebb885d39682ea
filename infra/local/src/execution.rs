//! An execution of the state machine: started, followed step by step, described when it has ended.

use crate::aws::Aws;
use anyhow::{Context, Result, bail};
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

/// What happens while an execution is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A step has begun.
    Began(String),
    /// A step has ended, after so long.
    Ended(String, Duration),
    /// How far the windows are.
    Windows {
        /// Done.
        done: u64,
        /// Failed.
        failed: u64,
        /// All.
        total: u64,
    },
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
        output,
        error: answer["error"].as_str().map(str::to_owned),
        cause: answer["cause"].as_str().map(readable),
        failed_windows,
    })
}

/// Follows an execution to its end; stops it when it outlasts `limit`.
pub async fn follow(
    aws: &Aws,
    arn: &str,
    limit: Duration,
    tell: &mut dyn FnMut(Progress),
) -> Result<Execution> {
    let started = Instant::now();
    let mut steps = Steps::default();
    let mut seen = None;
    loop {
        let execution = describe(aws, arn).await?;
        let history = events(aws, arn).await?;
        // Counted after the history was read and told before it: the last count of the step is its final one.
        if steps.current.as_deref() == Some("Extract") {
            let counts = windows(aws, arn).await?.1;
            if seen != Some(counts) {
                seen = Some(counts);
                let (done, failed, total) = counts;
                tell(Progress::Windows {
                    done,
                    failed,
                    total,
                });
            }
        }
        steps.read(&history, tell);
        if execution.status != Status::Running {
            return Ok(execution);
        }
        if started.elapsed() > limit {
            stop(aws, arn).await?;
            bail!(
                "the execution was stopped after {} s in step {}",
                limit.as_secs(),
                steps.current.as_deref().unwrap_or("Begin")
            );
        }
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
}

async fn events(aws: &Aws, arn: &str) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut request =
            json!({"executionArn": arn, "maxResults": 1000, "includeExecutionData": false});
        if !token.is_null() {
            request["nextToken"] = token;
        }
        let mut answer = aws.states("GetExecutionHistory", &request).await?;
        if let Value::Array(page) = answer["events"].take() {
            events.extend(page);
        }
        token = answer["nextToken"].take();
        if token.is_null() {
            return Ok(events);
        }
    }
}

/// Turns the entered states of a history into the beginnings and ends of steps.
#[derive(Debug, Default)]
struct Steps {
    read: usize,
    current: Option<String>,
    began: f64,
}

impl Steps {
    fn read(&mut self, events: &[Value], tell: &mut dyn FnMut(Progress)) {
        for event in events.iter().skip(self.read) {
            let at = event["timestamp"].as_f64().unwrap_or_default();
            let is_end = event["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("Execution") && kind != "ExecutionStarted");
            let entered = event["stateEnteredEventDetails"]["name"].as_str();
            let step = entered.filter(|name| STEPS.contains(name));
            if !is_end && step.is_none() {
                continue;
            }
            if let Some(ended) = self.current.take() {
                let took = Duration::try_from_secs_f64(at - self.began).unwrap_or_default();
                tell(Progress::Ended(ended, took));
            }
            if let Some(step) = step {
                self.current = Some(step.to_owned());
                self.began = at;
                tell(Progress::Began(step.to_owned()));
            }
        }
        self.read = self.read.max(events.len());
    }
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

    fn entered(name: &str, at: f64) -> Value {
        json!({"type": "TaskStateEntered", "timestamp": at, "stateEnteredEventDetails": {"name": name}})
    }

    #[test]
    fn polls_belong_to_the_step_they_wait_for() {
        let mut told = Vec::new();
        let mut steps = Steps::default();
        let mut history = vec![entered("Load", 1.0), entered("LoadDone", 2.0)];
        steps.read(&history, &mut |progress| told.push(progress));
        history.push(entered("PollLoad", 3.0));
        history.push(entered("Merge", 5.0));
        history.push(json!({"type": "ExecutionAborted", "timestamp": 6.5}));
        steps.read(&history, &mut |progress| told.push(progress));
        assert_eq!(
            told,
            [
                Progress::Began("Load".to_owned()),
                Progress::Ended("Load".to_owned(), Duration::from_secs(4)),
                Progress::Began("Merge".to_owned()),
                Progress::Ended("Merge".to_owned(), Duration::from_millis(1500)),
            ]
        );
    }

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
