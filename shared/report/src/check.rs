//! The rules a report's file must keep, one function per key.

use crate::catalogue::{Kind, View, ViewColumn};
use crate::{Format, Measure, Over, PeriodRule, Sort, SpecError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSpec {
    pub title: String,
    #[serde(default)]
    pub description: String,
    pub view: String,
    pub time_zone: Option<String>,
    pub period: RawPeriod,
    pub formats: Vec<String>,
    pub link_hours: u32,
    pub group_by: Vec<String>,
    pub measures: Vec<RawMeasure>,
    pub sort: Option<Sort>,
    pub chart: Option<RawChart>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub definitions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPeriod {
    pub last_days: Option<u32>,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMeasure {
    pub name: String,
    pub sum: Option<String>,
    pub numerator: Option<String>,
    pub denominator: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawChart {
    pub kind: String,
    pub category: String,
    pub value: String,
}

/// The file being checked: the first part of every refusal.
pub struct File<'a>(pub &'a str);

impl File<'_> {
    pub fn refuse(
        &self,
        key: &str,
        value: impl fmt::Debug,
        reason: impl Into<String>,
    ) -> SpecError {
        SpecError::Value {
            file: self.0.to_owned(),
            key: key.to_owned(),
            value: format!("{value:?}"),
            reason: reason.into(),
        }
    }
}

/// Whether a name can be a file, a column and a part of an object key: `[a-z][a-z0-9_]*`, at most 63 characters.
pub fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The views have the days of one zone, and a day of theirs cannot be cut anew.
pub fn check_zone(file: &File<'_>, zone: &str) -> Result<(), SpecError> {
    let reason = if TimeZone::get(zone).is_err() {
        "must be an IANA zone such as Europe/Berlin"
    } else {
        "the days are those of business_time_zone in tributary.toml; leave the key out"
    };
    Err(file.refuse("time_zone", zone, reason))
}

pub fn check_period(file: &File<'_>, raw: &RawPeriod) -> Result<PeriodRule, SpecError> {
    let day = |key: &str, text: &str| {
        text.parse::<Date>()
            .map_err(|_| file.refuse(key, text, "must be a day such as 2026-01-31"))
    };
    match (raw.last_days, &raw.from, &raw.to) {
        (Some(days @ 1..=1100), None, None) => Ok(PeriodRule::LastDays(days)),
        (Some(days), None, None) => Err(file.refuse("period.last_days", days, "must be 1 to 1100")),
        (None, Some(from), Some(to)) => {
            let (first, end) = (day("period.from", from)?, day("period.to", to)?);
            if first >= end {
                return Err(file.refuse(
                    "period.to",
                    to,
                    format!("must be a day after from, {from}"),
                ));
            }
            Ok(PeriodRule::Between(first, end))
        }
        _ => Err(file.refuse(
            "period",
            [
                raw.last_days.map(|d| d.to_string()),
                raw.from.clone(),
                raw.to.clone(),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
            "must have last_days, or both from and to",
        )),
    }
}

pub fn check_formats(file: &File<'_>, raw: &[String]) -> Result<Vec<Format>, SpecError> {
    let mut formats = Vec::new();
    for name in raw {
        let format = Format::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| file.refuse("formats", name, "is no format; use csv, json, html"))?;
        if formats.contains(&format) {
            return Err(file.refuse("formats", name, "is there twice"));
        }
        formats.push(format);
    }
    if formats.is_empty() {
        return Err(file.refuse("formats", raw, "must have at least one of csv, json, html"));
    }
    Ok(formats)
}

pub fn check_groups(
    file: &File<'_>,
    view: &'static View,
    raw: &[String],
) -> Result<Vec<&'static ViewColumn>, SpecError> {
    let mut groups: Vec<&'static ViewColumn> = Vec::new();
    for name in raw {
        let column = column(file, view, "group_by", name, &[Kind::Text, Kind::Date])?;
        if groups.contains(&column) {
            return Err(file.refuse("group_by", name, "is there twice"));
        }
        groups.push(column);
    }
    if groups.is_empty() {
        return Err(file.refuse("group_by", raw, "must have at least one column"));
    }
    Ok(groups)
}

pub fn check_measures(
    file: &File<'_>,
    view: &'static View,
    raw: Vec<RawMeasure>,
) -> Result<Vec<Measure>, SpecError> {
    let mut measures: Vec<Measure> = Vec::new();
    let summed = |key, name: &str| column(file, view, key, name, &[Kind::Integer]);
    for measure in raw {
        let name = measure.name;
        if !is_name(&name) || name == crate::table::SETTLED {
            let reason = "must be a-z, 0-9 and '_', begin with a letter, and not be is_settled";
            return Err(file.refuse("measures.name", name, reason));
        }
        if measures.iter().any(|other| other.name == name) {
            return Err(file.refuse("measures.name", name, "is there twice"));
        }
        let over = match (measure.sum, measure.numerator, measure.denominator) {
            (Some(sum), None, None) => Over::Sum(summed("measures.sum", &sum)?),
            (None, Some(part), Some(whole)) => Over::Ratio {
                numerator: summed("measures.numerator", &part)?,
                denominator: summed("measures.denominator", &whole)?,
            },
            _ => {
                let reason = "must have sum, or both numerator and denominator";
                return Err(file.refuse("measures.name", name, reason));
            }
        };
        measures.push(Measure { name, over });
    }
    if measures.is_empty() {
        return Err(file.refuse("measures", "[]", "must have at least one"));
    }
    Ok(measures)
}

fn column(
    file: &File<'_>,
    view: &'static View,
    key: &str,
    name: &str,
    kinds: &[Kind],
) -> Result<&'static ViewColumn, SpecError> {
    let fitting = view.columns.iter().filter(|c| kinds.contains(&c.kind));
    view.column(name)
        .filter(|c| kinds.contains(&c.kind))
        .ok_or_else(|| {
            let known: Vec<_> = fitting.map(|c| c.name).collect();
            let reason = format!(
                "is no column of {} for this; use one of: {}",
                view.name,
                known.join(", ")
            );
            file.refuse(key, name, reason)
        })
}
