//! From a record to a row of its staging table, as the settings say.

use crate::record::{self, Record};
use crate::soql::{is_name, is_path};
use model::rows::{Refusal, Rows};
use model::settings::SalesforceObject;
use model::table::{Column, ColumnType, Table};
use model::{Classify, Kind};
use serde_json::value::RawValue;

/// Always read: staging column and field. The object's own id follows as `<object>_id`.
const FIXED: [(&str, &str); 4] = [
    ("is_deleted", "IsDeleted"),
    ("system_modstamp", "SystemModstamp"),
    ("created_at", "CreatedDate"),
    ("last_modified_at", "LastModifiedDate"),
];
/// Written by the landing's writer before the values of a record.
const COMMON: [&str; 3] = ["batch_id", "record_no", "extracted_at"];
/// Collects the fields without a column of their own.
const EXTRA: &str = "extra";

/// The settings and a staging table do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("settings tributary.toml: {key} = {value:?}: {rule}")]
pub struct MappingError {
    /// The key, with its tables.
    pub key: String,
    /// The value given.
    pub value: String,
    /// The rule it breaks and what to do.
    pub rule: String,
}

impl Classify for MappingError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Where the value of a column comes from.
#[derive(Debug)]
enum From {
    Field(Vec<String>),
    Extra,
    Nowhere,
}

#[derive(Debug)]
struct Slot {
    kind: ColumnType,
    is_id: bool,
    from: From,
    /// For refusals: the field as the settings name it.
    name: String,
}

/// One value, ready to be written.
enum Value {
    Null,
    Text(String),
    Literal(String),
    Integer(i64),
    Boolean(bool),
    Timestamp(jiff::Timestamp),
}

/// How the records of one object become rows of its staging table.
#[derive(Debug)]
pub struct Mapping {
    sobject: String,
    fields: Vec<String>,
    extra: Vec<(String, Vec<String>)>,
    slots: Vec<Slot>,
}

impl Mapping {
    /// Checks the settings of `object` (`account`) against its staging table.
    pub fn new(
        object: &str,
        settings: &SalesforceObject,
        table: &Table,
    ) -> Result<Self, MappingError> {
        let refuse = |key: &str, value: &str, rule: &str| {
            Err(MappingError {
                key: format!("salesforce.objects.{object}.{key}"),
                value: value.chars().take(120).collect(),
                rule: rule.to_owned(),
            })
        };
        if !is_name(&settings.sobject) {
            return refuse(
                "sobject",
                &settings.sobject,
                "is no Salesforce name: letters, digits and '_', beginning with a letter",
            );
        }
        let id_column = format!("{object}_id");
        let fixed = |column: &str| {
            let field = FIXED.iter().find(|(name, _)| *name == column);
            field
                .map(|(_, field)| *field)
                .or((column == id_column).then_some("Id"))
        };
        let path_rule = "is no field path: letters, digits and '_' joined by dots, at most five relationships (Owner.Name)";
        for (column, path) in &settings.columns {
            let key = format!("columns.{column}");
            if fixed(column).is_some() || COMMON.contains(&column.as_str()) || column == EXTRA {
                return refuse(&key, path, "this column is always filled; remove the line");
            }
            if !table.copied().any(|known| known.name == *column) {
                let known: Vec<&str> = table
                    .copied()
                    .map(|known| known.name.as_str())
                    .filter(|name| {
                        fixed(name).is_none() && !COMMON.contains(name) && *name != EXTRA
                    })
                    .collect();
                let rule = format!(
                    "{} has no such column; it has {}",
                    table.name,
                    known.join(", ")
                );
                return refuse(&key, path, &rule);
            }
            if !is_path(path) {
                return refuse(&key, path, path_rule);
            }
        }
        for path in &settings.extra {
            if !is_path(path) {
                return refuse("extra", path, path_rule);
            }
        }
        let split = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let mut fields = vec!["Id".to_owned()];
        fields.extend(FIXED.iter().map(|(_, field)| (*field).to_owned()));
        fields.extend(settings.columns.values().cloned());
        fields.extend(settings.extra.iter().cloned());
        let slots = table
            .copied()
            .skip(COMMON.len())
            .map(|column| {
                let field = fixed(&column.name)
                    .map(str::to_owned)
                    .or_else(|| settings.columns.get(&column.name).cloned());
                let from = match &field {
                    Some(path) => From::Field(split(path)),
                    None if column.name == EXTRA => From::Extra,
                    None => From::Nowhere,
                };
                Slot {
                    kind: column.kind,
                    is_id: is_id(column),
                    from,
                    name: field.unwrap_or_default(),
                }
            })
            .collect();
        Ok(Self {
            sobject: settings.sobject.clone(),
            fields,
            extra: settings
                .extra
                .iter()
                .map(|path| (path.clone(), split(path)))
                .collect(),
            slots,
        })
    }

