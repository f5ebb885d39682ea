//! SIGKILL of a caller of the Data API, at a point that can be named: how often it had called, before or after its statement
//! was taken.

use crate::process::Caller;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Long enough for a killed process to be gone before its connection is answered.
const GONE: Duration = Duration::from_millis(20);

/// When a caller is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Its request was sent and is not carried out.
    Before,
    /// Its request is carried out, and it never learns so.
    After,
    /// So long after it has been answered.
    Later(Duration),
}

/// A kill to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    /// Of a function whose name contains this text.
    pub function: String,
    /// On a call of an operation whose name contains this text.
    pub operation: String,
    /// After so many such calls that it survives.
    pub skip: u64,
    /// When, around that call.
    pub moment: Moment,
}

/// A kill that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Killed {
    /// The function.
    pub function: String,
    /// The operation it had called.
    pub operation: String,
    /// When.
    pub moment: Moment,
}

/// Kills to come and kills that have happened.
#[derive(Debug, Default)]
pub struct Kills(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    to_come: Vec<Kill>,
    happened: Vec<Killed>,
}

/// A caller that is to be killed on this call.
#[derive(Debug)]
pub(super) struct Doomed {
    caller: Caller,
    pub(super) moment: Moment,
    operation: String,
}

impl Kills {
    /// Adds a kill.
    pub fn add(&self, kill: Kill) {
        self.lock().to_come.push(kill);
    }

    /// Forgets the kills to come.
    pub fn clear(&self) {
        self.lock().to_come.clear();
    }

    /// The kills to come.
    pub fn pending(&self) -> Vec<Kill> {
        self.lock().to_come.clone()
    }

    /// The kills that have happened.
    pub fn happened(&self) -> Vec<Killed> {
        self.lock().happened.clone()
    }

    /// Counts a call, and takes the kill that is meant for it.
    pub(super) fn take(&self, peer: SocketAddr, operation: &str) -> Option<Doomed> {
        if self.lock().to_come.is_empty() {
            return None;
        }
        let caller = Caller::of(peer)?;
        let mut state = self.lock();
        let mut taken = None;
        for (place, kill) in state.to_come.iter_mut().enumerate() {
            if !caller.function.contains(&kill.function) || !operation.contains(&kill.operation) {
                continue;
            }
            match kill.skip.checked_sub(1) {
                Some(left) => kill.skip = left,
                None => {
                    taken = taken.or(Some(place));
                }
            }
        }
        let kill = state.to_come.remove(taken?);
        Some(Doomed {
            caller,
            moment: kill.moment,
            operation: operation.to_owned(),
        })
    }

    /// Kills now.
    pub(super) async fn end(&self, doomed: &Doomed) {
        if doomed.caller.kill() {
            self.lock().happened.push(Killed {
                function: doomed.caller.function.clone(),
                operation: doomed.operation.clone(),
                moment: doomed.moment,
            });
        }
        tokio::time::sleep(GONE).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
