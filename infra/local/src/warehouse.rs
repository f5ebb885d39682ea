//! Looking into the twin's warehouse.

use anyhow::{Context, Result};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Rows of one statement; every value as PostgreSQL writes it, `None` for null.
pub async fn query(url: &str, statement: &str) -> Result<Vec<Vec<Option<String>>>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("connecting to the twin's PostgreSQL")?;
    let connection = tokio::spawn(connection);
    let answer = client
        .simple_query(statement)
        .await
        .with_context(|| format!("running {statement}"));
    drop(client);
    let _ = connection.await;
    let rows = answer?.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    Ok(rows
        .map(|row| {
            (0..row.len())
                .map(|column| row.get(column).map(str::to_owned))
                .collect()
        })
        .collect())
}

/// The single number a statement answers with; null counts as 0.
pub async fn number(url: &str, statement: &str) -> Result<u64> {
    let rows = query(url, statement).await?;
    let value = rows
        .first()
        .and_then(|row| row.first())
        .with_context(|| format!("{statement} answered no row"))?;
    match value {
        Some(text) => text
            .parse()
            .with_context(|| format!("{statement} answered {text}, not a count")),
        None => Ok(0),
    }
}
