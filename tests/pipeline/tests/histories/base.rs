//! PostgreSQL for the histories: one server for all tests that run at once, a database for each order of batches.

use crate::spec::OBJECTS;
use crate::staged::{self, TABLES};
use crate::transactions::Merge;
use crate::world::{World, batch_name};
use anyhow::{Context as _, Result, anyhow};
use jiff::Timestamp;
use local::data_api::sql::bind::{Parameters, bind};
use local::data_api::sql::lex;
use local::data_api::sql::rewrite::rewrite;
use local::postgres::Postgres;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use warehouse::sql;

/// The schema with every batch of a world: loading one is copying it from there.
const HELD: &str = "held";

/// A PostgreSQL that ends with its last user.
pub struct Server {
    postgres: Option<Postgres>,
    folder: PathBuf,
}

static SHARED: Mutex<Weak<Server>> = Mutex::const_new(Weak::new());

/// The server of this process, with a database `dev` that has the warehouse's tables.
pub async fn server() -> Result<Arc<Server>> {
    let mut shared = SHARED.lock().await;
    if let Some(running) = shared.upgrade() {
        return Ok(running);
    }
    let binaries = local::setup::postgres_alone().await?;
    let folder = std::env::temp_dir().join(format!("tributary-histories-{}", std::process::id()));
    let mut server = Server {
        postgres: None,
        folder,
    };
    server.postgres = Some(Postgres::start_with(&server.folder, &binaries)?);
    let server = Arc::new(server);
    server.postgres()?.prepare().await?;
    let base = server.connect("dev").await?;
    for statement in definitions()? {
        base.run(&statement).await?;
    }
    base.close().await;
    *shared = Arc::downgrade(&server);
    Ok(server)
}

/// What `migrate` applies for the tables.
fn definitions() -> Result<Vec<String>> {
    let mut statements: Vec<_> = ["\"raw\"", "staging", "curated", "ops", HELD]
        .iter()
        .map(|schema| format!("create schema {schema}"))
        .collect();
    for folder in ["ops", "raw", "staging"] {
        statements.extend(sql::folder(folder).iter().flat_map(sql::File::statements));
    }
    for table in sql::curated() {
        statements.extend(sql::file(&format!("curated/{table}/table.sql"))?.statements());
    }
    Ok(statements)
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.postgres.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("the server has ended")
    }

    /// One of its databases.
    pub async fn connect(&self, name: &str) -> Result<Base> {
        let url = self.postgres()?.url();
        let url = url.strip_suffix("/dev").context("the twin's database")?;
        let (client, connection) = tokio_postgres::connect(&format!("{url}/{name}"), NoTls)
            .await
            .with_context(|| format!("connecting to database {name}"))?;
        let connection = tokio::spawn(async move { _ = connection.await });
        client
            .batch_execute(
                "set search_path to public, sys; set enable_nestloop to off; set jit to off; set work_mem to '64MB'; \
                 set client_min_messages to warning",
            )
            .await?;
        Ok(Base { client, connection })
    }

    /// A new database like `template`, which nobody may be using.
    pub async fn copy(&self, template: &str, name: &str) -> Result<Base> {
        let admin = self.connect("postgres").await?;
        let create = format!("create database {name} template {template}");
        admin.client.batch_execute(&create).await.context(create)?;
        admin.close().await;
        self.connect(name).await
    }

    /// A database of that name in which every batch of the world is held ready, and no batch is loaded.
    pub async fn hold(&self, world: &World, name: &str) -> Result<()> {
        let base = self.copy("dev", name).await?;
        for (table, columns, text) in staged::rows(world) {
            let (_, plain) = table.split_once('.').context("schema.table")?;
            base.run(&format!("create table {HELD}.{plain} (like {table})"))
                .await?;
            base.copy_in(&format!("{HELD}.{plain} ({columns})"), text)
                .await?;
        }
        base.close().await;
        Ok(())
    }
}

/// A database.
pub struct Base {
    client: Client,
    connection: JoinHandle<()>,
}

impl Base {
    /// Ends the session, so that the database can be copied.
    pub async fn close(self) {
        drop(self.client);
        let _ = self.connection.await;
    }

    /// A statement of Redshift.
    pub async fn run(&self, statement: &str) -> Result<()> {
        self.run_with(statement, &Parameters::new()).await
    }

    async fn run_with(&self, statement: &str, parameters: &Parameters) -> Result<()> {
        let bound = bind(statement, parameters)?;
        self.execute(&rewrite(&lex(&bound)?)?).await
    }

    /// A statement of PostgreSQL.
    async fn execute(&self, statement: &str) -> Result<()> {
        let done = self.client.batch_execute(statement).await;
        done.map_err(|error| told(&error, statement))
    }

    async fn copy_in(&self, target: &str, text: String) -> Result<()> {
        use futures_util::SinkExt as _;
        let statement = format!("copy {target} from stdin");
        let sink = self
            .client
            .copy_in::<_, bytes::Bytes>(&statement)
            .await
            .map_err(|error| told(&error, &statement))?;
        let mut sink = std::pin::pin!(sink);
        sink.send(bytes::Bytes::from(text)).await?;
        sink.close()
            .await
            .map_err(|error| told(&error, &statement))?;
        Ok(())
    }

