//! External contacts: from the id a conversation carries to the ids a CRM knows.

use super::{Api, Page};
use model::salesforce_id::to_18;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use source_http::{Request, SourceError};
use std::collections::HashSet;

/// Which external sources hold Salesforce ids: known by name from the settings, by id once a listing was needed.
#[derive(Debug, Clone)]
pub struct ContactSources {
    names: Vec<String>,
    ids: HashSet<String>,
    is_listed: bool,
}

impl ContactSources {
    /// The sources with these names; case does not matter.
    pub fn named(names: &[String]) -> Self {
        Self {
            names: names.to_vec(),
            ids: HashSet::new(),
            is_listed: false,
        }
    }

    fn holds(&self, source: &Source) -> bool {
        match (&source.name, &source.id) {
            (Some(name), _) => self.has_name(name),
            (None, Some(id)) => self.ids.contains(id),
            (None, None) => false,
        }
    }

    fn has_name(&self, name: &str) -> bool {
        let same = |known: &String| known.trim().eq_ignore_ascii_case(name.trim());
        self.names.iter().any(same)
    }
}

/// What is known of a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Its id; after a merge another one than asked for.
    pub contact_id: String,
    /// Head of its merge set, if it was merged.
    pub canonical_id: Option<String>,
    /// Curated, Identified, Ephemeral, …
    pub contact_type: Option<String>,
    /// 18 characters, begins with 003.
    pub salesforce_contact_id: Option<String>,
    /// 18 characters, begins with 001.
    pub salesforce_account_id: Option<String>,
    /// The organization it belongs to.
    pub external_organization_id: Option<String>,
    /// Its external ids, the JSON as received.
    pub external_ids: Option<String>,
}

/// One id asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The id a conversation carries.
    pub asked_id: String,
    /// What it stands for; `None`: the API knows no such contact, or does not show it.
    pub contact: Option<Contact>,
}

#[derive(Deserialize)]
struct BulkResult<'a> {
    id: Option<String>,
    #[serde(borrow)]
    entity: Option<&'a RawValue>,
    error: Option<BulkError>,
    status: Option<u16>,
}

