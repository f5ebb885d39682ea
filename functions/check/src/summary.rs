//! `runs/<run_id>/summary.json`: what a run came to, from the ledger.

use jiff::Timestamp;
use model::RunId;
use model::payload::{CheckResult, Verdict};
use serde::Serialize;
use step::Deadline;
use warehouse::{Value, Warehouse, WarehouseError};

/// The ledger of a run, summed by object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerLine {
    /// `genesys`, `salesforce`.
    pub source: String,
    /// `conversation`, …
    pub object: String,
    /// Windows.
    pub windows: i64,
    /// Of these, how many failed and were left out: nothing of them is in the other counts.
    pub left_out: i64,
    /// What the source itself counts, where it does.
    pub api: Option<i64>,
    /// Records in the pages.
    pub received: i64,
    /// Received, but not of the window.
    pub out_of_window: i64,
    /// Received again with the same bytes.
    pub duplicates: i64,
    /// Lines in landing.
    pub landed: i64,
    /// Rows in the main staging table.
    pub staged: i64,
    /// Staged rows that are the newest of their key.
    pub merged: i64,
    /// Staged rows another extraction has replaced.
    pub superseded: i64,
    /// Records refused.
    pub quarantined: i64,
    /// Requests to the source.
    pub calls: i64,
}

/// How many of the batch's conversations have a CRM link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Links {
    /// In `curated.fact_customer_interactions`.
    pub linked: i64,
    /// In `curated.fact_anonymous_interactions`.
    pub anonymous: i64,
}

impl Links {
    /// `81.2 % of 2000 conversations have a CRM link`.
    pub fn in_words(self) -> String {
        let all = self.linked + self.anonymous;
        if all == 0 {
            return "no conversations".to_owned();
        }
        // Tenths of a percent in whole numbers: the text must not depend on how a float rounds.
        let tenths = (self.linked * 2000 + all) / (all * 2);
        format!(
            "{}.{} % of {all} conversations have a CRM link",
            tenths / 10,
            tenths % 10
        )
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The run.
    pub run_id: RunId,
    /// The instant it counts as.
    pub at: Timestamp,
    /// The worst verdict.
    pub verdict: Verdict,
    /// How many conversations of the batch are linked.
    pub links: Links,
    /// Counts by object.
    pub ledger: Vec<LedgerLine>,
    /// Every data test.
    pub checks: Vec<CheckResult>,
}

/// Counts the batch's conversations in both interaction facts.
pub(crate) async fn links(
    warehouse: &Warehouse,
    run_id: &RunId,
    deadline: Deadline,
) -> Result<Links, WarehouseError> {
    let query = "select cast(coalesce(sum(facts.linked), 0) as bigint), cast(coalesce(sum(1 - facts.linked), 0) as bigint) from ( \
                 select 1 as linked from curated.fact_customer_interactions where batch_id = :batch_id \
                 union all \
                 select 0 as linked from curated.fact_anonymous_interactions where batch_id = :batch_id) as facts";
    let values = [("batch_id".to_owned(), run_id.to_string())];
    let rows = warehouse
        .query(&format!("{run_id}/links"), query, &values, deadline.left())
        .await?;
    let number = |at: usize| {
        rows.first()
            .and_then(|row| row.get(at))
            .and_then(Value::integer)
            .unwrap_or(0)
    };
    Ok(Links {
        linked: number(0),
        anonymous: number(1),
    })
}

/// Sums the run's ledger rows.
pub(crate) async fn ledger(
    warehouse: &Warehouse,
    run_id: &RunId,
    deadline: Deadline,
) -> Result<Vec<LedgerLine>, WarehouseError> {
    let query = "select source, object, count(*) as windows, \
                 cast(sum(case when mode = 'left_out' then 1 else 0 end) as bigint), cast(sum(received_rows) as bigint), cast(sum(out_of_window_rows) as bigint), \
                 cast(sum(duplicate_rows) as bigint), cast(sum(landed_rows) as bigint), \
                 cast(sum(staged_rows) as bigint), cast(sum(coalesce(merged_rows, 0)) as bigint), \
                 cast(sum(coalesce(superseded_rows, 0)) as bigint), cast(sum(quarantined_rows) as bigint), \
                 cast(sum(api_calls) as bigint), cast(sum(api_rows) as bigint) \
                 from ops.window_ledger where batch_id = :batch_id group by source, object order by source, object";
    let values = [("batch_id".to_owned(), run_id.to_string())];
    let rows = warehouse
        .query(
            &format!("{run_id}/summary"),
            query,
            &values,
            deadline.left(),
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let text = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
            let number = |at: usize| row.get(at).and_then(Value::integer).unwrap_or(0);
            LedgerLine {
                source: text(0),
                object: text(1),
                windows: number(2),
                left_out: number(3),
                api: row.get(13).and_then(Value::integer),
                received: number(4),
                out_of_window: number(5),
                duplicates: number(6),
                landed: number(7),
                staged: number(8),
                merged: number(9),
                superseded: number(10),
                quarantined: number(11),
                calls: number(12),
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_rate_is_told_in_tenths_of_a_percent() {
        assert_eq!(
            Links {
                linked: 2,
                anonymous: 1
            }
            .in_words(),
            "66.7 % of 3 conversations have a CRM link"
        );
        assert_eq!(Links::default().in_words(), "no conversations");
    }
}
