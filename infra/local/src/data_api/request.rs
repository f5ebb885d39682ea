//! Requests of the Data API and the rules they are checked by, before anything runs.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::protocol::ApiError;
use super::sql::{Parameters, bind, split};
use super::statements::{Mode, Submission};

/// Statements in one batch.
const BATCH_STATEMENTS: usize = 40;
/// Bytes of one statement.
const STATEMENT_BYTES: usize = 100 * 1024;
/// Seconds a call may wait.
const WAIT_SECONDS: std::ops::RangeInclusive<u64> = 1..=30;

/// `ExecuteStatement` and `BatchExecuteStatement`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Execute {
    sql: Option<String>,
    sqls: Option<Vec<String>>,
    #[serde(default)]
    parameters: Option<Vec<SqlParameter>>,
    execution_mode: Option<String>,
    database: Option<String>,
    workgroup_name: Option<String>,
    cluster_identifier: Option<String>,
    db_user: Option<String>,
    secret_arn: Option<String>,
    statement_name: Option<String>,
    with_event: Option<bool>,
    pub client_token: Option<String>,
    result_format: Option<String>,
    session_keep_alive_seconds: Option<u64>,
    session_id: Option<String>,
    pub wait_time_seconds: Option<u64>,
}

/// A named value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SqlParameter {
    name: String,
    value: String,
}

/// `DescribeStatement`, `GetStatementResult`, `GetStatementResultV2` and `CancelStatement`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct OfStatement {
    pub id: String,
    pub wait_time_seconds: Option<u64>,
    pub next_token: Option<String>,
}

/// `ListStatements`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct List {
    pub next_token: Option<String>,
    pub max_results: Option<usize>,
    pub statement_name: Option<String>,
    pub status: Option<String>,
    #[serde(rename = "RoleLevel")]
    pub _role_level: Option<bool>,
    pub database: Option<String>,
    pub workgroup_name: Option<String>,
    pub cluster_identifier: Option<String>,
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::validation(message)
}

/// Checks a wait that a call asks for.
pub(super) fn wait_seconds(asked: Option<u64>) -> Result<Option<u64>, ApiError> {
    match asked {
        Some(seconds) if !WAIT_SECONDS.contains(&seconds) => Err(invalid(format!(
            "WaitTimeSeconds is {seconds}; it must be between 1 and 30"
        ))),
        asked => Ok(asked),
    }
}

impl Execute {
    /// Checks everything that can be checked without running anything.
    pub(super) fn submission(&self, is_batch: bool, serves: &str) -> Result<Submission, ApiError> {
        self.refuse_what_is_not_emulated()?;
        wait_seconds(self.wait_time_seconds)?;
        self.target(serves)?;
        let database = self.database.clone().filter(|name| !name.is_empty());
        let database = database.ok_or_else(|| {
            invalid("Database is missing; name the database the statement runs in")
        })?;
        if self
            .client_token
            .as_ref()
            .is_some_and(|token| token.is_empty() || token.len() > 64)
        {
            return Err(invalid("ClientToken must have 1 to 64 characters"));
        }
        if self
            .statement_name
            .as_ref()
            .is_some_and(|name| name.len() > 2048)
        {
            return Err(invalid("StatementName must have at most 2048 characters"));
        }
        let sqls = if is_batch {
            self.batch()?
        } else {
            vec![self.single()?]
        };
        for (at, sql) in sqls.iter().enumerate() {
            check_statement(sql, at + 1)?;
        }
        let mode = self.mode(is_batch)?;
        let is_csv = match self.result_format.as_deref() {
            None | Some("JSON") => false,
            Some("CSV") => true,
            Some(other) => {
                return Err(invalid(format!(
                    "ResultFormat is {other}; it must be JSON or CSV"
                )));
            }
        };
        Ok(Submission {
            parameters: self.parameters(&sqls)?,
            sqls,
            mode,
            name: self.statement_name.clone(),
            database,
            workgroup: self.workgroup_name.clone(),
            cluster: self.cluster_identifier.clone(),
            db_user: self.db_user.clone(),
            secret_arn: self.secret_arn.clone(),
            is_csv,
        })
    }

