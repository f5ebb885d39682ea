//! This worker's part of a source's quota: how fast it may ask, how much at once, and what the answers' headers add.
//!
//! # Nothing but the share
//!
//! A token bucket that refills with the worker's share and holds as many tokens as it may have requests in flight. The
//! shares of all workers add up to the budget. A new process begins with one request, and nothing follows before its answer:
//! the answer tells whether the source counts.
//!
//! # The source counts
//!
//! `inin-ratelimit-count`, `-allowed` and `-reset` come with each answer, and cover every worker of the token. So they are
//! the better clock: a window's quota is spent as fast as answers come, up to just short of its end, and then everybody
//! waits for the next window. With `Q` the quota (the source's, or the budget if that is lower), `N` the workers there may be
//! (budget ÷ share), `c` the requests a worker may have in flight, `count` as told last and `u` this worker's requests
//! without an answer:
//!
//! | what is left | turns |
//! | --- | --- |
//! | `Q − count − u > R + (N − 1)·c` | as many as are asked for, `c` in flight |
//! | `Q − count > R` | one in flight |
//! | `Q − count ≤ R` | none before the window's end; then one, whose answer tells the rest |
//!
//! Why nothing is refused: when the true count passes a line, each of the other workers still learns of it only from the
//! first request that arrives after that moment, and until this is answered it has at most what it may have in flight on
//! its way. Past the first line that is `(N − 1)·c` requests, past the second `N − 1`. What a worker has under way itself
//! it knows, and takes off. The lines hold however long an answer takes.
//!
//! The **reserve** `R = min(2N − 1, N + Q/30, Q/4)`: `N − 1` for what is under way when the line is passed, and up to `N`
//! (no more than `Q/30 + 1`, lest many workers reserve away the quota) for the first requests of new processes. Such a
//! process knows nothing until it has asked once: only room that the others leave can spare it a refusal. `Q/4` matters to
//! tiny quotas alone. Four workers with a quota of 300 go freely up to 284, one by one up to 293, and stop.
//!
//! A count is **fresh** for a tenth of a second: answers come in that fast while a worker asks, and each lets the next
//! requests go. An older one (after a pause, between two invocations) lets a single request go before the next is told, or
//! else a worker that was idle would send `c` on what the others have used up meanwhile. Answers may overtake each other: of
//! requests that were under way together the highest count is true.
//!
//! The **end** of a window is `-reset` seconds after the answer, **and one more**: whole seconds may be rounded up or down,
//! and only the later reading is safe. Of all answers of a window the earliest end counts: none of them is too early, and
//! one that was told just as a second began is nearest. The first request after it goes alone: should the source not have
//! begun again, `N` of them find room in the reserve, and no herd runs into a wall.
//!
//! What it costs: a second and an answer's time a minute, and `R` of the quota. A run that would fill its last window but for
//! `R` of each takes the rest from another one.
//!
//! Other ways of counting are obeyed as well, because the latest count decides and may fall: a window that slides, or a
//! bucket that tells when it has something again. A source that is still used up after the end it told gives back in drops:
//! then each worker asks every `2N/Q` minutes, all of them together at half of the even rate, until there is more.
//! (Many workers may be refused there now and then.) A bucket that tells when it is full is waited for until it is. Answers
//! without the headers let the bucket of the share decide once the window has ended.

mod count;

use count::{Counted, Law, Lines, Told, left};
use reqwest::header::HeaderMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore};

/// A worker's share of a source's quota, as `plan` divides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Requests per minute.
    pub requests_per_minute: u32,
    /// Requests in flight.
    pub max_in_flight: u32,
}

/// How often and how long a call is repeated.
#[derive(Debug, Clone, Copy)]
pub struct Repeat {
    /// First pause after a fault; it doubles, with jitter.
    pub first_wait: Duration,
    /// Longest pause after a fault.
    pub longest_wait: Duration,
    /// Repetitions after the first try.
    pub times: usize,
    /// Largest body that is read, after decompression.
    pub max_body_bytes: usize,
}

impl Default for Repeat {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
            times: 3,
            max_body_bytes: 64 << 20,
        }
    }
}

/// How long to wait for an answer that may change the law's mind; the answer itself wakes those who wait.
const UNTIL_TOLD: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) share: Share,
    /// Requests per minute of all workers together; 0: not known, the source's own limit counts.
    budget_per_minute: u32,
    pub(crate) in_flight: Semaphore,
    state: Mutex<State>,
    answered: Notify,
}

#[derive(Debug)]
struct State {
    /// Tokens of the bucket, and when it was last filled.
    tokens: f64,
    filled_at: Instant,
    /// Turns given, and those without an answer.
    given: u64,
    under_way: u64,
    /// Until when nothing may be asked.
    held_until: Option<Instant>,
    /// What the source last said about its window.
    counted: Option<Counted>,
}

/// The right to send one request; given back with the head of its answer, or when there is none.
#[derive(Debug)]
pub(crate) struct Turn {
    pace: Arc<Pace>,
    no: u64,
    is_open: bool,
}

