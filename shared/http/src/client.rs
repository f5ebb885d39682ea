//! The client and its one `send`.

use crate::error::{Refusal, SourceError, WireFault};
use crate::pace::{Pace, Repeat, Share, Turn};
use crate::request::{Authentication, Body, Request};
use crate::vendor::Vendor;
use crate::verdict::{Failed, classify};
use crate::wire::{Connections, describe, push_encoded, unreadable, unsent};
use backon::{ExponentialBuilder, Retryable};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use step::Deadline;

/// What is kept free before the deadline when a pause is weighed against it.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);

/// An answer of the 200s, read.
#[derive(Debug)]
pub struct Answer<T> {
    /// What the reader made of the body.
    pub value: T,
    /// The HTTP status: 200, 202, 204.
    pub status: u16,
    /// The headers (`Sforce-Limit-Info`, `inin-ratelimit-count`).
    pub headers: HeaderMap,
}

/// A source's API for one invocation. Cheap to clone; clones share pace, count and token.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connections: reqwest::Client,
    base_url: String,
    token: Option<SecretString>,
    pace: Arc<Pace>,
    deadline: Deadline,
    repeat: Repeat,
    calls: AtomicU64,
    latest: Mutex<HeaderMap>,
}

impl Client {
    /// A client of the API at `base_url`, within `share` of its quota, until `deadline`.
    pub fn new(
        connections: Connections,
        base_url: &str,
        share: Share,
        deadline: Deadline,
        token: Option<SecretString>,
    ) -> Self {
        Self::with(
            connections,
            base_url,
            share,
            deadline,
            token,
            Repeat::default(),
        )
    }

    /// As [`Client::new`], with other bounds on repetition: for tests and tools.
    pub fn with(
        connections: Connections,
        base_url: &str,
        share: Share,
        deadline: Deadline,
        token: Option<SecretString>,
        repeat: Repeat,
    ) -> Self {
        let base_url = base_url.trim_end_matches('/');
        Self {
            shared: Arc::new(Shared {
                pace: connections.pace(base_url, share),
                connections: connections.pool,
                base_url: base_url.to_owned(),
                token,
                deadline,
                repeat,
                calls: AtomicU64::new(0),
                latest: Mutex::new(HeaderMap::new()),
            }),
        }
    }

    /// Requests sent so far, repetitions included.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// The deadline of the invocation.
    pub fn deadline(&self) -> Deadline {
        self.shared.deadline
    }

    /// A header of the latest answer of any call.
    pub fn latest_header(&self, name: &str) -> Option<String> {
        let latest = self.shared.latest.lock().ok()?;
        Some(latest.get(name)?.to_str().ok()?.to_owned())
    }

    /// Sends `request` and reads its JSON as `T`.
    pub async fn json<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Answer<T>, SourceError> {
        self.send(request, |body| serde_json::from_slice(&body))
            .await
    }

    /// Sends `request` and drops the body of its answer.
    pub async fn done(&self, request: &Request) -> Result<Answer<()>, SourceError> {
        self.send(request, |_| Ok(())).await
    }

    /// The one way out: pace, authenticate, send, classify, perhaps wait and repeat.
    ///
    /// `read` makes a value of the whole body; a body it cannot read (HTML, cut JSON) counts as a fault and is asked for
    /// again.
    pub async fn send<T>(
        &self,
        request: &Request,
        read: impl Fn(Vec<u8>) -> Result<T, serde_json::Error>,
    ) -> Result<Answer<T>, SourceError> {
        let Repeat {
            first_wait,
            longest_wait,
            times,
            ..
        } = self.shared.repeat;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(first_wait)
            .with_max_delay(longest_wait)
            .with_max_times(times)
            .with_jitter();
        (|| self.attempt(request, &read))
            .retry(backoff)
            .when(|failed| failed.may_repeat)
            .adjust(|failed, wait| {
                // Exhausted is exhausted; else the source's own pause, if this invocation lives that long.
                let wait = failed
                    .error
                    .retry_after()
                    .or(wait)
                    .filter(|_| wait.is_some())?;
                (wait + MARGIN < self.shared.deadline.left()).then_some(wait)
            })
            .notify(|failed, wait| {
                tracing::warn!(
                    wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                    "Repeating a call to the source: {}",
                    failed.error
                );
            })
            .await
            .map_err(|mut failed| {
                let vendor = &mut failed.error.refusal_mut().vendor;
                for secret in self.shared.token.iter().chain(request.secrets()) {
                    vendor.redact(secret.expose_secret());
                }
                failed.error
            })
    }

