//! Conditions: checked against the fields there are, and how cells stand to what they ask for.

use super::Problem;
use super::controls::Changes;
use super::fields::{Column, column, is_filterable};
use super::soql::{Comparison, Condition, Literal};
use crate::world::crm::{Cell, Table, checksum};
use std::cmp::Ordering;
use std::collections::HashSet;

/// A condition whose fields are found.
pub(super) enum Test {
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
    Compare(Column, Comparison, Literal),
    OneOf(Column, bool, HashSet<String>),
    In(Column, bool, Vec<Literal>),
}

/// The ids a statement is about, when it names them.
pub(super) fn ids(test: &Test) -> Option<&HashSet<String>> {
    match test {
        Test::And(left, right) => ids(left).or_else(|| ids(right)),
        Test::OneOf(Column::Own { place: 0, .. }, true, ids) => Some(ids),
        _ => None,
    }
}

/// Every field of a condition exists and can be searched, and its literals are of the field's kind.
pub(super) fn compile(
    changes: &Changes,
    table: Table,
    condition: &Condition,
) -> Result<Test, Problem> {
    let both = |left, right| {
        Ok::<_, Problem>((
            Box::new(compile(changes, table, left)?),
            Box::new(compile(changes, table, right)?),
        ))
    };
    let field = |path: &String| {
        if is_filterable(table, path) {
            return column(changes, table, path);
        }
        let message = format!("field '{path}' can not be filtered in a query call");
        Err(Problem::bad("INVALID_FIELD", message))
    };
    Ok(match condition {
        Condition::And(left, right) => {
            let (left, right) = both(left, right)?;
            Test::And(left, right)
        }
        Condition::Or(left, right) => {
            let (left, right) = both(left, right)?;
            Test::Or(left, right)
        }
        Condition::Not(inner) => Test::Not(Box::new(compile(changes, table, inner)?)),
        Condition::Compare(path, comparison, literal) => {
            let column = field(path)?;
            verify(&column, path, literal)?;
            Test::Compare(column, *comparison, literal.clone())
        }
        Condition::In(path, is_in, literals) => {
            let column = field(path)?;
            for literal in literals {
                verify(&column, path, literal)?;
            }
            let ids: Option<HashSet<String>> = literals.iter().map(full_id).collect();
            match ids {
                Some(ids) if matches!(column.kind(), "id" | "reference") => {
                    Test::OneOf(column, *is_in, ids)
                }
                _ => Test::In(column, *is_in, literals.clone()),
            }
        }
    })
}

/// An id in its long form.
fn full_id(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Text(id) if id.len() == 15 && id.is_ascii() => Some(checksum(id)),
        Literal::Text(id) => Some(id.clone()),
        _ => None,
    }
}

fn verify(column: &Column, path: &str, literal: &Literal) -> Result<(), Problem> {
    let kind = column.kind();
    let is_number = matches!(kind, "currency" | "int" | "double" | "percent");
    let fits = match literal {
        Literal::Null => true,
        Literal::Bool(_) => kind == "boolean",
        Literal::Number(_) => is_number,
        Literal::Instant(_) => kind == "datetime",
        Literal::Day(_) => kind == "date",
        Literal::Text(_) => !is_number && !matches!(kind, "boolean" | "datetime" | "date"),
    };
    if fits {
        return Ok(());
    }
    // The vendor's words, whose second half speaks of quotes only where there are some.
    let quotes = if matches!(literal, Literal::Text(_)) {
        " and should not be enclosed in quotes"
    } else {
        ""
    };
    let message =
        format!("value of filter criterion for field '{path}' must be of type {kind}{quotes}");
    Err(Problem::bad("INVALID_FIELD", message))
}

/// How a cell stands to a literal; none when they cannot be compared.
pub(super) fn against(cell: &Cell, literal: &Literal) -> Option<Ordering> {
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

pub(super) fn compare(left: &Cell, right: &Cell) -> Option<Ordering> {
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
