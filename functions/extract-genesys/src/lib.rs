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
use jiff::{SignedDuration, Timestamp};
use landing::{Companion, Opened, Store, WindowWriter};
use model::payload::{ExtractOutcome, Extraction, Mode};
use model::region::{Region, is_loopback};
use model::settings::Settings;
use object::{CONTACT, Object, RECORDS};
use run::{Progress, Run, Source};
use serde::Deserialize;
use source_http::{Client, Connections, Repeat, Share};
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

/// Time kept free before the deadline to write out what has come.
const HAND_BACK: Duration = Duration::from_secs(20);

/// An invocation ends so long before its token does.
const BEFORE_END: SignedDuration = SignedDuration::from_secs(30);
/// An invocation is not made shorter than this.
const WORTHWHILE: Duration = Duration::from_mins(1);

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

    /// Over other connections: for tests and tools.
    #[must_use]
    pub fn over(mut self, connections: Connections) -> Self {
        self.connections = connections.within(self.settings.genesys.requests_per_minute);
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
        let token = if is_replay {
            None
        } else {
            Some(self.secrets.read::<Token>(&self.token_secret).await?)
        };
        let deadline = token
            .as_ref()
            .map_or(deadline, |token| within_life(deadline, token.expires_at));
        let state: State = writer.state().unwrap_or_default();
        let mut run = Run {
            settings: &self.settings,
            store: &self.store,
            task,
            object,
            deadline,
            keep: self
                .hand_back
                .unwrap_or_else(|| HAND_BACK.min(deadline.left() / 4)),
            began: state.clone(),
            state,
            calls_before: writer.counts().calls,
            contact_sources: ContactSources::named(&self.settings.genesys.salesforce_source_names),
            pause: self.repeat.longest_wait,
            silence: Duration::ZERO,
            writer,
        };
        let progress = if let Some(token) = token {
            let source = self.source(task, token, deadline);
            let read = Box::pin(read(&mut run, &source)).await;
            run.count_calls(&source.api);
            match read {
                Ok(progress) => progress,
                // Nobody refused anything: the next turn, or an answer, comes after the end of this invocation.
                Err(ExtractError::Source { cause, .. })
                    if cause.is_own_pace() || run.is_own_end(&cause) =>
                {
                    Progress::HandBack
                }
                // The source failed between two pages: what came before is kept for the next attempt.
                Err(error @ (ExtractError::Source { .. } | ExtractError::Forbidden { .. })) => {
                    if let Err(cause) = run.writer.flush(&run.state).await {
                        tracing::warn!("What came before the failure could not be kept: {cause}");
                    }
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        } else {
            Box::pin(replay::read(&mut run)).await?
        };
        if progress == Progress::HandBack {
            run.writer.flush(&run.state).await?;
            return Ok(outcome(task, false, *run.writer.counts()));
        }
        let counts = run.writer.counts();
        counts.api = run.state.counted(counts);
        let extraction = run.state.extraction(task, object);
        // Conversations settle by a details job alone; of what is read by the day, late enough is final, unless the source
        // has more than it gave.
        let is_old = task.at >= task.window.end() + self.settings.genesys.settles_after();
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

    fn source(&self, task: &Request, token: Token, deadline: Deadline) -> Source {
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
        Source {
            api: api(),
            beside: api(),
            downloads,
        }
    }
}

/// The deadline, or shortly before the token's end if that is sooner: who hands back in time is called again and may meet a 401
/// where a new token is fetched. A token with no time left for a call is used as it is.
fn within_life(deadline: Deadline, expires_at: Timestamp) -> Deadline {
    let now = deadline.now();
    let life = expires_at.duration_since(now) - BEFORE_END;
    match Duration::try_from(life) {
        Ok(life) if life >= WORTHWHILE && life < deadline.left() => Deadline::after(now, life),
        _ => deadline,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_ends_before_its_token_and_not_before_it_has_begun() {
        let now: Timestamp = "2026-01-06T01:00:00Z".parse().unwrap();
        for (life, seconds) in [
            (86_400, 900),
            (1000, 900),
            (900, 870),
            (300, 270),
            // Some moments pass meanwhile.
            (91, 61),
            // It is used up, or is about to be: the source has the last word.
            (89, 900),
            (0, 900),
            (-86_400, 900),
        ] {
            let deadline = Deadline::after(now, Duration::from_mins(15));
            let left = within_life(deadline, now + SignedDuration::from_secs(life)).left();
            let (most, least) = (
                Duration::from_secs(seconds),
                Duration::from_secs(seconds - 5),
            );
            assert!(left <= most && left > least, "{life}: {left:?}");
        }
    }
}
