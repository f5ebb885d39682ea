//! The details query, and conversations by their ids.

use super::{Api, Page, path_part, refused};
use crate::query::DetailsQuery;
use model::Window;
use model::filter::Filter;
use serde_json::value::RawValue;
use source_http::{Request, SourceError};

const QUERY: &str = "/api/v2/analytics/conversations/details/query";
const BY_ID: &str = "/api/v2/analytics/conversations/details";
const DETAILS: &str = "/api/v2/analytics/conversations/{conversationId}/details";
const CONVERSATION: &str = "/api/v2/conversations/{conversationId}";

impl Api {
    /// A page of what a details query selects. They come without participant attributes. Past the end the page is empty.
    pub async fn details(&self, query: &DetailsQuery<'_>) -> Result<Page, SourceError> {
        let body = query.query_body().map_err(|error| refused(QUERY, &error))?;
        self.page(&Request::post_json(QUERY, &body).repeatable())
            .await
    }

    /// A page (from 1) of the conversations that started on a UTC day `interval` touches, by start.
    ///
    /// With `only_starts` the API is asked for those that started inside `interval` itself
    /// ([`DetailsQuery::starting_in`]).
    pub async fn query_page(
        &self,
        interval: Window,
        only_starts: bool,
        filter: Option<&Filter>,
        page_number: u64,
        page_size: u32,
    ) -> Result<Page, SourceError> {
        let mut query = DetailsQuery::new(interval)
            .filtered(filter)
            .page(page_number, page_size);
        if only_starts {
            query = query.starting_in(interval);
        }
        self.details(&query).await
    }

    /// The conversations with these ids, in one page and in no order; those that do not exist, or that the client may not
    /// see, are missing. How many ids a call may have is not documented: splitting them is up to the caller.
    pub async fn details_by_ids(&self, ids: &[String]) -> Result<Page, SourceError> {
        let request = Request::get(BY_ID);
        let request = ids
            .iter()
            .fold(request, |request, id| request.query("id", id));
        self.page(&request).await
    }

    /// One conversation by its id, as [`Api::details_by_ids`] has it. `None` when the API does not know it, or does not show
    /// it.
    pub async fn details_of(&self, id: &str) -> Result<Option<String>, SourceError> {
        let id = path_part("conversation", id)?;
        self.found(&Request::get(DETAILS.replace("{conversationId}", id)))
            .await
    }

    /// One conversation as it stands now, with the attributes a details job only has later: its bytes as they came.
    /// `None` when the API knows it no longer.
    pub async fn conversation(&self, id: &str) -> Result<Option<String>, SourceError> {
        let id = path_part("conversation", id)?;
        self.found(&Request::get(CONVERSATION.replace("{conversationId}", id)))
            .await
    }

    /// The bytes of an answer; `None` for a 404.
    async fn found(&self, request: &Request) -> Result<Option<String>, SourceError> {
        let read = |body: Vec<u8>| serde_json::from_slice::<Box<RawValue>>(&body);
        match self.client.send(request, read).await {
            Ok(answer) => Ok(Some(answer.value.get().to_owned())),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
