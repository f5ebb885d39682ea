//! What a test may do to a server from outside: make it fail, set its clock, and see what it was asked.

pub use crate::fault::{Fault, Faults, Kind};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a server was asked so far; its own `/_fake` paths do not count.
#[derive(Debug, Default)]
pub struct Requests(Mutex<Counts>);

/// Numbers of requests.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All requests.
    pub total: u64,
    /// By method and path; ids in paths are written as `{id}`.
    pub by_path: BTreeMap<String, u64>,
    /// By status.
    pub by_status: BTreeMap<u16, u64>,
    /// Answered with 429.
    pub status_429: u64,
    /// The most requests one token made in one window of the rate limit, refused ones included.
    pub highest_in_window: u64,
    /// Processes killed by a fault.
    pub killed: u64,
}

impl Requests {
    /// The numbers so far.
    pub fn counts(&self) -> Counts {
        locked(&self.0).clone()
    }

    /// Begins again at zero.
    pub fn reset(&self) {
        *locked(&self.0) = Counts::default();
    }

    /// How many requests had a method and path that contain this text.
    pub fn to(&self, text: &str) -> u64 {
        let counts = locked(&self.0);
        counts
            .by_path
            .iter()
            .filter(|(path, _)| path.contains(text))
            .map(|(_, count)| count)
            .sum()
    }

    /// Remembers how full a window of the rate limit is.
    pub(crate) fn note_window(&self, count: u64) {
        let mut counts = locked(&self.0);
        counts.highest_in_window = counts.highest_in_window.max(count);
    }

    pub(crate) fn note_killed(&self) {
        locked(&self.0).killed += 1;
    }

    pub(crate) fn note(&self, method: &str, path: &str, status: u16) {
        let mut counts = locked(&self.0);
        counts.total += 1;
        counts.status_429 += u64::from(status == 429);
        *counts.by_status.entry(status).or_default() += 1;
        let path: Vec<&str> = path
            .split('/')
            .map(|part| if is_id(part) { "{id}" } else { part })
            .collect();
        *counts
            .by_path
            .entry(format!("{method} {}", path.join("/")))
            .or_default() += 1;
    }
}

fn is_id(part: &str) -> bool {
    let is_uuid = part.len() == 36 && part.split('-').count() == 5;
    let is_bulk_job = part.len() == 18 && part.starts_with("750");
    is_uuid || is_bulk_job || part.starts_with("locator-")
}

/// What `POST /_fake/clock` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    now: Option<Timestamp>,
}

/// The controls every server has.
#[derive(Debug, Default)]
pub struct Control {
    /// Faults to come.
    pub faults: Faults,
    /// Requests so far.
    pub requests: Requests,
    /// What time the server believes it is; none: the real time.
    now: Mutex<Option<Timestamp>>,
    /// (Salesforce) what an administrator changes: fields, purged records, late ones.
    pub crm: crate::salesforce::Controls,
}

impl Control {
    /// Sets the server's clock, or lets it show the real time again.
    pub fn set_now(&self, now: Option<Timestamp>) {
        *locked(&self.now) = now;
    }

    /// What the clock was set to.
    pub fn now(&self) -> Option<Timestamp> {
        *locked(&self.now)
    }

    /// What the clock shows: what it was set to, else the real time.
    pub fn time(&self) -> Timestamp {
        self.now().unwrap_or_else(real_now)
    }

    /// Answers the control paths the two servers share; none for any other path.
    pub(crate) fn answer(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Option<Result<Value, String>> {
        Some(match (method, path) {
            ("POST", "/_fake/faults") => match serde_json::from_slice::<Fault>(body) {
                Ok(fault) => {
                    self.faults.add(fault);
                    Ok(json!(self.faults.pending()))
                }
                Err(error) => Err(format!("no fault: {error}")),
            },
            ("GET", "/_fake/faults") => Ok(json!(self.faults.pending())),
            ("DELETE", "/_fake/faults") => {
                self.faults.clear();
                Ok(json!([]))
            }
            ("GET", "/_fake/requests") => Ok(json!(self.requests.counts())),
            ("POST", "/_fake/requests/reset") => {
                self.requests.reset();
                Ok(json!(self.requests.counts()))
            }
            ("POST", "/_fake/clock") => match serde_json::from_slice::<Clock>(body) {
                Ok(Clock { now }) => {
                    self.set_now(now);
                    Ok(json!({"now": now}))
                }
                Err(error) => Err(format!("no clock: {error}")),
            },
            ("GET", "/_fake/clock") => Ok(json!({"now": self.now(), "shows": self.time()})),
            _ => return self.crm.answer(method, path, body),
        })
    }
}

/// A lock whose holder died still holds usable numbers.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The real clock: a server is one of those who may ask what time it is.
#[expect(
    clippy::disallowed_methods,
    reason = "a server tells the time; tests set its clock"
)]
pub(crate) fn real_now() -> Timestamp {
    Timestamp::now()
}
