//! A page of a bulk job's result: checked as a whole, then read row by row.
//!
//! A page is checked before any of its rows is taken, because what has been taken cannot be given back: a page that was
//! cut off on its way may still be CSV that parses.

use crate::layout::{Layout, Row};
use crate::record::Columns;
use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, StringRecord};

/// What is wrong with a page. No text of it is shown: values may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// An answer without one of the headers that say how far it goes.
    #[error("the answer has no header {0}")]
    NoHeader(&'static str),
    /// An HTML page.
    #[error("an HTML page in place of CSV")]
    Html,
    /// A text was begun and not ended.
    #[error("the CSV is cut off: a quote is left open")]
    OpenQuote,
    /// A row with more or fewer values than the header.
    #[error("row {row} has {values} values and the header {columns}")]
    Width {
        /// From 1, the header not counted.
        row: u64,
        /// Its values.
        values: usize,
        /// The header's.
        columns: usize,
    },
    /// A header that does not name the fields asked for.
    #[error("the header does not name the {0} fields asked for, each once")]
    Columns(usize),
    /// Another number of rows than the answer's header tells.
    #[error("the page has {read} rows and Sforce-NumberOfRecords says {told}")]
    Rows {
        /// Rows in the body.
        read: u64,
        /// What the header says.
        told: u64,
    },
    /// The last row has no line break although the header row has one, and the body differs from answer to answer.
    #[error("the CSV is cut off: its last row does not end")]
    LastRow,
    /// The answer leads back to itself.
    #[error("the answer's Sforce-Locator is the one that was asked for")]
    SameLocator,
    /// Not CSV at all.
    #[error("the CSV cannot be read")]
    Unreadable,
}

/// A page that holds together.
#[derive(Debug)]
pub(crate) struct Checked {
    body: Vec<u8>,
    layout: Option<Layout>,
    /// Rows, the header not counted.
    pub rows: u64,
    /// NUL characters that were taken out.
    pub nuls: u64,
    /// The last row has no line break: cut off, or never written.
    pub ends_open: bool,
}

fn reader(body: &[u8]) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(body)
}

impl Checked {
    /// Checks a body against the columns asked for and the number of rows told.
    pub fn new(mut body: Vec<u8>, columns: &Columns, told: u64) -> Result<Self, PageFault> {
        let before = body.len();
        // Redshift takes NUL for the end of a record and PostgreSQL refuses it: no text loses anything else by it.
        if body.contains(&0) {
            body.retain(|byte| *byte != 0);
        }
        let nuls = (before - body.len()) as u64;
        if body.trim_ascii_start().first() == Some(&b'<') {
            return Err(PageFault::Html);
        }
        let open_quotes = body
            .iter()
            .fold(0, |odd, byte| odd ^ u8::from(*byte == b'"'));
        if open_quotes != 0 {
            return Err(PageFault::OpenQuote);
        }
        let ends_open = body.last().is_some_and(|last| *last != b'\n');
        let (layout, rows) = {
            let mut reader = reader(&body);
            let mut record = ByteRecord::new();
            let mut next = |record: &mut ByteRecord| {
                reader
                    .read_byte_record(record)
                    .map_err(|_| PageFault::Unreadable)
            };
            // No rows at all may come as a header alone, as nothing, or as a line that says so.
            if next(&mut record)? {
                let layout = match Layout::new(&record, columns) {
                    Err(_) if told == 0 => None,
                    layout => Some(layout?),
                };
                let width = layout.as_ref().map(Layout::columns);
                let mut rows = 0;
                while next(&mut record)? {
                    rows += 1;
                    if let Some(columns) = width
                        && record.len() != columns
                    {
                        return Err(PageFault::Width {
                            row: rows,
                            values: record.len(),
                            columns,
                        });
                    }
                }
                (layout, rows)
            } else {
                (None, 0)
            }
        };
        if rows != told {
            return Err(PageFault::Rows { read: rows, told });
        }
        Ok(Self {
            body,
            layout,
            rows,
            nuls,
            ends_open,
        })
    }

    /// The bytes, to tell one answer from another.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Hands each row to `take`, in order: as a record, or as its bytes when they are no UTF-8.
    pub fn each<E>(
        &self,
        mut take: impl FnMut(Result<&Row, &[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(layout) = &self.layout else {
            return Ok(());
        };
        let mut reader = reader(&self.body);
        let mut record = StringRecord::new();
        let mut row = Row::default();
        let mut is_header = true;
        loop {
            let from = place(&reader);
            let is_text = match reader.read_record(&mut record) {
                Ok(true) => true,
                Err(error) if matches!(error.kind(), ErrorKind::Utf8 { .. }) => false,
                // Nothing else can fail: the page has been read to its end once.
                Ok(false) | Err(_) => return Ok(()),
            };
            if std::mem::take(&mut is_header) {
                continue;
            }
            if is_text {
                layout.write(&record, &mut row);
                take(Ok(&row))?;
            } else {
                let to = place(&reader);
                let line = self.body.get(from..to).unwrap_or_default();
                take(Err(line.trim_ascii_end()))?;
            }
        }
    }
}

fn place(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}
