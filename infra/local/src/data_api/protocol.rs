//! AWS JSON 1.1 over HTTP: the target header names the operation, errors are typed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Server;
use super::kill::Moment;

/// An error as a client of AWS reads it.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    message: String,
    resource: Option<String>,
}

impl ApiError {
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "ValidationException",
            message: message.into(),
            resource: None,
        }
    }

    pub(super) fn not_found(message: impl Into<String>, resource: &str) -> Self {
        Self {
            kind: "ResourceNotFoundException",
            resource: Some(resource.to_owned()),
            ..Self::validation(message)
        }
    }

    fn unknown_operation(message: impl Into<String>) -> Self {
        Self {
            kind: "UnknownOperationException",
            ..Self::validation(message)
        }
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

/// Answers one request.
pub(super) async fn answer(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let target = headers
        .get("x-amz-target")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let operation = target.strip_prefix("RedshiftData.").unwrap_or_default();
    let doomed = server.kills.take(peer, operation);
    if let Some(doomed) = doomed.as_ref().filter(|one| one.moment == Moment::Before) {
        server.kills.end(doomed).await;
        return StatusCode::INTERNAL_SERVER_ERROR.into_response(); // nobody is left to read it
    }
    let answer = dispatch(&server, target, &body).await;
    if let Some(doomed) = doomed {
        match doomed.moment {
            Moment::Later(pause) => {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    server.kills.end(&doomed).await;
                });
            }
            Moment::Before | Moment::After => server.kills.end(&doomed).await,
        }
    }
    let (status, kind, body) = match answer {
        Ok(body) => (StatusCode::OK, None, body),
        Err(error) => {
            let mut body =
                json!({ "__type": error.kind, "message": error.message, "Message": error.message });
            if let Some(resource) = error.resource {
                body["ResourceId"] = json!(resource);
            }
            (error.status, Some(error.kind), body)
        }
    };
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    if let Ok(id) = HeaderValue::from_str(&format!("00000000-0000-4000-8000-{number:012x}")) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(kind) = kind {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(kind));
    }
    response
}

async fn dispatch(server: &Arc<Server>, target: &str, body: &[u8]) -> Result<Value, ApiError> {
    let Some(operation) = target.strip_prefix("RedshiftData.") else {
        return Err(ApiError::unknown_operation(format!(
            "X-Amz-Target \"{target}\" is no operation of RedshiftData"
        )));
    };
    match operation {
        "ExecuteStatement" => server.execute(parse(body)?, false).await,
        "BatchExecuteStatement" => server.execute(parse(body)?, true).await,
        "DescribeStatement" => server.describe(parse(body)?).await,
        "GetStatementResult" => server.result(parse(body)?, false).await,
        "GetStatementResultV2" => server.result(parse(body)?, true).await,
        "CancelStatement" => server.cancel(&parse(body)?),
        "ListStatements" => server.list(&parse(body)?),
        "ListSessions" | "ListDatabases" | "ListSchemas" | "ListTables" | "DescribeTable" => {
            Err(ApiError::validation(format!(
                "{operation} is not emulated by the local Data API: query pg_catalog or information_schema with ExecuteStatement"
            )))
        }
        other => Err(ApiError::unknown_operation(format!(
            "RedshiftData has no operation {other}"
        ))),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::validation(format!("The request cannot be read: {error}")))
}
