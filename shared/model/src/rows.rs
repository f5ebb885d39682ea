//! Records turned into CSV rows for `COPY`, value by value, without losing or bending one.
//!
//! The dialect is the one both readings of Redshift's documentation agree on: null is an unquoted `\N`, text is always
//! quoted (so empty text stays empty text), quotes are doubled, line breaks stay. What the dialect or the column cannot
//! hold is refused, never cut: the caller quarantines the whole record.

use crate::RunId;
use crate::table::{Column, ColumnType, Table};
use jiff::Timestamp;
use std::fmt;

/// Why a record is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A word for grouping: `unreadable`, `unstorable_value`, `too_long`, `missing_key`, `bad_value`.
    pub reason: &'static str,
    /// Field, value (shortened) and rule.
    pub detail: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.detail)
    }
}

/// One finished CSV buffer of a table.
#[derive(Debug)]
struct Buffer {
    table: Table,
    /// Columns without a default: the values a complete row has.
    width: usize,
    bytes: String,
    rows: u64,
    /// Length and rows when the present record began.
    mark: (usize, u64),
}

/// The rows of the present record, for several tables. Every staging table begins with `batch_id`, `record_no` and
/// `extracted_at`, which are written here.
#[derive(Debug)]
pub struct Rows {
    buffers: Vec<Buffer>,
    batch: String,
    prefix: String,
    /// The instant of the latest record, and how it is written: the records of a page share it.
    extracted_at: (Option<Timestamp>, String),
}

impl Rows {
    /// Buffers for `tables`; a table is then named by its position.
    pub fn new(batch_id: &RunId, tables: Vec<Table>) -> Self {
        let buffers = tables
            .into_iter()
            .map(|table| Buffer {
                width: table.copied().count(),
                table,
                bytes: String::new(),
                rows: 0,
                mark: (0, 0),
            })
            .collect();
        Self {
            buffers,
            batch: format!("\"{batch_id}\""),
            prefix: String::new(),
            extracted_at: (None, String::new()),
        }
    }

    /// Starts a record: what follows can be taken back with [`Rows::rollback`].
    pub fn begin(&mut self, record_no: u64, extracted_at: Timestamp) {
        self.prefix.clear();
        self.prefix.push_str(&self.batch);
        self.prefix.push(',');
        push_unsigned(&mut self.prefix, record_no);
        self.prefix.push(',');
        let (latest, text) = &mut self.extracted_at;
        if *latest != Some(extracted_at) {
            *latest = Some(extracted_at);
            text.clear();
            push_timestamp(text, extracted_at);
        }
        self.prefix.push_str(text);
        for buffer in &mut self.buffers {
            buffer.mark = (buffer.bytes.len(), buffer.rows);
        }
    }

    /// Takes back every row since [`Rows::begin`].
    pub fn rollback(&mut self) {
        for buffer in &mut self.buffers {
            buffer.bytes.truncate(buffer.mark.0);
            buffer.rows = buffer.mark.1;
        }
    }

    /// A new row of the table at `position`; its values follow in the order of the definition, after the three common ones.
    ///
    /// # Panics
    /// When `position` is not below the number of tables.
    pub fn row(&mut self, position: usize) -> Row<'_> {
        let Buffer {
            table,
            width,
            bytes,
            rows,
            ..
        } = &mut self.buffers[position];
        bytes.push_str(&self.prefix);
        Row {
            table,
            width: *width,
            bytes,
            rows,
            column: 3,
            refusal: None,
        }
    }

    /// Hands over what table `position` has and starts its buffer anew: CSV without a header, and the number of rows.
    ///
    /// # Panics
    /// When `position` is not below the number of tables.
    pub fn take(&mut self, position: usize) -> (String, u64) {
        let buffer = &mut self.buffers[position];
        buffer.mark = (0, 0);
        (
            std::mem::take(&mut buffer.bytes),
            std::mem::take(&mut buffer.rows),
        )
    }

    /// Drains every table through `sink` (position, CSV without a header, rows), keeping the buffers' memory.
    pub fn drain<E>(
        &mut self,
        mut sink: impl FnMut(usize, &str, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        for (position, buffer) in self.buffers.iter_mut().enumerate() {
            if buffer.rows > 0 {
                sink(position, &buffer.bytes, buffer.rows)?;
            }
            buffer.bytes.clear();
            buffer.rows = 0;
            buffer.mark = (0, 0);
        }
        Ok(())
    }

    /// The tables, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.buffers.iter().map(|buffer| &buffer.table)
    }
}