    /// Rows of a query of PostgreSQL; every value as it writes it.
    pub async fn rows(&self, query: &str) -> Result<Vec<Vec<Option<String>>>> {
        let answer = self.client.simple_query(query).await;
        let rows = answer
            .map_err(|error| told(&error, query))?
            .into_iter()
            .filter_map(|message| match message {
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

    /// Copies what is held of a batch into the tables, as `load` does.
    pub async fn load(&self, batch: usize) -> Result<()> {
        let name = batch_name(batch);
        for (table, _) in TABLES {
            let plain = table.rsplit('.').next().unwrap_or_default();
            let insert = format!(
                "insert into {table} select * from {HELD}.{plain} where batch_id = '{name}'"
            );
            self.client.batch_execute(&insert).await.context(insert)?;
        }
        Ok(())
    }

    /// The landed files of a batch once more under another run, whose name it returns.
    pub async fn replay(&self, batch: usize) -> Result<String> {
        let (name, run) = (batch_name(batch), format!("z-{}", batch_name(batch)));
        for (table, columns) in TABLES {
            let plain = table.rsplit('.').next().unwrap_or_default();
            let mut values = columns.to_owned();
            for (column, value) in [
                ("batch_id", format!("'{run}'")),
                ("mode", "'replay'".to_owned()),
                ("extraction", "'replay'".to_owned()),
                ("api_rows", "cast(null as bigint)".to_owned()),
                ("loaded_at", "loaded_at + interval '30 days'".to_owned()),
            ] {
                values = values
                    .split(", ")
                    .map(|said| if said == column { &value } else { said })
                    .collect::<Vec<_>>()
                    .join(", ");
            }
            let insert = format!(
                "insert into {table} ({columns}) select {values} from {HELD}.{plain} where batch_id = '{name}'"
            );
            self.client.batch_execute(&insert).await.context(insert)?;
        }
        Ok(run)
    }

    /// Merges a loaded run: transaction after transaction, temporary tables gone between them.
    pub async fn merge(&self, merge: &Merge, run: &str) -> Result<()> {
        let parameters = merge.parameters(run)?;
        for (stage, ready) in merge.stages.iter().zip(&merge.ready) {
            self.client.batch_execute("begin").await?;
            for (statement, ready) in stage.iter().zip(ready) {
                let done = match ready {
                    Some(ready) => self.execute(ready).await,
                    None => self.run_with(statement, &parameters).await,
                };
                done.with_context(|| format!("merging {run}"))?;
            }
            self.client.batch_execute("commit; discard temp").await?;
        }
        Ok(())
    }

    /// Rows and checksum of every table of `curated`, without these columns.
    pub async fn checksums(&self, without: &[&str]) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for table in sql::curated() {
            let line = line_of(without);
            let query = format!(
                "select count(*) || ' rows, ' || coalesce(sum(cast(cast('x' || substr(md5({line}), 1, 15) as bit(60)) as bigint)), 0) \
                 from {}",
                compared(table)
            );
            let rows = self.rows(&query).await?;
            let sum = rows
                .into_iter()
                .flatten()
                .flatten()
                .next()
                .unwrap_or_default();
            found.push((table.to_owned(), sum));
        }
        Ok(found)
    }

    /// Every row of a table of `curated` as text, in order.
    pub async fn lines(&self, table: &str, without: &[&str]) -> Result<Vec<String>> {
        let query = format!(
            "select {} as line from {} order by 1",
            line_of(without),
            compared(table)
        );
        let rows = self.rows(&query).await?;
        Ok(rows.into_iter().flatten().flatten().collect())
    }

    /// The rows of a dimension, in the shape of `oracle::Row::cells`.
    pub async fn dimension(&self, object: usize) -> Result<Vec<Vec<Option<String>>>> {
        let spec = &OBJECTS[object];
        let mut columns = format!(
            "{}, valid_from, valid_to, is_current, is_latest, close_reason, master_record_id, created_at, batch_id, extracted_at",
            spec.id_column
        );
        for tracked in spec.tracked {
            let name = tracked.column;
            let _ = match name {
                "is_closed" => write!(
                    columns,
                    ", case when {name} then 'true' when not {name} then 'false' end"
                ),
                _ => write!(columns, ", {name}"),
            };
        }
        for plain in spec.plain {
            let _ = write!(columns, ", {plain}");
        }
        let query = format!(
            "select {columns} from curated.dim_salesforce_{} order by {}, valid_from, valid_to",
            spec.name, spec.id_column
        );
        self.rows(&query).await
    }
}

/// A table of `curated`. What was refused for a while depends on what came first: of the quarantine, what is refused now counts.
fn compared(table: &str) -> String {
    let open = if table == "quarantine" {
        " where t.resolved_at is null"
    } else {
        ""
    };
    format!("curated.{table} as t{open}")
}

fn line_of(without: &[&str]) -> String {
    if without.is_empty() {
        return "cast(t as text)".to_owned();
    }
    let mut line = "to_jsonb(t)".to_owned();
    for column in without {
        let _ = write!(line, " - '{column}'");
    }
    format!("cast({line} as text)")
}

fn told(error: &tokio_postgres::Error, statement: &str) -> anyhow::Error {
    let said = error.as_db_error().map_or_else(
        || error.to_string(),
        |said| format!("{}: {}", said.code().code(), said.message()),
    );
    anyhow!("{said}, in\n{statement}")
}

/// An instant as the tables tell it.
pub fn instant(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(
        |_| format!("second {second}"),
        |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
