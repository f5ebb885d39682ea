//! Schema drift: what the settings name and Salesforce does not have, and what changed since the last look.

use crate::describe::{Description, FieldDescription};
use crate::mapping::FIXED;
use model::settings::SalesforceObject;
use std::fmt;

/// A field that the settings name and that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "settings tributary.toml: {key} = {path:?}: {sobject} has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings"
)]
pub struct MissingField {
    /// Where it is named: `salesforce.objects.account.columns.customer_tier`.
    pub key: String,
    /// The field, with its relationships.
    pub path: String,
    /// The object without it.
    pub sobject: String,
}

/// Every field that the settings of `object` (`account`) need exists and may be read. A path over a relationship
/// (`Owner.Name`) is followed as far as one description goes: to the reference it begins with.
pub fn check(
    object: &str,
    settings: &SalesforceObject,
    description: &Description,
) -> Result<(), Vec<MissingField>> {
    let root = format!("salesforce.objects.{object}");
    // A user is never deleted, only deactivated.
    let fixed = FIXED
        .iter()
        .map(|(_, field)| *field)
        .filter(|field| *field != "IsDeleted" || object != "user")
        .chain(["Id"])
        .map(|field| (format!("{root} (always read)"), field));
    let columns = settings
        .columns
        .iter()
        .map(|(column, path)| (format!("{root}.columns.{column}"), path.as_str()));
    let extra = settings
        .extra
        .iter()
        .map(|path| (format!("{root}.extra"), path.as_str()));
    let missing: Vec<_> = fixed
        .chain(columns)
        .chain(extra)
        .filter(|(_, path)| !exists(description, path))
        .map(|(key, path)| MissingField {
            key,
            path: path.to_owned(),
            sobject: description.name.clone(),
        })
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing)
    }
}

fn exists(description: &Description, path: &str) -> bool {
    match path.split_once('.') {
        None => description.field(path).is_some(),
        Some((relationship, _)) => description.reference(relationship).is_some(),
    }
}

/// What is different about a field since the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A field that was not there.
    New {
        /// The object.
        sobject: String,
        /// The field.
        field: String,
        /// Its type.
        kind: String,
    },
    /// A field that is gone, or hidden from the integration user.
    Gone {
        /// The object.
        sobject: String,
        /// The field.
        field: String,
    },
    /// A field that holds more than before: longer text, or more digits.
    Widened {
        /// The object.
        sobject: String,
        /// The field.
        field: String,
        /// Characters or digits before.
        from: u32,
        /// Characters or digits now.
        to: u32,
    },
    /// A field that holds less than before.
    Narrowed {
        /// The object.
        sobject: String,
        /// The field.
        field: String,
        /// Characters or digits before.
        from: u32,
        /// Characters or digits now.
        to: u32,
    },
    /// A field of another type.
    TypeChanged {
        /// The object.
        sobject: String,
        /// The field.
        field: String,
        /// The type before.
        from: String,
        /// The type now.
        to: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New {
                sobject,
                field,
                kind,
            } => write!(
                f,
                "Salesforce {sobject}.{field} ({kind}) is new; name it in the settings to read it"
            ),
            Self::Gone { sobject, field } => write!(
                f,
                "Salesforce {sobject}.{field} is gone, or the integration user may no longer read it"
            ),
            Self::Widened {
                sobject,
                field,
                from,
                to,
            } => write!(
                f,
                "Salesforce {sobject}.{field} was widened from {from} to {to}; a value longer than its column is quarantined"
            ),
            Self::Narrowed {
                sobject,
                field,
                from,
                to,
            } => write!(
                f,
                "Salesforce {sobject}.{field} was narrowed from {from} to {to}"
            ),
            Self::TypeChanged {
                sobject,
                field,
                from,
                to,
            } => write!(
                f,
                "Salesforce {sobject}.{field} changed its type from {from} to {to}"
            ),
        }
    }
}

/// What changed from `before` to `now`, in the order of the fields' names.
pub fn changes(before: &Description, now: &Description) -> Vec<Change> {
    let sobject = || now.name.clone();
    let mut found = Vec::new();
    for field in &now.fields {
        match before.field(&field.name) {
            None => found.push(Change::New {
                sobject: sobject(),
                field: field.name.clone(),
                kind: field.kind.clone(),
            }),
            Some(old) => found.extend(change(&now.name, old, field)),
        }
    }
    let gone = before
        .fields
        .iter()
        .filter(|field| now.field(&field.name).is_none());
    found.extend(gone.map(|field| Change::Gone {
        sobject: sobject(),
        field: field.name.clone(),
    }));
    found.sort_by(|left, right| left.field().cmp(right.field()));
    found
}

fn change(sobject: &str, old: &FieldDescription, new: &FieldDescription) -> Option<Change> {
    let (sobject, field) = (sobject.to_owned(), new.name.clone());
    if old.kind != new.kind {
        return Some(Change::TypeChanged {
            sobject,
            field,
            from: old.kind.clone(),
            to: new.kind.clone(),
        });
    }
    let size = |field: &FieldDescription| field.length.max(field.precision);
    let (from, to) = (size(old), size(new));
    match to.cmp(&from) {
        std::cmp::Ordering::Greater => Some(Change::Widened {
            sobject,
            field,
            from,
            to,
        }),
        std::cmp::Ordering::Less => Some(Change::Narrowed {
            sobject,
            field,
            from,
            to,
        }),
        std::cmp::Ordering::Equal => None,
    }
}

impl Change {
    /// The field's API name.
    pub fn field(&self) -> &str {
        match self {
            Self::New { field, .. }
            | Self::Gone { field, .. }
            | Self::Widened { field, .. }
            | Self::Narrowed { field, .. }
            | Self::TypeChanged { field, .. } => field,
        }
    }
}
