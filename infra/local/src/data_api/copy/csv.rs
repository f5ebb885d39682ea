//! CSV with the one thing the usual readers hide: whether a field was quoted. Only an unquoted `\N` is null.

use std::borrow::Cow;

/// One field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its text, without quotes.
    pub text: Cow<'a, str>,
    /// Whether it stood in quotes.
    pub is_quoted: bool,
}

/// Text that is no CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// The object ends inside quotes.
    MissingEndQuote,
    /// Something other than a delimiter follows a closing quote.
    BadQuotes,
}

/// Reads rows one after the other.
pub(super) struct Reader<'a> {
    rest: &'a str,
    delimiter: char,
    quote: char,
    /// The line the next row begins on, from 1.
    pub line: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, delimiter: char, quote: char) -> Self {
        Self {
            rest: text,
            delimiter,
            quote,
            line: 1,
        }
    }

    /// Passes over lines without reading them.
    pub(super) fn skip_lines(&mut self, lines: u64) {
        for _ in 0..lines {
            match self.rest.find('\n') {
                Some(end) => {
                    self.rest = &self.rest[end + 1..];
                    self.line += 1;
                }
                None => self.rest = "",
            }
        }
    }

    /// The next row into `fields`; false at the end.
    pub(super) fn next_row(&mut self, fields: &mut Vec<Field<'a>>) -> Result<bool, Malformed> {
        fields.clear();
        if self.rest.is_empty() {
            return Ok(false);
        }
        loop {
            let field = self.field()?;
            fields.push(field);
            if let Some(rest) = self.rest.strip_prefix(self.delimiter) {
                self.rest = rest;
                continue;
            }
            let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
            if let Some(rest) = rest.strip_prefix('\n') {
                self.rest = rest;
                self.line += 1;
            } else {
                self.rest = ""; // the end of the text; `field` stops nowhere else
            }
            return Ok(true);
        }
    }

    fn field(&mut self) -> Result<Field<'a>, Malformed> {
        let blank = |c: char| c == ' ' || c == '\t';
        let trimmed = self
            .rest
            .trim_start_matches(|c| blank(c) && c != self.delimiter);
        if let Some(inside) = trimmed.strip_prefix(self.quote) {
            let field = self.quoted(inside)?;
            self.rest = self
                .rest
                .trim_start_matches(|c| blank(c) && c != self.delimiter);
            let ends = self.rest.is_empty()
                || self.rest.starts_with([self.delimiter, '\n'])
                || self.rest.starts_with("\r\n")
                || self.rest == "\r";
            return if ends {
                Ok(field)
            } else {
                Err(Malformed::BadQuotes)
            };
        }
        let end = self
            .rest
            .find([self.delimiter, '\n'])
            .unwrap_or(self.rest.len());
        let (mut text, rest) = self.rest.split_at(end);
        if !rest.starts_with(self.delimiter) {
            text = text.strip_suffix('\r').unwrap_or(text);
        }
        self.rest = rest;
        Ok(Field {
            text: Cow::Borrowed(text),
            is_quoted: false,
        })
    }

    fn quoted(&mut self, inside: &'a str) -> Result<Field<'a>, Malformed> {
        let mut text = Cow::Borrowed("");
        let mut rest = inside;
        loop {
            let end = rest.find(self.quote).ok_or(Malformed::MissingEndQuote)?;
            let piece = &rest[..end];
            if text.is_empty() {
                text = Cow::Borrowed(piece);
            } else {
                text.to_mut().push_str(piece);
            }
            rest = &rest[end + self.quote.len_utf8()..];
            match rest.strip_prefix(self.quote) {
                Some(after) => {
                    text.to_mut().push(self.quote);
                    rest = after;
                }
                None => break,
            }
        }
        self.line += u64::try_from(text.matches('\n').count()).unwrap_or(0);
        self.rest = rest;
        Ok(Field {
            text,
            is_quoted: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Result<Vec<Vec<(String, bool)>>, Malformed> {
        let mut reader = Reader::new(text, ',', '"');
        let (mut rows, mut fields) = (Vec::new(), Vec::new());
        while reader.next_row(&mut fields)? {
            rows.push(
                fields
                    .iter()
                    .map(|f| (f.text.to_string(), f.is_quoted))
                    .collect(),
            );
        }
        Ok(rows)
    }

    #[test]
    fn quotes_are_told_from_none() {
        let found = rows("\\N,\"\\N\",,\"\", \"a \"\"b\"\"\n,\" ,c\r\nlast").unwrap();
        let first = [
            ("\\N", false),
            ("\\N", true),
            ("", false),
            ("", true),
            ("a \"b\"\n,", true),
            ("c", false),
        ];
        assert_eq!(found[0], first.map(|(t, q)| (t.to_owned(), q)));
        assert_eq!(found[1], [("last".to_owned(), false)]);
    }

    #[test]
    fn lines_count_those_inside_quotes() {
        let mut reader = Reader::new("h\n\"a\nb\"\nc\n", ',', '"');
        let mut fields = Vec::new();
        reader.skip_lines(1);
        assert_eq!(reader.line, 2);
        reader.next_row(&mut fields).unwrap();
        assert_eq!(reader.line, 4);
    }

    #[test]
    fn broken_quotes_are_errors() {
        assert_eq!(rows("\"a"), Err(Malformed::MissingEndQuote));
        assert_eq!(rows("\"a\"b,c"), Err(Malformed::BadQuotes));
    }

    proptest! {
        #[test]
        fn reads_back_what_a_csv_writer_wrote(table in prop::collection::vec(prop::collection::vec(".{0,12}", 2..4), 1..5)) {
            let mut writer = ::csv::WriterBuilder::new().flexible(true).quote_style(::csv::QuoteStyle::Always).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> = rows(&text).unwrap().into_iter().map(|r| r.into_iter().map(|(t, _)| t).collect()).collect();
            prop_assert_eq!(read, table);
        }
    }
}
