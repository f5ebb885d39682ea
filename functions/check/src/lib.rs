//! Judges a merged batch: the data tests beside the SQL, the join rate, the equations of the ledger. A `fail` stops the
//! run before any report is published; every verdict is a row of `ops.check_result`.

mod sample;
mod summary;
mod variances;
mod verdicts;

pub use summary::{LedgerLine, Links, Summary};
pub use verdicts::{combined_query, judge, notices};

use landing::{LandingError, Store, keys};
use model::payload::{CheckOutcome, CheckRequest, CheckResult, PlanOutcome, Verdict};
use model::rows::push_timestamp;
use model::settings::Settings;
use model::{Classify, Kind, RunId};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use step::{Deadline, SettingsFileError};
use warehouse::{Batch, Target, Value, Warehouse, WarehouseError, sql};

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Landing bucket, for `summary.json`.
    pub bucket: String,
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

/// Why there is no verdict, or why the verdict stops the run.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFileError),
    /// The warehouse refused.
    #[error("checking run {run_id}")]
    Warehouse {
        /// The run.
        run_id: RunId,
        /// Why.
        #[source]
        cause: WarehouseError,
    },
    /// The bucket refused the plan or the summary.
    #[error("reading the plan or writing the summary of run {run_id}")]
    Landing {
        /// The run.
        run_id: RunId,
        /// Why.
        #[source]
        cause: LandingError,
    },
    /// At least one test failed.
    #[error(
        "run {run_id}: {failed}; no report is published. The rows are in ops.check_result; mend the cause, then start the \
         same input again"
    )]
    Failed {
        /// The run.
        run_id: RunId,
        /// The failed tests with what was found.
        failed: String,
    },
}

impl Classify for CheckError {
    fn kind(&self) -> Kind {
        match self {
            Self::Settings(cause) => cause.kind(),
            Self::Warehouse { cause, .. } => cause.kind(),
            Self::Landing { cause, .. } => cause.kind(),
            Self::Failed { .. } => Kind::DataQuality,
        }
    }
}

/// Judges batches.
#[derive(Debug)]
pub struct Checker {
    warehouse: Warehouse,
    store: Store,
    settings: Settings,
}

