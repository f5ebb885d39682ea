//! A source whose answers are kept: the first time a request is passed on, and from then on answered from memory, byte for
//! byte. What a source on the same machine spends on making its answers is not measured then.

use crate::services::{Served, serve};
use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// `GET`
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Its body.
    pub body: Bytes,
    /// Compressed answers are others.
    accepts: Option<String>,
}

#[derive(Debug, Clone)]
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Debug, Default)]
struct Tape {
    order: Vec<Asked>,
    answers: HashMap<Asked, Kept>,
}

/// A server in front of a source. Equal requests get equal answers, so a window can be read again and again.
#[derive(Debug)]
pub struct Recorded {
    served: Served,
    tape: Arc<Mutex<Tape>>,
}

#[derive(Debug, Clone)]
struct Behind {
    source: String,
    client: reqwest::Client,
    tape: Arc<Mutex<Tape>>,
}

impl Recorded {
    /// In front of the source at `source`.
    pub async fn start(source: &str) -> Result<Self> {
        let tape = Arc::default();
        let behind = Behind {
            source: source.to_owned(),
            // Bytes pass as they are.
            client: reqwest::Client::builder().no_gzip().build()?,
            tape: Arc::clone(&tape),
        };
        let served = serve(Router::new().fallback(answer).with_state(behind)).await?;
        Ok(Self { served, tape })
    }

    /// Base URL.
    pub fn url(&self) -> &str {
        &self.served.url
    }

    /// The requests that were passed on, in their order.
    pub fn requests(&self) -> Vec<Asked> {
        locked(&self.tape).order.clone()
    }
}

fn locked(tape: &Mutex<Tape>) -> std::sync::MutexGuard<'_, Tape> {
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(behind): State<Behind>, request: Request) -> Response {
    match kept(&behind, request).await {
        Ok(Kept {
            status,
            headers,
            body,
        }) => (status, headers, Body::from(body)).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

async fn kept(behind: &Behind, request: Request) -> Result<Kept> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().context("no path")?;
    let accepts = parts.headers.get(header::ACCEPT_ENCODING);
    let asked = Asked {
        method: parts.method.to_string(),
        path: path.to_string(),
        body: to_bytes(body, usize::MAX).await?,
        accepts: accepts
            .map(|value| value.to_str().map(ToOwned::to_owned))
            .transpose()?,
    };
    if let Some(kept) = locked(&behind.tape).answers.get(&asked) {
        return Ok(kept.clone());
    }
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let url = format!("{}{}", behind.source, asked.path);
    let sent = behind.client.request(parts.method, url).headers(headers);
    let answer = sent.body(asked.body.clone()).send().await?;
    let status = answer.status();
    let mut headers = answer.headers().clone();
    for own in [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
    ] {
        headers.remove(own);
    }
    let kept = Kept {
        status,
        headers,
        body: answer.bytes().await?,
    };
    let mut tape = locked(&behind.tape);
    tape.order.push(asked.clone());
    tape.answers.insert(asked, kept.clone());
    Ok(kept)
}
