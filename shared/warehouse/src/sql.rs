//! The SQL files, carried in the binary.

use crate::WarehouseError;
use include_dir::{Dir, include_dir};
use model::table::Table;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sql");

/// One SQL file.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Path below `sql/`: `staging/genesys_session.sql`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

impl File {
    /// Its statements, without comments before them and without the final semicolon. A statement ends with a semicolon
    /// at the end of a line, which is a rule of the repository (the gate checks it).
    pub fn statements(&self) -> Vec<String> {
        statements(self.text)
    }
}

/// A file by path.
pub fn file(path: &str) -> Result<File, WarehouseError> {
    let missing = || WarehouseError::Shape {
        query: path.to_owned(),
        rule: "no such SQL file".to_owned(),
    };
    let file = FILES.get_file(path).ok_or_else(missing)?;
    Ok(File {
        path: file.path().to_str().ok_or_else(missing)?,
        text: file.contents_utf8().ok_or_else(missing)?,
    })
}

/// The definitions directly in folder `name`, by path; its data tests are not among them.
pub fn folder(name: &str) -> Vec<File> {
    let mut files: Vec<File> = FILES
        .get_dir(name)
        .into_iter()
        .flat_map(Dir::files)
        .filter_map(|file| {
            Some(File {
                path: file.path().to_str()?,
                text: file.contents_utf8()?,
            })
        })
        .filter(|file| !file.path.ends_with("/checks.sql") && !file.path.ends_with("/ORDER"))
        .collect();
    files.sort_by_key(|file| file.path);
    files
}

/// One transaction of a merge: what `curated/ORDER` lists under `[name]`.
#[derive(Debug, Clone)]
pub struct Stage {
    /// `crm`.
    pub name: &'static str,
    /// Its files, in order: what a statement reads is written before it.
    pub files: Vec<File>,
}

impl Stage {
    /// The statements of its files, in order.
    pub fn statements(&self) -> Vec<String> {
        self.files.iter().flat_map(File::statements).collect()
    }
}

/// The transactions of a merge, in order. Temporary tables do not live from one to the next: what it needs of them, it makes
/// anew, so a file may be listed in several.
pub fn merge_stages() -> Result<Vec<Stage>, WarehouseError> {
    let mut stages: Vec<Stage> = Vec::new();
    for line in order() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            stages.push(Stage {
                name,
                files: Vec::new(),
            });
        } else if let Some(stage) = stages.last_mut() {
            stage.files.push(file(&format!("curated/{line}"))?);
        } else {
            return Err(WarehouseError::Shape {
                query: "curated/ORDER".to_owned(),
                rule: format!("{line} stands before the first [transaction]"),
            });
        }
    }
    Ok(stages)
}

/// The tables of `curated`: the folders with a `table.sql`, by name.
pub fn curated() -> Vec<&'static str> {
    let mut tables: Vec<_> = FILES
        .get_dir("curated")
        .into_iter()
        .flat_map(Dir::dirs)
        .filter(|folder| folder.get_file(folder.path().join("table.sql")).is_some())
        .filter_map(|folder| folder.path().file_name()?.to_str())
        .collect();
    tables.sort_unstable();
    tables
}

fn order() -> impl Iterator<Item = &'static str> {
    FILES
        .get_file("curated/ORDER")
        .and_then(include_dir::File::contents_utf8)
        .into_iter()
        .flat_map(str::lines)
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
}

/// Every table of `raw`, `staging` and `ops`, read from its definition.
pub fn tables() -> Result<Vec<Table>, WarehouseError> {
    ["raw", "staging", "ops"]
        .iter()
        .flat_map(|name| folder(name))
        .map(parse)
        .collect()
}

/// One table by name: `staging.genesys_session`.
pub fn table(name: &str) -> Result<Table, WarehouseError> {
    parse(file(&format!("{}.sql", name.replace('.', "/")))?)
}

fn parse(file: File) -> Result<Table, WarehouseError> {
    Table::parse(file.text).map_err(|error| WarehouseError::Shape {
        query: file.path.to_owned(),
        rule: error.to_string(),
    })
}

