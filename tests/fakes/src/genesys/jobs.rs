//! Details jobs: create, ask, read by cursor, delete.

use super::filter::Filters;
use super::interval::Interval;
use super::query::{order, write_conversations};
use super::{FakeGenesys, Options, Problem};
use crate::control::{Kind, locked};
use crate::server::{Call, Reply};
use crate::world::rng::Uuid;
use crate::world::text::{DAY_MS, instant};
use crate::world::{Form, View, instant as timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The largest page of results.
const LARGEST_PAGE: usize = 1000;

/// Jobs by their id.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<HashMap<String, Job>>);

#[derive(Debug, Clone)]
struct Job {
    selected: Arc<Vec<u32>>,
    /// What could be seen when it was posted.
    view: View,
    posted: Instant,
    polls: u32,
    fails: bool,
    /// Requests it has answered since it was over.
    answered: u32,
    has_expired: bool,
}

impl FakeGenesys {
    pub(super) fn create_job(&self, call: &Call, body: &Value) -> Result<Reply, Problem> {
        let interval = Interval::parse(body["interval"].as_str().unwrap_or_default())?;
        let filters = Filters::read(body)?;
        let by_start = body["startOfDayIntervalMatching"] == true;
        let chosen = if by_start {
            self.world
                .started_in_ms(interval.from, interval.to)
                .collect()
        } else {
            self.world.alive_in_ms(interval.from, interval.to)
        };
        // The data lake knows nothing that began after its data ends.
        let available = self.world.started_in_ms(i64::MIN, self.available_ms()).end;
        let view = self.view();
        let mut selected = self.selected(
            chosen.into_iter().filter(|&index| index < available),
            &filters,
            &view,
        );
        order(&self.world, &mut selected, body);
        if let Some(limit) = body["limit"].as_u64() {
            selected.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        let fails = self
            .control
            .faults
            .take(&call.full, |kind| *kind == Kind::FailJob)
            .is_some();
        let mut jobs = locked(&self.jobs.0);
        let under_way = jobs
            .values_mut()
            .map(|job| job.state(&self.options))
            .filter(|state| matches!(*state, "QUEUED" | "PENDING"))
            .count();
        if under_way >= self.options.concurrent_jobs {
            return Err(Problem::new(
                429,
                "details.jobs.concurrent.access.max",
                format!("The maximum of {under_way} concurrent details jobs has been reached."),
            ));
        }
        // A counter of its own, counted up at once: two jobs posted at the same time must not share an id.
        let number = self
            .next_job
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = Uuid::new(self.world.seed, 99, number).to_string();
        jobs.insert(
            id.clone(),
            Job {
                selected: Arc::new(selected),
                view,
                posted: Instant::now(),
                polls: 0,
                fails,
                answered: 0,
                has_expired: false,
            },
        );
        Ok(Reply::json(202, json!({"jobId": id}).to_string()))
    }

    pub(super) fn job_state(&self, id: &str, call: &Call) -> Result<Reply, Problem> {
        let mut jobs = locked(&self.jobs.0);
        let job = jobs.get_mut(id).ok_or_else(|| unknown(id))?;
        job.polls = job.polls.saturating_add(1);
        let state = self.asked(job, call);
        let mut body = json!({
            "state": state,
            "submissionDate": instant(self.world.end_ms),
        });
        let is_over = job.is_over(&self.options);
        if is_over {
            body["completionDate"] = json!(instant(self.world.end_ms + 30_000));
            body["expirationDate"] = json!(instant(self.world.end_ms + DAY_MS));
        }
        if state == "FAILED" {
            body["errorMessage"] = json!("The query could not be completed");
        }
        let status = if is_over { 200 } else { 202 };
        Ok(Reply::json(status, body.to_string()))
    }

    /// The state of a job that is asked for its state or its results: either uses up its life.
    fn asked(&self, job: &mut Job, call: &Call) -> &'static str {
        let expires = |kind: &Kind| *kind == Kind::ExpireJob;
        if self.control.faults.take(&call.full, expires).is_some() {
            job.has_expired = true;
        }
        if job.is_over(&self.options) {
            job.answered = job.answered.saturating_add(1);
        }
        job.state(&self.options)
    }

    pub(super) fn delete_job(&self, id: &str) -> Result<Reply, Problem> {
        locked(&self.jobs.0).remove(id).ok_or_else(|| unknown(id))?;
        Ok(Reply::json(204, Vec::new()))
    }

    pub(super) fn job_results(&self, id: &str, call: &Call) -> Result<Reply, Problem> {
        let (job, state) = {
            let mut jobs = locked(&self.jobs.0);
            let job = jobs.get_mut(id).ok_or_else(|| unknown(id))?;
            let state = self.asked(job, call);
            (job.clone(), state)
        };
        if state == "EXPIRED" {
            return Err(unknown(id));
        }
        if state != "FULFILLED" {
            return Err(Problem::bad(format!(
                "The results of job {id} cannot be read while its state is {state}."
            )));
        }
        let size = call
            .parameter("pageSize")
            .map_or(Some(LARGEST_PAGE), |text| text.parse().ok());
        let Some(size @ 1..=LARGEST_PAGE) = size else {
            return Err(Problem::bad(format!(
                "pageSize must lie between 1 and {LARGEST_PAGE}"
            )));
        };
        let from = match call.parameter("cursor") {
            None => 0,
            Some(cursor) => {
                let (from, issued) = read_cursor(cursor, id)
                    .filter(|&(from, _)| from < job.selected.len())
                    .ok_or_else(|| Problem::bad("The cursor is not one of this job's."))?;
                let expires = |kind: &Kind| *kind == Kind::ExpireCursor;
                let is_forced = self.control.faults.take(&call.full, expires).is_some();
                let age = self.started.elapsed().saturating_sub(issued);
                if is_forced || age > Duration::from_secs(self.options.cursor_seconds) {
                    return Err(Problem::bad(format!(
                        "The cursor [{cursor}] has expired. Read the results again from their beginning."
                    )));
                }
                from
            }
        };
        let to = (from + size).min(job.selected.len());
        let mut out = String::with_capacity(5120 * (to - from) + 256);
        out.push('{');
        let page = &job.selected[from..to];
        write_conversations(&self.world, page, Form::Job, &job.view, &mut out);
        if to < job.selected.len() {
            let _ = write!(
                out,
                ",\"cursor\":\"{}\"",
                URL_SAFE_NO_PAD.encode(format!("{id}:{to}:{}", self.started.elapsed().as_millis()))
            );
        }
        let _ = write!(
            out,
            ",\"dataAvailabilityDate\":\"{}\"}}",
            timestamp(self.available_ms())
        );
        Ok(Reply::json(200, out))
    }
}

impl Job {
    fn is_over(&self, options: &Options) -> bool {
        self.has_expired || self.polls > options.job_polls
    }

    fn state(&mut self, options: &Options) -> &'static str {
        let life = Duration::from_secs(options.job_life_seconds);
        self.has_expired |=
            self.answered > options.job_life_requests || self.posted.elapsed() > life;
        match (self.has_expired, self.is_over(options), self.polls) {
            (true, ..) => "EXPIRED",
            (false, true, _) if self.fails => "FAILED",
            (false, true, _) => "FULFILLED",
            (false, false, 0 | 1) => "QUEUED",
            (false, false, _) => "PENDING",
        }
    }
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("Job {id} does not exist or has expired."))
}

/// The place a cursor stands for, and when it was given out, counted from the start of the server.
fn read_cursor(cursor: &str, id: &str) -> Option<(usize, Duration)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (place, issued) = text.strip_prefix(id)?.strip_prefix(':')?.split_once(':')?;
    Some((
        place.parse().ok()?,
        Duration::from_millis(issued.parse().ok()?),
    ))
}
