//! What can come of a call to a source besides its answer.

use crate::Vendor;
use model::{Classify, Kind};
use std::time::Duration;

/// A turn that comes later than this is waited for outside of an invocation.
const SOON: Duration = Duration::from_mins(2);

/// Why there is no answer, or none that could be read: found out on our side of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFault {
    /// Nothing was sent: the next turn of this worker's own pace comes after the end of the invocation.
    NoTurn,
    /// Nothing was sent: the source has asked for a pause that has not ended.
    Held,
    /// Nothing was sent: no connection stood in time.
    OutOfReach,
    /// A connection stood, and broke before an answer began.
    Lost,
    /// A connection stood, and no answer began for as long as one is waited for: the source may be at work on more than it
    /// can give at once.
    Unanswered,
    /// The invocation ended before an answer began, which says nothing about the source.
    OwnEnd,
    /// An answer began, and did not come whole.
    BrokenOff,
    /// An answer came, and is more than is read at once.
    TooLarge,
    /// An answer of the 200s came whole, and is not what was asked for: cut JSON, a proxy's page.
    Unreadable,
}

/// A call and what the source said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `POST /api/v2/…`: method and path, no host, no query string.
    pub operation: String,
    /// The HTTP status, if an answer came at all.
    pub status: Option<u16>,
    /// What is wrong with the answer or the way to it; `None` where the source refused and meant it, and of what a caller found
    /// in an answer itself.
    pub fault: Option<WireFault>,
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

    /// What is wrong with the answer or the way to it.
    pub const fn fault(&self) -> Option<WireFault> {
        self.refusal().fault
    }

    /// The source has refused nothing: the next turn of this worker's own pace comes after the end of the invocation, and soon
    /// enough for another one to wait for it.
    pub fn is_own_pace(&self) -> bool {
        matches!(self, Self::Throttled { retry_after: Some(wait), refusal }
            if refusal.fault == Some(WireFault::NoTurn) && *wait <= SOON)
    }

    /// There is no turn before the invocation ends: because the source has asked for a pause, or to keep the pace.
    pub(crate) fn no_turn(operation: String, wait: Duration, is_held: bool) -> Self {
        let (fault, text) = if is_held {
            (WireFault::Held, "a pause it has asked for has not ended")
        } else {
            (WireFault::NoTurn, "the quota is used up for now")
        };
        Self::Throttled {
            retry_after: Some(wait),
            refusal: Refusal {
                operation,
                status: None,
                fault: Some(fault),
                vendor: Vendor::said(text),
            },
        }
    }

    /// A call that came to nothing on the way, in words that give nothing away.
    pub fn on_the_wire(
        operation: impl Into<String>,
        fault: WireFault,
        message: impl Into<String>,
    ) -> Self {
        let refusal = Refusal {
            operation: operation.into(),
            status: None,
            fault: Some(fault),
            vendor: Vendor::said(message),
        };
        match fault {
            // The same call would bring as much again.
            WireFault::TooLarge => Self::Invalid(refusal),
            _ => Self::Transient(refusal),
        }
    }

    /// A fault that a caller of a client found in an answer itself: a failed job, an unknown state.
    pub fn transient(operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Transient(Refusal {
            operation: operation.into(),
            status: None,
            fault: None,
            vendor: Vendor::said(message),
        })
    }

    /// A call that must not be made, found before making it.
    pub fn invalid(operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(Refusal {
            operation: operation.into(),
            status: None,
            fault: None,
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
