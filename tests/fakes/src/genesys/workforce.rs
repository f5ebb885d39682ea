//! Workforce management: a historical adherence job over management units, and the signed addresses of its results.

use super::adherence::{File, days, result};
use super::{FakeGenesys, Problem};
use crate::control::{Kind, locked};
use crate::server::{Call, Reply};
use crate::world::rng::{Uuid, mix};
use crate::world::text::DAY_MS;
use crate::world::{World, ceil_ms};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Adherence jobs by their id.
#[derive(Debug, Default)]
pub(super) struct AdherenceJobs(Mutex<HashMap<String, Job>>);

#[derive(Debug)]
struct Job {
    files: Vec<File>,
    polls: u32,
    fails: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    management_unit_id: String,
    start_date: Timestamp,
    end_date: Timestamp,
    user_ids: Option<Vec<String>>,
    #[serde(default)]
    include_exceptions: bool,
    #[serde(default)]
    include_actuals: bool,
}

const PATH: &str = "/api/v2/workforcemanagement/adherence/historical/bulk/jobs";

impl FakeGenesys {
    pub(super) fn create_adherence(&self, call: &Call, body: &Value) -> Result<Reply, Problem> {
        let items: Vec<Item> = serde_json::from_value(body["items"].clone())
            .map_err(|error| Problem::bad(format!("items: {error}")))?;
        if items.is_empty() {
            return Err(Problem::bad("items must not be empty"));
        }
        let name = body["timeZone"].as_str().unwrap_or_default();
        let zone = TimeZone::get(name)
            .map_err(|_| Problem::bad(format!("timeZone {name:?} is not an Olson time zone")))?;
        let mut files = Vec::new();
        for item in items {
            files.extend(self.files_of(&item, &zone)?);
        }
        let fails = self
            .control
            .faults
            .take(&call.full, |kind| *kind == Kind::FailJob)
            .is_some();
        let number = self.next_job.fetch_add(1, Ordering::Relaxed);
        let id = Uuid::new(self.world.seed, 98, number).to_string();
        let job = Job {
            files,
            polls: 0,
            fails,
        };
        let reply = json!({"job": reference(&id, "Processing")});
        locked(&self.adherence.0).insert(id, job);
        Ok(Reply::json(202, reply.to_string()))
    }

    fn files_of(&self, item: &Item, zone: &TimeZone) -> Result<Vec<File>, Problem> {
        let unit = self
            .world
            .find_unit(&item.management_unit_id)
            .ok_or_else(|| {
                Problem::not_found(format!(
                    "Management unit {:?} could not be found.",
                    item.management_unit_id
                ))
            })?;
        let span = (ceil_ms(item.start_date), ceil_ms(item.end_date));
        let most = if item.include_exceptions { 7 } else { 31 };
        if span.0 >= span.1 || span.1 - span.0 > most * DAY_MS {
            return Err(Problem::bad(format!(
                "startDate {} and endDate {} must be at most {most} days apart, in this order",
                item.start_date, item.end_date
            )));
        }
        let users: Vec<usize> = World::unit_users(unit)
            .filter(|&user| {
                let id = self.world.user_id(user).to_string();
                item.user_ids.as_ref().is_none_or(|ids| ids.contains(&id))
            })
            .collect();
        let days = days(span, zone);
        let files = users.chunks(self.options.users_per_file.max(1));
        Ok(files
            .map(|users| File {
                unit_id: item.management_unit_id.clone(),
                span,
                days: days.clone(),
                users: users.to_vec(),
                exceptions: item.include_exceptions,
                actuals: item.include_actuals,
            })
            .collect())
    }

    pub(super) fn adherence_job(&self, id: &str, call: &Call) -> Result<Reply, Problem> {
        let mut jobs = locked(&self.adherence.0);
        let expires = self
            .control
            .faults
            .take(&call.full, |kind| *kind == Kind::ExpireJob)
            .is_some();
        if expires {
            jobs.remove(id);
        }
        let job = jobs
            .get_mut(id)
            .ok_or_else(|| Problem::not_found(format!("Job {id} could not be found.")))?;
        job.polls = job.polls.saturating_add(1);
        let body = if job.polls <= self.options.job_polls {
            json!({"job": reference(id, "Processing")})
        } else if job.fails {
            json!({"job": reference(id, "Error")})
        } else {
            let urls: Vec<String> = (0..job.files.len())
                .map(|place| format!("{}{}", self.url, self.address(id, place)))
                .collect();
            json!({"job": reference(id, "Complete"), "downloadUrls": urls})
        };
        Ok(Reply::json(200, body.to_string()))
    }

    /// Path and query of a file of results.
    fn address(&self, id: &str, place: usize) -> String {
        let letters = id
            .bytes()
            .fold(self.world.seed ^ place as u64, |sum, byte| {
                mix(sum ^ u64::from(byte))
            });
        format!(
            "/historicalAdherence/{id}/{place}.json?Expires=1893456000&Signature={letters:016x}"
        )
    }

    /// A file of results: the signature in its address is all it wants to see.
    pub(super) fn download(&self, call: &Call) -> Reply {
        let refused = |status: u16, code: &str, text: &str| {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{text}</Message></Error>"
            );
            let mut reply = Reply::json(status, body);
            reply
                .headers
                .push(("content-type", "application/xml".to_owned()));
            reply
        };
        if call.method != "GET" {
            return refused(405, "MethodNotAllowed", "Use GET.");
        }
        if call.header("authorization").is_some() {
            return refused(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the Signature query string parameter or the Authorization header should be specified",
            );
        }
        let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        let (id, place) = match parts.as_slice() {
            ["historicalAdherence", id, file] => {
                (*id, file.trim_end_matches(".json").parse::<usize>().ok())
            }
            _ => ("", None),
        };
        let place = place.filter(|&place| self.address(id, place) == call.full);
        let Some(place) = place else {
            return refused(403, "AccessDenied", "Access Denied");
        };
        let file = locked(&self.adherence.0)
            .get(id)
            .and_then(|job| job.files.get(place))
            .cloned();
        match file {
            Some(file) => Reply::json(200, result(&self.world, &file).to_string()),
            None => refused(404, "NoSuchKey", "The specified key does not exist."),
        }
    }

    /// `GET /workforcemanagement/managementunits/{id}/users`
    pub(super) fn unit_users(&self, id: &str) -> Result<Reply, Problem> {
        let unit = self.world.find_unit(id).ok_or_else(|| {
            Problem::not_found(format!("Management unit {id:?} could not be found."))
        })?;
        let user = |user: usize| {
            let id = self.world.user_id(user).to_string();
            json!({"id": id, "selfUri": format!("/api/v2/users/{id}")})
        };
        let entities: Vec<Value> = World::unit_users(unit).map(user).collect();
        Ok(Reply::json(200, json!({"entities": entities}).to_string()))
    }
}

fn reference(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "selfUri": format!("{PATH}/{id}")})
}
