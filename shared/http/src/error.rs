//! What can come of a call to a source besides its answer.

use crate::Vendor;
use model::{Classify, Kind};
use std::time::Duration;

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
