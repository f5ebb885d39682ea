//! One record on its way to the writer.

use crate::unavailable;
use jiff::Timestamp;
use landing::{LandingError, WindowWriter};
use model::rows::Refusal;
use salesforce::{Mapping, Record, Row};
use std::borrow::Cow;

/// The writer's marks of a reading that is not the first: one at a time is at work.
pub(crate) const READING: u32 = 0;

/// Which records of a page are new to a reading that is not the first. By their ids: one that was edited since an earlier
/// reading comes with other bytes, and is no other record.
pub(crate) struct Anew {
    /// Marks that are kept; what comes beyond them counts as new.
    pub most: u64,
    pub records: u64,
}

impl Anew {
    fn note(&mut self, writer: &mut WindowWriter, key: &str) {
        let is_new = if writer.marked(READING) < self.most {
            writer.mark(READING, key)
        } else {
            !writer.is_marked(READING, key)
        };
        self.records += u64::from(is_new);
    }
}

/// Lands a record's JSON and stages its row, or sets it aside with the reason.
pub(crate) fn take(
    mapping: &Mapping,
    writer: &mut WindowWriter,
    payload: &[u8],
    received_at: Timestamp,
    anew: Option<&mut Anew>,
) -> Result<(), LandingError> {
    let refuse = |writer: &mut WindowWriter, refusal, anew: Option<&mut Anew>| {
        if let Some(anew) = anew {
            anew.note(writer, &String::from_utf8_lossy(payload));
        }
        writer
            .refuse(None, payload, received_at, &refusal)
            .map(drop)
    };
    let Ok(text) = std::str::from_utf8(payload) else {
        let refusal = Refusal {
            reason: "unreadable",
            detail: "is no UTF-8".to_owned(),
        };
        return refuse(writer, refusal, anew);
    };
    if let Some((id, refusal)) = unavailable::absence(text) {
        return writer
            .refuse(Some(&id), payload, received_at, &refusal)
            .map(drop);
    }
    let text = without_nul(text);
    let record = match Record::parse(&text) {
        Ok(record) => record,
        Err(refusal) => return refuse(writer, refusal, anew),
    };
    match mapping.id(&record) {
        Ok(id) => {
            if let Some(anew) = anew {
                anew.note(writer, &id);
            }
            writer
                .record_json(&id, &text, received_at, |rows| mapping.write(&record, rows))
                .map(drop)
        }
        Err(refusal) => refuse(writer, refusal, anew),
    }
}

/// The same with a row of a bulk job's result.
pub(crate) fn take_row(
    mapping: &Mapping,
    writer: &mut WindowWriter,
    row: &Row,
    received_at: Timestamp,
    anew: Option<&mut Anew>,
) -> Result<(), LandingError> {
    let id = mapping.id(row);
    if let Some(anew) = anew {
        anew.note(writer, id.as_deref().unwrap_or(row.payload()));
    }
    match id {
        Ok(id) => writer.record_json(&id, row.payload(), received_at, |rows| {
            mapping.write(row, rows)
        }),
        Err(refusal) => writer.refuse(None, row.payload().as_bytes(), received_at, &refusal),
    }
    .map(drop)
}

/// The JSON without `\u0000`, as bulk results are read without NUL: no warehouse stores it, and a record must not be
/// refused by one road and kept by the other.
fn without_nul(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u0000") {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("\\u0000") {
            rest = after;
            continue;
        }
        // A backslash and what it escapes stay together: `\\u0000` is a backslash and five characters.
        let mut chars = rest.char_indices();
        let end = chars.nth(2).map_or(rest.len(), |(end, _)| end);
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_taken_out_and_nothing_that_looks_like_it() {
        for (json, clean) in [
            (r#"{"a":"x\u0000y\u0000"}"#, r#"{"a":"xy"}"#),
            (r#"{"a":"x\\u0000y"}"#, r#"{"a":"x\\u0000y"}"#),
            (r#"{"a":"\\\u0000ü\n\u00e4"}"#, r#"{"a":"\\ü\n\u00e4"}"#),
            (r#"{"a":"\u0000","b":"\"#, r#"{"a":"","b":"\"#),
        ] {
            assert_eq!(without_nul(json), clean);
        }
    }
}
