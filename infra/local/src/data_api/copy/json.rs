//! JSON 'auto': objects one after the other, keys matched to column names, in lower case and exactly.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::StreamDeserializer;
use serde_json::de::StrRead;
use serde_json::value::RawValue;

use super::value::{BadValue, Column, ColumnKind};

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Reads objects one after the other.
pub(super) struct Reader<'a> {
    text: &'a str,
    stream: StreamDeserializer<'a, StrRead<'a>, Object<'a>>,
    counted: usize,
    /// The line the object read last begins on, from 1.
    pub line: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            stream: serde_json::Deserializer::from_str(text).into_iter(),
            counted: 0,
            line: 1,
        }
    }

    /// The next object; `None` at the end.
    pub(super) fn next_object(&mut self) -> Result<Option<Object<'a>>, BadValue> {
        let from = self.stream.byte_offset();
        let begin = from + (self.text.len() - from - self.text[from..].trim_start().len());
        self.line +=
            u64::try_from(self.text[self.counted..begin].matches('\n').count()).unwrap_or(0);
        self.counted = begin;
        match self.stream.next() {
            None => Ok(None),
            Some(Ok(object)) => Ok(Some(object)),
            Some(Err(error)) => Err(BadValue {
                code: 1216,
                position: error.column(),
                message: "Invalid JSON: an object of keys and values was expected".into(),
            }),
        }
    }
}

/// The value of one column in an object; `None` is null.
pub(super) fn value<'a>(
    object: &Object<'a>,
    column: &Column,
) -> Result<Option<Cow<'a, str>>, BadValue> {
    let Some(raw) = object.get(column.name.as_str()).map(|raw| raw.get()) else {
        return Ok(None);
    };
    if raw == "null" {
        return Ok(None);
    }
    if column.kind == ColumnKind::Super {
        return Ok(Some(Cow::Borrowed(raw)));
    }
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(raw)
            .map(|text| Some(Cow::Owned(text)))
            .map_err(|_| BadValue::new(1216, "Invalid JSON: a text value cannot be read")),
        Some(b'{' | b'[') => Err(BadValue::new(
            1216,
            "a nested JSON value in a column that is not SUPER (not emulated by the local Data API)",
        )),
        _ => Ok(Some(Cow::Borrowed(raw))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_may_span_lines_and_their_line_is_known() {
        let mut reader = Reader::new("{\"a\":1}\n\n{\n\"a\":{\"b\":[1]}}\nnope");
        assert_eq!(reader.next_object().unwrap().unwrap().len(), 1);
        assert_eq!(reader.line, 1);
        let second = reader.next_object().unwrap().unwrap();
        assert_eq!((reader.line, second["a"].get()), (3, "{\"b\":[1]}"));
        assert_eq!(reader.next_object().unwrap_err().code, 1216);
        assert_eq!(reader.line, 5);
    }
}
