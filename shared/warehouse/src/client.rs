//! The Data API: submit, poll, query.

use crate::WarehouseError;
use aws_sdk_redshiftdata::Client;
use aws_sdk_redshiftdata::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::types::{Field, SqlParameter, StatusString, SubStatementData};
use model::Kind;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// Statements one batch may hold.
const MAX_STATEMENTS: usize = 40;
/// Bytes one statement may have (Data API guide: 100 KB).
const MAX_STATEMENT_BYTES: usize = 100 * 1024;
/// Seconds one call may wait for a statement.
const MAX_WAIT_SECONDS: u64 = 30;

/// Where statements run; read from the environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// Redshift Serverless workgroup.
    pub redshift_workgroup: Option<String>,
    /// Provisioned cluster, instead of a workgroup.
    pub redshift_cluster: Option<String>,
    /// Database user on a provisioned cluster, when neither a secret nor the IAM identity is used.
    pub redshift_db_user: Option<String>,
    /// The database.
    pub redshift_database: String,
    /// Secret with database credentials; default the function's own IAM identity.
    pub redshift_secret_arn: Option<String>,
}

/// Statements that commit together or not at all.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Shown in the console and in `ListStatements`: `<run>/<step>/<attempt>`.
    pub name: String,
    /// The same token submits nothing twice (8 hours); 1 to 64 characters.
    pub token: String,
    /// In order.
    pub statements: Vec<String>,
    /// Name and value; every one must be used by a statement.
    pub parameters: Vec<(String, String)>,
}

/// Where a submitted batch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Not finished: poll again.
    Running,
    /// Committed; rows returned or affected by each statement (−1: not told).
    Finished(Vec<i64>),
}

/// One value of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// Truth value.
    Boolean(bool),
    /// Whole number.
    Integer(i64),
    /// Floating-point number.
    Double(f64),
    /// Text; also decimals, dates and timestamps, as the warehouse writes them.
    Text(String),
}

impl Value {
    /// The value as text; `None` for null.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Boolean(value) => Some(value.to_string()),
            Self::Integer(value) => Some(value.to_string()),
            Self::Double(value) => Some(value.to_string()),
            Self::Text(value) => Some(value.clone()),
        }
    }

    /// The value as a whole number, where it is one.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Text(value) => value.parse().ok(),
            _ => None,
        }
    }

    /// The value as a truth value, where it is one.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Text(value) => match value.as_str() {
                "t" | "true" => Some(true),
                "f" | "false" => Some(false),
                _ => None,
            },
            Self::Integer(value) => Some(*value != 0),
            _ => None,
        }
    }
}

/// The warehouse.
#[derive(Debug, Clone)]
pub struct Warehouse {
    client: Client,
    target: Target,
}

impl Warehouse {
    /// The database `target` names.
    pub const fn new(client: Client, target: Target) -> Self {
        Self { client, target }
    }

    /// Submits `batch` as one transaction; its statement id.
    pub async fn submit(&self, batch: &Batch) -> Result<String, WarehouseError> {
        check(batch)?;
        let target = &self.target;
        let answer = self
            .client
            .batch_execute_statement()
            .set_workgroup_name(target.redshift_workgroup.clone())
            .set_cluster_identifier(target.redshift_cluster.clone())
            .set_db_user(target.redshift_db_user.clone())
            .set_secret_arn(target.redshift_secret_arn.clone())
            .database(&target.redshift_database)
            .statement_name(&batch.name)
            .client_token(&batch.token)
            .set_sqls(Some(batch.statements.clone()))
            .set_parameters(parameters(&batch.parameters)?)
            .send()
            .await
            .map_err(|error| api_error("BatchExecuteStatement", &error))?;
        answer
            .id()
            .map(ToOwned::to_owned)
            .ok_or_else(|| shape(&batch.name, "the Data API gave no statement id"))
    }

