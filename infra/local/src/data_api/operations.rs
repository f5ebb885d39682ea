//! The operations: what is answered from what is known of each statement.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Server;
use super::protocol::ApiError;
use super::request::{Execute, List, OfStatement, wait_seconds};
use super::run::run;
use super::statements::{Mode, Progress, Statement, Status};

/// Statements in one page of a list.
const LIST_PAGE: usize = 100;

impl Server {
    pub(super) async fn execute(
        self: &Arc<Self>,
        request: Execute,
        is_batch: bool,
    ) -> Result<Value, ApiError> {
        let submission = request.submission(is_batch, &self.options.workgroup)?;
        let (statement, is_new) = self.statements.submit(submission, request.client_token);
        if is_new {
            tokio::spawn(run(Arc::clone(self), Arc::clone(&statement)));
        }
        if let Some(seconds) = request.wait_time_seconds {
            statement.wait(Duration::from_secs(seconds)).await;
        }
        let state = statement.state.borrow().clone();
        let mut answer = echo(&statement);
        answer.insert("Status".into(), json!(state.whole.status.word()));
        answer.insert(
            "HasResultSet".into(),
            json!(state.parts.iter().any(|p| p.result.is_some())),
        );
        answer.insert("RedshiftPid".into(), json!(state.pid));
        Ok(Value::Object(answer))
    }

    pub(super) async fn describe(&self, request: OfStatement) -> Result<Value, ApiError> {
        let (statement, part) = self.find(&request.id)?;
        if let Some(seconds) = wait_seconds(request.wait_time_seconds)? {
            statement.wait(Duration::from_secs(seconds)).await;
        }
        let state = statement.state.borrow().clone();
        let submission = &statement.submission;
        let mut answer = echo(&statement);
        answer.insert("Id".into(), json!(request.id));
        answer.insert("RedshiftPid".into(), json!(state.pid));
        answer.insert(
            "ResultFormat".into(),
            json!(if submission.is_csv { "CSV" } else { "JSON" }),
        );
        if !submission.parameters.is_empty() {
            let parameters: Vec<_> = submission
                .parameters
                .iter()
                .map(|(name, value)| json!({ "name": name, "value": value }))
                .collect();
            answer.insert("QueryParameters".into(), json!(parameters));
        }
        if let Some(at) = part {
            progress(&mut answer, &state.parts[at]);
            answer.insert("QueryString".into(), json!(submission.sqls[at]));
            return Ok(Value::Object(answer));
        }
        progress(&mut answer, &state.whole);
        let has_result = state.parts.iter().any(|p| p.result.is_some());
        answer.insert("HasResultSet".into(), json!(has_result));
        match submission.mode {
            Mode::Single => {
                answer.insert("QueryString".into(), json!(submission.sqls[0]));
            }
            Mode::Transaction | Mode::AutoCommit => {
                let mode = if submission.mode == Mode::Transaction {
                    "TRANSACTION"
                } else {
                    "AUTO_COMMIT"
                };
                answer.insert("ExecutionMode".into(), json!(mode));
                let parts = state.parts.iter().zip(&submission.sqls).enumerate().map(
                    |(at, (part, sql))| {
                        let mut sub = Map::new();
                        sub.insert("Id".into(), json!(format!("{}:{}", statement.id, at + 1)));
                        sub.insert("QueryString".into(), json!(sql));
                        sub.insert("CreatedAt".into(), seconds(statement.created));
                        progress(&mut sub, part);
                        Value::Object(sub)
                    },
                );
                answer.insert("SubStatements".into(), parts.collect());
            }
        }
        Ok(Value::Object(answer))
    }

