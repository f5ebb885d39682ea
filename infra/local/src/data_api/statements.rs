//! Statements that were submitted: what is known of each, for 24 hours.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::results::ResultSet;
use super::sql::Parameters;

/// How long a statement and its result are kept.
const KEPT: Duration = Duration::from_hours(24);
/// How long a client token is remembered.
const TOKEN_KEPT: Duration = Duration::from_hours(8);

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Submitted,
    Picked,
    Started,
    Finished,
    Failed,
    Aborted,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Picked => "PICKED",
            Self::Started => "STARTED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }

    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Aborted)
    }
}

/// One statement's progress; a batch has one of these for itself and one for each of its statements.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub status: Status,
    pub error: Option<String>,
    pub rows: i64,
    pub bytes: i64,
    pub query_id: i64,
    pub duration: Duration,
    pub updated: SystemTime,
    pub result: Option<Arc<ResultSet>>,
}

impl Progress {
    fn new() -> Self {
        Self {
            status: Status::Submitted,
            error: None,
            rows: -1,
            bytes: -1,
            query_id: 0,
            duration: Duration::ZERO,
            updated: SystemTime::now(),
            result: None,
        }
    }
}

/// All that changes while a statement runs.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub whole: Progress,
    pub parts: Vec<Progress>,
    pub pid: i64,
}

/// How the statements of a batch commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One statement, by `ExecuteStatement`.
    Single,
    /// All or nothing.
    Transaction,
    /// Each on its own.
    AutoCommit,
}

/// What was submitted.
#[derive(Debug, Clone)]
pub(super) struct Submission {
    pub sqls: Vec<String>,
    pub mode: Mode,
    pub parameters: Parameters,
    pub name: Option<String>,
    pub database: String,
    pub workgroup: Option<String>,
    pub cluster: Option<String>,
    pub db_user: Option<String>,
    pub secret_arn: Option<String>,
    pub is_csv: bool,
}

/// A statement and where it stands.
#[derive(Debug)]
pub(super) struct Statement {
    pub id: String,
    pub number: u64,
    pub submission: Submission,
    pub created: SystemTime,
    pub state: watch::Sender<State>,
    pub cancelled: watch::Sender<bool>,
}

impl Statement {
    pub(super) fn status(&self) -> Status {
        self.state.borrow().whole.status
    }

    /// Changes the state and stamps it.
    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(|state| {
            change(state);
            state.whole.updated = SystemTime::now();
        });
    }

    /// Waits until the statement has ended, or the time is over.
    pub(super) async fn wait(&self, most: Duration) {
        let mut state = self.state.subscribe();
        let ended = state.wait_for(|state| state.whole.status.is_final());
        let _ = tokio::time::timeout(most, ended).await;
    }
}

/// Every statement known.
#[derive(Debug)]
pub(super) struct Statements {
    known: Mutex<Known>,
    numbers: AtomicU64,
    query_ids: AtomicI64,
    random: RandomState,
}

#[derive(Debug, Default)]
struct Known {
    statements: HashMap<String, Arc<Statement>>,
    tokens: HashMap<(bool, String), (String, Instant)>,
}

impl Statements {
    pub(super) fn new() -> Self {
        // Query ids go on rising when the server is started again over the same database, and two servers over one do not share any.
        let begin = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        Self {
            known: Mutex::default(),
            numbers: AtomicU64::new(0),
            query_ids: AtomicI64::new(i64::try_from(begin).unwrap_or(0)),
            random: RandomState::new(),
        }
    }

    pub(super) fn next_query_id(&self) -> i64 {
        self.query_ids.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Statement>> {
        self.lock().statements.get(id).cloned()
    }

    /// Newest first.
    pub(super) fn all(&self) -> Vec<Arc<Statement>> {
        let mut all: Vec<_> = self.lock().statements.values().cloned().collect();
        all.sort_unstable_by_key(|s| std::cmp::Reverse(s.number));
        all
    }

    /// The statement of this submission, and whether it is new: a token seen before names the one it named then.
    pub(super) fn submit(
        &self,
        submission: Submission,
        token: Option<String>,
    ) -> (Arc<Statement>, bool) {
        let mut known = self.lock();
        known.tokens.retain(|_, (_, at)| at.elapsed() < TOKEN_KEPT);
        known
            .statements
            .retain(|_, s| s.created.elapsed().is_ok_and(|age| age < KEPT));
        let key = token.map(|token| (submission.mode == Mode::Single, token));
        if let Some((id, _)) = key.as_ref().and_then(|key| known.tokens.get(key))
            && let Some(found) = known.statements.get(id)
        {
            return (Arc::clone(found), false);
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let parts = submission.sqls.iter().map(|_| Progress::new()).collect();
        let state = State {
            whole: Progress::new(),
            parts,
            pid: 0,
        };
        let statement = Arc::new(Statement {
            id: self.uuid(number),
            number,
            submission,
            created: SystemTime::now(),
            state: watch::Sender::new(state),
            cancelled: watch::Sender::new(false),
        });
        if let Some(key) = key {
            known
                .tokens
                .insert(key, (statement.id.clone(), Instant::now()));
        }
        known
            .statements
            .insert(statement.id.clone(), Arc::clone(&statement));
        (statement, true)
    }

    fn uuid(&self, number: u64) -> String {
        let high = self.random.hash_one((number, 0_u8));
        let low = self.random.hash_one((number, 1_u8));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
