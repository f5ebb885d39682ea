//! The rows of a report: what the query answered, with ratios, totals and order.

use crate::catalogue::Kind;
use crate::number;
use crate::{Format, Measure, Over, Period, RenderError, Spec};
use jiff::Timestamp;
use jiff::civil::Date;
use model::RunId;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The last column of every report: whether every day of the period has been read, and is settled under the row.
pub(crate) const SETTLED: &str = "is_settled";

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Not known, or a division by zero.
    Null,
    /// Any text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A share from 0 to 1.
    Ratio(f64),
    /// A calendar day.
    Date(Date),
    /// Yes or no.
    Boolean(bool),
}

/// A column of every file of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in CSV and JSON.
    pub name: String,
    /// Its heading.
    pub label: String,
    /// What it holds.
    pub kind: Kind,
    /// What one of it is; empty where a unit makes no sense.
    pub unit: String,
    /// What it means, if the spec says so.
    pub definition: Option<String>,
}

/// The circumstances of one export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The run after which the data was read.
    pub run_id: RunId,
    /// When it was read.
    pub read_at: Timestamp,
    /// Hours after which a day counts as settled once it is read again.
    pub settle_hours: u32,
    /// Days of the period of which something has not been read yet, in order.
    pub unread: Vec<Date>,
    /// Whether every hour of the period has been read for good. Rows cannot tell: a day nobody has read has none.
    pub is_final: bool,
}

/// A report with its data, ready to be rendered.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) spec: Spec,
    pub(crate) period: Period,
    pub(crate) reading: Reading,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// One cell per column: the figures over all rows, null for groups.
    pub(crate) totals: Vec<Cell>,
    pub(crate) sums: BTreeMap<&'static str, i64>,
    pub(crate) is_settled: bool,
}

/// The warehouse's answer does not fit the query that was sent.
#[derive(Debug, thiserror::Error)]
#[error(
    "row {row} of the answer from {view}: {found}; expected {expected}. The view and the report catalogue disagree: run migrate"
)]
pub struct ResultError {
    view: &'static str,
    row: usize,
    found: String,
    expected: String,
}

impl Report {
    /// Days of the period of which everything has been read, if not for good.
    pub(crate) fn days_read(&self) -> i64 {
        let unread = i64::try_from(self.reading.unread.len()).unwrap_or(i64::MAX);
        self.period.days().saturating_sub(unread)
    }

    /// The report of what [`Spec::query`] answered: per row the groups, the sums, and 1 or 0 for settled.
    pub fn new(
        spec: &Spec,
        period: Period,
        reading: Reading,
        answer: &[Vec<Cell>],
    ) -> Result<Self, ResultError> {
        let summed = spec.summed();
        let mut rows = Vec::with_capacity(answer.len());
        let mut totals: BTreeMap<&'static str, i64> = BTreeMap::new();
        for (no, cells) in answer.iter().enumerate() {
            let wrong = |found: String, expected: String| ResultError {
                view: spec.view.name,
                row: no + 1,
                found,
                expected,
            };
            if cells.len() != spec.width() {
                let found = format!("{} values", cells.len());
                return Err(wrong(found, spec.width().to_string()));
            }
            let (groups, rest) = cells.split_at(spec.group_by.len());
            let mut row = Vec::with_capacity(cells.len());
            for (cell, column) in groups.iter().zip(&spec.group_by) {
                let cell = group(cell, column.kind).ok_or_else(|| {
                    wrong(
                        format!("{} = {cell:?}", column.name),
                        column.kind.as_str().to_owned(),
                    )
                })?;
                row.push(cell);
            }
            let mut sums = BTreeMap::new();
            for (cell, &name) in rest.iter().zip(&summed) {
                if *cell == Cell::Null {
                    continue;
                }
                let value = whole(cell)
                    .ok_or_else(|| wrong(format!("{name} = {cell:?}"), "integer".to_owned()))?;
                sums.insert(name, value);
                let total = totals.entry(name).or_default();
                *total = total.saturating_add(value);
            }
            row.extend(spec.measures.iter().map(|measure| figure(measure, &sums)));
            let is_settled = reading.is_final && rest.last().and_then(whole) == Some(1);
            row.push(Cell::Boolean(is_settled));
            rows.push(row);
        }
        let mut report = Self {
            columns: columns(spec),
            totals: totals_row(spec, &totals, !rows.is_empty()),
            // A report without rows cannot vouch that nothing will come.
            is_settled: !rows.is_empty()
                && rows
                    .iter()
                    .all(|row| row.last() == Some(&Cell::Boolean(true))),
            spec: spec.clone(),
            period,
            reading,
            rows,
            sums: totals,
        };
        report.sort();
        Ok(report)
    }

