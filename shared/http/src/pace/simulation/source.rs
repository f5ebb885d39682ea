//! Sources that count, each in its way.

use reqwest::header::HeaderMap;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_mins(1);

/// How a source counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// By the minute, which begins with the first request after the one before has passed.
    Fixed,
    /// By the minute of the clock, 23 s of which have passed when the storm begins.
    Clock,
    /// All requests of the last 60 s.
    Sliding,
    /// A bucket, which is filled evenly and tells when it will have something again.
    Bucket,
    /// The same, which tells when it will be full.
    FullBucket,
    /// Not at all.
    Nothing,
}

/// What becomes of the part of a second when the reset is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    Up,
    Down,
    /// Up, and one more: `61` for a minute that has just begun.
    OneMore,
}

/// A source that allows so many requests a minute.
pub(super) struct Source {
    pub(super) counting: Counting,
    pub(super) rounding: Rounding,
    pub(super) allowed: u64,
    pub(super) refused: u64,
    begin: Instant,
    /// Of the present window, or when the bucket was filled last.
    begun: Option<Instant>,
    /// Requests of this window, refused ones included; of the sliding one those that were taken.
    count: u64,
    taken: VecDeque<Instant>,
    tokens: f64,
}

impl Source {
    pub(super) fn new(
        counting: Counting,
        rounding: Rounding,
        allowed: u64,
        begin: Instant,
    ) -> Self {
        Self {
            counting,
            rounding,
            allowed,
            refused: 0,
            begin,
            begun: None,
            count: 0,
            taken: VecDeque::new(),
            tokens: u64_as(allowed),
        }
    }

    /// Whether the request is taken, and what its answer tells.
    pub(super) fn answer(&mut self, now: Instant) -> (bool, HeaderMap) {
        let (count, left) = match self.counting {
            Counting::Nothing => return (true, super::tests::counted(1, 1_000_000_000, 60)),
            Counting::Fixed | Counting::Clock => self.by_the_minute(now),
            Counting::Sliding => self.sliding(now),
            Counting::Bucket | Counting::FullBucket => self.bucket(now),
        };
        let is_taken = count <= self.allowed;
        self.refused += u64::from(!is_taken);
        let up = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let reset = match self.rounding {
            Rounding::Up => up,
            Rounding::Down => left.as_secs(),
            Rounding::OneMore => up + 1,
        };
        (is_taken, super::tests::counted(count, self.allowed, reset))
    }

    fn by_the_minute(&mut self, now: Instant) -> (u64, Duration) {
        let begun = match (self.counting, self.begun) {
            (_, Some(begun)) if now.duration_since(begun) < MINUTE => begun,
            // The first minute of the clock ends 37 s after the storm's begin.
            (Counting::Clock, _) => {
                let past = now.duration_since(self.begin).as_secs_f64() + 23.0;
                let minutes = MINUTE.mul_f64((past / 60.0).floor());
                (self.begin + minutes)
                    .checked_sub(Duration::from_secs(23))
                    .unwrap()
            }
            _ => now,
        };
        if self.begun != Some(begun) {
            self.count = 0;
            self.begun = Some(begun);
        }
        self.count += 1;
        (self.count, MINUTE.saturating_sub(now.duration_since(begun)))
    }

    fn sliding(&mut self, now: Instant) -> (u64, Duration) {
        while self
            .taken
            .front()
            .is_some_and(|at| now.duration_since(*at) >= MINUTE)
        {
            self.taken.pop_front();
        }
        let count = self.taken.len() as u64 + 1;
        if count <= self.allowed {
            self.taken.push_back(now);
        }
        let oldest = self.taken.front().copied().unwrap_or(now);
        (count, MINUTE.saturating_sub(now.duration_since(oldest)))
    }

    fn bucket(&mut self, now: Instant) -> (u64, Duration) {
        let allowed = u64_as(self.allowed);
        let a_second = allowed / 60.0;
        let filled = self.begun.replace(now).unwrap_or(now);
        let past = now.duration_since(filled).as_secs_f64();
        self.tokens = (self.tokens + past * a_second).min(allowed);
        let is_taken = self.tokens >= 1.0;
        if is_taken {
            self.tokens -= 1.0;
        }
        let missing = match self.counting {
            Counting::Bucket => 1.0 - self.tokens.fract(),
            _ => allowed - self.tokens,
        };
        let mut count = self.allowed + u64::from(!is_taken);
        while is_taken && u64_as(self.allowed - count) + 1.0 <= self.tokens {
            count -= 1;
        }
        (count, Duration::from_secs_f64(missing / a_second))
    }
}

fn u64_as(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
