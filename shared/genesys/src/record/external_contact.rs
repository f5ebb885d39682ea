//! External contacts, as the record that lands: `{"askedId":…,"result":…}`, the result as the bulk call gave it.
//!
//! An answer alone does not say which id it answers (after a merge it names another one), nor, where it names its external
//! sources by id alone, which of them hold Salesforce ids. Both stand beside it, so that the record can be read again.

use super::{read, required_id};
use crate::contact::{BulkResult, Contact, ContactSources, Entity, contact};
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_with::{BorrowCow, serde_as};
use std::borrow::Cow;

/// The staging table.
pub const TABLE: &str = "staging.genesys_external_contact";

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapped<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    asked_id: Option<Cow<'a, str>>,
    #[serde(default)]
    source_ids: Option<Vec<String>>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
}

/// The record of an id asked for: the result's bytes as they came, or null when the API did not answer for it.
pub fn wrap(asked_id: &str, result: Option<&str>, sources: &ContactSources) -> String {
    let asked_id = super::quoted(asked_id);
    let ids: Vec<_> = sources.ids.iter().map(|id| super::quoted(id)).collect();
    let sources = if ids.is_empty() {
        String::new()
    } else {
        format!("\"sourceIds\":[{}],", ids.join(","))
    };
    let result = result.unwrap_or("null");
    format!("{{\"askedId\":{asked_id},{sources}\"result\":{result}}}")
}

/// Reads a record: the id asked for and the contact, if there is one.
pub fn parse(
    payload: &str,
    sources: &ContactSources,
) -> Result<(String, Option<Contact>), Refusal> {
    let wrapped: Wrapped<'_> = read(payload)?;
    let asked_id = required_id(wrapped.asked_id, "askedId")?.into_owned();
    let mut sources = sources.clone();
    sources.ids.extend(wrapped.source_ids.unwrap_or_default());
    let Some(result) = wrapped.result.map(RawValue::get) else {
        return Ok((asked_id, None));
    };
    let result: BulkResult<'_> = inner(result, "result")?;
    let found = result
        .entity
        .map(|entity| inner::<Entity<'_>>(entity.get(), "result.entity"))
        .transpose()?;
    Ok((asked_id, found.map(|entity| contact(entity, &sources))))
}

/// Reads a part of the record, which is found at `place`.
fn inner<'a, T: Deserialize<'a>>(part: &'a str, place: &str) -> Result<T, Refusal> {
    read(part).map_err(|refusal| Refusal {
        detail: format!("{place}: {}", refusal.detail),
        ..refusal
    })
}

/// Appends the contact's row to table `position` of `rows`, whose definition is that of [`TABLE`]. An id the API does not
/// know has a row too, without a contact.
pub fn write_external_contact(
    payload: &str,
    sources: &ContactSources,
    position: usize,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    let (asked_id, contact) = parse(payload, sources)?;
    let contact = contact.unwrap_or_default();
    let known = Some(contact.contact_id.as_str()).filter(|id| !id.is_empty());
    rows.row(position)
        .text(Some(&asked_id))
        .text(known)
        .text(contact.canonical_id.as_deref())
        .text(contact.contact_type.as_deref())
        .text(contact.salesforce_contact_id.as_deref())
        .text(contact.salesforce_account_id.as_deref())
        .text(contact.external_organization_id.as_deref())
        .text(contact.external_ids.as_deref())
        .end()
}

/// The id asked for, if nothing else of the record can be used.
pub fn natural_id(payload: &str) -> Option<String> {
    let wrapped: Wrapped<'_> = serde_json::from_str(payload).ok()?;
    let id = wrapped.asked_id.filter(|id| !id.is_empty());
    id.map(Cow::into_owned)
}
