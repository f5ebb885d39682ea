//! One PostgreSQL for all tests of this binary, one server and one schema for each test.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use aws_sdk_redshiftdata::Client;
use aws_sdk_redshiftdata::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_redshiftdata::types::{ExecutionMode, Field, SqlParameter};
use local::data_api::{DataApi, ObjectSource, Options, Running, SourceFuture};
use local::postgres::{DATABASE, Postgres};

pub const WORKGROUP: &str = "tributary";

/// Objects in memory.
#[derive(Default)]
pub struct Objects(Mutex<BTreeMap<String, Vec<u8>>>);

impl Objects {
    /// Puts an object at `s3://bucket/key`.
    pub fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.0.lock().unwrap().insert(key.to_owned(), bytes.into());
    }

    pub fn put_gzip(&self, key: &str, text: &str) {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        self.put(key, gzip.finish().unwrap());
    }

    /// A manifest `m.json` over keys.
    pub fn manifest(&self, entries: &[(&str, bool)]) {
        let entries: Vec<_> = entries
            .iter()
            .map(|(key, mandatory)| serde_json::json!({ "url": format!("s3://bucket/{key}"), "mandatory": mandatory }))
            .collect();
        self.put(
            "m.json",
            serde_json::json!({ "entries": entries }).to_string(),
        );
    }
}

impl ObjectSource for Objects {
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> SourceFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            anyhow::ensure!(bucket == "bucket", "NoSuchBucket {bucket}");
            Ok(self.0.lock().unwrap().get(key).cloned())
        })
    }

    fn list<'a>(&'a self, _bucket: &'a str, prefix: &'a str) -> SourceFuture<'a, Vec<String>> {
        Box::pin(async move {
            Ok(self
                .0
                .lock()
                .unwrap()
                .keys()
                .filter(|k| k.starts_with(prefix))
                .cloned()
                .collect())
        })
    }
}

/// The PostgreSQL all tests share. It ends with the last test that holds it.
struct Shared {
    postgres: Option<Postgres>,
    folder: PathBuf,
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.postgres.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

static STARTS: AtomicU32 = AtomicU32::new(0);
static SCHEMAS: AtomicU32 = AtomicU32::new(0);
static SHARED: tokio::sync::Mutex<Weak<Shared>> = tokio::sync::Mutex::const_new(Weak::new());

async fn shared() -> Arc<Shared> {
    let mut known = SHARED.lock().await;
    if let Some(running) = known.upgrade() {
        return running;
    }
    let start = STARTS.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("tributary-data-api-{}-{start}", std::process::id()));
    let binaries = local::setup::postgres_alone()
        .await
        .unwrap_or_else(|error| panic!("{error:#}"));
    let postgres =
        Postgres::start_with(&folder, &binaries).unwrap_or_else(|error| panic!("{error:#}"));
    postgres
        .prepare()
        .await
        .unwrap_or_else(|error| panic!("{error:#}"));
    let shared = Arc::new(Shared {
        postgres: Some(postgres),
        folder,
    });
    *known = Arc::downgrade(&shared);
    shared
}

/// A server with a schema `s` of its own kind: the schema's name is in every helper's SQL as `{s}`.
pub struct Fixture {
    pub client: Client,
    pub objects: Arc<Objects>,
    pub schema: String,
    pub url: String,
    _running: Running,
    _shared: Arc<Shared>,
}

impl Fixture {
    pub async fn new() -> Self {
        let shared = shared().await;
        let objects = Arc::new(Objects::default());
        let postgres_url = shared.postgres.as_ref().unwrap().url();
        let mut options = Options::new(
            postgres_url,
            Arc::clone(&objects) as Arc<dyn ObjectSource>,
            DATABASE,
            WORKGROUP,
        );
        options.page_rows = 3;
        let running = DataApi::start(options).await.unwrap();
        let config = aws_sdk_redshiftdata::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(running.url())
            .build();
        let fixture = Self {
            client: Client::from_conf(config),
            objects,
            schema: format!("s{}", SCHEMAS.fetch_add(1, Ordering::Relaxed)),
            url: running.url().to_owned(),
            _running: running,
            _shared: shared,
        };
        fixture.ok("create schema {s}").await;
        fixture
    }

    /// `{s}` replaced by the schema.
    pub fn sql(&self, sql: &str) -> String {
        sql.replace("{s}", &self.schema)
    }

    /// Runs one statement to its end.
    pub async fn run(&self, sql: &str) -> DescribeStatementOutput {
        self.run_with(sql, &[]).await
    }

    pub async fn run_with(
        &self,
        sql: &str,
        parameters: &[(&str, &str)],
    ) -> DescribeStatementOutput {
        let given = (!parameters.is_empty()).then(|| {
            parameters
                .iter()
                .map(|(name, value)| parameter(name, value))
                .collect()
        });
        let submitted = self
            .client
            .execute_statement()
            .workgroup_name(WORKGROUP)
            .database(DATABASE)
            .sql(self.sql(sql))
            .set_parameters(given)
            .send()
            .await
            .unwrap();
        self.finished(submitted.id().unwrap()).await
    }

    /// Runs one statement that must succeed.
    pub async fn ok(&self, sql: &str) -> DescribeStatementOutput {
        let described = self.run(sql).await;
        assert_eq!(described.error(), None, "{sql}");
        assert_eq!(described.status().unwrap().as_str(), "FINISHED");
        described
    }

    /// The error of one statement that must fail.
    pub async fn error(&self, sql: &str) -> String {
        let described = self.run(sql).await;
        assert_eq!(described.status().unwrap().as_str(), "FAILED", "{sql}");
        described.error().unwrap().to_owned()
    }

    pub async fn batch(&self, mode: ExecutionMode, sqls: &[&str]) -> DescribeStatementOutput {
        let id = self.submit(mode, sqls).await;
        self.finished(&id).await
    }

    pub async fn submit(&self, mode: ExecutionMode, sqls: &[&str]) -> String {
        let submitted = self
            .client
            .batch_execute_statement()
            .workgroup_name(WORKGROUP)
            .database(DATABASE)
            .execution_mode(mode)
            .set_sqls(Some(sqls.iter().map(|sql| self.sql(sql)).collect()))
            .send()
            .await
            .unwrap();
        submitted.id().unwrap().to_owned()
    }

    pub async fn finished(&self, id: &str) -> DescribeStatementOutput {
        self.client
            .describe_statement()
            .id(id)
            .wait_time_seconds(30)
            .send()
            .await
            .unwrap()
    }

    /// All values of a query, as text.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let described = self.ok(sql).await;
        self.rows_of(described.id()).await
    }

    pub async fn rows_of(&self, id: &str) -> Vec<Vec<String>> {
        let mut pages = self
            .client
            .get_statement_result()
            .id(id)
            .into_paginator()
            .send();
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await {
            rows.extend(
                page.unwrap()
                    .records()
                    .iter()
                    .map(|row| row.iter().map(text).collect()),
            );
        }
        rows
    }
}

pub fn parameter(name: &str, value: &str) -> SqlParameter {
    SqlParameter::builder()
        .name(name)
        .value(value)
        .build()
        .unwrap()
}

pub fn text(field: &Field) -> String {
    match field {
        Field::IsNull(_) => "NULL".into(),
        Field::StringValue(text) => text.clone(),
        Field::LongValue(number) => number.to_string(),
        Field::BooleanValue(is) => is.to_string(),
        Field::DoubleValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}
