//! One listening server: its own thread and runtime, so that neither a busy test nor a slow answer blocks the other.

use crate::befall::{break_off, http_date, instead, page_key};
use crate::control::{Control, Kind};
use crate::kill::kill_peer;
use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A request, read to its end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded query parameters, in their order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Path and query as they came.
    pub(crate) full: String,
}

impl Call {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The bearer token, when there is one.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    }

    /// The fields of a form body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// An answer before the faults.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// What a vendor's server does with a request.
pub(crate) trait Vendor: Send + Sync + 'static {
    fn control(&self) -> &Control;
    /// Answers a request.
    fn answer(&self, call: &Call) -> Reply;
    /// The body the vendor sends with a status a fault asks for.
    fn error_body(&self, status: u16) -> String;
    /// Whether answers are compressed for a client that accepts gzip.
    fn compresses(&self) -> bool {
        false
    }
    /// Whether it acts out `RepeatPage` itself, since it knows its pages.
    fn repeats_pages(&self) -> bool {
        false
    }
    /// What is true of the world, for `/_fake/truth`.
    fn truth(&self, call: &Call) -> Result<serde_json::Value, String>;
}

/// A server that listens on 127.0.0.1 until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    url: String,
    control: Arc<dyn Controlled>,
    stop: Option<oneshot::Sender<()>>,
    stopped: Option<oneshot::Receiver<()>>,
}

trait Controlled: Send + Sync + std::fmt::Debug {
    fn control(&self) -> &Control;
}

struct Handle<V>(Arc<V>);

impl<V> std::fmt::Debug for Handle<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Control")
    }
}

impl<V: Vendor> Controlled for Handle<V> {
    fn control(&self) -> &Control {
        self.0.control()
    }
}

impl Running {
    /// Base URL without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Faults and request counts.
    pub fn control(&self) -> &Control {
        self.control.control()
    }

    /// Cuts all connections and frees the port; returns when both are done.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(stopped) = self.stopped.take() {
            // An error means the thread is gone already.
            let _ = stopped.await;
        }
    }
}

/// Starts a server; `make` builds it from the URL it is reached at. Port 0 is a free one.
pub(crate) fn start<V: Vendor>(
    name: &str,
    port: u16,
    make: impl FnOnce(&str) -> anyhow::Result<V>,
) -> anyhow::Result<Running> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("{name} listens on 127.0.0.1:{port}"))?;
    listener
        .set_nonblocking(true)
        .context("preparing the socket")?;
    let address = listener.local_addr().context("asking for the port")?;
    let url = format!("http://{address}");
    let vendor = Arc::new(make(&url)?);
    let served = Served {
        vendor: Arc::clone(&vendor),
        port: address.port(),
    };
    let app = Router::new()
        .fallback(serve::<V>)
        .with_state(Arc::new(served))
        .into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopping) = oneshot::channel::<()>();
    let (done, stopped) = oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .with_context(|| format!("starting the runtime of {name}"))?;
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                    return;
                };
                tokio::select! {
                    _ = axum::serve(listener, app) => {}
                    // A message or the sender's end: either means stop.
                    _ = stopping => {}
                }
            });
            runtime.shutdown_timeout(Duration::from_secs(2));
            let _ = done.send(());
        })
        .with_context(|| format!("starting the thread of {name}"))?;
    Ok(Running {
        url,
        control: Arc::new(Handle(vendor)),
        stop: Some(stop),
        stopped: Some(stopped),
    })
}

struct Served<V> {
    vendor: Arc<V>,
    port: u16,
}

/// Largest request body, as Genesys Cloud's limit `request.bytes.max` says.
const MAX_BODY: usize = 512_000;

