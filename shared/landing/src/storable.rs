//! What a `SUPER` column cannot hold. `COPY` would fail the whole load for one such payload, so it is refused before.

use model::rows::Refusal;

/// Largest JSON object `COPY` takes (Redshift guide, COPY from JSON: 4 MB).
const MAX_OBJECT_BYTES: usize = 4 * 1000 * 1000;
/// Longest string inside a `SUPER` value, in bytes, unless large strings are switched on for the warehouse.
const MAX_STRING_BYTES: usize = 65_535;

/// Why `payload`, a JSON text, cannot be loaded into `raw`; `None` when it can.
pub(crate) fn refusal(payload: &str) -> Option<Refusal> {
    let refuse = |reason, detail| Some(Refusal { reason, detail });
    if payload.len() > MAX_OBJECT_BYTES {
        let bytes = payload.len();
        return refuse(
            "too_long",
            format!("payload: {bytes} bytes, COPY takes objects of {MAX_OBJECT_BYTES}"),
        );
    }
    if payload.contains("\\u")
        && let Some(what) = bad_escape(payload.as_bytes())
    {
        let text = format!("payload: holds {what}, which the warehouse cannot store");
        return refuse("unstorable_value", text);
    }
    if payload.len() > MAX_STRING_BYTES {
        let longest = longest_string(payload.as_bytes());
        if longest > MAX_STRING_BYTES {
            let text = format!(
                "payload: a text of {longest} bytes, a SUPER value holds {MAX_STRING_BYTES}"
            );
            return refuse("too_long", text);
        }
    }
    None
}

/// What an escape stands for that is no character of a text in a warehouse: NUL, or one half of a surrogate pair without the
/// other, as a text has that was cut within an emoji. JSON may hold both; UTF-8 has nothing for a half.
fn bad_escape(json: &[u8]) -> Option<&'static str> {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut at = 0;
    while at < json.len() {
        if json[at] != b'\\' {
            at += 1;
            continue;
        }
        at += match (unit(at), unit(at + 6)) {
            (Some(0), _) => return Some("a NUL character"),
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => return Some("half a character"),
            (Some(_), _) => 6,
            // An escaped backslash, and not what follows it.
            (None, _) => 2,
        };
    }
    None
}

/// Bytes of the longest string once its escapes are resolved; for `\u` escapes the most they can become.
fn longest_string(json: &[u8]) -> usize {
    let (mut longest, mut at) = (0, 0);
    while at < json.len() {
        if json[at] != b'"' {
            at += 1;
            continue;
        }
        let mut bytes = 0;
        at += 1;
        while at < json.len() && json[at] != b'"' {
            match (json[at], json.get(at + 1)) {
                (b'\\', Some(b'u')) => {
                    at += 6;
                    bytes += 3;
                }
                (b'\\', _) => {
                    at += 2;
                    bytes += 1;
                }
                _ => {
                    at += 1;
                    bytes += 1;
                }
            }
        }
        at += 1;
        longest = longest.max(bytes);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_is_none() {
        assert_eq!(
            refusal(r#"{"a":"x\u0000y"}"#).unwrap().reason,
            "unstorable_value"
        );
        assert_eq!(refusal(r#"{"a":"x\\u0000y"}"#), None);
        assert_eq!(
            refusal(r#"{"a":"\\\u0000"}"#).unwrap().reason,
            "unstorable_value"
        );
    }

    #[test]
    fn half_a_character_is_refused_and_a_whole_one_in_two_escapes_is_not() {
        for half in [
            r#"{"a":"cut \ud83d"}"#,
            r#"{"a":"\ud83d\n"}"#,
            r#"{"a":"\uD83D\uD83D\uDE00"}"#,
            r#"{"a":"\ud83dx\ude00"}"#,
            r#"{"\ude00":1}"#,
            r#"{"a":"\\\\\ude00"}"#,
        ] {
            assert!(
                serde_json::from_str::<&serde_json::value::RawValue>(half).is_ok(),
                "{half}"
            );
            let refusal = refusal(half).unwrap();
            assert_eq!(refusal.reason, "unstorable_value", "{half}");
            assert!(refusal.detail.contains("half a character"), "{half}");
        }
        for whole in [
            r#"{"a":"\ud83d\ude00\u00e4"}"#,
            r#"{"a":"\\ud83d"}"#,
            r#"{"a":"😀\n\uFFFF"}"#,
        ] {
            assert_eq!(refusal(whole), None, "{whole}");
        }
    }

    #[test]
    fn a_text_may_have_as_many_bytes_as_super_holds_and_no_more() {
        let fits = format!(
            r#"{{"a":"{}\n","b":"{}"}}"#,
            "x".repeat(65_534),
            "y".repeat(10)
        );
        assert_eq!(refusal(&fits), None);
        let long = format!(r#"{{"a":"{}"}}"#, "é".repeat(32_768));
        assert_eq!(refusal(&long).unwrap().reason, "too_long");
    }

    #[test]
    fn an_object_above_four_megabytes_is_refused() {
        let text = format!("[{}]", "1,".repeat(2_000_000));
        assert!(
            refusal(&text).unwrap().detail.contains("4000003")
                || refusal(&text).unwrap().detail.contains("4000002")
        );
    }
}
