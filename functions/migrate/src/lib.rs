//! Brings the warehouse's schema to the version this code carries: each SQL file once, views again when their text changes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use step::Deadline;
use warehouse::sql::{self, File};
use warehouse::{Batch, Target, Warehouse, WarehouseError};

/// The version of the schema as a whole. It rises with every change of a table; `CHANGELOG.md` says what changed.
pub const SCHEMA_VERSION: i32 = 2;

/// Statements of one unit next to its own: delete and insert of its `schema_version` row.
const BOOK_KEEPING: usize = 2;
/// Statements in one transaction, below the Data API's limit of 40.
const MAX_STATEMENTS: usize = 38;

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Where statements run.
    #[serde(flatten)]
    pub target: Target,
}

/// Takes nothing.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The schema's version now.
    pub version: i32,
    /// SQL files applied by this call.
    pub applied: usize,
    /// Always `true`: the call ends when everything is applied.
    pub done: bool,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The warehouse refused.
    #[error("bringing the schema to version {SCHEMA_VERSION}")]
    Warehouse(#[from] WarehouseError),
    /// A published table's definition was edited instead of migrated.
    #[error(
        "{unit} was applied to this warehouse with another text; a published table is changed by a new migration, not by \
         editing its definition"
    )]
    Edited {
        /// The SQL file.
        unit: String,
    },
}

impl model::Classify for MigrateError {
    fn kind(&self) -> model::Kind {
        match self {
            Self::Warehouse(cause) => cause.kind(),
            Self::Edited { .. } => model::Kind::Invalid,
        }
    }
}

/// One SQL file, ready to be applied.
struct Unit {
    name: &'static str,
    sha256: String,
    statements: Vec<String>,
    /// Views are replaced when their text changes; tables are not.
    replaceable: bool,
}

impl Unit {
    fn new(file: File, replaceable: bool) -> Self {
        let statements = file.statements();
        Self {
            name: file.path,
            sha256: fingerprint(&statements),
            statements,
            replaceable,
        }
    }
}

/// A hash over the statements without comments and layout: editing a comment changes nothing.
fn fingerprint(statements: &[String]) -> String {
    let mut digest = Sha256::new();
    for word in statements
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| line.split("--").next().unwrap_or_default())
    {
        for word in word.split_whitespace() {
            digest.update(word);
            digest.update(" ");
        }
    }
    hex::encode(digest.finalize())
}

/// Every unit in the order it must be applied: what a view reads stands before it.
fn units() -> Result<Vec<Unit>, WarehouseError> {
    let mut units = Vec::new();
    for folder in ["ops", "raw", "staging"] {
        units.extend(
            sql::folder(folder)
                .into_iter()
                .map(|file| Unit::new(file, false)),
        );
    }
    for table in sql::curated() {
        units.push(Unit::new(
            sql::file(&format!("curated/{table}/table.sql"))?,
            false,
        ));
    }
    let mut views = sql::folder("mart");
    // Every other view reads this one.
    views.sort_by_key(|view| (view.path != "mart/unified_interactions.sql", view.path));
    units.extend(views.into_iter().map(|file| Unit::new(file, true)));
    Ok(units)
}

/// Brings the schema up to date.
#[derive(Debug)]
pub struct Migrator {
    warehouse: Warehouse,
}

