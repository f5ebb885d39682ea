//! The loop around a function's library half.

use crate::{Deadline, Failure};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use tracing_subscriber::EnvFilter;

/// Log lines as JSON on standard output, at `LOG_LEVEL` (default `info`).
pub fn init_telemetry() {
    let level = std::env::var("LOG_LEVEL")
        .ok()
        .filter(|level| !level.is_empty())
        .unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(&level).unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_target(false)
        .try_init();
}

/// Builds the state once, then answers events until Lambda ends the process.
///
/// The request is parsed here, so that a request with an unknown field or a wrong value fails as `Invalid` and names it.
/// When `init` fails, the process stays and answers every event with that failure: the state machine then shows the
/// reason, where a process that dies at start shows only that it died.
pub async fn serve<S, R, O, H, F>(
    init: impl Future<Output = Result<S, Failure>>,
    handler: H,
) -> Result<(), lambda_runtime::Error>
where
    R: DeserializeOwned,
    O: Serialize,
    H: Fn(&'static S, R, Deadline) -> F,
    F: Future<Output = Result<O, Failure>>,
    S: 'static,
{
    init_telemetry();
    // One state per process, for as long as the process lives.
    let state: &'static Result<S, Failure> = Box::leak(Box::new(Box::pin(init).await));
    let handler = &handler;
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<serde_json::Value>| async move {
            let deadline = Deadline::of(&event.context);
            let answer = async {
                let state = state.as_ref().map_err(Clone::clone)?;
                let request = serde_path_to_error::deserialize::<_, R>(event.payload)
                    .map_err(|error| Failure::invalid(format!("request, at {error}")))?;
                Box::pin(handler(state, request, deadline)).await
            };
            answer.await.map_err(|failure| {
                tracing::error!(kind = %failure.kind, "{}", failure.message);
                Diagnostic::from(failure)
            })
        },
    ))
    .await
}
