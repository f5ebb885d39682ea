//! Copies one window of a Salesforce object to the landing zone: by REST, or by a Bulk API 2.0 job where there is much.
//!
//! A window reaches back `overlap_seconds` before its start: `SystemModstamp` is not the order in which records become
//! visible. What comes twice is merged later, by id.

mod broken;
mod bulk;
mod error;
mod lookup;
mod read;
mod records;
mod request;
mod rest;
mod state;
mod target;
mod unavailable;

pub use error::ExtractError;

use landing::{Opened, Store, WindowWriter};
use model::payload::{Counts, ExtractOutcome, Extraction, Mode, WindowTask};
use model::settings::Settings;
use read::Run;
use salesforce::{Api, check_host};
use serde::Deserialize;
use source_http::{Client, Connections, Repeat, Share};
use state::State;
use std::path::PathBuf;
use std::time::Duration;
use step::Deadline;
use step::secrets::{Secrets, Token};
use target::Target;

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

/// The function, with everything it needs.
#[derive(Debug)]
pub struct Extractor {
    store: Store,
    secrets: Secrets,
    token_secret: String,
    settings: Settings,
    connections: Connections,
    repeat: Repeat,
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
            repeat: Repeat::default(),
        }
    }

    /// Other bounds on repeating calls: for tests and tools.
    #[must_use]
    pub const fn repeating(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Lands the window, or as much of it as fits before `deadline`.
    pub async fn run(
        &self,
        task: WindowTask,
        deadline: Deadline,
    ) -> Result<ExtractOutcome, ExtractError> {
        request::check(&task, deadline.now())?;
        let numbers = self.settings.phone.numbers();
        let (target, tables) = Target::of(&task, &self.settings.salesforce, numbers)?;
        let quarantine = warehouse::sql::table(QUARANTINE_TABLE)?;

        let opened = WindowWriter::open(&self.store, &task, Some(RAW_TABLE), tables, quarantine);
        let mut writer = match opened.await? {
            Opened::Done(receipt) => return Ok(outcome(&task, true, receipt.counts)),
            Opened::Writing(writer) => writer,
        };
        let progress = if task.mode == Mode::Replay {
            Box::pin(replay(&self.store, &task, &target, &mut writer, deadline)).await?
        } else {
            let api = self.api(&task, deadline).await?;
            let settings = &self.settings.salesforce;
            let run = Run::new(
                settings,
                &task,
                &target,
                &mut writer,
                api,
                deadline,
                self.repeat,
            );
            Box::pin(run.read()).await?
        };
        let Progress::Complete(extraction) = progress else {
            return Ok(outcome(&task, false, *writer.counts()));
        };
        // Salesforce states the present truth: nothing settles later, and a later change is another window's record.
        let receipt = writer.finish(extraction, true, deadline.now()).await?;
        tracing::info!(
            object = task.object,
            road = receipt.extraction.as_str(),
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
        let base_url = check_host("instance_url", &instance_url)
            .map_err(|cause| ExtractError::source(task, cause.into()))?;
        let client = Client::with(
            self.connections.clone(),
            &base_url,
            share,
            deadline,
            Some(token.access_token),
            self.repeat,
        );
        Ok(Api::over(client, settings))
    }
}

/// Lines of a landed file whose rows wait in memory, uncompressed.
const LINES_BETWEEN_DRAINS: usize = 1_000;

/// Reads landed files again, without a token and without a call.
async fn replay(
    store: &Store,
    task: &WindowTask,
    target: &Target,
    writer: &mut WindowWriter,
    deadline: Deadline,
) -> Result<Progress, ExtractError> {
    let mut state = writer.state::<State>().unwrap_or_default();
    let mut lines = 0_usize;
    while let Some(key) = task.landed.get(state.replayed) {
        landing::envelope::read_some(store, key, task.lines.get(key), |line| {
            records::take(
                &target.mapping,
                writer,
                &line.payload,
                line.extracted_at,
                None,
            )?;
            lines += 1;
            if lines.is_multiple_of(LINES_BETWEEN_DRAINS) {
                writer.drain()?;
            }
            Ok::<_, ExtractError>(())
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
