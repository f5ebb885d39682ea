//! Listings of what conversations refer to: queues, users, wrap-up codes, divisions, campaigns.

use super::{Api, Page};
use source_http::{Request, SourceError};

/// Entities a page; the listings serve at most 100 (documented for campaigns, taken for all).
const PAGE_SIZE: u32 = 100;

impl Api {
    /// A page (from 1) of a listing: `queue`, `user` (whatever the state: who left keeps a name), `wrapup_code`,
    /// `division` or `campaign`.
    pub async fn listing_page(&self, object: &str, page_number: u64) -> Result<Page, SourceError> {
        let request = match object {
            "queue" => Request::get("/api/v2/routing/queues"),
            "user" => Request::get("/api/v2/users").query("state", "any"),
            "wrapup_code" => Request::get("/api/v2/routing/wrapupcodes"),
            "division" => Request::get("/api/v2/authorization/divisions"),
            "campaign" => Request::get("/api/v2/outbound/campaigns"),
            _ => {
                return Err(SourceError::invalid(
                    "listing",
                    format!(
                        "object {object:?} has no listing; use queue, user, wrapup_code, division or campaign"
                    ),
                ));
            }
        };
        let request = request
            .query("pageSize", PAGE_SIZE)
            .query("pageNumber", page_number);
        self.page(&request).await
    }
}

impl Page {
    /// Whether a listing goes on after this page, which was number `page_number`. An empty page is the end whatever the
    /// counts say, so that a count that is wrong cannot keep the loop going.
    pub fn has_next(&self, page_number: u64) -> bool {
        !self.is_empty()
            && match self.page_count {
                Some(pages) => page_number < pages,
                None => self.next_uri.is_some(),
            }
    }
}
