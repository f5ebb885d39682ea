//! Copies what a run landed into `raw` and `staging`, and its receipts into the ledger: one transaction.
//!
//! The files come from the receipts of the plan's windows, never from a listing. Inside the transaction a guard compares
//! the rows of each table with the receipts, so a batch is there whole or not at all; `ops.load_log` makes a second load
//! of the same batch a no-op.

mod batch;
mod ledger;
mod receipts;

pub use batch::{Loadable, loadable};
pub use ledger::ledger_csv;
pub use receipts::Windows;

use jiff::Timestamp;
use landing::{LandingError, Store, keys};
use model::payload::{StatementOutcome, StatementRequest};
use model::{Classify, Kind, RunId};
use serde::Deserialize;
use step::Deadline;
use warehouse::protocol::{self, Progress};
use warehouse::{Target, Warehouse, WarehouseError};

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Landing bucket.
    pub bucket: String,
    /// Role that Redshift assumes to read it.
    pub copy_role_arn: String,
    /// Where statements run.
    #[serde(flatten)]
    pub target: Target,
}

/// Why a batch is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bucket refused.
    #[error("loading run {run_id}")]
    Landing {
        /// The run.
        run_id: RunId,
        /// Why.
        #[source]
        cause: LandingError,
    },
    /// The warehouse refused.
    #[error("loading run {run_id}{detail}")]
    Warehouse {
        /// The run.
        run_id: RunId,
        /// The row `COPY` stumbled over, as `SYS_LOAD_ERROR_DETAIL` tells it.
        detail: String,
        /// Why.
        #[source]
        cause: Box<WarehouseError>,
    },
    /// The run has no plan.
    #[error("run {0} has no plan in the bucket; start an execution, which plans first")]
    NoPlan(RunId),
    /// Windows of the plan are not extracted.
    #[error(
        "run {run_id}: {missing} of {planned} windows have no receipt, first {first}; extract them, then load again"
    )]
    Incomplete {
        /// The run.
        run_id: RunId,
        /// Windows without a receipt.
        missing: usize,
        /// Windows planned.
        planned: usize,
        /// The first of the missing.
        first: String,
    },
    /// A receipt's own counts do not add up.
    #[error("run {run_id}, window {window}: the counts of the receipt do not close: {counts}")]
    Unbalanced {
        /// The run.
        run_id: RunId,
        /// Source, object and window.
        window: String,
        /// The counts.
        counts: String,
    },
    /// `COPY` loaded another number of rows than extraction wrote.
    #[error(
        "run {0}: the warehouse counted other rows than the receipts name, so nothing was kept; a landed file was changed \
         or lost after extraction"
    )]
    RowsDiffer(RunId),
    /// A table of a receipt is unknown, or a name cannot stand in SQL.
    #[error("run {run_id}: {rule}")]
    Receipt {
        /// The run.
        run_id: RunId,
        /// What is wrong.
        rule: String,
    },
}

impl Classify for LoadError {
    fn kind(&self) -> Kind {
        match self {
            Self::Landing { cause, .. } => cause.kind(),
            Self::Warehouse { cause, .. } => cause.kind(),
            Self::NoPlan(_) | Self::Receipt { .. } => Kind::Invalid,
            Self::Incomplete { .. } | Self::Unbalanced { .. } | Self::RowsDiffer(_) => {
                Kind::DataQuality
            }
        }
    }
}

/// Loads batches.
#[derive(Debug)]
pub struct Loader {
    store: Store,
    warehouse: Warehouse,
    copy_role: String,
}

