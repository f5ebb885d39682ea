//! The details query and the details job: which conversations, in which order.

use super::check::{check_filter, rendered};
use super::error::{QueryError, Refusal};
use jiff::SignedDuration;
use model::Window;
use model::filter::{Filter, Group, Junction, Predicate};
use serde_json::{Map, Value, json};

/// Days a details query may cover without a filter.
const DAYS_UNFILTERED: i64 = 7;
/// Days a details query may cover with one.
const DAYS_FILTERED: i64 = 31;
/// Conversations a page may have.
const LARGEST_PAGE: u32 = 100;

/// Direction of a sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
    /// As it comes.
    Unordered,
}

/// What is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// When the conversation began.
    #[default]
    ConversationStart,
    /// When it ended.
    ConversationEnd,
    /// When a segment began.
    SegmentStart,
    /// When a segment ended.
    SegmentEnd,
}

/// A question for conversation details, for the query and for the job alike.
#[derive(Debug, Clone, Copy)]
#[must_use = "a query does nothing until it is sent"]
pub struct DetailsQuery<'a> {
    interval: Window,
    filter: Option<&'a Filter>,
    starts_in: Option<Window>,
    order: Order,
    order_by: OrderBy,
    page: Option<(u64, u32)>,
}

impl<'a> DetailsQuery<'a> {
    /// Everything of an interval, by start, oldest first.
    ///
    /// The query reads it as "started on a UTC day it touches", the job as "its life overlaps it".
    pub const fn new(interval: Window) -> Self {
        Self {
            interval,
            filter: None,
            starts_in: None,
            order: Order::Ascending,
            order_by: OrderBy::ConversationStart,
            page: None,
        }
    }

    /// Only what a filter keeps. Each part about segments must be met by some segment, not all of them by the same one:
    /// a call that waited in a queue and an e-mail sent from another one meet "this queue" and "e-mail" together.
    pub const fn filtered(mut self, filter: Option<&'a Filter>) -> Self {
        self.filter = filter;
        self
    }

    /// Only conversations that started inside `window`: the only way to make a result smaller than a day. The predicate
    /// is in the specification; the form of its value, an interval, is not confirmed by it, so the reader of the answer
    /// looks at the start as well.
    pub const fn starting_in(mut self, window: Window) -> Self {
        self.starts_in = Some(window);
        self
    }

    /// In another order.
    pub const fn ordered(mut self, by: OrderBy, order: Order) -> Self {
        self.order_by = by;
        self.order = order;
        self
    }

    /// One page, from 1. A job has no pages of this kind and leaves it out.
    pub const fn page(mut self, number: u64, size: u32) -> Self {
        self.page = Some((number, size));
        self
    }

    /// The body of the query (`ConversationQuery`), or everything that the API would refuse in it.
    pub fn query_body(&self) -> Result<Value, QueryError> {
        let mut found = Vec::from_iter(wrong_interval(self.interval, self.is_filtered()));
        found.extend(self.wrong_filter());
        if let Some((number, size)) = self.page {
            if number == 0 {
                let rule = "pages are counted from 1";
                found.push(Refusal::found("paging.pageNumber", number, rule));
            }
            if !(1..=LARGEST_PAGE).contains(&size) {
                let rule = format!("the API serves 1 to {LARGEST_PAGE} a page");
                found.push(Refusal::found("paging.pageSize", size, rule));
            }
        }
        QueryError::of(found)?;
        let mut body = self.common();
        if let Some((number, size)) = self.page {
            let paging = json!({ "pageSize": size, "pageNumber": number });
            body.insert("paging".to_owned(), paging);
        }
        Ok(Value::Object(body))
    }

    /// The body of a job (`AsyncConversationQuery`). For its interval no limit is documented.
    pub fn job_body(&self) -> Result<Value, QueryError> {
        QueryError::of(self.wrong_filter())?;
        Ok(Value::Object(self.common()))
    }

    fn wrong_filter(&self) -> Vec<Refusal> {
        let checked = self.filter.map_or(Ok(()), check_filter);
        checked.map_or_else(|error| error.refusals().to_vec(), |()| Vec::new())
    }

    fn is_filtered(&self) -> bool {
        self.starts_in.is_some() || self.filter.is_some_and(|filter| !filter.is_empty())
    }

    fn common(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("interval".to_owned(), json!(self.interval.to_string()));
        body.insert("order".to_owned(), json!(self.order.as_str()));
        body.insert("orderBy".to_owned(), json!(self.order_by.as_str()));
        let mut conversation = Vec::new();
        let mut segment = Vec::new();
        if let Some(filter) = self.filter {
            conversation.extend(rendered(&conversation_groups(filter)));
            conversation.extend(rendered(&filter.conversation));
            segment.extend(rendered(&segment_groups(filter)));
            segment.extend(rendered(&filter.segment));
        }
        if let Some(window) = self.starts_in {
            let start = one_of("conversationStart", [window.to_string()]);
            conversation.extend(rendered(&[start]));
        }
        for (name, groups) in [
            ("conversationFilters", conversation),
            ("segmentFilters", segment),
        ] {
            if !groups.is_empty() {
                body.insert(name.to_owned(), Value::Array(groups));
            }
        }
        body
    }
}

/// Refuses an interval that is longer than the details query may cover.
pub fn check_interval(interval: Window, is_filtered: bool) -> Result<(), QueryError> {
    QueryError::of(Vec::from_iter(wrong_interval(interval, is_filtered)))
}

fn wrong_interval(interval: Window, is_filtered: bool) -> Option<Refusal> {
    let (days, which) = if is_filtered {
        (DAYS_FILTERED, "with a filter")
    } else {
        (DAYS_UNFILTERED, "without a filter")
    };
    (interval.duration() > SignedDuration::from_hours(days * 24)).then(|| {
        let rule = format!("a details query {which} covers at most {days} days; ask in parts");
        Refusal::found("interval", interval, rule)
    })
}

/// The short fields that are about the conversation: any value of a list, every list.
pub(super) fn conversation_groups(filter: &Filter) -> Vec<Group> {
    let mut groups = Vec::new();
    if !filter.division_ids.is_empty() {
        groups.push(one_of("divisionId", filter.division_ids.iter().cloned()));
    }
    if let Some(direction) = filter.direction {
        let value = direction.as_str().to_owned();
        groups.push(one_of("originatingDirection", [value]));
    }
    groups
}

/// The short fields that are about a segment.
pub(super) fn segment_groups(filter: &Filter) -> Vec<Group> {
    let mut groups = Vec::new();
    if !filter.queue_ids.is_empty() {
        groups.push(one_of("queueId", filter.queue_ids.iter().cloned()));
    }
    if !filter.media_types.is_empty() {
        groups.push(one_of("mediaType", filter.media_types.iter().cloned()));
    }
    groups
}

fn one_of(dimension: &str, values: impl IntoIterator<Item = String>) -> Group {
    let predicate = |value| Predicate {
        dimension: Some(dimension.to_owned()),
        value: Some(value),
        ..Predicate::default()
    };
    Group {
        junction: Junction::Or,
        predicates: values.into_iter().map(predicate).collect(),
        clauses: Vec::new(),
    }
}

impl Order {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
            Self::Unordered => "unordered",
        }
    }
}

impl OrderBy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ConversationStart => "conversationStart",
            Self::ConversationEnd => "conversationEnd",
            Self::SegmentStart => "segmentStart",
            Self::SegmentEnd => "segmentEnd",
        }
    }
}
