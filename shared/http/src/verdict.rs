//! What an answer outside the 200s means: which error it is, whether the call may be repeated, and after what pause.

use crate::error::{Refusal, SourceError};
use crate::request::{Authentication, Request};
use crate::vendor::Vendor;
use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use std::time::Duration;

/// A failed attempt.
#[derive(Debug)]
pub(crate) struct Failed {
    pub error: SourceError,
    pub may_repeat: bool,
}

impl Failed {
    pub const fn finally(error: SourceError) -> Self {
        Self {
            error,
            may_repeat: false,
        }
    }
}

/// What a status outside the 200s means.
pub(crate) fn classify(
    request: &Request,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Failed {
    let refusal = Refusal {
        operation: request.operation(),
        status: Some(status),
        fault: None,
        vendor: Vendor::read(headers, body),
    };
    // The one quota that Salesforce reports as a lack of permission.
    let quota = refusal.vendor.code.as_deref() == Some("REQUEST_LIMIT_EXCEEDED");
    match status {
        429 => Failed {
            // A call that was turned away was not executed: even a write may be sent again.
            may_repeat: true,
            error: SourceError::Throttled {
                retry_after: pause(headers, now),
                refusal,
            },
        },
        403 if quota => Failed::finally(SourceError::Throttled {
            retry_after: None,
            refusal,
        }),
        // A login that is refused is refused for good: a new token cannot cure it.
        401 if !matches!(request.authentication, Authentication::Bearer) => {
            Failed::finally(SourceError::Invalid(refusal))
        }
        401 => Failed::finally(SourceError::Unauthorized(refusal)),
        403 => Failed::finally(SourceError::Forbidden(refusal)),
        // 406 and 420 are undocumented; Salesforce sends them while it is "setting things up".
        406 | 408 | 420 | 500.. => Failed {
            may_repeat: request.is_repeatable,
            error: SourceError::Transient(refusal),
        },
        _ => Failed::finally(SourceError::Invalid(refusal)),
    }
}

/// `Retry-After` (seconds or a date), else the reset of the source's own count.
fn pause(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |value: &HeaderValue| value.to_str().ok().map(|text| text.trim().to_owned());
    if let Some(value) = headers.get(RETRY_AFTER).and_then(text) {
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        if let Ok(at) = jiff::fmt::rfc2822::parse(&value) {
            // Against the source's own clock: ours may be off by more than the pause.
            let now = headers
                .get(DATE)
                .and_then(text)
                .and_then(|date| jiff::fmt::rfc2822::parse(&date).ok())
                .map_or(now, |date| date.timestamp());
            let wait = at.timestamp().duration_since(now);
            return Some(wait.try_into().unwrap_or_default());
        }
    }
    let reset = headers.get("inin-ratelimit-reset").and_then(text)?;
    Some(Duration::from_secs(reset.parse().ok()?))
}