    async fn attempt<T>(
        &self,
        request: &Request,
        read: impl Fn(Vec<u8>) -> Result<T, serde_json::Error>,
    ) -> Result<Answer<T>, Failed> {
        let shared = &*self.shared;
        let operation = || request.operation();
        if !request.path.starts_with('/') {
            return Err(Failed::finally(SourceError::invalid(
                operation(),
                "the path must begin with '/': a link to another host is not followed",
            )));
        }
        let _in_flight = shared.pace.in_flight.acquire().await.map_err(|_| {
            Failed::finally(SourceError::transient(
                operation(),
                "the client is shutting down",
            ))
        })?;
        // Last of all: what is known may change while there is nothing free.
        let turn = self.wait_for_turn(request).await?;
        shared.calls.fetch_add(1, Ordering::Relaxed);
        let sent = self.build(request).send().await;
        let mut response = sent.map_err(|error| {
            let (fault, text) = unsent(error, shared.deadline);
            Failed {
                // A connection that never stood carried nothing: even a write may be tried again.
                may_repeat: request.is_repeatable || fault == WireFault::OutOfReach,
                error: SourceError::on_the_wire(operation(), fault, text),
            }
        })?;

        let status = response.status().as_u16();
        let headers = response.headers().clone();
        turn.answered(&headers, Instant::now());
        if let Ok(mut latest) = shared.latest.lock() {
            latest.clone_from(&headers);
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > shared.repeat.max_body_bytes => {
                    drop(chunk);
                    return Err(Failed::finally(SourceError::on_the_wire(
                        operation(),
                        WireFault::TooLarge,
                        format!(
                            "the answer is larger than {} bytes; ask for smaller pages",
                            shared.repeat.max_body_bytes
                        ),
                    )));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // An error's body is only commentary.
                Err(_) if status >= 400 => break,
                Err(error) => {
                    let text = format!("the answer broke off: {}", describe(error).1);
                    return Err(Failed {
                        may_repeat: request.is_repeatable,
                        error: SourceError::on_the_wire(operation(), WireFault::BrokenOff, text),
                    });
                }
            }
        }
        if !(200..300).contains(&status) {
            let failed = classify(request, status, &headers, &body, shared.deadline.now());
            if let Some(wait) = failed.error.retry_after() {
                shared.pace.hold(wait, Instant::now());
            }
            return Err(failed);
        }
        let shape = body.first().copied();
        match read(body) {
            Ok(value) => Ok(Answer {
                value,
                status,
                headers,
            }),
            Err(error) => Err(Failed {
                may_repeat: request.is_repeatable,
                error: SourceError::Transient(Refusal {
                    operation: operation(),
                    status: Some(status),
                    fault: Some(WireFault::Unreadable),
                    vendor: Vendor::said(unreadable(shape, &error)),
                }),
            }),
        }
    }

    /// Waits for a turn in the worker's share, unless the invocation ends before it comes.
    async fn wait_for_turn(&self, request: &Request) -> Result<Turn, Failed> {
        let pace = &self.shared.pace;
        loop {
            let answer = pace.next_answer();
            let wait = match pace.turn(Instant::now()) {
                Ok(turn) => return Ok(turn),
                Err(wait) => wait,
            };
            if wait + MARGIN >= self.shared.deadline.left() {
                let is_held = pace.is_held(Instant::now());
                return Err(Failed::finally(SourceError::no_turn(
                    request.operation(),
                    wait,
                    is_held,
                )));
            }
            // Whichever is first: an answer may tell of more room.
            let _ = tokio::time::timeout(wait, answer).await;
        }
    }

    fn build(&self, request: &Request) -> reqwest::RequestBuilder {
        let shared = &*self.shared;
        let mut url = format!("{}{}", shared.base_url, request.path);
        for (no, (key, value)) in request.query.iter().enumerate() {
            url.push(if no == 0 && !request.path.contains('?') {
                '?'
            } else {
                '&'
            });
            push_encoded(&mut url, key);
            url.push('=');
            push_encoded(&mut url, value);
        }
        let mut builder = shared
            .connections
            .request(request.method.clone(), url)
            .timeout(shared.deadline.left().max(Duration::from_millis(1)));
        if !request.headers.iter().any(|(name, _)| *name == "accept") {
            builder = builder.header("accept", "application/json");
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        builder = match &request.authentication {
            Authentication::Bearer => match &shared.token {
                Some(token) => builder.bearer_auth(token.expose_secret()),
                None => builder,
            },
            Authentication::Basic { user, password } => {
                builder.basic_auth(user, Some(password.expose_secret()))
            }
            Authentication::Nothing => builder,
        };
        match &request.body {
            Body::Empty => builder,
            Body::Json(bytes) => builder
                .header("content-type", "application/json")
                .body(bytes.clone()),
            Body::Form(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.expose_secret()))
                    .collect();
                builder.form(&fields)
            }
        }
    }
}
