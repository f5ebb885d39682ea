//! A Redshift Data API server over PostgreSQL: the real protocol, and a clear refusal of what it cannot emulate.

pub mod copy;
pub(crate) mod failure;
mod kill;
mod operations;
mod protocol;
mod request;
mod results;
mod run;
pub mod sql;
mod statements;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use copy::{ObjectSource, S3Source, SourceFuture};
pub use kill::{Kill, Killed, Kills, Moment};

/// Forty statements of 100 KB, escaped, and some room.
const BODY_BYTES: usize = 16 * 1024 * 1024;

/// What the server stands on.
#[derive(Clone)]
pub struct Options {
    /// `postgresql://…` of the database statements run in.
    pub postgres_url: String,
    /// Where COPY reads.
    pub source: Arc<dyn ObjectSource>,
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// The only database callers may name.
    pub database: String,
    /// The only workgroup, or cluster, callers may name.
    pub workgroup: String,
    /// Rows in one page of a result.
    pub page_rows: usize,
}

impl Options {
    /// Options with a free port and pages of 1,000 rows.
    pub fn new(
        postgres_url: impl Into<String>,
        source: Arc<dyn ObjectSource>,
        database: &str,
        workgroup: &str,
    ) -> Self {
        Self {
            postgres_url: postgres_url.into(),
            source,
            port: 0,
            database: database.to_owned(),
            workgroup: workgroup.to_owned(),
            page_rows: 1000,
        }
    }
}

/// The server's own state.
pub(crate) struct Server {
    options: Options,
    statements: statements::Statements,
    kills: Arc<Kills>,
}

/// The Data API, to be started.
pub struct DataApi;

/// A Data API that listens.
#[derive(Debug)]
pub struct Running {
    url: String,
    kills: Arc<Kills>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl DataApi {
    /// Listens on 127.0.0.1.
    pub async fn start(options: Options) -> anyhow::Result<Running> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)))
            .await
            .with_context(|| format!("listening on 127.0.0.1:{} for the Data API", options.port))?;
        let url = format!("http://{}", listener.local_addr()?);
        let kills = Arc::new(Kills::default());
        let server = Arc::new(Server {
            options,
            statements: statements::Statements::new(),
            kills: Arc::clone(&kills),
        });
        let cancel_all = Arc::clone(&server);
        let app = Router::new()
            .route("/", post(protocol::answer))
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .with_state(server);
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let service = app.into_make_service_with_connect_info::<SocketAddr>();
            let graceful = axum::serve(listener, service).with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|is| *is).await;
                cancel_all.cancel_everything();
            });
            if let Err(error) = graceful.await {
                tracing::warn!(%error, "The Data API ended");
            }
        });
        Ok(Running {
            url,
            kills,
            stop,
            task,
        })
    }
}

impl Running {
    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Kills of callers.
    pub fn kills(&self) -> &Kills {
        &self.kills
    }

    /// Cancels what runs and stops listening.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(Duration::from_secs(2), &mut self.task)
            .await
            .is_err()
        {
            self.task.abort(); // a client held its connection open
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.task.abort();
    }
}
