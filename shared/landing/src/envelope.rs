//! The lines of the landing zone: a record as received, with where it came from. The keys of an envelope are the columns
//! of `raw.genesys_conversation` and `raw.salesforce_record`.

use crate::{LandingError, Store};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use model::payload::{self, WindowTask};
use model::rows::{push_timestamp, push_unsigned};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};

/// A record and where it comes from, when its line is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub number: u64,
    pub natural_id: &'a str,
    pub extracted_at: Timestamp,
    pub sha256: &'a str,
    pub payload: &'a [u8],
    /// The payload is known to be one JSON value.
    pub is_json: bool,
}

/// Writes the lines of one object, one part after another. What lines have in common is made once.
#[derive(Debug)]
pub(crate) struct Lines {
    /// From the beginning of a line to the record's number.
    start: String,
    /// From the record's id to the number of the line, for `at`.
    middle: String,
    at: Option<Timestamp>,
    object_key: String,
}

impl Lines {
    /// Lines of the records of `task`'s object.
    pub fn new(task: &WindowTask) -> Self {
        let mut start = format!(
            "{{\"batch_id\":\"{}\",\"object\":\"{}\",\"window_start\":\"",
            task.run_id, task.object
        );
        push_timestamp(&mut start, task.window.start());
        start.push_str("\",\"window_end\":\"");
        push_timestamp(&mut start, task.window.end());
        start.push_str("\",\"record_no\":");
        Self {
            start,
            middle: String::new(),
            at: None,
            object_key: String::new(),
        }
    }

    /// The lines that follow lie in another object.
    pub fn begin(&mut self, object_key: String) {
        self.object_key = object_key;
        self.at = None;
    }

    /// Where they lie.
    pub fn object_key(&self) -> &str {
        &self.object_key
    }

    /// Appends line `number` of the object, with its line break. A payload that is JSON is copied byte for byte; anything
    /// else is kept as a JSON array of its byte values under `payload_bytes`.
    pub fn push(&mut self, out: &mut String, record: &Record<'_>, number: u64) {
        if self.at != Some(record.extracted_at) {
            self.at = Some(record.extracted_at);
            self.middle.clear();
            self.middle.push_str(",\"extracted_at\":\"");
            push_timestamp(&mut self.middle, record.extracted_at);
            self.middle.push_str("\",\"object_key\":\"");
            self.middle.push_str(&self.object_key);
            self.middle.push_str("\",\"line\":");
        }
        out.push_str(&self.start);
        push_unsigned(out, record.number);
        out.push_str(",\"natural_id\":");
        push_text(out, record.natural_id);
        out.push_str(&self.middle);
        push_unsigned(out, number);
        out.push_str(",\"sha256\":\"");
        out.push_str(record.sha256);
        match json(record) {
            Some(text) => {
                out.push_str("\",\"payload\":");
                out.push_str(text);
            }
            None => {
                let _ = write!(out, "\",\"payload_bytes\":{:?}", record.payload);
            }
        }
        out.push_str("}\n");
    }
}

/// The payload, if it can stand in a line as it is. A line break between tokens would end the line early; such a payload
/// takes the other road.
fn json<'a>(record: &Record<'a>) -> Option<&'a str> {
    // Without an early exit, so that many bytes are looked at at once.
    let breaks = record.payload.iter().fold(0, |breaks, byte| {
        breaks | u8::from(*byte == b'\n' || *byte == b'\r')
    });
    if breaks != 0 {
        return None;
    }
    let text = std::str::from_utf8(record.payload).ok()?;
    let is_json = || serde_json::from_str::<&RawValue>(text).is_ok();
    debug_assert!(!record.is_json || is_json(), "a payload is no JSON");
    (record.is_json || is_json()).then_some(text)
}

