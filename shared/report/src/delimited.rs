//! CSV as RFC 4180 writes it: CRLF, doubled quotes, UTF-8 without a byte order mark.

use crate::{Cell, Report};

/// The file: a header of column names, one record per row, no totals.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    let header = report.columns.iter().map(|column| column.name.clone());
    record(&mut text, header);
    for row in &report.rows {
        record(&mut text, row.iter().map(field));
    }
    text
}

fn record(text: &mut String, fields: impl Iterator<Item = String>) {
    for (position, field) in fields.enumerate() {
        if position > 0 {
            text.push(',');
        }
        text.push_str(&field);
    }
    text.push_str("\r\n");
}

/// An unknown value is an empty field; an empty text is `""`.
fn field(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => quote(&defuse(text)),
        Cell::Integer(value) => value.to_string(),
        Cell::Ratio(value) => value.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::Boolean(value) => value.to_string(),
    }
}

/// A spreadsheet runs a text that begins like a formula; an apostrophe in front makes it text. Spreadsheets skip leading
/// blanks and read full-width signs as plain ones, so these count too.
pub(crate) fn defuse(text: &str) -> String {
    let begins_formula = text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if begins_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quote(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.contains([',', '"', '\r', '\n', ';'])
        && text.trim().len() == text.len();
    if plain {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_formula_becomes_text_and_a_number_stays_one() {
        let nasty = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", " =1", "＝1"];
        for text in nasty {
            assert_eq!(defuse(text), format!("'{text}"));
        }
        assert_eq!(defuse("Gold = best"), "Gold = best");
        assert_eq!(field(&Cell::Integer(-5)), "-5");
        assert_eq!(field(&Cell::Ratio(0.083_333)), "0.083333");
    }

    #[test]
    fn unknown_and_empty_differ() {
        assert_eq!(field(&Cell::Null), "");
        assert_eq!(field(&Cell::Text(String::new())), "\"\"");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_a_csv_reader(texts in proptest::collection::vec("\\PC*|[\"',;\r\n\t =+@-]*", 2..6)) {
            let mut file = String::new();
            record(&mut file, texts.iter().map(|text| field(&Cell::Text(text.clone()))));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            let expected: Vec<_> = texts.iter().map(|text| defuse(text)).collect();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), expected);
            // No field a spreadsheet would run.
            prop_assert!(read.iter().all(|text| !text.starts_with(['=', '+', '-', '@', '\t', '\r'])));
        }
    }
}
