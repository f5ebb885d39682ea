//! What an administrator does to the CRM while a test runs: fields, purged records, late ones.

use crate::control::locked;
use crate::world::crm::{Table, checksum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Records become visible some time after the instant their `SystemModstamp` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// How many of a hundred changes are late.
    pub percent: u32,
    /// How late at most.
    pub seconds: u32,
}

/// A change to the fields of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// A field begins to exist.
    Add(AddedField),
    /// The integration user may no longer see a field: to queries there is none.
    Hide(String),
    /// A hidden field may be seen again.
    Show(String),
    /// A field becomes longer.
    Widen(WidenedField),
}

/// A change as `POST /_fake/schema` takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaChange {
    object: String,
    add: Option<AddedField>,
    hide: Option<String>,
    show: Option<String>,
    widen: Option<WidenedField>,
}

impl SchemaChange {
    fn single(self) -> Result<(String, FieldChange), String> {
        let mut changes: Vec<FieldChange> = [
            self.add.map(FieldChange::Add),
            self.hide.map(FieldChange::Hide),
            self.show.map(FieldChange::Show),
            self.widen.map(FieldChange::Widen),
        ]
        .into_iter()
        .flatten()
        .collect();
        match (changes.pop(), changes.is_empty()) {
            (Some(change), true) => Ok((self.object, change)),
            _ => Err("name exactly one of add, hide, show and widen".to_owned()),
        }
    }
}

/// A field that begins to exist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedField {
    /// API name.
    pub name: String,
    /// Salesforce's word for the type.
    #[serde(rename = "type", default = "text")]
    pub kind: String,
    /// Length in characters.
    #[serde(default)]
    pub length: u32,
    /// Whether it is a formula.
    #[serde(default)]
    pub calculated: bool,
    /// What every record holds in it; nothing: null.
    #[serde(default)]
    pub value: Option<String>,
}

fn text() -> String {
    "string".to_owned()
}

/// A field with another length.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WidenedField {
    /// API name.
    pub name: String,
    /// The length it has from now on.
    pub length: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    /// By object: fields that were added.
    pub(super) added: BTreeMap<&'static str, Vec<AddedField>>,
    /// Object and field, in lower case.
    pub(super) hidden: HashSet<(&'static str, String)>,
    pub(super) widened: BTreeMap<(&'static str, String), u32>,
    /// 18-character ids.
    pub(super) purged: HashSet<String>,
    /// In place of the server's option; nobody is late when it says nobody.
    pub(super) late: Option<Late>,
}

/// The changes made so far, and the requests of the day. A query keeps the changes it began with.
#[derive(Debug, Default)]
pub struct Controls {
    changes: Mutex<Arc<Changes>>,
    used: AtomicU64,
}

/// What `POST /_fake/purge` and `POST /_fake/reveal` take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Records {
    object: String,
    ids: Vec<String>,
}

/// What `POST /_fake/usage` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usage {
    used: u64,
}

impl Controls {
    pub(super) fn changes(&self) -> Arc<Changes> {
        Arc::clone(&locked(&self.changes))
    }

    fn change(&self, how: impl FnOnce(&mut Changes)) {
        how(Arc::make_mut(&mut locked(&self.changes)));
    }

    /// Adds, hides, shows or widens a field.
    ///
    /// # Errors
    /// Says which object or field there is not, or that an added one exists.
    pub fn schema(&self, object: &str, change: FieldChange) -> Result<(), String> {
        let table = table(object)?;
        let object = table.name();
        let known = |field: &str| {
            let changes = self.changes();
            let mut added = changes.added.get(object).into_iter().flatten();
            let is_known = table.column(field).is_some()
                || added.any(|one| one.name.eq_ignore_ascii_case(field));
            is_known
                .then(|| (object, field.to_ascii_lowercase()))
                .ok_or_else(|| format!("{object} has no field '{field}'"))
        };
        match change {
            FieldChange::Add(field) => {
                if known(&field.name).is_ok() {
                    return Err(format!("{object} has a field '{}' already", field.name));
                }
                self.change(|changes| changes.added.entry(object).or_default().push(field));
            }
            FieldChange::Hide(field) => {
                let key = known(&field)?;
                self.change(|changes| {
                    changes.hidden.insert(key);
                });
            }
            FieldChange::Show(field) => {
                let key = known(&field)?;
                self.change(|changes| {
                    changes.hidden.remove(&key);
                });
            }
            FieldChange::Widen(field) => {
                let key = known(&field.name)?;
                self.change(|changes| {
                    changes.widened.insert(key, field.length);
                });
            }
        }
        Ok(())
    }

