//! Requests per token in a fixed window, which begins with the first request after the one before has passed.

use crate::control::locked;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Requests of each token in its present window.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<String, (Instant, u32)>>);

/// How much of its window a token has used.
pub(super) struct Used {
    pub(super) count: u32,
    allowed: u32,
    /// Seconds until the window ends.
    pub(super) reset: u64,
}

impl Limits {
    pub(super) fn count(&self, token: &str, allowed: u32, window: Duration) -> Used {
        let now = Instant::now();
        let mut tokens = locked(&self.0);
        let (begun, count) = tokens.entry(token.to_owned()).or_insert((now, 0));
        if now.duration_since(*begun) >= window {
            (*begun, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        let left = window.saturating_sub(now.duration_since(*begun));
        Used {
            count: *count,
            allowed,
            // A client that waits exactly so long must find the next window.
            reset: left.as_secs() + u64::from(left.subsec_nanos() > 0),
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
