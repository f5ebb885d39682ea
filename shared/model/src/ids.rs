//! Typed identifiers: a conversation's id cannot be passed where a queue's is meant.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as the source writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// A Genesys Cloud conversation.
    ConversationId;
    /// A Genesys Cloud user who handles conversations.
    AgentId;
    /// A Genesys Cloud routing queue.
    QueueId;
}

/// A run of the pipeline, and the batch of rows it loads. Deterministic: the same input at the same instant has the same
/// id, so a failed execution started again continues the same run.
///
/// Lower-case letters, digits and `-`, 1 to 100 characters: it is part of object keys and statement names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that cannot be a run id.
#[derive(Debug, thiserror::Error)]
#[error("run id {0:?} must be 1 to 100 characters of a-z, 0-9 and '-'")]
pub struct RunIdError(String);

impl RunId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = RunIdError;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let fits = (1..=100).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(Self(id))
        } else {
            Err(RunIdError(id))
        }
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_run_id_that_would_escape_its_folder() {
        let error = RunId::try_from("../secrets".to_owned()).unwrap_err();
        insta::assert_snapshot!(error, @r#"run id "../secrets" must be 1 to 100 characters of a-z, 0-9 and '-'"#);
    }
}
