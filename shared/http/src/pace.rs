//! This worker's part of a source's quota: how fast it may ask, how much at once, and what the answers' headers add.
//!
//! Two laws, by what is known:
//!
//! - **Nothing but the share.** A token bucket that refills with the worker's share and holds as many tokens as it may have
//!   requests in flight. The shares of all workers add up to the budget.
//! - **The source counts** (`inin-ratelimit-count`, `-allowed`, `-reset`). Its count covers every worker of the token, so it
//!   is the better clock: while more than half of the window's quota is left nobody waits; from then on the rest is spread
//!   over the time that is left, divided by the workers that seem to be asking. A worker whose neighbours are idle takes
//!   their part, and a used-up quota holds everything until its reset.
//!
//! A fixed rate would be simpler, and is wrong twice: the burst that each new worker brings breaks the quota, and a budget
//! divided by a number of workers is not used up when some of them are idle.

use reqwest::header::HeaderMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

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

/// How much of the old estimate of busy workers stays when a new one comes.
const INERTIA: f64 = 0.7;

#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) share: Share,
    /// Requests per minute of all workers together; 0: not known, the source's own limit counts.
    budget_per_minute: u32,
    pub(crate) in_flight: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Tokens of the bucket, and when it was last filled.
    tokens: f64,
    filled_at: Instant,
    /// Turns given.
    sent: u64,
    last_turn: Option<Instant>,
    /// Until when nothing may be asked.
    held_until: Option<Instant>,
    /// What the source last said about its window.
    window: Option<Counted>,
    /// How many workers seem to be asking, this one included.
    busy: f64,
}

/// A window of the source's own count.
#[derive(Debug, Clone, Copy)]
struct Counted {
    count: u64,
    /// `sent` at that time.
    sent: u64,
    ends_at: Instant,
    /// Pause between two turns; none while plenty is left.
    interval: Duration,
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
                sent: 0,
                last_turn: None,
                held_until: None,
                window: None,
                busy: 1.0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tokens a second.
    fn rate(&self) -> f64 {
        f64::from(self.share.requests_per_minute.max(1)) / 60.0
    }

    /// The most workers there can be: all shares together are the budget.
    fn workers(&self) -> f64 {
        let share = self.share.requests_per_minute.max(1);
        f64::from(self.budget_per_minute.max(share)) / f64::from(share)
    }

    /// Takes a turn, or says how long to wait before asking again.
    pub(crate) fn turn(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        if let Some(wait) = state.held_until.and_then(|until| left(until, now)) {
            return Err(wait);
        }
        let filled = now.saturating_duration_since(state.filled_at).as_secs_f64() * self.rate();
        state.tokens = (state.tokens + filled).min(f64::from(self.share.max_in_flight.max(1)));
        state.filled_at = now;
        match state.window {
            // What was counted holds until its window ends; then the source begins again at nought.
            Some(window) if left(window.ends_at, now).is_some() => {
                let next = state
                    .last_turn
                    .map_or(now, |last| last + window.interval)
                    .min(window.ends_at);
                if let Some(wait) = left(next, now) {
                    return Err(wait);
                }
            }
            _ if state.tokens < 1.0 => {
                let missing = (1.0 - state.tokens) / self.rate();
                return Err(Duration::from_secs_f64(missing));
            }
            _ => {}
        }
        state.tokens = (state.tokens - 1.0).max(0.0);
        state.sent += 1;
        state.last_turn = Some(now);
        Ok(())
    }

    /// Every request of the process waits at least this long.
    pub(crate) fn hold(&self, wait: Duration, now: Instant) {
        if let Some(until) = now.checked_add(wait) {
            let held = &mut self.state().held_until;
            *held = Some(held.map_or(until, |before| before.max(until)));
        }
    }

    /// Obeys `inin-ratelimit-*`: the source counts all workers of the token.
    pub(crate) fn learn(&self, headers: &HeaderMap, now: Instant) {
        let number = |name: &str| -> Option<u64> { headers.get(name)?.to_str().ok()?.parse().ok() };
        let (Some(count), Some(allowed), Some(reset)) = (
            number("inin-ratelimit-count"),
            number("inin-ratelimit-allowed"),
            number("inin-ratelimit-reset"),
        ) else {
            return;
        };
        if allowed == 0 {
            return;
        }
        let quota = match self.budget_per_minute {
            0 => allowed,
            budget => allowed.min(budget.into()),
        };
        let reset = Duration::from_secs(reset);
        let mut state = self.state();
        if let Some(before) = state
            .window
            .filter(|window| left(window.ends_at, now).is_some())
        {
            if count < before.count && before.count - count <= quota / 2 {
                return; // an answer that was overtaken: what came before it is newer
            }
            let mine = state.sent.saturating_sub(before.sent);
            if count > before.count && mine > 0 {
                let seen = as_f64(count - before.count) / as_f64(mine);
                let seen = seen.clamp(1.0, self.workers());
                state.busy = INERTIA.mul_add(state.busy, (1.0 - INERTIA) * seen);
            }
        }
        let most = self.share.max_in_flight as usize;
        let under_way = most.saturating_sub(self.in_flight.available_permits());
        // What is under way is not counted yet, here and probably with the others.
        let under_way = as_f64(under_way.saturating_sub(1) as u64) * state.busy;
        let unused = as_f64(quota.saturating_sub(count)) - under_way;
        let interval = if unused > as_f64(quota) / 2.0 {
            Duration::ZERO
        } else if unused < 1.0 {
            reset
        } else {
            reset.mul_f64((state.busy / unused).min(1.0))
        };
        state.window = Some(Counted {
            count,
            sent: state.sent,
            ends_at: now + reset,
            interval,
        });
        drop(state);
        if count >= quota {
            tracing::info!(
                count,
                quota,
                "The source's quota is used up: waiting {} s",
                reset.as_secs()
            );
            self.hold(reset, now);
        }
    }

