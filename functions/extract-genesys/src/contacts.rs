//! The external contacts of a window, resolved to the ids a CRM knows.

use crate::absent::{absence, stand_in};
use crate::object::CONTACTS;
use crate::run::{Progress, Run, Source};
use crate::unavailable::{Asked, NOBODY};
use crate::{ExtractError, unavailable};
use genesys::api::{Api, ContactSources, Resolved};
use genesys::record::Record;
use genesys::record::external_contact::write_external_contact;
use jiff::Timestamp;
use landing::WindowWriter;

/// Remembers the contacts a conversation names, each once in a window.
pub(crate) fn collect(run: &mut Run<'_>, record: &Record<'_>) {
    for id in record.external_contact_ids() {
        if !run.state.contacts.contains(id) && run.writer.is_first(&format!("contact {id}")) {
            run.state.contacts.insert(id.to_owned());
            run.state.asked += 1;
        }
    }
}

/// Resolves what waits, in batches, as long as there are at least so many.
pub(crate) async fn resolve(
    run: &mut Run<'_>,
    source: &Source,
    at_least: usize,
) -> Result<Progress, ExtractError> {
    let full = run.settings.genesys.contact_batch_size as usize;
    let mut size = full.min(run.state.at_once.unwrap_or(full));
    while run.state.contacts.len() >= at_least.max(1) {
        let batch: Vec<String> = run.state.contacts.iter().take(size).cloned().collect();
        // Pages of conversations may be on their way meanwhile: theirs is another client.
        let before = source.beside.client().calls();
        let mut sources = run.contact_sources.clone();
        let asked = ask_for(run, &source.beside, &batch, &mut sources).await;
        run.contact_sources = sources;
        let calls = source.beside.client().calls() - before;
        if let Some(counts) = run.writer.counts_beside() {
            counts.calls += calls;
        }
        let received_at = run.deadline.now();
        let sources = &run.contact_sources;
        match asked? {
            Asked::Answered(resolved) => {
                for contact in &resolved {
                    let (id, payload) = (&contact.asked_id, &contact.payload);
                    take(&mut run.writer, id, payload, received_at, sources)?;
                }
            }
            Asked::Halve => {
                size = batch.len().div_ceil(2);
                run.state.at_once = Some(size);
                if run.is_late() {
                    return Ok(Progress::HandBack);
                }
                run.keep(&source.api).await?;
                continue;
            }
            Asked::Later => return Ok(Progress::HandBack),
            Asked::SetAside(status) => {
                run.state.aside += 1;
                for id in &batch {
                    let payload = stand_in(&[("askedId", id)], Some(status));
                    take(&mut run.writer, id, &payload, received_at, sources)?;
                }
            }
        }
        if batch.len() == 1 {
            (size, run.state.at_once) = (full, None);
        }
        for id in &batch {
            run.state.contacts.remove(id);
        }
        run.checkpoint(&source.api).await?;
        if run.is_late() && !run.state.contacts.is_empty() {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

async fn ask_for(
    run: &mut Run<'_>,
    api: &Api,
    batch: &[String],
    sources: &mut ContactSources,
) -> Result<Asked<Vec<Resolved>>, ExtractError> {
    let mut others = sources.clone();
    let left = run.deadline.left();
    let call = async || api.resolve_contacts(batch, sources).await;
    let probe = async || {
        let nobody = [NOBODY.to_owned()];
        let answer = api.resolve_contacts(&nobody, &mut others).await;
        answer.map(|_| ())
    };
    unavailable::ask(run, batch, left, call, probe).await
}

/// Lands and stages a contact's record, or what stands in for one.
pub(crate) fn take(
    writer: &mut WindowWriter,
    asked_id: &str,
    payload: &str,
    received_at: Timestamp,
    sources: &ContactSources,
) -> Result<(), ExtractError> {
    writer.record_beside(asked_id, payload, received_at, |rows| {
        match absence(payload) {
            Some((_, refusal)) => Err(refusal),
            None => write_external_contact(payload, sources, CONTACTS, rows),
        }
    })?;
    Ok(())
}
