//! Merges a loaded batch into `curated`: the SQL in `shared/warehouse/sql/curated`, in the order of its `ORDER` file, which cuts it
//! into transactions, one after another. Each is safe to repeat, and a merge that was cut off between two of them goes on, or
//! begins anew, with the same outcome: what one has still to do to the tables of another waits in `ops.link_pending`.

use jiff::{SignedDuration, Timestamp};
use model::filter::Filter;
use model::payload::{StatementOutcome, StatementRequest};
use model::settings::{Settings, listed};

use model::{Classify, Kind, RunId};
use serde::Deserialize;
use std::path::PathBuf;
use step::{Deadline, SettingsFileError};
use warehouse::protocol::{self, Progress};
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
    /// A request for a transaction that a merge does not have.
    #[error("run {run_id}: stage {stage} of a merge was asked for, and there are {stages}")]
    NoStage {
        /// The run.
        run_id: RunId,
        /// Which one was asked for.
        stage: u32,
        /// How many there are.
        stages: usize,
    },
    /// A state machine of an earlier release, for which a merge is one transaction, would repeat the first one for ever, or take it for all.
    #[error(
        "run {0}: this execution began under an earlier release, which does not say which stage of the merge it asks for; \
         start an execution with the same input again: what was landed and loaded is not read again"
    )]
    OldStateMachine(RunId),
}

impl Classify for MergeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Settings(cause) => cause.kind(),
            Self::Warehouse { cause, .. } => cause.kind(),
            Self::NotLoaded(_) | Self::NoStage { .. } | Self::OldStateMachine(_) => Kind::Invalid,
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
        if request.stage.is_none() {
            return Err(MergeError::OldStateMachine(run_id.clone()));
        }
        let stages = sql::merge_stages().map_err(failed)?;
        let number = protocol::stage(request);
        let stage = usize::try_from(number)
            .ok()
            .and_then(|number| stages.get(number - 1))
            .ok_or_else(|| MergeError::NoStage {
                run_id: run_id.clone(),
                stage: number,
                stages: stages.len(),
            })?;
        let transaction = if protocol::submits(request) {
            self.must_be_loaded(run_id, deadline)
                .await?
                .then(|| (stage.statements(), parameters(request, &self.settings)))
                .ok_or_else(|| MergeError::NotLoaded(run_id.clone()))
                .map(Some)?
        } else {
            None
        };
        let step = format!("merge-{}", stage.name);
        match protocol::step(
            &self.warehouse,
            request,
            &step,
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
                let is_last = usize::try_from(number).is_ok_and(|number| number == stages.len());
                Ok(if is_last {
                    StatementOutcome { rows, ..outcome }
                } else {
                    protocol::next_stage(&outcome)
                })
            }
        }
    }

    /// Whether the batch is in the warehouse.
    async fn must_be_loaded(&self, run_id: &RunId, deadline: Deadline) -> Result<bool, MergeError> {
        let query = "select count(*) from ops.load_log where batch_id = :batch_id";
        let values = [("batch_id".to_owned(), run_id.to_string())];
        let name = format!("{run_id}/merge/log");
        let rows = self
            .warehouse
            .query(&name, query, &values, deadline.left())
            .await
            .map_err(|cause| MergeError::Warehouse {
                run_id: run_id.clone(),
                cause,
            })?;
        let found = rows.first().and_then(|row| row.first());
        Ok(found.and_then(Value::integer) == Some(1))
    }
}

