//! The source: an organisation with as many records as are asked for.

use anyhow::{Context as _, Result, bail, ensure};
use fakes::salesforce::{FakeSalesforce, Options};
use fakes::server::Running;
use fakes::world::{Object, World, WorldOptions};
use measure::Asked;
use model::payload::Extraction;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use source_http::{Client, Request, Share};
use std::sync::Arc;
use std::time::{Duration, Instant};
use step::Deadline;

/// The running fake and its world.
pub struct Source {
    server: Running,
    token: SecretString,
    /// What it serves.
    pub world: Arc<World>,
    /// How many records the object has.
    records: usize,
}

/// Records of a page of REST.
const PAGE: usize = 2000;

/// The object of the API whose records an object of a task is read from.
pub fn object_of(name: &str) -> Result<Object> {
    Ok(match name.split('_').next().unwrap_or_default() {
        "account" => Object::Account,
        "contact" => Object::Contact,
        "case" => Object::Case,
        "opportunity" => Object::Opportunity,
        other => bail!("{other:?} is none of account, contact, case, opportunity"),
    })
}

impl Source {
    /// Starts the fake with about `records` of an object. A job is ready at once: waiting for it is not measured.
    pub async fn start(object: &str, records: usize) -> Result<Self> {
        let object = object_of(object)?;
        let per_account = match object {
            Object::Account | Object::Opportunity => 1,
            Object::Contact => 2,
            Object::Case => 3,
        };
        let world = World::generate(WorldOptions {
            seed: 7,
            end: "2026-01-06T00:00:00Z".parse()?,
            days: 2,
            conversations: 100,
        });
        let world = Arc::new(world.with_accounts(records / per_account));
        let options = Options {
            bulk_polls: 0,
            daily_requests: 10_000_000,
            page_size: PAGE,
            ..Options::default()
        };
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", options.client_id.clone()),
            ("client_secret", options.client_secret.clone()),
        ];
        let server = FakeSalesforce::start(Arc::clone(&world), options)?;
        let login = Request::post_form("/services/oauth2/token", form);
        let granted: Value = client(server.url(), None)?.json(&login).await?.value;
        let token = granted["access_token"].as_str().context("no token")?;
        Ok(Self {
            token: token.to_owned().into(),
            server,
            records: world.rows(object),
            world,
        })
    }

    /// Base URL of login and API.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The token the fake has granted.
    pub fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Sends the requests of a window again, to `url`, and drops every page: as fast as the extractor could ever get them.
    /// What a query or a job takes before there is a page does not count.
    pub async fn drain(
        &self,
        url: &str,
        road: Extraction,
        asked: &[Asked],
    ) -> Result<measure::Source> {
        let client = client(url, Some(self.token.clone()))?;
        let sent = |method: &str, part: &str| {
            let found = asked
                .iter()
                .find(|one| one.method == method && one.path.contains(part) && !is_count(one));
            found.with_context(|| format!("the window has sent no {method} to {part}"))
        };
        if road == Extraction::Rest {
            let first = &sent("GET", "/queryAll")?.path;
            return rest(&client, first, self.records).await;
        }
        let job = sent("POST", "/jobs/query")?;
        bulk(&client, job, &sent("GET", "/results?")?.path).await
    }
}

fn is_count(asked: &Asked) -> bool {
    asked.path.contains("COUNT")
}

async fn rest(client: &Client, first: &str, records: usize) -> Result<measure::Source> {
    let mut drained = measure::Source::default();
    let read = async |path: &str| {
        let request = Request::get(path);
        let page = client.send(&request, |body| Ok((body.len(), next_of(&body))));
        anyhow::Ok(page.await?.value)
    };
    // The first page waits for the query itself; with a single page there is nothing else to time.
    let mut start = Instant::now();
    let (bytes, mut next) = read(first).await?;
    if next.is_some() {
        start = Instant::now();
        drained.records = records - PAGE;
    } else {
        (drained.bytes, drained.records) = (bytes, records);
    }
    while let Some(path) = next {
        let (bytes, after) = read(&path).await?;
        drained.bytes += bytes;
        next = after;
    }
    drained.took = start.elapsed();
    Ok(drained)
}

/// Links stand before the records.
fn next_of(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(300)]);
    let (_, next) = head.split_once("\"nextRecordsUrl\":\"")?;
    Some(next.split('"').next()?.to_owned())
}

async fn bulk(client: &Client, job: &Asked, results: &str) -> Result<measure::Source> {
    let (path, _) = job.path.split_once('?').unwrap_or((&job.path, ""));
    let body: Value = serde_json::from_slice(&job.body)?;
    let job: Value = client.json(&Request::post_json(path, &body)).await?.value;
    let path = format!("{path}/{}", job["id"].as_str().context("no job")?);
    let state: Value = client.json(&Request::get(path.as_str())).await?.value;
    ensure!(state["state"] == "JobComplete", "the job is not ready");
    let (_, parameters) = results.split_once('?').context("no parameters")?;
    let mut page = format!("{path}/results?{parameters}");
    let mut drained = measure::Source::default();
    let start = Instant::now();
    loop {
        let request = Request::get(page).header("accept", "text/csv");
        let answer = client.send(&request, |body| Ok(body.len())).await?;
        let header = |name: &str| {
            let value = answer.headers.get(name).and_then(|it| it.to_str().ok());
            value.with_context(|| format!("no header {name}"))
        };
        drained.bytes += answer.value;
        drained.records += header("sforce-numberofrecords")?.parse::<usize>()?;
        let locator = header("sforce-locator")?;
        if locator == "null" {
            break;
        }
        page = format!("{path}/results?{parameters}&locator={locator}");
    }
    drained.took = start.elapsed();
    client.done(&Request::delete(path)).await?;
    Ok(drained)
}

fn client(url: &str, token: Option<SecretString>) -> Result<Client> {
    let share = Share {
        requests_per_minute: u32::MAX,
        max_in_flight: 1,
    };
    let now = "2026-01-06T01:00:00Z".parse()?;
    let deadline = Deadline::after(now, Duration::from_mins(15));
    let connections = source_http::connections()?;
    Ok(Client::new(connections, url, share, deadline, token))
}