impl Migrator {
    /// Over the warehouse the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Self {
        Self {
            warehouse: Warehouse::new(step::redshift_data(aws), config.target),
        }
    }

    /// Applies what is missing. Safe to run at any time, also twice at once: whoever comes second finds it done.
    pub async fn run(&self, deadline: Deadline) -> Result<Outcome, MigrateError> {
        let applied = match self.applied(deadline).await {
            Ok(applied) => applied,
            // No `ops.schema_version` yet: a new warehouse.
            Err(WarehouseError::Statement { .. }) => {
                self.bootstrap(deadline).await?;
                self.applied(deadline).await?
            }
            Err(error) => return Err(error.into()),
        };
        let (views, tables): (Vec<_>, Vec<_>) =
            units()?.into_iter().partition(|unit| unit.replaceable);
        let mut missing = Vec::new();
        for unit in tables {
            match applied.get(unit.name) {
                Some(sha256) if *sha256 == unit.sha256 => {}
                Some(_) => {
                    return Err(MigrateError::Edited {
                        unit: unit.name.to_owned(),
                    });
                }
                None => missing.push(unit),
            }
        }
        let mut count = missing.len();
        let groups = groups(missing);
        let views_no = groups.len();
        for (number, group) in groups.into_iter().enumerate() {
            self.apply(number, Vec::new(), &group, deadline).await?;
        }
        if views
            .iter()
            .any(|view| applied.get(view.name) != Some(&view.sha256))
        {
            count += views.len();
            self.apply(views_no, drops(&views), &views, deadline)
                .await?;
        }
        tracing::info!(
            applied = count,
            "Schema version {SCHEMA_VERSION}, applied {count} files"
        );
        Ok(Outcome {
            version: SCHEMA_VERSION,
            applied: count,
            done: true,
        })
    }

    async fn applied(
        &self,
        deadline: Deadline,
    ) -> Result<BTreeMap<String, String>, WarehouseError> {
        let query = "select unit, sha256 from ops.schema_version";
        let rows = self
            .warehouse
            .query("migrate/applied", query, &[], deadline.left())
            .await?;
        let text = |value: Option<&warehouse::Value>| {
            value.and_then(warehouse::Value::text).unwrap_or_default()
        };
        Ok(rows
            .iter()
            .map(|row| (text(row.first()), text(row.get(1))))
            .collect())
    }

    async fn bootstrap(&self, deadline: Deadline) -> Result<(), WarehouseError> {
        let mut statements: Vec<_> = ["\"raw\"", "staging", "curated", "mart", "ops"]
            .iter()
            .map(|schema| format!("create schema if not exists {schema}"))
            .collect();
        statements.extend(sql::file("ops/schema_version.sql")?.statements());
        let batch = Batch {
            name: "migrate/bootstrap".to_owned(),
            token: token("bootstrap", deadline),
            statements,
            parameters: vec![],
        };
        self.warehouse
            .run(&batch, deadline.left())
            .await
            .map(|_| ())
    }

    async fn apply(
        &self,
        number: usize,
        before: Vec<String>,
        group: &[Unit],
        deadline: Deadline,
    ) -> Result<(), WarehouseError> {
        // Two migrations at once take turns here.
        let mut statements = vec!["lock ops.schema_version".to_owned()];
        statements.extend(before);
        let mut parameters = vec![("version".to_owned(), SCHEMA_VERSION.to_string())];
        for (position, unit) in group.iter().enumerate() {
            statements.extend(unit.statements.iter().cloned());
            statements.push(format!(
                "delete from ops.schema_version where unit = :unit_{position}"
            ));
            statements.push(format!(
                "insert into ops.schema_version (unit, sha256, version) \
                 select cast(:unit_{position} as varchar(256)), cast(:sha_{position} as varchar(64)), cast(:version as integer)"
            ));
            parameters.push((format!("unit_{position}"), unit.name.to_owned()));
            parameters.push((format!("sha_{position}"), unit.sha256.clone()));
        }
        let batch = Batch {
            name: format!("migrate/{SCHEMA_VERSION}/{number}"),
            token: token(&format!("apply-{number}"), deadline),
            statements,
            parameters,
        };
        self.warehouse
            .run(&batch, deadline.left())
            .await
            .map(|_| ())
    }
}

/// Drops every view, those that read others first. `create or replace` would do only while the columns stay what they are.
fn drops(views: &[Unit]) -> Vec<String> {
    views
        .iter()
        .rev()
        .map(|view| {
            let name = view.name.trim_end_matches(".sql").replace('/', ".");
            format!("drop view if exists {name}")
        })
        .collect()
}

/// Units packed into as few transactions as the limit allows, in order.
fn groups(units: Vec<Unit>) -> Vec<Vec<Unit>> {
    let mut groups: Vec<(usize, Vec<Unit>)> = Vec::new();
    for unit in units {
        let size = unit.statements.len() + BOOK_KEEPING;
        match groups.last_mut() {
            Some((used, group)) if *used + size <= MAX_STATEMENTS => {
                *used += size;
                group.push(unit);
            }
            _ => groups.push((size, vec![unit])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// A token of this call: network retries by the SDK submit nothing twice, a later call starts anew.
fn token(step: &str, deadline: Deadline) -> String {
    let mut token = String::new();
    let _ = write!(token, "migrate-{step}-{}", deadline.now().as_millisecond());
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_unit_once_and_views_come_last() {
        let units = units().unwrap();
        let names: std::collections::BTreeSet<_> = units.iter().map(|unit| unit.name).collect();
        assert_eq!(names.len(), units.len());
        assert!(units.iter().all(|unit| !unit.statements.is_empty()));
        let first_view = units.iter().position(|unit| unit.replaceable).unwrap();
        assert!(units[first_view..].iter().all(|unit| unit.replaceable));
        assert_eq!(units[first_view].name, "mart/unified_interactions.sql");
    }

    #[test]
    fn no_transaction_passes_the_limit() {
        for group in groups(units().unwrap()) {
            let statements: usize = group
                .iter()
                .map(|unit| unit.statements.len() + BOOK_KEEPING)
                .sum();
            assert!(statements < 40);
        }
    }

    #[test]
    fn all_views_are_made_anew_in_one_transaction() {
        let views: Vec<_> = units()
            .unwrap()
            .into_iter()
            .filter(|unit| unit.replaceable)
            .collect();
        let drops = drops(&views);
        assert_eq!(
            drops.last().map(String::as_str),
            Some("drop view if exists mart.unified_interactions")
        );
        let creates: usize = views
            .iter()
            .map(|view| view.statements.len() + BOOK_KEEPING)
            .sum();
        assert!(1 + drops.len() + creates <= 40);
    }

    #[test]
    fn a_comment_does_not_change_a_fingerprint() {
        let plain = fingerprint(&["create table a (\n  b bigint\n)".to_owned()]);
        assert_eq!(
            plain,
            fingerprint(&["create table a ( -- one\n    b bigint -- two\n)".to_owned()])
        );
        assert_ne!(
            plain,
            fingerprint(&["create table a (\n  c bigint\n)".to_owned()])
        );
    }

    #[test]
    fn a_request_with_anything_in_it_is_refused() {
        let error = serde_json::from_str::<Request>(r#"{"force":true}"#).unwrap_err();
        assert!(error.to_string().starts_with("unknown field `force`"));
    }
}
