//! The fake Genesys Cloud: login, conversation details by query, by job and by id, aggregates, reference data, external
//! contacts and workforce management.

mod adherence;
mod aggregates;
mod contacts;
mod dimensions;
mod filter;
mod interval;
mod jobs;
mod limits;
mod login;
mod lookup;
mod options;
mod query;
mod reference;
mod workforce;

pub use options::{Options, StartFilter};

use crate::control::{Control, Kind};
use crate::openapi;
use crate::server::{self, Call, Reply, Running, Vendor};
use crate::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The server.
#[derive(Debug)]
pub struct FakeGenesys {
    world: Arc<World>,
    options: Options,
    control: Control,
    login: login::Logins,
    limits: limits::Limits,
    jobs: jobs::Jobs,
    adherence: workforce::AdherenceJobs,
    queries: query::Recent,
    correlation: AtomicU64,
    next_job: AtomicU64,
    started: Instant,
    /// Base URL of the server itself.
    url: String,
}

impl FakeGenesys {
    /// Serves a world on 127.0.0.1 until the handle is stopped or dropped. Login and API share one base URL.
    pub fn start(world: Arc<World>, options: Options) -> anyhow::Result<Running> {
        let port = options.port;
        server::start("fake-genesys", port, move |url| {
            Ok(Self {
                world,
                options,
                control: Control::default(),
                login: login::Logins::default(),
                limits: limits::Limits::default(),
                jobs: jobs::Jobs::default(),
                adherence: workforce::AdherenceJobs::default(),
                queries: query::Recent::default(),
                correlation: AtomicU64::new(1),
                next_job: AtomicU64::new(1),
                started: Instant::now(),
                url: url.to_owned(),
            })
        })
    }

    /// True when what there is depends on what time it is: records settle, or somebody has set the clock.
    fn time_matters(&self) -> bool {
        self.options.settling.is_some() || self.control.now().is_some()
    }

