//! What a line says about windows and about a failed call.

use crate::execution::{FailedCall, Windows};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::time::Duration;

/// A cause longer than this is cut: what ends the run is told whole in the summary, and the log has all of it.
const LONGEST_CAUSE: usize = 120;

/// A failed call with its cause, or with the earlier call that was told with the same one.
pub(super) fn failed_line(
    call: &FailedCall,
    causes: &mut BTreeMap<(String, String), String>,
) -> String {
    let FailedCall { what, error, cause } = call;
    let told = format!("  a call failed: {what}: {error}");
    // What became of the process and not what it says: two that have died need not have died of the same.
    let is_of_the_service = ["Runtime.", "Sandbox.", "Lambda.", "States."]
        .iter()
        .any(|service| error.starts_with(service));
    if cause.is_empty() {
        return told;
    }
    let end = cause
        .char_indices()
        .nth(LONGEST_CAUSE)
        .map_or(cause.len(), |(at, _)| at);
    let cut = if end < cause.len() { " …" } else { "" };
    let whole = format!("{told}: {}{cut}", &cause[..end]);
    // Of another window the same is said with its own object and days.
    let mut same = cause.clone();
    for part in what.split(' ').skip(1) {
        same = same.replace(part, "…");
    }
    match causes.entry((error.clone(), same)) {
        Entry::Vacant(entry) => {
            entry.insert(what.clone());
            whole
        }
        Entry::Occupied(first) => {
            let same = if is_of_the_service {
                "in the same words as"
            } else {
                "for the same cause as"
            };
            let first = first.get();
            let first = if first == what { "before" } else { first };
            format!("{told}, {same} {first}")
        }
    }
}

/// `12 of 40 windows, 2 failed`.
pub(super) fn counted(windows: Windows) -> String {
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
pub(super) fn speed(windows: Windows) -> String {
    let mut text = format!(
        "{} rows, {:.0} rows/s, {} calls",
        windows.rows,
        windows.rate(),
        windows.calls
    );
    if windows.done + windows.failed < windows.total {
        let _ = match windows.left {
            Some(left) => {
                let how = if left.is_least { "perhaps" } else { "about" };
                write!(text, ", {how} {} left", time(left.time))
            }
            None => write!(text, ", time left not known yet"),
        };
    }
    text
}

/// As exact as a guess may look: it must not change with every window.
fn time(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..=90 => format!("{} s", seconds.div_ceil(10).max(1) * 10),
        seconds @ 91..=600 => format!("{} min", seconds.div_ceil(60)),
        seconds @ 601..=7200 => format!("{} min", seconds.div_ceil(300) * 5),
        seconds => {
            let halves = seconds.div_ceil(1800);
            let half = if halves % 2 == 1 { ".5" } else { "" };
            format!("{}{half} h", halves / 2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::TimeLeft;

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
            left: Some(TimeLeft {
                time: Duration::from_secs(200),
                is_least: false,
            }),
        };
        assert_eq!(
            counted(windows),
            "30 of 51 windows (20 were done before), 1 failed"
        );
        assert_eq!(
            speed(windows),
            "500 rows, 5 rows/s, 60 calls, about 4 min left"
        );
        let early = Windows {
            left: None,
            ..windows
        };
        assert_eq!(
            speed(early),
            "500 rows, 5 rows/s, 60 calls, time left not known yet"
        );
        let last = Windows { done: 50, ..early };
        assert_eq!(speed(last), "500 rows, 5 rows/s, 60 calls");
    }

    #[test]
    fn the_time_left_looks_no_more_exact_than_it_is() {
        let told = [0, 42, 90, 91, 601, 3601, 7200, 7201, 9001]
            .map(|seconds| time(Duration::from_secs(seconds)));
        assert_eq!(
            told,
            [
                "10 s", "50 s", "90 s", "2 min", "15 min", "65 min", "120 min", "2.5 h", "3 h"
            ]
        );
    }

    #[test]
    fn a_cause_is_told_once_and_then_by_the_call_that_had_it_first() {
        let mut causes = BTreeMap::new();
        let mut told = |what: &str, error: &str, cause: &str| {
            let call = FailedCall {
                what: what.to_owned(),
                error: error.to_owned(),
                cause: cause.to_owned(),
            };
            failed_line(&call, &mut causes)
        };
        let written = "is being written by another worker of run r; let that one finish";
        let (queue, case) = ("genesys queue a/b", "salesforce case a/c");
        assert_eq!(
            told(
                queue,
                "Transient",
                &format!("window a/b of queue {written}")
            ),
            format!("  a call failed: genesys queue a/b: Transient: window a/b of queue {written}")
        );
        assert_eq!(
            told(case, "Transient", &format!("window a/c of case {written}")),
            "  a call failed: salesforce case a/c: Transient, for the same cause as genesys queue a/b"
        );
        assert_eq!(
            told(
                queue,
                "Transient",
                &format!("window a/b of queue {written}")
            ),
            "  a call failed: genesys queue a/b: Transient, for the same cause as before"
        );
        assert_eq!(
            told(case, "Transient", "503"),
            "  a call failed: salesforce case a/c: Transient: 503"
        );
        // Of two processes that have ended the same words are told, which need not have ended for the same cause.
        let ended = "Runtime exited before returning a response";
        let dead = |what: &str| format!("  a call failed: {what}: Runtime.ExitError");
        assert_eq!(
            told(queue, "Runtime.ExitError", ended),
            format!("{}: {ended}", dead(queue))
        );
        assert_eq!(
            told(case, "Runtime.ExitError", ended),
            format!("{}, in the same words as {queue}", dead(case))
        );
        assert_eq!(
            told(queue, "Runtime.ExitError", ended),
            format!("{}, in the same words as before", dead(queue))
        );
        assert_eq!(told("Merge", "Runtime.ExitError", ""), dead("Merge"));
        // What ends the run comes whole in the summary: here its beginning is enough.
        assert_eq!(
            told("Load", "Transient", &"é".repeat(121)),
            format!("  a call failed: Load: Transient: {} …", "é".repeat(120))
        );
    }
}
