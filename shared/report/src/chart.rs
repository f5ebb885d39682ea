//! The geometry of a bar chart. The template draws it, so every text in it is escaped like the rest of the page.

use crate::number::{self, NONE};
use crate::{Cell, Kind, Report};
use serde::Serialize;

/// More bars than this are no picture any more; the first ones in the report's order are drawn and the page says so.
const MAX_BARS: usize = 24;

/// A chart in one width. A drawing that is scaled down to a phone would have letters too small to read, so there are two.
#[derive(Debug, Serialize)]
pub struct Drawing {
    class: &'static str,
    width: f64,
    height: f64,
    plot: Plot,
    bars: Vec<Bar>,
    ticks: Vec<Mark>,
    axis_label: String,
    reference: Option<Mark>,
}

#[derive(Debug, Serialize)]
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    middle: f64,
    /// Baseline of the tick labels, and of the axis label under them.
    ticks: f64,
    label: f64,
}

#[derive(Debug, Serialize)]
struct Bar {
    label: String,
    value: String,
    label_x: f64,
    label_y: f64,
    anchor: &'static str,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    value_x: f64,
    value_y: f64,
}

#[derive(Debug, Serialize)]
struct Mark {
    x: f64,
    text: String,
    anchor: &'static str,
}

/// The chart of a report: its words, and a drawing for each width.
#[derive(Debug, Serialize)]
pub struct Picture {
    title: String,
    /// What the picture shows, in words, for those who do not see it.
    description: String,
    /// How many rows are not drawn.
    left_out: usize,
    has_reference: bool,
    drawings: Vec<Drawing>,
}

struct Layout {
    class: &'static str,
    width: f64,
    /// Space for labels beside the bars; 0 puts them above.
    label_width: f64,
    /// Longest label, characters.
    label_length: usize,
    row: f64,
    bar: f64,
}

const LAYOUTS: [Layout; 2] = [
    Layout {
        class: "wide",
        width: 760.0,
        label_width: 150.0,
        label_length: 20,
        row: 40.0,
        bar: 22.0,
    },
    Layout {
        class: "narrow",
        width: 330.0,
        label_width: 0.0,
        label_length: 38,
        row: 54.0,
        bar: 20.0,
    },
];

/// Space right of the longest bar for its value.
const VALUE_WIDTH: f64 = 62.0;

/// The picture of the report; `None` where the spec asks for none or nothing has a value.
pub fn picture(report: &Report) -> Option<Picture> {
    let chart = report.spec.chart.as_ref()?;
    let category = report.position(&chart.category)?;
    let value = report.position(&chart.value)?;
    let column = &report.columns[value];
    let drawn: Vec<_> = report.rows.iter().take(MAX_BARS).collect();
    if drawn.iter().all(|row| size(&row[value]).is_none()) {
        return None;
    }
    let bars: Vec<_> = drawn
        .iter()
        .map(|row| (text(&row[category]), size(&row[value]), text(&row[value])))
        .collect();
    let overall = report
        .totals
        .get(value)
        .filter(|_| column.kind == Kind::Ratio);
    let overall = overall.and_then(|cell| Some((size(cell)?, text(cell))));
    let title = format!(
        "{} by {}",
        column.label,
        lower(&report.columns[category].label)
    );
    let mut parts: Vec<_> = bars
        .iter()
        .map(|(label, _, value)| format!("{label} {value}"))
        .collect();
    if let Some((_, value)) = &overall {
        parts.push(format!("overall {value}"));
    }
    let axis_label = match column.kind {
        Kind::Ratio => format!(
            "{} (% {})",
            column.label,
            column.unit.trim_start_matches("share ")
        ),
        _ if column.unit.is_empty() || column.unit == lower(&column.label) => column.label.clone(),
        _ => format!("{} ({})", column.label, column.unit),
    };
    let whole = column.kind == Kind::Integer;
    Some(Picture {
        description: format!("Bar chart. {}.", parts.join("; ")),
        title,
        left_out: report.rows.len() - drawn.len(),
        has_reference: overall.is_some(),
        drawings: LAYOUTS
            .iter()
            .map(|layout| draw(layout, &bars, overall.as_ref(), &axis_label, whole))
            .collect(),
    })
}

