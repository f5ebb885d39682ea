//! What came out of a run, read from the warehouse, the bucket and the links themselves; and what does not agree.

use crate::execution::Execution;
use crate::twin::Twin;
use crate::warehouse;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use model::payload::{CheckResult, ExportedFile, PlanOutcome, Verdict};
use model::{RunId, Window};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The summary of a run; `--json` writes it as it is.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// `SUCCEEDED`, `FAILED`, …
    pub execution_status: String,
    /// The execution.
    pub execution: String,
    /// The run; `None` when it failed before it was planned.
    pub run_id: Option<String>,
    /// The failed step's error and cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Windows of the run, by object.
    pub windows: Vec<ObjectWindows>,
    /// Where the conversations went.
    pub conversations: Option<Conversations>,
    /// Share of the conversations with a CRM link, 0 to 1; `None` without conversations.
    pub join_rate: Option<f64>,
    /// Every data test.
    pub checks: Vec<CheckResult>,
    /// Every file of every report.
    pub reports: Vec<ReportFile>,
    /// What does not agree; empty when all is well.
    pub problems: Vec<String>,
    /// Wall time of the execution.
    pub seconds: f64,
}

/// Why a run failed.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// A failure kind, or one of Step Functions' own names.
    pub error: String,
    /// What the step said.
    pub cause: String,
}

/// The ledger of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectWindows {
    /// `genesys`, `salesforce`.
    pub source: String,
    /// `conversation`, `account`, …
    pub object: String,
    /// Windows in the run.
    pub windows: u64,
    /// Records in landing, refused ones included.
    pub landed: u64,
    /// Rows in the main staging table.
    pub staged: u64,
    /// Records refused.
    pub quarantined: u64,
    /// Requests to the source.
    pub calls: u64,
}

/// Conversations at each station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversations {
    /// What the source has in the run's windows.
    pub source: u64,
    /// Lines in landing, by the ledger.
    pub landed: u64,
    /// Rows in `staging.genesys_conversation`.
    pub staged: u64,
    /// Rows in `mart.unified_interactions`.
    pub merged: u64,
    /// Rows in `curated.fact_customer_interactions`.
    pub linked: u64,
    /// Rows in `curated.fact_anonymous_interactions`.
    pub anonymous: u64,
    /// Refused, by the ledger.
    pub quarantined: u64,
}

/// One file of a report.
#[derive(Debug, Clone, Serialize)]
pub struct ReportFile {
    /// The report.
    pub name: String,
    /// `csv`, `json`, `html`.
    pub format: String,
    /// The link.
    pub url: String,
    /// Until when it opens.
    pub expires_at: Timestamp,
    /// Data rows.
    pub rows: u64,
    /// What the receipt says of the bytes.
    pub sha256: String,
    /// Whether the link gave these bytes; `None` when it was not tried.
    pub opened: Option<bool>,
}

/// What the state machine keeps of `export-report`'s answer.
#[derive(Debug, Deserialize)]
struct Export {
    name: String,
    files: Vec<ExportedFile>,
}

impl Summary {
    /// Reads a finished run of a twin whose whole data were asked for.
    pub async fn of(twin: &Twin, execution: &Execution, seconds: f64) -> Result<Self> {
        let mut summary = Self::failed(execution, seconds);
        let Some(output) = &execution.output else {
            return Ok(summary);
        };
        summary.take_output(output)?;
        let plan: PlanOutcome =
            serde_json::from_value(output["plan"].clone()).context("output: plan")?;
        summary.windows = ledger(twin, &plan.run_id).await?;
        let conversations = conversations(twin, &plan, &summary.windows).await?;
        summary.join_rate = share(conversations.linked, conversations.merged);
        summary.problems = disagreements(&conversations, &summary.windows, &plan);
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
                summary.problems.push(format!("report {report} was planned and has no file"));
            }
        }
        for check in &summary.checks {
            if check.verdict == Verdict::Fail {
                summary.problems.push(format!("check {} failed: {}", check.name, check.observed));
            }
        }
        if summary.checks.is_empty() {
            summary.problems.push("no check was run".to_owned());
        }
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
                    url: file.url,
                    expires_at: file.expires_at,
                    rows: file.rows,
                    sha256: file.sha256,
                    opened: None,
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
            .map(|failure| format!("the execution failed with {}: {}", failure.error, failure.cause))
            .chain(execution.failed_windows.iter().map(|window| {
                format!("window {} failed with {}: {}", window.input, window.error, window.cause)
            }))
            .collect();
        Self {
            execution_status: execution.status.as_str().to_owned(),
            execution: execution.arn.clone(),
            run_id: None,
            failure,
            windows: Vec::new(),
            conversations: None,
            join_rate: None,
            checks: Vec::new(),
            reports: Vec::new(),
            problems,
            seconds,
        }
    }
}

async fn ledger(twin: &Twin, run_id: &RunId) -> Result<Vec<ObjectWindows>> {
    let statement = format!(
        "select source, object, count(*), sum(landed_rows), sum(staged_rows), sum(quarantined_rows), sum(api_calls) \
         from ops.window_ledger where batch_id = '{}' group by source, object order by source, object",
        run_id
    );
    let mut objects = Vec::new();
    for row in twin.sql(&statement).await? {
        let text = |column: usize| row.get(column).cloned().flatten().unwrap_or_default();
        let count = |column: usize| -> Result<u64> {
            text(column)
                .parse()
                .with_context(|| format!("ops.window_ledger: {} is not a count", text(column)))
        };
        objects.push(ObjectWindows {
            source: text(0),
            object: text(1),
            windows: count(2)?,
            landed: count(3)?,
            staged: count(4)?,
            quarantined: count(5)?,
            calls: count(6)?,
        });
    }
    Ok(objects)
}

