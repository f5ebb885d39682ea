//! The source: one day of seeded conversations behind the fake Platform API, without a rate limit.

use anyhow::{Context as _, Result, ensure};
use fakes::genesys::{FakeGenesys, Options};
use fakes::server::Running;
use fakes::world::{Expected, World, WorldOptions};
use genesys::api::{Api, Waited, client_credentials};
use model::Window;
use secrecy::{ExposeSecret, SecretString};
use source_http::{Client, Request, Share};
use std::sync::Arc;
use std::time::{Duration, Instant};
use step::Deadline;

const JOB_PAGE_SIZE: u32 = 1000;

/// The running fake, and what is true of its day.
pub struct Source {
    server: Running,
    token: SecretString,
    /// The day.
    pub window: Window,
    /// What its receipt must say.
    pub expected: Expected,
}

/// What the source gives when nobody does anything with it.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    /// How long all pages took, one after another.
    pub took: Duration,
    /// Bytes of their bodies.
    pub bytes: usize,
}

impl Source {
    /// Starts the fake with `conversations` on one day. A job is ready at once: waiting for it is not measured.
    pub async fn start(conversations: usize) -> Result<Self> {
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

    /// Reads every page of a job and drops it unread but for its cursor: as fast as the extractor could ever get them.
    pub async fn drain(&self) -> Result<Serving> {
        let share = Share {
            requests_per_minute: u32::MAX,
            max_in_flight: 3,
        };
        let connections = source_http::connections()?;
        let token = Some(self.token.clone());
        let client = Client::new(connections, self.url(), share, deadline()?, token);
        let api = Api::new(client.clone());
        let job = api.submit_job(self.window).await?;
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
        Ok(Serving { took, bytes })
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
