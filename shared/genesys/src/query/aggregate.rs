//! Aggregates queries: what the source itself counts, per group and bucket of time.

use super::check::{About, check_group, singular};
use super::details::{conversation_groups, segment_groups};
use super::error::{FilterError, QueryError, Refusal};
use super::names::{has, nearest};
use model::Window;
use model::filter::{Clause, Filter, Group, Junction, Operator, Predicate};
use serde_json::{Map, Value, json};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateKind {
    /// `/analytics/conversations/aggregates/query`.
    Conversations,
    /// `/analytics/users/aggregates/query`.
    Users,
    /// `/analytics/evaluations/aggregates/query`.
    Evaluations,
    /// `/analytics/surveys/aggregates/query`.
    Surveys,
}

/// A question for aggregates. Buckets are cut in UTC, always.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing until it is sent"]
pub struct AggregateQuery {
    kind: AggregateKind,
    interval: Window,
    granularity_minutes: Option<u32>,
    group_by: Vec<String>,
    metrics: Vec<String>,
    filters: Vec<Group>,
    alternate_time_dimension: Option<String>,
}

impl AggregateKind {
    /// The key of its lists of names.
    const fn key(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Users => "users",
            Self::Evaluations => "evaluations",
            Self::Surveys => "surveys",
        }
    }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl AggregateQuery {
    /// `metrics` over the whole interval, as one group.
    pub fn new(kind: AggregateKind, interval: Window, metrics: &[&str]) -> Self {
        Self {
            kind,
            interval,
            granularity_minutes: None,
            group_by: Vec::new(),
            metrics: texts(metrics),
            filters: Vec::new(),
            alternate_time_dimension: None,
        }
    }

    /// One group for each combination of these dimensions.
    pub fn grouped_by(mut self, dimensions: &[&str]) -> Self {
        self.group_by = texts(dimensions);
        self
    }

    /// Buckets of so many minutes.
    pub const fn every_minutes(mut self, minutes: u32) -> Self {
        self.granularity_minutes = Some(minutes);
        self
    }

    /// Only what a filter keeps, of what it is limited to already.
    pub fn filtered(mut self, filter: Option<Group>) -> Self {
        self.filters.extend(filter);
        self
    }

    /// By another instant than the usual one: `eventTime`, `surveyCreatedDate`, …
    pub fn timed_by(mut self, dimension: &str) -> Self {
        self.alternate_time_dimension = Some(dimension.to_owned());
        self
    }

    /// Evaluations of which something happened in the interval, by conversation and evaluation.
    pub fn evaluations(interval: Window) -> Self {
        // Missing buckets are missing: any of these metrics makes a group appear.
        let metrics = [
            "nEvaluations",
            "nEvaluationsDeleted",
            "nEvaluationsRescored",
            "oTotalScore",
            "oTotalCriticalScore",
        ];
        Self::new(AggregateKind::Evaluations, interval, &metrics)
            .grouped_by(&["conversationId", "evaluationId"])
            .timed_by("eventTime")
    }

    /// Surveys of which something happened in the interval, by conversation and survey.
    pub fn surveys(interval: Window) -> Self {
        let metrics = [
            "nSurveysSent",
            "nSurveysStarted",
            "nSurveyResponses",
            "nSurveysAbandoned",
            "nSurveysExpired",
            "nSurveysDeleted",
            "nSurveyErrors",
            "oSurveyTotalScore",
        ];
        Self::new(AggregateKind::Surveys, interval, &metrics)
            .grouped_by(&["conversationId", "surveyId"])
            .timed_by("eventTime")
    }

    /// How long each user was in each routing status, in buckets of `minutes`.
    pub fn routing_status(interval: Window, minutes: u32) -> Self {
        Self::new(AggregateKind::Users, interval, &["tAgentRoutingStatus"])
            .grouped_by(&["userId"])
            .every_minutes(minutes)
    }

    /// What the source counts per queue and media type, in buckets of `minutes`: the other side of the reconciliation.
    pub fn queues(interval: Window, minutes: u32) -> Self {
        let metrics = [
            "nOffered",
            "nConnected",
            "nTransferred",
            "tAnswered",
            "tAbandon",
            "tHandle",
            "tTalk",
            "tHeld",
            "tAcw",
            "tWait",
            "tFlowOut",
            "oServiceLevel",
            "nOverSla",
        ];
        // What never met a queue would come as a group without one.
        let queued = Predicate {
            dimension: Some("queueId".to_owned()),
            operator: Operator::Exists,
            ..Predicate::default()
        };
        Self::new(AggregateKind::Conversations, interval, &metrics)
            .grouped_by(&["queueId", "mediaType"])
            .every_minutes(minutes)
            .filtered(Some(Group {
                junction: Junction::And,
                predicates: vec![queued],
                clauses: Vec::new(),
            }))
    }

    /// What is counted.
    pub const fn kind(&self) -> AggregateKind {
        self.kind
    }

    /// The body of the query, or everything that the API would refuse in it.
    pub fn body(&self) -> Result<Value, QueryError> {
        let mut found = Vec::new();
        self.check(&mut found);
        let filter = self.filter(&mut found);
        QueryError::of(found)?;
        let mut body = Map::new();
        body.insert("interval".to_owned(), json!(self.interval.to_string()));
        body.insert("timeZone".to_owned(), json!("UTC"));
        body.insert("metrics".to_owned(), json!(self.metrics));
        if !self.group_by.is_empty() {
            body.insert("groupBy".to_owned(), json!(self.group_by));
        }
        if let Some(minutes) = self.granularity_minutes {
            body.insert("granularity".to_owned(), json!(format!("PT{minutes}M")));
        }
        if let Some(dimension) = &self.alternate_time_dimension {
            body.insert("alternateTimeDimension".to_owned(), json!(dimension));
        }
        if let Some(filter) = filter {
            body.insert("filter".to_owned(), json!(filter));
        }
        Ok(Value::Object(body))
    }

    /// Everything but the filter.
    fn check(&self, found: &mut Vec<Refusal>) {
        let key = self.kind.key();
        if self.metrics.is_empty() {
            found.push(Refusal::new("metrics", "must name at least one metric"));
        }
        let all = [
            ("metrics", "metric", &self.metrics),
            ("groupBy", "dimension", &self.group_by),
        ];
        for (place, list, names) in all {
            for (at, name) in names.iter().enumerate() {
                let place = format!("{place}[{at}]");
                if names[..at].contains(name) {
                    found.push(Refusal::found(place, name, "is named twice"));
                } else {
                    found.extend(check_name(key, list, name, place));
                }
            }
        }
        if self.granularity_minutes == Some(0) {
            let rule = "a bucket has at least one minute";
            found.push(Refusal::found("granularity", 0, rule));
        }
        if let Some(dimension) = &self.alternate_time_dimension {
            let place = "alternateTimeDimension";
            found.extend(check_name(key, place, dimension, place.to_owned()));
        }
    }

    /// All filters as the one the API takes; not to be used when something is found.
    fn filter(&self, found: &mut Vec<Refusal>) -> Option<Group> {
        let about = About::Aggregate(self.kind.key());
        match self.filters.as_slice() {
            [] => None,
            [filter] => {
                check_group(filter, about, "filter", found);
                Some(filter.clone())
            }
            filters => {
                let mut all = everything();
                for (at, filter) in filters.iter().enumerate() {
                    add(
                        &mut all,
                        flat(filter, about, &format!("filter[{at}]"), found),
                    );
                }
                Some(all)
            }
        }
    }
}

