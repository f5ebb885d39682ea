//! What the steps of the pipeline share: ids, windows, settings and the payloads that pass between them.
//!
//! No I/O and no clock: every instant comes in as a value.

pub mod coverage;
pub mod failure;
pub mod filter;
pub mod ids;
mod instant;
pub mod payload;
pub mod phone;
pub mod region;
pub mod rows;
pub mod salesforce_id;
pub mod settings;
pub mod table;
pub mod window;

pub use coverage::Coverage;
pub use failure::{Classify, Kind};
pub use ids::{AgentId, ConversationId, QueueId, RunId};
pub use window::{Window, WindowError};

use serde::{Deserialize, Serialize};
use std::fmt;

/// An outside system that records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Genesys Cloud, the Platform API.
    Genesys,
    /// Salesforce, the REST API.
    Salesforce,
}

impl Source {
    /// The lower-case name used in keys, tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Genesys => "genesys",
            Self::Salesforce => "salesforce",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
