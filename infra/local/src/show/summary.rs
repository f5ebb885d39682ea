//! The summary of a run for a person.

use crate::roles;
use crate::summary::{
    BESIDE, Continued, Ledger, ObjectWindows, ReportFile, Summary, reconciliation_lines,
};
use model::payload::{CheckResult, Verdict};

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
    if let (Some(Continued { before, windows }), false) =
        (summary.continued, summary.ledger.objects.is_empty())
    {
        line(format!(
            "An earlier execution of this run had read {before} of its {windows} planned windows; the table counts all of the run"
        ));
    }
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
        let notices = summary.checks.iter().filter(|one| is_notice(one)).count();
        line(format!(
            "Checks: {} pass, {} warn{}, {} fail",
            count(Verdict::Pass),
            count(Verdict::Warn),
            if notices > 0 {
                format!(" ({notices} of the plan's notices)")
            } else {
                String::new()
            },
            count(Verdict::Fail)
        ));
        for check in summary
            .checks
            .iter()
            .filter(|one| one.verdict != Verdict::Pass)
        {
            if is_notice(check) {
                line(format!("  note: {}", check.observed));
                continue;
            }
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
    for told in reconciliation_lines(&summary.reconciliation) {
        line(told);
    }
    for role in roles::lines(&summary.roles) {
        line(role);
    }
    for (at, file) in summary.reports.iter().enumerate() {
        let is_first = at == 0 || summary.reports[at - 1].name != file.name;
        line(String::new());
        if is_first && let Some(unread) = unread(file) {
            line(unread);
        }
        line(format!(
            "{} as {}, {} rows, opens until {}{}\n  {}",
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

/// Whether a check is none: what the plan has to tell is kept among the checks, as a warning.
fn is_notice(check: &CheckResult) -> bool {
    check.name == "plan/notices" && check.verdict == Verdict::Warn
}

/// That days of a report are missing. Of a report that an earlier execution of the run has made, what was so then: a run
/// publishes the files it has, and other runs may have read those days since.
fn unread(file: &ReportFile) -> Option<String> {
    let (days, unread) = (file.days?, file.unread_days?);
    if unread == 0 {
        return None;
    }
    let name = &file.name;
    if let (true, Some(made_at)) = (file.is_earlier, file.made_at) {
        return Some(format!(
            "{name} was made by an earlier execution of this run, at {made_at}: {unread} of its {days} days had not been read then; what has been read since is in the reports of the next run"
        ));
    }
    let have = if unread == 1 { "has" } else { "have" };
    Some(format!(
        "{name} is incomplete: {unread} of its {days} days {have} not been read"
    ))
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
        "The five points close for {} of {} windows{}",
        ledger.closed,
        ledger.windows,
        beside(ledger)
    ));
    for open in &ledger.open {
        line(format!("  {}: not {}", open.window, open.point));
    }
    if ledger.objects.iter().any(|one| one.calls > 0) {
        line("The calls are at least so many: what a function had asked and not yet noted when it died is not among them".to_owned());
    }
}

/// Why there are more windows in the ledger than in the plan.
fn beside(ledger: &Ledger) -> String {
    let is_beside = |one: &&ObjectWindows| BESIDE.contains(&one.object.as_str());
    let beside: Vec<_> = ledger.objects.iter().filter(is_beside).collect();
    let windows: u64 = beside.iter().map(|one| one.windows).sum();
    if windows == 0 {
        return String::new();
    }
    let names: Vec<_> = beside.iter().map(|one| one.object.as_str()).collect();
    format!(
        ": {} of the plan, and {windows} of {}, which came along with them",
        ledger.windows - windows,
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Failure;

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
        let contacts = ObjectWindows {
            source: "genesys".to_owned(),
            object: "external_contact".to_owned(),
            windows: 5,
            landed: 7,
            staged: 7,
            merged: 7,
            calls: 5,
            ..ObjectWindows::default()
        };
        let ledger = Ledger {
            objects: vec![conversations, contacts],
            windows: 10,
            closed: 10,
            open: Vec::new(),
        };
        let mut text = String::new();
        super::ledger(&ledger, &mut |line| text = format!("{text}{line}\n"));
        assert_eq!(
            text,
            "
source     object                  windows      API   landed   staged   merged  superseded quarantined duplicates  calls
genesys    conversation                  5        -      200      197      183          14           3          9     35
genesys    external_contact              5        -        7        7        7           0           0          0      5
The five points close for 10 of 10 windows: 5 of the plan, and 5 of external_contact, which came along with them
The calls are at least so many: what a function had asked and not yet noted when it died is not among them
"
        );
    }

    fn of_a_run(status: &str) -> Summary {
        Summary {
            execution_status: status.to_owned(),
            execution: String::new(),
            started_at: jiff::Timestamp::UNIX_EPOCH,
            run_id: None,
            problems: Vec::new(),
            failure: None,
            continued: None,
            ledger: Ledger::default(),
            reconciliation: crate::summary::Reconciliation::default(),
            conversations: None,
            join_rate: None,
            checks: Vec::new(),
            reports: Vec::new(),
            roles: Vec::new(),
            seconds: 0.5,
        }
    }

    #[test]
    fn a_failed_run_says_once_why() {
        let cause = "Plan: settings tributary.toml: genesys.\"objects\"".to_owned();
        let failed = Summary {
            problems: vec![format!("the execution failed with Invalid: {cause}")],
            failure: Some(Failure {
                error: "Invalid".to_owned(),
                cause,
            }),
            ..of_a_run("FAILED")
        };
        assert_eq!(
            summary(&failed),
            "\nExecution FAILED in 0.5 s\n\nWhy it failed:\n  the execution failed with Invalid: Plan: settings tributary.toml: genesys.\"objects\"\n"
        );
    }

    #[test]
    fn a_continued_run_a_notice_and_missing_days_are_told_for_what_they_are() {
        let check = |name: &str| CheckResult {
            name: name.to_owned(),
            verdict: Verdict::Warn,
            observed: format!("{name} observed"),
            expected: "a rule".to_owned(),
        };
        let file = |format: &str| ReportFile {
            name: "tiers".to_owned(),
            format: format.to_owned(),
            key: String::new(),
            url: "http://link".to_owned(),
            expires_at: jiff::Timestamp::UNIX_EPOCH,
            rows: 4,
            sha256: String::new(),
            opened: None,
            made_at: Some(jiff::Timestamp::UNIX_EPOCH),
            is_earlier: false,
            days: Some(7),
            unread_days: Some(2),
        };
        let mut run = Summary {
            continued: Some(Continued {
                before: 20,
                windows: 25,
            }),
            ledger: Ledger {
                objects: vec![ObjectWindows::default()],
                windows: 27,
                closed: 27,
                open: Vec::new(),
            },
            checks: vec![check("plan/notices"), check("a/rule")],
            reports: vec![file("csv"), file("html")],
            ..of_a_run("SUCCEEDED")
        };
        let text = summary(&run);
        let from_windows = text.split_once("The five points").unwrap().1;
        assert_eq!(
            from_windows,
            " close for 27 of 27 windows
An earlier execution of this run had read 20 of its 25 planned windows; the table counts all of the run
Checks: 0 pass, 2 warn (1 of the plan's notices), 0 fail
  note: plan/notices observed
  warn a/rule: a/rule observed (expected a rule)

tiers is incomplete: 2 of its 7 days have not been read
tiers as csv, 4 rows, opens until 1970-01-01T00:00:00Z
  http://link

tiers as html, 4 rows, opens until 1970-01-01T00:00:00Z
  http://link
"
        );
        for file in &mut run.reports {
            file.is_earlier = true;
        }
        let text = summary(&run);
        assert!(!text.contains("incomplete"), "{text}");
        assert!(
            text.contains(
                "\ntiers was made by an earlier execution of this run, at 1970-01-01T00:00:00Z: 2 of its 7 days had not been read then; what has been read since is in the reports of the next run\ntiers as csv"
            ),
            "{text}"
        );
        for file in &mut run.reports {
            file.unread_days = Some(0);
        }
        assert!(!summary(&run).contains("had not been read"));
        for file in &mut run.reports {
            file.is_earlier = false;
        }
        assert!(!summary(&run).contains("incomplete"));
    }
}
