//! What came out of a run, read from the warehouse, the bucket and the links themselves; and what does not agree.

mod counts;
mod ledger;
mod reconciliation;
mod reports;

pub(crate) use counts::BESIDE;
pub use counts::Conversations;
pub use ledger::{Ledger, ObjectWindows, OpenWindow};
pub(crate) use reconciliation::lines as reconciliation_lines;
pub use reconciliation::{Differing, Reconciliation, Variance};
pub use reports::ReportFile;

use crate::data_api::{ObjectSource, S3Source};
use crate::execution::{Execution, FailedWindow, window_text, without_window};
use crate::roles::{self, RoleAccess};
use crate::twin::Twin;
use anyhow::{Context, Result};
use jiff::Timestamp;
use model::payload::{CheckResult, PlanOutcome, Verdict};
use reports::{Export, open};
use serde::Serialize;
use serde_json::Value;

/// The summary of a run; `--json` writes it as it is.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// `SUCCEEDED`, `FAILED`, …
    pub execution_status: String,
    /// The execution.
    pub execution: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The run; `None` when it failed before it was planned.
    pub run_id: Option<String>,
    /// The failed step's error and cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What an earlier execution of the same run had read; the ledger counts all of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continued: Option<Continued>,
    /// Where the records of the run's windows went.
    pub ledger: Ledger,
    /// What the sources count beside what is here.
    pub reconciliation: Reconciliation,
    /// Where the conversations went.
    pub conversations: Option<Conversations>,
    /// Share of the conversations with a CRM link, 0 to 1; `None` without conversations.
    pub join_rate: Option<f64>,
    /// Every data test.
    pub checks: Vec<CheckResult>,
    /// Every file of every report.
    pub reports: Vec<ReportFile>,
    /// What each role reads and is refused, found by logging in.
    pub roles: Vec<RoleAccess>,
    /// What does not agree; empty when all is well.
    pub problems: Vec<String>,
    /// Wall time of the execution.
    pub seconds: f64,
}

/// How much of a run an earlier execution had read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Continued {
    /// Windows it had read.
    pub before: u64,
    /// Windows of the plan.
    pub windows: u64,
}

/// Why a run failed.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// A failure kind, or one of Step Functions' own names.
    pub error: String,
    /// What the step said.
    pub cause: String,
}

impl Summary {
    /// Adds the windows of the run from the `summary.json` that `check` has written; a run that failed before has none.
    pub async fn take_ledger(&mut self, objects: &impl ObjectSource, bucket: &str) -> Result<()> {
        let Some(run_id) = &self.run_id else {
            return Ok(());
        };
        let key = format!("runs/{run_id}/summary.json");
        let Some(bytes) = objects.get(bucket, &key).await? else {
            return Ok(());
        };
        let mut written: Value =
            serde_json::from_slice(&bytes).with_context(|| format!("{key} is not JSON"))?;
        let objects: Vec<ObjectWindows> = serde_json::from_value(written["ledger"].take())
            .with_context(|| format!("{key} has no ledger"))?;
        // `check` has let the run pass: every window that was read closes, or the run has failed there. Its warning names the others.
        let windows: u64 = objects.iter().map(|one| one.windows).sum();
        let left_out: u64 = objects.iter().map(|one| one.left_out).sum();
        self.ledger = Ledger {
            objects,
            windows,
            closed: windows.saturating_sub(left_out),
            open: Vec::new(),
        };
        Ok(())
    }

    /// Reads a finished run of a twin whose whole data were asked for.
    pub async fn of(twin: &Twin, execution: &Execution, seconds: f64) -> Result<Self> {
        let mut summary = Self::failed(execution, seconds);
        let Some(output) = &execution.output else {
            return Ok(summary);
        };
        summary.take_output(output)?;
        let plan: PlanOutcome =
            serde_json::from_value(output["plan"].clone()).context("output: plan")?;
        summary.ledger = ledger::read(twin, &plan.run_id).await?;
        let conversations = counts::conversations(twin, &plan, &summary.ledger).await?;
        summary.join_rate = share(conversations.linked, conversations.merged);
        summary.problems = counts::disagreements(&conversations, &summary.ledger, &plan);
        let objects = S3Source(twin.aws().s3());
        summary
            .take_days(&objects, &twin.deployment().bucket)
            .await?;
        for file in &mut summary.reports {
            let opened = open(file).await;
            file.opened = Some(opened.is_ok());
            if let Err(error) = opened {
                let problem = format!("report {} as {}: {error:#}", file.name, file.format);
                summary.problems.push(problem);
            }
        }
        for report in &plan.reports {
            if !summary.reports.iter().any(|file| &file.name == report) {
                summary
                    .problems
                    .push(format!("report {report} was planned and has no file"));
            }
        }
        for check in &summary.checks {
            if check.verdict == Verdict::Fail {
                summary
                    .problems
                    .push(format!("check {} failed: {}", check.name, check.observed));
            }
        }
        if summary.checks.is_empty() {
            summary.problems.push("no check was run".to_owned());
        }
        summary.reconciliation = reconciliation::read(twin, &plan.run_id).await?;
        let objects = summary.ledger.objects.iter();
        let left_out: u64 = objects.map(|one| one.left_out).sum();
        let world = twin.world();
        let days = world.end().duration_since(world.begin()).as_hours() / 24;
        let found = reconciliation::problems(&summary.reconciliation, left_out, days);
        summary.problems.extend(found);
        summary.roles = roles::of(&twin.endpoints().postgres).await?;
        summary.problems.extend(roles::problems(&summary.roles));
        summary.conversations = Some(conversations);
        Ok(summary)
    }

