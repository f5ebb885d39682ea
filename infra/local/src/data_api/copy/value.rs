//! One field against one column, as Redshift's COPY judges it.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};

use super::TimeFormat;

/// What a column takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// CHAR or VARCHAR, with its bytes.
    Text { bytes: usize, is_char: bool },
    /// An integer of so many bytes.
    Integer(u8),
    /// DECIMAL(precision, scale).
    Decimal { precision: usize, scale: usize },
    /// REAL or DOUBLE PRECISION.
    Float,
    /// BOOLEAN.
    Boolean,
    /// DATE.
    Date,
    /// TIME.
    Time,
    /// TIMESTAMP, or with a zone.
    Timestamp { has_zone: bool },
    /// SUPER.
    Super,
}

/// A column of the table being loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    /// Redshift's short type name, as in its error tables.
    pub type_name: String,
    /// The declared length; 0 where a type has none.
    pub length: usize,
    pub kind: ColumnKind,
    pub is_not_null: bool,
}

/// A field that does not fit, in the words and codes of Redshift's load errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadValue {
    pub code: i32,
    pub position: usize,
    pub message: String,
}

impl BadValue {
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            position: 0,
            message: message.into(),
        }
    }
}

/// The value PostgreSQL is given, or why it is none.
pub(super) fn convert<'v>(
    column: &Column,
    value: Cow<'v, str>,
    time_format: TimeFormat,
) -> Result<Cow<'v, str>, BadValue> {
    match column.kind {
        ColumnKind::Text { bytes, .. } => text(value, bytes),
        ColumnKind::Super => {
            if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_err() {
                return Err(BadValue::new(
                    1224,
                    "Invalid JSON format for a SUPER column",
                ));
            }
            Ok(value)
        }
        ColumnKind::Integer(bytes) => integer(value.trim(), bytes).map(Cow::Owned),
        ColumnKind::Decimal { precision, scale } => {
            decimal(value.trim(), precision, scale).map(Cow::Owned)
        }
        ColumnKind::Float => match value.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Cow::Owned(value.trim().to_owned())),
            _ => Err(BadValue::new(
                1208,
                format!("Invalid float, Value '{}'", shown(&value)),
            )),
        },
        ColumnKind::Boolean => {
            let known = match value.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "y" | "yes" | "1" => "t",
                "f" | "false" | "n" | "no" | "0" => "f",
                _ => {
                    return Err(BadValue::new(
                        1210,
                        format!("Unknown boolean format [{}]", shown(&value)),
                    ));
                }
            };
            Ok(Cow::Borrowed(known))
        }
        ColumnKind::Date => date(value.trim()).map(Cow::Owned),
        ColumnKind::Time => match value.trim().parse::<Time>() {
            Ok(time) => Ok(Cow::Owned(time.to_string())),
            Err(_) => Err(BadValue::new(
                1206,
                format!("Invalid time format or value [{}]", shown(&value)),
            )),
        },
        ColumnKind::Timestamp { has_zone } => {
            timestamp(value.trim(), has_zone, time_format).map(Cow::Owned)
        }
    }
}

/// At most as much of a value as Redshift's messages show.
fn shown(value: &str) -> String {
    value.chars().take(64).collect()
}

