//! Figures that differ from what their sources count: each of them a row of `ops.check_result`, and all of them in words.

use crate::verdicts::{VARIANCE, has_rows};
use model::RunId;
use model::payload::{CheckResult, Verdict};
use step::Deadline;
use warehouse::sql::DataTest;
use warehouse::{Value, Warehouse};

/// The name of a comparison that differs.
pub(crate) const EACH: &str = "reconciliation/variance";
/// Comparisons kept, the largest variances first.
const MOST: usize = 20;
/// Of these, how many a message names.
const NAMED: usize = 3;
/// Bytes of `ops.check_result.observed`.
const BYTES: usize = 1024;
/// What is expected of each.
const EXPECTED: &str = "the figure of the source";

/// The comparisons that the test has found, in words. They are a help: without an answer the verdict of the test stands.
pub(crate) async fn found(
    warehouse: &Warehouse,
    run_id: &RunId,
    tests: &[DataTest],
    checks: &[CheckResult],
    parameters: &[(String, String)],
    deadline: Deadline,
) -> Vec<CheckResult> {
    let (Some(check), Some(test)) = (
        broken(checks).filter(|check| has_rows(check)),
        tests.iter().find(|test| test.name == VARIANCE),
    ) else {
        return Vec::new();
    };
    let query = format!(
        "select comparison, compared_date, subject, source_figure, our_figure, variance_percent from (\n{}\n) as differing \
         order by variance_percent desc, compared_date, comparison, subject limit {}",
        test.query,
        MOST + 1
    );
    let values: Vec<_> = parameters
        .iter()
        .filter(|(name, _)| query.contains(&format!(":{name}")))
        .cloned()
        .collect();
    let name = format!("{run_id}/check/variances");
    match warehouse
        .query(&name, &query, &values, deadline.left())
        .await
    {
        Ok(rows) => told(&rows, check),
        Err(error) => {
            tracing::warn!(%error, "The comparisons that differ cannot be shown");
            Vec::new()
        }
    }
}

/// What the alarm says; `None` when the test has passed.
pub(crate) fn in_words(checks: &[CheckResult], differing: &[CheckResult]) -> Option<String> {
    let check = broken(checks)?;
    let mut text = check.observed.clone();
    for one in differing.iter().take(NAMED) {
        text.push_str("; ");
        text.push_str(&one.observed);
    }
    if differing.len() > NAMED {
        text.push_str("; …");
    }
    Some(text)
}

fn broken(checks: &[CheckResult]) -> Option<&CheckResult> {
    checks
        .iter()
        .find(|check| check.name == VARIANCE && check.verdict != Verdict::Pass)
}

fn told(rows: &[Vec<Value>], check: &CheckResult) -> Vec<CheckResult> {
    let result = |mut observed: String| {
        observed.truncate(observed.floor_char_boundary(BYTES));
        CheckResult {
            name: EACH.to_owned(),
            verdict: check.verdict,
            observed,
            expected: EXPECTED.to_owned(),
        }
    };
    let mut results: Vec<_> = rows
        .iter()
        .take(MOST)
        .map(|row| result(words(row)))
        .collect();
    if rows.len() > MOST {
        results.push(result(format!(
            "more than {MOST}: {}; mart.reconciliation has them all",
            check.observed
        )));
    }
    results
}

/// `queue_offered of Sales, voice on 2026-01-12: 3 at the source, 2 here (33.3333 %)`.
fn words(row: &[Value]) -> String {
    let cell = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
    let figure = |at: usize| plain(&cell(at));
    format!(
        "{} of {} on {}: {} at the source, {} here ({} %)",
        cell(0),
        cell(2),
        cell(1),
        figure(3),
        figure(4),
        figure(5)
    )
}

/// `3.0000` is 3.
fn plain(number: &str) -> String {
    match number.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(verdict: Verdict, observed: &str) -> CheckResult {
        CheckResult {
            name: VARIANCE.to_owned(),
            verdict,
            observed: observed.to_owned(),
            expected: "a rule".to_owned(),
        }
    }

    fn row(subject: &str) -> Vec<Value> {
        [
            "queue_offered",
            "2026-01-12",
            subject,
            "3.0000",
            "2.0000",
            "33.3300",
        ]
        .map(|text| Value::Text(text.to_owned()))
        .to_vec()
    }

    #[test]
    fn each_comparison_is_told_in_words_and_their_number_is_bounded() {
        let warned = check(Verdict::Warn, "30 offending rows");
        let told = told(&vec![row("Sales, voice"); MOST + 1], &warned);
        assert_eq!(told.len(), MOST + 1);
        assert_eq!(
            told[0].observed,
            "queue_offered of Sales, voice on 2026-01-12: 3 at the source, 2 here (33.33 %)"
        );
        assert!(told.iter().all(|one| one.verdict == Verdict::Warn));
        assert!(
            told[MOST]
                .observed
                .starts_with("more than 20: 30 offending")
        );
        assert!(
            super::told(&[row(&"ä".repeat(2000))], &warned)[0]
                .observed
                .len()
                <= BYTES
        );
        let text = in_words(&[warned], &told).unwrap();
        assert_eq!(text.matches("Sales").count(), NAMED);
        assert!(text.ends_with("; …"), "{text}");
    }

    #[test]
    fn there_is_no_alarm_without_a_variance() {
        assert_eq!(
            in_words(&[check(Verdict::Pass, "0 offending rows")], &[]),
            None
        );
        assert_eq!(in_words(&[], &[]), None);
        let failed = check(Verdict::Fail, "not run");
        assert_eq!(in_words(&[failed], &[]).as_deref(), Some("not run"));
    }
}
