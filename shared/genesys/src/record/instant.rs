//! Instants as the Platform API writes them: `2026-01-05T10:00:00.123Z`, the fraction optional.

use jiff::Timestamp;
use model::rows::Refusal;

/// Reads an instant; `place` names the field when it is none.
pub(super) fn parse_instant(
    text: &str,
    place: impl FnOnce() -> String,
) -> Result<Timestamp, Refusal> {
    if let Some(instant) = usual_form(text.as_bytes()) {
        return Ok(instant);
    }
    match text.parse::<Timestamp>() {
        // The warehouse's calendar has no year 0, and the source no reason for one.
        Ok(instant) if instant.as_second() >= YEAR_ONE => Ok(instant),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(Refusal {
                reason: "bad_time",
                detail: format!(
                    "{}: {shown:?} is no instant of the form 2026-01-05T10:00:00.123Z",
                    place()
                ),
            })
        }
    }
}

/// `0001-01-01T00:00:00Z`.
const YEAR_ONE: i64 = -62_135_596_800;

/// The one form nearly every record has, without the general parser's many cases. `None`: let that one decide.
fn usual_form(text: &[u8]) -> Option<Timestamp> {
    let (head, tail) = text.split_first_chunk::<19>()?;
    if [head[4], head[7], head[10], head[13], head[16]] != *b"--T::" {
        return None;
    }
    let (hour, minute, second) = (pair(head, 11)?, pair(head, 14)?, pair(head, 17)?);
    let (year, month, day) = (
        pair(head, 0)? * 100 + pair(head, 2)?,
        pair(head, 5)?,
        pair(head, 8)?,
    );
    // Days that not every month has go the long way round.
    if year == 0
        || !(1..=12).contains(&month)
        || !(1..=28).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let nanoseconds = match *tail {
        [b'Z'] => 0,
        [b'.', a, b, c, b'Z'] => {
            (digit(a)? * 100 + digit(b)? * 10 + digit(c)?).checked_mul(1_000_000)?
        }
        _ => return None,
    };
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok()
}

#[inline]
fn pair(text: &[u8; 19], at: usize) -> Option<i64> {
    Some(digit(text[at])? * 10 + digit(text[at + 1])?)
}

#[inline]
fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, for years from 1: years begin in March, so that the leap day
/// is the last one.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Timestamp, String> {
        parse_instant(text, || "field".to_owned()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn fraction_and_offset_are_optional() {
        for (text, same) in [
            ("2026-03-02T14:03:10Z", "2026-03-02T14:03:10Z"),
            ("2026-03-02T14:03:10.1Z", "2026-03-02T14:03:10.1Z"),
            ("2026-03-02T14:03:10.123456Z", "2026-03-02T14:03:10.123456Z"),
            ("2026-03-02T15:03:10.120+01:00", "2026-03-02T14:03:10.12Z"),
            ("2026-03-02T09:03:10-05:00", "2026-03-02T14:03:10Z"),
            ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), same);
        }
    }

    #[test]
    fn what_is_no_instant_is_refused_by_name() {
        let long = "x".repeat(200);
        let texts = [
            "",
            "yesterday",
            "2026-03-02",
            "2026-03-02T14:03:10",
            "2026-02-29T14:03:10Z",
            "2026-03-02T24:00:00Z",
            "0000-03-02T14:03:10Z",
            "2026-03-02T14:03:10.12aZ",
            "1767571200000",
            &long,
        ];
        let errors: Vec<_> = texts.map(|text| parse(text).unwrap_err()).into();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        bad_time: field: "" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "yesterday" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "2026-03-02" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "2026-03-02T14:03:10" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "2026-02-29T14:03:10Z" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "2026-03-02T24:00:00Z" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "0000-03-02T14:03:10Z" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "2026-03-02T14:03:10.12aZ" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "1767571200000" is no instant of the form 2026-01-05T10:00:00.123Z
        bad_time: field: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" is no instant of the form 2026-01-05T10:00:00.123Z
        "#);
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_general_parser(second in -62_135_596_800_i64..253_402_207_200, milli in 0_i32..1000) {
            let instant = Timestamp::new(second, 0).unwrap() + jiff::SignedDuration::from_millis(milli.into());
            let text = format!("{instant:.3}");
            prop_assert_eq!(parse(&text), Ok(instant));
            if let Some(short) = usual_form(text.as_bytes()) {
                prop_assert_eq!(short, instant);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9TZ:.+-]{0,30}|\\PC*") {
            let _ = parse(&text);
        }
    }
}
