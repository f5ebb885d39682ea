//! Rows of an object, turned into rows of PostgreSQL's text format.

use std::borrow::Cow;

use super::value::{BadValue, Column, ColumnKind, convert, escape_into};
use super::{CopyStatement, Format, csv, json};

/// Rows of one object, whatever its format.
pub(super) enum Reader<'a> {
    Csv {
        reader: csv::Reader<'a>,
        fields: Vec<csv::Field<'a>>,
    },
    Json(json::Reader<'a>),
}

/// The line, the column's position, and what is wrong.
pub(super) type RowError = (u64, Option<usize>, BadValue);

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, statement: &CopyStatement) -> Self {
        match statement.format {
            Format::Csv { delimiter, quote } => {
                let mut reader = csv::Reader::new(text, delimiter, quote);
                reader.skip_lines(statement.ignore_header);
                Self::Csv {
                    reader,
                    fields: Vec::new(),
                }
            }
            Format::JsonAuto => Self::Json(json::Reader::new(text)),
        }
    }

    /// Appends the next row in PostgreSQL's text format; false at the end.
    pub(super) fn row(
        &mut self,
        columns: &[Column],
        statement: &CopyStatement,
        out: &mut Vec<u8>,
    ) -> Result<bool, RowError> {
        match self {
            Self::Csv { reader, fields } => {
                let line = reader.line;
                let read = reader.next_row(fields).map_err(|error| {
                    let bad = match error {
                        csv::Malformed::MissingEndQuote => {
                            BadValue::new(1214, "Delimited value missing end quote")
                        }
                        csv::Malformed::BadQuotes => {
                            BadValue::new(1214, "Invalid quote formatting for CSV")
                        }
                    };
                    (line, None, bad)
                })?;
                if !read {
                    return Ok(false);
                }
                if fields.len() > columns.len() {
                    return Err((line, None, BadValue::new(1202, "Extra column(s) found")));
                }
                if fields.len() < columns.len() {
                    return Err((
                        line,
                        Some(fields.len()),
                        BadValue::new(1203, "Delimiter not found"),
                    ));
                }
                for (at, (column, field)) in columns.iter().zip(fields.iter()).enumerate() {
                    let value = csv_value(column, field, statement);
                    put(out, at, column, value, statement).map_err(|bad| (line, Some(at), bad))?;
                }
            }
            Self::Json(reader) => {
                let read = reader.next_object();
                let line = reader.line;
                let Some(object) = read.map_err(|bad| (line, None, bad))? else {
                    return Ok(false);
                };
                for (at, column) in columns.iter().enumerate() {
                    let value =
                        json::value(&object, column).map_err(|bad| (line, Some(at), bad))?;
                    let value = value.filter(|text| !stands_for_null(text, column, statement));
                    put(out, at, column, value, statement).map_err(|bad| (line, Some(at), bad))?;
                }
            }
        }
        out.push(b'\n');
        Ok(true)
    }
}

/// A field's text, unless it stands for null.
fn csv_value<'f>(
    column: &Column,
    field: &'f csv::Field<'_>,
    statement: &CopyStatement,
) -> Option<Cow<'f, str>> {
    let text = field.text.as_ref();
    if (!field.is_quoted && text == statement.null_as) || stands_for_null(text, column, statement) {
        return None;
    }
    Some(Cow::Borrowed(text))
}

/// Empty is null for whatever is not text, and for text only on request.
fn stands_for_null(text: &str, column: &Column, statement: &CopyStatement) -> bool {
    let is_text = matches!(column.kind, ColumnKind::Text { .. });
    if text.is_empty() {
        return !is_text || statement.empty_as_null;
    }
    text.trim().is_empty() && (!is_text || statement.blanks_as_null)
}

fn put(
    out: &mut Vec<u8>,
    at: usize,
    column: &Column,
    value: Option<Cow<'_, str>>,
    statement: &CopyStatement,
) -> Result<(), BadValue> {
    if at > 0 {
        out.push(b'\t');
    }
    match value {
        Some(value) => escape_into(out, &convert(column, value, statement.time_format)?),
        None if column.is_not_null => {
            return Err(BadValue::new(1213, "Missing data for not-null field"));
        }
        None => out.extend_from_slice(b"\\N"),
    }
    Ok(())
}