    pub(super) async fn result(
        &self,
        request: OfStatement,
        is_csv: bool,
    ) -> Result<Value, ApiError> {
        let (statement, part) = self.find(&request.id)?;
        if let Some(seconds) = wait_seconds(request.wait_time_seconds)? {
            statement.wait(Duration::from_secs(seconds)).await;
        }
        if statement.submission.is_csv != is_csv {
            let (asked, operation) = if is_csv {
                ("JSON", "GetStatementResult")
            } else {
                ("CSV", "GetStatementResultV2")
            };
            return Err(ApiError::validation(format!(
                "The result format of this statement is {asked}; read it with {operation}"
            )));
        }
        let found = {
            let state = statement.state.borrow();
            let at = part.or((statement.submission.mode == Mode::Single).then_some(0));
            at.filter(|_| state.whole.status.is_final())
                .and_then(|at| state.parts[at].result.clone())
        };
        let Some(result) = found else {
            return Err(ApiError::not_found(
                "Query does not have result. Please check query status with DescribeStatement.",
                &request.id,
            ));
        };
        let from = request
            .next_token
            .as_deref()
            .map_or(Ok(0), |token| open_token(token, &request.id))?;
        let most = self.options.page_rows;
        let records = if is_csv {
            json!([{ "CSVRecords": result.csv(from, most) }])
        } else {
            json!(result.records(from, most))
        };
        let mut answer = json!({ "Records": records, "ColumnMetadata": result.metadata(), "TotalNumRows": result.len() });
        if is_csv {
            answer["ResultFormat"] = json!("CSV");
        }
        if from + most < result.len() {
            answer["NextToken"] = json!(token(&request.id, from + most));
        }
        Ok(answer)
    }

    pub(super) fn cancel(&self, request: &OfStatement) -> Result<Value, ApiError> {
        let (statement, part) = self.find(&request.id)?;
        if part.is_some() {
            return Err(ApiError::validation(
                "A statement of a batch cannot be cancelled alone: cancel the batch",
            ));
        }
        let status = statement.status();
        if status.is_final() {
            return Err(ApiError::validation(format!(
                "Could not cancel a query that is already in {} state with ID: {}",
                status.word(),
                request.id
            )));
        }
        statement.cancelled.send_replace(true);
        Ok(json!({ "Status": true }))
    }

    pub(super) fn cancel_everything(&self) {
        for statement in self.statements.all() {
            if !statement.status().is_final() {
                statement.cancelled.send_replace(true);
            }
        }
    }

    pub(super) fn list(&self, request: &List) -> Result<Value, ApiError> {
        let wanted = request.status.as_deref().unwrap_or(Status::Finished.word());
        if ![
            "SUBMITTED",
            "PICKED",
            "STARTED",
            "FINISHED",
            "FAILED",
            "ABORTED",
            "ALL",
        ]
        .contains(&wanted)
        {
            return Err(ApiError::validation(format!(
                "Status is {wanted}; it must be a statement's status, or ALL"
            )));
        }
        let most = request.max_results.filter(|n| *n > 0).unwrap_or(LIST_PAGE);
        if most > LIST_PAGE {
            return Err(ApiError::validation(format!(
                "MaxResults is {most}; it must be at most {LIST_PAGE}"
            )));
        }
        let fits = |asked: &Option<String>, actual: Option<&str>| {
            asked.is_none() || asked.as_deref() == actual
        };
        let prefix = request.statement_name.as_deref().unwrap_or_default();
        let before = request
            .next_token
            .as_deref()
            .map(|token| open_token(token, "list"))
            .transpose()?;
        let mut found = self.statements.all().into_iter().filter(|s| {
            let of = &s.submission;
            before.is_none_or(|number| usize::try_from(s.number).is_ok_and(|n| n < number))
                && (wanted == "ALL" || s.status().word() == wanted)
                && of.name.as_deref().unwrap_or_default().starts_with(prefix)
                && fits(&request.database, Some(&of.database))
                && fits(&request.workgroup_name, of.workgroup.as_deref())
                && fits(&request.cluster_identifier, of.cluster.as_deref())
        });
        let page: Vec<_> = found.by_ref().take(most).collect();
        let mut answer =
            json!({ "Statements": page.iter().map(|s| listed(s)).collect::<Vec<_>>() });
        if found.next().is_some()
            && let Some(last) = page.last()
        {
            answer["NextToken"] = json!(token("list", usize::try_from(last.number).unwrap_or(0)));
        }
        Ok(answer)
    }

