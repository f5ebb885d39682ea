//! Filters of queries and jobs: `and`/`or` over predicates and clauses.

use super::Problem;
use super::dimensions::{self, Said};
use super::interval::Interval;
use crate::world::Conversation;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A filter as a body carries it.
#[derive(Debug, Deserialize)]
pub(super) struct Filter {
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

/// One condition.
#[derive(Debug, Deserialize)]
pub(super) struct Predicate {
    r#type: Option<String>,
    dimension: Option<String>,
    metric: Option<String>,
    operator: Option<String>,
    value: Option<String>,
    range: Option<Range>,
}

#[derive(Debug, Deserialize)]
struct Range {
    gt: Option<f64>,
    gte: Option<f64>,
    lt: Option<f64>,
    lte: Option<f64>,
}

/// All filters of a details query; each of them must hold.
#[derive(Debug)]
pub(super) struct Filters {
    conversation: Vec<Filter>,
    segment: Vec<Filter>,
    evaluation: Vec<Filter>,
    survey: Vec<Filter>,
}

impl Kind {
    fn fold<T>(self, all: &[T], mut holds: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::And => all.iter().all(&mut holds),
            Self::Or => all.iter().any(&mut holds),
        }
    }
}

/// Reads a property of a body; a missing one is its default.
fn read<T: DeserializeOwned + Default>(body: &Value, name: &str) -> Result<T, Problem> {
    match &body[name] {
        Value::Null => Ok(T::default()),
        value => serde_json::from_value(value.clone())
            .map_err(|error| Problem::bad(format!("{name}: {error}"))),
    }
}

impl Filters {
    /// Reads the filters of a body and refuses those that are not served.
    pub(super) fn read(body: &Value) -> Result<Self, Problem> {
        for other in ["resolutionFilters", "aggregations"] {
            if body[other].as_array().is_some_and(|all| !all.is_empty()) {
                return Err(Problem::bad(format!("The fake does not serve {other}.")));
            }
        }
        let filters = Self {
            conversation: read(body, "conversationFilters")?,
            segment: read(body, "segmentFilters")?,
            evaluation: read(body, "evaluationFilters")?,
            survey: read(body, "surveyFilters")?,
        };
        for (filters, served) in [
            (&filters.conversation, dimensions::CONVERSATION.as_slice()),
            (&filters.segment, dimensions::SEGMENT.as_slice()),
            (&filters.evaluation, dimensions::EVALUATION.as_slice()),
            (&filters.survey, dimensions::SURVEY.as_slice()),
        ] {
            for filter in filters {
                filter.refuse_unserved(served, true)?;
            }
        }
        Ok(filters)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.conversation.is_empty()
            && self.segment.is_empty()
            && self.evaluation.is_empty()
            && self.survey.is_empty()
    }

    /// Whether a conversation filter asks about this dimension.
    pub(super) fn name(&self, dimension: &str) -> bool {
        let inner = |filter: &Filter| {
            let clauses = filter.clauses.iter().flat_map(|clause| &clause.predicates);
            let mut all = filter.predicates.iter().chain(clauses);
            all.any(|one| one.subject() == dimension)
        };
        self.conversation.iter().any(inner)
    }

    pub(super) fn hold(&self, one: &Conversation) -> bool {
        let conversation = |predicate: &Predicate| {
            predicate.holds(&match &predicate.metric {
                Some(metric) => Said::Number(dimensions::total(one, metric)),
                None => dimensions::conversation(one, predicate.dimension()),
            })
        };
        let segments = || {
            one.participants.iter().flat_map(|party| {
                party.sessions.iter().flat_map(move |session| {
                    let segments = session.segments.iter();
                    segments.map(move |segment| (party, session, segment))
                })
            })
        };
        self.conversation
            .iter()
            .all(|filter| filter.holds(&conversation))
            && self.segment.iter().all(|filter| {
                segments().any(|found| {
                    filter.holds(&|one| one.holds(&dimensions::segment(found, one.subject())))
                })
            })
            && self.evaluation.iter().all(|filter| {
                one.evaluations.iter().any(|found| {
                    filter.holds(&|one| one.holds(&dimensions::evaluation(found, one.subject())))
                })
            })
            && self.survey.iter().all(|filter| {
                one.surveys.iter().any(|found| {
                    filter.holds(&|one| one.holds(&dimensions::survey(found, one.subject())))
                })
            })
    }
}

