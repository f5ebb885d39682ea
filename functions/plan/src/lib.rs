//! Chooses the windows of a run, tells their cost, and writes them as the items of the Distributed Map.
//!
//! A plan is made once: when the run has one, it is handed back as it is, so that a failed execution started again with the
//! same input continues the same windows. Whatever can be known to be wrong is refused here, before anything is read.

mod coverage;
mod error;
pub mod estimate;
mod first_load;
mod holes;
pub mod input;
pub mod ledger;
mod quarantine;
mod query;
mod quota;
mod reading;
mod replay;
mod rules;
pub mod settings;
mod sources;
mod tasks;
mod values;
mod volume;
pub mod windows;
mod written;

pub use error::PlanError;

use coverage::Ledger;
use estimate::Estimator;
use first_load::{Asking, FirstLoads};
use input::Checked;
use jiff::SignedDuration;
use landing::{Store, keys};
use model::Source;
use model::payload::{Estimate, Mode, PlanOutcome, PlanRequest};
use model::settings::Settings;
use reading::Reading;
use salesforce::Api as Salesforce;
use serde::Deserialize;
use sources::{Described, Sources};
use std::collections::BTreeSet;
use std::path::PathBuf;
use step::Deadline;
use step::secrets::Secrets;
use warehouse::{Target, Warehouse};
use windows::Chosen;
use written::Windows;

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Landing bucket.
    pub bucket: String,
    /// Folder of the settings.
    #[serde(default = "layer")]
    pub settings_dir: PathBuf,
    /// Domain or AWS region of the Genesys Cloud organisation.
    pub genesys_region: String,
    /// Secret with the Genesys token `refresh-token` keeps.
    pub genesys_token_secret: String,
    /// Secret with the Salesforce token `refresh-token` keeps.
    pub salesforce_token_secret: String,
    /// Another base URL of the Platform API: only on this machine.
    pub genesys_api_url: Option<String>,
    /// Where statements run.
    #[serde(flatten)]
    pub target: Target,
}

fn layer() -> PathBuf {
    PathBuf::from("/opt")
}

/// Notices a plan is handed on with: they are part of the machine's state. Most are told once and never again, so that the log
/// and `plan.json` have all of them.
const MOST_NOTICES: usize = 40;
/// How far back, at least, the ledger is asked what days have cost.
const PAST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Makes plans.
#[derive(Debug)]
pub struct Planner {
    store: Store,
    warehouse: Warehouse,
    sources: Sources,
    settings: Settings,
    reports: BTreeSet<String>,
}

/// What a run does.
#[derive(Default)]
struct Planned {
    chosen: Chosen,
    estimate: Estimate,
    described: Described,
    reading: Reading,
}