    /// Takes what the output itself tells: the run, its checks and its links, which are not opened.
    pub fn take_output(&mut self, output: &Value) -> Result<()> {
        let part = |name: &str| output[name].clone();
        let plan: PlanOutcome = serde_json::from_value(part("plan")).context("output: plan")?;
        let exports: Vec<Export> =
            serde_json::from_value(part("exports")).context("output: exports")?;
        self.checks =
            serde_json::from_value(output["check"]["checks"].clone()).context("output: checks")?;
        self.run_id = Some(plan.run_id.to_string());
        for export in exports {
            for file in export.files {
                self.reports.push(ReportFile {
                    name: export.name.clone(),
                    format: file.format,
                    key: file.key,
                    url: file.url,
                    expires_at: file.expires_at,
                    rows: file.rows,
                    sha256: file.sha256,
                    opened: None,
                    made_at: None,
                    is_earlier: false,
                    days: None,
                    unread_days: None,
                });
            }
        }
        Ok(())
    }

    /// What is known of any execution.
    pub fn failed(execution: &Execution, seconds: f64) -> Self {
        let failure = execution.error.as_ref().map(|error| Failure {
            error: error.clone(),
            cause: execution.cause.clone().unwrap_or_default(),
        });
        let problems = failure
            .iter()
            .map(|failure| {
                format!(
                    "the execution failed with {}: {}",
                    failure.error, failure.cause
                )
            })
            .chain(failed_windows(&execution.failed_windows))
            .collect();
        Self {
            execution_status: execution.status.as_str().to_owned(),
            execution: execution.arn.clone(),
            started_at: execution.started_at,
            run_id: None,
            failure,
            continued: None,
            ledger: Ledger::default(),
            reconciliation: Reconciliation::default(),
            conversations: None,
            join_rate: None,
            checks: Vec::new(),
            reports: Vec::new(),
            roles: Vec::new(),
            problems,
            seconds,
        }
    }
}

/// A line for each cause and not for each window: what is forbidden for one day is forbidden for the others.
fn failed_windows(windows: &[FailedWindow]) -> Vec<String> {
    let mut causes: Vec<(&Value, &str, &str, usize)> = Vec::new();
    for FailedWindow {
        input,
        error,
        cause,
    } in windows
    {
        let cause = without_window(cause, input);
        let known = causes.iter_mut().find(|(other, _, said, _)| {
            *said == cause
                && other["source"] == input["source"]
                && other["object"] == input["object"]
        });
        match known {
            Some((_, _, _, more)) => *more += 1,
            None => causes.push((input, error, cause, 0)),
        }
    }
    let told = causes.into_iter().map(|(input, error, cause, more)| {
        let others = match more {
            0 => String::new(),
            1 => " and 1 more window".to_owned(),
            more => format!(" and {more} more windows"),
        };
        format!(
            "{}{others} failed with {error}: {cause}",
            window_text(input)
        )
    });
    told.collect()
}

fn share(part: u64, whole: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)] // counts are far below 2^52
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cause_that_windows_share_is_told_once_with_their_number() {
        let failed = |object: &str, day: u8, cause: &str| FailedWindow {
            input: json!({"source": "genesys", "object": object, "window": {"start": day, "end": day + 1}}),
            error: "Invalid".to_owned(),
            cause: cause.to_owned(),
        };
        let windows = [
            failed("queue", 1, "403"),
            failed("queue", 2, "403"),
            failed("user", 1, "403"),
            failed("queue", 3, "400"),
            failed("queue", 4, "403"),
        ];
        assert_eq!(
            failed_windows(&windows),
            [
                "genesys queue ?/? and 2 more windows failed with Invalid: 403",
                "genesys user ?/? failed with Invalid: 403",
                "genesys queue ?/? failed with Invalid: 400",
            ]
        );
    }
}
