//! The SQL files as units: what each applies, under which fingerprint it is recorded, and how an older table gets there.

use crate::MigrateError;
use crate::error::file;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use warehouse::sql;

/// The changes of this version to tables that are there already; files beside it whose names begin alike have more.
pub(crate) const CHANGES: &str = "migrations/version_3.sql";
/// Fingerprints of earlier versions.
pub(crate) const PUBLISHED: &str = "migrations/published.toml";

/// Something that is applied once and recorded in `ops.schema_version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) statements: Vec<String>,
}

impl Unit {
    pub(crate) fn new(name: impl Into<String>, statements: Vec<String>) -> Self {
        Self {
            name: name.into(),
            sha256: fingerprint(&statements),
            statements,
        }
    }
}

/// A hash over the statements without comments and layout: editing a comment changes nothing.
pub(crate) fn fingerprint(statements: &[String]) -> String {
    let mut digest = Sha256::new();
    for line in statements.iter().flat_map(|text| text.lines()) {
        let code = line.split("--").next().unwrap_or_default();
        for word in code.split_whitespace() {
            digest.update(word);
            digest.update(" ");
        }
    }
    hex::encode(digest.finalize())
}

/// The tables, in the order they are made.
pub(crate) fn tables() -> Result<Vec<Unit>, MigrateError> {
    let mut units = Vec::new();
    for folder in ["ops", "raw", "staging"] {
        for file in sql::folder(folder) {
            units.push(Unit::new(file.path, file.statements()));
        }
    }
    for table in sql::curated() {
        let file = sql::file(&format!("curated/{table}/table.sql"))?;
        units.push(Unit::new(file.path, file.statements()));
    }
    Ok(units)
}

/// The fingerprints under which earlier versions recorded each table.
pub(crate) fn published() -> Result<BTreeMap<String, Vec<String>>, MigrateError> {
    toml::from_str(sql::file(PUBLISHED)?.text).map_err(|error| file(PUBLISHED, error.to_string()))
}

/// The text of this version's changes.
pub(crate) fn changes_text() -> String {
    let (begin, _) = CHANGES.split_once('.').unwrap_or((CHANGES, ""));
    let files = sql::folder("migrations");
    let own = files.iter().filter(|file| {
        let rest = file.path.strip_prefix(begin).unwrap_or_default();
        rest.strip_suffix(".sql")
            .is_some_and(|name| name.is_empty() || name.starts_with('_'))
    });
    let texts: Vec<_> = own.map(|file| file.text).collect();
    texts.join("\n")
}

/// A column that a published table gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddColumn {
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) statement: String,
}

/// What one version changes in a warehouse that has rows.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// By the path of the definition.
    pub(crate) columns: BTreeMap<String, Vec<AddColumn>>,
    /// Each is a statement of its own, in order.
    pub(crate) fills: Vec<Unit>,
}

impl Changes {
    pub(crate) fn parse(text: &str) -> Result<Self, MigrateError> {
        let mut changes = Self::default();
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for (kind, name, statements) in sections(text) {
            if kind == "unit" {
                let columns = statements
                    .iter()
                    .map(|statement| add_column(&name, statement))
                    .collect::<Result<Vec<_>, _>>()?;
                changes.columns.entry(name).or_default().extend(columns);
                continue;
            }
            for statement in statements {
                if !statement.starts_with("insert into ") {
                    let rule =
                        format!("fill {name}: each statement is one `insert into … select …`");
                    return Err(file(CHANGES, rule));
                }
                let number = numbers.entry(name.clone()).or_default();
                *number += 1;
                let unit = format!("fill/{name}/{number}");
                changes.fills.push(Unit::new(unit, vec![statement]));
            }
        }
        Ok(changes)
    }
}

