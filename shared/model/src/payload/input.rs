//! What starts an execution, as somebody wrote it: what cannot be read is told by its place, its value and what would do.

use super::{Mode, texts};
use crate::filter::Filter;
use crate::instant;
use crate::settings::written;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::Segment;
use std::fmt;

/// Characters of a wrong value that are shown.
const SHOWN: usize = 120;
const AN_OBJECT: &str = "must be an object, in braces, with the names of its fields";

/// What starts an execution: one of `events/pipeline/*.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineInput {
    /// How the windows are chosen.
    pub mode: Mode,
    /// Inclusive start, UTC: backfill and replay only.
    #[serde(
        default,
        deserialize_with = "instant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<Timestamp>,
    /// Exclusive end, UTC: backfill and replay only.
    #[serde(
        default,
        deserialize_with = "instant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub to: Option<Timestamp>,
    /// The instant the run counts as; the scheduler passes its scheduled time, default the execution's start.
    #[serde(
        default,
        deserialize_with = "instant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
    /// Read windows again that the ledger has, under a new run id.
    #[serde(default)]
    pub force: bool,
    /// Reports to export at the end; default all in the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<Vec<String>>,
    /// Backfill only: read just these conversations, in place of the settings' filter. Such a run fills no gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Replay only: just what was refused for one of these reasons (`curated.quarantine.reason`).
    #[serde(
        default,
        deserialize_with = "texts::one_or_several",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<Vec<String>>,
    /// Reenrich only: how many days back from `at`, default 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Input of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// What started the execution, as it was given.
    pub input: PipelineInput,
    /// `$$.Execution.StartTime`.
    #[serde(deserialize_with = "instant::required")]
    pub started_at: Timestamp,
    /// `true`: validate the input and the settings, touch nothing, plan nothing.
    #[serde(default)]
    pub check_only: bool,
}

/// A part of an execution's input that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongInput {
    /// Where it stands: `filter.segment[0].type`; empty for the whole.
    pub place: String,
    /// What stands there; values to compare with are never shown, they may be somebody's number.
    pub value: Option<String>,
    /// The rule, and what would do.
    pub rule: String,
}

impl fmt::Display for WrongInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("input")?;
        if !self.place.is_empty() {
            write!(f, " {}", self.place)?;
        }
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        write!(f, ": {}", self.rule)
    }
}

impl std::error::Error for WrongInput {}

/// Why an event is no request to `plan`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    /// What somebody wrote.
    #[error(transparent)]
    Input(#[from] WrongInput),
    /// What the state machine adds to it.
    #[error("request, at {0}")]
    Rest(String),
}

impl PipelineInput {
    /// Reads the input of an execution.
    pub fn read(input: &Value) -> Result<Self, WrongInput> {
        // A list would be taken for the fields in their order.
        for (place, value) in [("", Some(input)), ("filter", input.get("filter"))] {
            if let Some(value @ Value::Array(_)) = value {
                return Err(WrongInput {
                    place: place.to_owned(),
                    value: Some(shown(value)),
                    rule: AN_OBJECT.to_owned(),
                });
            }
        }
        serde_path_to_error::deserialize(input).map_err(|error| told(&error, input))
    }
}

impl PlanRequest {
    /// Reads an event. In the input, which people write, everything is told in words of its own.
    pub fn read(event: &Value) -> Result<Self, RequestError> {
        if let Some(input) = event.get("input") {
            PipelineInput::read(input)?;
        }
        serde_path_to_error::deserialize(event)
            .map_err(|error| RequestError::Rest(error.to_string()))
    }
}

type ReadError = serde_path_to_error::Error<serde_json::Error>;

fn told(error: &ReadError, input: &Value) -> WrongInput {
    let message = error.inner().to_string();
    let mut path = path(error);
    let mut named = |start: &str| {
        let (name, rest) = message.strip_prefix(start)?.split_once('`')?;
        let is_there = matches!(path.last(), Some(Segment::Map { key }) if key == name);
        if !is_there {
            path.push(Segment::Map {
                key: name.to_owned(),
            });
        }
        Some(rest)
    };
    let (value, rule) = if let Some(known) = named("unknown field `") {
        (None, format!("unknown field{}", known.replace('`', "")))
    } else if named("missing field `").is_some() {
        let rule = match form_of_text(input, &path) {
            Some(form) => format!("is missing; {form}"),
            None => "is missing".to_owned(),
        };
        (None, rule)
    } else {
        let rule = form(&message).or_else(|| form_of_text(input, &path));
        let is_secret = matches!(path.last(), Some(Segment::Map { key }) if key == "value");
        let value = at(input, &path).filter(|_| !is_secret);
        (value.map(shown), rule.unwrap_or(message))
    };
    WrongInput {
        place: written(&path),
        value,
        rule,
    }
}

/// Down to what a person has named: not into the parts of a value.
fn path(error: &ReadError) -> Vec<Segment> {
    let of_person =
        |segment: &&Segment| matches!(segment, Segment::Map { .. } | Segment::Seq { .. });
    let segments = error.path().iter();
    segments.take_while(of_person).cloned().collect()
}