/// A JSON text.
fn push_text(out: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// A line read back.
#[derive(Debug, Clone)]
pub struct Landed {
    /// The object it is a record of.
    pub object: String,
    /// The record's own id, empty when it did not tell.
    pub natural_id: String,
    /// When its page was received.
    pub extracted_at: Timestamp,
    /// Its bytes as received.
    pub payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    object: String,
    natural_id: String,
    extracted_at: String,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    payload_bytes: Option<Vec<u8>>,
}

/// Reads one landing object and hands each of its lines to `each`, in order.
pub async fn read<E: From<LandingError>>(
    store: &Store,
    key: &str,
    each: impl FnMut(Landed) -> Result<(), E>,
) -> Result<(), E> {
    read_some(store, key, None, each).await
}

/// The same with `only` some of its lines; it must have all of them.
pub async fn read_some<E: From<LandingError>>(
    store: &Store,
    key: &str,
    only: Option<&payload::Lines>,
    mut each: impl FnMut(Landed) -> Result<(), E>,
) -> Result<(), E> {
    let content = |cause| LandingError::Content {
        bucket: store.bucket().to_owned(),
        key: key.to_owned(),
        expected: "landing envelopes",
        cause,
    };
    let bytes = store.get(key).await?.ok_or_else(|| store.missing(key))?;
    let mut last = 0;
    for (number, line) in (1..).zip(BufReader::new(GzDecoder::new(bytes.as_slice())).lines()) {
        let line = line.map_err(|error| content(serde_json::Error::io(error)))?;
        last = number;
        if only.is_some_and(|only| !only.contains(number)) {
            continue;
        }
        let envelope: Envelope<'_> = serde_json::from_str(&line).map_err(content)?;
        let at: DateTime = envelope
            .extracted_at
            .parse()
            .map_err(|error: jiff::Error| content(serde::de::Error::custom(error.to_string())))?;
        let extracted_at = jiff::tz::Offset::UTC
            .to_timestamp(at)
            .map_err(|error| content(serde::de::Error::custom(error.to_string())))?;
        let payload = match (envelope.payload, envelope.payload_bytes) {
            (Some(raw), _) => raw.get().as_bytes().to_vec(),
            (None, Some(bytes)) => bytes,
            (None, None) => return Err(content(serde::de::Error::missing_field("payload")).into()),
        };
        each(Landed {
            object: envelope.object,
            natural_id: envelope.natural_id,
            extracted_at,
            payload,
        })?;
    }
    match only.map(payload::Lines::last) {
        Some(wanted) if wanted > last => {
            let text = format!("line {wanted} is asked for, and there are {last}");
            Err(content(serde::de::Error::custom(text)).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn lines(object_key: &str) -> Lines {
        let task = serde_json::from_value(serde_json::json!({
            "run_id": "r-1", "mode": "nightly", "source": "salesforce", "object": "account",
            "window": {"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z"}, "window_no": 1,
            "requests_per_minute": 1, "max_in_flight": 1, "at": "2026-01-06T02:00:00Z",
        }));
        let mut lines = Lines::new(&task.unwrap());
        lines.begin(object_key.to_owned());
        lines
    }

    fn record<'a>(payload: &'a [u8], is_json: bool, at: &str) -> Record<'a> {
        Record {
            number: 1_000_000_007,
            natural_id: "a\"\\\nü",
            extracted_at: at.parse().unwrap(),
            sha256: "00ff",
            payload,
            is_json,
        }
    }

    #[test]
    fn what_lines_have_in_common_is_made_anew_when_it_changes() {
        let (mut lines, mut out) = (lines("k/1"), String::new());
        lines.push(&mut out, &record(b"{}", true, "2026-01-06T02:00:01Z"), 1);
        lines.push(&mut out, &record(b"{}", false, "2026-01-06T02:00:01Z"), 2);
        lines.push(&mut out, &record(b"{}", true, "2026-01-06T02:00:02.5Z"), 3);
        lines.begin("k/2".to_owned());
        lines.push(&mut out, &record(b"{}", true, "2026-01-06T02:00:02.5Z"), 1);
        insta::assert_snapshot!(out, @r#"
        {"batch_id":"r-1","object":"account","window_start":"2026-01-05 00:00:00","window_end":"2026-01-06 00:00:00","record_no":1000000007,"natural_id":"a\"\\\nü","extracted_at":"2026-01-06 02:00:01","object_key":"k/1","line":1,"sha256":"00ff","payload":{}}
        {"batch_id":"r-1","object":"account","window_start":"2026-01-05 00:00:00","window_end":"2026-01-06 00:00:00","record_no":1000000007,"natural_id":"a\"\\\nü","extracted_at":"2026-01-06 02:00:01","object_key":"k/1","line":2,"sha256":"00ff","payload":{}}
        {"batch_id":"r-1","object":"account","window_start":"2026-01-05 00:00:00","window_end":"2026-01-06 00:00:00","record_no":1000000007,"natural_id":"a\"\\\nü","extracted_at":"2026-01-06 02:00:02.500","object_key":"k/1","line":3,"sha256":"00ff","payload":{}}
        {"batch_id":"r-1","object":"account","window_start":"2026-01-05 00:00:00","window_end":"2026-01-06 00:00:00","record_no":1000000007,"natural_id":"a\"\\\nü","extracted_at":"2026-01-06 02:00:02.500","object_key":"k/2","line":1,"sha256":"00ff","payload":{}}
        "#);
        for line in out.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["natural_id"], "a\"\\\nü");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_line_is_kept_byte_by_byte() {
        for payload in [&b"{\"a\":\n1}"[..], b"{", b"\xff", b"", b"1 2"] {
            let mut out = String::new();
            lines("k").push(&mut out, &record(payload, false, "2026-01-06T02:00:01Z"), 1);
            assert_eq!(out.matches('\n').count(), 1);
            let line: Value = serde_json::from_str(&out).unwrap();
            let bytes = line["payload_bytes"].as_array().unwrap();
            let bytes: Vec<_> = bytes.iter().map(|byte| byte.as_u64().unwrap()).collect();
            assert_eq!(
                bytes,
                payload
                    .iter()
                    .map(|byte| u64::from(*byte))
                    .collect::<Vec<_>>()
            );
        }
    }
}
