//! Copies one window of Genesys Cloud records to the landing zone.
//!
//! The invocation ends in one of three ways: the window is done (its receipt exists), it hands back before its deadline
//! (`done: false`: call again with the same input), or it fails with a kind. What was read stays read in every case.

mod contacts;
mod conversation;
mod error;
mod reference;
mod replay;
mod request;
mod state;

pub use error::ExtractError;
pub use model::payload::WindowTask as Request;

use genesys::api::Api;
use genesys::record;
use landing::{Opened, Store, WindowWriter};
use model::payload::{ExtractOutcome, Mode};
use model::region::{Region, is_loopback};
use model::settings::Settings;
use model::table::Table;
use serde::Deserialize;
use source_http::{Client, Connections, Share};
use state::State;
use std::path::PathBuf;
use std::time::Duration;
use step::Deadline;
use step::secrets::{Secrets, Token};

/// The variables of the function.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// The bucket of landing zone and receipts.
    pub bucket: String,
    /// Folder of `tributary.toml`.
    #[serde(default = "layer")]
    pub settings_dir: PathBuf,
    /// Domain or AWS region of the Genesys Cloud organisation.
    pub genesys_region: String,
    /// Secret with the token `refresh-token` keeps.
    pub genesys_token_secret: String,
    /// Another base URL of the Platform API: only on this machine.
    pub genesys_api_url: Option<String>,
}

fn layer() -> PathBuf {
    PathBuf::from("/opt")
}

/// Position of the external contacts among a conversation window's tables.
pub(crate) const CONTACTS: usize = record::TABLES.len();
/// Table of the external contacts.
pub(crate) const CONTACT_TABLE: &str = "staging.genesys_external_contact";

/// Time kept free before the deadline to write out what has come.
const HAND_BACK: Duration = Duration::from_secs(20);

/// The function's clients and settings, built once per process.
#[derive(Debug)]
pub struct Extractor {
    settings: Settings,
    store: Store,
    secrets: Secrets,
    token_secret: String,
    api_url: String,
    connections: Connections,
    hand_back: Option<Duration>,
}

/// What is needed while one window is read.
pub(crate) struct Run<'a> {
    pub settings: &'a Settings,
    pub store: &'a Store,
    pub task: &'a Request,
    pub deadline: Deadline,
    /// Less than this left: hand back.
    pub keep: Duration,
    pub writer: WindowWriter,
    pub state: State,
    /// Calls of earlier invocations.
    calls_before: u64,
}

/// Whether a stage reached its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing is left of it.
    Complete,
    /// The deadline is near: hand back.
    HandBack,
}

impl Run<'_> {
    /// Keeps the present state with what has been taken. Call after each page.
    pub async fn checkpoint(&mut self, api: &Api) -> Result<(), ExtractError> {
        self.writer.counts().calls = self.calls_before + api.client().calls();
        Ok(self.writer.checkpoint(&self.state).await?)
    }

    /// Whether to hand back now.
    pub fn is_late(&self) -> bool {
        self.deadline.is_near(self.keep)
    }

    pub fn source(&self, cause: source_http::SourceError) -> ExtractError {
        ExtractError::source_of(self.task, cause)
    }
}

impl Extractor {
    /// Checks region and URL; nothing is called.
    pub fn new(
        config: &Config,
        settings: Settings,
        store: Store,
        secrets: Secrets,
    ) -> Result<Self, ExtractError> {
        let region = Region::parse(&config.genesys_region)?;
        let api_url = match &config.genesys_api_url {
            None => region.api_url(),
            Some(url) if is_loopback(url) => url.clone(),
            Some(url) => return Err(ExtractError::Url(url.clone())),
        };
        Ok(Self {
            settings,
            store,
            secrets,
            token_secret: config.genesys_token_secret.clone(),
            api_url,
            connections: source_http::connections().map_err(ExtractError::Connections)?,
            hand_back: None,
        })
    }

    /// Hands back as soon as less than `keep` is left, whatever the whole invocation has. At least one page is read in
    /// any case, so that calling again always ends.
    #[must_use]
    pub const fn handing_back_at(mut self, keep: Duration) -> Self {
        self.hand_back = Some(keep);
        self
    }

