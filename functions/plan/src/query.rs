//! The query of a Salesforce window, as the extractor will send it: asked for its count, and measured.

use crate::PlanError;
use model::Window;
use model::settings::Settings;
use salesforce::{ApiError, Mapping, Select, SoqlError};
use std::collections::BTreeSet;

/// The query that reads `window` of `object` (`account`, `account_history`, `account_ids`); `None` for an object the settings
/// do not name.
pub(crate) fn of(
    settings: &Settings,
    object: &str,
    window: Window,
) -> Result<Option<Select>, PlanError> {
    let Some((mapping, instant)) = mapping(settings, object)? else {
        return Ok(None);
    };
    let built = || -> Result<Select, SoqlError> {
        let mut select = Select::new(mapping.sobject(), mapping.fields())?;
        // A list of ids begins at the first record there is.
        if !object.ends_with("_ids") {
            select = select.at_or_after(instant, window.start())?;
        }
        select
            .before(instant, window.end())?
            .order_by([instant, "Id"])
    };
    let failed = |cause: SoqlError| PlanError::Salesforce {
        action: "building the query of",
        sobject: mapping.sobject().to_owned(),
        cause: Box::new(ApiError::from(cause)),
    };
    built().map(Some).map_err(failed)
}

/// Whether the query is too long for a URL, so that only a bulk job reads it, and the objects a bulk job's fields are
/// described by.
pub(crate) fn width(
    settings: &Settings,
    object: &str,
    window: Window,
) -> Result<(bool, u64), PlanError> {
    let Some(select) = of(settings, object, window)? else {
        return Ok((false, 1));
    };
    let path = select.query_all_path(&settings.salesforce.api_version);
    let is_wide = matches!(path, Err(SoqlError::TooLong { .. }));
    let mapping = mapping(settings, object)?;
    let fields = mapping.iter().flat_map(|(mapping, _)| mapping.fields());
    let parents: BTreeSet<_> = fields
        .filter_map(|path| Some(path.rsplit_once('.')?.0.to_owned()))
        .collect();
    Ok((is_wide, 1 + parents.len() as u64))
}

/// The fields of an object, and the instant by which it is read.
fn mapping(
    settings: &Settings,
    object: &str,
) -> Result<Option<(Mapping, &'static str)>, PlanError> {
    let table = |name: &str| {
        warehouse::sql::table(&format!("staging.salesforce_{name}"))
            .map_err(|cause| PlanError::warehouse("reading a staging table's definition", cause))
    };
    let salesforce = &settings.salesforce;
    if let Some(object) = object.strip_suffix("_history") {
        let Some(sobject) = salesforce.history.get(object) else {
            return Ok(None);
        };
        let mapping = Mapping::history(object, sobject, None, &table("history")?)?;
        return Ok(Some((mapping, "CreatedDate")));
    }
    let (name, is_list) = match object.strip_suffix("_ids") {
        Some(name) => (name, true),
        None => (object.trim_end_matches("_lookup"), false),
    };
    let Some(fields) = salesforce.objects.get(name) else {
        return Ok(None);
    };
    if is_list {
        let mapping = Mapping::ids(name, &fields.sobject, &table("id")?);
        return Ok(Some((mapping, "CreatedDate")));
    }
    let mapping = Mapping::new(name, fields, &table(name)?)?;
    Ok(Some((mapping, "SystemModstamp")))
}