    fn sort(&mut self) {
        let groups = self.spec.group_by.len();
        let by = self.spec.sort.as_ref().and_then(|sort| {
            let position = self.position(&sort.by)?;
            Some((position, sort.descending))
        });
        self.rows.sort_by(|left, right| {
            let first = by.map_or(Ordering::Equal, |(position, descending)| {
                compare(&left[position], &right[position], descending)
            });
            (0..groups).fold(first, |order, position| {
                order.then_with(|| compare(&left[position], &right[position], false))
            })
        });
    }

    pub(crate) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }

    /// Whether every row is settled; a report without rows is not.
    pub const fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// How many data rows it has.
    pub const fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The days it covers.
    pub const fn period(&self) -> &Period {
        &self.period
    }

    /// The bytes of one file.
    pub fn render(&self, format: Format) -> Result<Vec<u8>, RenderError> {
        match format {
            Format::Csv => Ok(crate::delimited::render(self).into_bytes()),
            Format::Json => crate::object::render(self),
            Format::Html => crate::html::render(self),
        }
    }
}

/// A whole number, also where the warehouse wrote it as text (as it does with decimals).
fn whole(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Integer(value) => Some(*value),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn columns(spec: &Spec) -> Vec<Column> {
    let column = |name: &str, kind, unit: String| Column {
        name: name.to_owned(),
        label: spec.label(name),
        kind,
        unit,
        definition: spec.definition(name).map(ToOwned::to_owned),
    };
    let groups = spec
        .group_by
        .iter()
        .map(|c| column(c.name, c.kind, c.unit.to_owned()));
    let measures = spec.measures.iter().map(|measure| {
        let unit = match measure.over {
            Over::Sum(summed) => summed.unit.to_owned(),
            Over::Ratio { denominator, .. } => format!("share of {}", denominator.unit),
        };
        column(&measure.name, measure.kind(), unit)
    });
    let settled = Column {
        name: SETTLED.to_owned(),
        label: "Status".to_owned(),
        kind: Kind::Boolean,
        unit: String::new(),
        definition: None,
    };
    groups.chain(measures).chain([settled]).collect()
}

fn totals_row(spec: &Spec, totals: &BTreeMap<&'static str, i64>, any: bool) -> Vec<Cell> {
    let groups = spec.group_by.iter().map(|_| Cell::Null);
    let measures = spec
        .measures
        .iter()
        .map(|measure| match figure(measure, totals) {
            // No rows at all: nothing was counted, which is 0 and not unknown.
            Cell::Null if !any && measure.kind() == Kind::Integer => Cell::Integer(0),
            cell => cell,
        });
    groups.chain(measures).collect()
}

fn figure(measure: &Measure, sums: &BTreeMap<&'static str, i64>) -> Cell {
    let sum = |name| sums.get(name).copied();
    match measure.over {
        Over::Sum(column) => sum(column.name).map_or(Cell::Null, Cell::Integer),
        Over::Ratio {
            numerator,
            denominator,
        } => number::ratio(sum(numerator.name), sum(denominator.name))
            .map_or(Cell::Null, Cell::Ratio),
    }
}

fn group(cell: &Cell, kind: Kind) -> Option<Cell> {
    match (cell, kind) {
        (Cell::Null, _) | (Cell::Text(_), Kind::Text) | (Cell::Date(_), Kind::Date) => {
            Some(cell.clone())
        }
        (Cell::Text(day), Kind::Date) => day.parse().ok().map(Cell::Date),
        _ => None,
    }
}

/// Unknown values come last in either direction.
fn compare(left: &Cell, right: &Cell, descending: bool) -> Ordering {
    let order = match (left, right) {
        (Cell::Null, Cell::Null) => return Ordering::Equal,
        (Cell::Null, _) => return Ordering::Greater,
        (_, Cell::Null) => return Ordering::Less,
        (Cell::Text(l), Cell::Text(r)) => l.cmp(r),
        (Cell::Integer(l), Cell::Integer(r)) => l.cmp(r),
        (Cell::Ratio(l), Cell::Ratio(r)) => l.total_cmp(r),
        (Cell::Date(l), Cell::Date(r)) => l.cmp(r),
        (Cell::Boolean(l), Cell::Boolean(r)) => l.cmp(r),
        _ => Ordering::Equal,
    };
    if descending { order.reverse() } else { order }
}
