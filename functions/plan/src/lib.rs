//! Chooses the windows of a run, tells their cost, and writes them as the items of the Distributed Map.
//!
//! A plan is made once: when the run has one, it is handed back as it is, so that a failed execution started again with the
//! same input continues the same windows.

pub mod input;
pub mod ledger;
pub mod windows;

use input::Checked;
use landing::{LandingError, Store, keys};
use ledger::Entry;
use model::payload::{Estimate, Mode, PlanOutcome, PlanRequest, WindowReceipt, WindowTask};
use model::settings::Settings;
use model::{Classify, Kind, RunId, Source};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use step::{Deadline, SettingsFileError};
use warehouse::{Target, Warehouse, WarehouseError};
use windows::Choice;

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Landing bucket.
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

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFileError),
    /// A field of the input breaks a rule.
    #[error("input {field} = {value}: {rule}")]
    Input {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// The rule.
        rule: &'static str,
    },
    /// `from` and `to` are no window.
    #[error("input from and to")]
    Window(#[source] model::WindowError),
    /// The run id cannot be built.
    #[error("{0}")]
    RunId(String),
    /// A report in the input has no file.
    #[error("input reports: {asked:?} has no file in infra/settings/reports; there is {known}")]
    Report {
        /// What was asked.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The folder of reports cannot be listed.
    #[error("settings folder {path} cannot be listed")]
    Reports {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The ledger cannot be read.
    #[error("reading the ledger")]
    Warehouse(#[source] WarehouseError),
    /// A row of the ledger has a form nobody wrote.
    #[error("ops.window_ledger has a row that cannot be read: {0}")]
    Ledger(String),
    /// The bucket refused.
    #[error("writing the plan of run {run_id}")]
    Landing {
        /// The run.
        run_id: RunId,
        /// Why.
        #[source]
        cause: LandingError,
    },
    /// Nothing landed in the interval of a replay.
    #[error("input from and to: the ledger has no window in {0} to replay")]
    NothingToReplay(String),
    /// A receipt the ledger speaks of is gone.
    #[error(
        "run {run_id}: the receipt s3://{key} is gone (lifecycle?); these windows must be read from the source again"
    )]
    ReceiptGone {
        /// The run that landed it.
        run_id: RunId,
        /// Bucket and key.
        key: String,
    },
}

impl Classify for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::Warehouse(cause) => cause.kind(),
            Self::Landing { cause, .. } => cause.kind(),
            _ => Kind::Invalid,
        }
    }
}

/// Makes plans.
#[derive(Debug)]
pub struct Planner {
    store: Store,
    warehouse: Warehouse,
    settings: Settings,
    reports: BTreeSet<String>,
}

