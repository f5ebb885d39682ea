//! Counts of a run at each station, and which of them disagree.

use super::ledger::{Ledger, ObjectWindows};
use crate::twin::Twin;
use crate::warehouse;
use anyhow::{Context, Result};
use model::Window;
use model::payload::PlanOutcome;
use serde::{Deserialize, Serialize};

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

/// Objects that no task asks for: they come along with the windows of others.
pub(crate) const BESIDE: [&str; 1] = ["external_contact"];

pub(super) async fn conversations(
    twin: &Twin,
    plan: &PlanOutcome,
    windows: &Ledger,
) -> Result<Conversations> {
    let url = &twin.endpoints().postgres;
    let count =
        async |from: String| warehouse::number(url, &format!("select count(*) from {from}")).await;
    let run_id = &plan.run_id; // letters, digits and hyphens: it cannot end its quotes
    let ledger = windows
        .objects
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
    ledger: &Ledger,
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
    // What came along with another window has a row of its own in the ledger and is in no plan.
    let beside = |one: &&ObjectWindows| !BESIDE.contains(&one.object.as_str());
    let recorded = ledger.objects.iter().filter(beside);
    let recorded = recorded.map(|one| one.windows).sum();
    agree(
        ("windows planned", planned),
        ("windows in the ledger", recorded),
    );
    agree(
        ("windows in the ledger, all", ledger.windows),
        ("windows whose five points close", ledger.closed),
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

    fn ledger() -> Ledger {
        let object = |object: &str, windows| ObjectWindows {
            source: "genesys".to_owned(),
            object: object.to_owned(),
            windows,
            landed: 10,
            staged: 9,
            quarantined: 1,
            calls: 3,
            ..ObjectWindows::default()
        };
        Ledger {
            objects: vec![object("conversation", 1), object("external_contact", 1)],
            windows: 2,
            closed: 2,
            open: Vec::new(),
        }
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
            disagreements(&counted(), &ledger(), &plan()),
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
            disagreements(
                &off,
                &Ledger {
                    windows: 2,
                    closed: 1,
                    ..Ledger::default()
                },
                &plan()
            ),
            [
                "conversations of the source = 11, but landed = 10",
                "merged = 9, but linked + anonymous = 8",
                "windows planned = 1, but windows in the ledger = 0",
                "windows in the ledger, all = 2, but windows whose five points close = 1",
            ]
        );
    }
}
