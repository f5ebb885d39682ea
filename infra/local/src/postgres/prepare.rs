//! Makes the database look like Redshift: its functions, its types, its system views.

use anyhow::{Context as _, anyhow, bail};
use tokio_postgres::{Client, NoTls};

use super::{DATABASE, Postgres};
use crate::data_api::failure::error_text;

/// Functions and types Redshift has and PostgreSQL lacks.
const SHIM: &str = include_str!("../../sql/shim.sql");
/// What the Data API keeps.
const SYSTEM: &str = include_str!("system.sql");

impl Postgres {
    /// Creates the database, if it is not there, with what SQL written for Redshift expects of it.
    pub async fn prepare(&self) -> anyhow::Result<()> {
        let server = connect(&self.url_of("postgres")).await?;
        let is_there = server
            .query_opt("select 1 from pg_database where datname = $1", &[&DATABASE])
            .await?;
        if is_there.is_none() {
            server
                .batch_execute(&format!("create database {DATABASE}"))
                .await
                .context("creating the database")?;
        }
        let database = connect(&self.url()).await?;
        database
            .batch_execute(SYSTEM)
            .await
            .context("applying src/postgres/system.sql")?;
        let applied = database
            .query_opt("select text from sys.shim_applied", &[])
            .await?;
        if applied
            .as_ref()
            .is_some_and(|row| row.get::<_, &str>(0) != SHIM)
        {
            bail!(
                "this database was made with another sql/shim.sql; remove its folder and start again"
            );
        }
        if applied.is_none() {
            apply_shim(&database).await?;
            database
                .execute("insert into sys.shim_applied (text) values ($1)", &[&SHIM])
                .await?;
        }
        database
            .batch_execute(&format!(
                "alter database {DATABASE} set search_path to public, sys"
            ))
            .await
            .context("setting the search path")
    }
}

/// Applies the shim in one transaction.
async fn apply_shim(database: &Client) -> anyhow::Result<()> {
    let applied = database
        .batch_execute(&format!("begin; {SHIM}; commit"))
        .await;
    applied.map_err(|error| anyhow!("applying sql/shim.sql: {}", error_text(&error)))
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("connecting to PostgreSQL")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "A connection to PostgreSQL ended");
        }
    });
    Ok(client)
}
