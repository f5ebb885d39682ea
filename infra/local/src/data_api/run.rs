//! Runs what was submitted: one connection for each submission, so nothing outlives it but what it committed.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::Server;
use super::copy::{self, CopyFailure};
use super::failure::{conflict_text, error_text, is_conflict};
use super::results::ResultSet;
use super::sql::bind::{bind, identifier};
use super::sql::gate::{self, Class, Place};
use super::sql::rewrite::rewrite;
use super::sql::{Token, lex, significant};
use super::statements::{Mode, Statement, Status};

/// Each connection is set like a session of Redshift: snapshots, UTC.
const SESSION: &str = "set default_transaction_isolation to 'repeatable read'; set timezone to 'UTC'; \
                       set standard_conforming_strings to on; set client_min_messages to 'warning'";
/// How long a cancelled statement may take to stop before its connection is dropped.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);

/// What one statement gave.
struct Outcome {
    rows: i64,
    result: Option<ResultSet>,
}

/// Runs a submission to its end.
pub(super) async fn run(server: Arc<Server>, statement: Arc<Statement>) {
    statement.change(|state| state.whole.status = Status::Picked);
    let begun = Instant::now();
    let database = &statement.submission.database;
    let verdict = if *database == server.options.database {
        match connect(&server).await {
            Ok(client) => perform(&server, &statement, &client).await,
            Err(error) => Err(error_text(&error)),
        }
    } else {
        Err(format!("FATAL: database \"{database}\" does not exist"))
    };
    let is_cancelled = *statement.cancelled.borrow();
    statement.change(|state| {
        let whole = &mut state.whole;
        whole.duration = begun.elapsed();
        whole.rows = state.parts.last().map_or(-1, |p| p.rows);
        whole.bytes = state.parts.last().map_or(-1, |p| p.bytes);
        whole.query_id = state.parts.first().map_or(0, |p| p.query_id);
        let left = |p: &&mut super::statements::Progress| !p.status.is_final();
        match verdict {
            Ok(()) => whole.status = Status::Finished,
            Err(error) => {
                let rest = if is_cancelled {
                    Status::Aborted
                } else {
                    Status::Failed
                };
                whole.status = rest;
                whole.error = Some(error.clone());
                for part in state.parts.iter_mut().filter(left) {
                    part.status = Status::Aborted;
                    part.updated = SystemTime::now();
                }
            }
        }
    });
}

async fn connect(server: &Server) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&server.options.postgres_url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "A connection to PostgreSQL ended");
        }
    });
    client.batch_execute(SESSION).await?;
    Ok(client)
}

/// Runs the statements, and stops them when a cancel comes.
async fn perform(server: &Server, statement: &Statement, client: &Client) -> Result<(), String> {
    let row = client
        .query_one("select pg_backend_pid()", &[])
        .await
        .map_err(|e| error_text(&e))?;
    let pid: i32 = row.get(0);
    statement.change(|state| {
        state.pid = i64::from(pid);
        state.whole.status = Status::Started;
    });
    let work = statements(server, statement, client, pid);
    let mut work = std::pin::pin!(work);
    let mut cancelled = statement.cancelled.subscribe();
    tokio::select! {
        verdict = &mut work => return verdict,
        _ = cancelled.wait_for(|is| *is) => {}
    }
    let token = client.cancel_token();
    let begun = Instant::now();
    while begun.elapsed() < CANCEL_PATIENCE {
        // A cancel that arrives between two statements is lost, so it is repeated until the work has ended.
        if let Err(error) = token.cancel_query(NoTls).await {
            tracing::debug!(%error, "A cancel request did not arrive");
        }
        if let Ok(verdict) = tokio::time::timeout(Duration::from_millis(100), &mut work).await {
            return verdict;
        }
    }
    Err(cancel_text(pid))
}

fn cancel_text(pid: i32) -> String {
    format!("ERROR: Query ({pid}) cancelled on user's request")
}

