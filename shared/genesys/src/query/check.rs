//! Filters judged before they are sent: names against the specification, predicates against their own kind.

use super::details::{conversation_groups, segment_groups};
use super::error::{FilterError, QueryError, Refusal};
use super::names::{has, names, nearest};
use model::filter::{Clause, Filter, Group, Operator, Predicate, Range, Subject};
use serde_json::Value;

/// What a predicate is laid against: it decides which names there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// `conversationFilters`.
    Conversation,
    /// `segmentFilters`.
    Segment,
    /// The filter of an aggregates query, by the key of its lists.
    Aggregate(&'static str),
}

/// Bytes a filter may have: a request may have 512,000, interval and paging included.
const LARGEST_BYTES: usize = 500_000;

/// Judges the filter of settings or of an event: everything that is wrong, each by its path below `filter`.
///
/// Dimensions, metrics and property types are closed lists; values are open, because the vendor's enums grow.
pub fn check_filter(filter: &Filter) -> Result<(), FilterError> {
    let mut found = Vec::new();
    for (name, values) in [
        ("queue_ids", &filter.queue_ids),
        ("media_types", &filter.media_types),
        ("division_ids", &filter.division_ids),
    ] {
        for (at, value) in values.iter().enumerate() {
            if value.trim().is_empty() {
                let place = format!("filter.{name}[{at}]");
                found.push(Refusal::new(place, "must not be empty"));
            }
        }
    }
    for (name, groups, about) in [
        ("conversation", &filter.conversation, About::Conversation),
        ("segment", &filter.segment, About::Segment),
    ] {
        for (at, group) in groups.iter().enumerate() {
            check_group(group, about, &format!("filter.{name}[{at}]"), &mut found);
        }
    }
    let size = rendered_bytes(filter);
    if size > LARGEST_BYTES {
        let rule = format!("is {size} bytes long; a request holds {LARGEST_BYTES} of filters");
        found.push(Refusal::new("filter", rule));
    }
    QueryError::of(found)
}

/// Bytes of the filter as it is sent: an id of the short lists becomes a predicate there.
fn rendered_bytes(filter: &Filter) -> usize {
    let short = conversation_groups(filter).into_iter();
    let short = short.chain(segment_groups(filter));
    let sent = |group: &Group| serde_json::to_vec(group).map_or(0, |bytes| bytes.len() + 1);
    short.map(|group| sent(&group)).sum::<usize>()
        + filter.conversation.iter().map(sent).sum::<usize>()
        + filter.segment.iter().map(sent).sum::<usize>()
}

/// What follows notes everything that is wrong, in order.
pub(super) fn check_group(group: &Group, about: About, place: &str, found: &mut Vec<Refusal>) {
    if group.predicates.is_empty() && group.clauses.is_empty() {
        let rule = "has neither predicates nor clauses; give one or leave the group out";
        found.push(Refusal::new(place, rule));
    }
    check_predicates(&group.predicates, about, place, found);
    for (at, clause) in group.clauses.iter().enumerate() {
        check_clause(clause, about, &format!("{place}.clauses[{at}]"), found);
    }
}

fn check_clause(clause: &Clause, about: About, place: &str, found: &mut Vec<Refusal>) {
    if clause.predicates.is_empty() {
        let place = format!("{place}.predicates");
        found.push(Refusal::new(place, "must hold at least one predicate"));
    }
    check_predicates(&clause.predicates, about, place, found);
}

fn check_predicates(all: &[Predicate], about: About, place: &str, found: &mut Vec<Refusal>) {
    for (at, predicate) in all.iter().enumerate() {
        check_predicate(
            predicate,
            about,
            &format!("{place}.predicates[{at}]"),
            found,
        );
    }
}

/// The four fields that name what a predicate is about; each subject has its own.
fn named(predicate: &Predicate) -> [(&'static str, Option<&str>); 4] {
    [
        ("dimension", predicate.dimension.as_deref()),
        ("metric", predicate.metric.as_deref()),
        ("property", predicate.property.as_deref()),
        ("propertyType", predicate.property_type.as_deref()),
    ]
}

/// What a predicate without a type seems to be about: the API would infer it, here it is said.
fn other_subject(predicate: &Predicate) -> Option<&'static str> {
    let is_untold = predicate.subject == Subject::Dimension && predicate.dimension.is_none();
    match (is_untold, &predicate.metric, &predicate.property) {
        (true, Some(_), None) => Some("metric"),
        (true, None, Some(_)) => Some("property"),
        _ => None,
    }
}

fn check_predicate(predicate: &Predicate, about: About, place: &str, found: &mut Vec<Refusal>) {
    let (subject, wanted): (_, &[&str]) = match predicate.subject {
        Subject::Dimension => ("dimension", &["dimension"]),
        Subject::Metric => ("metric", &["metric"]),
        Subject::Property => ("property", &["property", "propertyType"]),
    };
    let offers = match subject {
        "property" => about == About::Segment,
        list => names(&about.list(list)).next().is_some(),
    };
    if !offers {
        let rule = format!("{} takes no such predicate", about.of());
        return found.push(Refusal::found(format!("{place}.type"), subject, rule));
    }
    let meant = other_subject(predicate);
    for (field, value) in named(predicate) {
        let place = format!("{place}.{field}");
        let value = value.filter(|value| !value.is_empty());
        match (wanted.contains(&field), value) {
            (true, None) => {
                let rule = match meant {
                    Some(meant) => format!("is missing; for a {meant} say \"type\": \"{meant}\""),
                    None => format!("is missing; a predicate of type {subject:?} names it"),
                };
                found.push(Refusal::new(place, rule));
            }
            // What seems to be meant has its place there.
            (false, Some(value)) if meant.is_none() => {
                let rule = format!("is not for a predicate of type {subject:?}; leave it out");
                found.push(Refusal::found(place, value, rule));
            }
            // A property's name is the customer's own.
            (true, Some(value)) if field != "property" => {
                found.extend(about.check_name(field, value, place));
            }
            _ => {}
        }
    }
    check_comparison(predicate, place, found);
}

