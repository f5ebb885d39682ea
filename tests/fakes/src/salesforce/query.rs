//! `query`, `queryAll` and their pages.

use super::soql::{self, Comparison, Condition, Literal, Statement};
use super::{FakeSalesforce, Problem, find};
use crate::control::locked;
use crate::server::Reply;
use crate::world::crm::checksum;
use crate::world::text::push_string;
use crate::world::{Cell, Object, World};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// Results that have pages left.
#[derive(Debug, Default)]
pub(super) struct Cursors(Mutex<HashMap<String, Arc<Found>>>);

#[derive(Debug)]
struct Found {
    object: Object,
    columns: Vec<Column>,
    rows: Vec<usize>,
}

/// A field of the select list or of a condition.
#[derive(Debug, Clone)]
enum Column {
    Own(usize, &'static str),
    Related(String, String),
}

impl FakeSalesforce {
    pub(super) fn query(
        &self,
        text: &str,
        with_deleted: bool,
        version: &str,
    ) -> Result<Reply, Problem> {
        let statement = soql::parse(text)
            .map_err(|error| Problem::bad("MALFORMED_QUERY", error.to_string()))?;
        let object = find(&statement.object).ok_or_else(|| {
            let name = &statement.object;
            Problem::bad(
                "INVALID_TYPE",
                format!("sObject type '{name}' is not supported."),
            )
        })?;
        let columns = statement
            .fields
            .iter()
            .map(|name| column(object, name))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = self.select(object, &statement, with_deleted)?;
        if columns.is_empty() {
            return Ok(Reply::json(
                200,
                format!(
                    "{{\"totalSize\":{},\"done\":true,\"records\":[]}}",
                    rows.len()
                ),
            ));
        }
        let found = Arc::new(Found {
            object,
            columns,
            rows,
        });
        let mut cursors = locked(&self.cursors.0);
        let locator = format!("locator-{}", cursors.len());
        if found.rows.len() > self.options.page_size {
            cursors.insert(locator.clone(), Arc::clone(&found));
        }
        drop(cursors);
        Ok(self.page(&found, &locator, 0, version))
    }

    /// A further page: the locator and the place it begins at.
    pub(super) fn more(&self, locator: &str, version: &str) -> Result<Reply, Problem> {
        let invalid = || Problem::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        let (name, from) = locator.rsplit_once('-').ok_or_else(invalid)?;
        let from: usize = from.parse().map_err(|_| invalid())?;
        let found = locked(&self.cursors.0)
            .get(name)
            .map(Arc::clone)
            .ok_or_else(invalid)?;
        if from >= found.rows.len() {
            return Err(invalid());
        }
        Ok(self.page(&found, name, from, version))
    }

    fn page(&self, found: &Found, locator: &str, from: usize, version: &str) -> Reply {
        let to = (from + self.options.page_size).min(found.rows.len());
        let is_done = to == found.rows.len();
        let mut out = String::with_capacity(512 * (to - from) + 128);
        let _ = write!(
            out,
            "{{\"totalSize\":{},\"done\":{is_done},",
            found.rows.len()
        );
        if !is_done {
            let _ = write!(
                out,
                "\"nextRecordsUrl\":\"/services/data/{version}/query/{locator}-{to}\","
            );
        }
        out.push_str("\"records\":[");
        for (at, &index) in found.rows[from..to].iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            self.record(found, index, version, &mut out);
        }
        out.push_str("]}");
        Reply::json(200, out)
    }

