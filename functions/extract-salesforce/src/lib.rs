//! Copies one window of a Salesforce object to the landing zone.
//!
//! A window reaches back `overlap_seconds` before its start: `SystemModstamp` is not the order in which records become
//! visible. What comes twice is merged later, by id.

mod error;
mod records;

pub use error::ExtractError;

use jiff::{SignedDuration, Timestamp};
use landing::{Opened, Store, WindowWriter};
use model::Source;
use model::payload::{Counts, ExtractOutcome, Extraction, Mode, WindowTask};
use model::settings::{SALESFORCE_OBJECTS, Settings};
use salesforce::{Api, ApiError, Mapping, Page, Select};
use serde::{Deserialize, Serialize};
use source_http::{Connections, Share};
use std::path::PathBuf;
use std::time::Duration;
use step::Deadline;
use step::secrets::{Secrets, Token};

/// One window of one object.
pub type Request = WindowTask;

/// Landing lines of every Salesforce object are loaded here.
const RAW_TABLE: &str = "raw.salesforce_record";
const QUARANTINE_TABLE: &str = "staging.quarantine";

/// What a page, its checkpoint and the answer may take. With less time left, the invocation hands back; it reads at
/// least one page before, so that every call gets further.
const PAGE_TIME: Duration = Duration::from_secs(30);

/// Environment of the function.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// Bucket of the landing zone.
    pub bucket: String,
    /// Folder of `tributary.toml`.
    #[serde(default = "default_settings_dir")]
    pub settings_dir: PathBuf,
    /// Secret that `refresh-token` keeps the token in.
    pub salesforce_token_secret: String,
}

fn default_settings_dir() -> PathBuf {
    PathBuf::from("/opt")
}

/// Where an unfinished window continues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The page to read next; `None` before the first.
    #[serde(default)]
    next_url: Option<String>,
    /// Replay: landing objects read so far.
    #[serde(default)]
    replayed: usize,
}

/// The function, with everything it needs.
#[derive(Debug)]
pub struct Extractor {
    store: Store,
    secrets: Secrets,
    token_secret: String,
    settings: Settings,
    connections: Connections,
}

/// Whether a window is complete.
enum Progress {
    Complete(Extraction),
    HandBack,
}

impl Extractor {
    /// Over a bucket, the secret that holds the token, checked settings and a connection pool.
    pub fn new(
        store: Store,
        secrets: Secrets,
        token_secret: String,
        settings: Settings,
        connections: Connections,
    ) -> Self {
        Self {
            store,
            secrets,
            token_secret,
            settings,
            connections,
        }
    }

    /// Lands the window, or as much of it as fits before `deadline`.
    pub async fn run(
        &self,
        task: WindowTask,
        deadline: Deadline,
    ) -> Result<ExtractOutcome, ExtractError> {
        check(&task, deadline.now())?;
        let table = warehouse::sql::table(&format!("staging.salesforce_{}", task.object))?;
        let quarantine = warehouse::sql::table(QUARANTINE_TABLE)?;
        let object = self
            .settings
            .salesforce
            .objects
            .get(&task.object)
            .ok_or_else(|| ExtractError::no_settings(&task.object))?;
        let mapping = Mapping::new(&task.object, object, &table)?;

        let opened =
            WindowWriter::open(&self.store, &task, Some(RAW_TABLE), vec![table], quarantine);
        let mut writer = match opened.await? {
            Opened::Done(receipt) => return Ok(outcome(&task, true, receipt.counts)),
            Opened::Writing(writer) => writer,
        };
        let progress = if task.mode == Mode::Replay {
            self.replay(&task, &mapping, &mut writer, deadline).await?
        } else {
            self.read(&task, &mapping, &mut writer, deadline).await?
        };
        let Progress::Complete(extraction) = progress else {
            return Ok(outcome(&task, false, *writer.counts()));
        };
        // Salesforce states the present truth: nothing settles later, and a later change is another window's record.
        let receipt = writer.finish(extraction, true, deadline.now()).await?;
        tracing::info!(
            object = task.object,
            landed = receipt.counts.landed,
            quarantined = receipt.counts.quarantined,
            calls = receipt.counts.calls,
            "Landed {} {} records of {}",
            receipt.counts.landed,
            task.object,
            task.window
        );
        Ok(outcome(&task, true, receipt.counts))
    }

    /// Reads pages from the API until the last one, the deadline or a failure; keeps what has come in each case.
    async fn read(
        &self,
        task: &WindowTask,
        mapping: &Mapping,
        writer: &mut WindowWriter,
        deadline: Deadline,
    ) -> Result<Progress, ExtractError> {
        let select = self.select(task, mapping)?;
        let api = self.api(task, deadline).await?;
        let calls_before = writer.counts().calls;
        let mut state = writer.state::<State>().unwrap_or_default();
        let mut has_restarted = false;
        loop {
            let page = match &state.next_url {
                Some(next_url) => api.next(next_url).await,
                None => api.query_all(&select).await,
            };
            writer.counts().calls = calls_before + api.calls();
            let page = match page {
                Err(ApiError::LocatorGone(cause)) if !has_restarted => {
                    // What has landed stays: the same records come again and are dropped as duplicates.
                    tracing::warn!("Starting the query of {} anew: {cause}", task.window);
                    has_restarted = true;
                    state.next_url = None;
                    continue;
                }
                Err(cause) => return Err(keep(writer, &state, failed(task, cause)).await),
                Ok(page) => page,
            };
            take(mapping, writer, &page, deadline.now())?;
            let within_share = api.within_share(&page);
            writer.counts().api = Some(page.total_size);
            state.next_url = page.next_url;
            if state.next_url.is_none() {
                return Ok(Progress::Complete(Extraction::Rest));
            }
            if let Err(cause) = within_share {
                return Err(keep(writer, &state, failed(task, cause)).await);
            }
            if deadline.is_near(PAGE_TIME) {
                writer.flush(&state).await?;
                return Ok(Progress::HandBack);
            }
            writer.checkpoint(&state).await?;
        }
    }