async fn conversations(
    twin: &Twin,
    plan: &PlanOutcome,
    windows: &[ObjectWindows],
) -> Result<Conversations> {
    let url = &twin.endpoints().postgres;
    let count = async |from: String| {
        warehouse::number(url, &format!("select count(*) from {from}")).await
    };
    let run_id = &plan.run_id; // letters, digits and hyphens: it cannot end its quotes
    let ledger = windows
        .iter()
        .find(|one| one.source == "genesys" && one.object == "conversation");
    Ok(Conversations {
        source: source_conversations(twin, plan).await?,
        landed: ledger.map_or(0, |one| one.landed),
        staged: count(format!("staging.genesys_conversation where batch_id = '{run_id}'")).await?,
        merged: count("mart.unified_interactions".to_owned()).await?,
        linked: count("curated.fact_customer_interactions".to_owned()).await?,
        anonymous: count("curated.fact_anonymous_interactions".to_owned()).await?,
        quarantined: ledger.map_or(0, |one| one.quarantined),
    })
}

/// What the source has in the windows that were asked for.
async fn source_conversations(twin: &Twin, plan: &PlanOutcome) -> Result<u64> {
    #[derive(Deserialize)]
    struct Task {
        object: String,
        window: Window,
    }
    let file = twin
        .object(&plan.genesys_key)
        .await?
        .with_context(|| format!("the plan {} is not in the bucket", plan.genesys_key))?;
    let tasks: Vec<Task> = serde_json::from_slice(&file).context("reading the plan")?;
    let found = tasks
        .iter()
        .filter(|task| task.object == "conversation")
        .map(|task| {
            let expected = twin.world().expected(task.window.start(), task.window.end());
            expected.conversations as u64
        })
        .sum();
    Ok(found)
}

fn disagreements(
    conversations: &Conversations,
    windows: &[ObjectWindows],
    plan: &PlanOutcome,
) -> Vec<String> {
    let Conversations {
        source,
        landed,
        staged,
        merged,
        linked,
        anonymous,
        quarantined,
    } = *conversations;
    let mut problems = Vec::new();
    let mut agree = |left: (&str, u64), right: (&str, u64)| {
        if left.1 != right.1 {
            problems.push(format!("{} = {}, but {} = {}", left.0, left.1, right.0, right.1));
        }
    };
    agree(("conversations of the source", source), ("landed", landed));
    agree(("landed", landed), ("staged + quarantined", staged + quarantined));
    agree(("staged", staged), ("merged", merged));
    agree(("merged", merged), ("linked + anonymous", linked + anonymous));
    let planned = plan.genesys_windows + plan.salesforce_windows;
    let recorded = windows.iter().map(|one| one.windows).sum();
    agree(("windows planned", planned), ("windows in the ledger", recorded));
    if source == 0 {
        problems.push("the source had no conversation in the run's windows".to_owned());
    }
    problems
}

/// Opens a link as a browser does and compares the bytes with the receipt.
async fn open(file: &ReportFile) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    // The error must not carry the link: whoever has it can open the report.
    let answer = http.get(&file.url).send().await.map_err(reqwest::Error::without_url)?;
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(reqwest::Error::without_url)?;
    if !status.is_success() {
        bail!("the link answered {status}");
    }
    let found = hex::encode(Sha256::digest(&bytes));
    if found != file.sha256 {
        bail!("the link gave bytes with sha256 {found}, the receipt says {}", file.sha256);
    }
    Ok(())
}

fn share(part: u64, whole: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)] // counts are far below 2^52
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> PlanOutcome {
        serde_json::from_value(serde_json::json!({
            "run_id": "nightly-20260105t000000z", "mode": "nightly", "at": "2026-01-05T00:00:00Z",
            "reads_sources": true, "bucket": "b", "genesys_key": "g", "genesys_windows": 1,
            "salesforce_key": "s", "salesforce_windows": 0,
            "estimate": {"calls": 0, "minutes": 0, "bytes": 0}, "reports": []
        }))
        .unwrap()
    }

    fn windows() -> Vec<ObjectWindows> {
        vec![ObjectWindows {
            source: "genesys".to_owned(),
            object: "conversation".to_owned(),
            windows: 1,
            landed: 10,
            staged: 9,
            quarantined: 1,
            calls: 3,
        }]
    }

    fn counted() -> Conversations {
        Conversations {
            source: 10,
            landed: 10,
            staged: 9,
            merged: 9,
            linked: 5,
            anonymous: 4,
            quarantined: 1,
        }
    }

    #[test]
    fn counts_that_close_are_no_problem() {
        assert_eq!(disagreements(&counted(), &windows(), &plan()), Vec::<String>::new());
    }

    #[test]
    fn every_count_that_is_off_is_named() {
        let off = Conversations {
            source: 11,
            anonymous: 3,
            ..counted()
        };
        assert_eq!(
            disagreements(&off, &[], &plan()),
            [
                "conversations of the source = 11, but landed = 10",
                "merged = 9, but linked + anonymous = 8",
                "windows planned = 1, but windows in the ledger = 0",
            ]
        );
    }
}
