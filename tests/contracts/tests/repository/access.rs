//! Who reads what: `sql/access/roles.toml` against the views of `mart`.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use warehouse::{dictionary, sql};

fn lists() -> Result<toml::Table> {
    Ok(super::text("shared/warehouse/sql/access/roles.toml")?.parse()?)
}

#[test]
fn every_column_of_every_view_has_a_line_and_every_line_a_column() -> Result<()> {
    let lists = lists()?;
    let mut columns = BTreeSet::new();
    for view in sql::folder("mart") {
        let name = view
            .path
            .trim_start_matches("mart/")
            .trim_end_matches(".sql");
        let found = super::sql::columns(view.text).with_context(|| view.path.to_owned())?;
        columns.extend(found.into_iter().map(|column| format!("{name}.{column}")));
    }
    // The dictionary is no file: it is made of the heads of the others.
    let entries = dictionary::entries()?;
    let own = entries
        .iter()
        .filter(|view| view.name == "mart.data_dictionary");
    let own = own.flat_map(|view| &view.columns);
    columns.extend(own.map(|column| format!("data_dictionary.{}", column.name)));
    let lines: BTreeSet<String> = lists
        .iter()
        .flat_map(|(view, lines)| {
            let lines = lines.as_table().into_iter().flat_map(|lines| lines.keys());
            lines.map(move |column| format!("{view}.{column}"))
        })
        .collect();
    let without_line: Vec<_> = columns.difference(&lines).collect();
    let without_column: Vec<_> = lines.difference(&columns).collect();
    assert!(
        without_line.is_empty() && without_column.is_empty(),
        "access/roles.toml: columns without a line (nobody reads them; decide who does): {without_line:?}; lines without a column: \
         {without_column:?}"
    );
    assert!(columns.len() > 90, "{}", columns.len());
    Ok(())
}

#[test]
fn what_a_role_is_not_for_is_not_listed_for_it() -> Result<()> {
    let refused = [
        (
            "supervisor",
            ["ltv_usd", "open_opportunity_count"].as_slice(),
        ),
        (
            "finance",
            &["agent_id", "agent_name", "user_id", "user_name", "qa_score"],
        ),
        (
            "partner",
            &[
                "external_contact_id",
                "crm_account_id",
                "crm_contact_id",
                "crm_case_id",
                "agent_id",
                "agent_name",
                "ltv_usd",
            ],
        ),
        (
            "partner_key",
            &[
                "external_contact_id",
                "crm_account_id",
                "crm_contact_id",
                "crm_case_id",
                "agent_name",
                "ltv_usd",
            ],
        ),
    ];
    for (view, lines) in &lists()? {
        for (column, readers) in lines.as_table().context("a view has lines")? {
            let readers = readers.as_array().context("a line has a list")?;
            for (role, columns) in refused {
                let reads = readers.iter().any(|reader| reader.as_str() == Some(role));
                assert!(
                    !reads || !columns.contains(&column.as_str()),
                    "{role} reads {view}.{column}"
                );
            }
        }
    }
    Ok(())
}
