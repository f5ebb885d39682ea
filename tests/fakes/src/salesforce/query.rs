//! `query`, `queryAll` and their pages.

use super::fields::Column;
use super::select::{Found, Known};
use super::soql::{self, Comparison, Condition, Literal, Statement};
use super::{FakeSalesforce, Problem};
use crate::control::locked;
use crate::fault::Kind;
use crate::server::{Call, Reply};
use crate::world::crm::Cell;
use crate::world::text::push_string;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Results that have pages left.
#[derive(Debug, Default)]
pub(super) struct Cursors(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    issued: u64,
    by_name: HashMap<String, Cursor>,
}

#[derive(Debug, Clone)]
struct Cursor {
    found: Arc<Found>,
    size: usize,
    made: Instant,
}

impl FakeSalesforce {
    pub(super) fn query(
        &self,
        call: &Call,
        text: &str,
        with_deleted: bool,
        version: &str,
    ) -> Result<Reply, Problem> {
        let statement = parse(text)?;
        if let Some(groups) = &statement.groups {
            return self.grouped(&statement, groups, with_deleted);
        }
        let found = self.find(&statement, with_deleted)?;
        if found.columns.is_empty() {
            let body = format!(
                "{{\"totalSize\":{},\"done\":true,\"records\":[]}}",
                found.rows.len()
            );
            return Ok(Reply::json(200, body));
        }
        self.in_time(&statement, found.rows.len())?;
        let size = call.header("sforce-query-options").and_then(batch_size);
        let cursor = Cursor {
            found: Arc::new(found),
            size: size.map_or(self.options.page_size, |size| {
                size.min(self.options.page_size)
            }),
            made: Instant::now(),
        };
        let name = {
            let mut kept = locked(&self.cursors.0);
            let name = format!("locator-{}", kept.issued);
            kept.issued += 1;
            if cursor.found.rows.len() > cursor.size {
                kept.by_name.insert(name.clone(), cursor.clone());
            }
            name
        };
        Ok(self.page(&cursor, &name, 0, version))
    }

    /// Refuses what would run too long. A list of ids is found by index, and counting is cheap.
    fn in_time(&self, statement: &Statement, rows: usize) -> Result<(), Problem> {
        let condition = statement.condition.as_ref();
        if condition.is_some_and(names_ids) {
            return Ok(());
        }
        let too_many = self
            .options
            .query_timeout_rows
            .is_some_and(|most| rows > most);
        let [from, to] = condition.map_or([None, None], bounds);
        let span = (to.unwrap_or(self.world.end_ms)).saturating_sub(from.unwrap_or(0));
        let too_long = self
            .options
            .query_timeout_seconds
            .is_some_and(|most| span.div_euclid(1000).cast_unsigned() > most);
        if too_many || too_long {
            let message = "Your query request was running for too long.";
            return Err(Problem::bad("QUERY_TIMEOUT", message));
        }
        Ok(())
    }

    /// A further page: the locator and the place it begins at.
    pub(super) fn more(&self, call: &Call, locator: &str, version: &str) -> Result<Reply, Problem> {
        let invalid = || Problem::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        let (name, from) = locator.rsplit_once('-').ok_or_else(invalid)?;
        let from: usize = from.parse().map_err(|_| invalid())?;
        let cursor = {
            let mut kept = locked(&self.cursors.0);
            let lives = self.options.locator_seconds.map(Duration::from_secs);
            let expires = self.takes(call, &Kind::ExpireCursor)
                || kept
                    .by_name
                    .get(name)
                    .zip(lives)
                    .is_some_and(|(one, lives)| one.made.elapsed() >= lives);
            if expires {
                kept.by_name.remove(name);
            }
            kept.by_name.get(name).cloned().ok_or_else(invalid)?
        };
        if from >= cursor.found.rows.len() {
            return Err(invalid());
        }
        let from = if self.takes(call, &Kind::RepeatPage) {
            from.saturating_sub(cursor.size)
        } else {
            from
        };
        Ok(self.page(&cursor, name, from, version))
    }

    fn page(&self, cursor: &Cursor, locator: &str, from: usize, version: &str) -> Reply {
        let found = &cursor.found;
        let to = (from + cursor.size).min(found.rows.len());
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
        let mut known = Known::default();
        let mut is_first = true;
        self.world
            .show(found.table, &found.rows[from..to], &found.view, |_, row| {
                if !is_first {
                    out.push(',');
                }
                is_first = false;
                self.record(found, row, version, &mut known, &mut out);
            });
        out.push_str("]}");
        Reply::json(200, out)
    }

