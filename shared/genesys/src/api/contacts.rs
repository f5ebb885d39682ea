//! External contacts: from the id a conversation carries to the ids a CRM knows.

use super::{Api, Page};
use crate::contact::{
    BulkResult, Contact, ContactSources, Entity, Source, contact, has_unnamed_source,
};
use crate::record::external_contact::wrap;
use serde::Deserialize;
use serde_json::json;
use source_http::{Refusal, Request, SourceError, Vendor};
use std::collections::HashMap;

/// One id asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The id a conversation carries.
    pub asked_id: String,
    /// What it stands for; `None`: the API knows no such contact, or does not show it.
    pub contact: Option<Contact>,
    /// The record that lands: the answer's bytes as they came, with the asked id
    /// ([`crate::record::external_contact`]).
    pub payload: String,
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

/// What is left of a result that cannot be read.
#[derive(Deserialize)]
struct Answered {
    id: Option<String>,
}

/// A result of a bulk call: every id it may have been asked under, the contact, and the bytes that came.
struct Found {
    ids: Vec<String>,
    contact: Contact,
    result: String,
}

/// What a bulk call gave.
#[derive(Default)]
struct Results {
    found: Vec<Found>,
    /// Ids the API answered for without a contact, and what it said.
    refused: HashMap<String, String>,
}

impl Resolved {
    fn of(
        asked_id: &str,
        found: Option<&Found>,
        refusal: Option<&str>,
        sources: &ContactSources,
    ) -> Self {
        let result = found.map(|found| found.result.as_str()).or(refusal);
        Self {
            asked_id: asked_id.to_owned(),
            contact: found.map(|found| found.contact.clone()),
            payload: wrap(asked_id, result, sources),
        }
    }
}

impl Api {
    /// Resolves contacts in one bulk call (plus one per contact whose answer does not say which id it answers).
    pub async fn resolve_contacts(
        &self,
        asked: &[String],
        sources: &mut ContactSources,
    ) -> Result<Vec<Resolved>, SourceError> {
        let Results {
            mut found,
            mut refused,
        } = self.bulk_contacts(asked, sources).await?;
        let mut resolved = Vec::with_capacity(asked.len());
        let mut open = Vec::new();
        for id in asked {
            match found.iter().find(|found| found.ids.contains(id)) {
                Some(found) => resolved.push(Resolved::of(id, Some(found), None, sources)),
                None => open.push(id.clone()),
            }
        }
        found.retain(|found| !found.ids.iter().any(|id| asked.contains(id)));
        for id in open {
            // A merged contact may come back under its new id alone. Asked for one by one, there is no doubt.
            let refusal = refused.remove(&id);
            let (contact, refusal) = if found.is_empty() || refusal.is_some() {
                (None, refusal)
            } else if asked.len() == 1 {
                (found.pop(), None)
            } else {
                let one = std::slice::from_ref(&id);
                let mut results = self.bulk_contacts(one, sources).await?;
                (results.found.pop(), results.refused.remove(&id))
            };
            let refusal = refusal.as_deref();
            resolved.push(Resolved::of(&id, contact.as_ref(), refusal, sources));
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
            // Whoever reads the record refuses it for the same reason, and keeps the bytes.
            let answered = serde_json::from_str::<Answered>(text).ok();
            let id = answered.and_then(|answered| answered.id);
            all.refused.extend(id.map(|id| (id, text.to_owned())));
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
            all.found.push(Found {
                ids,
                contact,
                result: text.to_owned(),
            });
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
            // With its status, as if the call had failed: the others of the batch may come without this one.
            return Err(SourceError::Transient(Refusal {
                operation: request.operation(),
                status: Some(status.unwrap_or(503)),
                fault: None,
                vendor: Vendor {
                    message: "a contact of the answer could not be read now".to_owned(),
                    code,
                    ..Vendor::default()
                },
            }));
        }
        if status != Some(404) {
            tracing::warn!(status, code, "A contact stays unresolved");
        }
        let said = result.id.map(|id| (id, text.to_owned()));
        all.refused.extend(said);
    }
    Ok(all)
}
