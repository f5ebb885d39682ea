//! What a person sees: steps as they happen, then the summary. A bar on a terminal, plain lines elsewhere.

use crate::execution::Progress;
use crate::state::Endpoints;
use crate::summary::Summary;
use indicatif::{ProgressBar, ProgressStyle};
use model::payload::Verdict;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

/// Shows steps.
#[derive(Debug)]
pub struct Screen {
    spinner: Option<ProgressBar>,
    windows: Option<(u64, u64, u64)>,
}

impl Screen {
    /// A screen on standard error: standard output stays for results.
    pub fn new() -> Self {
        let spinner = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self {
            spinner,
            windows: None,
        }
    }

    /// A line of its own about what is being prepared.
    pub fn say(&mut self, text: &str) {
        match &self.spinner {
            Some(bar) => {
                bar.reset_elapsed();
                bar.set_message(text.to_owned());
            }
            None => eprintln!("{text}"),
        }
    }

    /// A step of the execution.
    pub fn tell(&mut self, progress: Progress) {
        match progress {
            Progress::Began(step) => {
                self.windows = None;
                if let Some(bar) = &self.spinner {
                    bar.reset_elapsed();
                    bar.set_message(step);
                }
            }
            Progress::Windows {
                done,
                failed,
                total,
            } => {
                self.windows = Some((done, failed, total));
                if let Some(bar) = &self.spinner {
                    bar.set_message(format!("Extract {}", windows_text(done, failed, total)));
                }
            }
            Progress::Ended(step, took) => {
                let mut line = format!("  {step:<14} {:>7.2} s", took.as_secs_f64());
                if let (true, Some((done, failed, total))) = (step == "Extract", self.windows) {
                    let _ = write!(line, "   {}", windows_text(done, failed, total));
                }
                self.line(&line);
            }
        }
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        match &self.spinner {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    /// Takes the spinner away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.spinner.take() {
            bar.finish_and_clear();
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

fn windows_text(done: u64, failed: u64, total: u64) -> String {
    if failed == 0 {
        format!("{done} of {total} windows")
    } else {
        format!("{done} of {total} windows, {failed} failed")
    }
}

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
    if !summary.windows.is_empty() {
        line(format!(
            "\n{:<11}{:<14}{:>8}{:>9}{:>9}{:>13}{:>7}",
            "source", "object", "windows", "landed", "staged", "quarantined", "calls"
        ));
        for one in &summary.windows {
            line(format!(
                "{:<11}{:<14}{:>8}{:>9}{:>9}{:>13}{:>7}",
                one.source,
                one.object,
                one.windows,
                one.landed,
                one.staged,
                one.quarantined,
                one.calls
            ));
        }
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

/// The endpoints for a person.
pub fn endpoints(at: &Endpoints) -> String {
    format!(
        "
The twin is up. Ctrl-C ends it.

AWS (S3, Step Functions, Lambda, Secrets Manager, SNS, SQS, Logs)   {aws}
Redshift Data API                                                  {data_api}
PostgreSQL                                                         {postgres}
Genesys Cloud (fake)                                               {genesys}
Salesforce (fake)                                                  {salesforce}
Bucket                                                             {bucket}
State machine                                                      {machine}

For the AWS CLI:
  export AWS_ENDPOINT_URL={aws} AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}

Start a run from another terminal:
  cargo local run events/pipeline/nightly.json
",
        aws = at.aws,
        data_api = at.data_api,
        postgres = at.postgres,
        genesys = at.genesys,
        salesforce = at.salesforce,
        bucket = at.bucket,
        machine = at.state_machine,
        region = crate::aws::REGION,
        key = crate::aws::ACCESS_KEY,
        secret = crate::aws::SECRET_KEY,
    )
}
