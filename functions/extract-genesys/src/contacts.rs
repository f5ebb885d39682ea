//! The external contacts of a window, resolved to the ids a CRM knows.

use crate::ExtractError;
use crate::object::CONTACTS;
use crate::run::{Progress, Run};
use genesys::api::{Api, ContactSources};
use genesys::record::Record;
use genesys::record::external_contact::write_external_contact;
use jiff::Timestamp;
use landing::WindowWriter;

/// Remembers the contacts a conversation names, each once in a window.
pub(crate) fn collect(run: &mut Run<'_>, record: &Record<'_>) {
    for id in record.external_contact_ids() {
        if !run.state.contacts.contains(id) && run.writer.is_first(&format!("contact {id}")) {
            run.state.contacts.insert(id.to_owned());
        }
    }
}

/// Resolves what waits, in batches, as long as there are at least so many.
pub(crate) async fn resolve(
    run: &mut Run<'_>,
    api: &Api,
    at_least: usize,
) -> Result<Progress, ExtractError> {
    let size = run.settings.genesys.contact_batch_size as usize;
    while run.state.contacts.len() >= at_least.max(1) {
        let batch: Vec<String> = run.state.contacts.iter().take(size).cloned().collect();
        let before = api.client().calls();
        let resolved = api.resolve_contacts(&batch, &mut run.contact_sources).await;
        let calls = api.client().calls() - before;
        run.calls_beside += calls;
        if let Some(counts) = run.writer.counts_beside() {
            counts.calls += calls;
        }
        let resolved = resolved.map_err(|cause| run.source(cause))?;
        let received_at = run.deadline.now();
        for contact in &resolved {
            let (id, payload) = (&contact.asked_id, &contact.payload);
            let sources = &run.contact_sources;
            take(&mut run.writer, id, payload, received_at, sources)?;
        }
        for id in &batch {
            run.state.contacts.remove(id);
        }
        run.checkpoint(api).await?;
        if run.is_late() && !run.state.contacts.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// Lands and stages a contact's record.
pub(crate) fn take(
    writer: &mut WindowWriter,
    asked_id: &str,
    payload: &str,
    received_at: Timestamp,
    sources: &ContactSources,
) -> Result<(), ExtractError> {
    writer.record_beside(asked_id, payload, received_at, |rows| {
        write_external_contact(payload, sources, CONTACTS, rows)
    })?;
    Ok(())
}
