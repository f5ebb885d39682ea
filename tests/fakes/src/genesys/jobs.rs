//! Details jobs: create, ask, read by cursor, delete.

use super::filter::Filters;
use super::interval::Interval;
use super::query::{order, write_conversations};
use super::{FakeGenesys, Problem};
use crate::control::{Kind, locked};
use crate::server::{Call, Reply};
use crate::world::rng::Uuid;
use crate::world::text::{DAY_MS, instant};
use crate::world::{Form, instant as timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// The largest page of results.
const LARGEST_PAGE: usize = 1000;

/// Jobs by their id.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<HashMap<String, Job>>);

#[derive(Debug, Clone)]
struct Job {
    selected: Arc<Vec<u32>>,
    polls: u32,
    fails: bool,
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
        let mut selected: Vec<u32> = chosen
            .into_iter()
            .filter(|&index| index < available)
            .filter(|&index| filters.is_empty() || filters.hold(&self.world.build(index)))
            .filter_map(|index| u32::try_from(index).ok())
            .collect();
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
        // A counter of its own, counted up at once: two jobs posted at the same time must not share an id.
        let number = self
            .next_job
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = Uuid::new(self.world.seed, 99, number).to_string();
        jobs.insert(
            id.clone(),
            Job {
                selected: Arc::new(selected),
                polls: 0,
                fails,
            },
        );
        Ok(Reply::json(202, json!({"jobId": id}).to_string()))
    }

    pub(super) fn job_state(&self, id: &str) -> Result<Reply, Problem> {
        let mut jobs = locked(&self.jobs.0);
        let job = jobs.get_mut(id).ok_or_else(|| unknown(id))?;
        job.polls = job.polls.saturating_add(1);
        let mut state = json!({
            "state": job.state(self.options.job_polls),
            "submissionDate": instant(self.world.end_ms),
        });
        if job.is_over(self.options.job_polls) {
            state["completionDate"] = json!(instant(self.world.end_ms + 30_000));
            state["expirationDate"] = json!(instant(self.world.end_ms + DAY_MS));
        }
        if state["state"] == "FAILED" {
            state["errorMessage"] = json!("The query could not be completed");
        }
        Ok(Reply::json(
            if job.is_over(self.options.job_polls) {
                200
            } else {
                202
            },
            state.to_string(),
        ))
    }

    pub(super) fn delete_job(&self, id: &str) -> Result<Reply, Problem> {
        locked(&self.jobs.0).remove(id).ok_or_else(|| unknown(id))?;
        Ok(Reply::json(204, Vec::new()))
    }

    pub(super) fn job_results(&self, id: &str, call: &Call) -> Result<Reply, Problem> {
        let job = locked(&self.jobs.0)
            .get(id)
            .cloned()
            .ok_or_else(|| unknown(id))?;
        let state = job.state(self.options.job_polls);
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
            Some(cursor) => read_cursor(cursor, id)
                .filter(|&from| from < job.selected.len())
                .ok_or_else(|| Problem::bad("The cursor is not one of this job's."))?,
        };
        let to = (from + size).min(job.selected.len());
        let mut out = String::with_capacity(5120 * (to - from) + 256);
        out.push('{');
        write_conversations(&self.world, &job.selected[from..to], Form::Job, &mut out);
        if to < job.selected.len() {
            let _ = write!(
                out,
                ",\"cursor\":\"{}\"",
                URL_SAFE_NO_PAD.encode(format!("{id}:{to}"))
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
    const fn is_over(&self, polls: u32) -> bool {
        self.polls > polls
    }

    const fn state(&self, polls: u32) -> &'static str {
        match (self.is_over(polls), self.fails, self.polls) {
            (true, true, _) => "FAILED",
            (true, false, _) => "FULFILLED",
            (false, _, 0 | 1) => "QUEUED",
            (false, _, _) => "PENDING",
        }
    }
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("Job {id} does not exist or has expired."))
}

fn read_cursor(cursor: &str, id: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix(id)?.strip_prefix(':')?.parse().ok()
}
