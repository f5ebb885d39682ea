//! What is told while an execution is followed.

use super::left::TimeLeft;
use super::readable;
use model::payload::PlanOutcome;
use serde_json::Value;
use std::time::Duration;

/// What happens while an execution is followed.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// A step has begun.
    Began(String),
    /// A step has ended, after so long.
    Ended(String, Duration),
    /// The step that began last is under way; told often, and whoever shows it decides how often.
    Still,
    /// The run has a plan: what it will read and what that costs; and how many of its windows were done before this execution.
    Planned(Box<PlanOutcome>, u64),
    /// How far the windows are.
    Windows(Windows),
    /// A call of a function failed. It is tried again, or its window or step fails.
    Failed(FailedCall),
}

/// How far the windows of a run are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Windows {
    /// Done, those included that an earlier execution of the run had done.
    pub done: u64,
    /// Done before this execution began.
    pub before: u64,
    /// Failed.
    pub failed: u64,
    /// All.
    pub total: u64,
    /// Records landed by this execution.
    pub rows: u64,
    /// Requests it has sent to the sources, by the windows that are done.
    pub calls: u64,
    /// Since the first window began.
    pub elapsed: Duration,
    /// The time left; `None` while too little is known.
    pub left: Option<TimeLeft>,
}

impl Windows {
    /// Records a second so far.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        #[allow(clippy::cast_precision_loss)] // a rate for a person
        let rows = self.rows as f64;
        if seconds > 0.0 { rows / seconds } else { 0.0 }
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCall {
    /// The step, or the window: `genesys conversation 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z`.
    pub what: String,
    /// A failure kind, or one of Step Functions' own names.
    pub error: String,
    /// What the function said.
    pub cause: String,
}

/// A window as a person reads it.
pub(crate) fn window_text(task: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let (source, object) = (text(&task["source"]), text(&task["object"]));
    let window = &task["window"];
    format!(
        "{source} {object} {}/{}",
        text(&window["start"]),
        text(&window["end"])
    )
}

/// What a function said about a window, without the window: whoever shows it names the window.
pub(crate) fn without_window<'a>(cause: &'a str, task: &Value) -> &'a str {
    let text = window_text(task);
    let window = text.rsplit(' ').next().unwrap_or_default();
    match cause.split_once(": ") {
        Some((head, rest)) if head.starts_with("reading ") && head.ends_with(window) => rest,
        _ => cause,
    }
}

pub(super) fn failed_call(event: &Value, what: &str) -> Option<FailedCall> {
    let details = [
        "taskFailedEventDetails",
        "lambdaFunctionFailedEventDetails",
        "taskTimedOutEventDetails",
    ]
    .iter()
    .map(|name| &event[*name])
    .find(|details| details.is_object())?;
    let text = |key: &str| details[key].as_str().unwrap_or_default();
    Some(FailedCall {
        what: what.to_owned(),
        error: text("error").to_owned(),
        cause: readable(text("cause")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_failed_call_is_told_with_its_kind_and_words() {
        let event = json!({"type": "TaskFailed", "taskFailedEventDetails": {
            "error": "Throttled", "cause": "{\"errorMessage\": \"429 for 3600 s\", \"errorType\": \"Throttled\"}"}});
        let failed = failed_call(&event, "Plan").unwrap();
        assert_eq!(
            (
                failed.what.as_str(),
                failed.error.as_str(),
                failed.cause.as_str()
            ),
            ("Plan", "Throttled", "429 for 3600 s")
        );
        let task =
            json!({"source": "genesys", "object": "queue", "window": {"start": "a", "end": "b"}});
        assert_eq!(
            without_window("reading queue of window a/b: 403: no", &task),
            "403: no"
        );
        assert_eq!(
            without_window("reading queue: 403", &task),
            "reading queue: 403"
        );
        let entered =
            json!({"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Plan"}});
        assert_eq!(failed_call(&entered, "Plan"), None);
    }
}
