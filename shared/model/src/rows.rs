//! Records turned into CSV rows for `COPY`, value by value, without losing or bending one.
//!
//! The dialect is the one both readings of Redshift's documentation agree on: null is an unquoted `\N`, text is always
//! quoted (so empty text stays empty text), quotes are doubled, line breaks stay. What the dialect or the column cannot
//! hold is refused, never cut: the caller quarantines the whole record.

use crate::RunId;
use crate::table::{ColumnType, Table};
use jiff::Timestamp;
use std::fmt::{self, Write as _};

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
}

impl Rows {
    /// Buffers for `tables`; a table is then named by its position.
    pub fn new(batch_id: &RunId, tables: Vec<Table>) -> Self {
        let buffers = tables
            .into_iter()
            .map(|table| Buffer {
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
        }
    }

    /// Starts a record: what follows can be taken back with [`Rows::rollback`].
    pub fn begin(&mut self, record_no: u64, extracted_at: Timestamp) {
        self.prefix.clear();
        self.prefix.push_str(&self.batch);
        let _ = write!(self.prefix, ",{record_no},");
        push_timestamp(&mut self.prefix, extracted_at);
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
            table, bytes, rows, ..
        } = &mut self.buffers[position];
        bytes.push_str(&self.prefix);
        Row {
            table,
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
    bytes: &'a mut String,
    rows: &'a mut u64,
    column: usize,
    refusal: Option<Refusal>,
}

impl Row<'_> {
    fn next(&mut self) -> Option<(&str, ColumnType, bool)> {
        self.bytes.push(',');
        let column = self.table.columns.get(self.column)?;
        self.column += 1;
        Some((&column.name, column.kind, column.required))
    }

    fn refuse(&mut self, reason: &'static str, column: &str, rule: &str) {
        let detail = format!("{}.{column}: {rule}", self.table.name);
        self.refusal.get_or_insert(Refusal { reason, detail });
    }

    fn null(&mut self, column: &str, required: bool) {
        if required {
            self.refuse("missing_key", column, "must not be missing");
        }
        self.bytes.push_str("\\N");
    }

    /// A text, or null.
    pub fn text(mut self, value: Option<&str>) -> Self {
        let table = self.table;
        let Some(column) = table.columns.get(self.column) else {
            self.column += 1;
            return self;
        };
        self.bytes.push(',');
        self.column += 1;
        let Some(value) = value else {
            self.null(&column.name, column.required);
            return self;
        };
        if let ColumnType::Text { max_bytes } = column.kind
            && value.len() > max_bytes
        {
            let rule = format!("{} bytes, the column holds {max_bytes}", value.len());
            self.refuse("too_long", &column.name, &rule);
            return self;
        }
        if value == "\\N" {
            self.refuse(
                "unstorable_value",
                &column.name,
                r"the text \N means null to COPY",
            );
            return self;
        }
        self.bytes.push('"');
        let mut rest = value;
        // One pass finds both characters that matter: quotes are doubled, NUL ends a record for COPY.
        while let Some(at) = rest.bytes().position(|byte| byte == b'"' || byte == 0) {
            if rest.as_bytes()[at] == 0 {
                self.refuse(
                    "unstorable_value",
                    &column.name,
                    "holds a NUL character, which COPY takes for the end of the record",
                );
                return self;
            }
            self.bytes.push_str(&rest[..=at]);
            self.bytes.push('"');
            rest = &rest[at + 1..];
        }
        self.bytes.push_str(rest);
        self.bytes.push('"');
        self
    }

    /// A whole number, or null.
    pub fn int(mut self, value: Option<i64>) -> Self {
        if let Some((column, _, required)) = self
            .next()
            .map(|(name, kind, required)| (name.to_owned(), kind, required))
        {
            match value {
                Some(value) => {
                    let _ = write!(self.bytes, "{value}");
                }
                None => self.null(&column, required),
            }
        }
        self
    }

    /// A truth value, or null.
    pub fn bool(mut self, value: Option<bool>) -> Self {
        if let Some((column, _, required)) = self
            .next()
            .map(|(name, kind, required)| (name.to_owned(), kind, required))
        {
            match value {
                Some(value) => self.bytes.push_str(if value { "true" } else { "false" }),
                None => self.null(&column, required),
            }
        }
        self
    }

    /// An instant, or null.
    pub fn timestamp(mut self, value: Option<Timestamp>) -> Self {
        if let Some((column, _, required)) = self
            .next()
            .map(|(name, kind, required)| (name.to_owned(), kind, required))
        {
            match value {
                Some(value) => push_timestamp(self.bytes, value),
                None => self.null(&column, required),
            }
        }
        self
    }

    /// A number or date exactly as the source writes it (`12.50`, `2026-01-31`), or null. Only digits, sign, point,
    /// exponent and hyphen may occur.
    pub fn literal(mut self, value: Option<&str>) -> Self {
        let next = self
            .next()
            .map(|(name, kind, required)| (name.to_owned(), kind, required));
        if let Some((column, _, required)) = next {
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
                    self.refuse(
                        "bad_value",
                        &column,
                        &format!("{shown:?} is no number or date"),
                    );
                }
                None => self.null(&column, required),
            }
        }
        self
    }

    /// Completes the row, or says why the record cannot be stored (the caller then rolls the record back).
    pub fn end(self) -> Result<(), Refusal> {
        self.bytes.push('\n');
        *self.rows += 1;
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let expected =
            self.table.columns.len() - self.table.columns.iter().filter(|c| c.defaulted).count();
        if self.column != expected {
            let detail = format!(
                "{}: {} values for {expected} columns",
                self.table.name, self.column
            );
            return Err(Refusal {
                reason: "column_count",
                detail,
            });
        }
        Ok(())
    }
}

/// `2026-01-05 10:00:00.123`, UTC, at most microseconds: the form `TIMEFORMAT 'auto'` and PostgreSQL read alike.
pub fn push_timestamp(out: &mut String, instant: Timestamp) {
    let datetime = jiff::tz::Offset::UTC.to_datetime(instant);
    let (date, time) = (datetime.date(), datetime.time());
    let micros = time.subsec_nanosecond() / 1000;
    let _ = write!(
        out,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    if micros % 1000 != 0 {
        let _ = write!(out, ".{micros:06}");
    } else if micros != 0 {
        let _ = write!(out, ".{:03}", micros / 1000);
    }
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

    proptest! {
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
