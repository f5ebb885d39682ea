//! Merges a loaded batch into `curated`: one transaction of the SQL in `shared/warehouse/sql/curated`, in the order of its
//! `ORDER` file. Running it again for the same batch leaves the same tables.

use model::payload::{StatementOutcome, StatementRequest};
use model::settings::Settings;
use model::{Classify, Kind, RunId};
use serde::Deserialize;
use std::path::PathBuf;
use step::{Deadline, SettingsFileError};
use warehouse::protocol::{self, Progress, Transaction};
use warehouse::{Target, Value, Warehouse, WarehouseError, sql};

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Folder of the settings.
    #[serde(default = "layer")]
    pub settings_dir: PathBuf,
    /// Where statements run.
    #[serde(flatten)]
    pub target: Target,
}

fn layer() -> PathBuf {
    PathBuf::from("/opt")
}

/// Why a batch is not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFileError),
    /// The warehouse refused.
    #[error("merging run {run_id}")]
    Warehouse {
        /// The run.
        run_id: RunId,
        /// Why.
        #[source]
        cause: WarehouseError,
    },
    /// Nothing to merge.
    #[error("run {0} is not in ops.load_log; load it first")]
    NotLoaded(RunId),
}

impl Classify for MergeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Settings(cause) => cause.kind(),
            Self::Warehouse { cause, .. } => cause.kind(),
            Self::NotLoaded(_) => Kind::Invalid,
        }
    }
}

/// Merges batches.
#[derive(Debug)]
pub struct Merger {
    warehouse: Warehouse,
    settings: Settings,
}

impl Merger {
    /// Over the warehouse the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Result<Self, MergeError> {
        Ok(Self {
            warehouse: Warehouse::new(step::redshift_data(aws), config.target),
            settings: step::settings(&config.settings_dir)?,
        })
    }

    /// Submits or polls, once.
    pub async fn run(
        &self,
        request: &StatementRequest,
        deadline: Deadline,
    ) -> Result<StatementOutcome, MergeError> {
        let run_id = &request.run_id;
        let failed = |cause| MergeError::Warehouse {
            run_id: run_id.clone(),
            cause,
        };
        let transaction = if protocol::submits(request) {
            let query = "select count(*) from ops.load_log where batch_id = :batch_id";
            let values = [("batch_id".to_owned(), run_id.to_string())];
            let name = format!("{run_id}/merge/log");
            let rows = self
                .warehouse
                .query(&name, query, &values, deadline.left())
                .await
                .map_err(failed)?;
            if rows
                .first()
                .and_then(|row| row.first())
                .and_then(Value::integer)
                != Some(1)
            {
                return Err(MergeError::NotLoaded(run_id.clone()));
            }
            Some(transaction(run_id, &self.settings).map_err(failed)?)
        } else {
            None
        };
        match protocol::step(
            &self.warehouse,
            request,
            "merge",
            deadline.left(),
            transaction,
        )
        .await
        .map_err(failed)?
        {
            Progress::Running(outcome) => Ok(outcome),
            Progress::Committed(rows, outcome) => {
                let rows = rows
                    .iter()
                    .map(|rows| u64::try_from(*rows).unwrap_or(0))
                    .sum();
                Ok(StatementOutcome { rows, ..outcome })
            }
        }
    }
}

/// The statements of a merge and the values they need.
pub fn transaction(run_id: &RunId, settings: &Settings) -> Result<Transaction, WarehouseError> {
    let statements: Vec<_> = sql::merge_files()?
        .iter()
        .flat_map(sql::File::statements)
        .collect();
    let attributes = &settings.genesys.attributes;
    let parameters = vec![
        ("batch_id".to_owned(), run_id.to_string()),
        ("case_id_names".to_owned(), names(&attributes.case_id)),
        ("account_id_names".to_owned(), names(&attributes.account_id)),
        ("contact_id_names".to_owned(), names(&attributes.contact_id)),
        ("escalated_names".to_owned(), names(&attributes.escalated)),
        (
            "bot_handled_names".to_owned(),
            names(&attributes.bot_handled),
        ),
        ("history_names".to_owned(), history_names(settings)),
        (
            "match_window_minutes".to_owned(),
            settings.matching.window_minutes.to_string(),
        ),
        (
            "max_purged_percent".to_owned(),
            settings.salesforce.max_purged_percent.to_string(),
        ),
    ];
    Ok((statements, parameters))
}

/// `,first,second,`: SQL looks for `,name,` in it. An empty list is `,`: a parameter may not be empty.
fn names(list: &[String]) -> String {
    let mut text = String::from(",");
    for name in list {
        text.push_str(name);
        text.push(',');
    }
    text
}

/// `,object.column=Field,` for each column that a history row may speak of. A lookup's field has two names there, and its
/// rows tell the id or the name: `OwnerId` and `Owner.Name` are both known as `Owner`.
fn history_names(settings: &Settings) -> String {
    let mut entries = Vec::new();
    for (object, described) in &settings.salesforce.objects {
        if !settings.salesforce.history.contains_key(object) {
            continue;
        }
        for (column, path) in &described.columns {
            let relation = path
                .strip_suffix("Id")
                .or_else(|| path.strip_suffix(".Name"))
                .filter(|relation| !relation.is_empty());
            let entry = |field: &str| format!("{object}.{column}={field}");
            entries.push(entry(path));
            entries.extend(relation.map(entry));
        }
    }
    names(&entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = include_str!("../../../infra/settings/tributary.toml");

    #[test]
    fn a_merge_fits_into_one_batch_and_uses_every_parameter() {
        let run = RunId::try_from("nightly-1".to_owned()).unwrap();
        let (statements, parameters) =
            transaction(&run, &Settings::parse(SETTINGS).unwrap()).unwrap();
        assert!(
            (1..=40).contains(&statements.len()),
            "{} statements",
            statements.len()
        );
        for (name, _) in &parameters {
            assert!(
                statements
                    .iter()
                    .any(|text| text.contains(&format!(":{name}"))),
                "{name} is used by no statement"
            );
        }
        assert!(statements.iter().all(|text| text.len() < 100 * 1024));
    }

    #[test]
    fn a_field_of_the_history_is_known_by_the_settings_columns() {
        let mut settings = Settings::parse(SETTINGS).unwrap();
        let text = history_names(&settings);
        for entry in [
            ",account.customer_tier=Customer_Tier__c,",
            ",account.owner_id=OwnerId,",
            ",account.owner_id=Owner,",
            ",account.owner_name=Owner,",
            ",case.case_status=Status,",
        ] {
            assert!(text.contains(entry), "{entry} is not in {text}");
        }
        assert!(
            text.len() <= 16_384,
            "tmp_batch.history_names holds no more"
        );
        settings.salesforce.history.clear();
        assert_eq!(history_names(&settings), ",");
    }

    #[test]
    fn a_list_of_names_is_never_empty_text() {
        assert_eq!(names(&[]), ",");
        assert_eq!(names(&["a".to_owned(), "b".to_owned()]), ",a,b,");
    }
}
