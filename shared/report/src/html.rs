//! One self-contained page: style, script and drawing are in it, and its policy forbids every request.

use crate::chart::{self, Picture, lower, text};
use crate::number;
use crate::{Cell, Column, Kind, Measure, Over, Report};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("../templates/report.html");
const STYLE: &str = include_str!("../templates/report.css");
const SCRIPT: &str = include_str!("../templates/report.js");

/// A file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The page.
    #[error("rendering the HTML page")]
    Html(#[source] minijinja::Error),
    /// The JSON file.
    #[error("rendering the JSON file")]
    Json(#[source] serde_json::Error),
}

#[derive(Serialize)]
struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    title: &'a str,
    description: &'a str,
    days: String,
    day_count: i64,
    days_read: i64,
    unread: String,
    zone: &'a str,
    read_at: String,
    read_at_machine: String,
    is_settled: bool,
    settled_share: String,
    settle_hours: u32,
    figures: Vec<Figure>,
    picture: Option<Picture>,
    columns: Vec<Heading<'a>>,
    group_count: usize,
    rows: Vec<Vec<Shown>>,
    totals: Vec<String>,
    row_count: String,
    definitions: Vec<Definition<'a>>,
    run_id: &'a str,
    report: &'a str,
    interval: String,
}

/// A figure over all rows, on top of the page.
#[derive(Serialize)]
struct Figure {
    label: String,
    value: String,
    note: String,
}

#[derive(Serialize)]
struct Heading<'a> {
    label: &'a str,
    is_number: bool,
    sorted: Option<&'static str>,
}

/// A value of the table: what is seen, and what it is sorted by.
#[derive(Serialize)]
struct Shown {
    text: String,
    sort: String,
    is_number: bool,
    state: Option<bool>,
}

#[derive(Serialize)]
struct Definition<'a> {
    label: &'a str,
    text: &'a str,
}

/// The page.
pub fn render(report: &Report) -> Result<Vec<u8>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(RenderError::Html)?,
    );
    let page = environment
        .add_template("report.html", TEMPLATE)
        .and_then(|()| environment.get_template("report.html"))
        .and_then(|template| template.render(Serde(page(report))));
    page.map(String::into_bytes).map_err(RenderError::Html)
}

fn page(report: &Report) -> Page<'_> {
    let period = report.period();
    let zone = period.zone();
    let read_at = report.reading.read_at;
    let settled = report
        .rows
        .iter()
        .filter(|row| row.last() == Some(&Cell::Boolean(true)));
    Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        title: &report.spec.title,
        description: &report.spec.description,
        days: number::days(period.first_day(), period.last_day()),
        day_count: period.days(),
        days_read: report.days_read(),
        unread: number::day_list(&report.reading.unread),
        zone: period.zone_name(),
        read_at: read_at
            .to_zoned(zone.clone())
            .strftime("%-d %B %Y, %H:%M")
            .to_string(),
        read_at_machine: read_at.to_string(),
        is_settled: report.is_settled,
        settled_share: format!("{} of {}", settled.count(), report.rows.len()),
        settle_hours: report.reading.settle_hours,
        figures: report
            .spec
            .measures
            .iter()
            .take(4)
            .map(|m| figure(report, m))
            .collect(),
        picture: chart::picture(report),
        columns: report
            .columns
            .iter()
            .map(|column| heading(report, column))
            .collect(),
        group_count: report.spec.group_by.len(),
        rows: report
            .rows
            .iter()
            .map(|row| row.iter().map(shown).collect())
            .collect(),
        totals: report
            .totals
            .iter()
            .skip(report.spec.group_by.len())
            .map(text)
            .collect(),
        row_count: number::integer(i64::try_from(report.rows.len()).unwrap_or(i64::MAX)),
        definitions: report
            .columns
            .iter()
            .filter_map(|column| {
                let text = column.definition.as_deref()?;
                Some(Definition {
                    label: &column.label,
                    text,
                })
            })
            .collect(),
        run_id: report.reading.run_id.as_str(),
        report: &report.spec.name,
        interval: period.window().to_string(),
    }
}

/// Nothing may be fetched, sent or framed; only this style and this script may act, known by their hashes.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn figure(report: &Report, measure: &Measure) -> Figure {
    let cell = report
        .position(&measure.name)
        .and_then(|position| report.totals.get(position))
        .unwrap_or(&Cell::Null);
    // A day nobody has read has no conversations, and says nothing of an ordinary one.
    let days = report.days_read();
    let note = match (&measure.over, cell) {
        _ if days == 0 && report.rows.is_empty() => "not read yet".to_owned(),
        (Over::Sum(_), Cell::Integer(total)) if days > 1 && *total > 0 => {
            let a_day = (*total + days / 2) / days;
            match a_day {
                0 => "less than one a day".to_owned(),
                _ => format!("about {} a day", number::integer(a_day)),
            }
        }
        (
            Over::Ratio {
                numerator,
                denominator,
            },
            Cell::Ratio(_),
        ) => {
            let sum = |name| {
                report
                    .sums
                    .get(name)
                    .map_or(number::NONE.to_owned(), |&v| number::integer(v))
            };
            format!(
                "{} of {} {}",
                sum(numerator.name),
                sum(denominator.name),
                denominator.unit
            )
        }
        (Over::Ratio { denominator, .. }, _) => format!("no {} to divide by", denominator.unit),
        _ => String::new(),
    };
    Figure {
        label: report.spec.label(&measure.name),
        value: if days == 0 && report.rows.is_empty() {
            number::NONE.to_owned()
        } else {
            text(cell)
        },
        note,
    }
}

fn heading<'a>(report: &Report, column: &'a Column) -> Heading<'a> {
    let sort = report.spec.sort.as_ref();
    let sorted = match sort {
        Some(sort) if sort.by == column.name && sort.descending => Some("descending"),
        Some(sort) if sort.by == column.name => Some("ascending"),
        None if report.position(&column.name) == Some(0) => Some("ascending"),
        _ => None,
    };
    Heading {
        label: &column.label,
        is_number: is_number(column.kind),
        sorted,
    }
}

const fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Ratio)
}

fn shown(cell: &Cell) -> Shown {
    let sort = match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => lower(text),
        Cell::Integer(value) => value.to_string(),
        Cell::Ratio(value) => value.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::Boolean(value) => value.to_string(),
    };
    Shown {
        text: text(cell),
        sort,
        is_number: matches!(cell, Cell::Integer(_) | Cell::Ratio(_)),
        state: match cell {
            Cell::Boolean(value) => Some(*value),
            _ => None,
        },
    }
}
