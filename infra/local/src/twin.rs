//! One twin: emulator, warehouse, Data API, fakes and the deployed pipeline, up together and gone together.

use crate::aws::Aws;
use crate::data_api::{self, DataApi, S3Source};
use crate::deploy::{self, Deployment, Overlay};
use crate::execution::{self, Execution, Progress};
use crate::ministack::{Ministack, MinistackOptions};
use crate::package;
use crate::postgres::{self, Postgres};
use crate::settings;
use crate::setup::{self, Places};
use crate::state;
use crate::template::Template;
use anyhow::{Context, Result};
use fakes::control::Control;
use fakes::genesys::FakeGenesys;
use fakes::salesforce::FakeSalesforce;
use fakes::world::{World, WorldOptions};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What a twin is made of.
#[derive(Debug, Clone)]
pub struct TwinOptions {
    /// Days of conversations.
    pub days: u32,
    /// How many conversations.
    pub conversations: usize,
    /// Equal seeds give equal data.
    pub seed: u64,
    /// Exclusive end of the data; default the last UTC midnight.
    pub end: Option<Timestamp>,
    /// Build the functions with `--release`.
    pub release: bool,
    /// Factor on the state machine's waits; 1 keeps them.
    pub wait_scale: f64,
    /// How the fake Genesys Cloud behaves.
    pub genesys: fakes::genesys::Options,
    /// How the fake Salesforce behaves.
    pub salesforce: fakes::salesforce::Options,
    /// A folder in the place of `infra/settings`, copied as it is; default the shipped one, fitted to the data.
    pub settings_folder: Option<PathBuf>,
    /// `plan.horizon_days` of the shipped settings; default as many as there are days of data: nothing older is looked for.
    pub horizon_days: Option<u32>,
    /// Replacements in the twin's copy of `tributary.toml`: text found once → text put there.
    pub settings: Vec<(String, String)>,
    /// What time both sources believe it is; default the real time. See [`Twin::set_now`].
    pub now: Option<Timestamp>,
    /// Parallel workers per source, in the settings and in the state machine; default what is shipped.
    pub max_concurrency: Option<u32>,
}

impl Default for TwinOptions {
    fn default() -> Self {
        Self {
            days: 2,
            conversations: 2000,
            seed: 7,
            end: None,
            release: false,
            wait_scale: 1.0,
            genesys: fakes::genesys::Options::default(),
            salesforce: fakes::salesforce::Options::default(),
            settings_folder: None,
            horizon_days: None,
            settings: Vec::new(),
            now: None,
            max_concurrency: None,
        }
    }
}

/// Nothing on a twin takes longer.
const LONGEST_RUN: Duration = Duration::from_mins(30);

/// A folder that goes when the twin goes.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running twin. Fields are dropped in this order: who calls goes before who is called, the folder last.
#[derive(Debug)]
pub struct Twin {
    ministack: Ministack,
    data_api: data_api::Running,
    genesys: fakes::server::Running,
    salesforce: fakes::server::Running,
    postgres: Postgres,
    folder: Folder,
    aws: Aws,
    world: Arc<World>,
    deployment: Deployment,
}

impl Twin {
    /// Sets up what is missing, starts everything and deploys the pipeline.
    pub async fn start(options: TwinOptions) -> Result<Self> {
        Box::pin(Self::start_and_tell(options, &mut |_| {})).await
    }

