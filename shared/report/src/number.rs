//! Numbers and days as a person reads them. The page is in English: 12,345 and 8.3%.

use jiff::civil::Date;

/// A missing value.
pub const NONE: &str = "–";

/// `12,345`; a minus sign, not a hyphen, before a negative number.
pub fn integer(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 3);
    if value < 0 {
        text.push('−');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `8.3%` of `0.083`.
pub fn percent(ratio: f64) -> String {
    let text = format!("{:.1}%", ratio.abs() * 100.0);
    if ratio < 0.0 {
        format!("−{text}")
    } else {
        text
    }
}

/// `numerator ÷ denominator` to six places; `None` where there is nothing to divide by.
pub fn ratio(numerator: Option<i64>, denominator: Option<i64>) -> Option<f64> {
    let (numerator, denominator) = (numerator?, denominator.filter(|&d| d != 0)?);
    Some((float(numerator) / float(denominator) * 1e6).round() / 1e6)
}

/// The nearest float: counts of conversations stay far below 2^53.
#[allow(clippy::cast_precision_loss)]
pub const fn float(value: i64) -> f64 {
    value as f64
}

/// `5 January 2026`.
pub fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `Monday 5 to Sunday 11 January 2026`, with month and year stated once where they are the same.
pub fn days(first: Date, last: Date) -> String {
    let first_text = if first == last {
        return last.strftime("%A %-d %B %Y").to_string();
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        first.strftime("%A %-d")
    } else if first.year() == last.year() {
        first.strftime("%A %-d %B")
    } else {
        first.strftime("%A %-d %B %Y")
    };
    format!("{first_text} to {}", last.strftime("%A %-d %B %Y"))
}

/// Stretches of days named by [`day_list`].
const STRETCHES: usize = 4;

/// Days in order, as stretches: `Monday 5 January 2026; Thursday 8 to Sunday 11 January 2026`.
pub fn day_list(all: &[Date]) -> String {
    let mut stretches: Vec<(Date, Date)> = Vec::new();
    for &day in all {
        match stretches.last_mut() {
            Some((_, last)) if last.tomorrow().is_ok_and(|next| next == day) => *last = day,
            _ => stretches.push((day, day)),
        }
    }
    let named: Vec<_> = stretches
        .iter()
        .take(STRETCHES)
        .map(|&(first, last)| days(first, last))
        .collect();
    let more = if stretches.len() > STRETCHES {
        "; and later ones"
    } else {
        ""
    };
    format!("{}{more}", named.join("; "))
}

/// Round steps of an axis from 0 that reaches `max`: at most six, the last at or above `max`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn ticks(max: f64, whole: bool) -> Vec<f64> {
    let max = if max > 0.0 { max } else { 1.0 };
    let magnitude = 10_f64.powf((max / 5.0).log10().floor());
    let mut step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| max / step <= 5.0 + 1e-9)
        .unwrap_or(10.0 * magnitude);
    if whole {
        step = step.max(1.0);
    }
    let count = (max / step - 1e-9).ceil().max(1.0) as u32;
    (0..=count).map(|no| f64::from(no) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567, -12_345].map(integer),
            ["0", "999", "1,000", "1,234,567", "−12,345"]
        );
        assert_eq!(integer(i64::MIN), "−9,223,372,036,854,775,808");
    }

    #[test]
    fn a_division_by_zero_has_no_value() {
        assert_eq!(ratio(Some(3), Some(0)), None);
        assert_eq!(ratio(Some(3), None), None);
        assert_eq!(ratio(Some(1), Some(3)), Some(0.333_333));
    }

    #[test]
    fn days_state_month_and_year_once() {
        let text = |first: &str, last: &str| days(first.parse().unwrap(), last.parse().unwrap());
        assert_eq!(
            text("2026-01-05", "2026-01-11"),
            "Monday 5 to Sunday 11 January 2026"
        );
        assert_eq!(
            text("2025-12-29", "2026-01-04"),
            "Monday 29 December 2025 to Sunday 4 January 2026"
        );
        assert_eq!(text("2026-01-05", "2026-01-05"), "Monday 5 January 2026");
    }

    #[test]
    fn days_are_listed_as_stretches_and_few_of_them() {
        let list = |days: &[&str]| {
            day_list(
                &days
                    .iter()
                    .map(|day| day.parse().unwrap())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(list(&[]), "");
        assert_eq!(
            list(&["2026-01-05", "2026-01-30", "2026-01-31", "2026-02-01"]),
            "Monday 5 January 2026; Friday 30 January to Sunday 1 February 2026"
        );
        let odd = [
            "2026-01-01",
            "2026-01-03",
            "2026-01-05",
            "2026-01-07",
            "2026-01-09",
        ];
        assert!(list(&odd).ends_with("Wednesday 7 January 2026; and later ones"));
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_largest_value_in_few_round_steps(max in 1e-6_f64..1e12) {
            let ticks = ticks(max, false);
            prop_assert!(ticks.len() >= 2 && ticks.len() <= 6);
            prop_assert!(ticks[ticks.len() - 1] >= max * (1.0 - 1e-8));
        }
    }
}
