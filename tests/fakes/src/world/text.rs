//! Writing JSON text and timestamps fast, and the text values that are known to break pipelines.

use std::fmt::Write as _;

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Appends a JSON string with its quotes.
pub(crate) fn push_string(out: &mut String, value: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in value.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&value[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&value[from..]);
    out.push('"');
}

/// Year, month and day of a day counted from 1970-01-01.
pub(crate) const fn civil(day: i64) -> (i64, i64, i64) {
    // Howard Hinnant's calendar arithmetic: eras of 400 years that begin on 1 March.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + (month <= 2) as i64;
    (year, month, date)
}

#[expect(
    clippy::cast_sign_loss,
    reason = "one digit of a number that is not negative"
)]
fn push_digits(out: &mut String, value: i64, digits: u32) {
    let mut unit = 10_i64.pow(digits - 1);
    while unit > 0 {
        out.push(char::from(b'0' + (value / unit % 10) as u8));
        unit /= 10;
    }
}

/// Appends `2026-01-05T10:00:00`.
pub(crate) fn push_seconds(out: &mut String, millis: i64) {
    let (year, month, date) = civil(millis.div_euclid(DAY_MS));
    let of_day = millis.rem_euclid(DAY_MS) / 1000;
    push_digits(out, year, 4);
    out.push('-');
    push_digits(out, month, 2);
    out.push('-');
    push_digits(out, date, 2);
    out.push('T');
    push_digits(out, of_day / 3600, 2);
    out.push(':');
    push_digits(out, of_day / 60 % 60, 2);
    out.push(':');
    push_digits(out, of_day % 60, 2);
}

/// Appends an instant as Genesys Cloud writes it; milliseconds are left out when `short` and there are none.
pub(crate) fn push_instant(out: &mut String, millis: i64, short: bool) {
    push_seconds(out, millis);
    let fraction = millis.rem_euclid(1000);
    if !(short && fraction == 0) {
        out.push('.');
        push_digits(out, fraction, 3);
    }
    out.push('Z');
}

/// An instant as Salesforce's REST API writes it.
pub(crate) fn salesforce_instant(millis: i64) -> String {
    let mut out = String::with_capacity(28);
    push_seconds(&mut out, millis);
    out.push('.');
    push_digits(&mut out, millis.rem_euclid(1000), 3);
    out.push_str("+0000");
    out
}

/// A calendar day.
pub(crate) fn date(millis: i64) -> String {
    let mut out = String::with_capacity(24);
    push_seconds(&mut out, millis);
    out.truncate(10);
    out
}

/// An instant for messages and job states.
pub(crate) fn instant(millis: i64) -> String {
    let mut out = String::with_capacity(24);
    push_instant(&mut out, millis, false);
    out
}

/// Values that real attributes and names have, each of which has broken a loader somewhere.
pub(crate) const AWKWARD: [&str; 18] = [
    "NA",
    "None",
    "",
    "null",
    "Thanks \u{1f44d}\u{1f3fd} and \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}!",
    "she said \"call me\", twice",
    "\"",
    "line one\nline two",
    "line one\r\nline two\r\n",
    "a,b,,c",
    "C:\\temp\\new",
    "\\n",
    "tab\there",
    "=HYPERLINK(\"http://example.invalid\")",
    " leading and trailing ",
    "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{4f60}\u{597d} na\u{ef}ve",
    "it's 5 o'clock; -- not a comment",
    "1e5",
];

/// A value of exactly 1,024 characters, the length the source cuts at.
pub(crate) fn longest() -> String {
    "long \u{20ac}uro value "
        .chars()
        .cycle()
        .take(1024)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_json_wants_them() {
        for text in AWKWARD.iter().copied().chain(["\u{0}\u{1f}/\u{7f}"]) {
            let mut out = String::new();
            push_string(&mut out, text);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text, "{out}");
        }
    }

    #[test]
    fn instants_agree_with_the_calendar() {
        for millis in [
            0,
            951_782_400_000,
            1_767_225_599_999,
            4_102_444_800_000,
            1_709_164_800_123,
        ] {
            let expected = jiff::Timestamp::from_millisecond(millis).unwrap();
            assert_eq!(
                instant(millis).parse::<jiff::Timestamp>().unwrap(),
                expected
            );
        }
        let mut short = String::new();
        push_instant(&mut short, 1_767_225_600_000, true);
        assert_eq!(short, "2026-01-01T00:00:00Z");
        assert_eq!(
            salesforce_instant(1_767_225_600_000),
            "2026-01-01T00:00:00.000+0000"
        );
    }

    #[test]
    fn the_longest_value_has_the_length_the_source_cuts_at() {
        assert_eq!(longest().chars().count(), 1024);
    }
}