/// The header line of a table's CSV, with its line break.
pub fn header(table: &Table) -> String {
    let mut line = table
        .copied()
        .map(|column| column.name.as_str())
        .collect::<Vec<_>>()
        .join(",");
    line.push('\n');
    line
}

/// One row being written. The first value that cannot be stored makes [`Row::end`] fail; the rest is then ignored.
#[derive(Debug)]
#[must_use = "a row is complete only after `end`"]
pub struct Row<'a> {
    table: &'a Table,
    width: usize,
    bytes: &'a mut String,
    rows: &'a mut u64,
    column: usize,
    // Boxed: a row is moved by every value, and almost none is refused.
    refusal: Option<Box<Refusal>>,
}

impl<'a> Row<'a> {
    /// The column the next value is for; `None` behind the last one, which [`Row::end`] then reports.
    #[inline]
    fn next(&mut self) -> Option<&'a Column> {
        let column = self.table.columns.get(self.column);
        self.column += 1;
        if column.is_some() {
            self.bytes.push(',');
        }
        column
    }

    #[cold]
    fn refuse(&mut self, reason: &'static str, column: &str, rule: &str) {
        let detail = format!("{}.{column}: {rule}", self.table.name);
        self.refusal
            .get_or_insert_with(|| Box::new(Refusal { reason, detail }));
    }

    #[inline]
    fn null(&mut self, column: &Column) {
        if column.required {
            self.refuse("missing_key", &column.name, "must not be missing");
        }
        self.bytes.push_str("\\N");
    }

    /// A text, or null.
    #[inline]
    pub fn text(mut self, value: Option<&str>) -> Self {
        let Some(column) = self.next() else {
            return self;
        };
        match value {
            Some(value) => self.push_text(column, value),
            None => self.null(column),
        }
        self
    }

    fn push_text(&mut self, column: &Column, value: &str) {
        if let ColumnType::Text { max_bytes } = column.kind
            && value.len() > max_bytes
        {
            let rule = format!("{} bytes, the column holds {max_bytes}", value.len());
            self.refuse("too_long", &column.name, &rule);
            return;
        }
        if value == "\\N" {
            let rule = r"the text \N means null to COPY";
            self.refuse("unstorable_value", &column.name, rule);
            return;
        }
        self.bytes.push('"');
        if is_plain(value) {
            self.bytes.push_str(value);
        } else {
            if value.contains('\0') {
                let rule = "holds a NUL character, which COPY takes for the end of the record";
                self.refuse("unstorable_value", &column.name, rule);
                return;
            }
            for (at, part) in value.split('"').enumerate() {
                if at > 0 {
                    self.bytes.push_str("\"\"");
                }
                self.bytes.push_str(part);
            }
        }
        self.bytes.push('"');
    }

    /// A whole number, or null.
    #[inline]
    pub fn int(mut self, value: Option<i64>) -> Self {
        if let Some(column) = self.next() {
            match value {
                Some(value) => {
                    if value < 0 {
                        self.bytes.push('-');
                    }
                    push_unsigned(self.bytes, value.unsigned_abs());
                }
                None => self.null(column),
            }
        }
        self
    }

    /// A truth value, or null.
    #[inline]
    pub fn bool(mut self, value: Option<bool>) -> Self {
        if let Some(column) = self.next() {
            match value {
                Some(value) => self.bytes.push_str(if value { "true" } else { "false" }),
                None => self.null(column),
            }
        }
        self
    }

    /// An instant, or null.
    #[inline]
    pub fn timestamp(mut self, value: Option<Timestamp>) -> Self {
        if let Some(column) = self.next() {
            match value {
                Some(value) => push_timestamp(self.bytes, value),
                None => self.null(column),
            }
        }
        self
    }

    /// A number or date exactly as the source writes it (`12.50`, `2026-01-31`), or null. Only digits, sign, point,
    /// exponent and hyphen may occur.
    pub fn literal(mut self, value: Option<&str>) -> Self {
        if let Some(column) = self.next() {
            match value {
                Some(value)
                    if !value.is_empty()
                        && value
                            .bytes()
                            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) =>
                {
                    self.bytes.push_str(value);
                }
                Some(value) => {
                    let shown: String = value.chars().take(40).collect();
                    let rule = format!("{shown:?} is no number or date");
                    self.refuse("bad_value", &column.name, &rule);
                }
                None => self.null(column),
            }
        }
        self
    }

    /// Completes the row, or says why the record cannot be stored (the caller then rolls the record back).
    #[inline]
    pub fn end(self) -> Result<(), Refusal> {
        self.bytes.push('\n');
        *self.rows += 1;
        if let Some(refusal) = self.refusal {
            return Err(*refusal);
        }
        if self.column != self.width {
            let detail = format!(
                "{}: {} values for {} columns",
                self.table.name, self.column, self.width
            );
            return Err(Refusal {
                reason: "column_count",
                detail,
            });
        }
        Ok(())
    }
}