    /// Takes records out of the recycle bin, or straight out of the object: no query shows them again, nor their history.
    ///
    /// # Errors
    /// Names the object that is not served, or the id that cannot be one of it.
    pub fn purge(&self, object: &str, ids: &[String]) -> Result<(), String> {
        let ids = full_ids(object, ids)?;
        self.change(|changes| changes.purged.extend(ids));
        Ok(())
    }

    /// Shows purged records again, with the `SystemModstamp` they always had: a record that was missed is made of both.
    ///
    /// # Errors
    /// As [`Self::purge`].
    pub fn reveal(&self, object: &str, ids: &[String]) -> Result<(), String> {
        let ids = full_ids(object, ids)?;
        self.change(|changes| changes.purged.retain(|id| !ids.contains(id)));
        Ok(())
    }

    /// Sets how many API requests the organisation has made today, by whomever.
    pub fn set_used(&self, used: u64) {
        self.used.store(used, Ordering::Relaxed);
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Counts a request; false when it is one too many.
    pub(super) fn use_one(&self, most: u64) -> bool {
        self.used.fetch_add(1, Ordering::Relaxed) < most
    }

    /// Makes changes late from now on, or none; the server's option counts no longer.
    pub fn set_late(&self, late: Option<Late>) {
        let nobody = Late {
            percent: 0,
            seconds: 0,
        };
        self.change(|changes| changes.late = Some(late.unwrap_or(nobody)));
    }

    /// Takes every change back; the requests of the day stay counted.
    pub fn reset(&self) {
        self.change(|changes| *changes = Changes::default());
    }

    /// Answers the control paths of the CRM; none for any other path.
    pub(crate) fn answer(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Option<Result<Value, String>> {
        let done = |result: Result<(), String>| result.map(|()| json!({"done": true}));
        Some(match (method, path) {
            ("POST", "/_fake/schema") => done(
                serde_json::from_slice(body)
                    .map_err(|error| format!("no change of fields: {error}"))
                    .and_then(SchemaChange::single)
                    .and_then(|(object, change)| self.schema(&object, change)),
            ),
            ("POST", "/_fake/purge") => done(
                serde_json::from_slice(body)
                    .map_err(|error| format!("nothing to purge: {error}"))
                    .and_then(|Records { object, ids }| self.purge(&object, &ids)),
            ),
            ("POST", "/_fake/reveal") => done(
                serde_json::from_slice(body)
                    .map_err(|error| format!("nothing to reveal: {error}"))
                    .and_then(|Records { object, ids }| self.reveal(&object, &ids)),
            ),
            ("POST", "/_fake/usage") => done(
                serde_json::from_slice(body)
                    .map_err(|error| format!("no usage: {error}"))
                    .map(|Usage { used }| self.set_used(used)),
            ),
            ("POST", "/_fake/late") => done(
                serde_json::from_slice(body)
                    .map_err(|error| format!("no lateness: {error}"))
                    .map(|late| self.set_late(late)),
            ),
            ("POST", "/_fake/crm/reset") => {
                self.reset();
                done(Ok(()))
            }
            _ => return None,
        })
    }
}

/// Ids in their long form, each of which could be one of the object.
fn full_ids(object: &str, ids: &[String]) -> Result<Vec<String>, String> {
    let table = table(object)?;
    let full = |id: &String| {
        let long = if id.len() == 15 {
            checksum(id)
        } else {
            id.clone()
        };
        (long.len() == 18 && long.starts_with(table.prefix()))
            .then_some(long)
            .ok_or_else(|| format!("'{id}' is no id of {object}"))
    };
    ids.iter().map(full).collect()
}

fn table(object: &str) -> Result<Table, String> {
    Table::find(object).ok_or_else(|| format!("no object '{object}' is served"))
}
