//! The data dictionary: what the heads of the views of `mart` say of their columns.
//!
//! A head names each column of its view, in the view's order, as `-- Column  name | unit | meaning`. A line that continues one
//! begins with `--` and at least three spaces.

use crate::sql::{self, File};
use crate::{WarehouseError, sql::statements};
use std::fmt::Write as _;

/// What a view is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewEntry {
    /// `mart.join_rate`.
    pub name: String,
    /// One sentence.
    pub purpose: String,
    /// What one row is.
    pub grain: String,
    /// How it counts, where the head says it.
    pub rule: String,
    /// In the view's order.
    pub columns: Vec<ColumnEntry>,
}

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnEntry {
    /// Its name in SQL.
    pub name: String,
    /// What it is counted in, or what kind of value it is.
    pub unit: String,
    /// What it says.
    pub meaning: String,
}

/// The view that holds the dictionary in the warehouse.
pub const VIEW: &str = "mart/data_dictionary.sql";

/// Every view of `mart`, by name; the dictionary itself is the last.
pub fn entries() -> Result<Vec<ViewEntry>, WarehouseError> {
    let mut found = sql::folder("mart")
        .into_iter()
        .map(|file| {
            entry(file).map_err(|rule| WarehouseError::Shape {
                query: file.path.to_owned(),
                rule,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    found.push(own_entry());
    Ok(found)
}

fn own_entry() -> ViewEntry {
    let column = |name: &str, unit: &str, meaning: &str| ColumnEntry {
        name: name.to_owned(),
        unit: unit.to_owned(),
        meaning: meaning.to_owned(),
    };
    ViewEntry {
        name: "mart.data_dictionary".to_owned(),
        purpose: "this dictionary, where the views are.".to_owned(),
        grain: "view_name, column_no".to_owned(),
        rule: String::new(),
        columns: vec![
            column("view_name", "text", "the view, without its schema"),
            column(
                "column_no",
                "number",
                "the column's place in the view, from 1",
            ),
            column("column_name", "text", "the column"),
            column(
                "unit",
                "text",
                "what the column is counted in, or what kind of value it is",
            ),
            column("meaning", "text", "what the column says"),
        ],
    }
}

/// The head of a view, read and compared with the view's columns.
fn entry(file: File) -> Result<ViewEntry, String> {
    let name = file.path.trim_end_matches(".sql").replace('/', ".");
    let mut parts = parts(file.text);
    let (title, purpose) = parts.remove(0);
    if title != name {
        return Err(format!("the first line must begin with `-- {name}: `"));
    }
    let of = |word: &str| {
        let found = parts.iter().find(|(key, _)| key == word);
        found.map_or_else(String::new, |(_, text)| text.clone())
    };
    let columns = parts
        .iter()
        .filter(|(key, _)| key == "Column")
        .map(|(_, text)| column(text))
        .collect::<Result<Vec<_>, _>>()?;
    let described: Vec<&str> = columns.iter().map(|one| one.name.as_str()).collect();
    let selected = selected(file.text)?;
    if described != selected {
        return Err(format!(
            "a `-- Column  name | unit | meaning` line must stand for each column, in the view's order: the view has {}, the head \
             describes {}",
            selected.join(", "),
            described.join(", ")
        ));
    }
    Ok(ViewEntry {
        name,
        purpose,
        grain: of("Grain"),
        rule: of("Rule"),
        columns,
    })
}

/// The head in parts: the title with the purpose, then each word with what follows it.
fn parts(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let Some(line) = line.strip_prefix("--") else {
            break;
        };
        let key = line
            .strip_prefix(' ')
            .filter(|rest| rest.starts_with(char::is_uppercase))
            .and_then(|rest| rest.split_once("  "))
            .filter(|(word, _)| word.chars().all(char::is_alphabetic));
        if found.is_empty() {
            let (title, purpose) = line.split_once(": ").unwrap_or((line, ""));
            found.push((title.trim().to_owned(), purpose.trim().to_owned()));
        } else if let Some((word, rest)) = key {
            found.push((word.to_owned(), rest.trim().to_owned()));
        } else if let Some((_, last)) = found.last_mut() {
            last.push(' ');
            last.push_str(line.trim());
        }
    }
    if found.is_empty() {
        found.push((String::new(), String::new()));
    }
    found
}

fn column(text: &str) -> Result<ColumnEntry, String> {
    let wrong = || format!("`{text}` must be `name | unit | meaning`");
    let (name, rest) = text.split_once('|').ok_or_else(wrong)?;
    let (unit, meaning) = rest.split_once('|').ok_or_else(wrong)?;
    let part = |part: &str| {
        let part = part.trim();
        // In a literal it would read as a parameter, as the beginning of a comment, or as a cell of the table.
        let reads_otherwise = part.contains("--")
            || part.contains('|')
            || part
                .split(':')
                .skip(1)
                .any(|behind| behind.starts_with(|one: char| one.is_ascii_alphabetic()));
        if part.is_empty() || reads_otherwise {
            Err(format!(
                "`{part}` must be a text without `--`, `|` and `:name`"
            ))
        } else {
            Ok(part.to_owned())
        }
    };
    Ok(ColumnEntry {
        name: part(name)?,
        unit: part(unit)?,
        meaning: part(meaning)?,
    })
}

/// The names of the columns of a view: those of the select that stands at the beginning of a line.
fn selected(text: &str) -> Result<Vec<String>, String> {
    let statement = statements(text).pop().unwrap_or_default();
    let is_list = |line: &&str| !line.starts_with("from");
    let list: Vec<&str> = statement
        .lines()
        .skip_while(|line| *line != "select" && *line != "select distinct")
        .skip(1)
        .take_while(is_list)
        .collect();
    if list.is_empty() {
        return Err("no select begins at the beginning of a line".to_owned());
    }
    Ok(expressions(&list.join("\n"))
        .iter()
        .filter_map(|text| {
            let word = text.split_whitespace().next_back()?;
            Some(word.rsplit('.').next().unwrap_or(word).to_owned())
        })
        .collect())
}

/// Cut at the commas that no parentheses and no quotes enclose.
fn expressions(list: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let (mut depth, mut is_quoted) = (0_u32, false);
    for one in list.chars() {
        match one {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if one == ',' && depth == 0 && !is_quoted {
            found.push(String::new());
        } else if let Some(last) = found.last_mut() {
            last.push(one);
        }
    }
    found
}

/// The dictionary as a page.
pub fn page(entries: &[ViewEntry]) -> String {
    let mut page = String::from(
        "# Data dictionary\n\n\
         The views of the schema `mart`, and what each column holds. Written by `cargo local dictionary` from the heads of \
         `shared/warehouse/sql/mart/*.sql`;\na test fails when the two differ. In the warehouse: `select * from mart.data_dictionary`.\n",
    );
    for view in entries {
        let purpose = capital(&view.purpose);
        let _ = write!(
            page,
            "\n## {}\n\n{purpose}\n\nOne row: {}.\n",
            view.name,
            view.grain.trim_end_matches('.')
        );
        if !view.rule.is_empty() {
            let _ = write!(page, "\n{}\n", capital(&view.rule));
        }
        page.push_str("\n| column | unit | meaning |\n| --- | --- | --- |\n");
        for column in &view.columns {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} |",
                column.name, column.unit, column.meaning
            );
        }
    }
    page
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The statement that makes `mart.data_dictionary`.
pub fn view() -> Result<String, WarehouseError> {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut rows = Vec::new();
    for view in entries()? {
        let name = view.name.trim_start_matches("mart.").to_owned();
        for (place, column) in view.columns.iter().enumerate() {
            rows.push(format!(
                "select cast({} as varchar(128)) as view_name, {} as column_no, cast({} as varchar(128)) as column_name, \
                 cast({} as varchar(256)) as unit, cast({} as varchar(4096)) as meaning",
                literal(&name),
                place + 1,
                literal(&column.name),
                literal(&column.unit),
                literal(&column.meaning)
            ));
        }
    }
    Ok(format!(
        "create or replace view mart.data_dictionary as\n{}",
        rows.join("\nunion all\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "-- mart.x: what it is\n--         for.\n-- Grain   a, b\n-- Rule    as\n--         said\n\
        -- Column  a | text | the first\n-- Column  b | share, 0 to 1 | a / 'b, c'\n--         or less\n\n";

    fn read(body: &str) -> Result<ViewEntry, String> {
        let text: &'static str = format!("{HEAD}{body}").leak();
        entry(File {
            path: "mart/x.sql",
            text,
        })
    }

    #[test]
    fn a_head_says_what_a_view_and_its_columns_are() {
        let found = read(
            "create or replace view mart.x as\nwith t as (\n    select 1 as z\n    from u\n)\n\nselect\n    t.a,\n    \
             cast(greatest(t.c, 1) as decimal(9, 6)) as b -- why, so\nfrom t;\n",
        )
        .unwrap();
        assert_eq!(
            (
                found.name.as_str(),
                found.purpose.as_str(),
                found.grain.as_str(),
                found.rule.as_str()
            ),
            ("mart.x", "what it is for.", "a, b", "as said")
        );
        assert_eq!(found.columns[1].meaning, "a / 'b, c' or less");
        insta::assert_snapshot!(page(&[found]).split_once("## ").unwrap().1, @r"
        mart.x

        What it is for.

        One row: a, b.

        As said

        | column | unit | meaning |
        | --- | --- | --- |
        | `a` | text | the first |
        | `b` | share, 0 to 1 | a / 'b, c' or less |
        ");
    }

    #[test]
    fn a_column_without_a_line_and_a_line_without_a_column_are_refused() {
        for body in [
            "create view mart.x as\nselect\n    t.a\nfrom t;\n",
            "create view mart.x as\nselect\n    t.b,\n    t.a\nfrom t;\n",
            "create view mart.x as\nselect\n    t.a,\n    t.b,\n    t.c\nfrom t;\n",
        ] {
            let rule = read(body).unwrap_err();
            assert!(rule.contains("the head describes a, b"), "{rule}");
        }
    }

    #[test]
    fn what_would_read_as_something_else_inside_a_statement_is_refused() {
        for text in [
            "a | text",
            "a | text | ",
            "a | text | see :batch",
            "a | text | b -- c",
            "a | b | c | d",
        ] {
            assert!(column(text).is_err(), "{text}");
        }
        assert!(column("a | share: 0 to 1 | at 10:30, or 1 - x").is_ok());
    }

    #[test]
    fn every_column_of_every_view_is_described() {
        let entries = entries().unwrap();
        assert!(entries.len() >= 11, "{}", entries.len());
        let view = view().unwrap();
        assert_eq!(
            view.matches("as column_no").count(),
            entries.iter().map(|one| one.columns.len()).sum::<usize>()
        );
        assert!(view.len() < 100_000, "{} bytes in a statement", view.len());
    }
}