    fn record(
        &self,
        found: &Found,
        row: &[Cell],
        version: &str,
        known: &mut Known,
        out: &mut String,
    ) {
        let name = found.table.name();
        let Some(Cell::Text(id)) = row.first() else {
            return;
        };
        let _ = write!(
            out,
            "{{\"attributes\":{{\"type\":\"{name}\",\"url\":\"/services/data/{version}/sobjects/{name}/{id}\"}}"
        );
        let mut parents: Vec<Parent> = Vec::new();
        for column in &found.columns {
            let cell = self.value_of(row, column, &found.view, known);
            let Column::Parent {
                relation,
                name,
                by,
                table,
                ..
            } = column
            else {
                let _ = write!(out, ",\"{}\":", column.heading());
                cell.write(out);
                continue;
            };
            match parents.iter_mut().find(|known| known.relation == *relation) {
                Some(known) => known.fields.push((name, cell)),
                None => parents.push(Parent {
                    relation,
                    kind: table.name(),
                    id: &row[*by],
                    fields: vec![(name, cell)],
                }),
            }
        }
        for parent in parents {
            parent.write(version, out);
        }
        out.push('}');
    }
}

/// The fields of one parent.
struct Parent<'a> {
    relation: &'static str,
    kind: &'static str,
    id: &'a Cell,
    fields: Vec<(&'static str, Cell)>,
}

impl Parent<'_> {
    fn write(&self, version: &str, out: &mut String) {
        let (relation, kind) = (self.relation, self.kind);
        // A missing parent is null as a whole.
        let Cell::Text(id) = self.id else {
            let _ = write!(out, ",\"{relation}\":null");
            return;
        };
        let _ = write!(
            out,
            ",\"{relation}\":{{\"attributes\":{{\"type\":\"{kind}\",\"url\":\"/services/data/{version}/sobjects/{kind}/{id}\"}}"
        );
        for (field, cell) in &self.fields {
            out.push(',');
            push_string(out, field);
            out.push(':');
            cell.write(out);
        }
        out.push('}');
    }
}

/// Reads a statement, which may not be endless.
pub(super) fn parse(text: &str) -> Result<Statement, Problem> {
    const LONGEST: usize = 100_000;
    let malformed = |message: String| Problem::bad("MALFORMED_QUERY", message);
    if text.chars().count() > LONGEST {
        return Err(malformed(format!(
            "SOQL statements cannot be longer than {LONGEST} characters."
        )));
    }
    soql::parse(text).map_err(|error| malformed(error.to_string()))
}

/// `batchSize=500`, kept between 200 and 2,000.
fn batch_size(options: &str) -> Option<usize> {
    let (_, size) = options.split_once("batchSize=")?;
    let digits = size.split(|one: char| !one.is_ascii_digit()).next()?;
    Some(digits.parse::<usize>().ok()?.clamp(200, 2000))
}

fn names_ids(condition: &Condition) -> bool {
    match condition {
        Condition::And(left, right) => names_ids(left) || names_ids(right),
        Condition::In(name, true, _) => name.eq_ignore_ascii_case("Id"),
        _ => false,
    }
}

/// The stretch of time a condition keeps to: what all of its parts say.
fn bounds(condition: &Condition) -> [Option<i64>; 2] {
    match condition {
        Condition::And(left, right) => {
            let ([from, to], [other_from, other_to]) = (bounds(left), bounds(right));
            [
                from.max(other_from),
                [to, other_to].into_iter().flatten().min(),
            ]
        }
        Condition::Compare(name, comparison, Literal::Instant(at)) => {
            let is_time = ["SystemModstamp", "CreatedDate", "LastModifiedDate"]
                .iter()
                .any(|one| one.eq_ignore_ascii_case(name));
            match comparison {
                _ if !is_time => [None, None],
                Comparison::Greater | Comparison::GreaterOrEqual => [Some(*at), None],
                Comparison::Less | Comparison::LessOrEqual => [None, Some(*at)],
                Comparison::Equal => [Some(*at), Some(*at)],
                Comparison::NotEqual => [None, None],
            }
        }
        _ => [None, None],
    }
}
