//! Fields as the integration user sees them: those of the world, and what was added, hidden and widened since.

use super::controls::Changes;
use super::{FakeSalesforce, Problem};
use crate::server::Reply;
use crate::world::crm::{Cell, Table};
use serde_json::{Value, json};

/// A field of a select list or of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Column {
    /// One of the row's own.
    Own {
        place: usize,
        name: &'static str,
        kind: &'static str,
    },
    /// One that was added: every row has the same value.
    Added { name: String, cell: Cell },
    /// One of a parent, whose id stands at `by`.
    Parent {
        relation: &'static str,
        by: usize,
        table: Table,
        place: usize,
        name: &'static str,
        kind: &'static str,
    },
}

impl Column {
    /// As it is written at the head of a column of CSV.
    pub(super) fn heading(&self) -> String {
        match self {
            Self::Own { name, .. } => (*name).to_owned(),
            Self::Added { name, .. } => name.clone(),
            Self::Parent { relation, name, .. } => format!("{relation}.{name}"),
        }
    }

    /// Salesforce's word for the type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Own { kind, .. } | Self::Parent { kind, .. } => kind,
            Self::Added { .. } => "string",
        }
    }
}

/// Finds a field, or says that there is none: a hidden one does not exist.
pub(super) fn column(changes: &Changes, table: Table, path: &str) -> Result<Column, Problem> {
    let found = match path.split_once('.') {
        None => own(changes, table, path),
        Some((relation, name)) => table
            .relations()
            .iter()
            .find(|(known, _, _)| known.eq_ignore_ascii_case(relation))
            .and_then(|&(relation, id, parent)| {
                let (by, place) = (table.column(id)?, parent.column(name)?);
                let field = parent.fields()[place];
                let is_hidden = is_hidden(changes, table, id) || is_hidden(changes, parent, name);
                (!is_hidden).then_some(Column::Parent {
                    relation,
                    by,
                    table: parent,
                    place,
                    name: field.name,
                    kind: field.kind,
                })
            }),
    };
    found.ok_or_else(|| {
        let message = format!(
            "No such column '{path}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the \
             custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            table.name()
        );
        Problem::bad("INVALID_FIELD", message)
    })
}

fn own(changes: &Changes, table: Table, name: &str) -> Option<Column> {
    if is_hidden(changes, table, name) {
        return None;
    }
    if let Some(place) = table.column(name) {
        let field = table.fields()[place];
        return Some(Column::Own {
            place,
            name: field.name,
            kind: field.kind,
        });
    }
    let mut added = changes.added.get(table.name())?.iter();
    let field = added.find(|field| field.name.eq_ignore_ascii_case(name))?;
    let cell = field
        .value
        .as_ref()
        .map_or(Cell::Null, |value| match field.kind.as_str() {
            "boolean" => Cell::Bool(value == "true"),
            "int" | "double" | "currency" | "percent" => Cell::Number(value.clone()),
            _ => Cell::Text(value.clone()),
        });
    Some(Column::Added {
        name: field.name.clone(),
        cell,
    })
}

fn is_hidden(changes: &Changes, table: Table, name: &str) -> bool {
    let key = (table.name(), name.to_ascii_lowercase());
    changes.hidden.contains(&key)
}

impl FakeSalesforce {
    pub(super) fn describe(&self, name: &str) -> Result<Reply, Problem> {
        let table = Table::find(name).ok_or_else(Problem::not_found)?;
        let changes = self.control.crm.changes();
        let own = table.fields().iter().map(|field| {
            let relation = table.relations().iter().find(|(_, id, _)| *id == field.name);
            json!({
                "name": field.name, "label": field.name, "type": field.kind, "length": field.length,
                "byteLength": bytes(field.kind, field.length), "precision": if field.kind == "currency" { 18 } else { 0 },
                "scale": if field.kind == "currency" { 2 } else { 0 }, "digits": if field.kind == "int" { 8 } else { 0 },
                "nillable": field.nillable, "calculated": field.calculated, "custom": field.name.ends_with("__c"),
                "filterable": is_filterable(table, field.name), "sortable": is_filterable(table, field.name),
                "relationshipName": relation.map(|(name, _, _)| *name),
                "referenceTo": relation.map(|(_, _, table)| table.name()).into_iter().collect::<Vec<_>>(),
                "compoundFieldName": field.name.starts_with("Billing").then_some("BillingAddress").filter(|name| *name != field.name),
            })
        });
        let added = changes.added.get(table.name()).into_iter().flatten().map(|field| {
            json!({
                "name": field.name, "label": field.name, "type": field.kind, "length": field.length,
                "byteLength": bytes(&field.kind, field.length), "precision": 0, "scale": 0, "digits": 0,
                "nillable": true, "calculated": field.calculated, "custom": field.name.ends_with("__c"),
                "filterable": true, "sortable": true, "relationshipName": null, "referenceTo": [], "compoundFieldName": null,
            })
        });
        let fields: Vec<Value> = own
            .chain(added)
            .filter(|field| !is_hidden(&changes, table, field["name"].as_str().unwrap_or_default()))
            .map(|mut field| {
                let name = field["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_ascii_lowercase();
                if let Some(&length) = changes.widened.get(&(table.name(), name)) {
                    field["byteLength"] =
                        json!(bytes(field["type"].as_str().unwrap_or_default(), length));
                    field["length"] = json!(length);
                }
                field
            })
            .collect();
        let body = json!({
            "name": table.name(), "label": table.name(), "keyPrefix": table.prefix(), "custom": false, "queryable": true,
            "retrieveable": true, "fields": fields,
        });
        Ok(Reply::json(200, body.to_string()))
    }
}

/// Ids are plain letters and digits; any other character may take three bytes.
fn bytes(kind: &str, length: u32) -> u32 {
    if matches!(kind, "id" | "reference") {
        length
    } else {
        length.saturating_mul(3)
    }
}

/// Values of any type and formulas over several fields cannot be searched.
pub(super) fn is_filterable(table: Table, name: &str) -> bool {
    let is_value = ["OldValue", "NewValue", "DataType"]
        .iter()
        .any(|one| one.eq_ignore_ascii_case(name));
    let is_compound = table
        .column(name)
        .is_some_and(|place| table.fields()[place].kind == "address");
    !(is_compound || matches!(table, Table::History(_)) && is_value)
}
