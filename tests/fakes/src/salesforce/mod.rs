//! The fake Salesforce: the three OAuth flows, REST and bulk queries, limits and descriptions.

mod bulk;
mod condition;
mod controls;
mod csv;
mod fields;
mod groups;
mod job;
mod oauth;
mod query;
mod select;
pub mod soql;

pub use controls::{AddedField, Controls, FieldChange, Late, WidenedField};

use crate::control::Control;
use crate::fault::Kind;
use crate::server::{self, Call, Reply, Running, Vendor};
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

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
    /// A REST query that finds more records is refused with `QUERY_TIMEOUT` (one over a list of ids is not).
    pub query_timeout_rows: Option<usize>,
    /// So is one over a longer stretch of `SystemModstamp`, `CreatedDate` or `LastModifiedDate`.
    pub query_timeout_seconds: Option<u64>,
    /// How long the locator of further pages works; for ever without it.
    pub locator_seconds: Option<u64>,
    /// How often a bulk job is asked for its state before it is over.
    pub bulk_polls: u32,
    /// Most records of a page of bulk results for which no `maxRecords` is given.
    pub bulk_page_records: usize,
    /// Bulk jobs of a day; one more is refused.
    pub bulk_jobs_per_day: u64,
    /// Whether the results of a bulk job that found nothing are an empty body instead of a header.
    pub bulk_empty_body: bool,
    /// How many of a hundred records hold a NUL character in their name or subject.
    pub nul_percent: u32,
    /// Changes that become visible late; `Controls::set_late` has the last word.
    pub late: Option<Late>,
    /// What the error of an access token that is not known any more is called. Tokens that are JWTs have other names for it.
    pub session_error: String,
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
            query_timeout_rows: None,
            query_timeout_seconds: None,
            locator_seconds: None,
            bulk_polls: 2,
            bulk_page_records: 50_000,
            bulk_jobs_per_day: 10_000,
            bulk_empty_body: false,
            nul_percent: 0,
            late: None,
            session_error: "INVALID_SESSION_ID".to_owned(),
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
    jobs: bulk::Jobs,
    places: select::Places,
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
                jobs: bulk::Jobs::default(),
                places: select::Places::default(),
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
        if self.takes(call, &Kind::ExpireToken) {
            self.sessions.end_all();
        }
        if !self.sessions.knows(token) {
            let code = self.options.session_error.clone();
            return Err(Problem::new(401, code, "Session expired or invalid"));
        }
        if let Some(refused) = unserved(version) {
            return Err(refused);
        }
        if !self.control.crm.use_one(self.options.daily_requests) {
            return Err(Problem::new(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            ));
        }
        if let ["jobs", "query", rest @ ..] = rest {
            return self.bulk(call, version, rest);
        }
        if call.method != "GET" {
            return Err(Problem::method(&call.method));
        }
        match rest {
            ["query" | "queryAll"] => {
                let text = call.parameter("q").ok_or_else(|| {
                    Problem::bad("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
                })?;
                self.query(call, text, rest == ["queryAll"], version)
            }
            // After `queryAll` the next page is under `query` too.
            ["query" | "queryAll", locator] if call.query.is_empty() => {
                self.more(call, locator, version)
            }
            ["query" | "queryAll", _] => Err(Problem::bad(
                "INVALID_QUERY_LOCATOR",
                "invalid query locator",
            )),
            ["limits"] => Ok(self.limits()),
            ["sobjects", name, "describe"] => self.describe(name),
            _ => Err(Problem::not_found()),
        }
    }

    fn limits(&self) -> Reply {
        let (used, max) = self.usage();
        let jobs = self.options.bulk_jobs_per_day;
        let body = json!({
            "DailyApiRequests": {"Max": max, "Remaining": max.saturating_sub(used)},
            "DailyBulkV2QueryJobs": {"Max": jobs, "Remaining": jobs.saturating_sub(self.bulk_jobs())},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        });
        Reply::json(200, body.to_string())
    }

    fn usage(&self) -> (u64, u64) {
        let max = self.options.daily_requests;
        (self.control.crm.used().min(max), max)
    }

    /// Takes one hit of a fault that is this server's to act out.
    fn takes(&self, call: &Call, wanted: &Kind) -> bool {
        let faults = &self.control.faults;
        faults.take(&call.full, |kind| kind == wanted).is_some()
    }
}

/// Longest URI, and longest URI with all headers, in bytes.
const LONGEST: usize = 16_384;

/// Why a request is refused before anybody looks at it.
fn too_long(call: &Call) -> Option<Problem> {
    let headers: usize = call
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if call.full.len() > LONGEST {
        Some(Problem::new(414, "URI_TOO_LONG", "URI Too Long"))
    } else if call.full.len() + headers > LONGEST {
        let message = "Request Header Fields Too Large";
        Some(Problem::new(431, "HEADERS_TOO_LARGE", message))
    } else {
        None
    }
}

/// Why a version is not served: it has retired, or there is none.
fn unserved(version: &str) -> Option<Problem> {
    let number = version.strip_prefix('v').unwrap_or_default();
    if VERSIONS.iter().any(|(known, _)| *known == number) {
        return None;
    }
    if number.parse::<f64>().is_ok_and(|number| number < 31.0) {
        let message = "The requested version has been retired";
        return Some(Problem::new(410, "GONE", message));
    }
    Some(Problem::not_found())
}

impl Vendor for FakeSalesforce {
    fn control(&self) -> &Control {
        &self.control
    }

    fn answer(&self, call: &Call) -> Reply {
        if let Some(refused) = too_long(call) {
            return refused.reply();
        }
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
            _ => Problem::not_found().reply(),
        }
    }

    fn compresses(&self) -> bool {
        true
    }

    fn repeats_pages(&self) -> bool {
        true
    }

    fn error_body(&self, status: u16) -> String {
        let (code, message) = match status {
            401 => (
                self.options.session_error.as_str(),
                "Session expired or invalid",
            ),
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
    code: String,
    message: String,
}

impl Problem {
    fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    fn method(method: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed here");
        Self::new(405, "METHOD_NOT_ALLOWED", message)
    }

    fn reply(self) -> Reply {
        let body = json!([{"message": self.message, "errorCode": self.code}]);
        Reply::json(self.status, body.to_string())
    }
}
