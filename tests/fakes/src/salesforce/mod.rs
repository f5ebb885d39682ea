//! The fake Salesforce: the three OAuth flows, REST queries, limits and descriptions.

mod oauth;
mod query;
pub mod soql;

use crate::control::Control;
use crate::server::{self, Call, Reply, Running, Vendor};
use crate::world::{Object, World};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port on 127.0.0.1; 0 is a free one.
    pub port: u16,
    /// Consumer key of the app it knows.
    pub client_id: String,
    /// Consumer secret of that app.
    pub client_secret: String,
    /// The user JWT assertions may act for.
    pub username: String,
    /// The public key (DER, as `SubjectPublicKeyInfo` or PKCS#1) that JWT assertions must be signed for. Without one the
    /// claims are checked and the signature is not.
    pub jwt_public_key: Option<Vec<u8>>,
    /// The first refresh token.
    pub refresh_token: String,
    /// Whether each refresh token works once.
    pub rotates_refresh_tokens: bool,
    /// How long an access token lives (the answer does not say).
    pub session_seconds: u64,
    /// Most records of one answer.
    pub page_size: usize,
    /// API requests of a day; one more is refused.
    pub daily_requests: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            client_id: "twin-client".to_owned(),
            client_secret: "twin-secret".to_owned(),
            username: "integration@example.com".to_owned(),
            jwt_public_key: None,
            refresh_token: "twin-refresh-token".to_owned(),
            rotates_refresh_tokens: true,
            session_seconds: 7200,
            page_size: 2000,
            daily_requests: 100_000,
        }
    }
}

/// Versions of the API that are served.
const VERSIONS: [(&str, &str); 3] = [
    ("65.0", "Winter '26"),
    ("66.0", "Spring '26"),
    ("67.0", "Summer '26"),
];

/// The server.
#[derive(Debug)]
pub struct FakeSalesforce {
    world: Arc<World>,
    options: Options,
    url: String,
    control: Control,
    sessions: oauth::Sessions,
    cursors: query::Cursors,
    used: AtomicU64,
}

impl FakeSalesforce {
    /// Serves a world on 127.0.0.1 until the handle is stopped or dropped. Login and API share one base URL.
    pub fn start(world: Arc<World>, options: Options) -> anyhow::Result<Running> {
        let port = options.port;
        server::start("fake-salesforce", port, move |url| {
            Ok(Self {
                world,
                sessions: oauth::Sessions::new(&options),
                options,
                url: url.to_owned(),
                control: Control::default(),
                cursors: query::Cursors::default(),
                used: AtomicU64::new(0),
            })
        })
    }

