//! A record's values, field by field, as the JSON text Salesforce writes.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use model::rows::Refusal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Longest decimal written out; no column holds more digits.
const MAX_DECIMAL_CHARS: usize = 80;

/// Digits before the point that fit `decimal(18, 2)`, the type of every decimal column. One more would fail the whole
/// `COPY`, so the record is set aside instead.
const MAX_WHOLE_DIGITS: usize = 16;

/// How the REST API writes the values of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonKind {
    /// A JSON text: every type that is none of the others.
    #[default]
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text such as `2026-01-05T10:00:00.000+0000`.
    Instant,
}

/// A field of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As the settings name it: `Owner.Name`.
    pub name: String,
    /// The relationships on the way, and the field.
    pub path: Vec<String>,
    /// Its place in the query.
    pub position: usize,
}

/// The columns of a bulk query: its fields, and how REST would write their values.
#[derive(Debug, Clone)]
pub struct Columns {
    pub(crate) fields: Vec<Field>,
    pub(crate) kinds: Vec<JsonKind>,
}

/// A record, however it was read.
pub trait Values {
    /// The JSON text of a field's value. `None` when the field, or a record on the way to it, is null or absent.
    fn find(&self, field: &Field) -> Result<Option<&str>, Refusal>;
}

/// One level of a record's JSON: names and the verbatim text of their values.
#[derive(Debug)]
pub struct Record<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Record<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record<'de>, A::Error> {
                let mut pairs = Vec::with_capacity(32);
                while let Some((Name(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Record(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'a> Record<'a> {
    /// Reads the names of a record; its values stay as they are.
    pub fn parse(payload: &'a str) -> Result<Self, Refusal> {
        serde_json::from_str(payload).map_err(|error| Refusal {
            reason: "unreadable",
            detail: format!(
                "is no JSON object (line {}, column {})",
                error.line(),
                error.column()
            ),
        })
    }

    /// `Id` with 18 characters: the record's natural id.
    pub fn id(&self) -> Result<Cow<'a, str>, Refusal> {
        natural_id(self.raw("Id"))
    }

    fn follow(&self, path: &[String]) -> Result<Option<&'a str>, Refusal> {
        let Some((name, rest)) = path.split_first() else {
            return Ok(None);
        };
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        if rest.is_empty() {
            return Ok(Some(raw));
        }
        let related: Record<'a> = serde_json::from_str(raw)
            .map_err(|_| bad("bad_value", name, "is not a related record"))?;
        related.follow(rest)
    }

    /// Salesforce answers with a field's own spelling and accepts any; null counts as absent.
    fn raw(&self, name: &str) -> Option<&'a str> {
        let pairs = || self.0.iter().rev();
        pairs()
            .find(|(key, _)| key == name)
            .or_else(|| pairs().find(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, raw)| raw.get())
            .filter(|raw| *raw != "null")
    }
}

impl Values for Record<'_> {
    fn find(&self, field: &Field) -> Result<Option<&str>, Refusal> {
        self.follow(&field.path)
    }
}

/// A record's `Id`, as 18 characters.
pub(crate) fn natural_id(raw: Option<&str>) -> Result<Cow<'_, str>, Refusal> {
    let raw = raw.ok_or_else(|| Refusal {
        reason: "missing_key",
        detail: "Id must not be missing".to_owned(),
    })?;
    match text(raw).map_err(|_| bad("bad_id", "Id", "is no readable text"))? {
        Cow::Borrowed(id) => id_18("Id", id),
        Cow::Owned(id) => id_18("Id", &id).map(|id| Cow::Owned(id.into_owned())),
    }
}

/// A refusal that names a field and a rule, and shows no value: values may be personal data.
fn bad(reason: &'static str, field: &str, rule: &str) -> Refusal {
    Refusal {
        reason,
        detail: format!("{field} {rule}"),
    }
}

/// The text a JSON value stands for: a text unescaped, anything else as it is written.
pub(crate) fn text(raw: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(raw).map(Cow::Owned),
        None => Ok(Cow::Borrowed(raw)),
    }
}

/// A text for a text column.
pub(crate) fn text_value<'a>(field: &str, raw: &'a str) -> Result<Cow<'a, str>, Refusal> {
    text(raw).map_err(|_| {
        bad(
            "unreadable",
            field,
            "holds an escape that is no Unicode character",
        )
    })
}

/// An id of 15 or 18 characters, as 18.
pub(crate) fn id_18<'a>(field: &str, id: &'a str) -> Result<Cow<'a, str>, Refusal> {
    model::salesforce_id::full(id).map_err(|rule| {
        let shown: String = id.chars().take(20).collect();
        bad("bad_id", field, &format!("{shown:?}: {rule}"))
    })
}