impl Planner {
    /// Over the bucket, warehouse and settings the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Result<Self, PlanError> {
        Ok(Self {
            store: Store::new(step::s3(aws), config.bucket),
            warehouse: Warehouse::new(step::redshift_data(aws), config.target),
            settings: step::settings(&config.settings_dir)?,
            reports: report_names(&config.settings_dir.join("reports"))?,
        })
    }

    /// Checks the input; unless that is all, makes the plan or hands back the one the run has.
    pub async fn run(
        &self,
        request: &PlanRequest,
        deadline: Deadline,
    ) -> Result<PlanOutcome, PlanError> {
        let checked = input::check(&request.input, request.started_at)?;
        let reports = self.reports(request.input.reports.as_deref())?;
        let empty = self.outcome(&checked, reports, &[], &[], Estimate::default());
        if request.check_only {
            return Ok(empty);
        }
        let landing = |cause| PlanError::Landing {
            run_id: checked.run_id.clone(),
            cause,
        };
        let key = keys::plan(&checked.run_id);
        if let Some(plan) = self
            .store
            .read_json::<PlanOutcome>(&key, "a plan")
            .await
            .map_err(landing)?
        {
            tracing::info!(run_id = %checked.run_id, "The run has a plan; continuing it");
            return Ok(plan);
        }
        let (genesys, salesforce, estimate) = match checked.mode {
            Mode::Replay => {
                let (genesys, salesforce) = self.replay(&checked, deadline).await?;
                (genesys, salesforce, Estimate::default())
            }
            _ => self.read(&checked, deadline).await?,
        };
        let plan = self.outcome(&checked, empty.reports, &genesys, &salesforce, estimate);
        // The items first: a plan that exists is complete.
        self.store
            .write_json(&plan.genesys_key, &genesys)
            .await
            .map_err(landing)?;
        self.store
            .write_json(&plan.salesforce_key, &salesforce)
            .await
            .map_err(landing)?;
        self.store.write_json(&key, &plan).await.map_err(landing)?;
        tracing::info!(
            run_id = %plan.run_id, windows = plan.genesys_windows + plan.salesforce_windows, calls = estimate.calls,
            minutes = estimate.minutes, bytes = estimate.bytes, "Planned {} windows, {} calls, at least {} minutes",
            plan.genesys_windows + plan.salesforce_windows, estimate.calls, estimate.minutes
        );
        Ok(plan)
    }

    fn outcome(
        &self,
        checked: &Checked,
        reports: Vec<String>,
        genesys: &[WindowTask],
        salesforce: &[WindowTask],
        estimate: Estimate,
    ) -> PlanOutcome {
        PlanOutcome {
            run_id: checked.run_id.clone(),
            mode: checked.mode,
            at: checked.at,
            reads_sources: checked.mode != Mode::Replay,
            bucket: self.store.bucket().to_owned(),
            genesys_key: keys::plan_windows(&checked.run_id, Source::Genesys),
            genesys_windows: genesys.len() as u64,
            salesforce_key: keys::plan_windows(&checked.run_id, Source::Salesforce),
            salesforce_windows: salesforce.len() as u64,
            estimate,
            reports,
        }
    }

    fn reports(&self, asked: Option<&[String]>) -> Result<Vec<String>, PlanError> {
        let Some(asked) = asked else {
            return Ok(self.reports.iter().cloned().collect());
        };
        match asked.iter().find(|name| !self.reports.contains(*name)) {
            Some(unknown) => Err(PlanError::Report {
                asked: unknown.clone(),
                known: self.reports.iter().cloned().collect::<Vec<_>>().join(", "),
            }),
            None => Ok(asked.to_vec()),
        }
    }

    /// The windows of a run that reads its sources.
    async fn read(
        &self,
        checked: &Checked,
        deadline: Deadline,
    ) -> Result<(Vec<WindowTask>, Vec<WindowTask>, Estimate), PlanError> {
        // Salesforce goes on where it stopped, however long ago: the whole ledger counts.
        let ledger = ledger::entries(
            &self.warehouse,
            self.settings.salesforce.initial_start,
            checked.at,
            deadline.left(),
        )
        .await?;
        let choices = windows::choose(checked, &self.settings, &ledger);
        let estimate = windows::estimate(&choices, &self.settings, &ledger);
        let tasks = |source| {
            let chosen: Vec<_> = choices
                .iter()
                .filter(|choice| choice.source == source)
                .cloned()
                .collect();
            self.tasks(
                checked,
                chosen
                    .into_iter()
                    .map(|choice| (choice, Vec::new()))
                    .collect(),
            )
        };
        Ok((tasks(Source::Genesys), tasks(Source::Salesforce), estimate))
    }

    /// The windows of a replay: the newest landing of each, from the receipts of the runs that landed them.
    async fn replay(
        &self,
        checked: &Checked,
        deadline: Deadline,
    ) -> Result<(Vec<WindowTask>, Vec<WindowTask>), PlanError> {
        let Some(range) = checked.range else {
            return Ok((Vec::new(), Vec::new()));
        };
        let entries =
            ledger::entries(&self.warehouse, range.start(), range.end(), deadline.left()).await?;
        let mut seen = BTreeSet::new();
        let (mut genesys, mut salesforce) = (Vec::new(), Vec::new());
        for Entry {
            batch_id,
            mode,
            source,
            object,
            window,
            ..
        } in entries
        {
            if mode == Mode::Replay.as_str()
                || !seen.insert((source.clone(), object.clone(), window))
            {
                continue;
            }
            let key = keys::receipt_of(&batch_id, &source, &object, window);
            let receipt: WindowReceipt = self
                .store
                .read_json(&key, "a window receipt")
                .await
                .map_err(|cause| PlanError::Landing {
                    run_id: checked.run_id.clone(),
                    cause,
                })?
                .ok_or_else(|| PlanError::ReceiptGone {
                    run_id: batch_id.clone(),
                    key: format!("{}/{key}", self.store.bucket()),
                })?;
            let landed: Vec<_> = receipt
                .files
                .into_iter()
                .map(|file| file.key)
                .filter(|key| key.starts_with("landing/"))
                .collect();
            if landed.is_empty() {
                continue; // an empty window: there is nothing to read again
            }
            let choice = Choice {
                source: receipt.task.source,
                object,
                window,
            };
            match choice.source {
                Source::Genesys => genesys.push((choice, landed)),
                Source::Salesforce => salesforce.push((choice, landed)),
            }
        }
        if genesys.is_empty() && salesforce.is_empty() {
            return Err(PlanError::NothingToReplay(range.to_string()));
        }
        Ok((
            self.tasks(checked, genesys),
            self.tasks(checked, salesforce),
        ))
    }

    /// Choices as items of the Map: each worker gets its share of the quota.
    fn tasks(&self, checked: &Checked, chosen: Vec<(Choice, Vec<String>)>) -> Vec<WindowTask> {
        let settings = &self.settings;
        let workers = settings
            .plan
            .max_concurrency
            .min(u32::try_from(chosen.len()).unwrap_or(u32::MAX))
            .max(1);
        chosen
            .into_iter()
            .zip(1_u32..)
            .map(|((choice, landed), window_no)| {
                let (per_minute, in_flight) = match choice.source {
                    Source::Genesys => (
                        settings.genesys.requests_per_minute,
                        settings.genesys.max_in_flight,
                    ),
                    Source::Salesforce => (
                        settings.salesforce.requests_per_minute,
                        settings.salesforce.max_in_flight,
                    ),
                };
                WindowTask {
                    run_id: checked.run_id.clone(),
                    mode: checked.mode,
                    source: choice.source,
                    object: choice.object,
                    window: choice.window,
                    window_no,
                    requests_per_minute: (per_minute / workers).max(1),
                    max_in_flight: (in_flight / workers).max(1),
                    at: checked.at,
                    landed,
                }
            })
            .collect()
    }
}

/// Names of the reports: the TOML files of the folder.
fn report_names(path: &Path) -> Result<BTreeSet<String>, PlanError> {
    let failed = |cause| PlanError::Reports {
        path: path.to_owned(),
        cause,
    };
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(path).map_err(failed)? {
        let file = file.map_err(failed)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
            && let Some(name) = file.file_stem().and_then(|name| name.to_str())
        {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}
