//! Report specs and rendering to CSV, JSON and one self-contained HTML page.
//!
//! A [`Spec`] is a checked TOML file. It yields a [`Period`] and a [`Query`]; the rows that come back make a [`Report`],
//! and a report renders itself in every [`Format`]. No I/O and no clock.

mod catalogue;
mod chart;
mod check;
mod delimited;
mod html;
mod number;
mod object;
mod period;
mod query;
mod spec;
mod table;

pub use catalogue::{Kind, View, ViewColumn, view};
pub use check::is_name;
pub use html::RenderError;
pub use period::{Period, PeriodError};
pub use query::Query;
pub use spec::{Chart, Format, Measure, Over, PeriodRule, Sort, Spec, SpecError};
pub use table::{Cell, Column, Reading, Report, ResultError};
