//! The lines of the landing zone: a record as received, with where it came from. The keys of an envelope are the columns
//! of `raw.genesys_conversation` and `raw.salesforce_record`.

use crate::{LandingError, Store};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use model::payload::WindowTask;
use model::rows::push_timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};

/// What is known of a record when its line is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub task: &'a WindowTask,
    pub record_no: u64,
    pub natural_id: &'a str,
    pub extracted_at: Timestamp,
    pub object_key: &'a str,
    pub number: u64,
    pub sha256: &'a str,
    pub payload: &'a [u8],
}

impl Line<'_> {
    /// Appends the line, with its line break. A payload that is JSON is copied byte for byte; anything else is kept as
    /// a JSON array of its byte values under `payload_bytes`.
    pub fn push_to(&self, out: &mut String) {
        let task = self.task;
        let _ = write!(
            out,
            "{{\"batch_id\":\"{}\",\"object\":\"{}\",\"window_start\":\"",
            task.run_id, task.object
        );
        push_timestamp(out, task.window.start());
        out.push_str("\",\"window_end\":\"");
        push_timestamp(out, task.window.end());
        let _ = write!(out, "\",\"record_no\":{},\"natural_id\":", self.record_no);
        out.push_str(&serde_json::Value::from(self.natural_id).to_string());
        out.push_str(",\"extracted_at\":\"");
        push_timestamp(out, self.extracted_at);
        let _ = write!(
            out,
            "\",\"object_key\":\"{}\",\"line\":{},\"sha256\":\"{}\",",
            self.object_key, self.number, self.sha256
        );
        let json = std::str::from_utf8(self.payload).ok().filter(|text| {
            !text.contains(['\n', '\r']) && serde_json::from_str::<&RawValue>(text).is_ok()
        });
        // A line break between tokens would end the line early; such a payload takes the other road as well.
        match json {
            Some(text) => {
                out.push_str("\"payload\":");
                out.push_str(text);
            }
            None => {
                let _ = write!(out, "\"payload_bytes\":{:?}", self.payload);
            }
        }
        out.push_str("}\n");
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
    mut each: impl FnMut(Landed) -> Result<(), E>,
) -> Result<(), E> {
    let content = |cause| LandingError::Content {
        bucket: store.bucket().to_owned(),
        key: key.to_owned(),
        expected: "landing envelopes",
        cause,
    };
    let bytes = store.get(key).await?.ok_or_else(|| store.missing(key))?;
    for line in BufReader::new(GzDecoder::new(bytes.as_slice())).lines() {
        let line = line.map_err(|error| content(serde_json::Error::io(error)))?;
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
    Ok(())
}
