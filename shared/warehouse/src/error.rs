//! What the warehouse can refuse, and what that means for the state machine.

use model::{Classify, Kind};

/// A failed call or a failed statement.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The Data API refused the call or could not be reached.
    #[error("Data API {operation}: {cause}")]
    Api {
        /// `BatchExecuteStatement`, …
        operation: &'static str,
        /// The service's code and message.
        cause: String,
        /// What to do.
        kind: Kind,
    },
    /// A statement ended as `FAILED`.
    #[error("warehouse statement {id} failed{at}: {message}")]
    Statement {
        /// The Data API's id.
        id: String,
        /// ` in statement 3 of 12 (copy staging.genesys_session …)`, or empty.
        at: String,
        /// The warehouse's own message.
        message: String,
        /// The id under which the warehouse's system tables know the statement.
        query_id: Option<i64>,
    },
    /// A statement ended as `ABORTED`: somebody cancelled it, or a timeout did.
    #[error(
        "warehouse statement {id} was aborted{at}: {message}; a query limit or a person stopped it"
    )]
    Aborted {
        /// The Data API's id.
        id: String,
        /// Which statement of the batch.
        at: String,
        /// The warehouse's own message.
        message: String,
    },
    /// The statement ran longer than this call may wait.
    #[error(
        "warehouse statement {id} did not finish in the time this call had; its cancellation was asked for"
    )]
    Unfinished {
        /// The Data API's id.
        id: String,
    },
    /// A batch is larger than the Data API takes.
    #[error("batch {name}: {rule}")]
    Limit {
        /// Which batch.
        name: String,
        /// The limit it breaks.
        rule: String,
    },
    /// A result is not what the query promises.
    #[error("result of {query}: {rule}")]
    Shape {
        /// Which query.
        query: String,
        /// What is wrong.
        rule: String,
    },
}

impl WarehouseError {
    /// Whether another transaction was in the way, so that the whole batch may be tried again.
    ///
    /// Redshift reports a serialization conflict as 1023 under SQLSTATE XX000, the same state as a bad row in `COPY`:
    /// only the text tells them apart.
    pub fn is_conflict(&self) -> bool {
        let Self::Statement { message, .. } = self else {
            return false;
        };
        let text = message.to_lowercase();
        [
            "serializable isolation violation",
            "deadlock detected",
            "could not serialize",
            "conflict with concurrent transaction",
            "conflicting transaction",
        ]
        .iter()
        .any(|sign| text.contains(sign))
    }
}

impl Classify for WarehouseError {
    fn kind(&self) -> Kind {
        match self {
            Self::Api { kind, .. } => *kind,
            Self::Statement { .. } if self.is_conflict() => Kind::Conflict,
            // An aborted statement stays aborted: polling it again, or submitting it with the same token, would only find it.
            Self::Statement { .. }
            | Self::Aborted { .. }
            | Self::Limit { .. }
            | Self::Shape { .. } => Kind::Invalid,
            Self::Unfinished { .. } => Kind::Transient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str) -> WarehouseError {
        WarehouseError::Statement {
            id: "1".to_owned(),
            at: String::new(),
            message: message.to_owned(),
            query_id: None,
        }
    }

    #[test]
    fn a_conflict_is_told_from_a_bad_row() {
        let conflict = failed(
            "ERROR: 1023 Detail: Serializable isolation violation on table - 108, transactions forming …",
        );
        assert_eq!(conflict.kind(), Kind::Conflict);
        let bad_row = failed(
            "ERROR: Load into table 't' failed. Check 'sys_load_error_detail' system table for details.",
        );
        assert_eq!(bad_row.kind(), Kind::Invalid);
    }
}
