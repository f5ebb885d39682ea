//! Requests per minute and token.

use crate::control::locked;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_mins(1);

/// Requests of each token in its present minute.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<String, (Instant, u32)>>);

/// How much of its minute a token has used.
pub(super) struct Used {
    count: u32,
    allowed: u32,
    /// Seconds until the minute ends.
    pub(super) reset: u64,
}

impl Limits {
    pub(super) fn count(&self, token: &str, allowed: u32) -> Used {
        let now = Instant::now();
        let mut tokens = locked(&self.0);
        let (begun, count) = tokens.entry(token.to_owned()).or_insert((now, 0));
        if now.duration_since(*begun) >= MINUTE {
            (*begun, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        let left = MINUTE.saturating_sub(now.duration_since(*begun));
        Used {
            count: *count,
            allowed,
            reset: left.as_secs() + 1,
        }
    }
}

impl Used {
    pub(super) const fn is_over(&self) -> bool {
        self.allowed != u32::MAX && self.count > self.allowed
    }

    pub(super) fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("inin-ratelimit-count", self.count.to_string()),
            ("inin-ratelimit-allowed", self.allowed.to_string()),
            ("inin-ratelimit-reset", self.reset.to_string()),
        ]
    }
}
