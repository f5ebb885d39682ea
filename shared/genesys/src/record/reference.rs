//! The listings conversations refer to: queues, users, wrap-up codes, divisions and campaigns.

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
    #[serde(default)]
    home_division: Option<bool>,
}

/// A campaign: its references are objects with an id.
#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CampaignEntity<'a> {
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
    dialing_mode: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    campaign_status: Text<'a>,
    #[serde(borrow, default)]
    contact_list: Option<IdOnly<'a>>,
    #[serde(borrow, default)]
    queue: Option<IdOnly<'a>>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    date_created: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    date_modified: Text<'a>,
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
#[derive(Debug, Deserialize)]
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
        "division" => "staging.genesys_division",
        "campaign" => "staging.genesys_campaign",
        _ => return None,
    })
}

/// Appends the row of one `queue`, `user`, `wrapup_code`, `division` or `campaign` to `rows`, whose table 0 is [`table`]
/// of that object.
pub fn write_reference(object: &str, payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    if table(object).is_none() {
        return Err(Refusal {
            reason: "bad_value",
            detail: format!(
                "object {object:?}: must be queue, user, wrapup_code, division or campaign"
            ),
        });
    }
    if object == "campaign" {
        return write_campaign(payload, rows);
    }
    let entity: Entity<'_> = read(payload)?;
    let id = required_id(entity.id, "id").map_err(|_| missing(&format!("{object}.id")))?;
    let division = entity.division.as_ref();
    let division_id = division.and_then(|division| division.id.as_deref());
    let modified = entity
        .date_modified
        .as_deref()
        .filter(|_| object == "queue" || object == "wrapup_code")
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
        "division" => row.bool(entity.home_division),
        _ => row.text(division_id).timestamp(modified),
    }
    .end()
}

fn write_campaign(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let one: CampaignEntity<'_> = read(payload)?;
    let id = required_id(one.id, "campaign.id")?;
    let instant = |text: Text<'_>, field: &str| {
        text.map(|text| parse_instant(&text, || format!("campaign.{field}")))
            .transpose()
    };
    let created = instant(one.date_created, "dateCreated")?;
    let modified = instant(one.date_modified, "dateModified")?;
    let division = one.division.as_ref();
    let id_of = |reference: Option<&IdOnly<'_>>| {
        let id = reference.and_then(|reference| reference.id.as_deref());
        id.map(ToOwned::to_owned)
    };
    rows.row(0)
        .text(Some(&id))
        .text(one.name.as_deref())
        .text(division.and_then(|division| division.id.as_deref()))
        .text(division.and_then(|division| division.name.as_deref()))
        .text(one.dialing_mode.as_deref())
        .text(one.campaign_status.as_deref())
        .text(id_of(one.contact_list.as_ref()).as_deref())
        .text(id_of(one.queue.as_ref()).as_deref())
        .timestamp(created)
        .timestamp(modified)
        .end()
}

/// The id of an entity of `object`, if nothing else of it can be used.
pub fn natural_id(object: &str, payload: &str) -> Option<String> {
    table(object)?;
    let entity: IdOnly<'_> = serde_json::from_str(payload).ok()?;
    entity.id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}
