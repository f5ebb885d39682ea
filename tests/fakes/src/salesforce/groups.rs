//! `GROUP BY`: one answer, without pages.

use super::select::Known;
use super::soql::{Groups, Item, Statement};
use super::{FakeSalesforce, Problem};
use crate::server::Reply;
use crate::world::crm::Cell;
use crate::world::text::instant as written;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Groups of an answer.
const MOST: usize = 2_000;

/// What is known of a group.
#[derive(Default)]
struct Group {
    /// By position in the select list.
    values: Vec<Value>,
}

impl FakeSalesforce {
    pub(super) fn grouped(
        &self,
        statement: &Statement,
        groups: &Groups,
        with_deleted: bool,
    ) -> Result<Reply, Problem> {
        let looked_at = groups
            .by
            .iter()
            .chain(groups.items.iter().map(|(item, _)| item));
        let mut fields: Vec<String> = Vec::new();
        for item in looked_at {
            if !fields.iter().any(|known| known == item.field()) {
                fields.push(item.field().to_owned());
            }
        }
        let plain = Statement {
            fields: fields.clone(),
            groups: None,
            ..statement.clone()
        };
        let found = self.find(&plain, with_deleted)?;
        let mut known = Known::default();
        let mut all: BTreeMap<Vec<String>, Group> = BTreeMap::new();
        self.world
            .show(found.table, &found.rows, &found.view, |_, row| {
                let value = |known: &mut Known, item: &Item| {
                    let at = fields.iter().position(|field| field == item.field());
                    let column = at.and_then(|at| found.columns.get(at));
                    column.map_or(Cell::Null, |column| {
                        self.value_of(row, column, &found.view, known)
                    })
                };
                let key = groups
                    .by
                    .iter()
                    .map(|item| told(item, &value(&mut known, item)).to_string())
                    .collect();
                let group = all.entry(key).or_default();
                group.values.resize(groups.items.len(), Value::Null);
                for ((item, _), kept) in groups.items.iter().zip(&mut group.values) {
                    let cell = value(&mut known, item);
                    *kept = match item {
                        Item::Count(_) => {
                            json!(kept.as_u64().unwrap_or(0) + u64::from(cell != Cell::Null))
                        }
                        Item::Max(_) => larger(kept.take(), told(item, &cell)),
                        Item::Field(_) | Item::Day(_) => told(item, &cell),
                    };
                }
            });
        if all.len() > MOST {
            let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
            return Err(Problem::bad("EXCEEDED_ID_LIMIT", message));
        }
        let records: Vec<Value> = all
            .into_values()
            .map(|group| {
                let mut record = Map::new();
                record.insert("attributes".to_owned(), json!({"type": "AggregateResult"}));
                let names = groups.items.iter().map(|(_, name)| name.clone());
                record.extend(names.zip(group.values));
                Value::Object(record)
            })
            .collect();
        let body = json!({"totalSize": records.len(), "done": true, "records": records});
        Ok(Reply::json(200, body.to_string()))
    }
}

/// A cell as JSON; of a day, its first ten characters.
fn told(item: &Item, cell: &Cell) -> Value {
    if let (Item::Day(_), Cell::Instant(at)) = (item, cell) {
        return json!(written(*at).chars().take(10).collect::<String>());
    }
    let mut text = String::new();
    cell.write(&mut text);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Instants of one form are in the order of their texts.
fn larger(kept: Value, other: Value) -> Value {
    match (kept.as_str(), other.as_str()) {
        (Some(left), Some(right)) if left >= right => kept,
        (_, None) => kept,
        _ => other,
    }
}
