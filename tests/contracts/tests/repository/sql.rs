//! The SQL files: each is carried and used, and the public columns are those that were promised.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use warehouse::sql;

/// Columns of `mart.unified_interactions`, in order. They are public: a change is an entry in CHANGELOG.md.
const UNIFIED: [&str; 41] = [
    "conversation_id",
    "conversation_start",
    "conversation_end",
    "duration_ms",
    "queue_id",
    "queue_name",
    "media_type",
    "direction",
    "agent_id",
    "agent_name",
    "handle_time_ms",
    "talk_time_ms",
    "hold_time_ms",
    "acw_time_ms",
    "wrap_up_code",
    "abandoned",
    "transferred",
    "was_escalated",
    "handled_by_bot_only",
    "qa_score",
    "csat_score",
    "nps",
    "external_contact_id",
    "crm_account_id",
    "crm_contact_id",
    "crm_case_id",
    "link_method",
    "customer_tier",
    "customer_tier_current",
    "industry",
    "account_owner",
    "open_case_count",
    "open_opportunity_count",
    "ltv_usd",
    "case_category",
    "case_status",
    "case_priority",
    "is_settled",
    "etl_loaded_at",
    "data_source",
    "met_bot",
];

/// Every `.sql` file below `shared/warehouse/sql`, as a path below it.
fn files() -> Result<BTreeSet<String>> {
    let root = super::path("shared/warehouse/sql");
    let mut pending = vec![root.clone()];
    let mut found = BTreeSet::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            let below = path.strip_prefix(&root)?;
            found.insert(
                below
                    .to_str()
                    .context("a path that is not UTF-8")?
                    .to_owned(),
            );
        }
    }
    Ok(found)
}

#[test]
fn every_sql_file_is_applied_by_a_step() -> Result<()> {
    let mut used: BTreeSet<String> = ["ops", "raw", "staging", "mart"]
        .iter()
        .flat_map(|folder| sql::folder(folder))
        .chain(
            sql::merge_stages()?
                .into_iter()
                .flat_map(|stage| stage.files),
        )
        .map(|file| file.path.to_owned())
        .collect();
    for table in sql::curated() {
        let path = format!("curated/{table}/table.sql");
        used.insert(sql::file(&path)?.path.to_owned());
    }
    for test in sql::data_tests()? {
        let (owner, _) = test.name.split_once('/').context("owner/name")?;
        used.insert(format!("{}/checks.sql", owner.replace('.', "/")));
    }
    let migrations = sql::folder("migrations").into_iter();
    let migrations = migrations.map(|file| file.path.to_owned());
    used.extend(migrations.filter(|path| path != "migrations/published.toml"));
    assert_eq!(files()?, used);
    Ok(())
}

#[test]
fn every_data_test_in_the_files_is_run() -> Result<()> {
    let mut written = 0;
    for path in files()?.iter().filter(|path| path.ends_with("checks.sql")) {
        let text = super::text(&format!("shared/warehouse/sql/{path}"))?;
        written += text
            .lines()
            .filter(|line| line.starts_with("-- fail:") || line.starts_with("-- warn:"))
            .count();
    }
    let names: BTreeSet<_> = sql::data_tests()?
        .into_iter()
        .map(|test| test.name)
        .collect();
    assert_eq!(
        names.len(),
        written,
        "a test is not run, or two have one name"
    );
    Ok(())
}

#[test]
fn staging_tables_begin_with_batch_record_and_extraction() -> Result<()> {
    let staging: Vec<_> = sql::tables()?
        .into_iter()
        .filter(|table| table.name.starts_with("staging."))
        .collect();
    assert!(staging.len() >= 17, "{}", staging.len());
    for table in staging {
        let first: Vec<_> = table
            .columns
            .iter()
            .take(3)
            .map(|column| (column.name.as_str(), column.required))
            .collect();
        let wanted = ["batch_id", "record_no", "extracted_at"].map(|name| (name, true));
        assert_eq!(first, wanted, "{}", table.name);
    }
    Ok(())
}

/// The names of the columns of the last `select` of a view.
pub(crate) fn columns(view: &str) -> Result<Vec<String>> {
    let code: Vec<_> = view
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let (_, list) = code.rsplit_once("\nselect\n").context("no select")?;
    let (list, _) = list.split_once("\nfrom ").context("no from")?;
    let mut depth = 0_i32;
    let mut is_text = false;
    let mut items = vec![String::new()];
    for character in list.chars() {
        match character {
            '\'' => is_text = !is_text,
            '(' if !is_text => depth += 1,
            ')' if !is_text => depth -= 1,
            _ => {}
        }
        match items.last_mut() {
            Some(item) if character != ',' || depth > 0 || is_text => item.push(character),
            _ => items.push(String::new()),
        }
    }
    items
        .iter()
        .map(|item| {
            let word = item.split_whitespace().last().context("an empty column")?;
            Ok(word.rsplit('.').next().unwrap_or(word).to_owned())
        })
        .collect()
}

#[test]
fn unified_interactions_has_the_promised_columns_in_order() -> Result<()> {
    let view = sql::file("mart/unified_interactions.sql")?;
    assert_eq!(columns(view.text)?, UNIFIED);
    let changelog = super::text("CHANGELOG.md")?;
    for column in UNIFIED {
        assert!(
            changelog.contains(&format!("`{column}`")),
            "CHANGELOG.md does not name {column}"
        );
    }
    Ok(())
}

#[test]
fn both_facts_feed_unified_interactions_with_the_same_columns() -> Result<()> {
    let view = sql::file("mart/unified_interactions.sql")?.text;
    let (_, union) = view.split_once("as (\n").context("no first cte")?;
    let (customer, rest) = union.split_once("union all").context("no union")?;
    let (anonymous, _) = rest.split_once("\n),").context("no end of the cte")?;
    let names = |part: &str| {
        columns(&format!(
            "\n{}",
            part.replace("    select\n", "select\n")
                .replace("\n    from ", "\nfrom ")
        ))
    };
    assert_eq!(names(customer)?, names(anonymous)?);
    Ok(())
}
