//! The days a report covers: whole calendar days in one zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::{Window, WindowError};

/// Whole calendar days in one zone, `[first_day, end_day)`. A day lasts 23 to 25 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    window: Window,
    first_day: Date,
    end_day: Date,
    zone: TimeZone,
}

/// Why days are not a period.
#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    /// The calendar has no such day.
    #[error("the period leaves the calendar")]
    Calendar(#[from] jiff::Error),
    /// The days are not in order.
    #[error("the period is empty")]
    Window(#[from] WindowError),
}

impl Period {
    /// The days from `first_day` (inclusive) to `end_day` (exclusive) as they begin in `zone`.
    pub fn between(first_day: Date, end_day: Date, zone: TimeZone) -> Result<Self, PeriodError> {
        let start = zone.to_zoned(first_day.at(0, 0, 0, 0))?.timestamp();
        let end = zone.to_zoned(end_day.at(0, 0, 0, 0))?.timestamp();
        Ok(Self {
            window: Window::new(start, end)?,
            first_day,
            end_day,
            zone,
        })
    }

    /// The last `days` whole days in `zone` that have ended at `at`.
    pub fn last_days(days: u32, at: Timestamp, zone: TimeZone) -> Result<Self, PeriodError> {
        let end_day = at.to_zoned(zone.clone()).date();
        Self::between(end_day.checked_sub(i64::from(days).days())?, end_day, zone)
    }

    /// The same interval in UTC.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The first day.
    pub const fn first_day(&self) -> Date {
        self.first_day
    }

    /// The day after the last.
    pub const fn end_day(&self) -> Date {
        self.end_day
    }

    /// The last day, which belongs to the period.
    pub fn last_day(&self) -> Date {
        self.end_day.yesterday().unwrap_or(self.first_day)
    }

    /// How many calendar days it has.
    pub fn days(&self) -> i64 {
        self.first_day
            .until(self.end_day)
            .map_or(0, |span| i64::from(span.get_days()))
    }

    /// Where its days begin and end.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The name of the zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// `2026-01-05_2026-01-11`, first and last day: part of the name a downloaded file gets.
    pub fn slug(&self) -> String {
        format!("{}_{}", self.first_day, self.last_day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn the_last_day_has_ended_at_the_instant_of_the_run() {
        let at = "2026-01-12T02:15:00Z".parse().unwrap();
        let utc = Period::last_days(7, at, zone("UTC")).unwrap();
        insta::assert_snapshot!(utc.window(), @"2026-01-05T00:00:00Z/2026-01-12T00:00:00Z");
        assert_eq!(
            (utc.slug().as_str(), utc.days()),
            ("2026-01-05_2026-01-11", 7)
        );
        let west = Period::last_days(7, at, zone("America/Los_Angeles")).unwrap();
        insta::assert_snapshot!(west.window(), @"2026-01-04T08:00:00Z/2026-01-11T08:00:00Z");
    }

    #[test]
    fn a_day_of_the_clock_change_has_its_own_length() {
        let day = |from: &str, to: &str| {
            Period::between(
                from.parse().unwrap(),
                to.parse().unwrap(),
                zone("Europe/Berlin"),
            )
            .unwrap()
            .window()
            .duration()
            .as_hours()
        };
        assert_eq!(day("2026-03-29", "2026-03-30"), 23);
        assert_eq!(day("2026-10-25", "2026-10-26"), 25);
    }

    proptest! {
        #[test]
        fn a_period_ends_before_the_run_and_less_than_a_day_before(second in 0_i64..4_000_000_000, days in 1_u32..400) {
            let at = Timestamp::from_second(second).unwrap();
            let period = Period::last_days(days, at, zone("Europe/Berlin")).unwrap();
            prop_assert!(period.window().end() <= at);
            prop_assert!(at.duration_since(period.window().end()).as_hours() <= 25);
            prop_assert_eq!(period.days(), i64::from(days));
        }
    }
}
