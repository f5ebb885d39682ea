//! The external contacts of a window, resolved to the ids a CRM knows.

use crate::{CONTACTS, ExtractError, Progress, Run};
use genesys::api::{Api, Contact, ContactSources};
use jiff::Timestamp;
use landing::WindowWriter;
use model::rows::{Refusal, Rows};

/// Resolves what the window's conversations name, in batches.
pub(crate) async fn resolve(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let genesys = &run.settings.genesys;
    let size = genesys.contact_batch_size as usize;
    let mut sources = ContactSources::named(&genesys.salesforce_source_names);
    while !run.state.contacts.is_empty() {
        let batch: Vec<String> = run.state.contacts.iter().take(size).cloned().collect();
        let resolved = api
            .resolve_contacts(&batch, &mut sources)
            .await
            .map_err(|cause| run.source(cause))?;
        let received_at = run.deadline.now();
        for resolved in &resolved {
            stage(
                &mut run.writer,
                received_at,
                &resolved.asked_id,
                resolved.contact.as_ref(),
            );
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

/// Adds a contact's row. What the table cannot hold leaves the contact unresolved, and says so.
fn stage(
    writer: &mut WindowWriter,
    received_at: Timestamp,
    asked_id: &str,
    contact: Option<&Contact>,
) {
    let added = writer.side_rows(received_at, |rows| write(asked_id, contact, rows));
    if let Err(refusal) = added {
        tracing::warn!(
            reason = refusal.reason,
            "An external contact stays unresolved: {}",
            refusal.detail
        );
        let _ = writer.side_rows(received_at, |rows| write(asked_id, None, rows));
    }
}

fn write(asked_id: &str, contact: Option<&Contact>, rows: &mut Rows) -> Result<(), Refusal> {
    let text = |field: fn(&Contact) -> Option<&str>| contact.and_then(field);
    rows.row(CONTACTS)
        .text(Some(asked_id))
        .text(text(|it| {
            Some(it.contact_id.as_str()).filter(|id| !id.is_empty())
        }))
        .text(text(|it| it.canonical_id.as_deref()))
        .text(text(|it| it.contact_type.as_deref()))
        .text(text(|it| it.salesforce_contact_id.as_deref()))
        .text(text(|it| it.salesforce_account_id.as_deref()))
        .text(text(|it| it.external_organization_id.as_deref()))
        .text(text(|it| it.external_ids.as_deref()))
        .end()
}