/// What would do, in the place of serde's words for it.
fn form(message: &str) -> Option<String> {
    if message.contains(instant::EXPECTED) {
        return Some(format!("must be {}", instant::EXPECTED));
    }
    let (_, wanted) = message.rsplit_once("expected ")?;
    if message.starts_with("unknown variant") {
        return Some(format!("must be {}", wanted.replace('`', "\"")));
    }
    Some(match wanted {
        "a string" => "must be a text, in quotes".to_owned(),
        "a boolean" => "must be true or false, without quotes".to_owned(),
        "a sequence" => "must be a list, in brackets".to_owned(),
        "u32" => format!(
            "must be a whole number from 0 to {}, without quotes",
            u32::MAX
        ),
        texts::EXPECTED => "must be a text, in quotes, or a list of texts, in brackets".to_owned(),
        "i64" => format!(
            "must be a whole number from {} to {}, without quotes",
            i64::MIN,
            i64::MAX
        ),
        wanted if wanted.starts_with("struct ") => AN_OBJECT.to_owned(),
        _ => return None,
    })
}

/// What is said of a text in this place: where one of some words is wanted, these are named only for a text.
fn form_of_text(input: &Value, path: &[Segment]) -> Option<String> {
    let mut input = input.clone();
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(&mut input, step)?;
    match (last, parent) {
        (Segment::Map { key }, Value::Object(fields)) => {
            fields.insert(key.clone(), Value::String(String::new()));
        }
        (Segment::Seq { index }, Value::Array(items)) => {
            *items.get_mut(*index)? = Value::String(String::new());
        }
        _ => return None,
    }
    let read: Result<PipelineInput, _> = serde_path_to_error::deserialize(&input);
    let error = read.err()?;
    let is_here = written(&self::path(&error)) == written(path);
    form(&error.inner().to_string()).filter(|_| is_here)
}