    fn record(&self, found: &Found, index: usize, version: &str, out: &mut String) {
        let object = found.object;
        let row = self.world.row(object, index);
        let id = self.world.salesforce_id(object, index);
        let name = object.name();
        let _ = write!(
            out,
            "{{\"attributes\":{{\"type\":\"{name}\",\"url\":\"/services/data/{version}/sobjects/{name}/{id}\"}}"
        );
        let mut relations: Vec<(&str, Vec<(&str, Cell)>)> = Vec::new();
        for column in &found.columns {
            match column {
                Column::Own(place, field) => {
                    let _ = write!(out, ",\"{field}\":");
                    row[*place].write(out);
                }
                Column::Related(relation, field) => {
                    let cell = self
                        .world
                        .related(object, index, &row, relation, field)
                        .unwrap_or(Cell::Null);
                    match relations.iter_mut().find(|(known, _)| known == relation) {
                        Some((_, fields)) => fields.push((field, cell)),
                        None => relations.push((relation, vec![(field, cell)])),
                    }
                }
            }
        }
        for (relation, fields) in relations {
            // A missing parent is null as a whole.
            if fields.iter().all(|(_, cell)| *cell == Cell::Null) {
                let _ = write!(out, ",\"{relation}\":null");
                continue;
            }
            let kind = if relation.eq_ignore_ascii_case("Owner") {
                "User"
            } else {
                "Account"
            };
            let _ = write!(
                out,
                ",\"{relation}\":{{\"attributes\":{{\"type\":\"{kind}\",\"url\":\"/services/data/{version}/sobjects/{kind}\"}}"
            );
            for (field, cell) in fields {
                out.push(',');
                push_string(out, field);
                out.push(':');
                cell.write(out);
            }
            out.push('}');
        }
        out.push('}');
    }

