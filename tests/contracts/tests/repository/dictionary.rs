//! The data dictionary says what the heads of the views say.

use crate::text;
use anyhow::Result;
use warehouse::dictionary;

#[test]
fn the_page_is_what_the_heads_of_the_views_say() -> Result<()> {
    let page = dictionary::page(&dictionary::entries()?);
    assert!(
        text("DATA_DICTIONARY.md")? == page,
        "DATA_DICTIONARY.md is not what shared/warehouse/sql/mart says: write it anew with `cargo local dictionary`"
    );
    Ok(())
}

#[test]
fn the_view_of_the_dictionary_reads_as_one_statement_without_parameters() -> Result<()> {
    let view = dictionary::view()?;
    assert_eq!(
        warehouse::sql::statements(&format!("{view};")),
        [view.as_str()]
    );
    let names = view.split(':').skip(1);
    let parameters: Vec<_> = names
        .filter(|behind| behind.starts_with(|one: char| one.is_ascii_alphabetic()))
        .collect();
    assert!(parameters.is_empty(), "{parameters:?}");
    Ok(())
}
