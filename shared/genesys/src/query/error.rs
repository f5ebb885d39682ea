//! Why a query must not be sent.

use model::{Classify, Kind};
use std::fmt;

/// More of one query is not told: the text becomes part of the machine's state.
const MOST: usize = 100;

/// A part of a query that the API would refuse, or would take for something else than was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands: `filter.conversation[0].clauses[1].predicates[2].dimension`.
    pub place: String,
    /// What stands there, shortened; values to compare with are never shown, they may be somebody's number.
    pub value: Option<String>,
    /// What is wrong and what would do.
    pub rule: String,
}

/// Everything for which a query must not be sent, in the order in which it stands there: at least one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError(Vec<Refusal>);

/// What is wrong with a filter.
pub type FilterError = QueryError;

impl Refusal {
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

impl QueryError {
    /// An error, unless nothing was found.
    pub(super) fn of(mut found: Vec<Refusal>) -> Result<(), Self> {
        if found.len() > MOST {
            found.truncate(MOST);
            let rule = "has more mistakes, which are told once these are mended";
            found.push(Refusal::new("filter", rule));
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(Self(found))
    }

    /// Each part.
    pub fn refusals(&self) -> &[Refusal] {
        &self.0
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value:?}: {}", self.place, self.rule),
            None => write!(f, "{}: {}", self.place, self.rule),
        }
    }
}

/// A line for each part.
impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, refusal) in self.0.iter().enumerate() {
            let before = if at > 0 { "\n" } else { "" };
            write!(f, "{before}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for QueryError {}

impl Classify for QueryError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
