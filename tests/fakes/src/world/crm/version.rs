//! Rows as they are seen at some time: a change that lies after it has not happened, and may be late besides.

use super::history::PLACES;
use super::schema::{Cell, Object};
use super::table::Table;
use crate::world::World;
use crate::world::rng::{at, tag};

/// Who looks at the CRM, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The time it is, in milliseconds since 1970.
    pub now_ms: i64,
    /// How many of a hundred changes become visible later than their `SystemModstamp` says.
    pub late_percent: u32,
    /// How much later at most, in milliseconds.
    pub late_ms: i64,
    /// How many of a hundred records hold a NUL character in their name or subject.
    pub nul_percent: u32,
}

impl View {
    /// Everything, as it is in the end.
    pub const ALL: Self = Self {
        now_ms: i64::MAX,
        late_percent: 0,
        late_ms: 0,
        nul_percent: 0,
    };

    /// The time as of which one record is seen, whose last change has this stamp.
    pub(super) fn seen(&self, world: &World, record: u64, stamp: i64) -> i64 {
        let draw = at(world.seed, tag::LATE, record);
        if stamp > self.now_ms || self.late_ms < 1 || draw % 100 >= u64::from(self.late_percent) {
            return self.now_ms;
        }
        let delay = 1 + (draw / 100 % self.late_ms.unsigned_abs()).cast_signed();
        if self.now_ms < stamp.saturating_add(delay) {
            stamp - 1
        } else {
            self.now_ms
        }
    }
}

impl World {
    /// How many places a table's rows lie at; a place may be empty. History has sixteen for each record.
    pub(crate) const fn places(&self, table: Table) -> usize {
        match table {
            Table::Record(object) => self.rows(object),
            Table::User => Self::users_of_crm(),
            Table::UserRole => Self::roles(),
            Table::History(object) => self.rows(object) * PLACES,
        }
    }

    /// The id of the row at a place.
    pub(crate) fn id_at(&self, table: Table, place: usize) -> String {
        match table {
            Table::Record(object) => self.salesforce_id(object, place),
            Table::User => self.crm_user_id(place),
            Table::UserRole => self.role_id(place),
            Table::History(object) => self.history_id(object, place),
        }
    }

    /// The row at a place as the view shows it, when there is one.
    pub fn seen(&self, table: Table, place: usize, view: &View) -> Option<Vec<Cell>> {
        match table {
            Table::Record(object) => self.version(object, place, view),
            Table::User => self.user_row(place, view),
            Table::UserRole => Some(self.role_row(place)),
            Table::History(object) => {
                let (record, nth) = (place / PLACES, place % PLACES);
                self.history(object, record, view).into_iter().nth(nth)
            }
        }
    }

    /// Shows the rows at these places; neighbours of one history are made once.
    pub(crate) fn show(
        &self,
        table: Table,
        places: &[usize],
        view: &View,
        mut show: impl FnMut(usize, &[Cell]),
    ) {
        let mut last: Option<(usize, Vec<Vec<Cell>>)> = None;
        for &place in places {
            let Table::History(object) = table else {
                if let Some(row) = self.seen(table, place, view) {
                    show(place, &row);
                }
                continue;
            };
            let (record, nth) = (place / PLACES, place % PLACES);
            if last.as_ref().is_none_or(|(known, _)| *known != record) {
                last = Some((record, self.history(object, record, view)));
            }
            if let Some(row) = last.as_ref().and_then(|(_, rows)| rows.get(nth)) {
                show(place, row);
            }
        }
    }

    /// Shows every row of a table with its place.
    pub fn scan(&self, table: Table, view: &View, mut show: impl FnMut(usize, Vec<Cell>)) {
        if let Table::History(object) = table {
            for record in 0..self.rows(object) {
                for (nth, row) in self.history(object, record, view).into_iter().enumerate() {
                    show(record * PLACES + nth, row);
                }
            }
            return;
        }
        for place in 0..self.places(table) {
            if let Some(row) = self.seen(table, place, view) {
                show(place, row);
            }
        }
    }

    /// How many history rows an object's records have.
    pub fn history_rows(&self, object: Object) -> usize {
        let of = |record| self.history(object, record, &View::ALL).len();
        (0..self.rows(object)).map(of).sum()
    }

