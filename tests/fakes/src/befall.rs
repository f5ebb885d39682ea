//! What befalls an answer when a fault is due.

use crate::control::{Kind, real_now};
use crate::server::{Call, Reply, Vendor, head};
use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use futures_util::stream;
use jiff::SignedDuration;
use serde_json::Value;
use std::time::Duration;

/// What a fault answers in place of the vendor; none when the vendor answers and something befalls that answer.
pub(crate) fn instead<V: Vendor>(kind: &Kind, vendor: &V, skew: i64) -> Option<Reply> {
    let with_status = |code: u16, body: Option<&String>, wait: Option<String>| {
        let body = body.cloned().unwrap_or_else(|| vendor.error_body(code));
        let wait = wait.map(|wait| ("retry-after", wait));
        let kind = body
            .starts_with('<')
            .then(|| ("content-type", "text/html; charset=utf-8".to_owned()));
        Reply {
            status: code,
            headers: wait.into_iter().chain(kind).collect(),
            body: body.into(),
        }
    };
    match kind {
        Kind::Status {
            code,
            retry_after,
            body,
        } => Some(with_status(
            *code,
            body.as_ref(),
            retry_after.map(|seconds| seconds.to_string()),
        )),
        Kind::RetryAfterDate { code, seconds } => Some(with_status(
            *code,
            None,
            Some(http_date(skew.saturating_add(*seconds))),
        )),
        Kind::Html => Some(Reply {
            status: 200,
            headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
            body: b"<!DOCTYPE html><html><body><h1>We are setting things up</h1></body></html>"
                .to_vec(),
        }),
        Kind::GarbageJson => Some(Reply::json(
            200,
            r#"{"conversations":[{"conversationId":,,}],"records":"#,
        )),
        _ => None,
    }
}

/// A date as HTTP writes it, so many seconds from the real now.
pub(crate) fn http_date(seconds: i64) -> String {
    let at = real_now().saturating_add(SignedDuration::from_secs(seconds));
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    at.ok()
        .and_then(|at| printer.timestamp_to_rfc9110_string(&at).ok())
        .unwrap_or_default()
}

/// What the pages of one reading have in common: the path, and of a body everything but the number of the page.
pub(crate) fn page_key(call: &Call) -> String {
    match serde_json::from_slice::<Value>(&call.body) {
        Ok(mut body) if body["paging"].is_object() => {
            body["paging"]["pageNumber"] = Value::Null;
            format!("{} {body}", call.path)
        }
        _ => call.path.clone(),
    }
}

/// Promises the whole body, sends half of it and cuts the connection.
pub(crate) fn break_off(reply: &Reply) -> Response {
    let head = head(reply).header(header::CONTENT_LENGTH, reply.body.len().max(2));
    let half = reply.body[..reply.body.len() / 2].to_vec();
    let parts = stream::unfold(Some(half), |left| async move {
        match left {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Vec::new()))),
            Some(_) => {
                // Let the first half reach the other side.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((
                    Err(std::io::Error::other("the connection was to be cut")),
                    None,
                ))
            }
            None => None,
        }
    });
    head.body(Body::from_stream(parts))
        .unwrap_or_else(|_| Response::new(Body::from("a header could not be written")))
}
