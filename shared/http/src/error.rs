//! What can come of a call to a source besides its answer.

use crate::Vendor;
use model::{Classify, Kind};
use std::time::Duration;

/// How the text of a call begins that was sent, and to which no answer began in the time a connection waits for one.
pub(crate) const UNANSWERED: &str = "no answer in time";
/// The text of a call that is left for a later invocation.
const NO_TURN: &str = "the quota is used up for now";
/// A turn that comes later than this is waited for outside of an invocation.
const SOON: Duration = Duration::from_mins(2);

/// A call and what the source said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `POST /api/v2/…`: method and path, no host, no query string.
    pub operation: String,
    /// The HTTP status, if an answer came at all.
    pub status: Option<u16>,
    /// The source's words, or ours where it had none.
    pub vendor: Vendor,
}

/// Why a call to a source gave nothing. Texts hold no query string, no token and no body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The source wants a longer pause than this invocation has.
    #[error("{}: the source asks for a pause{}: {}", .refusal.operation, seconds(*.retry_after), .refusal.vendor)]
    Throttled {
        /// How long, if it said so.
        retry_after: Option<Duration>,
        /// The call.
        refusal: Refusal,
    },
    /// A fault that outlived the repetitions, or that no repetition was allowed for.
    #[error("{}: {}{}", .0.operation, status(.0.status), .0.vendor)]
    Transient(Refusal),
    /// The bearer token was refused.
    #[error("{}: the token was refused: {}", .0.operation, .0.vendor)]
    Unauthorized(Refusal),
    /// The client lacks a permission; the vendor's message names it.
    #[error("{}: not permitted; give the client's role what the message names: {}", .0.operation, .0.vendor)]
    Forbidden(Refusal),
    /// The source will never accept this call.
    #[error("{}: {}{}", .0.operation, status(.0.status), .0.vendor)]
    Invalid(Refusal),
}

fn seconds(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!(" of {} s", wait.as_secs()))
}

fn status(status: Option<u16>) -> String {
    status.map_or_else(String::new, |status| format!("{status}: "))
}

impl SourceError {
    /// The call and the source's words.
    pub const fn refusal(&self) -> &Refusal {
        match self {
            Self::Throttled { refusal, .. }
            | Self::Transient(refusal)
            | Self::Unauthorized(refusal)
            | Self::Forbidden(refusal)
            | Self::Invalid(refusal) => refusal,
        }
    }

    pub(crate) const fn refusal_mut(&mut self) -> &mut Refusal {
        match self {
            Self::Throttled { refusal, .. }
            | Self::Transient(refusal)
            | Self::Unauthorized(refusal)
            | Self::Forbidden(refusal)
            | Self::Invalid(refusal) => refusal,
        }
    }

    /// The HTTP status, if an answer came.
    pub const fn status(&self) -> Option<u16> {
        self.refusal().status
    }

    /// The vendor's error code.
    pub fn code(&self) -> Option<&str> {
        self.refusal().vendor.code.as_deref()
    }

    /// The vendor's message.
    pub fn message(&self) -> &str {
        &self.refusal().vendor.message
    }

    /// The pause the source asked for.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A connection stood, and no answer began for as long as one is waited for: the source may be at work on more than it can
    /// give at once. Not so when the invocation ended first.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Transient(refusal)
            if refusal.status.is_none() && refusal.vendor.message.starts_with(UNANSWERED))
    }

    /// The source has refused nothing: the next turn of this worker's own pace comes after the end of the invocation, and soon
    /// enough for another one to wait for it.
    pub fn is_own_pace(&self) -> bool {
        matches!(self, Self::Throttled { retry_after: Some(wait), refusal }
            if refusal.status.is_none() && refusal.vendor.message == NO_TURN && *wait <= SOON)
    }

    /// There is no turn before the invocation ends: because the source has asked for a pause, or to keep the pace.
    pub(crate) fn no_turn(operation: String, wait: Duration, is_held: bool) -> Self {
        let text = if is_held {
            "a pause it has asked for has not ended"
        } else {
            NO_TURN
        };
        Self::Throttled {
            retry_after: Some(wait),
            refusal: Refusal {
                operation,
                status: None,
                vendor: Vendor::said(text),
            },
        }
    }

    /// A fault that a caller of a client found in an answer itself: a failed job, an unknown state.
    pub fn transient(operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Transient(Refusal {
            operation: operation.into(),
            status: None,
            vendor: Vendor::said(message),
        })
    }

    /// A call that must not be made, found before making it.
    pub fn invalid(operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(Refusal {
            operation: operation.into(),
            status: None,
            vendor: Vendor::said(message),
        })
    }
}

impl Classify for SourceError {
    fn kind(&self) -> Kind {
        match self {
            Self::Throttled { .. } => Kind::Throttled,
            Self::Transient(_) => Kind::Transient,
            Self::Unauthorized(_) => Kind::Unauthorized,
            Self::Forbidden(_) | Self::Invalid(_) => Kind::Invalid,
        }
    }
}