    fn select(
        &self,
        object: Object,
        statement: &Statement,
        with_deleted: bool,
    ) -> Result<Vec<usize>, Problem> {
        let world = &self.world;
        if let Some(condition) = &statement.condition {
            verify(object, condition)?;
        }
        let order = statement
            .order
            .iter()
            .map(|(name, descends)| column(object, name).map(|column| (column, *descends)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rows: Vec<(usize, Vec<Cell>)> = (0..world.rows(object))
            .filter(|&index| with_deleted || !World::is_deleted(object, index))
            .filter_map(|index| {
                let row = world.row(object, index);
                let fits = statement
                    .condition
                    .as_ref()
                    .is_none_or(|one| holds(world, object, index, &row, one));
                // Only what the order looks at is kept.
                fits.then(|| {
                    (
                        index,
                        order
                            .iter()
                            .map(|(column, _)| value(world, object, index, &row, column))
                            .collect(),
                    )
                })
            })
            .collect();
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
        Ok(rows.into_iter().map(|(index, _)| index).collect())
    }
}

fn column(object: Object, name: &str) -> Result<Column, Problem> {
    if let Some(place) = World::column(object, name) {
        return Ok(Column::Own(place, object.fields()[place].name));
    }
    let related = name.split_once('.').filter(|(relation, field)| {
        let to_owner = relation.eq_ignore_ascii_case("Owner")
            && ["id", "name"].contains(&field.to_ascii_lowercase().as_str());
        let to_account = relation.eq_ignore_ascii_case("Account")
            && World::column(object, "AccountId").is_some()
            && World::column(Object::Account, field).is_some();
        to_owner || to_account
    });
    let message = || {
        format!(
            "No such column '{name}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the \
             custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            object.name()
        )
    };
    related
        .map(|(relation, field)| Column::Related(relation.to_owned(), field.to_owned()))
        .ok_or_else(|| Problem::bad("INVALID_FIELD", message()))
}

/// Every field of a condition exists, and its literals are of the field's kind.
fn verify(object: Object, condition: &Condition) -> Result<(), Problem> {
    match condition {
        Condition::And(left, right) | Condition::Or(left, right) => {
            verify(object, left)?;
            verify(object, right)
        }
        Condition::Not(inner) => verify(object, inner),
        Condition::Compare(name, _, literal) => verify_literal(object, name, literal),
        Condition::In(name, _, literals) => literals
            .iter()
            .try_for_each(|literal| verify_literal(object, name, literal)),
    }
}

fn verify_literal(object: Object, name: &str, literal: &Literal) -> Result<(), Problem> {
    let Column::Own(place, _) = column(object, name)? else {
        return Ok(());
    };
    let kind = object.fields()[place].kind;
    let fits = match literal {
        Literal::Null => true,
        Literal::Bool(_) => kind == "boolean",
        Literal::Number(_) => kind == "currency",
        Literal::Instant(_) => kind == "datetime",
        Literal::Day(_) => kind == "date",
        Literal::Text(_) => !matches!(kind, "boolean" | "currency" | "datetime" | "date"),
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "value of filter criterion for field '{name}' must be of type {kind} and should not be enclosed in quotes"
    );
    Err(Problem::bad("INVALID_FIELD", message))
}

fn value(world: &World, object: Object, index: usize, row: &[Cell], column: &Column) -> Cell {
    match column {
        Column::Own(place, _) => row[*place].clone(),
        Column::Related(relation, field) => world
            .related(object, index, row, relation, field)
            .unwrap_or(Cell::Null),
    }
}

fn holds(world: &World, object: Object, index: usize, row: &[Cell], condition: &Condition) -> bool {
    let cell = |name: &str| {
        column(object, name).map_or(Cell::Null, |column| {
            value(world, object, index, row, &column)
        })
    };
    match condition {
        Condition::And(left, right) => {
            holds(world, object, index, row, left) && holds(world, object, index, row, right)
        }
        Condition::Or(left, right) => {
            holds(world, object, index, row, left) || holds(world, object, index, row, right)
        }
        Condition::Not(inner) => !holds(world, object, index, row, inner),
        Condition::In(name, is_in, literals) => {
            let cell = cell(name);
            literals
                .iter()
                .any(|literal| against(&cell, literal) == Some(Ordering::Equal))
                == *is_in
        }
        Condition::Compare(name, comparison, literal) => {
            let sorted = against(&cell(name), literal);
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

/// How a cell stands to a literal; none when they cannot be compared.
fn against(cell: &Cell, literal: &Literal) -> Option<Ordering> {
    match (cell, literal) {
        (Cell::Null, Literal::Null) => Some(Ordering::Equal),
        (Cell::Text(text), Literal::Text(wanted)) => {
            // An id of 15 characters means the same record as its form of 18.
            let is_id = text.len() == 18 && wanted.len() == 15 && text.starts_with(wanted.as_str());
            if is_id && *text == checksum(wanted) {
                return Some(Ordering::Equal);
            }
            Some(text.to_lowercase().cmp(&wanted.to_lowercase()))
        }
        (Cell::Bool(truth), Literal::Bool(wanted)) => Some(truth.cmp(wanted)),
        (Cell::Number(number), Literal::Number(wanted)) => {
            number.parse::<f64>().ok()?.partial_cmp(wanted)
        }
        (Cell::Instant(at), Literal::Instant(wanted)) | (Cell::Day(at), Literal::Day(wanted)) => {
            Some(at.cmp(wanted))
        }
        _ => None,
    }
}

fn compare(left: &Cell, right: &Cell) -> Option<Ordering> {
    match (left, right) {
        (Cell::Null, Cell::Null) => Some(Ordering::Equal),
        // Nulls come first.
        (Cell::Null, _) => Some(Ordering::Less),
        (_, Cell::Null) => Some(Ordering::Greater),
        (Cell::Text(left), Cell::Text(right)) => Some(left.cmp(right)),
        (Cell::Bool(left), Cell::Bool(right)) => Some(left.cmp(right)),
        (Cell::Number(left), Cell::Number(right)) => {
            left.parse::<f64>().ok()?.partial_cmp(&right.parse().ok()?)
        }
        (Cell::Instant(left), Cell::Instant(right)) | (Cell::Day(left), Cell::Day(right)) => {
            Some(left.cmp(right))
        }
        _ => None,
    }
}