    /// Reads landed files again, without a token and without a call.
    async fn replay(
        &self,
        task: &WindowTask,
        mapping: &Mapping,
        writer: &mut WindowWriter,
        deadline: Deadline,
    ) -> Result<Progress, ExtractError> {
        let mut state = writer.state::<State>().unwrap_or_default();
        while let Some(key) = task.landed.get(state.replayed) {
            landing::envelope::read(&self.store, key, |line| {
                records::take(mapping, writer, &line.payload, line.extracted_at)
                    .map_err(ExtractError::from)
            })
            .await?;
            state.replayed += 1;
            if deadline.is_near(PAGE_TIME) && state.replayed < task.landed.len() {
                writer.flush(&state).await?;
                return Ok(Progress::HandBack);
            }
            writer.checkpoint(&state).await?;
        }
        Ok(Progress::Complete(Extraction::Replay))
    }

    fn select(&self, task: &WindowTask, mapping: &Mapping) -> Result<Select, ExtractError> {
        let overlap = SignedDuration::from_secs(self.settings.salesforce.overlap_seconds.into());
        let start = task.window.start();
        let since = start.checked_sub(overlap).unwrap_or(start);
        let build = || {
            Select::new(mapping.sobject(), mapping.fields())?
                .at_or_after("SystemModstamp", since)?
                .before("SystemModstamp", task.window.end())?
                .order_by(["SystemModstamp", "Id"])
        };
        build().map_err(|cause| failed(task, cause.into()))
    }

    async fn api(&self, task: &WindowTask, deadline: Deadline) -> Result<Api, ExtractError> {
        let token: Token = self.secrets.read(&self.token_secret).await?;
        let instance_url = token
            .instance_url
            .ok_or_else(|| ExtractError::NoInstance(self.token_secret.clone()))?;
        let share = Share {
            requests_per_minute: task.requests_per_minute,
            max_in_flight: task.max_in_flight,
        };
        let settings = &self.settings.salesforce;
        Api::new(
            self.connections.clone(),
            &instance_url,
            token.access_token,
            settings,
            share,
            deadline,
        )
        .map_err(|cause| failed(task, cause))
    }
}

/// What can be said about a task without asking anyone.
fn check(task: &WindowTask, now: Timestamp) -> Result<(), ExtractError> {
    let refuse = |field, value: String, rule| Err(ExtractError::Request { field, value, rule });
    if task.source != Source::Salesforce {
        let value = task.source.to_string();
        return refuse("source", value, "this function reads salesforce alone");
    }
    if !SALESFORCE_OBJECTS.contains(&task.object.as_str()) {
        let value = task.object.chars().take(64).collect();
        return refuse(
            "object",
            value,
            "must be account, contact, case or opportunity",
        );
    }
    if task.window.end() > now {
        let value = task.window.to_string();
        return refuse(
            "window",
            value,
            "ends in the future; ask for a window that has passed",
        );
    }
    if task.mode != Mode::Replay && !task.landed.is_empty() {
        let value = format!("{} keys", task.landed.len());
        return refuse("landed", value, "belongs to the mode replay alone");
    }
    if task.requests_per_minute == 0 || task.max_in_flight == 0 {
        let value = format!("{} / {}", task.requests_per_minute, task.max_in_flight);
        let field = "requests_per_minute / max_in_flight";
        return refuse(field, value, "must each be at least 1");
    }
    Ok(())
}

fn take(
    mapping: &Mapping,
    writer: &mut WindowWriter,
    page: &Page,
    received_at: Timestamp,
) -> Result<(), ExtractError> {
    for record in &page.records {
        records::take(mapping, writer, record.get().as_bytes(), received_at)?;
    }
    Ok(())
}

fn failed(task: &WindowTask, cause: ApiError) -> ExtractError {
    ExtractError::Source {
        object: task.object.clone(),
        window: task.window,
        cause: Box::new(cause),
    }
}

/// Keeps the pages that came before a failure, so that the next attempt continues behind them.
async fn keep(writer: &mut WindowWriter, state: &State, failure: ExtractError) -> ExtractError {
    if writer.counts().received > 0
        && let Err(error) = writer.flush(state).await
    {
        tracing::warn!("What came before the failure could not be kept: {error}");
    }
    failure
}

fn outcome(task: &WindowTask, done: bool, counts: Counts) -> ExtractOutcome {
    ExtractOutcome {
        run_id: task.run_id.clone(),
        source: task.source,
        object: task.object.clone(),
        window: task.window,
        done,
        counts,
    }
}
