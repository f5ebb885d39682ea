//! Counts of a run at each station, and which of them disagree.

use crate::twin::Twin;
use crate::warehouse;
use anyhow::{Context, Result};
use model::payload::PlanOutcome;
use model::{RunId, Window};
use serde::{Deserialize, Serialize};

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

pub(super) async fn ledger(twin: &Twin, run_id: &RunId) -> Result<Vec<ObjectWindows>> {
    let statement = format!(
        "select source, object, count(*), sum(landed_rows), sum(staged_rows), sum(quarantined_rows), sum(api_calls) \
         from ops.window_ledger where batch_id = '{run_id}' group by source, object order by source, object"
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

pub(super) async fn conversations(
    twin: &Twin,
    plan: &PlanOutcome,
    windows: &[ObjectWindows],
) -> Result<Conversations> {
    let url = &twin.endpoints().postgres;
    let count =
        async |from: String| warehouse::number(url, &format!("select count(*) from {from}")).await;
    let run_id = &plan.run_id; // letters, digits and hyphens: it cannot end its quotes
    let ledger = windows
        .iter()
        .find(|one| one.source == "genesys" && one.object == "conversation");
    Ok(Conversations {
        source: source_conversations(twin, plan).await?,
        landed: ledger.map_or(0, |one| one.landed),
        staged: count(format!(
            "staging.genesys_conversation where batch_id = '{run_id}'"
        ))
        .await?,
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
            let expected = twin
                .world()
                .expected(task.window.start(), task.window.end());
            expected.conversations as u64
        })
        .sum();
    Ok(found)
}

pub(super) fn disagreements(
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
            problems.push(format!(
                "{} = {}, but {} = {}",
                left.0, left.1, right.0, right.1
            ));
        }
    };
    agree(("conversations of the source", source), ("landed", landed));
    agree(
        ("landed", landed),
        ("staged + quarantined", staged + quarantined),
    );
    agree(("staged", staged), ("merged", merged));
    agree(
        ("merged", merged),
        ("linked + anonymous", linked + anonymous),
    );
    let planned = plan.genesys_windows + plan.salesforce_windows;
    let recorded = windows.iter().map(|one| one.windows).sum();
    agree(
        ("windows planned", planned),
        ("windows in the ledger", recorded),
    );
    if source == 0 {
        problems.push("the source had no conversation in the run's windows".to_owned());
    }
    problems
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
        assert_eq!(
            disagreements(&counted(), &windows(), &plan()),
            Vec::<String>::new()
        );
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
