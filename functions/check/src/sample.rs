//! The first rows that break a rule, told beside their number: which ids, which windows.

use crate::verdicts;
use model::RunId;
use model::payload::{CheckResult, Verdict};
use step::Deadline;
use warehouse::sql::DataTest;
use warehouse::{Value, Warehouse};

/// Tests whose rows are looked at; more than that has one cause in common.
const TESTS: usize = 8;
/// Rows shown of each; more of them, if they are short, than a night leaves windows out.
const ROWS: usize = 10;
/// Bytes of `ops.check_result.observed`.
const BYTES: usize = 1024;

/// Adds the first offending rows to what is told of each test that did not pass. They are a help: without an answer the
/// verdict stands as it is.
pub(crate) async fn add(
    warehouse: &Warehouse,
    run_id: &RunId,
    tests: &[DataTest],
    checks: &mut [CheckResult],
    parameters: &[(String, String)],
    deadline: Deadline,
) {
    let broken = checks
        .iter_mut()
        .filter(|check| check.verdict != Verdict::Pass && verdicts::has_rows(check))
        .take(TESTS);
    for check in broken {
        let Some(test) = tests.iter().find(|test| test.name == check.name) else {
            continue;
        };
        let query = query(test);
        let values: Vec<_> = parameters
            .iter()
            .filter(|(name, _)| query.contains(&format!(":{name}")))
            .cloned()
            .collect();
        let name = format!("{run_id}/check/sample");
        match warehouse
            .query(&name, &query, &values, deadline.left())
            .await
        {
            Ok(rows) => check.observed = told(&check.observed, &rows),
            Err(error) => tracing::warn!(%error, "The rows of {} cannot be shown", test.name),
        }
    }
}

fn query(test: &DataTest) -> String {
    format!(
        "select * from (\n{}\n) as offending_rows order by 1 limit {ROWS}",
        test.query
    )
}

/// `7 offending rows, first account 001…; account 002…`.
fn told(observed: &str, rows: &[Vec<Value>]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let cells: Vec<_> = row
                .iter()
                .map(|cell| cell.text().unwrap_or_else(|| "null".to_owned()))
                .collect();
            cells.join(" ")
        })
        .collect();
    if rows.is_empty() {
        return observed.to_owned();
    }
    let mut text = format!("{observed}, first {}", rows.join("; "));
    text.truncate(text.floor_char_boundary(BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_stand_beside_their_number_and_fit_their_column() {
        let row = |id: &str| {
            vec![
                Value::Text("account".to_owned()),
                Value::Text(id.to_owned()),
            ]
        };
        assert_eq!(
            told("2 offending rows", &[row("001A"), row("001B")]),
            "2 offending rows, first account 001A; account 001B"
        );
        assert_eq!(told("0 offending rows", &[]), "0 offending rows");
        assert!(told("1 offending row", &[row(&"ä".repeat(2000))]).len() <= BYTES);
    }

    #[test]
    fn as_many_windows_as_are_shown_can_be_named_in_full() {
        let longest = [
            "genesys",
            "conversation_attribute",
            "2026-01-05 10:00:00.000000",
            "2026-01-05 11:00:00.000000",
        ];
        let window = longest.map(|text| Value::Text(text.to_owned())).to_vec();
        let text = told("10 offending rows", &vec![window; ROWS]);
        assert_eq!(text.matches("11:00:00.000000").count(), ROWS, "{text}");
    }
}