    /// The object's API name.
    pub fn sobject(&self) -> &str {
        &self.sobject
    }

    /// Every field to ask for; one may occur twice.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// Writes the record as a row of the table at position 0.
    pub fn write(&self, record: &Record<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        let mut values = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            values.push(match &slot.from {
                From::Field(path) => match record.find(path)? {
                    Some(raw) => slot.value(raw)?,
                    None => Value::Null,
                },
                From::Extra => self.extra(record)?,
                From::Nowhere => Value::Null,
            });
        }
        let mut row = rows.row(0);
        for (slot, value) in self.slots.iter().zip(values) {
            row = match value {
                Value::Text(text) => row.text(Some(&text)),
                Value::Literal(text) => row.literal(Some(&text)),
                Value::Integer(number) => row.int(Some(number)),
                Value::Boolean(truth) => row.bool(Some(truth)),
                Value::Timestamp(instant) => row.timestamp(Some(instant)),
                Value::Null => match slot.kind {
                    ColumnType::Text { .. } | ColumnType::Super => row.text(None),
                    ColumnType::Integer => row.int(None),
                    ColumnType::Boolean => row.bool(None),
                    ColumnType::Timestamp => row.timestamp(None),
                    ColumnType::Decimal | ColumnType::Date => row.literal(None),
                },
            };
        }
        row.end()
    }

    /// A JSON object of the further fields, each with its value as received; null when the settings name none.
    fn extra(&self, record: &Record<'_>) -> Result<Value, Refusal> {
        if self.extra.is_empty() {
            return Ok(Value::Null);
        }
        let mut object = String::from("{");
        for (name, path) in &self.extra {
            if object.len() > 1 {
                object.push(',');
            }
            let raw = record.find(path)?.map_or("null", RawValue::get);
            // A path holds letters, digits, '_' and dots: nothing to escape.
            object.push('"');
            object.push_str(name);
            object.push_str("\":");
            object.push_str(raw);
        }
        object.push('}');
        Ok(Value::Text(object))
    }
}

impl Slot {
    fn value(&self, raw: &RawValue) -> Result<Value, Refusal> {
        let name = &self.name;
        Ok(match self.kind {
            _ if self.is_id => Value::Text(record::id_18(name, &record::text_value(name, raw)?)?),
            ColumnType::Text { .. } | ColumnType::Super => {
                Value::Text(record::text_value(name, raw)?)
            }
            ColumnType::Integer => Value::Integer(record::integer(name, raw)?),
            ColumnType::Decimal => Value::Literal(record::decimal(name, raw)?),
            ColumnType::Boolean => Value::Boolean(record::boolean(name, raw)?),
            ColumnType::Timestamp => Value::Timestamp(record::timestamp(name, raw)?),
            ColumnType::Date => Value::Literal(record::date(name, raw)?),
        })
    }
}

/// Columns that hold a Salesforce id: `…_id` of exactly its width.
fn is_id(column: &Column) -> bool {
    column.name.ends_with("_id") && column.kind == ColumnType::Text { max_bytes: 18 }
}
