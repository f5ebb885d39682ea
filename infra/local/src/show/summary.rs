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
        let heading = if summary.failure.is_some() {
            "Why it failed:"
        } else {
            "What does not agree:"
        };
        line(format!("\n{heading}"));
        for problem in &summary.problems {
            line(format!("  {}", problem.replace('\n', "\n    ")));
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
        "\n{:<10} {:<23}{:>8}{:>9}{:>9}{:>9}{:>9}{:>12}{:>12}{:>11}{:>7}",
        "source",
        "object",
        "windows",
        "API",
        "landed",
        "staged",
        "merged",
        "superseded",
        "quarantined",
        "duplicates",
        "calls"
    ));
    for one in &ledger.objects {
        let api = one
            .api
            .map_or_else(|| "-".to_owned(), |count| count.to_string());
        line(format!(
            "{:<10} {:<23}{:>8}{api:>9}{:>9}{:>9}{:>9}{:>12}{:>12}{:>11}{:>7}",
            one.source,
            one.object,
            one.windows,
            one.landed,
            one.staged,
            one.merged,
            one.superseded,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Failure, ObjectWindows};

    #[test]
    fn the_ledger_is_shown_so_that_its_sums_can_be_made() {
        let conversations = ObjectWindows {
            source: "genesys".to_owned(),
            object: "conversation".to_owned(),
            windows: 5,
            received: 209,
            duplicates: 9,
            landed: 200,
            staged: 197,
            merged: 183,
            superseded: 14,
            quarantined: 3,
            calls: 35,
            ..ObjectWindows::default()
        };
        let ledger = Ledger {
            objects: vec![conversations],
            windows: 5,
            closed: 5,
            open: Vec::new(),
        };
        let mut text = String::new();
        super::ledger(&ledger, &mut |line| text = format!("{text}{line}\n"));
        assert_eq!(
            text,
            "
source     object                  windows      API   landed   staged   merged  superseded quarantined duplicates  calls
genesys    conversation                  5        -      200      197      183          14           3          9     35
The five points close for 5 of 5 windows
"
        );
    }

    #[test]
    fn a_failed_run_says_once_why() {
        let cause = "Plan: settings tributary.toml: genesys.\"objects\"".to_owned();
        let failed = Summary {
            execution_status: "FAILED".to_owned(),
            execution: String::new(),
            run_id: None,
            problems: vec![format!("the execution failed with Invalid: {cause}")],
            failure: Some(Failure {
                error: "Invalid".to_owned(),
                cause,
            }),
            ledger: Ledger::default(),
            conversations: None,
            join_rate: None,
            checks: Vec::new(),
            reports: Vec::new(),
            seconds: 0.5,
        };
        assert_eq!(
            summary(&failed),
            "\nExecution FAILED in 0.5 s\n\nWhy it failed:\n  the execution failed with Invalid: Plan: settings tributary.toml: genesys.\"objects\"\n"
        );
    }
}
