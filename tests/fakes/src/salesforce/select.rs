//! Finding the rows a statement wants.

use super::condition::{Test, against, compare, compile, ids};
use super::controls::Changes;
use super::fields::{Column, column, is_filterable};
use super::soql::{Comparison, Statement};
use super::{FakeSalesforce, Problem};
use crate::control::locked;
use crate::world::World;
use crate::world::crm::{Cell, Table, View};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Places of ids, by table, made when they are first asked for.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<HashMap<Table, Arc<HashMap<String, usize>>>>);

/// Rows found, and how they were seen then; later changes do not reach them.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) table: Table,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<usize>,
    pub(super) view: View,
}

/// Parents that were looked up for one page.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Table, HashMap<String, Vec<Cell>>>);

const MOST_KNOWN: usize = 10_000;

impl FakeSalesforce {
    /// Checks the statement and finds its rows.
    pub(super) fn find(&self, statement: &Statement, with_deleted: bool) -> Result<Found, Problem> {
        let name = &statement.object;
        let table = Table::find(name).ok_or_else(|| {
            Problem::bad(
                "INVALID_TYPE",
                format!("sObject type '{name}' is not supported."),
            )
        })?;
        let changes = self.control.crm.changes();
        let of = |path: &String| column(&changes, table, path);
        let columns = statement
            .fields
            .iter()
            .map(of)
            .collect::<Result<Vec<_>, _>>()?;
        let mut seen = HashSet::new();
        if let Some(twice) = columns.iter().find(|one| !seen.insert(one.heading())) {
            let message = format!("duplicate field selected: {}", twice.heading());
            return Err(Problem::bad("INVALID_FIELD", message));
        }
        let order = statement
            .order
            .iter()
            .map(|(path, descends)| {
                if is_filterable(table, path) {
                    Ok((of(path)?, *descends))
                } else {
                    let message = format!("field '{path}' can not be sorted in a query call");
                    Err(Problem::bad("MALFORMED_QUERY", message))
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let test = statement
            .condition
            .as_ref()
            .map(|condition| compile(&changes, table, condition))
            .transpose()?;
        let view = self.view(&changes);
        let is_plain = test.is_none() && order.is_empty() && changes.purged.is_empty();
        if let (Table::Record(object), true) = (table, is_plain && view.now_ms == i64::MAX) {
            // Every record, in its order: none need be made to know that.
            let most = statement.limit.unwrap_or(usize::MAX);
            let rows = (0..self.world.rows(object))
                .filter(|&index| with_deleted || !World::is_deleted(object, index))
                .take(most)
                .collect();
            return Ok(Found {
                table,
                columns,
                rows,
                view,
            });
        }
        let mut rows: Vec<(usize, Vec<Cell>)> = Vec::new();
        let mut take = |place: usize, row: Vec<Cell>| {
            let fits = (with_deleted || !self.is_for_all_only(table, &row, &view))
                && test
                    .as_ref()
                    .is_none_or(|test| self.holds(&row, test, &view))
                && !is_purged(&changes, table, &row);
            if fits {
                // Only what the order looks at is kept.
                let keys = order
                    .iter()
                    .map(|(column, _)| self.value(&row, column, &view));
                rows.push((place, keys.collect()));
            }
        };
        match test.as_ref().and_then(ids) {
            Some(ids) if !matches!(table, Table::History(_)) => {
                let places = self.places(table);
                let mut wanted: Vec<usize> = ids
                    .iter()
                    .filter_map(|id| places.get(id).copied())
                    .collect();
                wanted.sort_unstable();
                for place in wanted {
                    if let Some(row) = self.world.seen(table, place, &view) {
                        take(place, row);
                    }
                }
            }
            _ => self.world.scan(table, &view, take),
        }
        rows.sort_by(|(_, left), (_, right)| {
            left.iter()
                .zip(right)
                .zip(&order)
                .map(|((left, right), (_, descends))| {
                    let sorted = compare(left, right).unwrap_or(Ordering::Equal);
                    if *descends { sorted.reverse() } else { sorted }
                })
                .find(|sorted| sorted.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        rows.truncate(statement.limit.unwrap_or(usize::MAX));
        Ok(Found {
            table,
            columns,
            rows: rows.into_iter().map(|(place, _)| place).collect(),
            view,
        })
    }

    fn view(&self, changes: &Changes) -> View {
        let late = changes
            .late
            .or(self.options.late)
            .filter(|late| late.percent > 0);
        let now = self.control.now().map(crate::world::ceil_ms);
        View {
            // What is late is late from the end of the data, unless a clock says how far that has come.
            now_ms: now.unwrap_or(if late.is_some() {
                self.world.end_ms
            } else {
                i64::MAX
            }),
            late_percent: late.map_or(0, |late| late.percent),
            late_ms: late.map_or(0, |late| i64::from(late.seconds) * 1000),
            nul_percent: self.options.nul_percent,
        }
    }

    /// Rows that `queryAll` alone returns: deleted ones, and history older than eighteen months.
    fn is_for_all_only(&self, table: Table, row: &[Cell], view: &View) -> bool {
        const KEPT_MS: i64 = 548 * 86_400_000;
        let now = view.now_ms.min(self.world.end_ms);
        match table {
            Table::User | Table::UserRole => false,
            Table::Record(_) => row[1] == Cell::Bool(true),
            Table::History(_) => {
                let is_old = matches!(&row[4], Cell::Instant(at) if *at < now - KEPT_MS);
                is_old || row[1] == Cell::Bool(true)
            }
        }
    }

    fn places(&self, table: Table) -> Arc<HashMap<String, usize>> {
        let mut known = locked(&self.places.0);
        let places = known.entry(table).or_insert_with(|| {
            let ids = 0..self.world.places(table);
            Arc::new(
                ids.map(|place| (self.world.id_at(table, place), place))
                    .collect(),
            )
        });
        Arc::clone(places)
    }

    /// A field of a row, or of its parent.
    pub(super) fn value(&self, row: &[Cell], column: &Column, view: &View) -> Cell {
        match column {
            Column::Own { place, .. } => row[*place].clone(),
            Column::Added { cell, .. } => cell.clone(),
            Column::Parent {
                by, table, place, ..
            } => self
                .parent(row, *by, *table, view)
                .and_then(|row| row.into_iter().nth(*place))
                .unwrap_or(Cell::Null),
        }
    }

    /// The same, for many rows with few parents.
    pub(super) fn value_of(
        &self,
        row: &[Cell],
        column: &Column,
        view: &View,
        known: &mut Known,
    ) -> Cell {
        let Column::Parent {
            by, table, place, ..
        } = column
        else {
            return self.value(row, column, view);
        };
        let Cell::Text(id) = &row[*by] else {
            return Cell::Null;
        };
        let known = known.0.entry(*table).or_default();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        if !known.contains_key(id) {
            let parent = self.parent(row, *by, *table, view).unwrap_or_default();
            known.insert(id.clone(), parent);
        }
        let parent = known.get(id);
        parent
            .and_then(|row| row.get(*place))
            .cloned()
            .unwrap_or(Cell::Null)
    }

    fn parent(&self, row: &[Cell], by: usize, table: Table, view: &View) -> Option<Vec<Cell>> {
        let Cell::Text(id) = &row[by] else {
            return None;
        };
        let place = self.places(table).get(id).copied()?;
        self.world.seen(table, place, view)
    }

    fn holds(&self, row: &[Cell], test: &Test, view: &View) -> bool {
        match test {
            Test::And(left, right) => self.holds(row, left, view) && self.holds(row, right, view),
            Test::Or(left, right) => self.holds(row, left, view) || self.holds(row, right, view),
            Test::Not(inner) => !self.holds(row, inner, view),
            Test::OneOf(column, is_in, ids) => {
                let found = match column {
                    Column::Own { place, .. } => {
                        matches!(&row[*place], Cell::Text(id) if ids.contains(id))
                    }
                    _ => {
                        matches!(self.value(row, column, view), Cell::Text(id) if ids.contains(&id))
                    }
                };
                found == *is_in
            }
            Test::In(column, is_in, literals) => {
                let cell = self.value(row, column, view);
                let mut equal = literals
                    .iter()
                    .map(|literal| against(&cell, literal) == Some(Ordering::Equal));
                equal.any(|is_equal| is_equal) == *is_in
            }
            Test::Compare(column, comparison, literal) => {
                let sorted = match column {
                    Column::Own { place, .. } => against(&row[*place], literal),
                    _ => against(&self.value(row, column, view), literal),
                };
                match comparison {
                    Comparison::Equal => sorted == Some(Ordering::Equal),
                    Comparison::NotEqual => sorted != Some(Ordering::Equal),
                    Comparison::Less => sorted == Some(Ordering::Less),
                    Comparison::LessOrEqual => sorted.is_some_and(Ordering::is_le),
                    Comparison::Greater => sorted == Some(Ordering::Greater),
                    Comparison::GreaterOrEqual => sorted.is_some_and(Ordering::is_ge),
                }
            }
        }
    }
}

/// Purged itself, or the history of a purged record.
fn is_purged(changes: &Changes, table: Table, row: &[Cell]) -> bool {
    let place = if matches!(table, Table::History(_)) {
        2
    } else {
        0
    };
    !changes.purged.is_empty()
        && matches!(&row[place], Cell::Text(id) if changes.purged.contains(id))
}
