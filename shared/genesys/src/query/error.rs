//! Why a query must not be sent.

use model::{Classify, Kind};
use std::fmt;

/// A part of a query that the API would refuse, or would take for something else than was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where it stands: `filter.conversation[0].clauses[1].predicates[2].dimension`.
    pub place: String,
    /// What stands there, shortened; values to compare with are never shown, they may be somebody's number.
    pub value: Option<String>,
    /// What is wrong and what would do.
    pub rule: String,
}

/// What is wrong with a filter.
pub type FilterError = QueryError;

impl QueryError {
    pub(super) fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            value: None,
            rule: rule.into(),
        }
    }

    pub(super) fn found(
        place: impl Into<String>,
        value: impl fmt::Display,
        rule: impl Into<String>,
    ) -> Self {
        let value = value.to_string().chars().take(60).collect();
        Self {
            value: Some(value),
            ..Self::new(place, rule)
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value:?}: {}", self.place, self.rule),
            None => write!(f, "{}: {}", self.place, self.rule),
        }
    }
}

impl std::error::Error for QueryError {}

impl Classify for QueryError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
