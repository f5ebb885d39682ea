//! Which conversations of a window are read: what the settings and the event may ask for.
//!
//! The groups under `conversation` and `segment` have the form of the Platform API's own filters (`type`, `predicates`,
//! `clauses`), so that one built in the vendor's tools can be pasted. Whether a dimension or a metric exists is judged by
//! the `genesys` crate, before anything is sent.

use serde::{Deserialize, Serialize};

/// What the conversations of a run are limited to; everything empty: all of them. All parts must hold at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Any segment in one of these queues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue_ids: Vec<String>,
    /// Any session on one of these media types (`voice`, `message`, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
    /// In one of these divisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub division_ids: Vec<String>,
    /// How the conversation began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Further conditions on the conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversation: Vec<Group>,
    /// Further conditions, each of which some segment must meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segment: Vec<Group>,
}

impl Filter {
    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// `originatingDirection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The customer came to us.
    Inbound,
    /// We went to the customer.
    Outbound,
}

impl Direction {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// How the parts of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Junction {
    /// All must hold.
    And,
    /// One is enough.
    Or,
}

/// A filter of the API: predicates and clauses joined by `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// How predicates and clauses are joined.
    #[serde(rename = "type")]
    pub junction: Junction,
    /// Conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
    /// Conditions in brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

/// Predicates joined by `type`, inside a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// How the predicates are joined.
    #[serde(rename = "type")]
    pub junction: Junction,
    /// Conditions.
    pub predicates: Vec<Predicate>,
}

/// What a predicate is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A dimension (`queueId`).
    #[default]
    Dimension,
    /// A metric (`tHandle`).
    Metric,
    /// A custom property, with its type.
    Property,
}

/// How a predicate compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operator {
    /// Equals `value`, or lies in `range`.
    #[default]
    Matches,
    /// Has any value.
    Exists,
    /// Has none.
    NotExists,
}

/// One condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predicate {
    /// What it is about.
    #[serde(rename = "type", default)]
    pub subject: Subject,
    /// The dimension's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<String>,
    /// The metric's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The property's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// `bool`, `integer`, `real`, `date`, `string`, `uuid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_type: Option<String>,
    /// How it compares.
    #[serde(default)]
    pub operator: Operator,
    /// What it must equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where a number must lie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

/// Bounds of a number; at least one is given. Whole numbers: milliseconds for `t…` metrics, counts for `n…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Greater than.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gt: Option<i64>,
    /// Greater than or equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gte: Option<i64>,
    /// Less than.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lt: Option<i64>,
    /// Less than or equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lte: Option<i64>,
}
