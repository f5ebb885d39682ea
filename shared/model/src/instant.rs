//! Instants as people write them into events: what is wrong with one is said with its value and a right one.

use jiff::Timestamp;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// What would do.
pub(crate) const EXPECTED: &str =
    "an instant with date, time and zone, as \"2026-01-05T00:00:00Z\"";
/// Characters of a wrong value that are shown.
const SHOWN: usize = 60;

/// For `#[serde(deserialize_with)]` of a field that must be there.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    deserializer.deserialize_str(Written)
}

/// For `#[serde(default, deserialize_with)]` of a field that may be missing or null.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    deserializer.deserialize_option(Optional)
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(|_| {
            let shown: String = text.chars().take(SHOWN).collect();
            E::custom(format!("{shown:?} is not {EXPECTED}"))
        })
    }
}

struct Optional;

impl<'de> Visitor<'de> for Optional {
    type Value = Option<Timestamp>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        required(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use crate::Window;
    use crate::payload::PipelineInput;

    fn refused(from: &str) -> String {
        let input = format!(r#"{{"mode":"backfill","from":{from}}}"#);
        let error = serde_json::from_str::<PipelineInput>(&input).unwrap_err();
        let text = error.to_string();
        text.split(" at line").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_no_instant_is_refused_with_its_value_and_a_right_one() {
        for text in [
            "2026-11-19",
            "2026-11-19T00:00:00",
            "2026-11-31T00:00:00Z",
            "today",
            "",
        ] {
            assert_eq!(
                refused(&format!("{text:?}")),
                format!(
                    "{text:?} is not an instant with date, time and zone, as \"2026-01-05T00:00:00Z\""
                )
            );
        }
        assert_eq!(
            refused("20261119"),
            "invalid type: integer `20261119`, expected an instant with date, time and zone, as \"2026-01-05T00:00:00Z\""
        );
        let window = r#"{"start":"2026-01-05","end":"2026-01-06T00:00:00Z"}"#;
        let error = serde_json::from_str::<Window>(window).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("\"2026-01-05\" is not an instant")
        );
    }

    #[test]
    fn a_zone_of_its_own_and_null_are_taken() {
        let input = r#"{"mode":"backfill","from":"2026-01-05T01:00:00+01:00","to":null}"#;
        let input: PipelineInput = serde_json::from_str(input).unwrap();
        assert_eq!(input.from, "2026-01-05T00:00:00Z".parse().ok());
        assert_eq!((input.to, input.at), (None, None));
    }
}