impl Loader {
    /// Over the bucket and warehouse the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Self {
        Self {
            store: Store::new(step::s3(aws), config.bucket),
            warehouse: Warehouse::new(step::redshift_data(aws), config.target),
            copy_role: config.copy_role_arn,
        }
    }

    /// Submits or polls, once.
    pub async fn run(
        &self,
        request: &StatementRequest,
        deadline: Deadline,
    ) -> Result<StatementOutcome, LoadError> {
        let run_id = &request.run_id;
        let transaction = if protocol::submits(request) {
            if let Some(rows) = self.loaded_rows(run_id, deadline).await? {
                return Ok(already(request, rows));
            }
            let loadable = self.prepare(run_id).await?;
            Some((loadable.statements, loadable.parameters))
        } else {
            None
        };
        match protocol::step(
            &self.warehouse,
            request,
            "load",
            deadline.left(),
            transaction,
        )
        .await
        {
            Ok(Progress::Running(outcome)) => Ok(outcome),
            Ok(Progress::Committed(rows, outcome)) => {
                let rows = rows
                    .iter()
                    .map(|rows| u64::try_from(*rows).unwrap_or(0))
                    .sum();
                Ok(StatementOutcome { rows, ..outcome })
            }
            Err(cause) => self.explain(request, cause, deadline).await,
        }
    }

    /// Rows of the batch when it is in `ops.load_log`.
    async fn loaded_rows(
        &self,
        run_id: &RunId,
        deadline: Deadline,
    ) -> Result<Option<u64>, LoadError> {
        let rows = self
            .warehouse
            .query(
                &format!("{run_id}/load/log"),
                "select copied_rows from ops.load_log where batch_id = :batch_id",
                &[("batch_id".to_owned(), run_id.to_string())],
                deadline.left(),
            )
            .await
            .map_err(|cause| warehouse_error(run_id, cause))?;
        Ok(rows.first().map(|row| {
            row.first()
                .and_then(warehouse::Value::integer)
                .unwrap_or(0)
                .unsigned_abs()
        }))
    }

    /// Reads the receipts, writes manifests and ledger, and builds the transaction.
    async fn prepare(&self, run_id: &RunId) -> Result<Loadable, LoadError> {
        let landing = |cause| LoadError::Landing {
            run_id: run_id.clone(),
            cause,
        };
        let windows = receipts::of_run(&self.store, run_id).await?;
        let loadable = loadable(run_id, self.store.bucket(), &self.copy_role, &windows)?;
        for (key, manifest) in &loadable.manifests {
            self.store
                .write_json(key, manifest)
                .await
                .map_err(landing)?;
        }
        if let Some(ledger) = ledger_csv(run_id, &windows)? {
            self.store
                .put(&keys::load_ledger(run_id), ledger, "application/gzip")
                .await
                .map_err(landing)?;
        }
        Ok(loadable)
    }

    /// Adds what only the warehouse knows to a failure; a batch that somebody else has loaded meanwhile is no failure.
    async fn explain(
        &self,
        request: &StatementRequest,
        cause: WarehouseError,
        deadline: Deadline,
    ) -> Result<StatementOutcome, LoadError> {
        let run_id = &request.run_id;
        let WarehouseError::Statement {
            message, query_id, ..
        } = &cause
        else {
            return Err(warehouse_error(run_id, cause));
        };
        let text = message.to_lowercase();
        if text.contains("division by zero") || text.contains("divide by zero") {
            // One of the two guards: the batch is there already, or the rows differ.
            return match self.loaded_rows(run_id, deadline).await? {
                Some(rows) => Ok(already(request, rows)),
                None => Err(LoadError::RowsDiffer(run_id.clone())),
            };
        }
        let mut detail = String::new();
        if text.contains("load_error") {
            let (filter, values) = match query_id {
                Some(id) => (
                    " where query_id = cast(:query_id as bigint)",
                    vec![("query_id".to_owned(), id.to_string())],
                ),
                None => ("", vec![]),
            };
            let query = format!(
                "select file_name, line_number, column_name, error_message from sys_load_error_detail{filter} order by \
                 start_time desc limit 1"
            );
            let rows = self
                .warehouse
                .query(
                    &format!("{run_id}/load/errors"),
                    &query,
                    &values,
                    deadline.left(),
                )
                .await;
            if let Ok(rows) = rows
                && let Some(row) = rows.first()
            {
                let cell = |at: usize| {
                    row.get(at)
                        .and_then(warehouse::Value::text)
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                };
                detail = format!(
                    ": file {}, line {}, column {}: {}",
                    cell(0),
                    cell(1),
                    cell(2),
                    cell(3)
                );
            }
        }
        Err(LoadError::Warehouse {
            run_id: run_id.clone(),
            detail,
            cause: Box::new(cause),
        })
    }
}

fn warehouse_error(run_id: &RunId, cause: WarehouseError) -> LoadError {
    LoadError::Warehouse {
        run_id: run_id.clone(),
        detail: String::new(),
        cause: Box::new(cause),
    }
}

fn already(request: &StatementRequest, rows: u64) -> StatementOutcome {
    tracing::info!(rows, "Batch {} is loaded already", request.run_id);
    StatementOutcome {
        run_id: request.run_id.clone(),
        done: true,
        statement_id: request.statement_id.clone().unwrap_or_default(),
        attempt: request.attempt,
        stage: 1,
        rows,
        already_done: true,
    }
}

/// The instant a window was complete, for the ledger.
pub(crate) fn ledger_instant(instant: Timestamp) -> String {
    let mut text = String::new();
    model::rows::push_timestamp(&mut text, instant);
    text
}
