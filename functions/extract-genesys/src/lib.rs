//! Copies one window of Genesys Cloud records to the landing zone.
//!
//! The invocation ends in one of three ways: the window is done (its receipt exists), it hands back before its deadline
//! (`done: false`: call again with the same input), or it fails with a kind. What was read stays read in every case.

mod absent;
mod adherence;
mod aggregate;
mod attributes;
mod contacts;
mod conversation;
mod error;
mod listing;
mod lookup;
mod object;
mod replay;
mod request;
mod run;
mod state;
mod unavailable;

pub use error::ExtractError;
pub use model::payload::WindowTask as Request;

use genesys::api::{Api, ContactSources, Downloads};
use jiff::SignedDuration;
use landing::{Companion, Opened, Store, WindowWriter};
use model::payload::{ExtractOutcome, Extraction, Mode};
use model::region::{Region, is_loopback};
use model::settings::Settings;
use object::{CONTACT, Object, RECORDS};
use run::{Progress, Run, Source};
use serde::Deserialize;
use source_http::{Client, Connections, Repeat, Share};
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
    repeat: Repeat,
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
        let connections = source_http::connections()
            .map_err(ExtractError::Connections)?
            .within(settings.genesys.requests_per_minute);
        Ok(Self {
            settings,
            store,
            secrets,
            token_secret: config.genesys_token_secret.clone(),
            api_url,
            connections,
            hand_back: None,
            repeat: Repeat::default(),
        })
    }

    /// Hands back as soon as less than `keep` is left, whatever the whole invocation has. At least one page is read in
    /// any case, so that calling again always ends.
    #[must_use]
    pub const fn handing_back_at(mut self, keep: Duration) -> Self {
        self.hand_back = Some(keep);
        self
    }

    /// Other bounds on repeating calls: for tests and tools.
    #[must_use]
    pub const fn repeating(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Reads the window, or the rest of it.
    pub async fn run(
        &self,
        task: &Request,
        deadline: Deadline,
    ) -> Result<ExtractOutcome, ExtractError> {
        let object = request::check(task, &self.settings, deadline.now())?;
        let quarantine = warehouse::sql::table("staging.quarantine")?;
        let is_replay = task.mode == Mode::Replay;
        let companion = (object == Object::Conversation).then_some(Companion {
            object: CONTACT,
            raw_table: RECORDS,
            extraction: if is_replay {
                Extraction::Replay
            } else {
                Extraction::Lookup
            },
        });
        let opened = WindowWriter::open_with(
            &self.store,
            task,
            Some(object.raw_table()),
            object.tables()?,
            quarantine,
            companion,
        );
        let mut writer = match Box::pin(opened).await? {
            Opened::Done(receipt) => return Ok(outcome(task, true, receipt.counts)),
            Opened::Writing(writer) => *writer,
        };
        let mut run = Run {
            settings: &self.settings,
            store: &self.store,
            task,
            object,
            deadline,
            keep: self
                .hand_back
                .unwrap_or_else(|| HAND_BACK.min(deadline.left() / 4)),
            state: writer.state().unwrap_or_default(),
            calls_before: writer.counts().calls,
            contact_sources: ContactSources::named(&self.settings.genesys.salesforce_source_names),
            pause: self.repeat.longest_wait,
            writer,
        };
        let progress = if is_replay {
            Box::pin(replay::read(&mut run)).await?
        } else {
            let source = self.source(task, deadline).await?;
            let read = Box::pin(read(&mut run, &source)).await;
            run.count_calls(&source.api);
            match read {
                Ok(progress) => progress,
                // The source failed between two pages: what came before is kept for the next attempt.
                Err(error @ (ExtractError::Source { .. } | ExtractError::Forbidden { .. })) => {
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
        let extraction = run.state.extraction(task, object);
        // Conversations settle by a details job alone; of what is read by the day, late enough is final, unless the source
        // has more than it gave.
        let hours = SignedDuration::from_hours(i64::from(self.settings.genesys.settle_hours));
        let is_old = task.at >= task.window.end() + hours;
        let is_settled = run.state.is_settled
            || !is_replay && object.is_optional() && is_old && run.state.missing == 0;
        if run.state.missing > 0 {
            let (missing, first) = (run.state.missing, run.state.first_missing.join(", "));
            tracing::warn!(
                object = task.object,
                missing,
                "The source has {missing} records of {} in window {} that it did not give, among them {first}; they are among the refused, and the window is not final",
                task.object,
                task.window
            );
        }
        let finished = run.writer.finish(extraction, is_settled, deadline.now());
        let receipt = Box::pin(finished).await?;
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

    async fn source(&self, task: &Request, deadline: Deadline) -> Result<Source, ExtractError> {
        let token: Token = self.secrets.read(&self.token_secret).await?;
        let share = Share {
            requests_per_minute: task.requests_per_minute,
            max_in_flight: task.max_in_flight,
        };
        let connections = self.connections.clone();
        let downloads = Downloads::new(connections.clone(), &self.api_url, share, deadline);
        let token = Some(token.access_token);
        // Clients of one source share its pace.
        let api = || {
            let (url, repeat) = (&self.api_url, self.repeat);
            let (connections, token) = (connections.clone(), token.clone());
            Api::new(Client::with(
                connections,
                url,
                share,
                deadline,
                token,
                repeat,
            ))
        };
        Ok(Source {
            api: api(),
            beside: api(),
            downloads,
        })
    }
}

/// Reads what is left of the window from the source.
async fn read(run: &mut Run<'_>, source: &Source) -> Result<Progress, ExtractError> {
    let api = &source.api;
    match run.object {
        Object::Conversation => conversation::read(run, source).await,
        Object::Listing(_) => listing::read(run, api).await,
        Object::Evaluation | Object::Survey => lookup::read(run, api).await,
        Object::UserAggregate | Object::QueueAggregate => aggregate::read(run, api).await,
        Object::Adherence => adherence::read(run, source).await,
        Object::ConversationAttribute => attributes::read(run, api).await,
    }
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