fn text(value: Cow<'_, str>, bytes: usize) -> Result<Cow<'_, str>, BadValue> {
    if value.contains('\0') {
        return Err(BadValue::new(
            1220,
            "Missing data for a text value: byte 0x00 is not allowed",
        ));
    }
    if value.len() > bytes {
        return Err(BadValue::new(1204, "String length exceeds DDL length"));
    }
    Ok(value)
}

fn invalid_digit(value: &str, position: usize, type_name: &str) -> BadValue {
    BadValue {
        code: 1207,
        position,
        message: format!(
            "Invalid digit, Value '{}', Pos {position}, Type: {type_name}",
            value.chars().nth(position).unwrap_or(' ')
        ),
    }
}

fn integer(value: &str, bytes: u8) -> Result<String, BadValue> {
    let type_name = match bytes {
        2 => "Short",
        4 => "Integer",
        _ => "Long",
    };
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let sign = value.len() - digits.len();
    if let Some(at) = digits.chars().position(|c| !c.is_ascii_digit()) {
        return Err(invalid_digit(value, at + sign, type_name));
    }
    let number: i128 = value
        .parse()
        .map_err(|_| invalid_digit(value, 0, type_name))?;
    let (low, high) = match bytes {
        2 => (i128::from(i16::MIN), i128::from(i16::MAX)),
        4 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    if number < low || number > high {
        return Err(BadValue::new(
            1207,
            format!("Overflow, Value '{}', Type: {type_name}", shown(value)),
        ));
    }
    Ok(number.to_string())
}

/// Digits behind the scale are cut, as COPY does without ROUNDEC.
fn decimal(value: &str, precision: usize, scale: usize) -> Result<String, BadValue> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let sign = if value.starts_with('-') { "-" } else { "" };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let bad = |text: &str| text.chars().position(|c| !c.is_ascii_digit());
    let skipped = value.len() - digits.len();
    if let Some(at) = bad(whole) {
        return Err(invalid_digit(value, at + skipped, "Decimal"));
    }
    if let Some(at) = bad(fraction) {
        return Err(invalid_digit(
            value,
            at + skipped + whole.len() + 1,
            "Decimal",
        ));
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid_digit(value, 0, "Decimal"));
    }
    let significant = whole.trim_start_matches('0');
    if significant.len() > precision - scale {
        return Err(BadValue::new(
            1209,
            format!(
                "Numeric data overflow, Value '{}', DECIMAL({precision},{scale})",
                shown(value)
            ),
        ));
    }
    let kept = &fraction[..fraction.len().min(scale)];
    let point = if kept.is_empty() { "" } else { "." };
    Ok(format!(
        "{sign}{}{point}{kept}",
        if whole.is_empty() { "0" } else { whole }
    ))
}

fn date(value: &str) -> Result<String, BadValue> {
    let bad = || {
        BadValue::new(
            1205,
            format!(
                "Invalid date format - length must be 10 or more, Value '{}'",
                shown(value)
            ),
        )
    };
    let day = value.get(..10).ok_or_else(bad)?;
    let rest = &value[10..];
    if !(rest.is_empty() || rest.starts_with([' ', 'T'])) {
        return Err(bad());
    }
    let parsed: Date = day.parse().map_err(|_| bad())?; // a time part is cut
    Ok(parsed.to_string())
}

fn timestamp(value: &str, has_zone: bool, format: TimeFormat) -> Result<String, BadValue> {
    let bad = || {
        BadValue::new(
            1206,
            format!("Invalid timestamp format or value [{}]", shown(value)),
        )
    };
    let epoch = |unit: fn(i64) -> Result<jiff::Timestamp, jiff::Error>| {
        let number: i64 = value.parse().map_err(|_| bad())?;
        let at = unit(number).map_err(|_| bad())?;
        Ok(at
            .to_string()
            .replace('T', " ")
            .trim_end_matches('Z')
            .to_owned())
    };
    match format {
        TimeFormat::EpochSeconds => return epoch(jiff::Timestamp::from_second),
        TimeFormat::EpochMilliseconds => return epoch(jiff::Timestamp::from_millisecond),
        TimeFormat::Standard | TimeFormat::Auto => {}
    }
    if format == TimeFormat::Standard && (value.len() < 19 || value.as_bytes()[10] != b' ') {
        return Err(bad());
    }
    if has_zone
        && format == TimeFormat::Auto
        && let Ok(at) = value.parse::<jiff::Timestamp>()
    {
        return Ok(at.to_string());
    }
    let local = if format == TimeFormat::Auto {
        without_utc(value)
    } else {
        value
    };
    // The parser would drop an offset, and with it hours.
    if local
        .get(10..)
        .is_some_and(|time| time.contains(['+', '-', '[']))
    {
        return Err(bad());
    }
    let parsed: DateTime = local.parse().map_err(|_| bad())?;
    Ok(parsed.to_string().replace('T', " "))
}

