//! The listings conversations refer to: queues, users and wrap-up codes.

use super::instant::parse_instant;
use super::{missing, read, required_id};
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_with::{BorrowCow, serde_as};
use std::borrow::Cow;

type Text<'a> = Option<Cow<'a, str>>;

/// An entity of any of the listings: their properties do not contradict each other.
#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    division: Option<Division<'a>>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    date_modified: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    email: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    department: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    title: Text<'a>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
struct Division<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    name: Text<'a>,
}

#[serde_as]
#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    id: Text<'a>,
}

/// The staging table of a reference object, `None` for any other object.
pub fn table(object: &str) -> Option<&'static str> {
    Some(match object {
        "queue" => "staging.genesys_queue",
        "user" => "staging.genesys_user",
        "wrapup_code" => "staging.genesys_wrapup_code",
        _ => return None,
    })
}

/// Appends the row of one `queue`, `user` or `wrapup_code` to `rows`, whose table 0 is [`table`] of that object.
pub fn write_reference(object: &str, payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    if table(object).is_none() {
        return Err(Refusal {
            reason: "bad_value",
            detail: format!("object {object:?}: must be queue, user or wrapup_code"),
        });
    }
    let entity: Entity<'_> = read(payload)?;
    let id = required_id(entity.id, "id").map_err(|_| missing(&format!("{object}.id")))?;
    let division = entity.division.as_ref();
    let division_id = division.and_then(|division| division.id.as_deref());
    let modified = entity
        .date_modified
        .as_deref()
        .filter(|_| object != "user")
        .map(|text| parse_instant(text, || format!("{object}.dateModified")))
        .transpose()?;
    let row = rows.row(0).text(Some(&id)).text(entity.name.as_deref());
    match object {
        "queue" => row
            .text(division_id)
            .text(division.and_then(|division| division.name.as_deref()))
            .timestamp(modified),
        "user" => row
            .text(entity.email.as_deref())
            .text(entity.state.as_deref())
            .text(entity.department.as_deref())
            .text(entity.title.as_deref())
            .text(division_id),
        _ => row.text(division_id).timestamp(modified),
    }
    .end()
}

/// The id of an entity of `object`, if nothing else of it can be used.
pub fn natural_id(object: &str, payload: &str) -> Option<String> {
    table(object)?;
    let entity: IdOnly<'_> = serde_json::from_str(payload).ok()?;
    entity.id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}