/// `true` or `false`.
pub(crate) fn boolean(field: &str, raw: &str) -> Result<bool, Refusal> {
    match raw {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad("bad_value", field, "is neither true nor false")),
    }
}

/// An instant: `2026-01-05T10:00:00.000+0000` as REST writes it, or with `Z` or `+00:00`.
pub(crate) fn timestamp(field: &str, raw: &str) -> Result<Timestamp, Refusal> {
    if let Some(instant) = usual_instant(raw.as_bytes()) {
        return Ok(instant);
    }
    text(raw)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            bad(
                "bad_value",
                field,
                "is no instant such as 2026-01-05T10:00:00.000+0000",
            )
        })
}

/// The one form REST writes, without the general parser's many cases. `None`: let that one decide.
fn usual_instant(raw: &[u8]) -> Option<Timestamp> {
    let (head, tail) = raw.split_first_chunk::<20>()?;
    if [head[0], head[5], head[8], head[11], head[14], head[17]] != *b"\"--T::" {
        return None;
    }
    let [b'.', a, b, c, b'+', b'0', b'0', b'0', b'0', b'"'] = *tail else {
        return None;
    };
    let two = |at: usize| Some(digit(head[at])? * 10 + digit(head[at + 1])?);
    let year = i16::from(two(1)?) * 100 + i16::from(two(3)?);
    let date = Date::new(year, two(6)?, two(9)?).ok()?;
    let millis = i32::from(digit(a)? * 10 + digit(b)?) * 10 + i32::from(digit(c)?);
    let time = Time::new(two(12)?, two(15)?, two(18)?, millis * 1_000_000).ok()?;
    Offset::UTC.to_timestamp(date.to_datetime(time)).ok()
}

fn digit(byte: u8) -> Option<i8> {
    byte.is_ascii_digit().then(|| (byte - b'0').cast_signed())
}

/// A calendar day.
pub(crate) fn date<'a>(field: &str, raw: &'a str) -> Result<Cow<'a, str>, Refusal> {
    text(raw)
        .ok()
        .filter(|text| text.len() == 10 && text.parse::<Date>().is_ok())
        .ok_or_else(|| bad("bad_value", field, "is no day such as 2026-01-31"))
}

/// A number with all its digits and without an exponent.
pub(crate) fn decimal<'a>(field: &str, raw: &'a str) -> Result<Cow<'a, str>, Refusal> {
    text(raw)
        .ok()
        .and_then(|text| match text {
            Cow::Borrowed(text) => plain_decimal(text),
            Cow::Owned(text) => Some(Cow::Owned(plain_decimal(&text)?.into_owned())),
        })
        .filter(|number| {
            let whole = number.split('.').next().unwrap_or_default();
            whole.trim_start_matches(['-', '0']).len() <= MAX_WHOLE_DIGITS
        })
        .ok_or_else(|| bad("bad_value", field, "is no number that a column can hold"))
}

/// A whole number; `5.0` is one.
pub(crate) fn integer(field: &str, raw: &str) -> Result<i64, Refusal> {
    let whole = |number: Cow<'_, str>| match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole.parse().ok(),
        Some(_) => None,
        None => number.parse().ok(),
    };
    decimal(field, raw)
        .ok()
        .and_then(whole)
        .ok_or_else(|| bad("bad_value", field, "is no whole number"))
}

