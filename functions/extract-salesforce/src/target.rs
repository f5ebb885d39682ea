//! What a task's object stands for: an object of Salesforce, its fields, and which of its records.

use crate::ExtractError;
use crate::state::Slice;
use jiff::SignedDuration;
use model::payload::WindowTask;
use model::phone::{self, Numbers};
use model::settings::{
    CASE_COUNT, SALESFORCE_HISTORY, SALESFORCE_OBJECTS, SALESFORCE_RECONCILED, Salesforce,
    SalesforceObject,
};
use model::table::Table;
use salesforce::{Mapping, Select, SoqlError};

/// Which records are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Those changed in the window.
    Changed,
    /// Changes of tracked fields, made in the window.
    History,
    /// The ids of all.
    Ids,
    /// Those the task names.
    Lookup,
    /// None: how many there are, by the day they were created.
    CaseCount,
}

impl What {
    /// `account_history` is the history of `account`.
    pub fn of(name: &str) -> Option<(Self, &str)> {
        if SALESFORCE_OBJECTS.contains(&name) {
            return Some((Self::Changed, name));
        }
        if name == CASE_COUNT {
            return Some((Self::CaseCount, "case"));
        }
        let (object, suffix) = name.rsplit_once('_')?;
        let (what, known) = match suffix {
            "history" => (Self::History, &SALESFORCE_HISTORY[..]),
            "ids" => (Self::Ids, &SALESFORCE_RECONCILED[..]),
            "lookup" => (Self::Lookup, &SALESFORCE_RECONCILED[..]),
            _ => return None,
        };
        known.contains(&object).then_some((what, object))
    }
}

/// A task's object.
#[derive(Debug)]
pub(crate) struct Target {
    pub what: What,
    pub mapping: Mapping,
}

impl Target {
    /// The object of a checked task, and the tables its rows go to, the main one first.
    pub fn of(
        task: &WindowTask,
        settings: &Salesforce,
        numbers: Numbers,
    ) -> Result<(Self, Vec<Table>), ExtractError> {
        // `request::check` has refused every other name.
        let (what, object) = What::of(&task.object).unwrap_or((What::Changed, &task.object));
        let described = || -> Result<&SalesforceObject, ExtractError> {
            let described = settings.objects.get(object);
            described.ok_or_else(|| ExtractError::no_settings(object))
        };
        let table = warehouse::sql::table(&match what {
            What::Changed | What::Lookup => format!("staging.salesforce_{object}"),
            What::History => "staging.salesforce_history".to_owned(),
            What::Ids => "staging.salesforce_id".to_owned(),
            What::CaseCount => "staging.salesforce_case_count".to_owned(),
        })?;
        let mapping = match what {
            What::Changed | What::Lookup => Mapping::new(object, described()?, &table)?,
            What::History => {
                let sobject =
                    settings
                        .history
                        .get(object)
                        .ok_or_else(|| ExtractError::Request {
                            field: "object",
                            value: task.object.clone(),
                            rule: "settings tributary.toml, [salesforce.history], names no history object for it",
                        })?;
                Mapping::history(object, sobject, settings.objects.get(object), &table)?
            }
            What::Ids => Mapping::ids(object, &described()?.sobject, &table),
            What::CaseCount => Mapping::case_counts(&described()?.sobject, &table),
        };
        let mut tables = vec![table];
        if mapping.has_phones() {
            tables.push(warehouse::sql::table(phone::TABLE)?);
        }
        let mapping = mapping.with_numbers(numbers);
        Ok((Self { what, mapping }, tables))
    }

    /// The whole of the task's window. Changes become visible late, so it reaches back; a list of ids begins at the first
    /// record there is, and what is counted of a day is counted once.
    pub fn whole(&self, task: &WindowTask, settings: &Salesforce) -> Slice {
        let overlap = match self.what {
            What::CaseCount => SignedDuration::ZERO,
            _ => SignedDuration::from_secs(settings.overlap_seconds.into()),
        };
        let start = task.window.start();
        Slice {
            from: start.checked_sub(overlap).unwrap_or(start),
            to: task.window.end(),
            is_open: self.what == What::Ids,
        }
    }

    /// The query for the records of a slice.
    pub fn select(&self, slice: Slice) -> Result<Select, SoqlError> {
        // History objects have no other instant; ids are listed as of when their records were created.
        let instant = match self.what {
            What::Changed | What::Lookup => "SystemModstamp",
            What::History | What::Ids | What::CaseCount => "CreatedDate",
        };
        let mut select = self.bare()?;
        if !slice.is_open {
            select = select.at_or_after(instant, slice.from)?;
        }
        let select = select.before(instant, slice.to)?;
        match self.what {
            What::CaseCount => Ok(select),
            _ => select.order_by([instant, "Id"]),
        }
    }

    /// The same without a condition.
    pub fn bare(&self) -> Result<Select, SoqlError> {
        match self.what {
            What::CaseCount => Select::case_counts(self.mapping.sobject()),
            _ => Select::new(self.mapping.sobject(), self.mapping.fields()),
        }
    }
}
