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
    if payload.contains("\\u0000") && has_nul(payload.as_bytes()) {
        let text = "payload: holds a NUL character, which the warehouse cannot store".to_owned();
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

/// Whether a `\u0000` stands there as an escape (and not as an escaped backslash followed by `u0000`).
fn has_nul(json: &[u8]) -> bool {
    let mut at = 0;
    while at < json.len() {
        if json[at] == b'\\' {
            if json[at + 1..].starts_with(b"u0000") {
                return true;
            }
            at += 1;
        }
        at += 1;
    }
    false
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