async fn statements(
    server: &Server,
    statement: &Statement,
    client: &Client,
    pid: i32,
) -> Result<(), String> {
    let submission = &statement.submission;
    let is_transaction = submission.mode == Mode::Transaction;
    let place = if is_transaction {
        Place::InTransaction
    } else {
        Place::Alone
    };
    if is_transaction {
        client
            .batch_execute("begin")
            .await
            .map_err(|e| error_text(&e))?;
    }
    let mut first_error = None;
    for (at, sql) in submission.sqls.iter().enumerate() {
        let begun = Instant::now();
        let query_id = server.statements.next_query_id();
        statement.change(|state| {
            state.parts[at].query_id = query_id;
            state.parts[at].status = Status::Started;
        });
        let outcome = if *statement.cancelled.borrow() {
            Err(cancel_text(pid))
        } else {
            one(server, statement, client, sql, place, query_id, pid).await
        };
        let is_cancelled = *statement.cancelled.borrow();
        let error = outcome.as_ref().err().cloned();
        statement.change(|state| {
            let part = &mut state.parts[at];
            part.duration = begun.elapsed();
            part.updated = SystemTime::now();
            match outcome {
                Ok(Outcome { rows, result }) => {
                    part.status = Status::Finished;
                    part.rows = rows;
                    part.bytes = result
                        .as_ref()
                        .map_or(0, |r| i64::try_from(r.bytes()).unwrap_or(i64::MAX));
                    part.result = result.map(Arc::new);
                }
                Err(error) => {
                    part.status = if is_cancelled {
                        Status::Aborted
                    } else {
                        Status::Failed
                    };
                    part.error = Some(error);
                }
            }
        });
        if let Some(error) = error {
            let told = if submission.mode == Mode::Single {
                error
            } else {
                format!("Query #{} failed with {error}", at + 1)
            };
            if submission.mode != Mode::AutoCommit || is_cancelled {
                if is_transaction {
                    let _ = client.batch_execute("rollback").await; // the connection ends in any case
                }
                return Err(told);
            }
            first_error.get_or_insert(told);
        }
    }
    if is_transaction {
        client
            .batch_execute("commit")
            .await
            .map_err(|e| error_text(&e))?;
    }
    first_error.map_or(Ok(()), Err)
}

async fn one(
    server: &Server,
    statement: &Statement,
    client: &Client,
    sql: &str,
    place: Place,
    query_id: i64,
    pid: i32,
) -> Result<Outcome, String> {
    let bound = bind(sql, &statement.submission.parameters).map_err(|e| e.to_string())?;
    let tokens = lex(&bound).map_err(|e| e.to_string())?;
    let words = significant(&tokens);
    let class = gate::check(&words, place).map_err(|e| e.to_string())?;
    let failed = async |error: tokio_postgres::Error| {
        if is_conflict(&error) {
            conflict_text(written_table(server, &words).await, pid)
        } else if error.code() == Some(&tokio_postgres::error::SqlState::QUERY_CANCELED) {
            cancel_text(pid)
        } else {
            error_text(&error)
        }
    };
    match class {
        Class::Copy => {
            let original = lex(sql).map_err(|e| e.to_string())?;
            match copy_rows(
                server,
                client,
                &significant(&original),
                place,
                query_id,
                pid,
            )
            .await
            {
                Ok(rows) => Ok(Outcome { rows, result: None }),
                Err(CopyFailure::Warehouse(error)) => Err(failed(error).await),
                Err(failure) => Err(failure.text()),
            }
        }
        Class::Query => {
            let sql = rewrite(&tokens).map_err(|e| e.to_string())?;
            let prepared = match client.prepare(&sql).await {
                Ok(prepared) => prepared,
                Err(error) => return Err(failed(error).await),
            };
            let messages = match client.simple_query(&sql).await {
                Ok(messages) => messages,
                Err(error) => return Err(failed(error).await),
            };
            let result = ResultSet::new(prepared.columns(), &messages)?;
            Ok(Outcome {
                rows: i64::try_from(result.len()).unwrap_or(i64::MAX),
                result: Some(result).filter(|_| !prepared.columns().is_empty()),
            })
        }
        Class::Change | Class::Standalone => {
            let sql = rewrite(&tokens).map_err(|e| e.to_string())?;
            match client.simple_query(&sql).await {
                Ok(messages) => {
                    learn(client, &words).await.map_err(|e| error_text(&e))?;
                    Ok(Outcome {
                        rows: affected(&messages),
                        result: None,
                    })
                }
                Err(error) => Err(failed(error).await),
            }
        }
    }
}