impl Turn {
    /// The request was answered: what its headers tell.
    pub(crate) fn answered(mut self, headers: &HeaderMap, now: Instant) {
        self.is_open = false;
        self.pace.learn(self.no, headers, now);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_open {
            self.pace.learn_nothing(self.no);
        }
    }
}

impl Pace {
    pub(crate) fn new(share: Share, budget_per_minute: u32, now: Instant) -> Self {
        let in_flight = share.max_in_flight.max(1);
        Self {
            share,
            budget_per_minute,
            in_flight: Semaphore::new(in_flight as usize),
            state: Mutex::new(State {
                // One: a new process knows nothing of what the others have used, and its first answer tells.
                tokens: 1.0,
                filled_at: now,
                given: 0,
                under_way: 0,
                held_until: None,
                counted: None,
            }),
            answered: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn, or says how long to wait before asking again; an answer ([`Pace::next_answer`]) may change that.
    pub(crate) fn turn(self: &Arc<Self>, now: Instant) -> Result<Turn, Duration> {
        let no = self.take(now)?;
        Ok(Turn {
            pace: Arc::clone(self),
            no,
            is_open: true,
        })
    }

    /// Ends with the next answer from now on. To be asked for before the turn, or the answer may come between the two.
    pub(crate) fn next_answer(&self) -> Notified<'_> {
        self.answered.notified()
    }

    /// The number of the turn.
    fn take(&self, now: Instant) -> Result<u64, Duration> {
        let mut state = self.state();
        if let Some(wait) = state.held_until.and_then(|until| left(until, now)) {
            return Err(wait);
        }
        let law = match &state.counted {
            None if state.given > 0 && state.under_way == state.given => Err(None),
            None => Ok(Law::Share),
            Some(counted) => counted.law(self.lines(counted.quota), state.under_way, now),
        };
        if law.map_err(|wait| wait.unwrap_or(UNTIL_TOLD))? == Law::Share {
            self.take_token(&mut state, now)?;
        }
        if let Some(counted) = &mut state.counted {
            counted.gave_turn();
        }
        state.given += 1;
        state.under_way += 1;
        Ok(state.given)
    }

    /// Whether it is the source that has asked for a pause.
    pub(crate) fn is_held(&self, now: Instant) -> bool {
        let until = self.state().held_until;
        until.is_some_and(|until| left(until, now).is_some())
    }

    fn take_token(&self, state: &mut State, now: Instant) -> Result<(), Duration> {
        let a_second = f64::from(self.share.requests_per_minute.max(1)) / 60.0;
        let filled = now.saturating_duration_since(state.filled_at).as_secs_f64() * a_second;
        state.tokens = (state.tokens + filled).min(f64::from(self.share.max_in_flight.max(1)));
        state.filled_at = now;
        if state.tokens < 1.0 {
            let missing = Duration::from_secs_f64((1.0 - state.tokens) / a_second);
            return Err(missing.max(Duration::from_millis(1)));
        }
        state.tokens -= 1.0;
        Ok(())
    }

    fn lines(&self, quota: u64) -> Lines {
        Lines::new(quota, self.budget_per_minute, self.share)
    }

    /// Every request of the process waits at least this long.
    pub(crate) fn hold(&self, wait: Duration, now: Instant) {
        if let Some(until) = now.checked_add(wait) {
            let held = &mut self.state().held_until;
            *held = Some(held.map_or(until, |before| before.max(until)));
        }
    }

    /// The answer to turn `no` has come: obeys its `inin-ratelimit-*`.
    fn learn(&self, no: u64, headers: &HeaderMap, now: Instant) {
        let Some(told) = Told::read(headers, self.budget_per_minute) else {
            self.learn_nothing(no);
            return;
        };
        let mut state = self.state();
        let state = &mut *state;
        state.under_way = state.under_way.saturating_sub(1);
        let before = state.counted;
        let lines = self.lines(told.quota);
        let next = Counted::after(before, no, state.given, told, lines, now);
        if next.is_used_up(lines) && !before.is_some_and(|before| before.is_used_up(lines)) {
            tracing::info!(
                count = next.count,
                quota = next.quota,
                "The source's quota is used up but for a reserve: waiting for its next window"
            );
        }
        state.counted = Some(next);
        self.answered.notify_waiters();
    }

    /// Turn `no` brought no count: no answer, or one without the headers. The source may have counted it all the same.
    fn learn_nothing(&self, no: u64) {
        let mut state = self.state();
        state.under_way = state.under_way.saturating_sub(1);
        if let Some(counted) = &mut state.counted {
            counted.was_told_nothing(no);
        }
        drop(state);
        self.answered.notify_waiters();
    }

    /// A successor with another share: what was held stays held, what was counted stays counted.
    pub(crate) fn with_share(&self, share: Share, now: Instant) -> Self {
        let next = Self::new(share, self.budget_per_minute, now);
        {
            let (mut to, from) = (next.state(), self.state());
            to.held_until = from.held_until;
            // No new burst: the tokens of the old bucket are the tokens of the new one.
            to.tokens = from.tokens.min(to.tokens);
            to.counted = from
                .counted
                .map(|counted| counted.inherited(from.under_way));
        }
        next
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
