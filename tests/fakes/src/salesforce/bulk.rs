//! Bulk API 2.0 query jobs: created, polled, read page by page, aborted, deleted.

use super::csv::{DELIMITERS, Dialect};
use super::job::{Job, State};
use super::query::parse;
use super::select::Found;
use super::soql::features;
use super::{FakeSalesforce, Problem};
use crate::control::locked;
use crate::fault::Kind;
use crate::server::{Call, Reply};
use crate::world::crm::{Table, checksum};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Jobs that were not deleted, by id.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    created: u64,
    by_id: BTreeMap<String, Job>,
}

/// What `POST jobs/query` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewJob {
    operation: String,
    query: String,
    content_type: Option<String>,
    column_delimiter: Option<String>,
    line_ending: Option<String>,
}

impl FakeSalesforce {
    /// Answers everything under `jobs/query`.
    pub(super) fn bulk(&self, call: &Call, version: &str, rest: &[&str]) -> Result<Reply, Problem> {
        match (call.method.as_str(), rest) {
            ("POST", []) => self.create_job(call, version),
            ("GET", []) => {
                let jobs: Vec<Value> = locked(&self.jobs.0).by_id.values().map(Job::info).collect();
                let body = json!({"done": true, "records": jobs, "nextRecordsUrl": null});
                Ok(Reply::json(200, body.to_string()))
            }
            ("GET", [id]) => self.with_job(id, |job| {
                self.advance(job);
                Ok(Reply::json(200, job.info().to_string()))
            }),
            ("PATCH", [id]) => self.abort_job(call, id),
            ("DELETE", [id]) => {
                self.with_job(id, |job| {
                    if job.state.is_over() {
                        Ok(())
                    } else {
                        Err(wrong_state(
                            "A job that is not over cannot be deleted: abort it first",
                        ))
                    }
                })?;
                locked(&self.jobs.0).by_id.remove(*id);
                Ok(Reply::json(204, ""))
            }
            ("GET", [id, "results"]) => self.results(call, version, id),
            ("GET", [id, "resultPages"]) => self.result_pages(call, version, id),
            (_, [] | [_] | [_, "results" | "resultPages"]) => Err(Problem::method(&call.method)),
            _ => Err(Problem::not_found()),
        }
    }

    fn with_job<T>(
        &self,
        id: &str,
        then: impl FnOnce(&mut Job) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut jobs = locked(&self.jobs.0);
        then(jobs.by_id.get_mut(id).ok_or_else(Problem::not_found)?)
    }