    /// The statement of an id; `id:n` is the n-th of a batch.
    fn find(&self, id: &str) -> Result<(Arc<Statement>, Option<usize>), ApiError> {
        let missing = || ApiError::not_found(format!("Query {id} does not exist."), id);
        let (whole, part) = id
            .split_once(':')
            .map_or((id, None), |(whole, part)| (whole, Some(part)));
        let statement = self.statements.get(whole).ok_or_else(missing)?;
        let Some(part) = part else {
            return Ok((statement, None));
        };
        let at = part
            .parse::<usize>()
            .ok()
            .and_then(|n| n.checked_sub(1))
            .ok_or_else(missing)?;
        if statement.submission.mode == Mode::Single || at >= statement.submission.sqls.len() {
            return Err(missing());
        }
        Ok((statement, Some(at)))
    }
}

/// What every answer repeats of the request.
fn echo(statement: &Statement) -> Map<String, Value> {
    let submission = &statement.submission;
    let mut answer = Map::new();
    answer.insert("Id".into(), json!(statement.id));
    answer.insert("CreatedAt".into(), seconds(statement.created));
    answer.insert("Database".into(), json!(submission.database));
    for (key, value) in [
        ("WorkgroupName", &submission.workgroup),
        ("ClusterIdentifier", &submission.cluster),
        ("DbUser", &submission.db_user),
        ("SecretArn", &submission.secret_arn),
    ] {
        if let Some(value) = value {
            answer.insert(key.into(), json!(value));
        }
    }
    answer
}

fn progress(answer: &mut Map<String, Value>, progress: &Progress) {
    answer.insert("Status".into(), json!(progress.status.word()));
    answer.insert(
        "Duration".into(),
        json!(u64::try_from(progress.duration.as_nanos()).unwrap_or(u64::MAX)),
    );
    answer.insert("ResultRows".into(), json!(progress.rows));
    answer.insert("ResultSize".into(), json!(progress.bytes));
    answer.insert("RedshiftQueryId".into(), json!(progress.query_id));
    answer.insert("HasResultSet".into(), json!(progress.result.is_some()));
    answer.insert("UpdatedAt".into(), seconds(progress.updated));
    if let Some(error) = &progress.error {
        answer.insert("Error".into(), json!(error));
    }
}

fn listed(statement: &Statement) -> Value {
    let submission = &statement.submission;
    let state = statement.state.borrow();
    let is_batch = submission.mode != Mode::Single;
    let mut entry = json!({
        "Id": statement.id, "Status": state.whole.status.word(), "IsBatchStatement": is_batch,
        "CreatedAt": seconds(statement.created), "UpdatedAt": seconds(state.whole.updated),
        "ResultFormat": if submission.is_csv { "CSV" } else { "JSON" },
    });
    if is_batch {
        entry["QueryStrings"] = json!(submission.sqls);
    } else {
        entry["QueryString"] = json!(submission.sqls[0]);
    }
    if let Some(name) = &submission.name {
        entry["StatementName"] = json!(name);
    }
    entry
}

/// An instant as AWS JSON writes it: seconds since 1970, with a fraction.
fn seconds(at: SystemTime) -> Value {
    json!(
        at.duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64()
    )
}

fn token(of: &str, offset: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{of}|{offset}"))
}

fn open_token(token: &str, of: &str) -> Result<usize, ApiError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            text.rsplit_once('|')
                .filter(|(whose, _)| *whose == of)
                .and_then(|(_, offset)| offset.parse().ok())
        })
        .ok_or_else(|| {
            ApiError::validation("NextToken is not one this operation gave for this statement")
        })
}