/// `1.25E3` → `1250`. Works on the digits themselves: a float would lose some.
fn plain_decimal(number: &str) -> Option<Cow<'_, str>> {
    let (sign, unsigned) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    if exponent == 0 {
        // `5e0` is told without its exponent.
        let plain = number.get(..sign.len() + mantissa.len())?;
        return (number.len() <= MAX_DECIMAL_CHARS).then_some(Cow::Borrowed(plain));
    }
    let digits = format!("{whole}{fraction}");
    if digits.bytes().all(|b| b == b'0') {
        return Some(Cow::Borrowed("0"));
    }
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    let length = i64::try_from(digits.len()).ok()?;
    if point.abs().max(length) + length > i64::try_from(MAX_DECIMAL_CHARS).ok()? {
        return None;
    }
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    let (whole, fraction) = if point <= 0 {
        (String::new(), format!("{}{digits}", zeros(-point)))
    } else if point >= length {
        (format!("{digits}{}", zeros(point - length)), String::new())
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).ok()?);
        (whole.to_owned(), fraction.to_owned())
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    Some(Cow::Owned(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_exponent_is_written_out_without_losing_a_digit() {
        for (number, plain) in [
            ("12.50", Some("12.50")),
            ("1.25E3", Some("1250")),
            ("1.0E7", Some("10000000")),
            ("-1.234567e2", Some("-123.4567")),
            ("5e-3", Some("0.005")),
            ("1.5e0", Some("1.5")),
            ("0.5e1", Some("5")),
            ("0E9", Some("0")),
            ("123456789012345678.99", Some("123456789012345678.99")),
            ("1e400", None),
            ("1e-400", None),
            ("", None),
            ("1.", None),
            (".5", None),
            ("NaN", None),
            ("1e2e3", None),
        ] {
            assert_eq!(plain_decimal(number).as_deref(), plain, "{number}");
        }
    }

    #[test]
    fn a_number_too_large_for_its_column_is_refused() {
        assert_eq!(
            decimal("Amount", "-9999999999999999.99").unwrap(),
            "-9999999999999999.99"
        );
        for wrong in ["10000000000000000", "1E16", "true", "{}"] {
            assert_eq!(decimal("Amount", wrong).unwrap_err().reason, "bad_value");
        }
        assert_eq!(integer("Count", "5.0").unwrap(), 5);
        assert!(integer("Count", "5.5").is_err());
    }

    #[test]
    fn an_instant_is_read_in_every_spelling_of_utc() {
        let raw = |text: &str| format!("{text:?}");
        for spelling in [
            "2026-01-05T10:00:00.000+0000",
            "2026-01-05T10:00:00Z",
            "2026-01-05T11:00:00+01:00",
        ] {
            assert_eq!(
                timestamp("CreatedDate", &raw(spelling))
                    .unwrap()
                    .to_string(),
                "2026-01-05T10:00:00Z"
            );
        }
        for wrong in [
            "2026-01-05",
            "yesterday",
            "",
            "2026-02-29T10:00:00.000+0000",
            "2026-01-05T24:00:00.000+0000",
            "2026-01-05T10:00:00.0a0+0000",
        ] {
            assert_eq!(
                timestamp("CreatedDate", &raw(wrong)).unwrap_err().reason,
                "bad_value"
            );
        }
        assert_eq!(date("CloseDate", &raw("2026-01-31")).unwrap(), "2026-01-31");
        for wrong in ["2026-02-30", "2026-01-31T00:00:00Z", ""] {
            assert_eq!(
                date("CloseDate", &raw(wrong)).unwrap_err().reason,
                "bad_value"
            );
        }
    }

    #[test]
    fn a_field_is_found_over_relationships_that_may_be_null() {
        let record = Record::parse(
            r#"{"Owner":{"attributes":{},"Name":"Ada","Manager":null},"Account":null,"Name":"x"}"#,
        )
        .unwrap();
        let find = |path: &str| {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            record.follow(&path)
        };
        assert_eq!(find("Owner.Name").unwrap(), Some("\"Ada\""));
        assert_eq!(find("owner.name").unwrap(), Some("\"Ada\""));
        assert_eq!(find("Owner.Manager.Name").unwrap(), None);
        assert_eq!(find("Account.Name").unwrap(), None);
        assert_eq!(find("Nowhere").unwrap(), None);
        assert_eq!(find("Name.First").unwrap_err().reason, "bad_value");
    }

    proptest! {
        #[test]
        fn the_short_way_to_an_instant_agrees_with_the_general_parser(
            second in -62_135_596_800_i64..253_402_207_200, milli in 0_i32..1000
        ) {
            let instant = Timestamp::new(second, 0).unwrap() + jiff::SignedDuration::from_millis(milli.into());
            let text = format!("{instant:.3}").replace('Z', "+0000");
            prop_assert_eq!(usual_instant(format!("{text:?}").as_bytes()), Some(instant));
            prop_assert_eq!(text.parse::<Timestamp>().unwrap(), instant);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9TZ:.+\"-]{0,32}|\\PC*") {
            let _ = timestamp("CreatedDate", &text);
        }

        #[test]
        fn a_decimal_keeps_its_value(digits in 1_i64..1_000_000_000_000, scale in 0..24) {
            // As a float prints itself, over the sizes a column may meet.
            let value: f64 = format!("{digits}e-{scale}").parse().unwrap();
            let exponential = format!("{value:e}");
            let plain = plain_decimal(&exponential).unwrap();
            prop_assert!(!plain.contains(['e', 'E']));
            prop_assert_eq!(plain.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}
