//! Half-open extraction intervals in UTC.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Half-open extraction interval `[start, end)` in UTC, whole seconds.
///
/// An inverted or empty window cannot be built, not even from JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "RawWindow", into = "RawWindow")]
pub struct Window {
    start: Timestamp,
    end: Timestamp,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    #[serde(deserialize_with = "crate::instant::required")]
    start: Timestamp,
    #[serde(deserialize_with = "crate::instant::required")]
    end: Timestamp,
}

/// Why two instants are not a window.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WindowError {
    /// `start` is not before `end`.
    #[error("window start {start} is not before its end {end}")]
    Inverted {
        /// Inclusive start.
        start: Timestamp,
        /// Exclusive end.
        end: Timestamp,
    },
    /// An instant has a fraction of a second; keys and ledgers hold whole seconds.
    #[error("window bound {0} has a fraction of a second; use whole seconds")]
    Fraction(Timestamp),
}

impl Window {
    /// The window from `start` (inclusive) to `end` (exclusive).
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, WindowError> {
        for bound in [start, end] {
            if bound.subsec_nanosecond() != 0 {
                return Err(WindowError::Fraction(bound));
            }
        }
        if start >= end {
            return Err(WindowError::Inverted { start, end });
        }
        Ok(Self { start, end })
    }

    /// Inclusive start, UTC.
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// Exclusive end, UTC.
    pub const fn end(self) -> Timestamp {
        self.end
    }

    /// Length of the window.
    pub fn duration(self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether `instant` lies in `[start, end)`.
    pub fn contains(self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }

    /// Both halves, cut at the whole second nearest below the middle; `None` for a window of one second.
    pub fn bisect(self) -> Option<(Self, Self)> {
        let middle =
            Timestamp::from_second(self.start.as_second().midpoint(self.end.as_second())).ok()?;
        (self.start < middle && middle < self.end).then_some((
            Self {
                start: self.start,
                end: middle,
            },
            Self {
                start: middle,
                end: self.end,
            },
        ))
    }

    /// Consecutive pieces of at most `length`, which tile the window exactly. The last one may be shorter.
    /// A `length` under one second counts as one second.
    pub fn slices(self, length: SignedDuration) -> impl Iterator<Item = Self> {
        let step = length.as_secs().max(1);
        let end = self.end;
        let mut from = self.start;
        std::iter::from_fn(move || {
            if from >= end {
                return None;
            }
            let to = Timestamp::from_second(from.as_second().saturating_add(step))
                .map_or(end, |to| to.min(end));
            let slice = Self {
                start: from,
                end: to,
            };
            from = to;
            Some(slice)
        })
    }

    /// The window as part of an object key, without characters that need escaping: `20260105T000000Z_20260106T000000Z`.
    pub fn slug(self) -> String {
        format!(
            "{}_{}",
            self.start.strftime("%Y%m%dT%H%M%SZ"),
            self.end.strftime("%Y%m%dT%H%M%SZ")
        )
    }
}

/// `start/end`, the interval notation of the Platform API.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.end)
    }
}

impl TryFrom<RawWindow> for Window {
    type Error = WindowError;

    fn try_from(raw: RawWindow) -> Result<Self, Self::Error> {
        Self::new(raw.start, raw.end)
    }
}

impl From<Window> for RawWindow {
    fn from(window: Window) -> Self {
        Self {
            start: window.start,
            end: window.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(start: i64, seconds: i64) -> Window {
        Window::new(
            Timestamp::from_second(start).unwrap(),
            Timestamp::from_second(start + seconds).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn an_inverted_window_cannot_be_read_from_json() {
        let error = serde_json::from_str::<Window>(
            r#"{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T09:00:00Z"}"#,
        )
        .unwrap_err();
        assert!(error.to_string().starts_with(
            "window start 2026-01-05T10:00:00Z is not before its end 2026-01-05T09:00:00Z"
        ));
    }

    #[test]
    fn a_slug_needs_no_escaping() {
        assert_eq!(
            window(1_767_571_200, 3600).slug(),
            "20260105T000000Z_20260105T010000Z"
        );
    }

    proptest! {
        #[test]
        fn slices_tile_their_window(start in 0_i64..4_000_000_000, seconds in 1_i64..100_000, step in 1_i64..50_000) {
            let whole = window(start, seconds);
            let slices: Vec<_> = whole.slices(SignedDuration::from_secs(step)).collect();
            prop_assert_eq!(slices.first().map(|s| s.start()), Some(whole.start()));
            prop_assert_eq!(slices.last().map(|s| s.end()), Some(whole.end()));
            prop_assert!(slices.windows(2).all(|pair| pair[0].end() == pair[1].start()));
            prop_assert!(slices.iter().all(|s| s.duration().as_secs() <= step));
        }

        #[test]
        fn halves_tile_their_window(start in 0_i64..4_000_000_000, seconds in 2_i64..100_000) {
            let whole = window(start, seconds);
            let (left, right) = whole.bisect().unwrap();
            prop_assert_eq!((left.start(), right.end()), (whole.start(), whole.end()));
            prop_assert_eq!(left.end(), right.start());
        }
    }
}
