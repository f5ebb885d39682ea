//! How much of a report's days has been read: a day nobody has read has no rows that could tell.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use model::{Coverage, Window};
use report::Period;
use std::time::Duration;
use warehouse::{Value, Warehouse, WarehouseError};

/// What is known of a report's days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Days of which something has not been read yet, in order.
    pub unread: Vec<Date>,
    /// Whether all of them have been read for good.
    pub is_final: bool,
}

/// Readings of conversations that touch `:from_at` to `:to_at`. What a filter of an event's own cut (mode `partial`), what was
/// left out and what was only replayed is no reading of the day.
const QUERY: &str = "select cast(window_ledger.window_start as varchar(32)), cast(window_ledger.window_end as varchar(32)), \
    window_ledger.is_settled from ops.window_ledger \
    inner join ops.load_log on window_ledger.batch_id = load_log.batch_id \
    where load_log.merged_at is not null and window_ledger.source = 'genesys' and window_ledger.object = 'conversation' \
    and window_ledger.mode in ('nightly', 'intraday', 'backfill') \
    and window_ledger.window_end > cast(:from_at as timestamp) and window_ledger.window_start < cast(:to_at as timestamp)";

/// Asks the ledger about the days of `period`: days of its zone, of which windows of two UTC days may be parts.
pub(crate) async fn of(
    warehouse: &Warehouse,
    name: &str,
    period: &Period,
    within: Duration,
) -> Result<Reach, WarehouseError> {
    let window = period.window();
    let values = [("from_at", window.start()), ("to_at", window.end())];
    let text = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let values = values.map(|(name, at)| (name.to_owned(), text(at)));
    let rows = warehouse.query(name, QUERY, &values, within).await?;
    Ok(reach(period, rows.iter().filter_map(|row| reading(row))))
}

/// A window, and whether it was read for good.
fn reading(row: &[Value]) -> Option<(Window, bool)> {
    let instant = |at: usize| -> Option<Timestamp> {
        let civil: DateTime = row.get(at)?.text()?.parse().ok()?;
        Offset::UTC.to_timestamp(civil).ok()
    };
    let window = Window::new(instant(0)?, instant(1)?).ok()?;
    Some((window, row.get(2)?.boolean()?))
}

fn reach(period: &Period, readings: impl Iterator<Item = (Window, bool)>) -> Reach {
    let readings: Vec<_> = readings.collect();
    let read = Coverage::of(readings.iter().map(|(window, _)| *window));
    let settled = readings.iter().filter(|(_, is_settled)| *is_settled);
    let settled = Coverage::of(settled.map(|(window, _)| *window));
    let lacks = |coverage: &Coverage| -> Vec<Date> {
        let days = period.first_day().series(1.day());
        let days = days.take_while(|day| *day < period.end_day());
        let whole = |day: Date| local(day, period.zone()).is_some_and(|day| coverage.covers(day));
        days.filter(|day| !whole(*day)).collect()
    };
    Reach {
        unread: lacks(&read),
        is_final: lacks(&settled).is_empty(),
    }
}

/// A day of `zone`.
fn local(day: Date, zone: &TimeZone) -> Option<Window> {
    let begin = |day: Date| {
        let zoned = day.to_zoned(zone.clone()).ok()?;
        Some(zoned.timestamp())
    };
    Window::new(begin(day)?, begin(day.tomorrow().ok()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: &str, to: &str) -> Window {
        let at = |text: &str| text.parse().unwrap();
        Window::new(at(from), at(to)).unwrap()
    }

    #[test]
    fn a_day_counts_once_all_of_it_has_been_read_and_a_period_is_final_once_every_day_was_read_for_good()
     {
        let (first, end) = ("2026-01-05".parse().unwrap(), "2026-01-08".parse().unwrap());
        let period = Period::between(first, end, TimeZone::UTC).unwrap();
        let day = |n: u32, is_settled| {
            let text = |n| format!("2026-01-{n:02}T00:00:00Z");
            (window(&text(n), &text(n + 1)), is_settled)
        };
        let hours = (window("2026-01-06T00:00:00Z", "2026-01-06T23:00:00Z"), true);
        let last = (
            window("2026-01-06T23:00:00Z", "2026-01-07T00:00:00Z"),
            false,
        );
        let of = |readings: &[(Window, bool)]| {
            let reach = reach(&period, readings.iter().copied());
            let unread: Vec<_> = reach.unread.iter().map(|day| day.day()).collect();
            (unread, reach.is_final)
        };
        assert_eq!(of(&[]), (vec![5, 6, 7], false));
        assert_eq!(of(&[day(5, true), hours]), (vec![6, 7], false));
        assert_eq!(of(&[day(5, true), hours, day(7, true)]), (vec![6], false));
        assert_eq!(
            of(&[day(5, true), hours, last, day(7, true)]),
            (vec![], false)
        );
        assert_eq!(
            of(&[day(5, true), day(6, true), day(7, true)]),
            (vec![], true)
        );
    }

    #[test]
    fn a_local_day_needs_each_utc_day_it_lies_in() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let (first, end) = ("2026-01-05".parse().unwrap(), "2026-01-06".parse().unwrap());
        let period = Period::between(first, end, zone).unwrap();
        let day = |from, to| {
            let text = |n| format!("2026-01-{n:02}T00:00:00Z");
            (window(&text(from), &text(to)), true)
        };
        let is_final = |readings: &[(Window, bool)]| {
            let reach = reach(&period, readings.iter().copied());
            (reach.unread.is_empty(), reach.is_final)
        };
        assert_eq!(is_final(&[day(5, 6)]), (false, false));
        assert_eq!(is_final(&[day(5, 6), day(6, 7)]), (true, true));
    }
}