    fn refuse_what_is_not_emulated(&self) -> Result<(), ApiError> {
        if self.session_id.is_some() || self.session_keep_alive_seconds.is_some_and(|s| s > 0) {
            return Err(invalid(
                "SessionId and SessionKeepAliveSeconds are not emulated by the local Data API: send what belongs together as one BatchExecuteStatement",
            ));
        }
        if self.with_event == Some(true) {
            return Err(invalid(
                "WithEvent is not emulated by the local Data API: poll with DescribeStatement",
            ));
        }
        Ok(())
    }

    fn target(&self, serves: &str) -> Result<(), ApiError> {
        let target = match (&self.workgroup_name, &self.cluster_identifier) {
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "WorkgroupName and ClusterIdentifier are both given; give one of them",
                ));
            }
            (None, None) => {
                return Err(invalid(
                    "Either WorkgroupName or ClusterIdentifier is required",
                ));
            }
            (Some(name), None) | (None, Some(name)) => name,
        };
        if target == serves {
            return Ok(());
        }
        let what = if self.workgroup_name.is_some() {
            "workgroup"
        } else {
            "cluster"
        };
        Err(ApiError::not_found(
            format!("Redshift endpoint doesn't exist in this region: {what} {target}"),
            target,
        ))
    }

    fn single(&self) -> Result<String, ApiError> {
        if self.sqls.is_some() || self.execution_mode.is_some() {
            return Err(invalid(
                "Sqls and ExecutionMode belong to BatchExecuteStatement",
            ));
        }
        self.sql.clone().ok_or_else(|| invalid("Sql is missing"))
    }

    fn batch(&self) -> Result<Vec<String>, ApiError> {
        if self.sql.is_some() {
            return Err(invalid("Sql belongs to ExecuteStatement; a batch has Sqls"));
        }
        let sqls = self.sqls.clone().unwrap_or_default();
        if sqls.is_empty() || sqls.len() > BATCH_STATEMENTS {
            return Err(invalid(format!(
                "Sqls has {} statements; a batch has 1 to {BATCH_STATEMENTS}",
                sqls.len()
            )));
        }
        Ok(sqls)
    }

    fn mode(&self, is_batch: bool) -> Result<Mode, ApiError> {
        match (is_batch, self.execution_mode.as_deref()) {
            (false, _) => Ok(Mode::Single),
            (true, None | Some("TRANSACTION")) => Ok(Mode::Transaction),
            (true, Some("AUTO_COMMIT")) => Ok(Mode::AutoCommit),
            (true, Some(other)) => Err(invalid(format!(
                "ExecutionMode is {other}; it must be TRANSACTION or AUTO_COMMIT"
            ))),
        }
    }

    /// Every parameter is used by some statement, and every name used has its parameter.
    fn parameters(&self, sqls: &[String]) -> Result<Parameters, ApiError> {
        let mut parameters = Parameters::new();
        if self.parameters.as_ref().is_some_and(Vec::is_empty) {
            return Err(invalid("Parameters is empty; leave it out"));
        }
        for SqlParameter { name, value } in self.parameters.iter().flatten() {
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(invalid(format!(
                    "Parameter name \"{name}\" must match [0-9a-zA-Z_]+"
                )));
            }
            if value.is_empty() {
                return Err(invalid(format!(
                    "Parameter {name} is empty; a value has at least one character"
                )));
            }
            if parameters.insert(name.clone(), value.clone()).is_some() {
                return Err(invalid(format!("Parameter {name} is given twice")));
            }
        }
        let mut used = BTreeSet::new();
        for sql in sqls {
            used.extend(bind::used(sql).map_err(|error| invalid(error.to_string()))?);
        }
        if let Some(name) = used.iter().find(|name| !parameters.contains_key(*name)) {
            return Err(invalid(format!(
                "Parameters list does not contain all required parameters: :{name} has no value"
            )));
        }
        if let Some(name) = parameters.keys().find(|name| !used.contains(*name)) {
            return Err(invalid(format!(
                "Parameters list contains unused parameters: no statement uses :{name}"
            )));
        }
        Ok(parameters)
    }
}

