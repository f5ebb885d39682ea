//! From a record to a row of its staging table, as the settings say.

use crate::record::{self, Columns, Field, JsonKind, Values};
use crate::soql::{is_name, is_path};
use model::phone::Numbers;
use model::rows::{Refusal, Rows};
use model::settings::SalesforceObject;
use model::table::{Column, ColumnType, Table};
use model::{Classify, Kind};
use std::borrow::Cow;

/// Read whenever the staging table has the column: column and field. The object's own id follows as `<object>_id`.
pub(crate) const FIXED: [(&str, &str); 4] = [
    ("is_deleted", "IsDeleted"),
    ("system_modstamp", "SystemModstamp"),
    ("created_at", "CreatedDate"),
    ("last_modified_at", "LastModifiedDate"),
];
/// Columns with a telephone number, by object.
const PHONES: [(&str, &str); 3] = [
    ("account", "phone"),
    ("contact", "phone"),
    ("contact", "mobile_phone"),
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
    Field(Field),
    Constant(String),
    Extra,
    Nowhere,
}

#[derive(Debug)]
struct Slot {
    kind: ColumnType,
    is_id: bool,
    from: From,
}

/// Where a change of a history tells a telephone that a record had before.
#[derive(Debug)]
struct FormerPhones {
    /// The fields with telephones, as the settings name them.
    of: Vec<String>,
    changed: Field,
    value: Field,
}