    /// As [`Twin::start`], saying what it does.
    pub async fn start_and_tell(
        options: TwinOptions,
        say: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Self> {
        let places = Places::of_this_repository()?;
        if let Some(folder) = &options.settings_folder {
            settings::ensure_usable(folder)?;
        }
        let template = Template::read(&places.infra("template.yaml"))?;
        let python = setup::python_with_ministack(&places, say).await?;
        let binaries = setup::postgres(&places, say).await?;
        let zips = package::functions(&places, options.release, say).await?;

        say("Starting the emulator, PostgreSQL and the two sources");
        clear_dead_twins(&places)?;
        let (folder, name) = new_folder(&places)?;
        let world = Arc::new(World::generate(WorldOptions {
            seed: options.seed,
            end: options.end.unwrap_or_else(now),
            days: options.days,
            conversations: options.conversations,
        }));
        let genesys = FakeGenesys::start(Arc::clone(&world), options.genesys.clone())
            .context("starting the fake Genesys Cloud")?;
        let salesforce = FakeSalesforce::start(Arc::clone(&world), options.salesforce.clone())
            .context("starting the fake Salesforce")?;
        // One after the other: until an emulator listens on the port it was given, another one may be given the same, and each twin
        // would find it in good health.
        let starting = places.lock("emulator").await?;
        let ministack = Ministack::start(MinistackOptions {
            python: &python,
            folder: &folder.0.join("emulator"),
            log: places.local.join(format!("logs/ministack-{name}.log")),
            wait_scale: options.wait_scale,
        })
        .await?;
        drop(starting);
        let postgres = Postgres::start_with(&folder.0.join("postgres"), &binaries)?;
        postgres.prepare().await?;
        let aws = Aws::new(ministack.endpoint())?;

        let parameters = BTreeMap::new();
        let warehouse = deploy::warehouse_names(&template, &parameters)?;
        let data_api = DataApi::start(data_api::Options::new(
            postgres.url(),
            Arc::new(S3Source(aws.s3())),
            &warehouse.database,
            &warehouse.workgroup,
        ))
        .await?;

        say("Deploying infra/template.yaml");
        let copy = folder.0.join("settings");
        let shipped = places.infra("settings");
        let from = options.settings_folder.as_ref().unwrap_or(&shipped);
        let queues = world.queues();
        let queues = queues.iter().filter_map(|queue| queue["id"].as_str());
        let queues: Vec<_> = queues.map(str::to_owned).collect();
        deploy::copy_settings(from, &copy, |text| {
            Ok(settings::with_partners(
                &settings::fit(text, &options)?,
                &queues,
                &options,
            ))
        })?;
        let overlay = Overlay {
            data_api: data_api.url().to_owned(),
            genesys: genesys.url().to_owned(),
            settings: copy,
            genesys_credentials: json!({
                "client_id": options.genesys.client_id,
                "client_secret": options.genesys.client_secret,
            }),
            salesforce_credentials: json!({
                "flow": "client_credentials",
                "login_url": salesforce.url(),
                "client_id": options.salesforce.client_id,
                "client_secret": options.salesforce.client_secret,
            }),
            parameters,
            max_concurrency: options.max_concurrency,
        };
        let deployment = deploy::deploy(&aws, &template, &overlay, &zips).await?;
        let twin = Self {
            ministack,
            data_api,
            genesys,
            salesforce,
            postgres,
            folder,
            aws,
            world,
            deployment,
        };
        twin.set_now(options.now);
        Ok(twin)
    }

    /// Sets the clock of both sources, or lets it show the real time again: what has not happened by then is not there yet, and
    /// what is not settled by then may be hidden or an earlier version (`genesys.settling` of the options).
    pub fn set_now(&self, now: Option<Timestamp>) {
        self.genesys().set_now(now);
        self.salesforce().set_now(now);
    }

    /// Runs the pipeline to its end.
    pub async fn run(&self, event: Value) -> Result<Execution> {
        let arn = self.start_execution(&event).await?;
        execution::follow(&self.aws, &arn, None, LONGEST_RUN, &mut |_| {}).await
    }

    /// As [`Twin::run`], telling each step as it happens.
    pub async fn run_and_tell(
        &self,
        event: &Value,
        tell: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Execution> {
        let arn = self.start_execution(event).await?;
        self.follow(&arn, tell).await
    }

    /// Starts an execution and returns its ARN at once.
    pub async fn start_execution(&self, event: &Value) -> Result<String> {
        execution::start(&self.aws, &self.deployment.state_machine, event).await
    }

    /// Follows an execution to its end, at most half an hour.
    pub async fn follow(
        &self,
        arn: &str,
        tell: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Execution> {
        let bucket = Some(self.deployment.bucket.as_str());
        execution::follow(&self.aws, arn, bucket, LONGEST_RUN, tell).await
    }

    /// How an execution stands.
    pub async fn describe(&self, arn: &str) -> Result<Execution> {
        execution::describe(&self.aws, arn).await
    }

    /// Stops an execution and waits until none of its windows is being read any more.
    pub async fn stop_execution(&self, arn: &str) -> Result<()> {
        execution::stop(&self.aws, arn).await?;
        execution::quiet(&self.aws, arn, Duration::from_mins(5)).await
    }

    /// Rows of one statement on the warehouse; every value as PostgreSQL writes it, `None` for null.
    pub async fn sql(&self, statement: &str) -> Result<Vec<Vec<Option<String>>>> {
        crate::warehouse::query(&self.postgres.url(), statement).await
    }

    /// The object with this key in the data bucket, if there is one.
    pub async fn object(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.source().get(&self.deployment.bucket, key).await
    }

    /// Keys in the data bucket that begin with `prefix`.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.source().list(&self.deployment.bucket, prefix).await
    }

    fn source(&self) -> impl data_api::ObjectSource + use<> {
        S3Source(self.aws.s3())
    }

    /// What was published to the alert and report topics since the last call: subject and message.
    pub async fn messages(&self) -> Result<Vec<(String, String)>> {
        crate::logs::messages(&self.aws, &self.deployment.messages).await
    }

    /// The last lines a function wrote to its log, by its binary's name.
    pub async fn log(&self, binary: &str, lines: usize) -> Result<Vec<String>> {
        match self.deployment.functions.get(binary) {
            Some(name) => crate::logs::tail(&self.aws, name, 0, lines).await,
            None => anyhow::bail!("there is no function {binary}"),
        }
    }

    /// Faults and request counts of the fake Genesys Cloud.
    pub fn genesys(&self) -> &Control {
        self.genesys.control()
    }

    /// Faults and request counts of the fake Salesforce.
    pub fn salesforce(&self) -> &Control {
        self.salesforce.control()
    }

    /// Kills of functions that call the Data API.
    pub fn kills(&self) -> &data_api::Kills {
        self.data_api.kills()
    }

    /// The data both sources serve.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The emulator's services.
    pub const fn aws(&self) -> &Aws {
        &self.aws
    }

    /// What was deployed.
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The twin's own folder; gone with it.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Where everything answers.
    pub fn endpoints(&self) -> state::Endpoints {
        state::Endpoints {
            pid: std::process::id(),
            aws: self.aws.endpoint().to_owned(),
            data_api: self.data_api.url().to_owned(),
            postgres: self.postgres.url(),
            genesys: self.genesys.url().to_owned(),
            salesforce: self.salesforce.url().to_owned(),
            bucket: self.deployment.bucket.clone(),
            state_machine: self.deployment.state_machine.clone(),
            functions: self.deployment.functions.clone(),
            data_begin: self.world.begin(),
            data_end: self.world.end(),
        }
    }

    /// Ends every process and frees every port.
    pub async fn stop(self) {
        let Self {
            mut ministack,
            data_api,
            genesys,
            salesforce,
            postgres,
            folder,
            ..
        } = self;
        let _ = tokio::task::spawn_blocking(move || ministack.stop()).await;
        data_api.stop().await;
        genesys.stop().await;
        salesforce.stop().await;
        let _ = tokio::task::spawn_blocking(move || postgres.stop()).await;
        drop(folder);
    }
}

use data_api::ObjectSource as _;

fn new_folder(places: &Places) -> Result<(Folder, String)> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}-{count}", std::process::id());
    let path = places.local.join("twins").join(&name);
    if path.exists() {
        std::fs::remove_dir_all(&path)?;
    }
    std::fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
    Ok((Folder(path), name))
}

/// Takes away what a twin left that was killed outright: its PostgreSQL and its folder.
fn clear_dead_twins(places: &Places) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(places.local.join("twins")) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let owner = name.split('-').next().and_then(|pid| pid.parse().ok());
        if owner.is_some_and(|pid| !state::is_alive(pid)) {
            postgres::end_earlier(&path.join("postgres/postgres.pid"))?;
            let _ = std::fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

#[allow(clippy::disallowed_methods)] // the twin decides what day it is for the data
fn now() -> Timestamp {
    Timestamp::now()
}
