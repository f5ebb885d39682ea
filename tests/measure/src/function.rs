//! The function's own release binary, run as Lambda runs it: a process that polls the Runtime API for events.

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use model::payload::{ExtractOutcome, WindowTask};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What `infra/template.yaml` gives the function.
const TIMEOUT: Duration = Duration::from_mins(15);
/// A process that has not asked for an event by now never will.
const LONGEST_START: Duration = Duration::from_secs(10);

/// The process asks for its next event.
#[derive(Debug)]
struct Poll {
    at: Instant,
    event: oneshot::Sender<String>,
}

#[derive(Clone)]
struct Asked {
    polls: mpsc::UnboundedSender<Poll>,
    answers: mpsc::UnboundedSender<Result<Bytes, Bytes>>,
}

/// A running process. It ends when this is dropped.
#[derive(Debug)]
pub struct Function {
    child: Child,
    waiting: Option<Poll>,
    polls: mpsc::UnboundedReceiver<Poll>,
    answers: mpsc::UnboundedReceiver<Result<Bytes, Bytes>>,
    server: JoinHandle<()>,
}

/// What the kernel has counted of a process.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Most memory it has ever held.
    pub peak_bytes: u64,
    /// Processor time, user and system.
    pub processor: Duration,
}

impl Function {
    /// Starts `binary` as the function `name`, with `variables` and nothing else in its environment; also says how long it took to its first poll.
    pub async fn start(
        binary: &str,
        name: &str,
        variables: &[(&str, String)],
    ) -> Result<(Self, Duration)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (polls, mut polled) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        let invocation = "/2018-06-01/runtime/invocation";
        let app = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/{{ending}}"), post(ended))
            .with_state(Asked { polls, answers });
        let server = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, app).await;
        });
        let started = Instant::now();
        let child = Command::new(binary)
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting the function")?;
        let poll = timeout(LONGEST_START, polled.recv()).await;
        let poll = poll.context("the function never asked for an event")?;
        let poll = poll.context("the Runtime API has ended")?;
        let took = poll.at.duration_since(started);
        let function = Self {
            child,
            waiting: Some(poll),
            polls: polled,
            answers: answered,
            server,
        };
        Ok((function, took))
    }

    /// Hands the task over and waits for its outcome; a failure is an error with the function's own words.
    pub async fn invoke(&mut self, task: &WindowTask) -> Result<ExtractOutcome> {
        let poll = match self.waiting.take() {
            Some(poll) => poll,
            None => self.polls.recv().await.context("the function is gone")?,
        };
        if poll.event.send(serde_json::to_string(task)?).is_err() {
            bail!("the function went away before its event");
        }
        tokio::select! {
            answer = timeout(TIMEOUT, self.answers.recv()) => {
                match answer.context("no answer before the timeout")?.context("the function is gone")? {
                    Ok(outcome) => Ok(serde_json::from_slice(&outcome)?),
                    Err(failure) => {
                        let failure: Value = serde_json::from_slice(&failure)?;
                        bail!("{}: {}", failure["errorType"], failure["errorMessage"])
                    }
                }
            }
            status = self.child.wait() => bail!("the function ended by itself: {}", status?),
        }
    }

    /// What the kernel has counted so far.
    pub fn usage(&self) -> Result<Usage> {
        let id = self.child.id().context("the function has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|line| line.trim().strip_suffix("kB"))
            .context("VmHWM")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The name may hold anything; behind its parenthesis, user and system time are the 12th and 13th field.
        let (_, fields) = stat.rsplit_once(')').context("stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        Ok(Usage {
            peak_bytes: peak.trim().parse::<u64>()? * 1024,
            // Linux shows processor time in hundredths of a second on every architecture.
            processor: Duration::from_millis(ticks * 10),
        })
    }

    /// Ends the process and waits until it is gone.
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("ending the function")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(asked): State<Asked>) -> Response {
    let (event, coming) = oneshot::channel();
    let at = Instant::now();
    if asked.polls.send(Poll { at, event }).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    // No event any more: the process is about to be ended.
    let Ok(event) = coming.await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let deadline = SystemTime::now() + TIMEOUT;
    let since_epoch = deadline.duration_since(SystemTime::UNIX_EPOCH);
    let deadline_ms = since_epoch.unwrap_or_default().as_millis().to_string();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", "bench-1".to_owned()),
        ("lambda-runtime-deadline-ms", deadline_ms),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:000000000000:function:measured".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn ended(
    State(asked): State<Asked>,
    Path((_, ending)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let answer = match ending.as_str() {
        "response" => Ok(body),
        "error" => Err(body),
        _ => return StatusCode::NOT_FOUND,
    };
    match asked.answers.send(answer) {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
