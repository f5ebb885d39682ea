//! A page of records, kept as the bytes that came.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// A page: the answer's text and where each record lies in it. Nothing of a record is looked at here, so it stays as it
/// came, byte for byte, and is parsed once, by whoever reads it.
#[derive(Debug)]
pub struct Page {
    body: String,
    records: Option<Vec<Range<usize>>>,
    /// Job results: where the next page begins; `None` on the last one.
    pub cursor: Option<String>,
    /// Details query: how many results there are, approximately.
    pub total_hits: Option<u64>,
    /// Listings: how many entities there are.
    pub total: Option<u64>,
    /// Listings: how many pages there are.
    pub page_count: Option<u64>,
    /// Listings: path of the next page; `None` on the last one.
    pub next_uri: Option<String>,
}

/// What lies around the records; everything else passes by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow, alias = "entities", alias = "results")]
    conversations: Option<Vec<&'a RawValue>>,
    cursor: Option<Cow<'a, str>>,
    total_hits: Option<u64>,
    total: Option<u64>,
    page_count: Option<u64>,
    next_uri: Option<Cow<'a, str>>,
}

impl Page {
    /// Reads a page whose records are under `conversations`, `entities` or `results`.
    pub fn read(body: Vec<u8>) -> Result<Self, serde_json::Error> {
        let body = String::from_utf8(body)
            .map_err(|error| <serde_json::Error as serde::de::Error>::custom(error.utf8_error()))?;
        let envelope: Envelope<'_> = serde_json::from_str(&body)?;
        let records = envelope.conversations;
        let records = records.map(|records| ranges(&body, &records));
        let (cursor, next_uri) = (
            envelope.cursor.map(Cow::into_owned),
            envelope.next_uri.map(Cow::into_owned),
        );
        let Envelope {
            total_hits,
            total,
            page_count,
            ..
        } = envelope;
        Ok(Self {
            records,
            // The vendor's client treats an empty cursor as none.
            cursor: cursor.filter(|cursor| !cursor.is_empty()),
            total_hits,
            total,
            page_count,
            next_uri: next_uri.filter(|uri| !uri.is_empty()),
            body,
        })
    }

    /// The records, verbatim, in the order they came.
    pub fn records(&self) -> impl Iterator<Item = &str> {
        self.records
            .iter()
            .flatten()
            .filter_map(|range| self.body.get(range.clone()))
    }

    /// One record, verbatim, by its position from 0.
    pub fn record(&self, position: usize) -> Option<&str> {
        let range = self.records.as_ref()?.get(position)?;
        self.body.get(range.clone())
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.as_ref().map_or(0, Vec::len)
    }

    /// Whether the page holds no record. Past the end of a details query the property is absent altogether.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where each part lies in the text it was borrowed from.
pub(super) fn ranges(body: &str, parts: &[&RawValue]) -> Vec<Range<usize>> {
    let begin = body.as_ptr() as usize;
    let range = |part: &&RawValue| {
        let from = part.get().as_ptr() as usize - begin;
        from..from + part.get().len()
    };
    parts.iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_byte_for_byte() {
        let body = "{\"conversations\": [ {\"a\" : 1.50,\"b\":\"\\u00e9\\/\"} ,{}],\"new\":[1],\"cursor\":\"c\\n1\"}";
        let page = Page::read(body.into()).unwrap();
        let records: Vec<_> = page.records().collect();
        assert_eq!(records, ["{\"a\" : 1.50,\"b\":\"\\u00e9\\/\"}", "{}"]);
        assert_eq!((page.record(1), page.record(2)), (Some("{}"), None));
        assert_eq!(page.cursor.as_deref(), Some("c\n1"));
    }

    #[test]
    fn a_page_past_the_end_has_no_records_property() {
        let page = Page::read(br#"{"totalHits":250}"#.to_vec()).unwrap();
        assert!(page.is_empty() && page.cursor.is_none());
        assert_eq!(page.total_hits, Some(250));
    }

    #[test]
    fn text_that_is_not_utf_8_is_an_error() {
        assert!(Page::read(b"{\"conversations\":[\"\xff\"]}".to_vec()).is_err());
    }
}
