//! From a CSV row to the JSON object that REST would have sent.

use crate::csv::PageFault;
use crate::record::{Columns, Field, JsonKind, Values};
use csv::{ByteRecord, StringRecord};
use model::rows::Refusal;

/// Where the values of a row go.
#[derive(Debug)]
pub(crate) struct Layout {
    columns: usize,
    fields: usize,
    nodes: Vec<Node>,
}

#[derive(Debug)]
enum Node {
    Value {
        column: usize,
        /// Place in the query.
        position: usize,
        kind: JsonKind,
        /// `"Name":`
        key: String,
    },
    /// A related record.
    Related {
        name: String,
        key: String,
        /// When all of these are empty there is no related record.
        columns: Vec<usize>,
        nodes: Vec<Node>,
    },
}

/// A row as JSON, and where each field's value stands in it. Used again for every row.
#[derive(Debug, Default)]
pub struct Row {
    payload: String,
    /// By a field's place in the query; empty: null.
    values: Vec<(usize, usize)>,
}

impl Row {
    /// The record as a JSON object.
    pub fn payload(&self) -> &str {
        &self.payload
    }
}

impl Values for Row {
    fn find(&self, field: &Field) -> Result<Option<&str>, Refusal> {
        let range = self.values.get(field.position);
        Ok(range
            .filter(|(from, to)| from < to)
            .and_then(|(from, to)| self.payload.get(*from..*to)))
    }
}

impl Layout {
    /// Lays out the columns of `header`, which must be the ones asked for, each once, in any order and case.
    pub fn new(header: &ByteRecord, wanted: &Columns) -> Result<Self, PageFault> {
        let fields = &wanted.fields;
        let fault = || PageFault::Columns(fields.len());
        if header.len() != fields.len() {
            return Err(fault());
        }
        let mut seen = vec![false; fields.len()];
        let mut nodes = Vec::new();
        for (column, name) in header.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| fault())?;
            let field = fields
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name))
                .ok_or_else(fault)?;
            if std::mem::replace(&mut seen[field.position], true) {
                return Err(fault());
            }
            let kind = wanted.kinds.get(field.position).copied();
            let value = Node::Value {
                column,
                position: field.position,
                kind: kind.unwrap_or_default(),
                key: String::new(),
            };
            place(&mut nodes, name, value);
        }
        Ok(Self {
            columns: header.len(),
            fields: fields.len(),
            nodes,
        })
    }

    /// Values of a row.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Writes a row as JSON.
    pub fn write(&self, record: &StringRecord, row: &mut Row) {
        row.payload.clear();
        row.values.clear();
        row.values.resize(self.fields, (0, 0));
        write_object(&self.nodes, record, row);
    }
}

/// Puts a value where its path leads. `path` is Salesforce's own spelling.
fn place(nodes: &mut Vec<Node>, path: &str, value: Node) {
    let Node::Value {
        column,
        position,
        kind,
        ..
    } = value
    else {
        return;
    };
    let Some((relationship, rest)) = path.split_once('.') else {
        let key = format!("\"{path}\":");
        nodes.push(Node::Value {
            column,
            position,
            kind,
            key,
        });
        return;
    };
    for node in nodes.iter_mut() {
        if let Node::Related {
            name,
            columns,
            nodes,
            ..
        } = node
            && name == relationship
        {
            columns.push(column);
            place(nodes, rest, value);
            return;
        }
    }
    let mut related = Vec::new();
    place(&mut related, rest, value);
    nodes.push(Node::Related {
        name: relationship.to_owned(),
        key: format!("\"{relationship}\":"),
        columns: vec![column],
        nodes: related,
    });
}

fn write_object(nodes: &[Node], record: &StringRecord, row: &mut Row) {
    row.payload.push('{');
    for (no, node) in nodes.iter().enumerate() {
        if no > 0 {
            row.payload.push(',');
        }
        match node {
            Node::Related {
                key,
                columns,
                nodes,
                ..
            } => {
                row.payload.push_str(key);
                let is_empty = |column: &usize| record.get(*column).is_none_or(str::is_empty);
                if columns.iter().all(is_empty) {
                    row.payload.push_str("null");
                } else {
                    write_object(nodes, record, row);
                }
            }
            Node::Value {
                column,
                position,
                kind,
                key,
            } => {
                row.payload.push_str(key);
                let text = record.get(*column).unwrap_or_default();
                // Salesforce writes null and empty text alike, and keeps no empty text.
                if text.is_empty() {
                    row.payload.push_str("null");
                    continue;
                }
                let from = row.payload.len();
                push_value(&mut row.payload, *kind, text);
                row.values[*position] = (from, row.payload.len());
            }
        }
    }
    row.payload.push('}');
}

/// A value as REST writes it. What is not of its kind stays the text it is, and is judged where it is staged.
fn push_value(out: &mut String, kind: JsonKind, text: &str) {
    match kind {
        JsonKind::Boolean if text == "true" || text == "false" => out.push_str(text),
        JsonKind::Integer if is_number(text) => out.push_str(whole(text)),
        JsonKind::Number if is_number(text) => out.push_str(text),
        JsonKind::Instant if is_utc_instant(text) => {
            out.push('"');
            out.push_str(&text[..text.len() - 1]);
            out.push_str("+0000\"");
        }
        _ => push_text(out, text),
    }
}

/// `5.0` → `5`: bulk results write whole numbers so at times.
fn whole(number: &str) -> &str {
    match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => match whole {
            "-0" => "0",
            whole => whole,
        },
        _ => number,
    }
}

/// Whether the text is a JSON number.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// `2026-01-05T10:00:00.000Z`, as bulk results write what REST writes with `+0000`.
fn is_utc_instant(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00.000Z";
    text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            wanted => byte == *wanted,
        })
}

/// Whether a JSON text must escape the byte.
#[inline]
const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    // Without an early exit, so that many bytes are looked at at once.
    let escapes = text
        .bytes()
        .fold(0, |found, byte| found | u8::from(is_escaped(byte)));
    if escapes == 0 {
        out.push_str(text);
    } else {
        push_escaped(out, text);
    }
    out.push('"');
}

fn push_escaped(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(length) = bytes[from..].iter().position(|byte| is_escaped(*byte)) {
        let at = from + length;
        out.push_str(&text[from..at]);
        match bytes[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte => {
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_what_json_takes_for_one() {
        for number in [
            "0",
            "-0.5",
            "10",
            "1.25E3",
            "1e-7",
            "12345678901234567890.0",
        ] {
            assert!(is_number(number), "{number}");
            assert!(serde_json::from_str::<f64>(number).is_ok(), "{number}");
        }
        for other in [
            "", "-", "01", "1.", ".5", "+1", "1e", "0x1", "NaN", "1,5", " 1",
        ] {
            assert!(!is_number(other), "{other}");
        }
        assert_eq!(
            ["5.0", "-0.0", "7", "5.50", "1.0E3"].map(whole),
            ["5", "0", "7", "5.50", "1.0E3"]
        );
    }

    #[test]
    fn only_an_instant_of_bulk_results_is_written_anew() {
        assert!(is_utc_instant("2026-01-05T10:00:00.000Z"));
        for other in [
            "2026-01-05T10:00:00Z",
            "2026-01-05T10:00:00.000+0000",
            "2026-01-05",
            "",
        ] {
            assert!(!is_utc_instant(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_the_same_text_as_json(text in any::<String>()) {
            let mut json = String::new();
            push_text(&mut json, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