/// Whether a text holds neither of the two characters that matter: quotes are doubled, NUL ends a record for COPY.
/// Without an early exit, because that is what lets the compiler look at many bytes at once.
#[inline]
fn is_plain(text: &str) -> bool {
    let found = text
        .bytes()
        .fold(0, |found, byte| found | u8::from(byte == b'"' || byte == 0));
    found == 0
}

/// A whole number in decimal; `write!` takes several times as long.
pub fn push_unsigned(out: &mut String, mut value: u64) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = digit(value);
        value /= 10;
        if value == 0 {
            break;
        }
    }
    push_ascii(out, &digits[first..]);
}

/// The last decimal digit of `value`.
#[inline]
fn digit(value: u64) -> u8 {
    b"0123456789"[(value % 10) as usize]
}

#[inline]
fn push_ascii(out: &mut String, bytes: &[u8]) {
    // Digits and separators only, so the empty text never stands in.
    out.push_str(std::str::from_utf8(bytes).unwrap_or_default());
}

/// `2026-01-05 10:00:00.123`, UTC, at most microseconds: the form `TIMEFORMAT 'auto'` and PostgreSQL read alike.
pub fn push_timestamp(out: &mut String, instant: Timestamp) {
    let datetime = jiff::tz::Offset::UTC.to_datetime(instant);
    let (date, time) = (datetime.date(), datetime.time());
    let micros = time.subsec_nanosecond().unsigned_abs() / 1000;
    if date.year() < 0 {
        out.push('-');
    }
    let mut text = *b"0000-00-00 00:00:00.000000";
    let mut put = |at: usize, width: usize, value: u32| {
        let mut value = u64::from(value);
        for place in text[at..at + width].iter_mut().rev() {
            *place = digit(value);
            value /= 10;
        }
    };
    put(0, 4, date.year().unsigned_abs().into());
    put(5, 2, date.month().unsigned_abs().into());
    put(8, 2, date.day().unsigned_abs().into());
    put(11, 2, time.hour().unsigned_abs().into());
    put(14, 2, time.minute().unsigned_abs().into());
    put(17, 2, time.second().unsigned_abs().into());
    put(20, 6, micros);
    let length = match micros {
        0 => 19,
        whole_millis if whole_millis % 1000 == 0 => 23,
        _ => 26,
    };
    push_ascii(out, &text[..length]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows() -> Rows {
        let table = Table::parse(
            "create table if not exists staging.t (\n    batch_id varchar(128) not null,\n    record_no bigint not null,\n    \
             extracted_at timestamp not null,\n    note varchar(12),\n    n bigint\n)\n",
        )
        .unwrap();
        let mut rows = Rows::new(&RunId::try_from("r-1".to_owned()).unwrap(), vec![table]);
        rows.begin(7, "2026-01-05T10:00:00.120Z".parse().unwrap());
        rows
    }

    #[test]
    fn null_and_empty_text_stay_apart() {
        let mut rows = rows();
        rows.row(0).text(None).int(Some(-3)).end().unwrap();
        rows.row(0).text(Some("")).int(None).end().unwrap();
        rows.row(0).text(Some("NA")).int(None).end().unwrap();
        let (csv, count) = rows.take(0);
        assert_eq!(count, 3);
        insta::assert_snapshot!(csv, @r#"
        "r-1",7,2026-01-05 10:00:00.120,\N,-3
        "r-1",7,2026-01-05 10:00:00.120,"",\N
        "r-1",7,2026-01-05 10:00:00.120,"NA",\N
        "#);
    }

    #[test]
    fn what_cannot_be_stored_is_refused_and_rolled_back() {
        for (value, reason) in [
            ("\\N", "unstorable_value"),
            ("a\0b", "unstorable_value"),
            ("1234567890123", "too_long"),
        ] {
            let mut rows = rows();
            let refusal = rows.row(0).text(Some(value)).int(None).end().unwrap_err();
            assert_eq!(refusal.reason, reason);
            rows.rollback();
            assert_eq!(rows.take(0), (String::new(), 0));
        }
    }

    #[test]
    fn a_row_with_too_few_values_is_refused() {
        assert_eq!(
            rows().row(0).text(None).end().unwrap_err().reason,
            "column_count"
        );
    }

    #[test]
    fn a_row_with_too_many_values_is_refused() {
        let mut rows = rows();
        let row = rows.row(0).text(None).int(None).int(None);
        insta::assert_snapshot!(row.end().unwrap_err(), @"column_count: staging.t: 6 values for 5 columns");
    }

    #[test]
    fn instants_and_numbers_are_written_to_the_last_digit() {
        let mut out = String::new();
        for instant in [
            "1969-12-31T23:59:59.5Z",
            "2024-02-29T00:00:00Z",
            "9999-12-30T21:59:59.000001999Z",
            "0007-01-02T03:04:05.010Z",
        ] {
            push_timestamp(&mut out, instant.parse().unwrap());
            out.push('\n');
        }
        for value in [0, 9, 10, u64::MAX] {
            push_unsigned(&mut out, value);
            out.push('\n');
        }
        insta::assert_snapshot!(out, @r"
        1969-12-31 23:59:59.500
        2024-02-29 00:00:00
        9999-12-30 21:59:59.000001
        0007-01-02 03:04:05.010
        0
        9
        10
        18446744073709551615
        ");
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_display_does(value: i64) {
            let mut rows = rows();
            rows.row(0).text(None).int(Some(value)).end().unwrap();
            let end = format!(",{value}\n");
            prop_assert!(rows.take(0).0.ends_with(&end));
        }

        #[test]
        fn text_survives_a_csv_reader(value in "[^\0]{0,3}[\"\n\r, é😀]{0,2}") {
            prop_assume!(value != "\\N" && value.len() <= 12);
            let mut rows = rows();
            rows.row(0).text(Some(&value)).int(Some(1)).end().unwrap();
            let (line, _) = rows.take(0);
            let quoted = line.strip_prefix("\"r-1\",7,2026-01-05 10:00:00.120,\"").unwrap().strip_suffix("\",1\n").unwrap();
            prop_assert_eq!(quoted.replace("\"\"", "\""), value);
        }
    }
}
