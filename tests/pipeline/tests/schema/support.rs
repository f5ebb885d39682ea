//! One PostgreSQL for the tests of this binary, emptied before each; `migrate` runs in this process.

use anyhow::{Context, Result, ensure};
use aws_sdk_redshiftdata::Client;
use aws_sdk_redshiftdata::config::{BehaviorVersion, Credentials, Region};
use jiff::Timestamp;
use local::data_api::{DataApi, ObjectSource, Options, Running, SourceFuture};
use local::postgres::{DATABASE, Postgres};
use migrate::{MigrateError, Migrator, Outcome, Request};
use model::settings::{Settings, SettingsError};
use pipeline::Shared;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use step::{Deadline, SettingsFileError};
use warehouse::{Batch, Target, Warehouse};

const WORKGROUP: &str = "tributary";
const SHIPPED: &str = include_str!("../../../../infra/settings/tributary.toml");
/// The queues of the rows that tests write.
pub const QUEUES: [&str; 2] = [
    "7c9e6a1e-31f0-4f0e-9a55-0d7a2f6c1b11",
    "7c9e6a1e-31f0-4f0e-9a55-0d7a2f6c1b22",
];

static SHARED: Shared<Bare> = Shared::new();

/// Runs a test on an empty warehouse.
pub fn with_warehouse(test: impl AsyncFnOnce(&Bare) -> Result<()>) -> Result<()> {
    SHARED.with(Bare::start, async |bare| {
        bare.is_kept.store(false, Ordering::Relaxed);
        bare.wipe().await?;
        test(bare).await
    })
}

/// Runs a test that `migrate` undoes, on an empty warehouse or one that such a test has left.
pub fn with_any_warehouse(test: impl AsyncFnOnce(&Bare) -> Result<()>) -> Result<()> {
    SHARED.with(Bare::start, async |bare| {
        if !bare.is_kept.swap(false, Ordering::Relaxed) {
            bare.wipe().await?;
        }
        test(bare).await?;
        bare.is_kept.store(true, Ordering::Relaxed);
        Ok(())
    })
}

/// Nothing is copied here.
struct NoObjects;

impl ObjectSource for NoObjects {
    fn get<'a>(&'a self, _: &'a str, _: &'a str) -> SourceFuture<'a, Option<Vec<u8>>> {
        Box::pin(async { Ok(None) })
    }

    fn list<'a>(&'a self, _: &'a str, _: &'a str) -> SourceFuture<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// PostgreSQL and the Data API, and nothing else of the twin.
pub struct Bare {
    postgres: Option<Postgres>,
    data_api: Running,
    folder: PathBuf,
    /// Whether the next test may use what is there.
    is_kept: AtomicBool,
}

