//! Records turned into rows of the staging tables: here a conversation detail record, as a details query or a details job
//! delivers it, and in a module each what stands beside the conversations.
//!
//! The vendor's types are open: properties come and go, enums grow. Only what the tables hold is looked at, everything but
//! the id and the start may be absent, and enum-like values stay the text they are.

pub mod adherence;
pub mod aggregate;
pub mod external_contact;
mod instant;
pub mod live;
mod place;
pub mod reference;
pub mod update;
mod wire;
mod write;

pub use write::write;

use instant::parse_instant;
use jiff::{SignedDuration, Timestamp};
use model::Window;
use model::phone;
use model::rows::Refusal;
use serde::Deserialize;
use std::borrow::Cow;
use wire::{Conversation, IdOnly};

/// The tables a conversation fills, in the order [`write()`] names them by position.
pub const TABLES: [&str; 9] = [
    "staging.genesys_conversation",
    "staging.genesys_participant",
    "staging.genesys_session",
    "staging.genesys_segment",
    "staging.genesys_metric",
    "staging.genesys_attribute",
    "staging.genesys_evaluation",
    "staging.genesys_survey",
    phone::TABLE,
];

/// `2000-01-01T00:00:00Z`: no conversation of the source is older.
const YEAR_2000: i64 = 946_684_800;

/// One conversation, borrowed from its payload.
#[derive(Debug)]
pub struct Record<'a> {
    /// The source's id; never empty.
    pub conversation_id: Cow<'a, str>,
    /// When it began: what decides whether it is of a window (and see [`Record::belongs_to`]).
    pub conversation_start: Timestamp,
    wire: Conversation<'a>,
}

impl Record<'_> {
    /// Whether the record is of `window`: its conversation began there, or ended there after being open for at least
    /// `followed`. The window such a long one began in may have been read for the last time while it was still open (a
    /// details job names every conversation whose life touches its interval, so the window it ends in brings it).
    pub fn belongs_to(&self, window: Window, followed: SignedDuration) -> bool {
        let start = self.conversation_start;
        let ends_here = || {
            let end = self.wire.conversation_end.as_deref()?;
            let end = parse_instant(end, String::new).ok()?;
            Some(window.contains(end) && end.duration_since(start) >= followed)
        };
        window.contains(start) || (start < window.start() && ends_here().unwrap_or(false))
    }

    /// Why no window has the record: it began before 2000, or more than a day after it was read. What was skipped as of another
    /// window would come in none.
    pub fn impossible_start(&self, read_at: Timestamp) -> Option<Refusal> {
        let start = self.conversation_start;
        let why = if start.as_second() < YEAR_2000 {
            "before 2000".to_owned()
        } else if start.duration_since(read_at) > SignedDuration::from_hours(24) {
            format!("more than a day after it was read at {read_at:.0}")
        } else {
            return None;
        };
        Some(Refusal {
            reason: "bad_time",
            detail: format!("conversationStart: {start:.0} is {why}, and no window has it"),
        })
    }

    /// The external contacts its participants name, in order; one may occur more than once.
    pub fn external_contact_ids(&self) -> impl Iterator<Item = &str> {
        self.wire
            .participants()
            .iter()
            .filter_map(|participant| participant.external_contact_id.as_deref())
            .filter(|id| !id.is_empty())
    }
}

/// Reads one record. It is refused when it is no JSON (`unreadable`), has a value of another type than the specification
/// says (`unreadable`), has no id or start (`missing_key`) or a start that is no instant (`bad_time`).
pub fn parse(payload: &str) -> Result<Record<'_>, Refusal> {
    let mut wire: Conversation<'_> = read(payload)?;
    let conversation_id = required_id(wire.conversation_id.take(), "conversationId")?;
    let start = wire.conversation_start.as_deref();
    let conversation_start = start
        .map(|text| parse_instant(text, || "conversationStart".to_owned()))
        .transpose()?
        .ok_or_else(|| missing("conversationStart"))?;
    Ok(Record {
        conversation_id,
        conversation_start,
        wire,
    })
}

/// The conversation's id, if nothing else of the record can be used: what a refused record is filed under.
pub fn natural_id_of(payload: &str) -> Option<String> {
    let record: IdOnly<'_> = serde_json::from_str(payload).ok()?;
    record
        .conversation_id
        .filter(|id| !id.is_empty())
        .map(Cow::into_owned)
}

fn read<'a, T: Deserialize<'a>>(payload: &'a str) -> Result<T, Refusal> {
    // A derived reader also takes a list for an object, its items for the fields in order.
    if payload.trim_start().starts_with('[') {
        return Err(Refusal {
            reason: "unreadable",
            detail: "the record is a JSON list, expected an object".to_owned(),
        });
    }
    serde_json::from_str(payload).map_err(|error| Refusal {
        reason: "unreadable",
        detail: place::describe(payload, &error),
    })
}

fn required_id<'a>(id: Option<Cow<'a, str>>, field: &str) -> Result<Cow<'a, str>, Refusal> {
    id.filter(|id| !id.is_empty()).ok_or_else(|| missing(field))
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn missing(field: &str) -> Refusal {
    Refusal {
        reason: "missing_key",
        detail: format!("{field}: must not be missing, null or empty"),
    }
}