    /// Reads the window, or the rest of it.
    pub async fn run(
        &self,
        task: &Request,
        deadline: Deadline,
    ) -> Result<ExtractOutcome, ExtractError> {
        request::check(task, deadline.now())?;
        let (raw_table, tables) = tables_of(&task.object)?;
        let quarantine = warehouse::sql::table("staging.quarantine")?;
        let opened = WindowWriter::open(&self.store, task, raw_table, tables, quarantine).await?;
        let mut writer = match opened {
            Opened::Done(receipt) => return Ok(outcome(task, true, receipt.counts)),
            Opened::Writing(writer) => *writer,
        };
        let mut run = Run {
            settings: &self.settings,
            store: &self.store,
            task,
            deadline,
            keep: self
                .hand_back
                .unwrap_or_else(|| HAND_BACK.min(deadline.left() / 4)),
            state: writer.state().unwrap_or_default(),
            calls_before: writer.counts().calls,
            writer,
        };
        let progress = if task.mode == Mode::Replay {
            Box::pin(replay::read(&mut run)).await?
        } else {
            let api = self.api(task, deadline).await?;
            let read = if task.object == "conversation" {
                Box::pin(conversation::read(&mut run, &api)).await
            } else {
                Box::pin(reference::read(&mut run, &api)).await
            };
            run.writer.counts().calls = run.calls_before + api.client().calls();
            match read {
                Ok(progress) => progress,
                // The source failed between two pages: what came before is kept for the next attempt.
                Err(error @ ExtractError::Source { .. }) => {
                    if let Err(cause) = run.writer.flush(&run.state).await {
                        tracing::warn!("What came before the failure could not be kept: {cause}");
                    }
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        };
        if progress == Progress::HandBack {
            run.writer.flush(&run.state).await?;
            return Ok(outcome(task, false, *run.writer.counts()));
        }
        run.writer.counts().api = run.state.api_count;
        let (extraction, is_settled) = (run.state.extraction(task), run.state.is_settled);
        let receipt = run
            .writer
            .finish(extraction, is_settled, deadline.now())
            .await?;
        let counts = receipt.counts;
        tracing::info!(
            object = task.object,
            received = counts.received,
            out_of_window = counts.out_of_window,
            duplicates = counts.duplicates,
            staged = counts.staged,
            quarantined = counts.quarantined,
            calls = counts.calls,
            "Landed {} records of window {}; {} came, {} of them of other windows",
            counts.landed,
            task.window,
            counts.received,
            counts.out_of_window
        );
        if counts.received > 0 && counts.out_of_window == counts.received {
            tracing::warn!(
                "None of the {} records that came began in window {}",
                counts.received,
                task.window
            );
        }
        Ok(outcome(task, true, counts))
    }

    async fn api(&self, task: &Request, deadline: Deadline) -> Result<Api, ExtractError> {
        let token: Token = self.secrets.read(&self.token_secret).await?;
        let share = Share {
            requests_per_minute: task.requests_per_minute,
            max_in_flight: task.max_in_flight,
        };
        Ok(Api::new(Client::new(
            self.connections.clone(),
            &self.api_url,
            share,
            deadline,
            Some(token.access_token),
        )))
    }
}

/// The table of the landing lines and the staging tables of an object.
fn tables_of(object: &str) -> Result<(Option<&'static str>, Vec<Table>), ExtractError> {
    let tables = |names: &[&str]| -> Result<Vec<Table>, ExtractError> {
        let mut tables = Vec::new();
        for name in names {
            tables.push(warehouse::sql::table(name)?);
        }
        Ok(tables)
    };
    if let Some(name) = record::reference::table(object) {
        return Ok((None, tables(&[name])?));
    }
    let mut all = tables(&record::TABLES)?;
    all.extend(tables(&[CONTACT_TABLE])?);
    Ok((Some("raw.genesys_conversation"), all))
}

fn outcome(task: &Request, done: bool, counts: model::payload::Counts) -> ExtractOutcome {
    ExtractOutcome {
        run_id: task.run_id.clone(),
        source: task.source,
        object: task.object.clone(),
        window: task.window,
        done,
        counts,
    }
}