async fn serve<V: Vendor>(
    State(served): State<Arc<Served<V>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let vendor = served.vendor.as_ref();
    let (parts, body) = request.into_parts();
    let full = parts
        .uri
        .path_and_query()
        .map_or("/", |both| both.as_str())
        .to_owned();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return render(Reply::json(413, vendor.error_body(413)));
    };
    let call = Call {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body: body.into(),
        full,
    };
    if call.path.starts_with("/_fake/") {
        return render(control(vendor, &call));
    }
    let control = vendor.control();
    let fault = control.faults.take(&call.full, Kind::is_general);
    let is_skew = |kind: &Kind| matches!(kind, Kind::SkewClock(_));
    let skew = match control.faults.take(&call.full, is_skew) {
        Some(Kind::SkewClock(seconds)) => Some(seconds),
        _ => None,
    };
    let kill = || match kill_peer(peer, served.port) {
        Ok(()) => control.requests.note_killed(),
        Err(reason) => eprintln!("the fault \"kill\" has no victim: {reason}"),
    };
    let mut reply = match &fault {
        Some(Kind::Kill { after: false }) => {
            kill();
            Reply::json(500, vendor.error_body(500))
        }
        Some(kind) => {
            instead(kind, vendor, skew.unwrap_or_default()).unwrap_or_else(|| vendor.answer(&call))
        }
        None => vendor.answer(&call),
    };
    if let Some(seconds) = skew {
        reply.headers.push(("date", http_date(seconds)));
    }
    if reply.status < 300
        && !vendor.repeats_pages()
        && let Some(page) = control
            .faults
            .repeated(&page_key(&call), &call.full, &reply.body)
    {
        reply.body = page;
    }
    control
        .requests
        .note(&call.method, &call.path, reply.status);
    if fault == Some(Kind::Truncate) {
        // Before it is packed: the text ends early, the compressed stream does not.
        reply.body.truncate(reply.body.len() / 2);
    }
    if vendor.compresses() {
        compress(&call, &mut reply);
    }
    match fault {
        Some(Kind::Reset) => break_off(&reply),
        Some(Kind::Kill { after: true }) => {
            kill();
            break_off(&reply)
        }
        _ => render(reply),
    }
}

/// Bodies up to this size are not worth packing.
const SMALL: usize = 1024;

/// Packs the body for a client that accepts it.
fn compress(call: &Call, reply: &mut Reply) {
    let codings = call.header("accept-encoding").unwrap_or_default();
    let accepts = codings.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && weight.trim() != "q=0"
    });
    if reply.body.len() <= SMALL || !accepts {
        return;
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; if it did, the plain body would do.
    if packed.write_all(&reply.body).is_ok()
        && let Ok(body) = packed.finish()
    {
        reply.body = body;
        reply.headers.push(("content-encoding", "gzip".to_owned()));
    }
}

fn control<V: Vendor>(vendor: &V, call: &Call) -> Reply {
    let answer = if (call.method.as_str(), call.path.as_str()) == ("GET", "/_fake/truth") {
        Some(vendor.truth(call))
    } else {
        vendor
            .control()
            .answer(&call.method, &call.path, &call.body)
    };
    match answer {
        Some(Ok(value)) => Reply::json(200, value.to_string()),
        Some(Err(reason)) => Reply::json(400, serde_json::json!({"error": reason}).to_string()),
        None => Reply::json(
            404,
            r#"{"error":"no such control: /_fake/{clock,crm/reset,faults,late,purge,requests,requests/reset,reveal,schema,truth,usage}"}"#,
        ),
    }
}

pub(crate) fn head(reply: &Reply) -> axum::http::response::Builder {
    let mut builder = Response::builder()
        .status(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    if !reply
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        && !reply.body.is_empty()
    {
        builder = builder.header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    builder
}

fn render(reply: Reply) -> Response {
    let head = head(&reply);
    head.body(Body::from(reply.body))
        .unwrap_or_else(|_| Response::new(Body::from("a header could not be written")))
}

/// The pairs of a query or form, decoded.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    };
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(pair)
        .collect()
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded() {
        let expected = [("q", "SELECT Id FROM Case"), ("x", "ü&="), ("", "")];
        let read = pairs("q=SELECT+Id%20FROM+Case&x=%C3%BC%26%3D&=");
        let read: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(read, expected);
    }
}
