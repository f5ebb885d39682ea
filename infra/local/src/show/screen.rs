//! Steps, the plan and the windows while they happen, on standard error.

use super::line::{counted, failed_line, speed};
use super::plan;
use crate::execution::{FailedCall, Progress, STEPS, Windows};
use crate::package::COMPILES;
use crate::summary::Continued;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Without a terminal a line about the windows comes this often, if something has changed …
const NEWS: Duration = Duration::from_secs(2);
/// … and this often if nothing has: whoever reads the log must see that somebody is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// A step that lasts longer says what it does, if that is known.
const LONG: Duration = Duration::from_secs(5);
/// Failed calls that are told one by one in a step; of more there is only their number.
const TOLD_ONE_BY_ONE: u64 = 20;

/// Shows steps.
#[derive(Debug)]
pub struct Screen {
    bar: Option<ProgressBar>,
    windows: Option<Windows>,
    told: Option<(Instant, u64, u64)>,
    failed_calls: u64,
    /// Kind of the failure that ends the step under way.
    ends: Option<String>,
    /// Error and cause of failed calls of the step under way, and which call was the first of them.
    causes: BTreeMap<(String, String), String>,
    /// The step under way.
    step: Step,
    /// What an earlier execution of the run had read.
    continued: Option<Continued>,
}

/// The step under way, as far as signs of life need it.
#[derive(Debug, Default)]
struct Step {
    name: String,
    began: Option<Instant>,
    /// Signs of life that it has given.
    signs: u64,
    /// Tokens were refreshed before it, so the run asks the sources.
    asks_sources: bool,
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
            causes: BTreeMap::new(),
            step: Step::default(),
            continued: None,
        }
    }

    /// What an earlier execution of the run shown last had read, if it had.
    pub const fn continued(&self) -> Option<Continued> {
        self.continued
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
                if step == "CheckInput" {
                    self.continued = None;
                }
                self.step = Step {
                    name: step.clone(),
                    began: Some(Instant::now()),
                    signs: 0,
                    asks_sources: step == "RefreshTokens"
                        || (self.step.asks_sources && step != "CheckInput"),
                };
                if let Some(bar) = &self.bar {
                    bar.set_style(spinner());
                    bar.reset_elapsed();
                    bar.set_message(step);
                }
            }
            Progress::Still => self.still(),
            Progress::Planned(found, before) => {
                self.continued = (before > 0).then_some(Continued {
                    before,
                    windows: found.genesys_windows + found.salesforce_windows,
                });
                self.line(&plan(&found, before));
            }
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

    /// Says what a long step does, and without a terminal from time to time that it is still under way.
    fn still(&mut self) {
        let Some(took) = self.step.began.map(|began| began.elapsed()) else {
            return;
        };
        // Windows are signs of life themselves.
        if self.windows.is_some() || !self.step.is_sign_due(took) {
            return;
        }
        let name = &self.step.name;
        let doing = self.step.doing(self.failed_calls > 0);
        match &self.bar {
            Some(bar) => bar.set_message(match doing {
                Some(doing) => format!("{name}: {doing}"),
                None => name.clone(),
            }),
            None if doing.is_none() && took < SIGN_OF_LIFE => {}
            None => {
                let doing = doing.unwrap_or("under way");
                eprintln!("  {name:<14} {:>4} s so far: {doing}", took.as_secs());
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
        if ends_the_run(call) {
            self.ends = Some(call.error.clone());
        } else if self.failed_calls <= TOLD_ONE_BY_ONE {
            let line = failed_line(call, &mut self.causes);
            self.line(&line);
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

impl Step {
    /// Whether the next sign of life is due, and counts it as given: one when the step has become long, then one every so often.
    fn is_sign_due(&mut self, took: Duration) -> bool {
        let due = match took {
            took if took < LONG => 0,
            took => 1 + took.as_secs() / SIGN_OF_LIFE.as_secs(),
        };
        let is_due = due > self.signs;
        self.signs = due.max(self.signs);
        is_due
    }

    /// What takes a step long.
    fn doing(&self, has_failed: bool) -> Option<&'static str> {
        if has_failed {
            return Some("trying again, or waiting to do so, after a failed call");
        }
        (self.name == "Plan" && self.asks_sources).then_some(
            "asking Salesforce how many records there are, no faster than its requests_per_minute allow",
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_step_gives_signs_of_life_and_says_what_it_does() {
        let mut plan = Step {
            name: "Plan".to_owned(),
            asks_sources: true,
            ..Step::default()
        };
        let given: Vec<_> = (0..100)
            .filter(|second| plan.is_sign_due(Duration::from_secs(*second)))
            .collect();
        assert_eq!(given, [5, 30, 60, 90]);
        assert!(plan.doing(false).unwrap().starts_with("asking Salesforce"));
        assert!(plan.doing(true).unwrap().starts_with("trying again"));
        plan.asks_sources = false;
        assert_eq!(plan.doing(false), None);
    }
}