impl Filter {
    /// Reads the one filter of an aggregates query.
    pub(super) fn read(body: &Value, served: &[&str]) -> Result<Option<Self>, Problem> {
        let filter: Option<Self> = read(body, "filter")?;
        if let Some(filter) = &filter {
            filter.refuse_unserved(served, false)?;
        }
        Ok(filter)
    }

    fn refuse_unserved(&self, served: &[&str], metrics: bool) -> Result<(), Problem> {
        let inner = self.clauses.iter().flat_map(|clause| &clause.predicates);
        for one in self.predicates.iter().chain(inner) {
            one.refuse_unserved(served, metrics)?;
        }
        Ok(())
    }

    pub(super) fn holds(&self, test: &dyn Fn(&Predicate) -> bool) -> bool {
        let predicates = || self.r#type.fold(&self.predicates, test);
        let clause = |one: &Clause| one.r#type.fold(&one.predicates, test);
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
    fn dimension(&self) -> &str {
        self.dimension.as_deref().unwrap_or_default()
    }

    /// The dimension or metric it asks about.
    pub(super) fn subject(&self) -> &str {
        self.metric.as_deref().unwrap_or_else(|| self.dimension())
    }

    fn refuse_unserved(&self, served: &[&str], metrics: bool) -> Result<(), Problem> {
        let kind = self.r#type.as_deref().unwrap_or("dimension");
        let subject = self.subject();
        match (kind, self.metric.is_some()) {
            ("dimension", false) if served.contains(&subject) => {}
            ("dimension", false) => {
                return Err(Problem::bad(format!(
                    "The fake does not serve dimension {subject:?} in this filter."
                )));
            }
            ("metric", true) if metrics => {}
            _ => {
                return Err(Problem::bad(format!(
                    "A predicate of type {kind:?} about {subject:?} is not served in this filter."
                )));
            }
        }
        let matches = self.operator.as_deref().unwrap_or("matches") == "matches";
        match (&self.value, &self.range, matches) {
            (None, None, true) => Err(Problem::bad(format!(
                "{kind} {subject:?} needs a value or a range to match"
            ))),
            (Some(value), _, true) if is_instant(subject) => times(value).map(|_| ()),
            (None, Some(_), true) if kind == "dimension" => Err(Problem::bad(format!(
                "dimension {subject:?} is no number and has no range"
            ))),
            _ => Ok(()),
        }
    }

    /// True when what is said satisfies it.
    pub(super) fn holds(&self, said: &Said<'_>) -> bool {
        let is_there = match said {
            Said::Text(text) => text.is_some(),
            Said::Instant(number) | Said::Number(number) => number.is_some(),
        };
        match self.operator.as_deref().unwrap_or("matches") {
            "exists" => return is_there,
            "notExists" => return !is_there,
            _ => {}
        }
        match said {
            Said::Text(text) => text.as_deref() == self.value.as_deref(),
            Said::Instant(at) => {
                let wanted = self.value.as_deref().and_then(|value| times(value).ok());
                at.zip(wanted)
                    .is_some_and(|(at, wanted)| (wanted.from..wanted.to).contains(&at))
            }
            Said::Number(number) => number.is_some_and(|number| self.fits(number)),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of a conversation fit a float exactly"
    )]
    fn fits(&self, number: i64) -> bool {
        let exact = match &self.value {
            Some(value) => value.parse::<i64>().is_ok_and(|value| value == number),
            None => true,
        };
        let number = number as f64;
        exact
            && self.range.as_ref().is_none_or(|range| {
                range.gt.is_none_or(|bound| number > bound)
                    && range.gte.is_none_or(|bound| number >= bound)
                    && range.lt.is_none_or(|bound| number < bound)
                    && range.lte.is_none_or(|bound| number <= bound)
            })
    }
}

fn is_instant(dimension: &str) -> bool {
    matches!(
        dimension,
        "conversationStart" | "conversationEnd" | "segmentEnd" | "eventTime"
    )
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
