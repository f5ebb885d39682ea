//! Following an execution: its steps, its plan, its windows, and every call that failed on the way.

use super::left::{Objects, TimeLeft, time_left};
use super::progress::{FailedCall, Progress, Windows, failed_call, window_text, without_window};
use super::receipts::Receipts;
use super::{Execution, STEPS, Status, describe, map_runs, stop, windows};
use crate::aws::Aws;
use crate::data_api::{ObjectSource as _, S3Source};
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use model::payload::PlanOutcome;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(120);
/// Receipts and children are looked at less often than steps.
const LOOK: Duration = Duration::from_millis(900);

/// Follows an execution to its end; stops it when it outlasts `limit`. With a bucket it also tells of plan, receipts and
/// failed calls.
pub async fn follow(
    aws: &Aws,
    arn: &str,
    bucket: Option<&str>,
    limit: Duration,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Execution> {
    let started = Instant::now();
    let mut steps = Steps::default();
    let mut run = bucket.map(|bucket| Run::new(aws, arn, bucket));
    let mut seen = None;
    loop {
        let execution = describe(aws, arn).await?;
        let history = events(aws, arn, false).await?;
        let is_extracting = steps.current.as_deref() == Some("Extract");
        // Counted after the history was read and told before it: the last count of the step is its final one.
        if is_extracting {
            let counts = windows(aws, arn).await?.1;
            match &mut run {
                Some(run) => run.look(counts, tell).await?,
                None if seen == Some(counts) => {}
                None => {
                    seen = Some(counts);
                    let (done, failed, total) = counts;
                    tell(Progress::Windows(Windows {
                        done,
                        failed,
                        total,
                        ..Windows::default()
                    }));
                }
            }
        }
        steps.read(&history, tell);
        if steps.current.is_some() {
            tell(Progress::Still);
        }
        if let Some(run) = &mut run
            && run.receipts.is_none()
            && history.iter().any(is_plan)
        {
            run.planned(execution.started_at, tell).await?;
        }
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
        tokio::time::sleep(PAUSE).await;
    }
}

/// The plan of the run, its receipts and its children.
struct Run<'a> {
    aws: &'a Aws,
    arn: &'a str,
    bucket: &'a str,
    source: S3Source,
    receipts: Option<Receipts>,
    total: u64,
    began: Instant,
    /// When a window was seen to be done last.
    news: Instant,
    looked: Option<Instant>,
    told: Windows,
    /// Events read so far of each child that runs.
    children: BTreeMap<String, usize>,
}

impl<'a> Run<'a> {
    fn new(aws: &'a Aws, arn: &'a str, bucket: &'a str) -> Self {
        Self {
            aws,
            arn,
            bucket,
            source: S3Source(aws.s3()),
            receipts: None,
            total: 0,
            began: Instant::now(),
            news: Instant::now(),
            looked: None,
            told: Windows::default(),
            children: BTreeMap::new(),
        }
    }