    fn create_job(&self, call: &Call, version: &str) -> Result<Reply, Problem> {
        if !call
            .header("content-type")
            .unwrap_or_default()
            .starts_with("application/json")
        {
            let message = "Content-Type must be application/json";
            return Err(Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", message));
        }
        let wanted: NewJob = serde_json::from_slice(&call.body)
            .map_err(|error| Problem::bad("JSON_PARSER_ERROR", error.to_string()))?;
        let invalid = |message: String| Problem::bad("INVALIDJOB", message);
        let with_deleted = match wanted.operation.as_str() {
            "query" => false,
            "queryAll" => true,
            other => {
                return Err(invalid(format!(
                    "operation '{other}' is none of query, queryAll"
                )));
            }
        };
        if let Some(other) = wanted.content_type.filter(|kind| kind != "CSV") {
            return Err(invalid(format!(
                "contentType '{other}' is not supported, only CSV"
            )));
        }
        let delimiter = wanted
            .column_delimiter
            .unwrap_or_else(|| "COMMA".to_owned());
        let line_ending = wanted.line_ending.unwrap_or_else(|| "LF".to_owned());
        let dialect = Dialect {
            delimiter: DELIMITERS
                .iter()
                .find(|(name, _)| *name == delimiter)
                .map(|(_, sign)| *sign)
                .ok_or_else(|| invalid(format!("columnDelimiter '{delimiter}' is unknown")))?,
            line_end: match line_ending.as_str() {
                "LF" => "\n",
                "CRLF" => "\r\n",
                other => return Err(invalid(format!("lineEnding '{other}' is none of LF, CRLF"))),
            },
        };
        let found = self.for_bulk(&wanted.query, with_deleted)?;
        let end = if self.takes(call, &Kind::FailJob) {
            State::Failed
        } else if self.takes(call, &Kind::AbortJob) {
            State::Aborted
        } else {
            State::JobComplete
        };
        let mut jobs = locked(&self.jobs.0);
        if jobs.created >= self.options.bulk_jobs_per_day {
            let limit = self.options.bulk_jobs_per_day;
            let message = format!("Max bulk v2 query jobs ({limit}) per 24 hrs has been reached");
            return Err(Problem::bad("LIMIT_EXCEEDED", message));
        }
        jobs.created += 1;
        let job = Job {
            id: checksum(&format!("7505g{:010}", jobs.created)),
            with_deleted,
            version: version.to_owned(),
            dialect,
            delimiter,
            line_ending,
            created_ms: found.view.now_ms.min(self.world.end_ms),
            state: State::UploadComplete,
            end,
            polls: 0,
            found: Arc::new(found),
        };
        let mut info = job.info();
        if let Some(info) = info.as_object_mut() {
            // A new job says nothing of its progress.
            for later in [
                "jobType",
                "numberRecordsProcessed",
                "retries",
                "totalProcessingTime",
            ] {
                info.remove(later);
            }
        }
        jobs.by_id.insert(job.id.clone(), job);
        Ok(Reply::json(200, info.to_string()))
    }

    /// The rows of a statement that Bulk API 2.0 takes.
    fn for_bulk(&self, text: &str, with_deleted: bool) -> Result<Found, Problem> {
        let refused = |message: &str| Err(Problem::bad("API_ERROR", message));
        let has =
            features(text).map_err(|error| Problem::bad("MALFORMED_QUERY", error.to_string()))?;
        if has.sub_select {
            return refused(
                "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
            );
        }
        for (is_there, what) in [
            (has.group_by, "GROUP BY"),
            (has.offset, "OFFSET"),
            (has.type_of, "TYPEOF"),
            (has.fields_function, "FIELDS()"),
            (has.aggregate, "Aggregate functions"),
        ] {
            if is_there {
                return refused(&format!("{what} not supported in Bulk V2 Query"));
            }
        }
        let found = self.find(&parse(text)?, with_deleted)?;
        if found
            .columns
            .iter()
            .any(|column| column.kind() == "address")
        {
            let message = "Selecting compound data not supported in Bulk Query";
            return Err(Problem::bad("FUNCTIONALITY_NOT_ENABLED", message));
        }
        if found.table == Table::UserRole {
            let message = "Entity 'UserRole' is not supported by the Bulk API.";
            return Err(Problem::bad("INVALIDENTITY", message));
        }
        Ok(found)
    }

    /// One poll further.
    fn advance(&self, job: &mut Job) {
        if job.state.is_over() {
            return;
        }
        job.polls += 1;
        let most = self.options.bulk_polls;
        job.state = if job.polls > most {
            job.end
        } else if job.polls == 1 && most > 1 {
            State::UploadComplete
        } else {
            State::InProgress
        };
    }

    fn abort_job(&self, call: &Call, id: &str) -> Result<Reply, Problem> {
        let body: Value = serde_json::from_slice(&call.body)
            .map_err(|error| Problem::bad("JSON_PARSER_ERROR", error.to_string()))?;
        if body != json!({"state": "Aborted"}) {
            let message = "the only change a query job takes is the state Aborted";
            return Err(Problem::bad("INVALIDJOB", message));
        }
        self.with_job(id, |job| {
            if job.state.is_over() {
                return Err(wrong_state("Aborting a job that is over is not allowed"));
            }
            job.state = State::Aborted;
            Ok(Reply::json(200, job.info().to_string()))
        })
    }

    /// The job whose results are wanted, when it has some.
    fn finished(&self, version: &str, id: &str) -> Result<Job, Problem> {
        self.with_job(id, |job| {
            if job.version != version {
                let message = format!("The job was created with API version {}", job.version);
                return Err(Problem::new(409, "VERSION_MISMATCH", message));
            }
            if job.state != State::JobComplete {
                return Err(wrong_state(
                    "The job has no results: its state is not JobComplete",
                ));
            }
            Ok(job.clone())
        })
    }

    fn results(&self, call: &Call, version: &str, id: &str) -> Result<Reply, Problem> {
        let job = self.finished(version, id)?;
        let (mut from, size) = self.place(call)?;
        let rows = &job.found.rows;
        if from > rows.len() {
            return Err(Problem::bad(
                "INVALID_LOCATOR",
                "the locator is none of this job",
            ));
        }
        let to = from.saturating_add(size).min(rows.len());
        let headers = vec![
            ("content-type", "text/csv; charset=UTF-8".to_owned()),
            (
                "sforce-locator",
                if to < rows.len() {
                    locator(to)
                } else {
                    "null".to_owned()
                },
            ),
            ("sforce-numberofrecords", (to - from).to_string()),
        ];
        let mut last = to;
        if from > 0 && self.takes(call, &Kind::RepeatPage) {
            last = from;
            from = from.saturating_sub(size);
        } else if to > from && self.takes(call, &Kind::WrongCount) {
            last -= 1;
        }
        let body = if rows.is_empty() && self.options.bulk_empty_body {
            String::new()
        } else {
            self.csv(&job.found, &rows[from..last], job.dialect)
        };
        Ok(Reply {
            status: 200,
            headers,
            body: body.into_bytes(),
        })
    }

    /// Where a page begins and how many rows it may have.
    fn place(&self, call: &Call) -> Result<(usize, usize), Problem> {
        let from = match call.parameter("locator") {
            None => Some(0),
            Some(text) => STANDARD_NO_PAD
                .decode(text)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
                .filter(|from| *from > 0),
        };
        let size = match call.parameter("maxRecords") {
            None => Some(self.options.bulk_page_records),
            Some(text) => text.parse().ok().filter(|size| *size > 0),
        };
        let from =
            from.ok_or_else(|| Problem::bad("INVALID_LOCATOR", "the locator is none of this job"))?;
        let size = size
            .ok_or_else(|| Problem::bad("INVALID_ARGUMENT", "maxRecords is no number above 0"))?;
        Ok((from, size))
    }

    /// Up to five links to pages that may be fetched side by side.
    fn result_pages(&self, call: &Call, version: &str, id: &str) -> Result<Reply, Problem> {
        let job = self.finished(version, id)?;
        let (from, _) = self.place(call)?;
        let size = self.options.bulk_page_records;
        let starts: Vec<usize> = (from..job.found.rows.len().max(1)).step_by(size).collect();
        let base = format!("/services/data/{version}/jobs/query/{id}");
        let link = |start: usize| match start {
            0 => format!("{base}/results"),
            start => format!("{base}/results?locator={}", locator(start)),
        };
        let pages: Vec<Value> = starts
            .iter()
            .take(5)
            .map(|&start| json!({"resultUrl": link(start)}))
            .collect();
        let next = starts
            .get(5)
            .map(|&start| format!("{base}/resultPages?locator={}", locator(start)));
        let body = json!({"done": next.is_none(), "nextRecordsUrl": next, "resultPages": pages});
        Ok(Reply::json(200, body.to_string()))
    }

    /// How many jobs were created.
    pub(super) fn bulk_jobs(&self) -> u64 {
        locked(&self.jobs.0).created
    }
}

fn locator(from: usize) -> String {
    STANDARD_NO_PAD.encode(from.to_string())
}

fn wrong_state(message: &str) -> Problem {
    Problem::bad("INVALIDJOBSTATE", message)
}