impl Planner {
    /// Over the bucket, warehouse, sources and settings the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Result<Self, PlanError> {
        let (settings, reports) = settings::judge(&config.settings_dir).usable()?;
        Ok(Self {
            sources: Sources::new(Secrets::new(aws), &config)?,
            store: Store::new(step::s3(aws), config.bucket),
            warehouse: Warehouse::new(step::redshift_data(aws), config.target),
            settings,
            reports,
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
        rules::check_start(&self.settings, checked.at, request.started_at)?;
        if let Some(filter) = &checked.filter {
            rules::check_filter_of("input ", filter)?;
        }
        let empty = self.outcome(&checked, reports, &Planned::default(), Windows::default());
        if request.check_only {
            return Ok(empty);
        }
        let landing = |cause| PlanError::landing(&checked.run_id, cause);
        let key = keys::plan(&checked.run_id);
        if let Some(plan) = self
            .store
            .read_json::<PlanOutcome>(&key, "a plan")
            .await
            .map_err(landing)?
        {
            let plan = PlanOutcome {
                // Somebody may want other reports of the same run.
                reports: empty.reports,
                ..plan
            };
            return Ok(continued(short(plan), &checked));
        }
        let planned = match checked.mode {
            Mode::Replay => Box::pin(self.replay(&checked, deadline)).await?,
            // Nothing is read: the merge looks for what has changed.
            Mode::Reenrich => Planned::default(),
            _ => Box::pin(self.read(&checked, deadline)).await?,
        };
        let written =
            Windows::write(&self.store, &self.settings, &checked, &planned.chosen).await?;
        let plan = self.outcome(&checked, empty.reports, &planned, written);
        // Before the plan, which is what makes the run one that has told it: cut off between the two, it tells it again.
        planned.reading.keep(&self.store).await?;
        self.store.write_json(&key, &plan).await.map_err(landing)?;
        planned.described.keep(&self.store, &checked.run_id).await?;
        tell(&plan, &planned.chosen);
        Ok(short(plan))
    }

    fn outcome(
        &self,
        checked: &Checked,
        reports: Vec<String>,
        planned: &Planned,
        windows: Windows,
    ) -> PlanOutcome {
        PlanOutcome {
            run_id: checked.run_id.clone(),
            mode: checked.mode,
            at: checked.at,
            reads_sources: checked.mode.reads_sources(),
            bucket: self.store.bucket().to_owned(),
            genesys_key: keys::plan_windows(&checked.run_id, Source::Genesys),
            genesys_windows: windows.genesys,
            salesforce_key: keys::plan_windows(&checked.run_id, Source::Salesforce),
            salesforce_windows: windows.salesforce,
            estimate: planned.estimate,
            reports,
            notices: planned.chosen.notices.clone(),
            relink_days: checked.days,
            relink_reasons: checked.reasons.clone(),
        }
    }

    fn reports(&self, asked: Option<&[String]>) -> Result<Vec<String>, PlanError> {
        let Some(asked) = asked else {
            return Ok(self.reports.iter().cloned().collect());
        };
        match asked.iter().find(|name| !self.reports.contains(*name)) {
            Some(unknown) => Err(PlanError::Report {
                asked: input::cut(unknown.clone()),
                known: self.reports.iter().cloned().collect::<Vec<_>>().join(", "),
            }),
            None => Ok(asked.to_vec()),
        }
    }

    /// The windows of a run that reads its sources.
    async fn read(&self, checked: &Checked, deadline: Deadline) -> Result<Planned, PlanError> {
        let (settings, store) = (&self.settings, &self.store);
        // A filter of the event's own reads conversations alone.
        let reads_salesforce = checked.filter.is_none();
        let (mut api, mut described) = (None, Described::default());
        if reads_salesforce {
            let salesforce = self.sources.salesforce(settings, deadline).await?;
            let looked = Described::by(&salesforce, settings, store, &checked.run_id);
            described = Box::pin(looked).await?;
            api = Some(salesforce);
        }
        let genesys = self.sources.genesys(settings, deadline).await?;
        let available = genesys.availability().await;
        // The instant before which details jobs are complete; `None` when Genesys does not tell.
        let available_until = available.map_err(|cause| PlanError::Genesys(Box::new(cause)))?;
        let begins = windows::interval(checked, settings).map_or(checked.at, model::Window::start);
        let begins = begins.min(checked.at - PAST);
        let ledger = ledger::read(&self.warehouse, begins, deadline.left()).await?;
        let mut chosen = windows::choose(checked, settings, &ledger, available_until);
        chosen.notices.extend(values::unknown(checked, settings));
        let mut first = FirstLoads::default();
        if let Some(api) = &api {
            let asking = Asking {
                checked,
                settings,
                api,
                deadline,
            };
            let known = Ledger::of(&ledger);
            first = Box::pin(first_load::cut(&mut chosen, &known, &asking)).await?;
        }
        if checked.mode == Mode::Nightly {
            let warehouse = &self.warehouse;
            let (run_id, incomplete) = (&checked.run_id, &first.incomplete);
            let (lookups, notices) =
                holes::choices(warehouse, store, run_id, &ledger, incomplete, deadline).await?;
            chosen.choices.extend(lookups);
            chosen.notices.extend(notices);
        }
        let mut reading = Reading::default();
        if reads_salesforce {
            let warehouse = &self.warehouse;
            let compared =
                reading::compare(checked, settings, store, warehouse, &ledger, deadline).await?;
            reading = compared.0;
            chosen.notices.splice(0..0, compared.1);
        }
        let usage = api.as_ref().and_then(Salesforce::usage);
        let mut estimator = Estimator::new(settings, &ledger, available_until);
        if estimator.guesses_conversations() {
            let filter = checked.filter.as_ref().unwrap_or(&settings.genesys.filter);
            estimator.volume =
                volume::ask(&genesys, &chosen.choices, filter, checked.at, deadline).await;
        }
        chosen.counts = first.calls;
        first.add(&mut chosen, &estimator, usage, checked.force);
        first_load::long_lists(&mut chosen, &estimator);
        let mut estimate = estimator.estimate(&chosen.choices, usage);
        estimate.settled_windows = chosen.settled_windows;
        estimate.provisional_windows = chosen.provisional_windows;
        if let Some(usage) = usage {
            let allowed = usage.limit * u64::from(settings.salesforce.daily_share_percent) / 100;
            if usage.used + estimate.salesforce_calls > allowed {
                chosen.notices.push(format!(
                    "Salesforce: about {} calls are needed and {usage} of the day are used; the run stops at {allowed} (salesforce.daily_share_percent) and can be started again later",
                    estimate.salesforce_calls
                ));
            }
        }
        // Last: what a person has to act on comes first, there and wherever a list of notices is cut.
        chosen.notices.extend(described.notices.iter().cloned());
        Ok(Planned {
            chosen,
            estimate,
            described,
            reading,
        })
    }

    /// The windows of a replay. Nobody is called.
    async fn replay(&self, checked: &Checked, deadline: Deadline) -> Result<Planned, PlanError> {
        if !checked.reasons.is_empty() {
            let (warehouse, store) = (&self.warehouse, &self.store);
            let chosen = quarantine::choose(warehouse, store, checked, deadline).await?;
            return Ok(Planned {
                chosen,
                ..Planned::default()
            });
        }
        let Some(range) = checked.range else {
            return Ok(Planned::default());
        };
        let entries = ledger::landed(&self.warehouse, range, deadline.left()).await?;
        let choices = replay::choices(&self.store, &checked.run_id, &entries).await?;
        if choices.is_empty() {
            return Err(PlanError::NothingToReplay(range.to_string()));
        }
        Ok(Planned {
            chosen: Chosen {
                choices,
                ..Chosen::default()
            },
            ..Planned::default()
        })
    }
}

/// The plan as it is handed on.
fn short(mut plan: PlanOutcome) -> PlanOutcome {
    if plan.notices.len() > MOST_NOTICES {
        let more = plan.notices.len() - MOST_NOTICES;
        plan.notices.truncate(MOST_NOTICES);
        plan.notices.push(format!(
            "{more} more notices are left out; {} has them all",
            keys::plan(&plan.run_id)
        ));
    }
    plan
}

/// The plan a run has. A backfill is one run whenever it is started: what became final since then is not in its plan, and a
/// batch that is loaded is not amended by a window that failed at first.
fn continued(mut plan: PlanOutcome, checked: &Checked) -> PlanOutcome {
    tracing::info!(run_id = %plan.run_id, "The run has a plan; continuing it");
    if plan.mode == Mode::Backfill && plan.at != checked.at {
        let notice = format!(
            "this very backfill was planned as of {:.0} and is continued: nothing it has read is read again. What became due since then, or what it went on without, a backfill with another from or to reads; \"force\": true reads everything anew",
            plan.at
        );
        tracing::warn!(run_id = %plan.run_id, "{notice}");
        plan.notices.push(notice);
    }
    plan
}

/// The plan in the log, and each notice.
fn tell(plan: &PlanOutcome, chosen: &Chosen) {
    let (windows, estimate) = (
        plan.genesys_windows + plan.salesforce_windows,
        plan.estimate,
    );
    tracing::info!(
        run_id = %plan.run_id,
        windows,
        by_job = chosen.by_job,
        by_query = chosen.by_query,
        settled = estimate.settled_windows,
        provisional = estimate.provisional_windows,
        genesys_calls = estimate.genesys_calls,
        salesforce_calls = estimate.salesforce_calls,
        salesforce_daily_share_bp = estimate.salesforce_daily_share_bp,
        salesforce_counts = chosen.counts,
        minutes = estimate.minutes,
        bytes = estimate.bytes,
        "Planned {windows} windows, {} calls, at least {} minutes; {} windows of conversations by details jobs, {} by the query; {} counts asked of Salesforce",
        estimate.calls,
        estimate.minutes,
        chosen.by_job,
        chosen.by_query,
        chosen.counts
    );
    for notice in &plan.notices {
        tracing::warn!(run_id = %plan.run_id, "{notice}");
    }
}
