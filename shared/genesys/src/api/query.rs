//! The details query.

use super::{Api, Page};
use model::Window;
use serde_json::json;
use source_http::{Request, SourceError};

impl Api {
    /// A page (from 1) of the conversations that started on a UTC day `interval` touches, by start. They come without
    /// participant attributes. Past the end the page is empty.
    ///
    /// With `only_starts` a filter asks for conversations that started inside `interval` itself: the only way to make a
    /// result smaller than a day. The predicate is in the specification; the form of its value, an interval, is not
    /// confirmed by it, so the caller filters on the start as well.
    pub async fn query_page(
        &self,
        interval: Window,
        only_starts: bool,
        page_number: u64,
        page_size: u32,
    ) -> Result<Page, SourceError> {
        let mut body = json!({
            "interval": interval.to_string(),
            "order": "asc",
            "orderBy": "conversationStart",
            "paging": { "pageSize": page_size, "pageNumber": page_number },
        });
        if only_starts {
            body["conversationFilters"] = json!([{
                "type": "and",
                "predicates": [{
                    "type": "dimension",
                    "dimension": "conversationStart",
                    "operator": "matches",
                    "value": interval.to_string(),
                }],
            }]);
        }
        let path = "/api/v2/analytics/conversations/details/query";
        self.page(&Request::post_json(path, &body).repeatable())
            .await
    }
}