/// Splits SQL text at semicolons that end a line. Comments stay behind: the Data API looks for statements and parameters
/// by itself, and a comment may hold what looks like either. (No literal of ours holds `--`; the gate checks it.)
pub fn statements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut present = String::new();
    for line in text.lines() {
        let code = line.split("--").next().unwrap_or_default().trim_end();
        if let Some(last) = code.strip_suffix(';') {
            present.push_str(last);
            found.push(std::mem::take(&mut present));
        } else {
            present.push_str(code);
            present.push('\n');
        }
    }
    found.retain(|statement| has_code(statement));
    if has_code(&present) {
        found.push(present);
    }
    found
        .iter()
        .map(|statement| without_leading_comments(statement))
        .collect()
}

fn has_code(text: &str) -> bool {
    text.lines()
        .any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
}

fn without_leading_comments(text: &str) -> String {
    text.lines()
        .skip_while(|line| line.trim().is_empty() || line.trim_start().starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

/// A data test in a `checks.sql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTest {
    /// `curated.fact_agent_leg/one_row_per_leg`.
    pub name: String,
    /// `-- fail:` (`true`) or `-- warn:`.
    pub fails: bool,
    /// The rule, in words.
    pub rule: String,
    /// A query that returns the offending rows.
    pub query: String,
}

/// The data tests of every `checks.sql`, in order.
pub fn data_tests() -> Result<Vec<DataTest>, WarehouseError> {
    let mut found = Vec::new();
    let curated: Vec<_> = curated();
    let folders = curated.iter().map(|table| {
        (
            format!("curated/{table}/checks.sql"),
            format!("curated.{table}"),
        )
    });
    for (path, owner) in folders.chain([("ops/checks.sql".to_owned(), "ops".to_owned())]) {
        let Ok(file) = file(&path) else { continue };
        found.extend(
            tests_of(&owner, file.text)
                .map_err(|rule| WarehouseError::Shape { query: path, rule })?,
        );
    }
    Ok(found)
}

fn tests_of(owner: &str, text: &str) -> Result<Vec<DataTest>, String> {
    let mut found: Vec<DataTest> = Vec::new();
    for line in text.lines() {
        let head = line
            .strip_prefix("-- fail:")
            .map(|rest| (true, rest))
            .or_else(|| line.strip_prefix("-- warn:").map(|rest| (false, rest)));
        if let Some((fails, rest)) = head {
            let (name, rule) = rest
                .split_once(':')
                .ok_or_else(|| format!("{line:?} must be `-- fail: name: rule`"))?;
            let name = format!("{owner}/{}", name.trim());
            found.push(DataTest {
                name,
                fails,
                rule: rule.trim().to_owned(),
                query: String::new(),
            });
        } else if let Some(test) = found.last_mut() {
            test.query.push_str(line);
            test.query.push('\n');
        }
    }
    for test in &mut found {
        let mut queries = statements(&test.query);
        let single = queries.pop().filter(|_| queries.is_empty());
        test.query =
            single.ok_or_else(|| format!("{}: exactly one query must follow", test.name))?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_a_semicolon_at_the_end_of_a_line() {
        let text =
            "-- head\n\ndelete from a; -- gone\n\n-- why\ninsert into a\nselect 'x;y' as b;\n";
        assert_eq!(
            statements(text),
            ["delete from a", "insert into a\nselect 'x;y' as b"]
        );
    }

    #[test]
    fn every_table_definition_can_be_read() {
        let tables = tables().unwrap();
        assert!(tables.len() >= 25, "{}", tables.len());
        assert!(
            tables
                .iter()
                .any(|table| table.name == "raw.genesys_conversation")
        );
    }

    #[test]
    fn a_data_test_has_a_name_a_rule_and_one_query() {
        let tests = tests_of(
            "ops",
            "-- x\n\n-- fail: closes: a = b\nselect 1\nfrom t;\n\n-- warn: few: c\nselect 2;\n",
        )
        .unwrap();
        assert_eq!(
            (
                tests[0].name.as_str(),
                tests[0].fails,
                tests[0].query.as_str()
            ),
            ("ops/closes", true, "select 1\nfrom t")
        );
        assert!(!tests[1].fails);
    }
}
