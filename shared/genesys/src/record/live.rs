//! A conversation as the conversations API has it now (`GET /conversations/{id}`): the attributes of its participants,
//! before a details job has them.

use super::wire::Attribute;
use super::write::{lasting, ordinal};
use super::{read, required_id};
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_with::{BorrowCow, Map, serde_as};
use std::borrow::Cow;

/// The staging table.
pub const TABLE: &str = "staging.genesys_conversation_attribute";

type Text<'a> = Option<Cow<'a, str>>;

#[serde_as]
#[derive(Deserialize)]
struct Conversation<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    participants: Option<Vec<Participant<'a>>>,
}

#[serde_as]
#[derive(Deserialize)]
struct Participant<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    purpose: Text<'a>,
    /// In the order received: a map type would sort or shuffle them.
    #[serde_as(as = "Option<Map<BorrowCow, Option<BorrowCow>>>")]
    #[serde(borrow, default)]
    attributes: Option<Vec<Attribute<'a>>>,
}

#[serde_as]
#[derive(Deserialize)]
struct Keyed<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    id: Text<'a>,
}

/// Appends a row per attribute to table 0 of `rows`, whose definition is that of [`TABLE`].
pub fn write_conversation_attributes(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let conversation: Conversation<'_> = read(payload)?;
    let id = required_id(conversation.id, "id")?;
    for (no, participant) in conversation.participants.iter().flatten().enumerate() {
        for (name, value) in lasting(participant.attributes.as_deref()) {
            rows.row(0)
                .text(Some(&id))
                .int(Some(ordinal(no)))
                .text(participant.id.as_deref())
                .text(participant.purpose.as_deref())
                .text(Some(name))
                .text(value)
                .end()?;
        }
    }
    Ok(())
}

/// The conversation's id, if nothing else of the record can be used.
pub fn natural_id(payload: &str) -> Option<String> {
    let keyed: Keyed<'_> = serde_json::from_str(payload).ok()?;
    keyed.id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}
