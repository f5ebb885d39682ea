//! What was changed in a record: tracked fields, back from the value they have in the end.

use super::people::OWNERS;
use super::schema::{Cell, Object, id};
use super::seconds;
use super::table::Table;
use super::version::View;
use crate::world::World;
use crate::world::rng::{Rng, at, tag};

/// Most history rows of one record.
pub(super) const PLACES: usize = 16;

const TIERS: [&str; 3] = ["Gold", "Silver", "Bronze"];
const PRIORITIES: [&str; 3] = ["High", "Medium", "Low"];
const STAGES: [&str; 3] = ["Prospecting", "Qualification", "Negotiation"];

/// One change of one field.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) at: i64,
    pub(super) column: &'static str,
    pub(super) old: Cell,
    pub(super) new: Cell,
    by: usize,
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn other(from: &[&str], than: &Cell, rng: &mut Rng) -> Cell {
    let others: Vec<&str> = from
        .iter()
        .copied()
        .filter(|one| text(one) != *than)
        .collect();
    text(rng.pick(&others))
}

fn change(at: i64, column: &'static str, old: Cell, new: Cell, rng: &mut Rng) -> Change {
    let by = rng.index(OWNERS);
    Change {
        at,
        column,
        old,
        new,
        by,
    }
}

/// Adds so many changes of a field between two times, from the last back to the first.
fn back(
    changes: &mut Vec<Change>,
    column: &'static str,
    mut new: Cell,
    many: usize,
    [created, modified]: [i64; 2],
    old: impl Fn(&Cell, &mut Rng) -> Cell,
    rng: &mut Rng,
) {
    let mut times: Vec<i64> = (0..many)
        .map(|nth| {
            if nth == 0 && rng.percent(50) {
                modified
            } else {
                seconds(rng.between(created + 1000, modified))
            }
        })
        .collect();
    times.sort_unstable();
    times.dedup();
    for &at in times.iter().rev() {
        let before = old(&new, rng);
        changes.push(change(at, column, before.clone(), new, rng));
        new = before;
    }
}

impl World {
    /// The changes of a record, oldest first; `row` is the record in the end.
    pub(super) fn changes(&self, object: Object, index: usize, row: &[Cell]) -> Vec<Change> {
        let mut rng = Rng::new(self.seed, tag::HISTORY ^ object.tag() << 8, index as u64);
        let cell = |name: &str| Self::column(object, name).map_or(&Cell::Null, |place| &row[place]);
        let instant = |name: &str| match cell(name) {
            Cell::Instant(at) => Some(*at),
            _ => None,
        };
        let (Some(created), Some(modified)) = (instant("CreatedDate"), instant("LastModifiedDate"))
        else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        if modified - created < 10_000 {
            // Nothing but its creation, and a closing that came with it.
            if let Some(closed) = instant("ClosedDate") {
                changes.push(change(
                    closed,
                    "Status",
                    text("New"),
                    text("Closed"),
                    &mut rng,
                ));
            }
            return changes;
        }
        match object {
            Object::Account => {
                let many = [0, 1, 0, 2, 1][rng.index(5)];
                let old = |new: &Cell, rng: &mut Rng| {
                    if rng.percent(15) && *new != Cell::Null {
                        Cell::Null
                    } else {
                        other(&TIERS, new, rng)
                    }
                };
                let new = cell("Customer_Tier__c").clone();
                back(
                    &mut changes,
                    "Customer_Tier__c",
                    new,
                    many,
                    [created, modified],
                    old,
                    &mut rng,
                );
            }
            Object::Contact => {}
            Object::Case => {
                let status = cell("Status").clone();
                let end = instant("ClosedDate").unwrap_or(modified);
                if status != text("New") && end - created >= 10_000 {
                    let middle = seconds(rng.between(created + 1000, end));
                    let through = status == text("Closed") && rng.percent(60) && middle > created;
                    let before = text(if through { "Working" } else { "New" });
                    if through {
                        changes.push(change(
                            middle,
                            "Status",
                            text("New"),
                            before.clone(),
                            &mut rng,
                        ));
                    }
                    changes.push(change(end, "Status", before, status, &mut rng));
                }
                let many = [0, 0, 1, 0, 1][rng.index(5)];
                let old = |new: &Cell, rng: &mut Rng| other(&PRIORITIES, new, rng);
                let new = cell("Priority").clone();
                back(
                    &mut changes,
                    "Priority",
                    new,
                    many,
                    [created, modified],
                    old,
                    &mut rng,
                );
            }
            Object::Opportunity => {
                let many = [0, 1, 2, 2, 1][rng.index(5)];
                let old = |new: &Cell, rng: &mut Rng| other(&STAGES, new, rng);
                let new = cell("StageName").clone();
                back(
                    &mut changes,
                    "StageName",
                    new,
                    many,
                    [created, modified],
                    old,
                    &mut rng,
                );
            }
        }
        let owners = [0, 0, 1, 0, 0, 2, 0, 0][rng.index(8)];
        let old = |new: &Cell, rng: &mut Rng| {
            let first = rng.index(OWNERS);
            let old = Cell::Text(self.crm_user_id(first));
            if old == *new {
                Cell::Text(self.crm_user_id(first + 1))
            } else {
                old
            }
        };
        let new = cell("OwnerId").clone();
        back(
            &mut changes,
            "OwnerId",
            new,
            owners,
            [created, modified],
            old,
            &mut rng,
        );
        changes.sort_by_key(|change| change.at);
        changes
    }

