//! Aggregates queries.

use super::{Api, Page, refused};
use crate::query::{AggregateKind, AggregateQuery};
use source_http::{Request, SourceError};

impl Api {
    /// The answer to an aggregates query: a record is an element of `results`, a group with its buckets. There is only
    /// this one page. Empty buckets, metrics and groups are missing.
    pub async fn aggregates(&self, query: &AggregateQuery) -> Result<Page, SourceError> {
        let path = match query.kind() {
            AggregateKind::Conversations => "/api/v2/analytics/conversations/aggregates/query",
            AggregateKind::Users => "/api/v2/analytics/users/aggregates/query",
            AggregateKind::Evaluations => "/api/v2/analytics/evaluations/aggregates/query",
            AggregateKind::Surveys => "/api/v2/analytics/surveys/aggregates/query",
        };
        let body = query.body().map_err(|error| refused(path, &error))?;
        self.page(&Request::post_json(path, &body).repeatable())
            .await
    }
}
