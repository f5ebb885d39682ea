//! The details query.

use super::{Api, Page};
use model::Window;
use serde_json::json;
use source_http::{Request, SourceError};

impl Api {
    /// A page (from 1) of the conversations that started on a UTC day `interval` touches, by start. They come without
    /// participant attributes. Past the end the page is empty.
    pub async fn query_page(
        &self,
        interval: Window,
        page_number: u64,
        page_size: u32,
    ) -> Result<Page, SourceError> {
        let body = json!({
            "interval": interval.to_string(),
            "order": "asc",
            "orderBy": "conversationStart",
            "paging": { "pageSize": page_size, "pageNumber": page_number },
        });
        let path = "/api/v2/analytics/conversations/details/query";
        self.page(&Request::post_json(path, &body).repeatable())
            .await
    }
}