    fn api(&self, call: &Call, version: &str, rest: &[&str]) -> Result<Reply, Problem> {
        let Some(token) = call.bearer() else {
            return Err(Problem::new(
                401,
                "INVALID_AUTH_HEADER",
                "INVALID_HEADER_TYPE",
            ));
        };
        if !self.sessions.knows(token) {
            return Err(Problem::new(
                401,
                "INVALID_SESSION_ID",
                "Session expired or invalid",
            ));
        }
        if !VERSIONS
            .iter()
            .any(|(known, _)| version == format!("v{known}"))
        {
            return Err(Problem::new(
                404,
                "NOT_FOUND",
                "The requested resource does not exist",
            ));
        }
        if self.used.fetch_add(1, Ordering::Relaxed) >= self.options.daily_requests {
            return Err(Problem::new(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            ));
        }
        if call.method != "GET" {
            return Err(Problem::new(
                405,
                "METHOD_NOT_ALLOWED",
                format!(
                    "HTTP Method '{}' not allowed. Allowed are HEAD,GET",
                    call.method
                ),
            ));
        }
        match rest {
            ["query" | "queryAll"] => {
                let text = call.parameter("q").ok_or_else(|| {
                    Problem::bad("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
                })?;
                self.query(text, rest == ["queryAll"], version)
            }
            // After `queryAll` the next page is under `query` too.
            ["query", locator] if call.query.is_empty() => self.more(locator, version),
            ["query", _] => Err(Problem::bad(
                "INVALID_QUERY_LOCATOR",
                "invalid query locator",
            )),
            ["limits"] => Ok(self.limits()),
            ["sobjects", name, "describe"] => Self::describe(name),
            _ => Err(Problem::new(
                404,
                "NOT_FOUND",
                "The requested resource does not exist",
            )),
        }
    }

    fn limits(&self) -> Reply {
        let (used, max) = self.usage();
        let body = json!({
            "DailyApiRequests": {"Max": max, "Remaining": max.saturating_sub(used)},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        });
        Reply::json(200, body.to_string())
    }

    fn usage(&self) -> (u64, u64) {
        let max = self.options.daily_requests;
        (self.used.load(Ordering::Relaxed).min(max), max)
    }

    fn describe(name: &str) -> Result<Reply, Problem> {
        let object = find(name).ok_or_else(|| {
            Problem::new(404, "NOT_FOUND", "The requested resource does not exist")
        })?;
        let fields: Vec<Value> = object
            .fields()
            .iter()
            .map(|field| {
                json!({
                    "name": field.name, "type": field.kind, "length": field.length, "byteLength": field.length * 3,
                    "nillable": field.nillable, "calculated": false, "custom": field.name.ends_with("__c"),
                    "relationshipName": match field.name { "OwnerId" => Some("Owner"), "AccountId" => Some("Account"), _ => None },
                })
            })
            .collect();
        let body = json!({"name": object.name(), "label": object.name(), "queryable": true, "fields": fields});
        Ok(Reply::json(200, body.to_string()))
    }
}

/// The object of a name; names do not heed case.
pub(crate) fn find(name: &str) -> Option<Object> {
    Object::ALL
        .into_iter()
        .find(|object| object.name().eq_ignore_ascii_case(name))
}

impl Vendor for FakeSalesforce {
    fn control(&self) -> &Control {
        &self.control
    }

    fn answer(&self, call: &Call) -> Reply {
        let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["services", "oauth2", "token"] => self.token(call),
            ["services", "data"] => {
                let versions = VERSIONS
                    .map(|(version, label)| json!({"version": version, "label": label, "url": format!("/services/data/v{version}")}));
                Reply::json(200, json!(versions).to_string())
            }
            ["services", "data", version, rest @ ..] => {
                let mut reply = self.api(call, version, rest).unwrap_or_else(Problem::reply);
                if reply.status != 401 {
                    let (used, max) = self.usage();
                    reply
                        .headers
                        .push(("sforce-limit-info", format!("api-usage={used}/{max}")));
                }
                reply
            }
            _ => Problem::new(404, "NOT_FOUND", "The requested resource does not exist").reply(),
        }
    }

    fn error_body(&self, status: u16) -> String {
        let (code, message) = match status {
            401 => ("INVALID_SESSION_ID", "Session expired or invalid"),
            403 => ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            404 => ("NOT_FOUND", "The requested resource does not exist"),
            // Nothing comes with these.
            406 | 420 => return String::new(),
            503 => ("SERVER_UNAVAILABLE", "Server unavailable"),
            _ => ("UNKNOWN_EXCEPTION", "An unexpected error occurred"),
        };
        json!([{"message": message, "errorCode": code}]).to_string()
    }

    fn truth(&self, call: &Call) -> Result<Value, String> {
        crate::genesys::truth(&self.world, call)
    }
}

/// An answer with the list of errors the REST API sends.
#[derive(Debug)]
struct Problem {
    status: u16,
    code: &'static str,
    message: String,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    fn reply(self) -> Reply {
        let body = json!([{"message": self.message, "errorCode": self.code}]);
        Reply::json(self.status, body.to_string())
    }
}