impl Checker {
    /// Over the warehouse and bucket the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Result<Self, CheckError> {
        Ok(Self {
            warehouse: Warehouse::new(step::redshift_data(aws), config.target),
            store: Store::new(step::s3(aws), config.bucket),
            settings: step::settings(&config.settings_dir)?,
        })
    }

    /// Runs every test, keeps the verdicts, writes the summary; an error when one fails.
    pub async fn run(
        &self,
        request: &CheckRequest,
        deadline: Deadline,
    ) -> Result<CheckOutcome, CheckError> {
        let run_id = &request.run_id;
        let failed = |cause| CheckError::Warehouse {
            run_id: run_id.clone(),
            cause,
        };
        let tests = sql::data_tests().map_err(failed)?;
        let (query, parameters) = combined_query(&tests, run_id, &self.settings);
        let name = format!("{run_id}/check");
        let rows = self
            .warehouse
            .query(&name, &query, &parameters, deadline.left())
            .await
            .map_err(failed)?;
        let offending: BTreeMap<String, i64> = rows
            .iter()
            .filter_map(|row| Some((row.first()?.text()?, row.get(1).and_then(Value::integer)?)))
            .collect();
        let links = summary::links(&self.warehouse, run_id, deadline)
            .await
            .map_err(failed)?;
        let mut checks = judge(&tests, &offending, links, &self.settings);
        sample::add(
            &self.warehouse,
            run_id,
            &tests,
            &mut checks,
            &parameters,
            deadline,
        )
        .await;
        let differing = variances::found(
            &self.warehouse,
            run_id,
            &tests,
            &checks,
            &parameters,
            deadline,
        )
        .await;
        let variance = variances::in_words(&checks, &differing);
        checks.extend(differing);
        checks.extend(notices(self.plan(run_id).await?.as_ref()));
        self.keep(request, &checks, deadline)
            .await
            .map_err(failed)?;

        let ledger = summary::ledger(&self.warehouse, run_id, deadline)
            .await
            .map_err(failed)?;
        let verdict = checks
            .iter()
            .map(|check| check.verdict)
            .max()
            .unwrap_or(Verdict::Pass);
        let summary = Summary {
            run_id: run_id.clone(),
            at: request.at,
            verdict,
            links,
            ledger,
            checks: checks.clone(),
        };
        self.store
            .write_json(&keys::summary(run_id), &summary)
            .await
            .map_err(|cause| CheckError::Landing {
                run_id: run_id.clone(),
                cause,
            })?;

        for check in checks.iter().filter(|check| check.verdict != Verdict::Pass) {
            tracing::warn!(
                name = check.name,
                observed = check.observed,
                "Data test: {}",
                check.expected
            );
        }
        if verdict == Verdict::Fail {
            let failed: Vec<_> = checks
                .iter()
                .filter(|check| check.verdict == Verdict::Fail && check.name != variances::EACH)
                .map(|check| {
                    format!(
                        "{} ({}; expected: {})",
                        check.name, check.observed, check.expected
                    )
                })
                .collect();
            return Err(CheckError::Failed {
                run_id: run_id.clone(),
                failed: failed.join("; "),
            });
        }
        Ok(CheckOutcome {
            run_id: run_id.clone(),
            verdict,
            checks,
            has_variance: variance.is_some(),
            variance: variance.unwrap_or_default(),
        })
    }

    /// What `plan` said; `None` for a batch that no plan has made.
    async fn plan(&self, run_id: &RunId) -> Result<Option<PlanOutcome>, CheckError> {
        self.store
            .read_json(&keys::plan(run_id), "the outcome of a plan")
            .await
            .map_err(|cause| CheckError::Landing {
                run_id: run_id.clone(),
                cause,
            })
    }

    /// Replaces the batch's rows in `ops.check_result`.
    async fn keep(
        &self,
        request: &CheckRequest,
        checks: &[CheckResult],
        deadline: Deadline,
    ) -> Result<(), WarehouseError> {
        let mut checked_at = String::new();
        push_timestamp(&mut checked_at, request.at);
        let mut parameters = vec![
            ("batch_id".to_owned(), request.run_id.to_string()),
            ("checked_at".to_owned(), checked_at),
        ];
        let mut selects = Vec::new();
        for (position, check) in checks.iter().enumerate() {
            let verdict = verdicts::word(check.verdict);
            selects.push(format!(
                "select cast(:batch_id as varchar(128)), cast(:name_{position} as varchar(256)), \
                 cast('{}' as varchar(8)), cast('{verdict}' as varchar(8)), cast(:observed_{position} as varchar(1024)), \
                 cast(:expected_{position} as varchar(1024)), cast(:checked_at as timestamp)",
                verdicts::severity_of(check, &self.settings),
            ));
            parameters.push((format!("name_{position}"), check.name.clone()));
            parameters.push((format!("observed_{position}"), check.observed.clone()));
            parameters.push((format!("expected_{position}"), check.expected.clone()));
        }
        let mut statements =
            vec!["delete from ops.check_result where batch_id = :batch_id".to_owned()];
        if selects.is_empty() {
            parameters.truncate(1);
        } else {
            statements.push(format!(
                "insert into ops.check_result (batch_id, check_name, severity, verdict, observed, expected, checked_at)\n{}",
                selects.join("\nunion all\n")
            ));
        }
        let token = hex::encode(Sha256::digest(format!(
            "{}/check/{}",
            request.run_id,
            deadline.now()
        )));
        let batch = Batch {
            name: format!("{}/check/keep", request.run_id),
            token,
            statements,
            parameters,
        };
        self.warehouse
            .run(&batch, deadline.left())
            .await
            .map(|_| ())
    }
}
