//! Schema drift: what the settings name and Salesforce does not have, and what changed since the last look.

use crate::describe::{Catalog, Description, FieldDescription};
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

/// An object that has to be described before [`check`] can judge every field of the settings; none when all is known that
/// matters. Each description costs a call, so one is asked for only while a field has not been found without it.
pub fn unknown(settings: &SalesforceObject, sobject: &str, catalog: &Catalog) -> Option<String> {
    let paths = settings.columns.values().chain(&settings.extra);
    paths
        .map(|path| steps(path))
        .filter(|path| !catalog.has(sobject, path))
        .find_map(|path| catalog.unknown(sobject, &path).into_iter().next())
}

/// Every field that the settings of `object` (`account`), an `sobject` (`Account`), need exists and may be read, also one
/// behind relationships (`Owner.Name`).
pub fn check(
    object: &str,
    settings: &SalesforceObject,
    sobject: &str,
    catalog: &Catalog,
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
        .filter(|(_, path)| !catalog.has(sobject, &steps(path)))
        .map(|(key, path)| MissingField {
            key,
            path: path.to_owned(),
            sobject: sobject.to_owned(),
        })
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing)
    }
}

fn steps(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

/// What is different about a field since the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A field that was not there.
    New {
        /// The field.
        field: String,
        /// Its type.
        kind: String,
    },
    /// A field that is gone, or hidden from the integration user.
    Gone {
        /// The field.
        field: String,
    },
    /// A field that holds more than before: longer text, or more digits.
    Widened {
        /// The field.
        field: String,
        /// Characters or digits before.
        from: u32,
        /// Characters or digits now.
        to: u32,
    },
    /// A field that holds less than before.
    Narrowed {
        /// The field.
        field: String,
        /// Characters or digits before.
        from: u32,
        /// Characters or digits now.
        to: u32,
    },
    /// A field of another type.
    TypeChanged {
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
            Self::New { field, kind } => write!(f, "{field} ({kind}) is new"),
            Self::Gone { field } => write!(
                f,
                "{field} is gone, or the integration user may no longer read it"
            ),
            Self::Widened { field, from, to } => {
                write!(f, "{field} was widened from {from} to {to}")
            }
            Self::Narrowed { field, from, to } => {
                write!(f, "{field} was narrowed from {from} to {to}")
            }
            Self::TypeChanged { field, from, to } => {
                write!(f, "{field} changed its type from {from} to {to}")
            }
        }
    }
}

/// One notice of all that changed about the fields of an object, `most` of them by name; none when nothing did.
pub fn notice(sobject: &str, changes: &[Change], most: usize) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let told = changes.iter().take(most);
    let mut told: Vec<_> = told.map(ToString::to_string).collect();
    if changes.len() > most {
        told.push(format!("and {} more", changes.len() - most));
    }
    let mut any = changes.iter();
    if any.any(|change| matches!(change, Change::Widened { .. })) {
        told.push("a value longer than its column is quarantined".to_owned());
    }
    // New ones are last.
    if matches!(changes.last(), Some(Change::New { .. })) {
        told.push("name a new field in the settings to read it".to_owned());
    }
    Some(format!("Salesforce {sobject}: {}", told.join("; ")))
}

/// What changed from `before` to `now`, in the order of the fields' names, and new fields after what happened to those that
/// may be read already: a package brings hundreds.
pub fn changes(before: &Description, now: &Description) -> Vec<Change> {
    let mut found = Vec::new();
    for field in &now.fields {
        match before.field(&field.name) {
            None => found.push(Change::New {
                field: field.name.clone(),
                kind: field.kind.clone(),
            }),
            Some(old) => found.extend(change(old, field)),
        }
    }
    let gone = before
        .fields
        .iter()
        .filter(|field| now.field(&field.name).is_none());
    found.extend(gone.map(|field| Change::Gone {
        field: field.name.clone(),
    }));
    found.sort_by_key(|change| {
        let is_new = matches!(change, Change::New { .. });
        (is_new, change.field().to_owned())
    });
    found
}

fn change(old: &FieldDescription, new: &FieldDescription) -> Option<Change> {
    let field = new.name.clone();
    if old.kind != new.kind {
        return Some(Change::TypeChanged {
            field,
            from: old.kind.clone(),
            to: new.kind.clone(),
        });
    }
    let size = |field: &FieldDescription| field.length.max(field.precision);
    let (from, to) = (size(old), size(new));
    match to.cmp(&from) {
        std::cmp::Ordering::Greater => Some(Change::Widened { field, from, to }),
        std::cmp::Ordering::Less => Some(Change::Narrowed { field, from, to }),
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
