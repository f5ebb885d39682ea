//! This worker's share of a source's quota: a token bucket, a limit in flight, and what the answers' headers add.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::HeaderMap;
use std::num::NonZeroU32;
use std::sync::Mutex;
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

#[derive(Debug)]
pub(crate) struct Pace {
    bucket: DefaultDirectRateLimiter,
    clock: DefaultClock,
    pub(crate) in_flight: Semaphore,
    /// Until when the source's own count says to hold still.
    held_until: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(share: Share) -> Self {
        let per_minute = NonZeroU32::new(share.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        let in_flight = NonZeroU32::new(share.max_in_flight).unwrap_or(NonZeroU32::MIN);
        // A burst of a whole minute's quota would allow twice the quota in the first minute.
        let quota = Quota::per_minute(per_minute).allow_burst(in_flight.min(per_minute));
        let clock = DefaultClock::default();
        Self {
            bucket: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            in_flight: Semaphore::new(in_flight.get() as usize),
            held_until: Mutex::new(None),
        }
    }

    /// Takes a turn, or says how long to wait before asking again.
    pub(crate) fn turn(&self) -> Result<(), Duration> {
        let held = self.held_until.lock().ok().and_then(|held| *held);
        if let Some(wait) = held.and_then(|until| until.checked_duration_since(Instant::now()))
            && !wait.is_zero()
        {
            return Err(wait);
        }
        self.bucket
            .check()
            .map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// Every request of the client waits at least this long.
    pub(crate) fn hold(&self, wait: Duration) {
        if let (Ok(mut held), Some(until)) =
            (self.held_until.lock(), Instant::now().checked_add(wait))
        {
            *held = Some(held.map_or(until, |before| before.max(until)));
        }
    }

    /// Obeys `inin-ratelimit-*`: the source counts all workers of the token, this bucket only its own.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        let number = |name: &str| -> Option<u64> { headers.get(name)?.to_str().ok()?.parse().ok() };
        if let (Some(count), Some(allowed), Some(reset)) = (
            number("inin-ratelimit-count"),
            number("inin-ratelimit-allowed"),
            number("inin-ratelimit-reset"),
        ) && allowed > 0
            && count >= allowed
        {
            tracing::info!(
                count,
                allowed,
                reset,
                "The source's quota is used up: waiting {reset} s"
            );
            self.hold(Duration::from_secs(reset));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(pace: &Pace) -> usize {
        (0..1000).take_while(|_| pace.turn().is_ok()).count()
    }

    #[test]
    fn a_burst_is_bounded_by_the_share_in_flight() {
        let share = Share {
            requests_per_minute: 75,
            max_in_flight: 3,
        };
        let pace = Pace::new(share);
        assert_eq!(turns(&pace), 3);
        let wait = pace.turn().unwrap_err();
        assert!(wait <= Duration::from_millis(800), "{wait:?}");
    }

    #[test]
    fn the_sources_own_count_holds_everything_until_its_reset() {
        let pace = Pace::new(Share {
            requests_per_minute: 6000,
            max_in_flight: 10,
        });
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("inin-ratelimit-count", "179"),
            ("inin-ratelimit-allowed", "180"),
            ("inin-ratelimit-reset", "61"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        pace.learn(&headers);
        assert!(pace.turn().is_ok());
        headers.insert("inin-ratelimit-count", "180".parse().unwrap());
        pace.learn(&headers);
        assert!(pace.turn().unwrap_err() > Duration::from_secs(59));
    }
}