    /// A successor with another share: what was held stays held.
    pub(crate) fn with_share(&self, share: Share, now: Instant) -> Self {
        let next = Self::new(share, self.budget_per_minute, now);
        {
            let (mut to, from) = (next.state(), self.state());
            to.held_until = from.held_until;
            // No new burst: the tokens of the old bucket are the tokens of the new one.
            to.tokens = from.tokens.min(to.tokens);
            to.last_turn = from.last_turn;
            to.window = from.window.map(|window| Counted { sent: 0, ..window });
            to.busy = from.busy;
        }
        next
    }
}

/// How long it is until `at`, if it is not past.
fn left(at: Instant, now: Instant) -> Option<Duration> {
    at.checked_duration_since(now)
        .filter(|wait| !wait.is_zero())
}

/// Counts of requests are far below 2^53.
#[allow(clippy::cast_precision_loss)]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share {
        requests_per_minute: 75,
        max_in_flight: 3,
    };

    fn counted(count: u64, allowed: u64, reset: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("inin-ratelimit-count", count),
            ("inin-ratelimit-allowed", allowed),
            ("inin-ratelimit-reset", reset),
        ] {
            headers.insert(name, value.into());
        }
        headers
    }

    fn turns(pace: &Pace, now: Instant) -> usize {
        (0..1000).take_while(|_| pace.turn(now).is_ok()).count()
    }

    #[test]
    fn a_burst_is_bounded_by_the_share_in_flight() {
        let now = Instant::now();
        let pace = Pace::new(SHARE, 300, now);
        assert_eq!(turns(&pace, now), 1);
        assert!(pace.turn(now).unwrap_err() <= Duration::from_millis(801));
        assert_eq!(turns(&pace, now + Duration::from_mins(1)), 3);
    }

    #[test]
    fn nobody_waits_while_the_source_has_plenty_left() {
        let now = Instant::now();
        let pace = Pace::new(SHARE, 300, now);
        pace.learn(&counted(10, 300, 60), now);
        assert!(turns(&pace, now) > 100);
    }

    #[test]
    fn the_second_half_is_spread_over_the_time_that_is_left() {
        let now = Instant::now();
        let pace = Pace::new(SHARE, 300, now);
        pace.turn(now).unwrap();
        pace.learn(&counted(200, 300, 50), now);
        // 100 requests in 50 s, alone.
        let wait = pace.turn(now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
        // Three others took as many as this one: each gets its part.
        let mut at = now;
        for count in [204, 208, 212, 216, 220, 224, 228, 232] {
            at += Duration::from_secs(3);
            pace.turn(at).unwrap();
            pace.learn(&counted(count, 300, 40), at);
        }
        let wait = pace.turn(at).unwrap_err();
        assert!(
            wait > Duration::from_secs(2) && wait < Duration::from_millis(2500),
            "{wait:?}"
        );
    }

    #[test]
    fn the_sources_own_count_holds_everything_until_its_reset() {
        let now = Instant::now();
        let pace = Pace::new(SHARE, 0, now);
        pace.learn(&counted(180, 180, 61), now);
        assert!(pace.turn(now).unwrap_err() > Duration::from_mins(1));
        assert!(pace.turn(now + Duration::from_secs(61)).is_ok());
    }

    #[test]
    fn a_budget_below_the_sources_limit_is_kept() {
        let now = Instant::now();
        let pace = Pace::new(SHARE, 100, now);
        pace.learn(&counted(100, 300, 30), now);
        assert_eq!(pace.turn(now), Err(Duration::from_secs(30)));
    }

    #[test]
    fn another_share_brings_no_new_burst() {
        let now = Instant::now();
        let pace = Pace::new(SHARE, 300, now);
        turns(&pace, now);
        let other = pace.with_share(
            Share {
                requests_per_minute: 150,
                max_in_flight: 5,
            },
            now,
        );
        assert_eq!(turns(&other, now), 0);
    }
}
