//! `infra/settings` against the tables it fills.

use anyhow::Result;
use model::settings::{SALESFORCE_OBJECTS, Settings};

pub(crate) fn shipped() -> Result<Settings> {
    Ok(Settings::parse(&super::text(
        "infra/settings/tributary.toml",
    )?)?)
}

#[test]
fn every_salesforce_column_of_the_settings_is_in_its_staging_table() -> Result<()> {
    let settings = shipped()?;
    for name in SALESFORCE_OBJECTS {
        let table = warehouse::sql::table(&format!("staging.salesforce_{name}"))?;
        let known: Vec<_> = table.copied().map(|column| column.name.as_str()).collect();
        let object = &settings.salesforce.objects[name];
        assert!(!object.columns.is_empty(), "{name} has no columns");
        for column in object.columns.keys() {
            assert!(
                known.contains(&column.as_str()),
                "[salesforce.objects.{name}.columns] {column} is not in {}: {known:?}",
                table.name
            );
        }
    }
    Ok(())
}
