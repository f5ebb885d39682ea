//! The source: one day of seeded conversations behind the fake Platform API, without a rate limit.

use anyhow::{Context as _, Result, ensure};
use fakes::genesys::{FakeGenesys, Options};
use fakes::server::Running;
use fakes::world::{Expected, World, WorldOptions};
use genesys::api::{Api, Waited, client_credentials};
use model::Window;
use model::payload::Extraction;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use source_http::{Client, Request, Share};
use std::sync::Arc;
use std::time::{Duration, Instant};
use step::Deadline;

const JOB_PAGE_SIZE: u32 = 1000;
const QUERY_PAGE_SIZE: usize = 100;
/// No query pages further.
const QUERY_CAP: usize = 100_000;

/// The running fake, and what is true of its day.
pub struct Source {
    server: Running,
    token: SecretString,
    road: Extraction,
    /// The day.
    pub window: Window,
    /// What its receipt must say.
    pub expected: Expected,
}

impl Source {
    /// Starts the fake with `conversations` on one day. A job is ready at once: waiting for it is not measured. For the
    /// query no job covers the day.
    pub async fn start(conversations: usize, road: Extraction) -> Result<Self> {
        let window = Window::new(
            "2026-01-05T00:00:00Z".parse()?,
            "2026-01-06T00:00:00Z".parse()?,
        )?;
        let world = Arc::new(World::generate(WorldOptions {
            seed: 7,
            end: window.end(),
            days: 1,
            conversations,
        }));
        let expected = world.expected(window.start(), window.end());
        let options = Options {
            requests_per_minute: u32::MAX,
            job_polls: 0,
            availability: (road == Extraction::Query).then(|| window.start()),
            ..Options::default()
        };
        let secret = SecretString::from(options.client_secret.clone());
        let client_id = options.client_id.clone();
        let server = FakeGenesys::start(world, options)?;
        let connections = source_http::connections()?;
        let grant =
            client_credentials(connections, server.url(), &client_id, &secret, deadline()?).await?;
        Ok(Self {
            server,
            token: grant.access_token,
            road,
            window,
            expected,
        })
    }

    /// Base URL of the API.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The token the fake has granted.
    pub fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Reads every page and drops it: as fast as the extractor could ever get them.
    pub async fn drain(&self) -> Result<measure::Source> {
        let share = Share {
            requests_per_minute: u32::MAX,
            max_in_flight: 3,
        };
        let connections = source_http::connections()?;
        let token = Some(self.token.clone());
        let client = Client::new(connections, self.url(), share, deadline()?, token);
        if self.road == Extraction::Job {
            self.drain_job(&client).await
        } else {
            self.drain_query(&client).await
        }
    }

    async fn drain_job(&self, client: &Client) -> Result<measure::Source> {
        let api = Api::new(client.clone());
        let job = api.submit_job(self.window, None).await?;
        let state = api.wait_for_job(&job, Duration::ZERO).await?;
        ensure!(matches!(state, Waited::Ready), "the job is not ready");
        let path = format!("/api/v2/analytics/conversations/details/jobs/{job}/results");
        let (start, mut bytes) = (Instant::now(), 0);
        let mut cursor: Option<String> = None;
        loop {
            let mut request = Request::get(path.as_str()).query("pageSize", JOB_PAGE_SIZE);
            if let Some(cursor) = &cursor {
                request = request.query("cursor", cursor);
            }
            let page = client
                .send(&request, |body| Ok((body.len(), cursor_of(&body))))
                .await?
                .value;
            bytes += page.0;
            cursor = page.1;
            if cursor.is_none() {
                break;
            }
        }
        let took = start.elapsed();
        api.delete_job(&job).await?;
        Ok(measure::Source {
            records: self.expected.conversations,
            bytes,
            took,
        })
    }

    async fn drain_query(&self, client: &Client) -> Result<measure::Source> {
        let records = self.expected.conversations.min(QUERY_CAP);
        let interval = format!("{}/{}", self.window.start(), self.window.end());
        let (start, mut bytes) = (Instant::now(), 0);
        for number in 1..=records.div_ceil(QUERY_PAGE_SIZE) {
            let body = json!({
                "interval": interval, "order": "asc", "orderBy": "conversationStart",
                "paging": {"pageSize": QUERY_PAGE_SIZE, "pageNumber": number},
            });
            let path = "/api/v2/analytics/conversations/details/query";
            let request = Request::post_json(path, &body).repeatable();
            bytes += client.send(&request, |body| Ok(body.len())).await?.value;
        }
        Ok(measure::Source {
            records,
            bytes,
            took: start.elapsed(),
        })
    }
}

/// The cursor stands behind the records, at the very end of a page.
fn cursor_of(body: &[u8]) -> Option<String> {
    let tail = String::from_utf8_lossy(&body[body.len().saturating_sub(300)..]);
    let (_, cursor) = tail.rsplit_once("\"cursor\":\"")?;
    Some(cursor.split('"').next()?.to_owned())
}

fn deadline() -> Result<Deadline> {
    let now = "2026-01-06T01:00:00Z".parse().context("an instant")?;
    Ok(Deadline::after(now, Duration::from_mins(15)))
}
