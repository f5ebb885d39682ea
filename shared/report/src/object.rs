//! JSON: the rows, and what a program needs to read them without asking.

use crate::{Cell, Column, RenderError, Report};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

#[derive(Serialize)]
struct Document<'a> {
    report: &'a str,
    title: &'a str,
    description: &'a str,
    run_id: &'a str,
    period: Days<'a>,
    read_at: Timestamp,
    days: i64,
    days_read: i64,
    unread_days: Vec<String>,
    is_settled: bool,
    row_count: usize,
    columns: Vec<Heading<'a>>,
    rows: Vec<Row<'a>>,
    totals: Row<'a>,
}

/// `start` inclusive, `end` exclusive; the days of `zone` between them.
#[derive(Serialize)]
struct Days<'a> {
    start: Timestamp,
    end: Timestamp,
    zone: &'a str,
    first_day: String,
    last_day: String,
}

#[derive(Serialize)]
struct Heading<'a> {
    name: &'a str,
    label: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'a str>,
}

/// An object whose keys keep the order of the columns.
struct Row<'a>(Vec<(&'a Column, &'a Cell)>);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in &self.0 {
            map.serialize_entry(&column.name, cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Ratio(value) => serializer.serialize_f64(*value),
            Self::Date(day) => serializer.collect_str(day),
            Self::Boolean(value) => serializer.serialize_bool(*value),
        }
    }
}

/// The file, indented, with a line break at its end.
pub fn render(report: &Report) -> Result<Vec<u8>, RenderError> {
    let period = report.period();
    let columns = &report.columns;
    let groups = report.spec.group_by.len();
    let document = Document {
        report: &report.spec.name,
        title: &report.spec.title,
        description: &report.spec.description,
        run_id: report.reading.run_id.as_str(),
        period: Days {
            start: period.window().start(),
            end: period.window().end(),
            zone: period.zone_name(),
            first_day: period.first_day().to_string(),
            last_day: period.last_day().to_string(),
        },
        read_at: report.reading.read_at,
        days: period.days(),
        days_read: report.days_read(),
        unread_days: report.reading.unread.iter().map(Date::to_string).collect(),
        is_settled: report.is_settled,
        row_count: report.rows.len(),
        columns: columns
            .iter()
            .map(|column| Heading {
                name: &column.name,
                label: &column.label,
                r#type: column.kind.as_str(),
                unit: &column.unit,
                definition: column.definition.as_deref(),
            })
            .collect(),
        rows: report
            .rows
            .iter()
            .map(|row| Row(columns.iter().zip(row).collect()))
            .collect(),
        totals: Row(columns.iter().zip(&report.totals).skip(groups).collect()),
    };
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(RenderError::Json)?;
    bytes.push(b'\n');
    Ok(bytes)
}
