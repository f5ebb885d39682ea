//! How a details query is asked for a part of a day.
//!
//! Whatever its interval, the query selects whole UTC days. A filter on the start makes the answer as small as what is
//! wanted. Where that is switched off or refused, the day is read from the end that lies nearer, and left as soon as the
//! part is behind.

use crate::run::Run;
use genesys::api::Api;
use genesys::query::{DetailsQuery, Order, OrderBy};
use genesys::record;
use jiff::{SignedDuration, Timestamp};
use model::Window;
use model::filter::Filter;
use serde::{Deserialize, Serialize};
use source_http::SourceError;

/// How a slice is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// With a filter on the start, oldest first.
    Starts,
    /// Its whole days, oldest first.
    Forwards,
    /// Its whole days, newest first. Records that arrive meanwhile make others come twice, and hide none.
    Backwards,
}

const DAY: i64 = 86_400;

impl Way {
    /// The one that costs least.
    pub fn of(run: &Run<'_>, window: Window) -> Self {
        if run.filters_start() && !is_whole_days(window) {
            Self::Starts
        } else {
            Self::without_filter(window, run.deadline.now())
        }
    }

    /// From the end of its days that lies nearer, as they stand `now`.
    pub fn without_filter(window: Window, now: Timestamp) -> Self {
        let (start, end) = (window.start().as_second(), window.end().as_second());
        let midnight_after = end + (-end).rem_euclid(DAY);
        let before = start.rem_euclid(DAY);
        let behind = (midnight_after.min(now.as_second()) - end).max(0);
        if behind < before {
            Self::Backwards
        } else {
            Self::Forwards
        }
    }

    /// The question for `window`, without its page.
    pub fn query(self, window: Window, filter: Option<&Filter>) -> DetailsQuery<'_> {
        let query = DetailsQuery::new(window).filtered(filter);
        match self {
            Self::Starts => query.starting_in(window),
            Self::Forwards => query,
            Self::Backwards => query.ordered(OrderBy::ConversationStart, Order::Descending),
        }
    }

    /// Whether nothing of `window` follows a page whose conversations began from `earliest` to `latest`.
    pub fn is_past(self, window: Window, earliest: Timestamp, latest: Timestamp) -> bool {
        match self {
            Self::Starts | Self::Forwards => earliest >= window.end(),
            Self::Backwards => latest < window.start(),
        }
    }

    /// Whether the source's own count of the answer is that of `window` alone.
    pub fn counts_only(self, window: Window) -> bool {
        self == Self::Starts || is_whole_days(window)
    }

    /// Whether it may be the filter on the start that the source has turned down.
    pub fn is_refused(self, cause: &SourceError) -> bool {
        self == Self::Starts && cause.status() == Some(400)
    }
}

/// How long a time is asked for that must hold something: the smaller answer first.
const WIDER_HOURS: [i64; 3] = [2, 6, 24];

/// Whether the filter on the start keeps anything of a longer time that ends with `window`, of which it kept nothing. Then it
/// works, and nothing began in the window.
pub(crate) async fn keeps_anything(run: &Run<'_>, api: &Api, window: Window) -> bool {
    for hours in WIDER_HOURS {
        let from = window.end() - SignedDuration::from_hours(hours);
        if from >= window.start() {
            continue;
        }
        let Ok(wider) = Window::new(from, window.end()) else {
            return false;
        };
        let query = Way::Starts.query(wider, run.filter()).page(1, 1);
        match api.details(&query).await {
            Ok(page) => {
                let mut records = page.records().filter_map(|it| record::parse(it).ok());
                if records.any(|it| wider.contains(it.conversation_start)) {
                    return true;
                }
            }
            Err(cause) => {
                tracing::warn!("Asking whether the filter on the start keeps anything: {cause}");
                return false;
            }
        }
    }
    false
}

fn is_whole_days(window: Window) -> bool {
    let bounds = [window.start(), window.end()];
    bounds.iter().all(|at| at.as_second().rem_euclid(DAY) == 0)
}

/// Whether some other slice than `window` could have a smaller answer without the filter: it touches more than one day.
pub(crate) fn touches_days(window: Window) -> bool {
    let day = |second: i64| second.div_euclid(DAY);
    day(window.start().as_second()) < day(window.end().as_second() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        let (start, end) = text.split_once('/').unwrap();
        Window::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_nearer_end_of_the_days_is_read_from() {
        for (text, now, way) in [
            // What is still to come need not be read.
            (
                "2026-01-05T14:00:00Z/2026-01-05T15:00:00Z",
                "2026-01-05T15:10:00Z",
                Way::Backwards,
            ),
            (
                "2026-01-05T02:00:00Z/2026-01-05T03:00:00Z",
                "2026-01-05T03:10:00Z",
                Way::Backwards,
            ),
            (
                "2026-01-05T00:00:00Z/2026-01-05T01:00:00Z",
                "2026-01-05T01:10:00Z",
                Way::Forwards,
            ),
            (
                "2026-01-05T02:00:00Z/2026-01-05T03:00:00Z",
                "2026-01-09T00:00:00Z",
                Way::Forwards,
            ),
            (
                "2026-01-05T20:00:00Z/2026-01-05T21:00:00Z",
                "2026-01-09T00:00:00Z",
                Way::Backwards,
            ),
            (
                "2026-01-05T23:00:00Z/2026-01-06T00:00:00Z",
                "2026-01-09T00:00:00Z",
                Way::Backwards,
            ),
            (
                "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z",
                "2026-01-09T00:00:00Z",
                Way::Forwards,
            ),
        ] {
            let found = Way::without_filter(window(text), now.parse().unwrap());
            assert_eq!(found, way, "{text} at {now}");
        }
        assert!(is_whole_days(window(
            "2026-01-05T00:00:00Z/2026-01-07T00:00:00Z"
        )));
        assert!(!is_whole_days(window(
            "2026-01-05T06:00:00Z/2026-01-06T06:00:00Z"
        )));
        assert!(touches_days(window(
            "2026-01-05T06:00:00Z/2026-01-06T06:00:00Z"
        )));
        assert!(!touches_days(window(
            "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z"
        )));
    }
}