    /// A record as of the view: fields with a history have the value of that time, and before its last change it was
    /// not deleted, not merged and not closed.
    pub(super) fn version(&self, object: Object, index: usize, view: &View) -> Option<Vec<Cell>> {
        let mut row = self.row(object, index);
        if let Some(seen) = self.before(object, index, &row, view) {
            let at = |name: &str| Self::column(object, name);
            let instant = |name: &str| match at(name).map(|place| &row[place]) {
                Some(Cell::Instant(at)) => *at,
                _ => i64::MAX,
            };
            let created = instant("CreatedDate");
            if created > seen {
                return None;
            }
            let (modified, closed) = (instant("LastModifiedDate"), instant("ClosedDate"));
            let mut last = created;
            for change in self.changes(object, index, &row).into_iter().rev() {
                if change.at <= seen {
                    last = last.max(change.at);
                } else if let Some(place) = at(change.column) {
                    row[place] = change.old;
                }
            }
            if modified <= seen {
                last = modified;
            }
            let mut put = |name: &str, cell: Cell| {
                if let Some(place) = at(name) {
                    row[place] = cell;
                }
            };
            put("LastModifiedDate", Cell::Instant(last));
            put("SystemModstamp", Cell::Instant(last));
            put("IsDeleted", Cell::Bool(false));
            put("MasterRecordId", Cell::Null);
            if object == Object::Case && closed > seen {
                put("ClosedDate", Cell::Null);
                put("IsClosed", Cell::Bool(false));
            }
            if object == Object::Opportunity
                && let Some(Cell::Text(stage)) = at("StageName").map(|place| row[place].clone())
            {
                let mut put = |name: &str, is: bool| {
                    if let Some(place) = at(name) {
                        row[place] = Cell::Bool(is);
                    }
                };
                put("IsClosed", stage.starts_with("Closed"));
                put("IsWon", stage == "Closed Won");
            }
        }
        self.spoil(object, index, view, &mut row);
        Some(row)
    }

    /// The time as of which a record is seen, when its last change is not there yet.
    pub(super) fn before(
        &self,
        object: Object,
        index: usize,
        row: &[Cell],
        view: &View,
    ) -> Option<i64> {
        if view.now_ms == i64::MAX {
            return None;
        }
        let Some(Cell::Instant(stamp)) =
            Self::column(object, "SystemModstamp").map(|place| &row[place])
        else {
            return None;
        };
        let seen = view.seen(self, at(self.seed, object.tag(), index as u64), *stamp);
        (*stamp > seen).then_some(seen)
    }

    /// Puts a NUL character into the name or subject of some records.
    fn spoil(&self, object: Object, index: usize, view: &View, row: &mut [Cell]) {
        if view.nul_percent == 0 {
            return;
        }
        let draw = at(self.seed, tag::NUL ^ object.tag() << 8, index as u64);
        let name = if object == Object::Case {
            "Subject"
        } else {
            "Name"
        };
        if draw % 100 < u64::from(view.nul_percent)
            && let Some(Cell::Text(text)) = Self::column(object, name).map(|place| &mut row[place])
        {
            let after = text.chars().next().map_or(0, char::len_utf8);
            text.insert(after, '\0');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::WorldOptions;

    fn world(seed: u64) -> World {
        World::generate(WorldOptions {
            seed,
            end: "2026-01-07T00:00:00Z".parse().unwrap(),
            days: 2,
            conversations: 4000,
        })
    }

    #[test]
    fn at_the_end_of_the_data_every_record_is_what_it_is_in_the_end() {
        let world = world(3);
        let at_the_end = View {
            now_ms: world.end_ms,
            ..View::ALL
        };
        for object in Object::ALL {
            for index in 0..world.rows(object) {
                let row = Some(world.row(object, index));
                assert_eq!(world.seen(Table::Record(object), index, &View::ALL), row);
                assert_eq!(world.seen(Table::Record(object), index, &at_the_end), row);
            }
        }
    }

    #[test]
    fn a_history_fits_its_places_and_shows_as_it_is_scanned() {
        for seed in [1, 7, 42] {
            let world = world(seed);
            for object in Object::ALL {
                let (table, mut places, mut scanned) =
                    (Table::History(object), Vec::new(), Vec::new());
                world.scan(table, &View::ALL, |place, row| {
                    places.push(place);
                    scanned.push(row);
                });
                assert_eq!(scanned.len(), world.history_rows(object));
                assert!(places.is_sorted() && scanned.len() > world.rows(object));
                let mut shown = Vec::new();
                world.show(table, &places, &View::ALL, |_, row| {
                    shown.push(row.to_vec());
                });
                assert_eq!(shown, scanned);
                for (place, row) in places.iter().zip(&scanned) {
                    let parent = world.salesforce_id(object, place / PLACES);
                    assert_eq!(row[2], Cell::Text(parent));
                    assert_eq!(row[0], Cell::Text(world.id_at(table, *place)));
                }
            }
        }
    }
}
