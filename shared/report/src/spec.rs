//! A report as its TOML file describes it, checked so that nothing in it can go wrong at night.

use crate::catalogue::{self, View, ViewColumn};
use crate::check::{
    File, RawChart, RawSpec, check_formats, check_groups, check_measures, check_period, check_zone,
    is_name,
};
use crate::period::{Period, PeriodError};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Why a spec cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// Not TOML, an unknown key, a missing key or a value of the wrong type; the cause names line and key.
    #[error("report settings {file} cannot be read")]
    Format {
        /// The file.
        file: String,
        /// Line, key and reason.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// A value breaks a rule.
    #[error("report settings {file}: {key} = {value}: {reason}")]
    Value {
        /// The file.
        file: String,
        /// The key, with its tables.
        key: String,
        /// The value given.
        value: String,
        /// The rule it breaks and what to do.
        reason: String,
    },
}

/// A kind of file a report is handed out as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180, for spreadsheets and programs.
    Csv,
    /// Rows and what they mean, for programs.
    Json,
    /// One self-contained page, for people.
    Html,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Html];

    /// The lower-case name, which is also the extension of a file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    /// The media type a file is stored and served with.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which days a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodRule {
    /// Whole days before the run.
    LastDays(u32),
    /// Fixed days, the second not included.
    Between(Date, Date),
}

/// How a measure is made of columns of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The sum of a column.
    Sum(&'static ViewColumn),
    /// The sum of one column over the sum of another.
    Ratio {
        /// The part.
        numerator: &'static ViewColumn,
        /// The whole.
        denominator: &'static ViewColumn,
    },
}

/// A figure of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its column in every file.
    pub name: String,
    /// What it is made of.
    pub over: Over,
}

/// The order of the rows; groups in their own order come after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sort {
    /// A grouping column or a measure.
    pub by: String,
    /// Largest first.
    #[serde(default)]
    pub descending: bool,
}

/// A bar chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The grouping column that names the bars.
    pub category: String,
    /// The measure that is their length.
    pub value: String,
}

/// A checked report.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Name of its file without `.toml`.
    pub name: String,
    /// Heading.
    pub title: String,
    /// One sentence under it; may be empty.
    pub description: String,
    /// Where it reads.
    pub view: &'static View,
    /// Which days.
    pub period: PeriodRule,
    /// As which files, each once.
    pub formats: Vec<Format>,
    /// Life asked for a link, hours.
    pub link_hours: u32,
    /// One row for each combination of these.
    pub group_by: Vec<&'static ViewColumn>,
    /// The figures of a row.
    pub measures: Vec<Measure>,
    /// The order of the rows.
    pub sort: Option<Sort>,
    /// The picture.
    pub chart: Option<Chart>,
    labels: BTreeMap<String, String>,
    definitions: BTreeMap<String, String>,
}

impl Spec {
    /// Reads and checks the text of `reports/<name>.toml`.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        let path = format!("reports/{name}.toml");
        let file = File(&path);
        let raw: RawSpec = toml::from_str(text).map_err(|cause| SpecError::Format {
            file: path.clone(),
            cause: Box::new(cause),
        })?;
        if !is_name(name) {
            return Err(file.refuse(
                "name",
                name,
                "must be a-z, 0-9 and '_', begin with a letter",
            ));
        }
        if raw.title.trim().is_empty() {
            return Err(file.refuse("title", &raw.title, "must say what the report shows"));
        }
        let view = catalogue::view(&raw.view).ok_or_else(|| {
            let known = catalogue::view_names();
            file.refuse(
                "view",
                &raw.view,
                format!("is no view for reports; use one of: {known}"),
            )
        })?;
        if let Some(zone) = &raw.time_zone {
            check_zone(&file, zone)?;
        }
        if !(1..=168).contains(&raw.link_hours) {
            return Err(file.refuse(
                "link_hours",
                raw.link_hours,
                "must be 1 to 168: no signature lives longer than seven days",
            ));
        }
        let spec = Self {
            name: name.to_owned(),
            title: raw.title,
            description: raw.description,
            view,
            period: check_period(&file, &raw.period)?,
            formats: check_formats(&file, &raw.formats)?,
            link_hours: raw.link_hours,
            group_by: check_groups(&file, view, &raw.group_by)?,
            measures: check_measures(&file, view, raw.measures)?,
            sort: raw.sort,
            chart: None,
            labels: raw.labels,
            definitions: raw.definitions,
        };
        spec.check_names(&file, raw.chart)
    }

    /// Names that refer to other parts of the same file.
    fn check_names(mut self, file: &File<'_>, chart: Option<RawChart>) -> Result<Self, SpecError> {
        let groups: Vec<_> = self.group_by.iter().map(|c| c.name).collect();
        let measures: Vec<_> = self.measures.iter().map(|m| m.name.as_str()).collect();
        let columns = [groups.as_slice(), measures.as_slice()].concat();
        let among = |key: &str, value: &str, names: &[&str]| {
            if names.contains(&value) {
                return Ok(());
            }
            let known = names.join(", ");
            Err(file.refuse(
                key,
                value,
                format!("is no column of this report; use one of: {known}"),
            ))
        };
        if let Some(duplicate) = measures.iter().find(|name| groups.contains(name)) {
            return Err(file.refuse("measures.name", duplicate, "is also in group_by"));
        }
        for (table, names) in [("labels", &self.labels), ("definitions", &self.definitions)] {
            for name in names.keys() {
                among(table, name, &columns)?;
            }
        }
        if let Some(sort) = &self.sort {
            among("sort.by", &sort.by, &columns)?;
        }
        if let Some(RawChart {
            kind,
            category,
            value,
        }) = chart
        {
            if kind != "bar" {
                return Err(file.refuse("chart.kind", kind, "is no kind of chart; use bar"));
            }
            among("chart.category", &category, &groups)?;
            among("chart.value", &value, &measures)?;
            self.chart = Some(Chart { category, value });
        }
        Ok(self)
    }

    /// The days the report covers when it is made at `at`, in the zone its view has days of: the business time zone.
    pub fn period(&self, at: Timestamp, zone: TimeZone) -> Result<Period, PeriodError> {
        match self.period {
            PeriodRule::LastDays(days) => Period::last_days(days, at, zone),
            PeriodRule::Between(from, to) => Period::between(from, to, zone),
        }
    }

    /// The heading of a column: its label, else its name in words.
    pub fn label(&self, column: &str) -> String {
        self.labels.get(column).cloned().unwrap_or_else(|| {
            let words = column.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| {
                format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
            })
        })
    }

    /// What a column means, if the file says so.
    pub fn definition(&self, column: &str) -> Option<&str> {
        self.definitions.get(column).map(String::as_str)
    }
}