    pub(super) fn history_id(&self, object: Object, place: usize) -> String {
        let number = at(self.seed, tag::HISTORY ^ object.tag() << 16, place as u64);
        id(Table::History(object).prefix(), number)
    }

    /// The history rows of one record, as the view shows them: its creation, then its changes. A change of owner makes two
    /// rows, one with names and one with ids.
    pub(super) fn history(&self, object: Object, record: usize, view: &View) -> Vec<Vec<Cell>> {
        let row = self.row(object, record);
        let cell = |name: &str| Self::column(object, name).map_or(Cell::Null, |at| row[at].clone());
        let Cell::Instant(created) = cell("CreatedDate") else {
            return Vec::new();
        };
        let before = self.before(object, record, &row, view);
        let seen = before.unwrap_or(i64::MAX);
        if created > seen {
            return Vec::new();
        }
        let is_deleted = Cell::Bool(before.is_none() && Self::is_deleted(object, record));
        let parent = cell("Id");
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let mut add = |at: i64, by: usize, field: &str, kind: &str, [old, new]: [Cell; 2]| {
            rows.push(vec![
                Cell::Text(self.history_id(object, record * PLACES + rows.len())),
                is_deleted.clone(),
                parent.clone(),
                Cell::Text(self.crm_user_id(by)),
                Cell::Instant(at),
                text(field),
                text(kind),
                old,
                new,
            ]);
        };
        let owner = Self::owner_of(object, record);
        add(created, owner, "created", "Text", [Cell::Null, Cell::Null]);
        if object == Object::Case && record % 9 == 2 {
            add(
                created,
                owner,
                "ownerAssignment",
                "Text",
                [Cell::Null, Cell::Null],
            );
        }
        let name = |cell: &Cell| {
            (0..OWNERS)
                .find(|&one| *cell == Cell::Text(self.crm_user_id(one)))
                .map_or(Cell::Null, |one| Cell::Text(self.owner(one).1))
        };
        for Change {
            at,
            column,
            old,
            new,
            by,
        } in self.changes(object, record, &row)
        {
            if at > seen {
                break;
            }
            if column == "OwnerId" {
                add(at, by, "Owner", "Text", [name(&old), name(&new)]);
                add(at, by, "Owner", "EntityId", [old, new]);
            } else {
                add(at, by, column, "DynamicEnum", [old, new]);
            }
        }
        rows
    }
}
