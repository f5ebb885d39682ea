//! The kinds a failure can have: the only error names `pipeline.asl.json` retries or catches, next to Lambda's own.

use std::fmt;

/// What the state machine should do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A source or the warehouse asks for a longer pause than this call can wait: repeat later.
    Throttled,
    /// A fault that a repetition may cure: 5xx, a broken body, a lost connection.
    Transient,
    /// A token was refused: renew it, then once more.
    Unauthorized,
    /// Two transactions collided; the attempts this step makes by itself are used up.
    Conflict,
    /// The input, the settings or the permissions are wrong: a person must act.
    Invalid,
    /// The data breaks a rule: a person must look before anything is published.
    DataQuality,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Throttled,
        Self::Transient,
        Self::Unauthorized,
        Self::Conflict,
        Self::Invalid,
        Self::DataQuality,
    ];

    /// The name Step Functions sees as `errorType`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "Throttled",
            Self::Transient => "Transient",
            Self::Unauthorized => "Unauthorized",
            Self::Conflict => "Conflict",
            Self::Invalid => "Invalid",
            Self::DataQuality => "DataQuality",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that knows its kind.
pub trait Classify {
    /// The kind this error has for the state machine.
    fn kind(&self) -> Kind;
}
