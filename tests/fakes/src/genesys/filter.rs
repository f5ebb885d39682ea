//! Filters of details queries and jobs: `and`/`or` over predicates and clauses.

use super::Problem;
use super::interval::Interval;
use crate::world::Conversation;
use crate::world::conversation::{Participant, Segment, Session};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Filter {
    r#type: Kind,
    #[serde(default)]
    clauses: Vec<Clause>,
    #[serde(default)]
    predicates: Vec<Predicate>,
}

#[derive(Debug, Deserialize)]
struct Clause {
    r#type: Kind,
    predicates: Vec<Predicate>,
}

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Kind {
    And,
    Or,
}

#[derive(Debug, Deserialize)]
struct Predicate {
    r#type: Option<String>,
    dimension: Option<String>,
    operator: Option<String>,
    value: Option<String>,
}

/// All filters of a request; each of them must hold.
#[derive(Debug)]
pub(super) struct Filters {
    conversation: Vec<Filter>,
    segment: Vec<Filter>,
}

/// What a dimension of a record says.
enum Said<'a> {
    Text(Option<&'a str>),
    Instant(Option<i64>),
}

/// What a filter looks at.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Conversation(&'a Conversation),
    Segment(&'a Participant, &'a Session, &'a Segment),
}

impl Kind {
    fn fold<T>(self, all: &[T], mut holds: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::And => all.iter().all(&mut holds),
            Self::Or => all.iter().any(&mut holds),
        }
    }
}

impl Filters {
    /// Reads the filters of a body and refuses those that are not served.
    pub(super) fn read(body: &Value) -> Result<Self, Problem> {
        for other in [
            "evaluationFilters",
            "surveyFilters",
            "resolutionFilters",
            "aggregations",
        ] {
            if body[other].as_array().is_some_and(|all| !all.is_empty()) {
                return Err(Problem::bad(format!("The fake does not serve {other}.")));
            }
        }
        let read = |name: &str| match &body[name] {
            Value::Null => Ok(Vec::new()),
            filters => serde_json::from_value::<Vec<Filter>>(filters.clone())
                .map_err(|error| Problem::bad(format!("{name}: {error}"))),
        };
        let filters = Self {
            conversation: read("conversationFilters")?,
            segment: read("segmentFilters")?,
        };
        filters.refuse_unserved()?;
        Ok(filters)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.conversation.is_empty() && self.segment.is_empty()
    }