/// Counts a new temporary table, as Redshift does by itself: PostgreSQL would plan every join with it as if it held nothing.
async fn learn(client: &Client, words: &[&Token<'_>]) -> Result<(), tokio_postgres::Error> {
    let is_temporary = words.first().is_some_and(|t| t.is("create"))
        && words
            .get(1)
            .is_some_and(|t| t.is_any(&["temp", "temporary"]));
    let name = words
        .iter()
        .skip(3)
        .find(|t| !t.is_any(&["if", "not", "exists"]))
        .and_then(|t| t.name());
    match name {
        Some(name) if is_temporary => {
            client
                .batch_execute(&format!("analyze {}", identifier(&name)))
                .await
        }
        _ => Ok(()),
    }
}

fn affected(messages: &[SimpleQueryMessage]) -> i64 {
    let rows = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
        _ => None,
    });
    i64::try_from(rows.unwrap_or(0)).unwrap_or(i64::MAX)
}

/// COPY, with a transaction of its own where there is none, and with its load error kept whatever is rolled back.
async fn copy_rows(
    server: &Server,
    client: &Client,
    words: &[&Token<'_>],
    place: Place,
    query_id: i64,
    pid: i32,
) -> Result<i64, CopyFailure> {
    let parsed = copy::parse(words).map_err(|e| CopyFailure::Before(e.to_string()))?;
    let is_alone = place == Place::Alone;
    if is_alone {
        client.batch_execute("begin").await?;
    }
    let transaction: i64 = client.query_one("select txid_current()", &[]).await?.get(0);
    let loaded = copy::copy(client, server.options.source.as_ref(), &parsed).await;
    if is_alone {
        client
            .batch_execute(if loaded.is_ok() { "commit" } else { "rollback" })
            .await?;
    }
    match loaded {
        Ok(rows) => Ok(i64::try_from(rows).unwrap_or(i64::MAX)),
        Err(failure) => {
            if let CopyFailure::Row { place, .. } = &failure
                && let Err(error) = keep_load_error(server, place, query_id, transaction, pid).await
            {
                return Err(CopyFailure::Before(format!(
                    "{}\n  the details could not be kept: {error}",
                    failure.text()
                )));
            }
            Err(failure)
        }
    }
}

/// Writes the row of `sys_load_error_detail` on a connection of its own.
async fn keep_load_error(
    server: &Server,
    place: &copy::Place,
    query_id: i64,
    transaction: i64,
    pid: i32,
) -> Result<(), tokio_postgres::Error> {
    let client = connect(server).await?;
    let line = i64::try_from(place.line).unwrap_or(i64::MAX);
    let position = i32::try_from(place.position).unwrap_or(i32::MAX);
    let table_id = i64::from(place.table_id);
    client
        .execute(
            "insert into sys.sys_load_error_detail (user_id, query_id, transaction_id, session_id, database_name, table_id, start_time, \
             file_name, line_number, column_name, column_type, column_length, position, error_code, error_message) \
             values (100, $1, $2, $3, $4, $5, clock_timestamp() at time zone 'UTC', $6, $7, $8, $9, $10, $11, $12, $13)",
            &[
                &query_id,
                &transaction,
                &pid,
                &server.options.database,
                &table_id,
                &place.file,
                &line,
                &place.column,
                &place.column_type,
                &place.column_length,
                &position,
                &place.code,
                &place.message,
            ],
        )
        .await?;
    Ok(())
}

/// The id of the table a statement writes, 0 if it cannot be told.
async fn written_table(server: &Server, words: &[&Token<'_>]) -> u32 {
    let Some(at) = words
        .iter()
        .position(|t| t.is_any(&["into", "update", "from", "copy"]))
    else {
        return 0;
    };
    let mut parts: Vec<String> = Vec::new();
    for token in &words[at + 1..] {
        match token.name() {
            Some(name) => parts.push(identifier(&name)),
            None if token.text == "." => continue,
            None => break,
        }
        if words
            .get(at + 2 * parts.len())
            .is_none_or(|t| t.text != ".")
        {
            break;
        }
    }
    let Ok(client) = connect(server).await else {
        return 0;
    };
    let row = client
        .query_one(
            "select coalesce(to_regclass($1)::oid, 0::oid)",
            &[&parts.join(".")],
        )
        .await;
    row.map_or(0, |row| row.get(0))
}
