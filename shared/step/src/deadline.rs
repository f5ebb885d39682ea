//! The time an invocation has left. Besides `main`, nothing else may ask what time it is.

use jiff::Timestamp;
use lambda_runtime::Context;
use std::time::{Duration, Instant};

/// When an invocation must have answered.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    began: Instant,
    began_at: Timestamp,
    budget: Duration,
}

/// What is kept back to write a checkpoint and answer in.
const MARGIN: Duration = Duration::from_secs(3);

impl Deadline {
    /// The deadline Lambda gave this invocation, less a margin to finish in.
    #[allow(clippy::disallowed_methods)] // the one place where a function asks for the time
    pub fn of(context: &Context) -> Self {
        let now = Timestamp::now();
        let given = i64::try_from(context.deadline)
            .unwrap_or(i64::MAX)
            .saturating_sub(now.as_millisecond());
        let given = Duration::from_millis(u64::try_from(given).unwrap_or(0));
        Self {
            began: Instant::now(),
            began_at: now,
            budget: given.saturating_sub(MARGIN),
        }
    }

    /// A deadline `budget` after `now`: for tests and tools.
    pub fn after(now: Timestamp, budget: Duration) -> Self {
        Self {
            began: Instant::now(),
            began_at: now,
            budget,
        }
    }

    /// Time left; zero when it has passed.
    pub fn left(&self) -> Duration {
        self.budget.saturating_sub(self.began.elapsed())
    }

    /// Whether less than `need` is left.
    pub fn is_near(&self, need: Duration) -> bool {
        self.left() < need
    }

    /// The present instant: where the invocation began plus what has passed since.
    pub fn now(&self) -> Timestamp {
        self.began_at
            .checked_add(self.began.elapsed())
            .unwrap_or(self.began_at)
    }
}