impl Drop for Bare {
    fn drop(&mut self) {
        drop(self.postgres.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Settings with these partners.
pub fn settings(partners: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let mut text = SHIPPED.to_owned();
    for (name, queue) in partners {
        let partner = format!("\n[[partner]]\nname = \"{name}\"\nqueue_ids = [\"{queue}\"]\n");
        text.push_str(&partner);
    }
    Settings::parse(&text)
}

#[allow(clippy::disallowed_methods)] // a test's deadline begins now
pub fn deadline(seconds: u64) -> Deadline {
    Deadline::after(Timestamp::now(), Duration::from_secs(seconds))
}

async fn data_api(url: &str) -> Result<Running> {
    DataApi::start(Options::new(url, Arc::new(NoObjects), DATABASE, WORKGROUP)).await
}

pub fn warehouse_at(data_api: &Running) -> Warehouse {
    let config = aws_sdk_redshiftdata::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(data_api.url())
        .build();
    let target = Target {
        redshift_workgroup: Some(WORKGROUP.to_owned()),
        redshift_cluster: None,
        redshift_db_user: None,
        redshift_database: DATABASE.to_owned(),
        redshift_secret_arn: None,
    };
    Warehouse::new(Client::from_conf(config), target)
}

impl Bare {
    async fn start() -> Result<Self> {
        let binaries = local::setup::postgres_alone().await?;
        let folder = std::env::temp_dir().join(format!("tributary-schema-{}", std::process::id()));
        let postgres = Postgres::start_with(&folder, &binaries)?;
        postgres.prepare().await?;
        let data_api = data_api(&postgres.url()).await?;
        Ok(Self {
            postgres: Some(postgres),
            data_api,
            folder,
            is_kept: AtomicBool::new(false),
        })
    }

    /// Takes away what an earlier test left: the schemas, and roles with what they hold.
    pub async fn wipe(&self) -> Result<()> {
        self.sql("drop schema if exists raw, staging, curated, mart, ops cascade")
            .await?;
        let roles = "select rolname from pg_roles where rolname like 'tributary\\_%' or rolname like 'test\\_%'";
        for row in self.sql(roles).await? {
            let role = row[0].clone().context("a role has a name")?;
            self.sql(&format!("drop owned by {role}")).await?;
            self.sql(&format!("drop role {role}")).await?;
        }
        Ok(())
    }

    /// The superuser's URL.
    pub fn url(&self) -> Result<String> {
        Ok(self.postgres.as_ref().context("PostgreSQL runs")?.url())
    }

    pub fn warehouse(&self) -> Warehouse {
        warehouse_at(&self.data_api)
    }

    /// The URL of somebody new who has this role; the next test takes the login away.
    pub async fn login(&self, role: &str) -> Result<String> {
        let login = format!("test_reader_of_{role}");
        let is_there = format!("select count(*) from pg_roles where rolname = '{login}'");
        if self.number(&is_there).await? == 0 {
            self.sql(&format!("create role {login} login password 'reads'"))
                .await?;
            self.sql(&format!("grant {role} to {login}")).await?;
        }
        local::roles::url_of(&self.url()?, &login, "reads")
    }

    /// A Data API that logs in as somebody else.
    pub async fn data_api_as(&self, login: &str, password: &str) -> Result<Running> {
        data_api(&local::roles::url_of(&self.url()?, login, password)?).await
    }

    pub fn migrator(&self, partners: &[(&str, &str)]) -> Result<Migrator> {
        Ok(Migrator::over(self.warehouse(), settings(partners)?))
    }

    /// Brings the schema up to date, in one call.
    pub async fn migrate(&self, partners: &[(&str, &str)]) -> Result<Outcome, MigrateError> {
        let settings = settings(partners).map_err(SettingsFileError::Content)?;
        let migrator = Migrator::over(self.warehouse(), settings);
        migrator.run(&Request::default(), deadline(300)).await
    }

    /// A connection of its own, past the Data API.
    pub async fn connect(&self) -> Result<tokio_postgres::Client> {
        let (client, connection) =
            tokio_postgres::connect(&self.url()?, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Rows of a statement, run past the Data API.
    pub async fn sql(&self, statement: &str) -> Result<Vec<Vec<Option<String>>>> {
        local::warehouse::query(&self.url()?, statement).await
    }

    pub async fn text(&self, statement: &str) -> Result<String> {
        let rows = self.sql(statement).await?;
        let value = rows.first().and_then(|row| row.first()).cloned().flatten();
        value.with_context(|| format!("{statement} answered nothing"))
    }

    pub async fn number(&self, statement: &str) -> Result<i64> {
        Ok(self.text(statement).await?.parse()?)
    }

    /// Runs statements of Redshift, as many transactions as it takes.
    pub async fn run(&self, statements: &[String]) -> Result<()> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        for part in statements.chunks(40) {
            let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let batch = Batch {
                name: "test".to_owned(),
                token: format!("test-{count}"),
                statements: part.to_vec(),
                parameters: vec![],
            };
            self.warehouse().run(&batch, Duration::from_mins(1)).await?;
        }
        Ok(())
    }

    /// Two rows in every table and no others, one for each queue; texts are their row's own.
    pub async fn fill(&self) -> Result<()> {
        let columns = "select c.table_schema || '.' || c.table_name, c.column_name, c.data_type, \
                           coalesce(c.character_maximum_length, 0), coalesce(c.domain_name, '') \
                       from information_schema.columns as c \
                       inner join information_schema.tables as t \
                           on c.table_schema = t.table_schema and c.table_name = t.table_name \
                       where t.table_type = 'BASE TABLE' and t.table_schema in ('raw', 'staging', 'curated', 'ops') \
                           and t.table_name not in ('schema_version', 'turn') \
                       order by 1, c.ordinal_position";
        let mut tables: Vec<(String, Vec<String>, Vec<[String; 2]>)> = Vec::new();
        for row in self.sql(columns).await? {
            let cell = |at: usize| row[at].clone().unwrap_or_default();
            let (table, column, kind) = (cell(0), cell(1), cell(2));
            if tables.last().is_none_or(|(last, _, _)| *last != table) {
                tables.push((table, Vec::new(), Vec::new()));
            }
            let value = |number: usize| match (column.as_str(), kind.as_str()) {
                ("queue_id", _) => format!("'{}'", QUEUES[number - 1]),
                ("is_current" | "is_latest", _) => "true".to_owned(),
                ("window_start", _) => "'2026-01-01'".to_owned(),
                ("window_end", _) => "'2026-01-02'".to_owned(),
                (_, kind) if kind.starts_with("timestamp") => format!("'2026-01-0{number}'"),
                (_, "date") => format!("'2026-01-0{number}'"),
                (_, "boolean") => "false".to_owned(),
                (_, "jsonb") => "'{}'".to_owned(),
                (_, kind) if kind.starts_with("character") || kind == "text" => {
                    format!("'t{number}'")
                }
                _ => number.to_string(),
            };
            if let Some((_, columns, values)) = tables.last_mut() {
                values.push([value(1), value(2)]);
                columns.push(format!("\"{column}\""));
            }
        }
        ensure!(tables.len() > 30, "{} tables", tables.len());
        let mut all = String::from("begin;\n");
        for (table, columns, values) in tables {
            let delete = format!("delete from {table};\n");
            all.push_str(&delete);
            for number in 0..2 {
                let row: Vec<_> = values.iter().map(|pair| pair[number].as_str()).collect();
                let (columns, row) = (columns.join(", "), row.join(", "));
                let insert = format!("insert into {table} ({columns}) values ({row});\n");
                all.push_str(&insert);
            }
        }
        all.push_str("commit");
        self.sql(&all).await?;
        Ok(())
    }
}
