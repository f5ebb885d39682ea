//! The summary of a run for a person.

use crate::summary::{Ledger, Summary};
use model::payload::Verdict;

/// The summary for a person.
pub fn summary(summary: &Summary) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!(
        "\nExecution {} in {:.1} s{}",
        summary.execution_status,
        summary.seconds,
        summary
            .run_id
            .as_ref()
            .map_or_else(String::new, |run| format!(", run {run}"))
    ));
    ledger(&summary.ledger, &mut line);
    if let Some(found) = &summary.conversations {
        line(format!(
            "\nConversations: {} at the source, {} landed, {} staged, {} merged: {} linked, {} anonymous; {} quarantined",
            found.source,
            found.landed,
            found.staged,
            found.merged,
            found.linked,
            found.anonymous,
            found.quarantined
        ));
    }
    if let Some(rate) = summary.join_rate {
        line(format!("Join rate: {:.1} %", rate * 100.0));
    }
    if !summary.checks.is_empty() {
        let count = |verdict| {
            summary
                .checks
                .iter()
                .filter(|one| one.verdict == verdict)
                .count()
        };
        line(format!(
            "Checks: {} pass, {} warn, {} fail",
            count(Verdict::Pass),
            count(Verdict::Warn),
            count(Verdict::Fail)
        ));
        for check in summary
            .checks
            .iter()
            .filter(|one| one.verdict != Verdict::Pass)
        {
            let verdict = if check.verdict == Verdict::Warn {
                "warn"
            } else {
                "FAIL"
            };
            line(format!(
                "  {verdict} {}: {} (expected {})",
                check.name, check.observed, check.expected
            ));
        }
    }
    for file in &summary.reports {
        line(format!(
            "\n{} as {}, {} rows, opens until {}{}\n  {}",
            file.name,
            file.format,
            file.rows,
            file.expires_at,
            if file.opened == Some(false) {
                " (DOES NOT OPEN)"
            } else {
                ""
            },
            file.url
        ));
    }
    if !summary.problems.is_empty() {
        line("\nWhat does not agree:".to_owned());
        for problem in &summary.problems {
            line(format!("  {problem}"));
        }
    }
    text
}

/// A line for each object, and whether every window closes.
fn ledger(ledger: &Ledger, line: &mut impl FnMut(String)) {
    if ledger.objects.is_empty() {
        return;
    }
    line(format!(
        "\n{:<10} {:<23}{:>8}{:>9}{:>9}{:>9}{:>9}{:>12}{:>11}{:>7}",
        "source",
        "object",
        "windows",
        "API",
        "landed",
        "staged",
        "merged",
        "quarantined",
        "duplicates",
        "calls"
    ));
    for one in &ledger.objects {
        let api = one
            .api
            .map_or_else(|| "-".to_owned(), |count| count.to_string());
        line(format!(
            "{:<10} {:<23}{:>8}{api:>9}{:>9}{:>9}{:>9}{:>12}{:>11}{:>7}",
            one.source,
            one.object,
            one.windows,
            one.landed,
            one.staged,
            one.merged,
            one.quarantined,
            one.duplicates,
            one.calls
        ));
    }
    line(format!(
        "The five points close for {} of {} windows",
        ledger.closed, ledger.windows
    ));
    for open in &ledger.open {
        line(format!("  {}: not {}", open.window, open.point));
    }
}
