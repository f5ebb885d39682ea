//! The fake Genesys Cloud: login, conversation details by query and by job, reference data and external contacts.

mod contacts;
mod filter;
mod interval;
mod jobs;
mod limits;
mod login;
mod query;
mod reference;

use crate::control::Control;
use crate::openapi;
use crate::server::{self, Call, Reply, Running, Vendor};
use crate::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port on 127.0.0.1; 0 is a free one.
    pub port: u16,
    /// The OAuth client it knows.
    pub client_id: String,
    /// That client's secret.
    pub client_secret: String,
    /// How long a token lives.
    pub token_seconds: u64,
    /// Requests per minute and token; `u32::MAX` switches the limit off.
    pub requests_per_minute: u32,
    /// How many results a details query may page through.
    pub result_cap: u64,
    /// Until when a details job has data; the end of the world when none.
    pub availability: Option<Timestamp>,
    /// How many times a job must be asked for its state before it is FULFILLED.
    pub job_polls: u32,
    /// Most ids in one bulk request for external contacts.
    pub bulk_contacts: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            client_id: "twin-client".to_owned(),
            client_secret: "twin-secret".to_owned(),
            token_seconds: 86_400,
            requests_per_minute: 300,
            result_cap: 100_000,
            availability: None,
            job_polls: 2,
            bulk_contacts: 50,
        }
    }
}

/// The server.
#[derive(Debug)]
pub struct FakeGenesys {
    world: Arc<World>,
    options: Options,
    control: Control,
    login: login::Logins,
    limits: limits::Limits,
    jobs: jobs::Jobs,
    queries: query::Recent,
    correlation: AtomicU64,
    next_job: AtomicU64,
}

impl FakeGenesys {
    /// Serves a world on 127.0.0.1 until the handle is stopped or dropped. Login and API share one base URL.
    pub fn start(world: Arc<World>, options: Options) -> anyhow::Result<Running> {
        let port = options.port;
        server::start("fake-genesys", port, move |_url| {
            Ok(Self {
                world,
                options,
                control: Control::default(),
                login: login::Logins::default(),
                limits: limits::Limits::default(),
                jobs: jobs::Jobs::default(),
                queries: query::Recent::default(),
                correlation: AtomicU64::new(1),
                next_job: AtomicU64::new(1),
            })
        })
    }

    /// Until when jobs have data, in milliseconds.
    fn available_ms(&self) -> i64 {
        self.options
            .availability
            .map_or(self.world.end_ms, crate::world::ceil_ms)
    }

    fn api(&self, call: &Call) -> Result<Reply, Problem> {
        let body = match (call.method.as_str(), call.body.as_slice()) {
            ("GET" | "DELETE", []) => None,
            (_, bytes) => match serde_json::from_slice::<Value>(bytes) {
                Ok(body) => Some(body),
                Err(error) => {
                    return Err(Problem::bad(format!(
                        "The request body is no JSON: {error}"
                    )));
                }
            },
        };
        openapi::validate_request(&call.method, &call.full, body.as_ref()).map_err(|problems| {
            if problems
                .iter()
                .any(|one| one.ends_with("no such operation"))
            {
                Problem::not_found("The requested resource could not be found.")
            } else {
                Problem::bad(format!(
                    "The request does not fit the published definition: {}",
                    problems.join("; ")
                ))
            }
        })?;
        let body = body.unwrap_or_default();
        let rest = call.path.trim_start_matches("/api/v2/");
        let parts: Vec<&str> = rest.split('/').collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("POST", ["analytics", "conversations", "details", "query"]) => {
                self.details_query(&body)
            }
            ("POST", ["analytics", "conversations", "details", "jobs"]) => {
                self.create_job(call, &body)
            }
            (
                "GET",
                [
                    "analytics",
                    "conversations",
                    "details",
                    "jobs",
                    "availability",
                ],
            ) => {
                let date = crate::world::instant(self.available_ms());
                Ok(Reply::json(
                    200,
                    json!({"dataAvailabilityDate": date}).to_string(),
                ))
            }
            ("GET", ["analytics", "conversations", "details", "jobs", id]) => self.job_state(id),
            ("DELETE", ["analytics", "conversations", "details", "jobs", id]) => {
                self.delete_job(id)
            }
            (
                "GET",
                [
                    "analytics",
                    "conversations",
                    "details",
                    "jobs",
                    id,
                    "results",
                ],
            ) => self.job_results(id, call),
            ("GET", ["routing", "queues"]) => Self::listing(call, self.world.queues()),
            ("GET", ["routing", "wrapupcodes"]) => Self::listing(call, self.world.wrapup_codes()),
            ("GET", ["authorization", "divisions"]) => Self::listing(call, self.world.divisions()),
            ("GET", ["users"]) => self.users(call),
            ("GET", ["externalcontacts", "externalsources"]) => Ok(self.external_sources()),
            ("GET", ["externalcontacts", "contacts", id]) => self.contact(id),
            ("POST", ["externalcontacts", "bulk", "contacts"]) => self.bulk_contacts(&body),
            _ => Err(Problem::not_found(
                "The fake does not serve this operation.",
            )),
        }
    }

    fn authorized(&self, call: &Call, id: &str) -> Result<Reply, Problem> {
        let token = call.bearer().ok_or_else(|| {
            let message = "No authentication bearer token specified in authorization header.";
            Problem::new(401, "authentication.required", message)
        })?;
        if !self.login.knows(token) {
            return Err(Problem::new(
                401,
                "bad.credentials",
                "Invalid login credentials.",
            ));
        }
        let used = self.limits.count(token, self.options.requests_per_minute);
        let mut reply = if used.is_over() {
            let wait = used.reset;
            let message =
                format!("Rate limit exceeded the maximum. Retry the request in [{wait}] seconds");
            let mut reply = Problem::new(429, "too.many.requests.retry.after", message).reply(None);
            reply.headers.push(("retry-after", wait.to_string()));
            reply
        } else {
            self.api(call)
                .unwrap_or_else(|problem| problem.reply(Some(id)))
        };
        reply.headers.extend(used.headers());
        Ok(reply)
    }
}