#[derive(Deserialize)]
struct BulkError {
    code: Option<String>,
    status: Option<u16>,
    retryable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    id: Option<String>,
    #[serde(rename = "type")]
    contact_type: Option<String>,
    #[serde(borrow)]
    external_ids: Option<&'a RawValue>,
    #[serde(borrow)]
    external_organization: Option<Organization<'a>>,
    external_data_sources: Option<Vec<DataSource>>,
    canonical_contact: Option<Reference>,
    merge_set: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization<'a> {
    id: Option<String>,
    #[serde(borrow)]
    external_ids: Option<&'a RawValue>,
    external_data_sources: Option<Vec<DataSource>>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

#[derive(Deserialize)]
struct DataSource {
    platform: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalId {
    external_source: Option<Source>,
    value: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct SourceListing {
    entities: Option<Vec<Source>>,
    cursors: Option<Cursors>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// A result of a bulk call: every id it may have been asked under, and the contact.
struct Found {
    ids: Vec<String>,
    contact: Contact,
}

/// What a bulk call gave.
#[derive(Default)]
struct Results {
    found: Vec<Found>,
    /// Ids the API answered for, without a contact.
    refused: HashSet<String>,
}

impl Api {
    /// Resolves contacts in one bulk call (plus one per contact whose answer does not say which id it answers).
    pub async fn resolve_contacts(
        &self,
        asked: &[String],
        sources: &mut ContactSources,
    ) -> Result<Vec<Resolved>, SourceError> {
        let Results { mut found, refused } = self.bulk_contacts(asked, sources).await?;
        let mut resolved = Vec::with_capacity(asked.len());
        let mut open = Vec::new();
        for id in asked {
            match found.iter().position(|found| found.ids.contains(id)) {
                Some(at) => resolved.push(Resolved {
                    asked_id: id.clone(),
                    contact: Some(found[at].contact.clone()),
                }),
                None => open.push(id.clone()),
            }
        }
        found.retain(|found| !found.ids.iter().any(|id| asked.contains(id)));
        for id in open {
            // A merged contact may come back under its new id alone. Asked for one by one, there is no doubt.
            let contact = if found.is_empty() || refused.contains(&id) {
                None
            } else if asked.len() == 1 {
                found.pop()
            } else {
                self.bulk_contacts(std::slice::from_ref(&id), sources)
                    .await?
                    .found
                    .pop()
            };
            resolved.push(Resolved {
                asked_id: id,
                contact: contact.map(|found| found.contact),
            });
        }
        Ok(resolved)
    }

    async fn bulk_contacts(
        &self,
        asked: &[String],
        sources: &mut ContactSources,
    ) -> Result<Results, SourceError> {
        let entities: Vec<_> = asked.iter().map(|id| json!({ "id": id })).collect();
        let path = "/api/v2/externalcontacts/bulk/contacts";
        let request = Request::post_json(path, &json!({ "entities": entities })).repeatable();
        let page = self.page(&request).await?;
        if !sources.is_listed && page.records().any(has_unnamed_source) {
            self.list_sources(sources).await?;
        }
        found_in(&page, sources, &request)
    }

    /// Learns the ids of the external sources with the names of the settings.
    async fn list_sources(&self, sources: &mut ContactSources) -> Result<(), SourceError> {
        let mut cursor: Option<String> = None;
        // The cursor is the source's word; a bound keeps a repeated one from turning this into a loop.
        for _ in 0..100 {
            let mut request =
                Request::get("/api/v2/externalcontacts/externalsources").query("limit", 200);
            if let Some(cursor) = &cursor {
                request = request.query("cursor", cursor);
            }
            let listing: SourceListing = self.client.json(&request).await?.value;
            for source in listing.entities.unwrap_or_default() {
                if let Source {
                    id: Some(id),
                    name: Some(name),
                } = source
                    && sources.has_name(&name)
                {
                    sources.ids.insert(id);
                }
            }
            let next = listing.cursors.and_then(|cursors| cursors.after);
            if next.is_none() || next == cursor {
                break;
            }
            cursor = next;
        }
        sources.is_listed = true;
        Ok(())
    }
}

fn found_in(
    page: &Page,
    sources: &ContactSources,
    request: &Request,
) -> Result<Results, SourceError> {
    let mut all = Results::default();
    for text in page.records() {
        let Ok(result) = serde_json::from_str::<BulkResult<'_>>(text) else {
            tracing::warn!(
                "A result of the bulk call cannot be read; its contact stays unresolved"
            );
            continue;
        };
        let entity = result
            .entity
            .and_then(|entity| serde_json::from_str::<Entity<'_>>(entity.get()).ok());
        if let Some(entity) = entity {
            let mut ids: Vec<_> = result.id.into_iter().chain(entity.id.clone()).collect();
            let merged = entity.merge_set.iter().flatten();
            ids.extend(merged.filter_map(|member| member.id.clone()));
            let contact = contact(entity, sources);
            all.found.push(Found { ids, contact });
            continue;
        }
        let error = result.error;
        let status = error
            .as_ref()
            .and_then(|error| error.status)
            .or(result.status);
        let code = error.as_ref().and_then(|error| error.code.clone());
        let is_passing = error.and_then(|error| error.retryable) == Some(true)
            || status.is_some_and(|status| status == 429 || status >= 500);
        if is_passing {
            return Err(SourceError::transient(
                request.operation(),
                format!(
                    "a contact could not be read now (code {})",
                    code.unwrap_or_default()
                ),
            ));
        }
        if status != Some(404) {
            tracing::warn!(status, code, "A contact stays unresolved");
        }
        all.refused.extend(result.id);
    }
    Ok(all)
}

fn contact(entity: Entity<'_>, sources: &ContactSources) -> Contact {
    let organization = entity.external_organization;
    let own = salesforce_ids(entity.external_ids, sources);
    let of_organization = salesforce_ids(
        organization
            .as_ref()
            .and_then(|organization| organization.external_ids),
        sources,
    );
    let own_links = linked_ids(entity.external_data_sources.as_deref());
    let organization_links = linked_ids(
        organization
            .as_ref()
            .and_then(|organization| organization.external_data_sources.as_deref()),
    );
    // The prefix tells the object: 003 a Contact, 001 an Account. In order of trust.
    let first = |prefix: &str, places: [&Vec<String>; 4]| {
        let mut ids = places.into_iter().flatten();
        ids.find(|id| id.starts_with(prefix)).cloned()
    };
    let places = [&own, &own_links, &of_organization, &organization_links];
    let account_places = [&of_organization, &organization_links, &own, &own_links];
    Contact {
        salesforce_contact_id: first("003", places),
        salesforce_account_id: first("001", account_places),
        contact_id: entity.id.unwrap_or_default(),
        canonical_id: entity.canonical_contact.and_then(|contact| contact.id),
        contact_type: entity.contact_type,
        external_organization_id: organization.and_then(|organization| organization.id),
        external_ids: entity.external_ids.map(|ids| ids.get().to_owned()),
    }
}

fn external_ids(raw: Option<&RawValue>) -> Vec<ExternalId> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

fn salesforce_ids(raw: Option<&RawValue>, sources: &ContactSources) -> Vec<String> {
    external_ids(raw)
        .into_iter()
        .filter(|id| {
            id.external_source
                .as_ref()
                .is_some_and(|source| sources.holds(source))
        })
        .filter_map(|id| to_18(&id.value?).ok())
        .collect()
}

/// Ids inside the links of a Salesforce data source: `…/lightning/r/Contact/003…/view`, `…/003…`.
fn linked_ids(sources: Option<&[DataSource]>) -> Vec<String> {
    sources
        .into_iter()
        .flatten()
        .filter(|source| {
            let platform = source.platform.as_deref().unwrap_or_default();
            platform.eq_ignore_ascii_case("salesforce")
        })
        .filter_map(|source| source.url.as_deref())
        .flat_map(|url| url.split(['/', '?', '#', '=', '&']))
        .filter_map(|part| to_18(part).ok())
        .collect()
}

/// Whether an external id of this bulk result names its source by id alone.
fn has_unnamed_source(result: &str) -> bool {
    let unnamed = |raw: Option<&RawValue>| {
        external_ids(raw).iter().any(|id| {
            id.external_source
                .as_ref()
                .is_some_and(|source| source.name.is_none() && source.id.is_some())
        })
    };
    let Ok(BulkResult {
        entity: Some(entity),
        ..
    }) = serde_json::from_str(result)
    else {
        return false;
    };
    serde_json::from_str::<Entity<'_>>(entity.get()).is_ok_and(|entity| {
        unnamed(entity.external_ids)
            || unnamed(entity.external_organization.and_then(|it| it.external_ids))
    })
}