/// How the records of one object become rows of its staging table.
#[derive(Debug)]
pub struct Mapping {
    sobject: String,
    /// Each once, `Id` first.
    fields: Vec<Field>,
    extra: Vec<Field>,
    slots: Vec<Slot>,
    phones: Vec<Field>,
    former: Option<FormerPhones>,
    numbers: Option<Numbers>,
    /// Of a count, how many of the first fields tell its groups apart: it has no `Id`.
    groups: usize,
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
        let mut mapping = Self {
            sobject: settings.sobject.clone(),
            fields: Vec::new(),
            extra: Vec::new(),
            slots: Vec::new(),
            phones: Vec::new(),
            former: None,
            numbers: None,
            groups: 0,
        };
        mapping.ask_for("Id");
        for (column, field) in FIXED {
            if table.copied().any(|known| known.name == column) {
                mapping.ask_for(field);
            }
        }
        for path in settings.columns.values() {
            mapping.ask_for(path);
        }
        mapping.extra = settings
            .extra
            .iter()
            .map(|path| Field {
                name: path.clone(),
                ..mapping.ask_for(path)
            })
            .collect();
        mapping.fill(table, |mapping, column| {
            let field = fixed(column).or_else(|| settings.columns.get(column).map(String::as_str));
            match field {
                Some(path) => From::Field(mapping.ask_for(path)),
                None if column == EXTRA => From::Extra,
                None => From::Nowhere,
            }
        });
        mapping.phones = phone_fields(object, settings)
            .map(|path| mapping.ask_for(path))
            .collect();
        Ok(mapping)
    }

    /// The history of `object` (`account`), kept in `sobject` (`AccountHistory`), for `staging.salesforce_history`. The
    /// numbers that a record had before are those of the fields that `settings` of the object read telephones from.
    pub fn history(
        object: &str,
        sobject: &str,
        settings: Option<&SalesforceObject>,
        table: &Table,
    ) -> Result<Self, MappingError> {
        if !is_name(sobject) {
            return Err(MappingError {
                key: format!("salesforce.history.{object}"),
                value: sobject.chars().take(120).collect(),
                rule: "is no Salesforce name: letters, digits and '_', beginning with a letter"
                    .to_owned(),
            });
        }
        let parent = match object {
            // What tracks a custom object's changes names its parent in one way for all of them.
            _ if sobject.ends_with("__History") => "ParentId",
            "account" => "AccountId",
            "contact" => "ContactId",
            "case" => "CaseId",
            "opportunity" => "OpportunityId",
            _ => "ParentId",
        };
        let mut mapping = Self::of_columns(
            object,
            sobject,
            table,
            &[
                ("history_id", "Id"),
                ("parent_id", parent),
                ("field_name", "Field"),
                ("data_type", "DataType"),
                ("old_value", "OldValue"),
                ("new_value", "NewValue"),
                ("is_deleted", "IsDeleted"),
                ("created_at", "CreatedDate"),
                ("created_by_id", "CreatedById"),
            ],
        );
        let of: Vec<_> = settings
            .into_iter()
            .flat_map(|settings| phone_fields(object, settings).cloned())
            .collect();
        if !of.is_empty() {
            mapping.former = Some(FormerPhones {
                of,
                changed: mapping.ask_for("Field"),
                value: mapping.ask_for("OldValue"),
            });
        }
        Ok(mapping)
    }

    /// The ids of `object` (`account`), an `sobject` (`Account`), for `staging.salesforce_id`.
    pub fn ids(object: &str, sobject: &str, table: &Table) -> Self {
        Self::of_columns(
            object,
            sobject,
            table,
            &[
                ("record_id", "Id"),
                ("is_deleted", "IsDeleted"),
                ("created_at", "CreatedDate"),
            ],
        )
    }

    /// How many cases there are (`sobject` is `Case`), for `staging.salesforce_case_count`: what [`crate::Select::case_counts`] asks for.
    pub fn case_counts(sobject: &str, table: &Table) -> Self {
        let columns = [
            ("created_date", "created_date"),
            ("is_closed", "IsClosed"),
            ("is_deleted", "IsDeleted"),
            ("cases", "cases"),
            ("changed_at", "changed_at"),
        ];
        Self {
            groups: 3,
            ..Self::of_columns("case", sobject, table, &columns)
        }
    }

    /// A table whose columns are always the same fields, the object's name in one of them.
    fn of_columns(object: &str, sobject: &str, table: &Table, columns: &[(&str, &str)]) -> Self {
        let mut mapping = Self {
            sobject: sobject.to_owned(),
            fields: Vec::new(),
            extra: Vec::new(),
            slots: Vec::new(),
            phones: Vec::new(),
            former: None,
            numbers: None,
            groups: 0,
        };
        for (_, field) in columns {
            mapping.ask_for(field);
        }
        mapping.fill(table, |mapping, column| {
            match columns.iter().find(|(name, _)| *name == column) {
                Some((_, field)) => From::Field(mapping.ask_for(field)),
                None if column == "object" => From::Constant(object.to_owned()),
                None => From::Nowhere,
            }
        });
        mapping
    }

    /// A field of the query, named once in whatever case, as Salesforce demands.
    fn ask_for(&mut self, path: &str) -> Field {
        let known = self
            .fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(path));
        if let Some(known) = known {
            return known.clone();
        }
        let field = Field {
            name: path.to_owned(),
            path: path.split('.').map(str::to_owned).collect(),
            position: self.fields.len(),
        };
        self.fields.push(field.clone());
        field
    }

    fn fill(&mut self, table: &Table, mut from: impl FnMut(&mut Self, &str) -> From) {
        for column in table.copied().skip(COMMON.len()) {
            let slot = Slot {
                kind: column.kind,
                is_id: is_id(column),
                from: from(self, &column.name),
            };
            self.slots.push(slot);
        }
    }

    /// The same with the numbers of its telephones, which go to [`model::phone::TABLE`] at position 1.
    #[must_use]
    pub const fn with_numbers(mut self, numbers: Numbers) -> Self {
        self.numbers = Some(numbers);
        self
    }

    /// Whether its records have telephones.
    pub const fn has_phones(&self) -> bool {
        !self.phones.is_empty() || self.former.is_some()
    }

    /// The object's API name.
    pub fn sobject(&self) -> &str {
        &self.sobject
    }

    /// Every field to ask for, each once.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The same with how REST writes the values of each, as [`crate::Api::kinds`] found out: text where nothing is known.
    pub fn columns(&self, kinds: &[JsonKind]) -> Columns {
        Columns {
            fields: self.fields.clone(),
            kinds: kinds.to_vec(),
        }
    }

    /// The same, as a record's values are found by.
    pub(crate) fn query_fields(&self) -> &[Field] {
        &self.fields
    }

    /// The record's `Id` with 18 characters: its natural id. Of a count, what tells its group: `2026-01-05/true/false`.
    pub fn id<'a>(&self, record: &'a impl Values) -> Result<Cow<'a, str>, Refusal> {
        if self.groups > 0 {
            return self.group(record).map(Cow::Owned);
        }
        record::natural_id(match self.fields.first() {
            Some(id) => record.find(id)?,
            None => None,
        })
    }

    fn group(&self, record: &impl Values) -> Result<String, Refusal> {
        let mut group = String::new();
        for field in self.fields.iter().take(self.groups) {
            let raw = record.find(field)?.ok_or_else(|| Refusal {
                reason: "missing_key",
                detail: format!("{} must not be missing", field.name),
            })?;
            if !group.is_empty() {
                group.push('/');
            }
            group.push_str(&record::text_value(&field.name, raw)?);
        }
        Ok(group)
    }

    /// Writes the record as a row of the table at position 0, and its numbers behind. After a refusal the row is incomplete:
    /// the caller takes it back.
    pub fn write(&self, record: &impl Values, rows: &mut Rows) -> Result<(), Refusal> {
        let mut row = rows.row(0);
        for slot in &self.slots {
            let raw = match &slot.from {
                From::Field(field) => record.find(field)?.map(|raw| (field.name.as_str(), raw)),
                From::Constant(text) => {
                    row = row.text(Some(text));
                    continue;
                }
                From::Extra => {
                    row = row.text(self.extra(record)?.as_deref());
                    continue;
                }
                From::Nowhere => None,
            };
            row = match (slot.kind, raw) {
                (ColumnType::Text { .. } | ColumnType::Super, None) => row.text(None),
                (ColumnType::Text { .. } | ColumnType::Super, Some((name, raw))) => {
                    let text = record::text_value(name, raw)?;
                    if slot.is_id {
                        row.text(Some(&record::id_18(name, &text)?))
                    } else {
                        row.text(Some(&text))
                    }
                }
                (ColumnType::Integer, None) => row.int(None),
                (ColumnType::Integer, Some((name, raw))) => {
                    row.int(Some(record::integer(name, raw)?))
                }
                (ColumnType::Boolean, None) => row.bool(None),
                (ColumnType::Boolean, Some((name, raw))) => {
                    row.bool(Some(record::boolean(name, raw)?))
                }
                (ColumnType::Timestamp, None) => row.timestamp(None),
                (ColumnType::Timestamp, Some((name, raw))) => {
                    row.timestamp(Some(record::timestamp(name, raw)?))
                }
                (ColumnType::Decimal | ColumnType::Date, None) => row.literal(None),
                (ColumnType::Decimal, Some((name, raw))) => {
                    row.literal(Some(&record::decimal(name, raw)?))
                }
                (ColumnType::Date, Some((name, raw))) => {
                    row.literal(Some(&record::date(name, raw)?))
                }
            };
        }
        row.end()?;
        match self.numbers {
            Some(numbers) if self.has_phones() => self.write_numbers(record, numbers, rows),
            _ => Ok(()),
        }
    }

    fn write_numbers(
        &self,
        record: &impl Values,
        numbers: Numbers,
        rows: &mut Rows,
    ) -> Result<(), Refusal> {
        let mut said = Vec::with_capacity(self.phones.len());
        for field in &self.phones {
            if let Some(raw) = record.find(field)? {
                said.push(record::text_value(&field.name, raw)?);
            }
        }
        if let Some(former) = &self.former
            && let Some(changed) = record.find(&former.changed)?
            && let Some(raw) = record.find(&former.value)?
        {
            let changed = record::text_value(&former.changed.name, changed)?;
            if former.of.iter().any(|field| *field == changed) {
                said.push(record::text_value(&former.value.name, raw)?);
            }
        }
        numbers.write(said.iter().map(AsRef::as_ref), rows, 1)
    }

    /// A JSON object of the further fields, each with its value as received; null when the settings name none.
    fn extra(&self, record: &impl Values) -> Result<Option<String>, Refusal> {
        if self.extra.is_empty() {
            return Ok(None);
        }
        let mut object = String::from("{");
        for field in &self.extra {
            if object.len() > 1 {
                object.push(',');
            }
            let raw = record.find(field)?.unwrap_or("null");
            // A path holds letters, digits, '_' and dots: nothing to escape.
            object.push('"');
            object.push_str(&field.name);
            object.push_str("\":");
            object.push_str(raw);
        }
        object.push('}');
        Ok(Some(object))
    }
}

/// The fields that the settings read telephones of `object` from.
fn phone_fields<'a>(
    object: &str,
    settings: &'a SalesforceObject,
) -> impl Iterator<Item = &'a String> {
    PHONES
        .iter()
        .filter(move |(of, _)| *of == object)
        .filter_map(|(_, column)| settings.columns.get(*column))
}

/// Columns that hold a Salesforce id: `…_id` of exactly its width.
fn is_id(column: &Column) -> bool {
    column.name.ends_with("_id") && column.kind == ColumnType::Text { max_bytes: 18 }
}