    fn refuse_unserved(&self) -> Result<(), Problem> {
        for (filters, names) in [
            (&self.conversation, CONVERSATION.as_slice()),
            (&self.segment, SEGMENT.as_slice()),
        ] {
            for filter in filters {
                let inner = filter.clauses.iter().flat_map(|clause| &clause.predicates);
                for one in filter.predicates.iter().chain(inner) {
                    one.refuse_unserved(names)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn hold(&self, one: &Conversation) -> bool {
        self.conversation
            .iter()
            .all(|filter| filter.holds(Subject::Conversation(one)))
            && self.segment.iter().all(|filter| {
                one.participants.iter().any(|participant| {
                    participant.sessions.iter().any(|session| {
                        let mut segments = session.segments.iter();
                        segments.any(|segment| {
                            filter.holds(Subject::Segment(participant, session, segment))
                        })
                    })
                })
            })
    }
}

impl Filter {
    fn holds(&self, subject: Subject<'_>) -> bool {
        let predicates = || self.r#type.fold(&self.predicates, |one| one.holds(subject));
        let clause = |one: &Clause| {
            one.r#type
                .fold(&one.predicates, |inner| inner.holds(subject))
        };
        let clauses = || self.r#type.fold(&self.clauses, clause);
        match (
            self.predicates.is_empty(),
            self.clauses.is_empty(),
            self.r#type,
        ) {
            (true, true, _) => true,
            (false, true, _) => predicates(),
            (true, false, _) => clauses(),
            (false, false, Kind::And) => predicates() && clauses(),
            (false, false, Kind::Or) => predicates() || clauses(),
        }
    }
}

impl Predicate {
    fn refuse_unserved(&self, names: &[&str]) -> Result<(), Problem> {
        if self
            .r#type
            .as_deref()
            .is_some_and(|kind| kind != "dimension")
        {
            return Err(Problem::bad(
                "The fake serves only predicates of type dimension.",
            ));
        }
        let dimension = self.dimension.as_deref().unwrap_or_default();
        if !names.contains(&dimension) {
            return Err(Problem::bad(format!(
                "The fake does not serve dimension {dimension:?} in this filter."
            )));
        }
        let matches = self.operator.as_deref().unwrap_or("matches") == "matches";
        match (&self.value, matches) {
            (None, true) => Err(Problem::bad(format!(
                "dimension {dimension:?} needs a value to match"
            ))),
            (Some(value), true)
                if matches!(
                    dimension,
                    "conversationStart" | "conversationEnd" | "segmentEnd"
                ) =>
            {
                times(value).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    fn holds(&self, subject: Subject<'_>) -> bool {
        let said = subject.said(self.dimension.as_deref().unwrap_or_default());
        match (self.operator.as_deref().unwrap_or("matches"), said) {
            ("exists", Said::Text(text)) => text.is_some(),
            ("exists", Said::Instant(at)) => at.is_some(),
            ("notExists", Said::Text(text)) => text.is_none(),
            ("notExists", Said::Instant(at)) => at.is_none(),
            (_, Said::Text(text)) => text == self.value.as_deref(),
            (_, Said::Instant(at)) => {
                let wanted = self.value.as_deref().and_then(|value| times(value).ok());
                at.zip(wanted)
                    .is_some_and(|(at, wanted)| (wanted.from..wanted.to).contains(&at))
            }
        }
    }
}

/// An interval, or one instant as an interval of a millisecond.
fn times(value: &str) -> Result<Interval, Problem> {
    if value.contains('/') {
        return Interval::parse(value);
    }
    let at = value
        .parse::<jiff::Timestamp>()
        .map_err(|_| Problem::new(400, "invalid.date", format!("{value:?} is no instant")))?;
    let from = crate::world::ceil_ms(at);
    Ok(Interval { from, to: from + 1 })
}

const CONVERSATION: [&str; 7] = [
    "conversationId",
    "conversationStart",
    "conversationEnd",
    "conversationInitiator",
    "originatingDirection",
    "divisionId",
    "externalTag",
];
const SEGMENT: [&str; 20] = [
    "mediaType",
    "messageType",
    "direction",
    "queueId",
    "wrapUpCode",
    "wrapUpNote",
    "disconnectType",
    "segmentType",
    "segmentEnd",
    "purpose",
    "userId",
    "participantName",
    "externalContactId",
    "outboundCampaignId",
    "outboundContactId",
    "outboundContactListId",
    "flowId",
    "flowName",
    "ani",
    "dnis",
];

impl<'a> Subject<'a> {
    fn said(self, dimension: &str) -> Said<'a> {
        match self {
            Self::Conversation(one) => match dimension {
                "conversationId" => Said::Text(Some(&one.id)),
                "conversationStart" => Said::Instant(Some(one.start_ms)),
                "conversationEnd" => Said::Instant(one.end_ms),
                "conversationInitiator" => Said::Text(Some(one.initiator)),
                "originatingDirection" => Said::Text(Some(one.direction)),
                "divisionId" => Said::Text(Some(&one.division_id)),
                _ => Said::Text(one.external_tag.as_deref()),
            },
            Self::Segment(participant, session, segment) => match dimension {
                "mediaType" => Said::Text(Some(session.media)),
                "messageType" => Said::Text((session.media == "message").then_some("webmessaging")),
                "direction" => Said::Text(Some(session.direction)),
                "queueId" => Said::Text(segment.queue_id.as_deref()),
                "wrapUpCode" => Said::Text(segment.wrap_up_code.as_deref()),
                "wrapUpNote" => Said::Text(segment.wrap_up_note.as_deref()),
                "disconnectType" => Said::Text(segment.disconnect),
                "segmentType" => Said::Text(Some(segment.kind)),
                "segmentEnd" => Said::Instant(segment.end_ms),
                "purpose" => Said::Text(Some(participant.purpose)),
                "userId" => Said::Text(participant.user_id.as_deref()),
                "participantName" => Said::Text(participant.name.as_deref()),
                "externalContactId" => Said::Text(participant.external_contact_id.as_deref()),
                "outboundCampaignId" => {
                    Said::Text(session.dialer.as_ref().map(|all| all[0].as_str()))
                }
                "outboundContactId" => {
                    Said::Text(session.dialer.as_ref().map(|all| all[1].as_str()))
                }
                "outboundContactListId" => {
                    Said::Text(session.dialer.as_ref().map(|all| all[2].as_str()))
                }
                "flowId" => Said::Text(session.flow.as_ref().map(|flow| flow.0.as_str())),
                "flowName" => Said::Text(session.flow.as_ref().map(|flow| flow.1)),
                "ani" => Said::Text(session.addresses.as_ref().map(|both| both.0.as_str())),
                _ => Said::Text(session.addresses.as_ref().map(|both| both.1.as_str())),
            },
        }
    }
}