    /// Waits up to `wait` (at most 30 seconds) for statement `id`. `FAILED` and `ABORTED` are errors.
    pub async fn poll(&self, id: &str, wait: Duration) -> Result<Status, WarehouseError> {
        let seconds = i32::try_from(wait.as_secs().clamp(1, MAX_WAIT_SECONDS)).unwrap_or(1);
        let answer = self
            .client
            .describe_statement()
            .id(id)
            .wait_time_seconds(seconds)
            .send()
            .await
            .map_err(|error| api_error("DescribeStatement", &error))?;
        match answer.status() {
            Some(StatusString::Finished) => {
                let parts = answer.sub_statements();
                let rows = parts.iter().map(SubStatementData::result_rows).collect();
                Ok(Status::Finished(if parts.is_empty() {
                    vec![answer.result_rows()]
                } else {
                    rows
                }))
            }
            Some(StatusString::Failed) => Err(WarehouseError::Statement {
                id: id.to_owned(),
                at: place(&answer),
                message: message(&answer),
                query_id: query_id(&answer),
            }),
            Some(StatusString::Aborted) => Err(WarehouseError::Aborted {
                id: id.to_owned(),
                at: place(&answer),
                message: message(&answer),
            }),
            Some(StatusString::Submitted | StatusString::Picked | StatusString::Started) => {
                Ok(Status::Running)
            }
            // A status this code does not know must not be polled for ever.
            other => Err(shape(id, &format!("status {other:?} is unknown"))),
        }
    }

    /// Asks Redshift to stop statement `id`; a statement that has ended stays as it is.
    pub async fn cancel(&self, id: &str) -> Result<(), WarehouseError> {
        let answer = self.client.cancel_statement().id(id).send().await;
        answer
            .map(|_| ())
            .map_err(|error| api_error("CancelStatement", &error))
    }

    /// Submits `batch` and waits for its end, for short batches only: rows of each statement.
    pub async fn run(&self, batch: &Batch, within: Duration) -> Result<Vec<i64>, WarehouseError> {
        let id = self.submit(batch).await?;
        self.wait(&id, within).await
    }

    async fn wait(&self, id: &str, within: Duration) -> Result<Vec<i64>, WarehouseError> {
        let began = Instant::now();
        loop {
            let left = within.saturating_sub(began.elapsed());
            if left < Duration::from_secs(1) {
                // Whoever asks again submits anew; what nobody waits for any more must not go on beside it.
                // One that has just ended cannot be cancelled, and that must not hide what happened here.
                if let Err(error) = self.cancel(id).await {
                    tracing::warn!(statement_id = id, "Could not cancel a statement: {error}");
                }
                return Err(WarehouseError::Unfinished { id: id.to_owned() });
            }
            if let Status::Finished(rows) = self.poll(id, left).await? {
                return Ok(rows);
            }
        }
    }

    /// Runs one query and reads its whole result, for small results only.
    pub async fn query(
        &self,
        name: &str,
        sql: &str,
        values: &[(String, String)],
        within: Duration,
    ) -> Result<Vec<Vec<Value>>, WarehouseError> {
        let target = &self.target;
        let answer = self
            .client
            .execute_statement()
            .set_workgroup_name(target.redshift_workgroup.clone())
            .set_cluster_identifier(target.redshift_cluster.clone())
            .set_db_user(target.redshift_db_user.clone())
            .set_secret_arn(target.redshift_secret_arn.clone())
            .database(&target.redshift_database)
            .statement_name(name)
            .sql(sql)
            .set_parameters(parameters(values)?)
            .send()
            .await
            .map_err(|error| api_error("ExecuteStatement", &error))?;
        let id = answer
            .id()
            .ok_or_else(|| shape(name, "the Data API gave no statement id"))?;
        self.wait(id, within).await?;
        let mut rows = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .get_statement_result()
                .id(id)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| api_error("GetStatementResult", &error))?;
            for record in page.records() {
                rows.push(
                    record
                        .iter()
                        .map(|field| value(name, field))
                        .collect::<Result<_, _>>()?,
                );
            }
            token = page.next_token().map(ToOwned::to_owned);
            if token.is_none() {
                return Ok(rows);
            }
        }
    }
}

fn check(batch: &Batch) -> Result<(), WarehouseError> {
    let limit = |rule: String| {
        Err(WarehouseError::Limit {
            name: batch.name.clone(),
            rule,
        })
    };
    let count = batch.statements.len();
    if !(1..=MAX_STATEMENTS).contains(&count) {
        return limit(format!(
            "{count} statements; the Data API takes 1 to {MAX_STATEMENTS}"
        ));
    }
    for (position, statement) in batch.statements.iter().enumerate() {
        if statement.len() > MAX_STATEMENT_BYTES {
            let (number, bytes) = (position + 1, statement.len());
            return limit(format!(
                "statement {number} has {bytes} bytes; the Data API takes {MAX_STATEMENT_BYTES}"
            ));
        }
    }
    Ok(())
}

