//! The `start/end` of a query.

use super::Problem;
use crate::world::ceil_ms;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A half-open interval in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Interval {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Interval {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let date = |part: &str| {
            let zoned = part.parse::<Timestamp>();
            // Without a zone the source means UTC.
            zoned.or_else(|_| part.parse::<DateTime>()?.to_zoned(TimeZone::UTC).map(|at| at.timestamp())).map_err(|_| {
                Problem::new(
                    400,
                    "invalid.date",
                    "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
                )
            })
        };
        let Some((from, to)) = text.split_once('/') else {
            return Err(Problem::bad(format!(
                "interval {text:?} must be two instants with a slash between them"
            )));
        };
        let interval = Self {
            from: ceil_ms(date(from)?),
            to: ceil_ms(date(to)?),
        };
        if interval.from >= interval.to {
            return Err(Problem::bad(format!(
                "interval {text:?} must begin before it ends"
            )));
        }
        Ok(interval)
    }

    /// Refuses an interval of more days than this.
    pub(super) fn within_days(self, days: i64) -> Result<Self, Problem> {
        if self.to - self.from > days * crate::world::text::DAY_MS {
            return Err(Problem::bad(format!(
                "You must specify a search interval as part of your query that does not exceed {days} days"
            )));
        }
        Ok(self)
    }

    /// The whole UTC days it touches.
    pub(super) const fn days(self) -> Self {
        const DAY: i64 = crate::world::text::DAY_MS;
        Self {
            from: self.from.div_euclid(DAY) * DAY,
            to: (self.to - 1).div_euclid(DAY) * DAY + DAY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_touches_its_day_and_midnight_touches_none_after_it() {
        let hour = Interval::parse("2026-01-01T10:00:00Z/2026-01-01T11:00:00+00:00").unwrap();
        let day = Interval::parse("2026-01-01T00:00:00.000Z/2026-01-02T00:00:00").unwrap();
        assert_eq!(hour.days(), day);
        assert_eq!(day.days(), day);
    }

    #[test]
    fn intervals_that_make_no_sense_are_refused() {
        for text in [
            "",
            "2026-01-01T00:00:00Z",
            "a/b",
            "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
        ] {
            assert!(Interval::parse(text).is_err(), "{text}");
        }
    }
}
