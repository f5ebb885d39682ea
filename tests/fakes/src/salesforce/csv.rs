//! Bulk results as CSV: every value in quotes, nothing between them for null, instants with a `Z`.

use super::FakeSalesforce;
use super::fields::Column;
use super::select::{Found, Known};
use crate::world::crm::Cell;
use crate::world::rng::mix;
use crate::world::text::{date, push_instant};

/// How a job wants its rows written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: char,
    pub(super) line_end: &'static str,
}

/// Names of delimiters and what they stand for.
pub(super) const DELIMITERS: [(&str, char); 6] = [
    ("BACKQUOTE", '`'),
    ("CARET", '^'),
    ("COMMA", ','),
    ("PIPE", '|'),
    ("SEMICOLON", ';'),
    ("TAB", '\t'),
];

impl FakeSalesforce {
    /// The header and these of the found rows.
    pub(super) fn csv(&self, found: &Found, rows: &[usize], dialect: Dialect) -> String {
        let mut out = String::with_capacity(64 + rows.len() * found.columns.len() * 20);
        for (at, column) in found.columns.iter().enumerate() {
            if at > 0 {
                out.push(dialect.delimiter);
            }
            push_quoted(&mut out, &column.heading());
        }
        out.push_str(dialect.line_end);
        let mut known = Known::default();
        self.world
            .show(found.table, rows, &found.view, |place, row| {
                for (at, column) in found.columns.iter().enumerate() {
                    if at > 0 {
                        out.push(dialect.delimiter);
                    }
                    let cell = match column {
                        Column::Own { place: own, .. } => &row[*own],
                        _ => &self.value_of(row, column, &found.view, &mut known),
                    };
                    // Whole numbers come as decimals now and then.
                    let as_decimal = column.kind() == "int" && mix(place as u64).is_multiple_of(4);
                    push(&mut out, cell, as_decimal);
                }
                out.push_str(dialect.line_end);
            });
        out
    }
}

fn push(out: &mut String, cell: &Cell, as_decimal: bool) {
    match cell {
        Cell::Null => out.push_str("\"\""),
        Cell::Text(text) | Cell::Compound(text) => push_quoted(out, text),
        Cell::Number(number) => {
            out.push('"');
            out.push_str(number);
            out.push_str(if as_decimal { ".0\"" } else { "\"" });
        }
        Cell::Bool(truth) => out.push_str(if *truth { "\"true\"" } else { "\"false\"" }),
        Cell::Instant(millis) => {
            out.push('"');
            push_instant(out, *millis, false);
            out.push('"');
        }
        Cell::Day(millis) => push_quoted(out, &date(*millis)),
    }
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut parts = text.split('"');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("\"\"");
        out.push_str(part);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_bulk_results_have_them() {
        for (cell, as_decimal, expected) in [
            (Cell::Null, false, r#""""#),
            (
                Cell::Text("a \"b\",\nc".to_owned()),
                false,
                "\"a \"\"b\"\",\nc\"",
            ),
            (Cell::Text("\"".to_owned()), false, "\"\"\"\""),
            (Cell::Number("12".to_owned()), true, "\"12.0\""),
            (Cell::Number("12.5".to_owned()), false, "\"12.5\""),
            (Cell::Bool(true), false, "\"true\""),
            (
                Cell::Instant(1_767_225_600_000),
                false,
                "\"2026-01-01T00:00:00.000Z\"",
            ),
            (Cell::Day(1_767_225_600_000), false, "\"2026-01-01\""),
        ] {
            let mut out = String::new();
            push(&mut out, &cell, as_decimal);
            assert_eq!(out, expected);
        }
    }
}