fn parameters(values: &[(String, String)]) -> Result<Option<Vec<SqlParameter>>, WarehouseError> {
    if values.is_empty() {
        return Ok(None);
    }
    let built: Result<Vec<_>, _> = values
        .iter()
        .map(|(name, value)| {
            if value.is_empty() {
                return Err(shape(
                    name,
                    "a parameter's value cannot be empty: the Data API refuses it",
                ));
            }
            SqlParameter::builder()
                .name(name)
                .value(value)
                .build()
                .map_err(|error| shape(name, &error.to_string()))
        })
        .collect();
    built.map(Some)
}

fn value(query: &str, field: &Field) -> Result<Value, WarehouseError> {
    Ok(match field {
        Field::IsNull(_) => Value::Null,
        Field::BooleanValue(value) => Value::Boolean(*value),
        Field::LongValue(value) => Value::Integer(*value),
        Field::DoubleValue(value) => Value::Double(*value),
        Field::StringValue(value) => Value::Text(value.clone()),
        _ => return Err(shape(query, "a column has a type this code does not read")),
    })
}

fn shape(query: &str, rule: &str) -> WarehouseError {
    WarehouseError::Shape {
        query: query.to_owned(),
        rule: rule.to_owned(),
    }
}

/// Which statement of a batch ended it, and how it begins.
fn place(answer: &DescribeStatementOutput) -> String {
    let parts = answer.sub_statements();
    let Some((position, part)) = parts
        .iter()
        .enumerate()
        .find(|(_, part)| part.error().is_some())
    else {
        return String::new();
    };
    let text = part.query_string().unwrap_or_default();
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("--"));
    let begins: String = first.unwrap_or_default().chars().take(80).collect();
    format!(
        " in statement {} of {} ({begins} …)",
        position + 1,
        parts.len()
    )
}

/// The warehouse's id of the statement that failed: what its system tables know it by.
fn query_id(answer: &DescribeStatementOutput) -> Option<i64> {
    let failed = answer
        .sub_statements()
        .iter()
        .find(|part| part.error().is_some());
    let id = failed.map_or_else(
        || answer.redshift_query_id(),
        SubStatementData::redshift_query_id,
    );
    (id > 0).then_some(id)
}

fn message(answer: &DescribeStatementOutput) -> String {
    answer
        .sub_statements()
        .iter()
        .find_map(|part| part.error())
        .or_else(|| answer.error())
        .unwrap_or("the warehouse gave no message")
        .to_owned()
}

fn api_error<E, R>(operation: &'static str, error: &SdkError<E, R>) -> WarehouseError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let code = error.code().unwrap_or_default();
    let kind = if code.contains("Exceeded")
        || code.contains("Throttl")
        || code.contains("TooManyRequests")
    {
        Kind::Throttled
    } else if code.is_empty()
        || [
            "InternalServerException",
            "DatabaseConnectionException",
            "QueryTimeoutException",
        ]
        .contains(&code)
        || code.ends_with("ExecuteStatementException")
    {
        Kind::Transient
    } else {
        Kind::Invalid
    };
    let cause = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => DisplayErrorContext(error)
            .to_string()
            .chars()
            .take(400)
            .collect(),
    };
    WarehouseError::Api {
        operation,
        cause,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_above_the_limit_is_refused_before_any_call() {
        let statements = vec!["select 1".to_owned(); 41];
        let batch = Batch {
            name: "r/merge/1".to_owned(),
            token: "t".to_owned(),
            statements,
            parameters: vec![],
        };
        assert_eq!(
            check(&batch).unwrap_err().to_string(),
            "batch r/merge/1: 41 statements; the Data API takes 1 to 40"
        );
    }

    #[test]
    fn an_empty_parameter_is_refused_by_name() {
        let error = parameters(&[("batch_id".to_owned(), String::new())]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("result of batch_id: a parameter's value cannot be empty")
        );
    }
}
