//! Listings: queues, users, wrap-up codes, divisions, campaigns.
//!
//! A page is a number, not a place: an entity that is created meanwhile pushes another one onto the next page, where it comes
//! twice, and one that is deleted pulls another one onto a page that is read already. A listing that moves is begun anew.

use crate::ExtractError;
use crate::run::{Progress, Run};
use crate::state::{Listing, Stage};
use genesys::api::Api;

/// In place of the next page: there is none. What lies behind the last one need not be an empty page.
const READ: u64 = 0;
/// A listing that goes on moving is begun anew so many times; the next run reads it again in any case.
const MOST_ANEW: u32 = 2;
/// The group of marks that counts its different records.
const GROUP: u32 = 0;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let object = run.object.name();
    let mut listing = match run.state.stage.clone() {
        Stage::Listing(listing) => listing,
        _ => Listing {
            page: 1,
            ..Listing::default()
        },
    };
    while listing.page != READ {
        let number = listing.page;
        let page = api
            .listing_page(object, number)
            .await
            .map_err(|cause| run.source(cause))?;
        let received_at = run.deadline.now();
        for payload in page.records() {
            let id = run.object.natural_id(payload);
            let is_new = run
                .writer
                .mark(GROUP, if id.is_empty() { payload } else { &id });
            listing.has_moved |= !is_new;
            run.take(payload, received_at)?;
        }
        if let Some(total) = page.total {
            listing.has_moved |= listing.total.is_some_and(|before| before != total);
            listing.total = Some(total);
            run.state.api_count = Some(total);
        }
        listing.page = if page.has_next(number) {
            number + 1
        } else {
            next_look(run, &mut listing)
        };
        run.state.stage = Stage::Listing(listing.clone());
        run.checkpoint(api).await?;
        if run.is_late() && listing.page != READ {
            return Ok(Progress::HandBack);
        }
    }
    Ok(Progress::Complete)
}

/// Behind the last page: the first one, if something may be missing; what came already is dropped by its bytes.
fn next_look(run: &mut Run<'_>, listing: &mut Listing) -> u64 {
    let came = run.writer.marked(GROUP);
    let missing = listing.total.unwrap_or(0).saturating_sub(came);
    run.writer.forget(GROUP);
    if missing == 0 && !listing.has_moved {
        return READ;
    }
    let object = run.object.name();
    if listing.begun_anew == MOST_ANEW {
        tracing::warn!(
            object,
            missing,
            "The listing moved each time it was read, or counts more than it gives: {missing} of its records did not come; the next run reads it again"
        );
        return READ;
    }
    tracing::info!(
        object,
        missing,
        "The listing moved while it was read, or counts more than it gave: reading it again"
    );
    *listing = Listing {
        begun_anew: listing.begun_anew + 1,
        ..Listing::default()
    };
    1
}