fn step<'a>(value: &'a mut Value, segment: &Segment) -> Option<&'a mut Value> {
    match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(index),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn at<'a>(input: &'a Value, path: &[Segment]) -> Option<&'a Value> {
    path.iter().try_fold(input, |value, segment| match segment {
        Segment::Map { key } => value.get(key),
        Segment::Seq { index } => value.get(index),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
}

/// A value as it was given, cut where it is no longer of use.
fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        value => value.to_string().chars().take(SHOWN).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(input: &Value) -> String {
        PipelineInput::read(input).unwrap_err().to_string()
    }

    fn of_filter(filter: &Value) -> String {
        refused(&json!({"mode": "backfill", "filter": filter}))
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place_its_value_and_what_would_do() {
        let texts = [
            refused(&json!([])),
            refused(&json!(["nightly"])),
            refused(&json!("nightly")),
            refused(&json!(null)),
            refused(&json!({})),
            refused(&json!({"mode": "weekly"})),
            refused(&json!({"mode": 5})),
            refused(&json!({"mode": {"nightly": 1}})),
            refused(&json!({"mode": "nightly", "hours": 3})),
            refused(&json!({"mode": "nightly", "at": "2026-01-05"})),
            refused(&json!({"mode": "nightly", "at": 1_767_571_200})),
            refused(&json!({"mode": "nightly", "force": "yes"})),
            refused(&json!({"mode": "nightly", "force": null})),
            refused(&json!({"mode": "nightly", "reports": "tiers"})),
            refused(&json!({"mode": "nightly", "reports": ["tiers", 5]})),
            refused(&json!({"mode": "replay", "reason": 5})),
            refused(&json!({"mode": "replay", "reason": null})),
            refused(&json!({"mode": "replay", "reason": ["too_long", 5]})),
            refused(&json!({"mode": "reenrich", "days": "30"})),
            refused(&json!({"mode": "reenrich", "days": -1})),
            refused(&json!({"mode": "reenrich", "days": 1.5})),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r#"
        input = a list: must be an object, in braces, with the names of its fields
        input = a list: must be an object, in braces, with the names of its fields
        input = "nightly": must be an object, in braces, with the names of its fields
        input = null: must be an object, in braces, with the names of its fields
        input mode: is missing; must be one of "nightly", "intraday", "backfill", "replay", "reenrich"
        input mode = "weekly": must be one of "nightly", "intraday", "backfill", "replay", "reenrich"
        input mode = 5: must be one of "nightly", "intraday", "backfill", "replay", "reenrich"
        input mode = an object: must be one of "nightly", "intraday", "backfill", "replay", "reenrich"
        input hours: unknown field, expected one of mode, from, to, at, force, reports, filter, reason, days
        input at = "2026-01-05": must be an instant with date, time and zone, as "2026-01-05T00:00:00Z"
        input at = 1767571200: must be an instant with date, time and zone, as "2026-01-05T00:00:00Z"
        input force = "yes": must be true or false, without quotes
        input force = null: must be true or false, without quotes
        input reports = "tiers": must be a list, in brackets
        input reports[1] = 5: must be a text, in quotes
        input reason = 5: must be a text, in quotes, or a list of texts, in brackets
        input reason = null: must be a text, in quotes, or a list of texts, in brackets
        input reason[1] = 5: must be a text, in quotes
        input days = "30": must be a whole number from 0 to 4294967295, without quotes
        input days = -1: must be a whole number from 0 to 4294967295, without quotes
        input days = 1.5: must be a whole number from 0 to 4294967295, without quotes
        "#);
    }

    #[test]
    fn a_reason_is_one_text_or_a_list() {
        let reason = |reason: Value| {
            let input = json!({"mode": "replay", "reason": reason});
            PipelineInput::read(&input).unwrap().reason.unwrap()
        };
        assert_eq!(reason(json!("too_long")), ["too_long"]);
        assert_eq!(
            reason(json!(["too_long", "bad_time"])),
            ["too_long", "bad_time"]
        );
    }

    #[test]
    fn the_same_of_a_filter_and_what_is_compared_with_is_not_shown() {
        let predicate =
            |it: Value| of_filter(&json!({"segment": [{"type": "and", "predicates": [it]}]}));
        let texts = [
            of_filter(&json!(5)),
            of_filter(&json!([["queue"]])),
            of_filter(&json!({"direction": 5})),
            of_filter(&json!({"direction": "sideways"})),
            of_filter(&json!({"queue_ids": "queue"})),
            of_filter(&json!({"queue_ids": ["queue", {}]})),
            of_filter(&json!({"queues": ["queue"]})),
            of_filter(&json!({"conversation": {"type": "and"}})),
            of_filter(&json!({"conversation": [{"predicates": []}]})),
            of_filter(&json!({"conversation": [5]})),
            of_filter(&json!({"conversation": [[]]})),
            of_filter(&json!({"conversation": [{"type": "and", "clauses": [{"type": "or"}]}]})),
            predicate(json!({"dimension": "ani", "value": 12_025_550_143_u64})),
            predicate(json!({"dimension": "ani", "operator": ["matches"]})),
            predicate(json!({"type": "metric", "range": {"gt": 1.5}})),
            predicate(json!({"type": "metric", "range": {"gt": 9_223_372_036_854_775_808_u64}})),
            predicate(json!({"type": "metric", "range": 7})),
            predicate(json!({"propertytype": "uuid"})),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r#"
        input filter = 5: must be an object, in braces, with the names of its fields
        input filter = a list: must be an object, in braces, with the names of its fields
        input filter.direction = 5: must be "inbound" or "outbound"
        input filter.direction = "sideways": must be "inbound" or "outbound"
        input filter.queue_ids = "queue": must be a list, in brackets
        input filter.queue_ids[1] = an object: must be a text, in quotes
        input filter.queues: unknown field, expected one of queue_ids, media_types, division_ids, direction, conversation, segment
        input filter.conversation = an object: must be a list, in brackets
        input filter.conversation[0].type: is missing; must be "and" or "or"
        input filter.conversation[0] = 5: must be an object, in braces, with the names of its fields
        input filter.conversation[0] = a list: must be an object, in braces, with the names of its fields
        input filter.conversation[0].clauses[0].predicates: is missing; must be a list, in brackets
        input filter.segment[0].predicates[0].value: must be a text, in quotes
        input filter.segment[0].predicates[0].operator = a list: must be one of "matches", "exists", "notExists"
        input filter.segment[0].predicates[0].range.gt = 1.5: must be a whole number from -9223372036854775808 to 9223372036854775807, without quotes
        input filter.segment[0].predicates[0].range.gt = 9223372036854775808: must be a whole number from -9223372036854775808 to 9223372036854775807, without quotes
        input filter.segment[0].predicates[0].range = 7: must be an object, in braces, with the names of its fields
        input filter.segment[0].predicates[0].propertytype: unknown field, expected one of type, dimension, metric, property, propertyType, operator, value, range
        "#);
        assert!(!texts.join("").contains("12025550143"));
    }

    #[test]
    fn what_the_state_machine_adds_is_read_with_the_input_or_told_apart_from_it() {
        let request = |input: Value| json!({"input": input, "started_at": "2026-01-05T00:00:00Z"});
        let read = PlanRequest::read(&request(json!({"mode": "nightly"}))).unwrap();
        assert_eq!((read.input.mode, read.check_only), (Mode::Nightly, false));
        let mut odd = request(json!({"mode": "nightly"}));
        odd["started_at"] = json!("today");
        let texts = [
            request(json!({"mode": "weekly"})),
            odd,
            json!({"started_at": "2026-01-05T00:00:00Z"}),
        ]
        .map(|event| PlanRequest::read(&event).unwrap_err().to_string());
        insta::assert_snapshot!(texts.join("\n"), @r#"
        input mode = "weekly": must be one of "nightly", "intraday", "backfill", "replay", "reenrich"
        request, at started_at: "today" is not an instant with date, time and zone, as "2026-01-05T00:00:00Z"
        request, at missing field `input`
        "#);
    }
}
