//! What the pipeline should say of a conversation, from the fake world alone.

use fakes::world::{Cell, Link, Object, Truth, World};
use jiff::Timestamp;

/// Where a row of the mart differs from what is true: `row` is the id, the three CRM ids, four flags, handle time, start and end.
///
/// Beyond the world's hints the pipeline follows the CRM: a merged account or contact to its survivor, a case to its contact,
/// and a customer to a case that was opened within minutes. (The shipped settings do not read a case's `MasterRecordId`: not
/// every organisation has the field.)
pub fn mismatches(world: &World, truth: &Truth, link: Link, row: &[Option<String>]) -> Vec<String> {
    let flag = |flag: bool| Some(if flag { "t" } else { "f" }.to_owned());
    let time = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string();
    let survivor = |object: Object, index: usize| {
        let master = World::master_of(object, index).filter(|_| object != Object::Case);
        world.salesforce_id(object, master.unwrap_or(index))
    };
    let link = Some(link).filter(|_| truth.is_linkable);
    let named = |object: Object, at: fn(Link) -> Option<usize>| {
        link.and_then(at).map(|index| survivor(object, index))
    };
    let contact =
        named(Object::Contact, |link| link.contact).or_else(|| contact_of_case(world, link?.case?));
    let found_case = row[3].clone();
    let case = named(Object::Case, |link| link.case).or_else(|| {
        found_case.filter(|id| {
            let at = truth.started_at.as_millisecond();
            cases(world).any(|(index, of)| {
                let created = of("CreatedDate");
                let is_near = matches!(created, Cell::Instant(created) if (created - at).abs() <= 15 * 60_000);
                is_near && *id == survivor(Object::Case, index) && truth.is_linkable
            })
        })
    });
    [
        (
            "crm_account_id",
            named(Object::Account, |link| link.account),
        ),
        ("crm_contact_id", contact),
        ("crm_case_id", case),
        ("was_escalated", flag(truth.was_escalated)),
        ("handled_by_bot_only", flag(truth.handled_by_bot_only)),
        ("abandoned", flag(truth.abandoned)),
        ("transferred", flag(truth.transferred)),
        ("handle_time_ms", Some(truth.handle_ms.to_string())),
        ("conversation_start", Some(time(truth.started_at))),
        ("conversation_end", truth.ended_at.map(time)),
    ]
    .into_iter()
    .zip(&row[1..])
    .filter(|((_, wanted), found)| wanted != *found)
    .map(|((column, wanted), found)| {
        format!(
            "{} {:?} via {:?}: {column} is {found:?}, not {wanted:?}",
            truth.conversation_id, truth.scenario, truth.via
        )
    })
    .collect()
}

fn cell(object: Object, row: &[Cell], name: &str) -> Cell {
    let column = World::column(object, name);
    column
        .and_then(|column| row.get(column))
        .cloned()
        .unwrap_or(Cell::Null)
}

fn cases(world: &World) -> impl Iterator<Item = (usize, impl Fn(&str) -> Cell)> {
    (0..world.rows(Object::Case)).map(|index| {
        let row = world.row(Object::Case, index);
        (index, move |name: &str| cell(Object::Case, &row, name))
    })
}

/// The contact a case names, or the one that contact was merged into.
fn contact_of_case(world: &World, case: usize) -> Option<String> {
    let Cell::Text(id) = cell(Object::Case, &world.row(Object::Case, case), "ContactId") else {
        return None;
    };
    let merged = (0..world.rows(Object::Contact)).find(|&index| {
        World::master_of(Object::Contact, index).is_some()
            && world.salesforce_id(Object::Contact, index) == id
    });
    let survivor = merged.and_then(|index| World::master_of(Object::Contact, index));
    Some(survivor.map_or(id, |index| world.salesforce_id(Object::Contact, index)))
}