impl Vendor for FakeGenesys {
    fn control(&self) -> &Control {
        &self.control
    }

    fn answer(&self, call: &Call) -> Reply {
        let number = self.correlation.fetch_add(1, Ordering::Relaxed);
        let id = crate::world::rng::Uuid::new(number, 0, 0).to_string();
        let mut reply = if call.path == "/oauth/token" {
            self.token(call)
        } else if call.path.starts_with("/api/v2/") {
            self.authorized(call, &id)
                .unwrap_or_else(|problem| problem.reply(Some(&id)))
        } else {
            Problem::not_found("The requested resource could not be found.").reply(Some(&id))
        };
        reply.headers.push(("inin-correlation-id", id));
        reply
    }

    fn error_body(&self, status: u16) -> String {
        let (code, message) = match status {
            401 => ("bad.credentials", "Invalid login credentials."),
            403 => (
                "missing.any.permissions",
                "Unable to perform the requested action. You are missing the following permission(s): analytics:conversationDetail:view",
            ),
            404 => ("not.found", "The requested resource could not be found."),
            408 => ("request.timeout", "The request timed out."),
            413 => (
                "request.entity.too.large",
                "The request is over the size limit. Maximum bytes: 512000",
            ),
            429 => (
                "too.many.requests.retry.after",
                "Rate limit exceeded the maximum. Retry the request in [1] seconds",
            ),
            503 => (
                "service.unavailable",
                "Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).",
            ),
            504 => (
                "authentication.request.timeout",
                "Authentication request timeout.",
            ),
            _ => (
                "internal.server.error",
                "The server encountered an unexpected condition which prevented it from fulfilling the request.",
            ),
        };
        json!({"message": message, "code": code, "status": status}).to_string()
    }

    fn truth(&self, call: &Call) -> Result<Value, String> {
        truth(&self.world, call)
    }
}

/// Answers `/_fake/truth`, for the whole world or for `from` and `to`.
pub(crate) fn truth(world: &World, call: &Call) -> Result<Value, String> {
    let instant = |name: &str, otherwise: Timestamp| match call.parameter(name) {
        Some(text) => text
            .parse::<Timestamp>()
            .map_err(|error| format!("{name}={text:?} is no instant: {error}")),
        None => Ok(otherwise),
    };
    Ok(world.truth_json(instant("from", world.begin())?, instant("to", world.end())?))
}

/// An answer with an error body.
#[derive(Debug)]
pub(crate) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "bad.request", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "not.found", message)
    }

    fn reply(self, correlation: Option<&str>) -> Reply {
        let mut body = json!({"message": self.message, "code": self.code, "status": self.status});
        if let Some(id) = correlation {
            body["contextId"] = json!(id);
            body["details"] = json!([]);
            body["errors"] = json!([]);
        }
        Reply::json(self.status, body.to_string())
    }
}