/// The values that the statements need, of each transaction the same.
pub fn parameters(request: &StatementRequest, settings: &Settings) -> Vec<(String, String)> {
    let attributes = &settings.genesys.attributes;
    let relink_since = request
        .relink_days
        .and_then(|days| {
            let reach = SignedDuration::from_hours(24 * i64::from(days));
            request.at.checked_sub(reach).ok()
        })
        .map_or_else(|| NEVER.to_owned(), instant);
    [
        ("batch_id", request.run_id.to_string()),
        ("case_id_names", listed(&attributes.case_id)),
        ("account_id_names", listed(&attributes.account_id)),
        ("contact_id_names", listed(&attributes.contact_id)),
        ("escalated_names", listed(&attributes.escalated)),
        ("bot_handled_names", listed(&attributes.bot_handled)),
        ("history_names", settings.salesforce.history_names_text()),
        ("link_ways", settings.link.ways_text()),
        ("id_prefixes", settings.link.id_prefixes_text()),
        ("account_prefixes", settings.link.account_prefixes_text()),
        ("contact_prefixes", settings.link.contact_prefixes_text()),
        ("case_prefixes", settings.link.case_prefixes_text()),
        (
            "match_window_minutes",
            settings.matching.window_minutes.to_string(),
        ),
        ("match_windows", settings.matching.windows_text()),
        (
            "max_purged_percent",
            settings.salesforce.max_purged_percent.to_string(),
        ),
        ("relink_since", relink_since),
        (
            "aggregate_filter",
            aggregate_filter(&settings.genesys.filter).to_owned(),
        ),
        ("relink_reasons", listed(&request.relink_reasons)),
        ("business_time_zone", settings.business_time_zone.clone()),
        (
            "service_level_seconds",
            settings.kpi.service_level_seconds.to_string(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// What the settings' filter does to the aggregates, that is, which of their figures can be compared: those of whole groups of queue and
/// media type (`sessions`), or none (`other`), since a filter on anything else takes whole conversations here and single sessions there.
fn aggregate_filter(filter: &Filter) -> &'static str {
    let of_groups = Filter {
        queue_ids: filter.queue_ids.clone(),
        media_types: filter.media_types.clone(),
        ..Filter::default()
    };
    match filter {
        filter if filter.is_empty() => "none",
        filter if *filter == of_groups => "sessions",
        _ => "other",
    }
}

/// Where nothing is asked to be linked again: no conversation begins so late.
const NEVER: &str = "9999-12-31 00:00:00";

fn instant(at: Timestamp) -> String {
    let mut text = String::new();
    model::rows::push_timestamp(&mut text, at);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = include_str!("../../../infra/settings/tributary.toml");

    fn request() -> StatementRequest {
        StatementRequest {
            run_id: RunId::try_from("nightly-1".to_owned()).unwrap(),
            execution: "e1".to_owned(),
            at: "2026-01-31T00:00:00Z".parse().unwrap(),
            statement_id: None,
            attempt: 1,
            stage: None,
            relink_days: Some(30),
            relink_reasons: Vec::new(),
        }
    }

    #[test]
    fn each_transaction_fits_into_a_batch_and_uses_every_parameter() {
        let parameters = parameters(&request(), &Settings::parse(SETTINGS).unwrap());
        let stages = sql::merge_stages().unwrap();
        assert!(stages.len() > 1);
        for stage in stages {
            let statements = stage.statements();
            let (name, count) = (stage.name, statements.len());
            assert!((1..=40).contains(&count), "{name}: {count} statements");
            for (parameter, value) in &parameters {
                assert!(
                    statements
                        .iter()
                        .any(|text| text.contains(&format!(":{parameter}"))),
                    "{name}: {parameter} is used by no statement"
                );
                assert!(!value.is_empty(), "{parameter}");
            }
            assert!(statements.iter().all(|text| text.len() < 100 * 1024));
        }
    }

    #[test]
    fn links_are_decided_again_since_so_many_days_or_not_at_all() {
        let settings = Settings::parse(SETTINGS).unwrap();
        let since = |request: &StatementRequest| {
            let found = parameters(request, &settings);
            found
                .into_iter()
                .find_map(|(name, value)| (name == "relink_since").then_some(value))
        };
        assert_eq!(since(&request()).as_deref(), Some("2026-01-01 00:00:00"));
        let never = StatementRequest {
            relink_days: None,
            ..request()
        };
        assert_eq!(since(&never).as_deref(), Some(NEVER));
    }

    #[test]
    fn a_filter_of_queues_and_media_types_cuts_whole_groups() {
        let filter = |json: &str| -> Filter { serde_json::from_str(json).unwrap() };
        for (json, kind) in [
            ("{}", "none"),
            (r#"{"queue_ids":["q"]}"#, "sessions"),
            (r#"{"queue_ids":["q"],"media_types":["voice"]}"#, "sessions"),
            (r#"{"queue_ids":["q"],"direction":"inbound"}"#, "other"),
            (r#"{"division_ids":["d"]}"#, "other"),
        ] {
            assert_eq!(aggregate_filter(&filter(json)), kind, "{json}");
        }
    }
}
