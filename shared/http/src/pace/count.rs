//! What the source says of its own count, and where in its window that leaves a worker.

use super::Share;
use reqwest::header::HeaderMap;
use std::time::{Duration, Instant};

/// Whole seconds may be rounded up or down: what they tell may be so much later.
const ROUNDING: Duration = Duration::from_secs(1);
/// No window lasts longer; an instant beyond it could not be told.
const LONGEST: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
/// How long after a count was told more than one request may follow from it.
const FRESH: Duration = Duration::from_millis(100);

/// The headers of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    count: u64,
    /// The source's, or the budget of all workers if that is lower.
    pub(super) quota: u64,
    reset: Duration,
}

impl Told {
    /// `inin-ratelimit-*`, if all three are there; a `budget` of 0 is none.
    pub(super) fn read(headers: &HeaderMap, budget: u32) -> Option<Self> {
        let number = |name: &str| -> Option<u64> { headers.get(name)?.to_str().ok()?.parse().ok() };
        let count = number("inin-ratelimit-count")?;
        let allowed = number("inin-ratelimit-allowed").filter(|allowed| *allowed > 0)?;
        let reset = number("inin-ratelimit-reset")?;
        let quota = match budget {
            0 => allowed,
            budget => allowed.min(budget.into()),
        };
        Some(Self {
            count,
            quota,
            reset: Duration::from_secs(reset).min(LONGEST),
        })
    }
}

/// How much has to be left for which law.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// With more than this, nobody waits.
    ample: u64,
    /// With no more than this, nobody asks.
    reserve: u64,
    /// What all workers together may have in flight.
    all_in_flight: u64,
    /// How often a worker may ask a source that gives back little by little: all of them take half of what it gives.
    between_probes: Duration,
}

impl Lines {
    /// Of a `quota` that a worker with `share` of a `budget` (0: of the quota) has with its neighbours.
    pub(super) fn new(quota: u64, budget: u32, share: Share) -> Self {
        let share_of_one = u64::from(share.requests_per_minute.max(1));
        let whole = if budget == 0 { quota } else { budget.into() };
        let workers = (whole / share_of_one).max(1);
        let others = workers - 1;
        let reserve = (workers + others).min(workers + quota / 30).min(quota / 4);
        let in_flight = u64::from(share.max_in_flight.max(1));
        Self {
            ample: others.saturating_mul(in_flight).saturating_add(reserve),
            reserve,
            all_in_flight: workers.saturating_mul(in_flight),
            between_probes: MINUTE.mul_f64((2.0 * as_f64(workers) / as_f64(quota)).min(1.0)),
        }
    }
}

/// Which law gives the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Law {
    /// The source's count leaves room.
    Count,
    /// What was counted is past: the share's bucket decides.
    Share,
}

/// The source's count as it was told last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) quota: u64,
    ends_at: Instant,
    told_at: Instant,
    /// The turn whose answer told it, and the last one that was given until then.
    told_by: u64,
    given: u64,
    /// Turns given since, without a word of them yet.
    untold: u64,
}

impl Counted {
    /// What is known when the answer to turn `no` was `told`, `given` turns being given, and it was known `before`.
    pub(super) fn after(
        before: Option<Self>,
        no: u64,
        given: u64,
        told: Told,
        lines: Lines,
        now: Instant,
    ) -> Self {
        let ends_at = now + told.reset + ROUNDING;
        let new = Self {
            count: told.count,
            quota: told.quota,
            ends_at,
            told_at: now,
            told_by: no,
            given,
            untold: 0,
        };
        let Some(before) = before else { return new };
        // Two requests that were under way together may be counted in either order, and told in either. Of one window
        // the higher count is true; a great difference is that of two windows, and the later request tells of the later.
        let are_together = no <= before.given;
        let is_near = told.count.abs_diff(before.count) <= lines.all_in_flight;
        if are_together && !is_near && no < before.told_by {
            return before;
        }
        let count = if are_together && is_near {
            told.count.max(before.count)
        } else {
            told.count
        };
        let mut next = Self {
            count,
            told_by: no.max(before.told_by),
            ..new
        };
        if before.ends_at > now {
            if before.count <= count && ends_at <= before.ends_at + ROUNDING {
                next.ends_at = before.ends_at.min(ends_at);
            }
        } else if before.is_used_up(lines) && next.is_used_up(lines) {
            next.ends_at = ends_at.max(now + lines.between_probes);
        }
        next
    }

    /// Turn `no` got no count back: the source may have counted it all the same.
    pub(super) fn was_told_nothing(&mut self, no: u64) {
        self.count = self.count.saturating_add(1);
        if no > self.given {
            self.untold = self.untold.saturating_sub(1);
        }
    }

    pub(super) const fn gave_turn(&mut self) {
        self.untold += 1;
    }

    /// The same for a successor that begins to count its turns, while `under_way` are without an answer.
    pub(super) const fn inherited(self, under_way: u64) -> Self {
        Self {
            count: self.count.saturating_add(under_way),
            told_by: 0,
            given: 0,
            untold: 0,
            ..self
        }
    }

    /// Nothing is left but the reserve.
    pub(super) const fn is_used_up(&self, lines: Lines) -> bool {
        self.quota.saturating_sub(self.count) <= lines.reserve
    }

    /// What decides on the next turn of a worker with so many requests `under_way`; `None`: the next answer.
    pub(super) fn law(
        &self,
        lines: Lines,
        under_way: u64,
        now: Instant,
    ) -> Result<Law, Option<Duration>> {
        let unused = self.quota.saturating_sub(self.count);
        let goes = if unused.saturating_sub(under_way) > lines.ample {
            self.untold == 0 || now.saturating_duration_since(self.told_at) < FRESH
        } else if unused > lines.reserve {
            under_way == 0
        } else if let Some(wait) = left(self.ends_at, now) {
            return Err(Some(wait));
        } else if self.untold == 0 {
            return Ok(Law::Share);
        } else {
            false
        };
        if goes { Ok(Law::Count) } else { Err(None) }
    }
}

/// Counts of requests are far below 2^53.
#[allow(clippy::cast_precision_loss)]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

/// How long it is until `at`, if it is not past.
pub(super) fn left(at: Instant, now: Instant) -> Option<Duration> {
    at.checked_duration_since(now)
        .filter(|wait| !wait.is_zero())
}