fn check_statement(sql: &str, number: usize) -> Result<(), ApiError> {
    if sql.len() > STATEMENT_BYTES {
        return Err(invalid(format!(
            "Statement {number} has {} bytes; a statement has at most 100 KB",
            sql.len()
        )));
    }
    let found = split::split(sql)
        .map_err(|error| invalid(format!("Statement {number}: {error}")))?
        .len();
    if found != 1 {
        return Err(invalid(format!(
            "Statement {number} holds {found} SQL statements; exactly one is allowed"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn said(mut request: Value, is_batch: bool) -> String {
        let base = json!({ "Database": "dev", "WorkgroupName": "wg" });
        let fields = request.as_object_mut().unwrap();
        for (key, value) in base.as_object().unwrap() {
            fields.entry(key).or_insert(value.clone());
        }
        let request: Execute = serde_json::from_value(request).unwrap();
        request
            .submission(is_batch, "wg")
            .map_or_else(|error| error.message().to_owned(), |_| "ok".to_owned())
    }

    #[test]
    fn every_limit_is_named() {
        assert_eq!(
            said(
                json!({ "Sql": "select :a;", "Parameters": [{ "name": "a", "value": "1" }] }),
                false
            ),
            "ok"
        );
        assert_eq!(said(json!({ "Sqls": vec!["select 1"; 40] }), true), "ok");
        for (request, is_batch, says) in [
            (
                json!({ "Sqls": vec!["select 1"; 41] }),
                true,
                "41 statements",
            ),
            (json!({ "Sqls": [] }), true, "0 statements"),
            (
                json!({ "Sql": format!("select '{}'", "x".repeat(102_400)) }),
                false,
                "at most 100 KB",
            ),
            (json!({ "Sql": "select 1; select 2" }), false, "holds 2"),
            (json!({ "Sql": "-- nothing" }), false, "holds 0"),
            (json!({ "Sql": "select 'a" }), false, "unterminated"),
            (json!({ "Sql": "select :a" }), false, ":a has no value"),
            (
                json!({ "Sql": "select 1", "Parameters": [{ "name": "a", "value": "1" }] }),
                false,
                "no statement uses :a",
            ),
            (
                json!({ "Sql": "select :a", "Parameters": [{ "name": "a", "value": "" }] }),
                false,
                "at least one character",
            ),
            (
                json!({ "Sql": "select 1", "WaitTimeSeconds": 31 }),
                false,
                "between 1 and 30",
            ),
            (
                json!({ "Sql": "select 1", "ClientToken": "x".repeat(65) }),
                false,
                "64 characters",
            ),
            (
                json!({ "Sql": "select 1", "Database": "" }),
                false,
                "Database",
            ),
            (
                json!({ "Sql": "select 1", "WorkgroupName": "other" }),
                false,
                "other",
            ),
            (
                json!({ "Sql": "select 1", "ClusterIdentifier": "c" }),
                false,
                "both given",
            ),
            (
                json!({ "Sql": "select 1", "SessionId": "s" }),
                false,
                "not emulated",
            ),
            (
                json!({ "Sql": "select 1", "WithEvent": true }),
                false,
                "not emulated",
            ),
            (
                json!({ "Sqls": ["select 1"], "ExecutionMode": "MAYBE" }),
                true,
                "TRANSACTION or AUTO_COMMIT",
            ),
        ] {
            let message = said(request, is_batch);
            assert!(message.contains(says), "{says}: {message}");
        }
    }
}