    /// Reads the plan from what the state put out: unlike the one in the bucket it also says that an earlier plan is continued.
    async fn planned(
        &mut self,
        since: Timestamp,
        tell: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<()> {
        let history = events(self.aws, self.arn, true).await?;
        let output = |event: &Value| {
            let output = event["stateExitedEventDetails"]["output"].as_str()?;
            let output: Value = serde_json::from_str(output).ok()?;
            output.get("plan").cloned()
        };
        // A refused token ends the state as well, without a plan: the state after it makes it.
        let Some(plan) = history
            .iter()
            .filter(|event| is_plan(event))
            .find_map(output)
        else {
            return Ok(());
        };
        let plan: PlanOutcome =
            serde_json::from_value(plan).context("what the state Plan put out")?;
        let planned = self.objects(&plan).await?;
        let mut receipts = Receipts::of(plan.run_id.as_str(), planned, since);
        receipts.look(&self.source, self.bucket, LOOK).await?;
        let before = receipts.before();
        self.total = plan.genesys_windows + plan.salesforce_windows;
        (self.began, self.news) = (Instant::now(), Instant::now());
        self.receipts = Some(receipts);
        tell(Progress::Planned(Box::new(plan), before));
        Ok(())
    }

    /// How many windows of each object are planned.
    async fn objects(&self, plan: &PlanOutcome) -> Result<Objects> {
        let mut objects = Objects::new();
        for key in [&plan.genesys_key, &plan.salesforce_key] {
            let bytes = self.source.get(self.bucket, key).await?;
            let bytes = bytes.with_context(|| format!("the plan {key} is not in the bucket"))?;
            let tasks: Vec<Value> =
                serde_json::from_slice(&bytes).with_context(|| format!("reading {key}"))?;
            for task in &tasks {
                let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
                let object = (text("source"), text("object"));
                objects.entry(object).or_default().total += 1;
            }
        }
        Ok(objects)
    }

    async fn look(
        &mut self,
        (ended, failed, _): (u64, u64, u64),
        tell: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<()> {
        let Some(receipts) = &mut self.receipts else {
            return Ok(());
        };
        // When the last has ended, at once: nobody looks again.
        let total = self.total;
        let is_last = ended + failed >= total;
        if !is_last && self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        receipts
            .look(&self.source, self.bucket, Duration::ZERO)
            .await?;
        let (done, elapsed) = (receipts.done(), self.began.elapsed());
        if done > self.told.done {
            self.news = Instant::now();
        }
        let left = total.saturating_sub(done + failed);
        let windows = Windows {
            done,
            before: receipts.before(),
            failed,
            total,
            rows: receipts.rows,
            calls: receipts.calls,
            elapsed,
            // One source may be through before the other tells anything: what was told stays as the least.
            left: time_left(&receipts.objects, left, elapsed, self.news.elapsed()).or_else(|| {
                let least = |left: TimeLeft| TimeLeft {
                    is_least: true,
                    ..left
                };
                self.told.left.map(least)
            }),
        };
        let is_news = (windows.done, windows.failed) != (self.told.done, self.told.failed);
        for failed in self.failed_children().await? {
            tell(Progress::Failed(failed));
        }
        // Also without news, so that the time goes on; whoever shows it decides how often.
        if is_news || windows.elapsed > self.told.elapsed {
            self.told = windows;
            tell(Progress::Windows(windows));
        }
        Ok(())
    }

    /// Calls that have failed since the last look, of windows that run or have failed.
    async fn failed_children(&mut self) -> Result<Vec<FailedCall>> {
        let mut failed = Vec::new();
        for run in map_runs(self.aws, self.arn).await? {
            for status in ["RUNNING", "FAILED"] {
                let request = json!({"mapRunArn": run, "statusFilter": status, "maxResults": 100});
                let answer = self.aws.states("ListExecutions", &request).await?;
                for child in answer["executions"].as_array().into_iter().flatten() {
                    if let Some(arn) = child["executionArn"].as_str() {
                        failed.extend(self.failed_calls(arn).await?);
                    }
                }
            }
        }
        Ok(failed)
    }

    async fn failed_calls(&mut self, child: &str) -> Result<Vec<FailedCall>> {
        let read = self.children.get(child).copied().unwrap_or_default();
        let history = events(self.aws, child, false).await?;
        self.children.insert(child.to_owned(), history.len());
        let mut failed: Vec<_> = history
            .iter()
            .skip(read)
            .filter_map(|event| failed_call(event, ""))
            .collect();
        if !failed.is_empty() {
            let request = json!({"executionArn": child});
            let answer = self.aws.states("DescribeExecution", &request).await?;
            let input: Value = serde_json::from_str(answer["input"].as_str().unwrap_or("null"))?;
            for one in &mut failed {
                one.what = window_text(&input["task"]);
                one.cause = without_window(&one.cause, &input["task"]).to_owned();
            }
        }
        Ok(failed)
    }
}

/// Whether a state that makes the plan has ended.
fn is_plan(event: &Value) -> bool {
    ["Plan", "PlanOnceMore"]
        .map(Value::from)
        .contains(&event["stateExitedEventDetails"]["name"])
}

async fn events(aws: &Aws, arn: &str, with_data: bool) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut request =
            json!({"executionArn": arn, "maxResults": 1000, "includeExecutionData": with_data});
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

/// Turns the events of a history into the beginnings and ends of steps, and the calls that failed in them.
#[derive(Debug, Default)]
struct Steps {
    read: usize,
    current: Option<String>,
    began: f64,
}

impl Steps {
    fn read(&mut self, events: &[Value], tell: &mut (dyn FnMut(Progress) + Send)) {
        for event in events.iter().skip(self.read) {
            let at = event["timestamp"].as_f64().unwrap_or_default();
            let step = self.current.as_deref().unwrap_or("the run");
            if let Some(failed) = failed_call(event, step) {
                tell(Progress::Failed(failed));
            }
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
        // Several events of one look: a failed call belongs to the step that was under way, and is told within it.
        history.push(json!({"type": "TaskFailed", "timestamp": 4.0, "taskFailedEventDetails": {"error": "Transient", "cause": "busy"}}));
        history.push(entered("Merge", 5.0));
        history.push(json!({"type": "ExecutionAborted", "timestamp": 6.5}));
        steps.read(&history, &mut |progress| told.push(progress));
        assert_eq!(
            told,
            [
                Progress::Began("Load".to_owned()),
                Progress::Failed(FailedCall {
                    what: "Load".to_owned(),
                    error: "Transient".to_owned(),
                    cause: "busy".to_owned(),
                }),
                Progress::Ended("Load".to_owned(), Duration::from_secs(4)),
                Progress::Began("Merge".to_owned()),
                Progress::Ended("Merge".to_owned(), Duration::from_millis(1500)),
            ]
        );
    }
}