/// The same instant without a mark that says UTC; any other offset stays and is refused.
fn without_utc(value: &str) -> &str {
    ["Z", "+00:00", "+0000", "+00"]
        .iter()
        .find_map(|mark| value.strip_suffix(mark).filter(|rest| rest.len() > 10))
        .map_or(value, str::trim_end)
}

/// Adds a value to a row of PostgreSQL's text format.
pub(super) fn escape_into(row: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'\\' => row.extend_from_slice(b"\\\\"),
            b'\n' => row.extend_from_slice(b"\\n"),
            b'\r' => row.extend_from_slice(b"\\r"),
            b'\t' => row.extend_from_slice(b"\\t"),
            other => row.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: ColumnKind) -> Column {
        Column {
            name: "c".into(),
            type_name: String::new(),
            length: 0,
            kind,
            is_not_null: false,
        }
    }

    fn take(kind: ColumnKind, value: &str) -> Result<String, String> {
        convert(&column(kind), value.into(), TimeFormat::Auto)
            .map(Cow::into_owned)
            .map_err(|bad| format!("{} {}", bad.code, bad.message))
    }

    #[test]
    fn lengths_count_bytes() {
        let kind = ColumnKind::Text {
            bytes: 4,
            is_char: false,
        };
        assert_eq!(take(kind.clone(), "😀"), Ok("😀".into()));
        assert_eq!(
            take(kind, "ééé"),
            Err("1204 String length exceeds DDL length".into())
        );
    }

    #[test]
    fn numbers_as_redshift_reads_them() {
        assert_eq!(take(ColumnKind::Integer(4), " 42 "), Ok("42".into()));
        assert_eq!(
            take(ColumnKind::Integer(4), "a"),
            Err("1207 Invalid digit, Value 'a', Pos 0, Type: Integer".into())
        );
        assert_eq!(
            take(ColumnKind::Integer(4), "1.5"),
            Err("1207 Invalid digit, Value '.', Pos 1, Type: Integer".into())
        );
        assert!(
            take(ColumnKind::Integer(2), "40000")
                .unwrap_err()
                .contains("Overflow")
        );
        let decimal = ColumnKind::Decimal {
            precision: 5,
            scale: 2,
        };
        assert_eq!(take(decimal.clone(), "-1.239"), Ok("-1.23".into()));
        assert!(take(decimal, "12345").unwrap_err().starts_with("1209"));
        assert_eq!(take(ColumnKind::Boolean, "TRUE"), Ok("t".into()));
        assert!(
            take(ColumnKind::Boolean, "maybe")
                .unwrap_err()
                .starts_with("1210")
        );
    }

    #[test]
    fn instants_are_utc_or_refused() {
        let kind = ColumnKind::Timestamp { has_zone: false };
        assert_eq!(
            take(kind.clone(), "2026-01-05T10:00:00.123Z"),
            Ok("2026-01-05 10:00:00.123".into())
        );
        assert_eq!(
            take(kind.clone(), "2026-01-05 10:00:00"),
            Ok("2026-01-05 10:00:00".into())
        );
        for wrong in [
            "2026-02-30 10:00:00",
            "2026-01-05T10:00:00+02:00",
            "yesterday",
        ] {
            assert!(
                take(kind.clone(), wrong).unwrap_err().starts_with("1206"),
                "{wrong}"
            );
        }
        let standard = convert(
            &column(kind),
            "2026-01-05T10:00:00".into(),
            TimeFormat::Standard,
        );
        assert!(standard.is_err(), "ISO 8601 needs 'auto'");
        assert_eq!(
            take(ColumnKind::Date, "2026-01-05 10:00:00"),
            Ok("2026-01-05".into())
        );
        assert!(
            take(ColumnKind::Date, "05.01.26")
                .unwrap_err()
                .starts_with("1205")
        );
    }
}