fn draw(
    layout: &Layout,
    bars: &[(String, Option<f64>, String)],
    overall: Option<&(f64, String)>,
    axis_label: &str,
    whole: bool,
) -> Drawing {
    let largest = bars.iter().filter_map(|bar| bar.1).fold(0.0, f64::max);
    let ticks = number::ticks(largest, whole);
    let end = ticks.last().copied().unwrap_or(1.0);
    let top = if overall.is_some() { 26.0 } else { 8.0 };
    let left = if layout.label_width > 0.0 {
        layout.label_width
    } else {
        1.0
    };
    let right = layout.width - VALUE_WIDTH;
    let at = |value: f64| round(left + (value / end).clamp(0.0, 1.0) * (right - left));
    let above = layout.label_width <= 0.0;
    let bottom = top + layout.row * number::float(i64::try_from(bars.len()).unwrap_or(0));
    let drawn = bars.iter().zip(0_u32..).map(|((label, value, text), no)| {
        let row_top = top + layout.row * f64::from(no);
        let y = if above {
            row_top + layout.row - layout.bar - 8.0
        } else {
            row_top + (layout.row - layout.bar) / 2.0
        };
        let end_x = at(value.unwrap_or(0.0));
        let middle = y + layout.bar / 2.0 + 4.5;
        // The line of the overall value would cross a value that begins beside it.
        let line = overall.map(|(value, _)| at(*value));
        let value_x = match line {
            Some(x) if (-2.0..12.0).contains(&(x - end_x)) => x + 7.0,
            _ => end_x + 7.0,
        };
        Bar {
            label: shorten(label, layout.label_length),
            value: text.clone(),
            // Off the axis, which runs past the label.
            label_x: if above { left + 6.0 } else { left - 12.0 },
            label_y: if above { y - 6.0 } else { middle },
            anchor: if above { "start" } else { "end" },
            x: left,
            y,
            width: round(end_x - left),
            height: layout.bar,
            value_x,
            value_y: middle,
        }
    });
    Drawing {
        class: layout.class,
        width: layout.width,
        height: bottom + 50.0,
        bars: drawn.collect(),
        ticks: ticks
            .iter()
            .enumerate()
            .map(|(no, &tick)| Mark {
                x: at(tick),
                text: if whole {
                    number::integer(nearest(tick))
                } else {
                    tick_percent(tick)
                },
                anchor: if no == 0 && above { "start" } else { "middle" },
            })
            .collect(),
        axis_label: axis_label.to_owned(),
        reference: overall.map(|(value, text)| Mark {
            x: at(*value),
            text: format!("Overall {text}"),
            anchor: if at(*value) - left < 60.0 {
                "start"
            } else {
                "middle"
            },
        }),
        plot: Plot {
            left,
            right,
            top,
            bottom,
            middle: round(f64::midpoint(left, right)),
            ticks: bottom + 19.0,
            label: bottom + 41.0,
        },
    }
}

fn size(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Integer(value) => Some(number::float(*value)),
        Cell::Ratio(value) => Some(*value),
        _ => None,
    }
}

/// A cell as the page shows it.
pub fn text(cell: &Cell) -> String {
    match cell {
        Cell::Null => NONE.to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Integer(value) => number::integer(*value),
        Cell::Ratio(value) => number::percent(*value),
        Cell::Date(day) => number::day(*day),
        Cell::Boolean(true) => "Settled".to_owned(),
        Cell::Boolean(false) => "Provisional".to_owned(),
    }
}

/// `Customer tier` in the middle of a sentence; an abbreviation keeps its capitals.
pub fn lower(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

fn shorten(label: &str, length: usize) -> String {
    if label.chars().count() <= length {
        return label.to_owned();
    }
    let kept: String = label.chars().take(length - 1).collect();
    format!("{}…", kept.trim_end())
}

/// `5%`, with decimals only where the steps of the axis need them.
fn tick_percent(tick: f64) -> String {
    let text = format!("{:.3}", tick * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn round(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

/// The whole number a tick of a whole axis stands for.
#[allow(clippy::cast_possible_truncation)]
const fn nearest(tick: f64) -> i64 {
    tick.round() as i64
}