fn check_comparison(predicate: &Predicate, place: &str, found: &mut Vec<Refusal>) {
    let (value, range) = (predicate.value.as_deref(), predicate.range);
    let operator = match predicate.operator {
        Operator::Matches => "matches",
        Operator::Exists => "exists",
        Operator::NotExists => "notExists",
    };
    let mut refuse = |field: &str, rule: &str| {
        found.push(Refusal::new(format!("{place}{field}"), rule));
    };
    match (predicate.operator, value, range) {
        (Operator::Exists | Operator::NotExists, value, range) => {
            let rule = format!("operator {operator:?} compares with nothing; leave it out");
            for (field, is_given) in [(".value", value.is_some()), (".range", range.is_some())] {
                if is_given {
                    refuse(field, &rule);
                }
            }
        }
        (Operator::Matches, Some(_), Some(_)) => {
            refuse("", "has both a value and a range; give one of them");
        }
        (Operator::Matches, None, None) => refuse(
            "",
            "has neither a value nor a range; give one, or ask for \"exists\"",
        ),
        (Operator::Matches, Some(_), None) if predicate.subject == Subject::Metric => refuse(
            ".value",
            "a metric is compared with a range (gt, gte, lt, lte), not with a value",
        ),
        (Operator::Matches, Some(value), None) if value.trim().is_empty() => refuse(
            ".value",
            "must not be empty; to ask for what has none, use \"notExists\"",
        ),
        (Operator::Matches, Some(_), None) => {}
        (Operator::Matches, None, Some(range)) => {
            if let Some(rule) = wrong_range(range) {
                refuse(".range", rule);
            }
        }
    }
}

fn wrong_range(range: Range) -> Option<&'static str> {
    let Range { gt, gte, lt, lte } = range;
    if gt.is_some() && gte.is_some() || lt.is_some() && lte.is_some() {
        return Some("has two bounds on one side; give gt or gte, lt or lte");
    }
    // Whole numbers: greater than 4 is from 5 on.
    let from = gte.or_else(|| gt.map(|gt| gt.saturating_add(1)));
    let to = lte.or_else(|| lt.map(|lt| lt.saturating_sub(1)));
    match (from, to) {
        (None, None) => Some("is empty; give at least one of gt, gte, lt, lte"),
        (Some(from), Some(to)) if from > to => {
            Some("no whole number lies in it; the lower bound must be below the upper one")
        }
        _ => None,
    }
}

impl About {
    /// The key of a list of names.
    fn list(self, of: &str) -> String {
        let key = match self {
            Self::Conversation => "conversation",
            Self::Segment => "segment",
            Self::Aggregate(key) => key,
        };
        // Aggregates have metrics to ask for, but none to filter by.
        match (self, of) {
            (Self::Aggregate(_), "metric") => "none".to_owned(),
            _ => format!("{key}.{of}"),
        }
    }

    fn of(self) -> String {
        match self {
            Self::Conversation => "a conversation filter".to_owned(),
            Self::Segment => "a segment filter".to_owned(),
            Self::Aggregate(key) => format!("a filter of {} aggregates", singular(key)),
        }
    }

    fn check_name(self, field: &str, name: &str, place: String) -> Option<Refusal> {
        let list = self.list(field);
        if has(&list, name) {
            return None;
        }
        let (what, elsewhere) = match self {
            Self::Conversation => ("a conversation", Some((Self::Segment, "segment"))),
            Self::Segment => ("a segment", Some((Self::Conversation, "conversation"))),
            Self::Aggregate(key) => (key, None),
        };
        if let Some((other, key)) = elsewhere
            && has(&other.list(field), name)
        {
            let rule = format!("is no {field} of {what} but of a {key}: put it under filter.{key}");
            return Some(Refusal::found(place, name, rule));
        }
        let what = match self {
            Self::Aggregate(key) => format!("{} aggregates", singular(key)),
            _ => what.to_owned(),
        };
        let rule = format!("is no {field} of {what}; nearest: {}", nearest(&list, name));
        Some(Refusal::found(place, name, rule))
    }
}

/// `conversation aggregates`, not `conversations aggregates`.
pub(super) fn singular(key: &str) -> &str {
    key.trim_end_matches('s')
}

/// The groups of the raw part as they stand: their form is the API's own.
pub(super) fn rendered(groups: &[Group]) -> impl Iterator<Item = Value> {
    // Structs of texts and numbers: writing them cannot fail.
    groups
        .iter()
        .map(|group| serde_json::to_value(group).unwrap_or_default())
}