    /// Until when jobs have data, in milliseconds.
    fn available_ms(&self) -> i64 {
        if let Some(said) = self.options.availability {
            return crate::world::ceil_ms(said);
        }
        if !self.time_matters() {
            return self.world.end_ms;
        }
        // The lake goes on when nothing happens any more: how the last days went on is known some days later.
        let lag = i64::from(self.options.lag_seconds) * 1000;
        self.control.time().as_millisecond() - lag
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
        self.refuse_broken(call)?;
        let rest = call.path.trim_start_matches("/api/v2/");
        let parts: Vec<&str> = rest.split('/').collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("POST", ["analytics", subject, "aggregates", "query"]) => match *subject {
                "conversations" => self.conversation_aggregates(&body),
                "users" => self.user_aggregates(&body),
                "evaluations" => self.evaluation_aggregates(&body),
                "surveys" => self.survey_aggregates(&body),
                _ => Err(unserved()),
            },
            (method, ["analytics", "conversations", "details", rest @ ..]) => {
                self.details(method, rest, call, &body)
            }
            ("GET", ["analytics", "conversations", id, "details"]) => self.details_of(id),
            ("GET", ["conversations", id]) => self.conversation(id),
            ("GET", ["routing", "queues"]) => Self::listing(call, self.world.queues()),
            ("GET", ["routing", "wrapupcodes"]) => Self::listing(call, self.world.wrapup_codes()),
            ("GET", ["authorization", "divisions"]) => Self::listing(call, self.world.divisions()),
            ("GET", ["users"]) => self.users(call),
            ("GET", ["externalcontacts", "externalsources"]) => Ok(self.external_sources()),
            ("GET", ["externalcontacts", "contacts", id]) => self.contact(id),
            ("POST", ["externalcontacts", "bulk", "contacts"]) => self.bulk_contacts(&body),
            ("GET", ["outbound", "campaigns"]) => self.campaigns(call),
            (method, ["workforcemanagement", rest @ ..]) => {
                self.workforce(method, rest, call, &body)
            }
            _ => Err(unserved()),
        }
    }

    /// Whether a text names something whose requests always fail.
    fn is_broken(&self, text: &str) -> bool {
        self.options
            .broken
            .iter()
            .any(|id| text.contains(id.as_str()))
    }

    fn refuse_broken(&self, call: &Call) -> Result<(), Problem> {
        let status = self.options.broken_status;
        let names = self.is_broken(&call.full)
            || !self.options.broken.is_empty()
                && self.is_broken(&String::from_utf8_lossy(&call.body));
        if names && status != 200 {
            return Err(Problem::standard(status));
        }
        Ok(())
    }

    /// Everything below `/analytics/conversations/details`.
    fn details(
        &self,
        method: &str,
        rest: &[&str],
        call: &Call,
        body: &Value,
    ) -> Result<Reply, Problem> {
        match (method, rest) {
            ("GET", []) => self.details_by_id(call),
            ("POST", ["query"]) => self.details_query(call, body),
            ("POST", ["jobs"]) => self.create_job(call, body),
            ("GET", ["jobs", "availability"]) => {
                let date = crate::world::instant(self.available_ms());
                let body = json!({"dataAvailabilityDate": date});
                Ok(Reply::json(200, body.to_string()))
            }
            ("GET", ["jobs", id]) => self.job_state(id, call),
            ("DELETE", ["jobs", id]) => self.delete_job(id),
            ("GET", ["jobs", id, "results"]) => self.job_results(id, call),
            _ => Err(unserved()),
        }
    }

    /// Everything below `/workforcemanagement`.
    fn workforce(
        &self,
        method: &str,
        rest: &[&str],
        call: &Call,
        body: &Value,
    ) -> Result<Reply, Problem> {
        let all =
            |entities: Vec<Value>| Ok(Reply::json(200, json!({"entities": entities}).to_string()));
        match (method, rest) {
            ("GET", ["businessunits"]) => all(self.world.business_units()),
            ("GET", ["managementunits"]) => all(self.world.management_units()),
            ("GET", ["managementunits", id, "users"]) => self.unit_users(id),
            ("POST", ["adherence", "historical", "bulk"]) => self.create_adherence(call, body),
            ("GET", ["adherence", "historical", "bulk", "jobs", id]) => {
                self.adherence_job(id, call)
            }
            _ => Err(unserved()),
        }
    }

    fn authorized(&self, call: &Call, id: &str) -> Result<Reply, Problem> {
        let token = call.bearer().ok_or_else(|| {
            let message = "No authentication bearer token specified in authorization header.";
            Problem::new(401, "authentication.required", message)
        })?;
        let expires = |kind: &Kind| *kind == Kind::ExpireToken;
        if self.control.faults.take(&call.full, expires).is_some() {
            self.login.forget_all();
        }
        if !self.login.knows(token) {
            return Err(Problem::new(
                401,
                "bad.credentials",
                "Invalid login credentials.",
            ));
        }
        let window = Duration::from_secs(self.options.window_seconds);
        let used = self
            .limits
            .count(token, self.options.requests_per_minute, window);
        self.control.requests.note_window(u64::from(used.count));
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
        } else if call.path.starts_with("/historicalAdherence/") {
            return self.download(call);
        } else {
            Problem::not_found("The requested resource could not be found.").reply(Some(&id))
        };
        reply.headers.push(("inin-correlation-id", id));
        reply
    }

    fn error_body(&self, status: u16) -> String {
        let (code, message) = usual(status);
        json!({"message": message, "code": code, "status": status}).to_string()
    }

    fn compresses(&self) -> bool {
        self.options.compress
    }

    fn truth(&self, call: &Call) -> Result<Value, String> {
        let mut said = truth(&self.world, call)?;
        let [from, to] = ["from", "to"].map(|name| said[name].as_str().unwrap_or_default().parse());
        if let (Ok(from), Ok(to)) = (from, to) {
            let shown = self.world.visible(from, to, &self.view());
            said["shown"] = json!({
                "now": self.control.time(), "records": shown.shown(), "changed": shown.changed,
                "hidden": shown.hidden, "not_yet": shown.not_yet,
            });
        }
        Ok(said)
    }
}

/// What the source says with a status when it has nothing better to say.
const fn usual(status: u16) -> (&'static str, &'static str) {
    match status {
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
    }
}

fn unserved() -> Problem {
    Problem::not_found("The fake does not serve this operation.")
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

    /// What the source says with a status when it has nothing better to say.
    pub(crate) fn standard(status: u16) -> Self {
        let (code, message) = usual(status);
        Self::new(status, code, message)
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
