//! S3 and Secrets Manager as far as a window needs them, in memory: the disk is not what is measured.

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Objects by key, each with the number of its writing as entity tag.
type Objects = BTreeMap<String, (u64, Bytes)>;

/// One bucket, without signatures and listings: objects are read, written, and written on condition.
#[derive(Debug, Clone, Default)]
pub struct Bucket(Arc<Mutex<Objects>>);

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Base URL.
    pub url: String,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bucket {
    /// The bytes of an object.
    pub fn get(&self, key: &str) -> Result<Bytes> {
        let objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, bytes) = objects
            .get(key)
            .with_context(|| format!("{key} is missing"))?;
        Ok(bytes.clone())
    }

    /// Forgets every object.
    pub fn clear(&self) {
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        objects.clear();
    }

    fn answer(&self, method: &Method, key: &str, conditions: &Conditions, body: Bytes) -> Response {
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tag = |number: u64| format!("\"{number}\"");
        let present = objects.get(key).map(|(number, _)| *number);
        if method == Method::GET {
            return match objects.get(key) {
                Some((number, bytes)) => ([("etag", tag(*number))], bytes.clone()).into_response(),
                None => refused(StatusCode::NOT_FOUND, "NoSuchKey"),
            };
        }
        if method != Method::PUT {
            return refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented");
        }
        let has_other = |wanted: &String| present.map(tag).as_ref() != Some(wanted);
        if (conditions.must_be_new && present.is_some())
            || conditions.must_have_tag.as_ref().is_some_and(has_other)
        {
            return refused(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let number = present.unwrap_or(0) + 1;
        objects.insert(key.to_owned(), (number, body));
        [("etag", tag(number))].into_response()
    }
}

struct Conditions {
    must_be_new: bool,
    must_have_tag: Option<String>,
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code></Error>")).into_response()
}

/// Serves `bucket` under the path `/bench/`.
pub async fn s3(bucket: &Bucket) -> Result<Served> {
    serve(Router::new().fallback(object).with_state(bucket.clone())).await
}

async fn object(State(bucket): State<Bucket>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return refused(StatusCode::BAD_REQUEST, "IncompleteBody");
    };
    let header = |name: &str| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(ToOwned::to_owned)
    };
    let conditions = Conditions {
        must_be_new: header("if-none-match").is_some(),
        must_have_tag: header("if-match"),
    };
    let key = parts.uri.path().trim_start_matches("/bench/");
    let key = key.replace("%3D", "=");
    bucket.answer(&parts.method, &key, &conditions, body)
}

/// Serves one secret, whatever its name: a token that was granted, and for Salesforce the organisation it is for.
pub async fn secrets_manager(access_token: &str, instance_url: Option<&str>) -> Result<Served> {
    let mut token = json!({"access_token": access_token, "expires_at": "2099-01-01T00:00:00Z"});
    if let Some(url) = instance_url {
        token["instance_url"] = json!(url);
    }
    let answer = json!({"Name": "token", "SecretString": token.to_string()}).to_string();
    let secret = async move || {
        let headers = [("content-type", "application/x-amz-json-1.1")];
        (headers, Body::from(answer.clone())).into_response()
    };
    serve(Router::new().fallback(secret)).await
}

/// Serves `app` on a free port of this machine.
pub(crate) async fn serve(app: Router) -> Result<Served> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        // It ends with the task.
        let _ = axum::serve(listener, app).await;
    });
    Ok(Served { url, task })
}
