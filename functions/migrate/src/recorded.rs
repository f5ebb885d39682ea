//! The book-keeping in `ops.schema_version`: what was applied, and what is written with each step.

use crate::SCHEMA_VERSION;
use crate::units::Unit;
use crate::views::Made;
use std::collections::BTreeMap;
use warehouse::Value;

/// Statements in one transaction, below the Data API's limit of 40.
pub(crate) const MAX_STATEMENTS: usize = 38;
/// Of these, not a unit's own: the lock, what drops views, delete and insert of the units' rows.
pub(crate) const BOOK_KEEPING: usize = 4;
/// Before the rows told it, the first view was this one, and the others followed by name.
const FIRST_VIEW: &str = "mart/unified_interactions.sql";

/// What `ops.schema_version` says.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// Fingerprints by unit.
    pub(crate) units: BTreeMap<String, String>,
    /// Views, with their places in the order they were made.
    pub(crate) views: BTreeMap<String, Made>,
    /// The highest version of any unit.
    pub(crate) version: i64,
    /// Nothing was there before this call.
    pub(crate) is_new: bool,
}

impl Recorded {
    pub(crate) fn of(rows: &[Vec<Value>]) -> Self {
        let text = |row: &[Value], at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
        let mut recorded = Self::default();
        let mut order: Vec<(String, bool, String, String)> = Vec::new();
        for row in rows {
            let (unit, sha256) = (text(row, 0), text(row, 1));
            let version = row.get(2).and_then(Value::integer).unwrap_or(0);
            recorded.version = recorded.version.max(version);
            if unit.starts_with("mart/") {
                order.push((
                    text(row, 3),
                    unit != FIRST_VIEW,
                    unit.clone(),
                    sha256.clone(),
                ));
            }
            recorded.units.insert(unit, sha256);
        }
        order.sort();
        for (place, (_, _, unit, sha256)) in order.into_iter().enumerate() {
            recorded.views.insert(unit, Made { sha256, place });
        }
        recorded
    }

    pub(crate) fn has(&self, unit: &Unit) -> bool {
        self.units.get(&unit.name) == Some(&unit.sha256)
    }
}

/// The statements that forget `forgotten` and record `units`, in their order and behind the `before` of this migration, and the values
/// they need.
pub(crate) fn book_keeping(
    forgotten: &[String],
    units: &[Unit],
    before: usize,
) -> (Vec<String>, Vec<(String, String)>) {
    let mut parameters = Vec::new();
    let mut statements = Vec::new();
    let mut gone: Vec<&str> = forgotten.iter().map(String::as_str).collect();
    gone.extend(
        units
            .iter()
            .map(|unit| unit.name.as_str())
            .filter(|unit| !forgotten.iter().any(|one| one == unit)),
    );
    if !gone.is_empty() {
        let mut names = Vec::new();
        for (position, unit) in gone.into_iter().enumerate() {
            names.push(format!(":gone_{position}"));
            parameters.push((format!("gone_{position}"), unit.to_owned()));
        }
        statements.push(format!(
            "delete from ops.schema_version where unit in ({})",
            names.join(", ")
        ));
    }
    if !units.is_empty() {
        let mut rows = Vec::new();
        for (position, unit) in units.iter().enumerate() {
            // A millisecond apart: the rows tell the order in which they were written.
            let later = before + position;
            rows.push(format!(
                "select cast(:unit_{position} as varchar(256)) as unit, cast(:sha_{position} as varchar(64)) as sha256, \
                 cast(:version as integer) as version, dateadd('millisecond', {later}, getdate()) as applied_at"
            ));
            parameters.push((format!("unit_{position}"), unit.name.clone()));
            parameters.push((format!("sha_{position}"), unit.sha256.clone()));
        }
        parameters.push(("version".to_owned(), SCHEMA_VERSION.to_string()));
        statements.push(format!(
            "insert into ops.schema_version (unit, sha256, version, applied_at) {}",
            rows.join(" union all ")
        ));
    }
    (statements, parameters)
}

/// Units packed into as few transactions as the limit allows, in order.
pub(crate) fn groups(units: Vec<Unit>) -> Vec<Vec<Unit>> {
    let mut groups: Vec<(usize, Vec<Unit>)> = Vec::new();
    for unit in units {
        let size = unit.statements.len();
        match groups.last_mut() {
            Some((used, group)) if *used + size <= MAX_STATEMENTS - BOOK_KEEPING => {
                *used += size;
                group.push(unit);
            }
            _ => groups.push((size, vec![unit])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
