//! An external contact as the API describes it, and the Salesforce ids in it.

use model::salesforce_id::to_18;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// Which external sources hold Salesforce ids: known by name from the settings, by id once a listing was needed.
#[derive(Debug, Clone)]
pub struct ContactSources {
    names: Vec<String>,
    pub(crate) ids: BTreeSet<String>,
    pub(crate) is_listed: bool,
}

impl ContactSources {
    /// The sources with these names; case does not matter.
    pub fn named(names: &[String]) -> Self {
        Self {
            names: names.to_vec(),
            ids: BTreeSet::new(),
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

    pub(crate) fn has_name(&self, name: &str) -> bool {
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

/// A result of a bulk call.
#[derive(Deserialize)]
pub(crate) struct BulkResult<'a> {
    pub id: Option<String>,
    #[serde(borrow)]
    pub entity: Option<&'a RawValue>,
    pub error: Option<BulkError>,
    pub status: Option<u16>,
}

/// Why a result of a bulk call holds no contact.
#[derive(Deserialize)]
pub(crate) struct BulkError {
    pub code: Option<String>,
    pub status: Option<u16>,
    pub retryable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entity<'a> {
    pub id: Option<String>,
    #[serde(rename = "type")]
    contact_type: Option<String>,
    #[serde(borrow)]
    external_ids: Option<&'a RawValue>,
    #[serde(borrow)]
    external_organization: Option<Organization<'a>>,
    external_data_sources: Option<Vec<DataSource>>,
    canonical_contact: Option<Reference>,
    pub merge_set: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization<'a> {
    id: Option<String>,
    #[serde(borrow)]
    external_ids: Option<&'a RawValue>,
    external_data_sources: Option<Vec<DataSource>>,
}

/// Another contact.
#[derive(Deserialize)]
pub(crate) struct Reference {
    pub id: Option<String>,
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

/// An external source: a CRM, a billing system.
#[derive(Deserialize)]
pub(crate) struct Source {
    pub id: Option<String>,
    pub name: Option<String>,
}

/// What an entity says, with the Salesforce ids of the known sources.
pub(crate) fn contact(entity: Entity<'_>, sources: &ContactSources) -> Contact {
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
pub(crate) fn has_unnamed_source(result: &str) -> bool {
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
