//! Steps, the plan and the windows while they happen, on standard error.

use crate::execution::{FailedCall, Progress, STEPS, Windows};
use crate::package::COMPILES;
use indicatif::{ProgressBar, ProgressStyle};
use model::payload::PlanOutcome;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Without a terminal a line about the windows comes this often, if something has changed …
const NEWS: Duration = Duration::from_secs(2);
/// … and this often if nothing has: whoever reads the log must see that somebody is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// Failed calls that are told one by one in a step; of more there is only their number.
const TOLD_ONE_BY_ONE: u64 = 20;
/// A cause longer than this is cut: the log has all of it.
const LONGEST_CAUSE: usize = 300;

/// Shows steps.
#[derive(Debug)]
pub struct Screen {
    bar: Option<ProgressBar>,
    windows: Option<Windows>,
    told: Option<(Instant, u64, u64)>,
    failed_calls: u64,
    /// Kind of the failure that ends the step under way.
    ends: Option<String>,
    /// Error and cause of failed calls of the step under way.
    causes: BTreeSet<(String, String)>,
}

impl Screen {
    /// A screen on standard error: standard output stays for results.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(spinner());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self {
            bar,
            windows: None,
            told: None,
            failed_calls: 0,
            ends: None,
            causes: BTreeSet::new(),
        }
    }

    /// A line of its own about what is being prepared.
    pub fn say(&mut self, text: &str) {
        match &self.bar {
            // One of many: the time goes on that the build takes as a whole.
            Some(bar) if text.starts_with(COMPILES) => {
                bar.set_message(format!("Building the functions:{}", &text[1..]));
            }
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
                (self.windows, self.told, self.failed_calls) = (None, None, 0);
                self.ends = None;
                self.causes.clear();
                if let Some(bar) = &self.bar {
                    bar.set_style(spinner());
                    bar.reset_elapsed();
                    bar.set_message(step);
                }
            }
            Progress::Planned(found) => self.line(&plan(&found)),
            Progress::Windows(windows) => self.windows(windows),
            Progress::Failed(call) => self.failed(&call),
            Progress::Ended(step, took) => {
                let mut line = format!("  {step:<14} {:>7.2} s", took.as_secs_f64());
                if let (true, Some(windows)) = (step == "Extract", self.windows) {
                    let _ = write!(line, "   {}", counted(windows));
                }
                if let Some(error) = &self.ends {
                    let _ = write!(line, "   failed with {error}");
                } else if self.failed_calls > 0 {
                    let s = if self.failed_calls == 1 { "" } else { "s" };
                    let _ = write!(line, "   {} failed call{s}", self.failed_calls);
                }
                self.line(&line);
            }
        }
    }

    fn windows(&mut self, windows: Windows) {
        self.windows = Some(windows);
        if let Some(bar) = &self.bar {
            if bar.length() != Some(windows.total) {
                bar.set_style(with_bar());
                bar.set_length(windows.total);
            }
            bar.set_position(windows.done);
            bar.set_message(speed(windows));
            return;
        }
        let is_told = self.told.is_some_and(|(at, done, failed)| {
            let is_news = (done, failed) != (windows.done, windows.failed);
            at.elapsed() < if is_news { NEWS } else { SIGN_OF_LIFE }
        });
        if !is_told {
            self.told = Some((Instant::now(), windows.done, windows.failed));
            eprintln!("  Extract        {}, {}", counted(windows), speed(windows));
        }
    }

    fn failed(&mut self, call: &FailedCall) {
        self.failed_calls += 1;
        let FailedCall { what, error, cause } = call;
        let is_new = self.causes.insert((error.clone(), cause.clone()));
        if ends_the_run(call) {
            self.ends = Some(error.clone());
        } else if !is_new && self.failed_calls <= TOLD_ONE_BY_ONE {
            self.line(&format!(
                "  a call failed: {what}: {error}, for the same cause"
            ));
        } else if self.failed_calls <= TOLD_ONE_BY_ONE {
            let end = cause
                .char_indices()
                .nth(LONGEST_CAUSE)
                .map_or(cause.len(), |(at, _)| at);
            let cut = if end < cause.len() { " …" } else { "" };
            self.line(&format!(
                "  a call failed: {what}: {error}: {}{cut}",
                &cause[..end]
            ));
        } else if self.failed_calls == TOLD_ONE_BY_ONE + 1 {
            self.line("  further failed calls of this step are only counted");
        }
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a step itself has failed with what no repetition cures: its cause comes at once, in the summary.
fn ends_the_run(call: &FailedCall) -> bool {
    STEPS.contains(&call.what.as_str())
        && ["Invalid", "DataQuality", "Conflict"].contains(&call.error.as_str())
}

fn spinner() -> ProgressStyle {
    style("{spinner} {msg} {elapsed}")
}

fn with_bar() -> ProgressStyle {
    style("{spinner} Extract [{bar:30}] {pos} of {len} windows, {msg} {elapsed}")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// `12 of 40 windows, 2 failed`.
fn counted(windows: Windows) -> String {
    let mut text = format!("{} of {} windows", windows.done, windows.total);
    if windows.before > 0 {
        let _ = write!(text, " ({} were done before)", windows.before);
    }
    if windows.failed > 0 {
        let _ = write!(text, ", {} failed", windows.failed);
    }
    text
}

/// `5300 rows, 210 rows/s, 50 calls, about 40 s left`.
fn speed(windows: Windows) -> String {
    let mut text = format!(
        "{} rows, {:.0} rows/s, {} calls",
        windows.rows,
        windows.rate(),
        windows.calls
    );
    match windows.left() {
        Some(left) if windows.done < windows.total => {
            let _ = write!(text, ", about {} left", time(left));
        }
        _ => {}
    }
    text
}

fn time(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{}.{} h", seconds / 3600, seconds % 3600 / 360),
    }
}

/// What a run will read and what that costs, before it reads.
pub fn plan(plan: &PlanOutcome) -> String {
    let cost = &plan.estimate;
    let mut text = format!(
        "Plan of {}: {} Genesys and {} Salesforce windows",
        plan.run_id, plan.genesys_windows, plan.salesforce_windows
    );
    if cost.settled_windows > 0 {
        let _ = write!(text, ", {} settled windows skipped", cost.settled_windows);
    }
    if plan.reads_sources {
        let _ = write!(
            text,
            "\n  about {} calls ({} Genesys, {} Salesforce), {} of data",
            cost.calls,
            cost.genesys_calls,
            cost.salesforce_calls,
            size(cost.bytes),
        );
        text.push_str(&limit(cost.minutes));
        if let Some(share) = cost.salesforce_daily_share_bp {
            let _ = write!(
                text,
                "\n  {}.{:02} % of the organisation's Salesforce calls of a day",
                share / 100,
                share % 100
            );
        }
    } else {
        text.push_str("\n  landed files are read again; the sources are not asked");
    }
    for notice in &plan.notices {
        let _ = write!(text, "\n  note: {notice}");
    }
    text
}

/// What so many calls mean for the time: each source lets through only so many a minute.
fn limit(minutes: u64) -> String {
    if minutes <= 1 {
        return "\n  the sources' limits (requests_per_minute) let so many through within a minute"
            .to_owned();
    }
    format!(
        "\n  should it be so many calls, they take {minutes} min at least: the sources' limits (requests_per_minute) let no more through"
    )
}

fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..=999_999 => (1_000, "kB"),
        1_000_000..=999_999_999 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_told_with_its_cost_its_savings_and_its_notices() {
        let outcome: PlanOutcome = serde_json::from_value(serde_json::json!({
            "run_id": "backfill-a-b", "mode": "backfill", "at": "2026-01-05T00:00:00Z", "reads_sources": true, "bucket": "b",
            "genesys_key": "g", "genesys_windows": 700, "salesforce_key": "s", "salesforce_windows": 13, "reports": [],
            "estimate": {"calls": 4100, "genesys_calls": 4000, "salesforce_calls": 100, "minutes": 14, "bytes": 2_350_000_000_u64,
                "salesforce_daily_share_bp": 205, "settled_windows": 30},
            "notices": ["Account.Region__c is new in Salesforce and is not read"]
        }))
        .unwrap();
        assert_eq!(
            plan(&outcome),
            "Plan of backfill-a-b: 700 Genesys and 13 Salesforce windows, 30 settled windows skipped\n  \
             about 4100 calls (4000 Genesys, 100 Salesforce), 2.3 GB of data\n  \
             should it be so many calls, they take 14 min at least: the sources' limits (requests_per_minute) let no more through\n  \
             2.05 % of the organisation's Salesforce calls of a day\n  \
             note: Account.Region__c is new in Salesforce and is not read"
        );
    }

    #[test]
    fn the_windows_are_told_with_rate_and_time_left() {
        let windows = Windows {
            done: 30,
            before: 20,
            failed: 1,
            total: 51,
            rows: 500,
            calls: 60,
            elapsed: Duration::from_secs(100),
        };
        assert_eq!(
            counted(windows),
            "30 of 51 windows (20 were done before), 1 failed"
        );
        assert_eq!(
            speed(windows),
            "500 rows, 5 rows/s, 60 calls, about 4 min left"
        );
    }
}