/// Kind (`unit`, `fill`), name and statements of each section; what stands before the first is a comment.
pub(crate) fn sections(text: &str) -> Vec<(&'static str, String, Vec<String>)> {
    let mut found: Vec<(&'static str, String, String)> = Vec::new();
    for line in text.lines() {
        let head = ["unit", "fill"].into_iter().find_map(|kind| {
            let name = line.strip_prefix(&format!("-- {kind}: "))?;
            Some((kind, name.trim().to_owned()))
        });
        if let Some((kind, name)) = head {
            found.push((kind, name, String::new()));
        } else if let Some((_, _, body)) = found.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    let statements = |body: &str| sql::statements(body);
    found
        .into_iter()
        .map(|(kind, name, body)| (kind, name, statements(&body)))
        .collect()
}

/// Reads `alter table <schema>.<table> add column <name> …`.
fn add_column(unit: &str, statement: &str) -> Result<AddColumn, MigrateError> {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let read = match words.as_slice() {
        ["alter", "table", table, "add", "column", column, _, ..] => {
            let table = table.replace('"', "");
            table
                .split_once('.')
                .map(|(schema, table)| (schema.to_owned(), table.to_owned(), (*column).to_owned()))
        }
        _ => None,
    };
    let Some((schema, table, column)) = read else {
        let rule = format!(
            "unit {unit}: {statement:?} must be `alter table <schema>.<table> add column <name> <type>`: nothing else can be repeated"
        );
        return Err(file(CHANGES, rule));
    };
    Ok(AddColumn {
        schema,
        table,
        column,
        statement: statement.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn changes() -> Result<Changes, MigrateError> {
        Changes::parse(&changes_text())
    }

    /// Version, and the definitions as they were published.
    const DEFINITIONS: [(u32, &str); 2] = [
        (
            1,
            include_str!("../../../shared/warehouse/tests/published/version_1.sql"),
        ),
        (
            2,
            include_str!("../../../shared/warehouse/tests/published/version_2.sql"),
        ),
    ];

    #[test]
    fn every_file_is_a_unit_once() {
        let units = tables().unwrap();
        let names: BTreeSet<_> = units.iter().map(|unit| &unit.name).collect();
        assert_eq!(names.len(), units.len());
        assert!(units.iter().all(|unit| !unit.statements.is_empty()));
    }

    #[test]
    fn the_known_fingerprints_are_those_of_the_published_definitions() {
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, text) in DEFINITIONS {
            for (_, name, statements) in sections(text) {
                let shas = wanted.entry(name).or_default();
                let sha = fingerprint(&statements);
                if !shas.contains(&sha) {
                    shas.push(sha);
                }
            }
        }
        wanted.retain(|name, _| !name.starts_with("mart/"));
        assert!(wanted.len() > 40, "{}", wanted.len());
        assert_eq!(published().unwrap(), wanted);
    }

    #[test]
    fn a_published_table_that_has_changed_has_its_section_and_no_other_has_one() {
        let published = published().unwrap();
        let changed: BTreeSet<String> = tables()
            .unwrap()
            .into_iter()
            .filter(|unit| {
                let known = published.get(&unit.name);
                known.is_some_and(|known| known.last() != Some(&unit.sha256))
            })
            .map(|unit| unit.name)
            .collect();
        let sections: BTreeSet<String> = changes().unwrap().columns.into_keys().collect();
        assert_eq!(
            sections, changed,
            "sections of {CHANGES}, and tables with another definition"
        );
        // A published table is not taken away either.
        let names: BTreeSet<String> = tables()
            .unwrap()
            .into_iter()
            .map(|unit| unit.name)
            .collect();
        let gone: Vec<_> = published
            .keys()
            .filter(|name| !names.contains(*name))
            .collect();
        assert_eq!(gone, Vec::<&String>::new());
    }

    #[test]
    fn staging_tables_stay_as_they_are() {
        let changes = changes().unwrap();
        let staging: Vec<_> = changes
            .columns
            .keys()
            .filter(|unit| unit.starts_with("staging/"))
            .collect();
        assert_eq!(staging, Vec::<&String>::new());
    }

    #[test]
    fn a_section_adds_columns_to_its_own_table() {
        for (unit, columns) in changes().unwrap().columns {
            for column in columns {
                let folder = unit.trim_end_matches("/table.sql").trim_end_matches(".sql");
                assert_eq!(format!("{}/{}", column.schema, column.table), folder);
            }
        }
    }

    #[test]
    fn changes_are_columns_and_fills_and_nothing_else() {
        let text = "-- head\n-- unit: curated/a/table.sql\nalter table curated.a add column b varchar(8);\n\n-- fill: curated.c\n\
                    insert into curated.c (d)\nselect 1 as d;\ninsert into curated.c (d)\nselect 2 as d;\n";
        let changes = Changes::parse(text).unwrap();
        assert_eq!(changes.columns["curated/a/table.sql"][0].column, "b");
        let names: Vec<_> = changes
            .fills
            .iter()
            .map(|unit| unit.name.as_str())
            .collect();
        assert_eq!(names, ["fill/curated.c/1", "fill/curated.c/2"]);

        let error =
            Changes::parse("-- unit: curated/a/table.sql\nalter table curated.a drop column b;\n")
                .unwrap_err();
        assert_eq!(
            error.to_string(),
            "migrations/version_3.sql: unit curated/a/table.sql: \"alter table curated.a drop column b\" must be `alter table \
             <schema>.<table> add column <name> <type>`: nothing else can be repeated"
        );
        let error = Changes::parse("-- fill: curated.c\ndelete from curated.c;\n").unwrap_err();
        assert!(error.to_string().ends_with("one `insert into … select …`"));
    }

    #[test]
    fn a_comment_does_not_change_a_fingerprint() {
        let plain = fingerprint(&["create table a (\n  b bigint\n)".to_owned()]);
        let noted = ["create table a ( -- one\n    b bigint -- two\n)".to_owned()];
        assert_eq!(plain, fingerprint(&noted));
        assert_ne!(
            plain,
            fingerprint(&["create table a (\n  c bigint\n)".to_owned()])
        );
    }
}