fn check_name(key: &str, list: &str, name: &str, place: String) -> Option<Refusal> {
    let list_of_kind = format!("{key}.{list}");
    if has(&list_of_kind, name) {
        return None;
    }
    let nearest = nearest(&list_of_kind, name);
    let rule = format!(
        "is no {list} of {} aggregates; nearest: {nearest}",
        singular(key)
    );
    Some(Refusal::found(place, name, rule))
}

/// A filter of conversations in the form conversation aggregates take: one group, dimensions only. `None`: nothing is
/// left out. What aggregates cannot say is refused by its place in the filter, never left out.
///
/// It keeps what belongs to a conversation's part, not whole conversations: the aggregates of a queue filter are those
/// of the queues, while a details query gives the conversations that touched them.
pub fn aggregate_filter(filter: &Filter) -> Result<Option<Group>, FilterError> {
    let (mut all, mut found) = (everything(), Vec::new());
    for group in segment_groups(filter)
        .into_iter()
        .chain(conversation_groups(filter))
    {
        add(&mut all, group);
    }
    for (name, groups) in [
        ("conversation", &filter.conversation),
        ("segment", &filter.segment),
    ] {
        for (at, group) in groups.iter().enumerate() {
            let place = format!("filter.{name}[{at}]");
            let about = About::Aggregate("conversations");
            add(&mut all, flat(group, about, &place, &mut found));
        }
    }
    QueryError::of(found)?;
    Ok((!all.predicates.is_empty() || !all.clauses.is_empty()).then_some(all))
}

/// A filter that keeps everything.
const fn everything() -> Group {
    Group {
        junction: Junction::And,
        predicates: Vec::new(),
        clauses: Vec::new(),
    }
}

fn add(all: &mut Group, group: Group) {
    if group.junction == Junction::And || group.predicates.len() == 1 && group.clauses.is_empty() {
        all.predicates.extend(group.predicates);
        all.clauses.extend(group.clauses);
    } else {
        all.clauses.push(Clause {
            junction: Junction::Or,
            predicates: group.predicates,
        });
    }
}

/// The group, an `or` without clauses: inside the `and` of all groups there is room for one more level only. Not to be used
/// when something is found.
fn flat(group: &Group, about: About, place: &str, found: &mut Vec<Refusal>) -> Group {
    check_group(group, about, place, found);
    if group.junction == Junction::And {
        return group.clone();
    }
    let mut predicates = group.predicates.clone();
    for (at, clause) in group.clauses.iter().enumerate() {
        if clause.junction == Junction::And && clause.predicates.len() > 1 {
            let place = format!("{place}.clauses[{at}]");
            let rule = "an \"and\" inside an \"or\" cannot be asked of aggregates, which nest only two levels";
            found.push(Refusal::new(place, rule));
        }
        predicates.extend(clause.predicates.iter().cloned());
    }
    Group {
        junction: Junction::Or,
        predicates,
        clauses: Vec::new(),
    }
}
