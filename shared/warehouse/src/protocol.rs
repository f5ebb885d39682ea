//! Submit and poll: how `load` and `merge` run a long transaction without waiting inside a function.
//!
//! A call without a statement id submits; every call polls once for at most 30 seconds; while the statement runs the outcome
//! says `done: false` and the state machine calls again. After a conflict with another transaction the outcome has the
//! next attempt and no statement id, so the next call submits anew: with a new client token, because the old one would
//! only return the failed statement. A step of several transactions (`merge`) asks for the next one in the same way.

use crate::{Batch, Status, Warehouse, WarehouseError};
use model::RunId;
use model::payload::{StatementOutcome, StatementRequest};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long one call waits for the statement: the longest the Data API allows.
const WAIT: Duration = Duration::from_secs(30);
/// Attempts at a transaction that conflicts with others.
const MAX_ATTEMPTS: u32 = 20;

/// What a poll came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Call again with this outcome's id and attempt.
    Running(StatementOutcome),
    /// Committed: the rows of each statement, and the outcome to complete.
    Committed(Vec<i64>, StatementOutcome),
}

/// A transaction to submit: statements and parameters.
pub type Transaction = (Vec<String>, Vec<(String, String)>);

/// Whether this call has to submit (and so needs a transaction), or polls what was submitted.
pub fn submits(request: &StatementRequest) -> bool {
    request
        .statement_id
        .as_deref()
        .unwrap_or_default()
        .is_empty()
}

/// Submits `transaction`, or without one polls the request's statement; waits once, at most `wait`.
pub async fn step(
    warehouse: &Warehouse,
    request: &StatementRequest,
    step: &str,
    wait: Duration,
    transaction: Option<Transaction>,
) -> Result<Progress, WarehouseError> {
    let attempt = request.attempt;
    let id = match transaction {
        Some((statements, parameters)) => {
            let name = format!("{}/{step}/{attempt}", request.run_id);
            let token = token(&request.run_id, step, &request.execution, attempt);
            let count = statements.len();
            let id = warehouse
                .submit(&Batch {
                    name,
                    token,
                    statements,
                    parameters,
                })
                .await?;
            tracing::info!(
                statement_id = id,
                attempt,
                count,
                "Submitted {count} statements of {step}, attempt {attempt}"
            );
            id
        }
        None => request.statement_id.clone().unwrap_or_default(),
    };
    let present = outcome(request, id, attempt);
    match warehouse.poll(&present.statement_id, WAIT.min(wait)).await {
        Ok(Status::Running) => Ok(Progress::Running(present)),
        Ok(Status::Finished(rows)) => Ok(Progress::Committed(
            rows,
            StatementOutcome {
                done: true,
                ..present
            },
        )),
        Err(error) if error.is_conflict() && attempt < MAX_ATTEMPTS => {
            tracing::warn!(
                attempt,
                "Another transaction was in the way of {step}, trying again: {error}"
            );
            Ok(Progress::Running(outcome(
                request,
                String::new(),
                attempt + 1,
            )))
        }
        Err(error) => Err(error),
    }
}

fn outcome(request: &StatementRequest, statement_id: String, attempt: u32) -> StatementOutcome {
    StatementOutcome {
        run_id: request.run_id.clone(),
        done: false,
        statement_id,
        attempt,
        stage: stage(request),
        rows: 0,
        already_done: false,
    }
}

/// The transaction of the step that the request is about, from 1.
pub fn stage(request: &StatementRequest) -> u32 {
    request.stage.unwrap_or(1).max(1)
}

/// What asks for the transaction after the one that `committed`: not done, nothing submitted, the first attempt.
pub fn next_stage(committed: &StatementOutcome) -> StatementOutcome {
    StatementOutcome {
        done: false,
        statement_id: String::new(),
        attempt: 1,
        stage: committed.stage + 1,
        ..committed.clone()
    }
}

/// The same for the same attempt of the same step in the same execution, so that a call repeated after a lost answer
/// finds the statement it submitted; 64 hexadecimal characters.
fn token(run_id: &RunId, step: &str, execution: &str, attempt: u32) -> String {
    hex::encode(Sha256::digest(format!(
        "{run_id}\n{step}\n{execution}\n{attempt}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_attempt_or_execution_has_a_new_token() {
        let run = RunId::try_from("nightly-1".to_owned()).unwrap();
        let first = token(&run, "load", "e1", 1);
        assert_eq!(first, token(&run, "load", "e1", 1));
        assert_ne!(first, token(&run, "load", "e1", 2));
        assert_ne!(first, token(&run, "load", "e2", 1));
        assert_eq!(first.len(), 64);
    }
}
