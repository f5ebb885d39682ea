//! Details jobs: submit, wait, page by cursor, delete.

use super::{Api, Page, is_path_part, refused};
use crate::query::DetailsQuery;
use jiff::Timestamp;
use model::Window;
use model::filter::Filter;
use serde::Deserialize;
use source_http::{Request, SourceError};
use std::time::Duration;

const JOBS: &str = "/api/v2/analytics/conversations/details/jobs";

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// QUEUED or PENDING.
    Running,
    /// FULFILLED: its pages can be read.
    Fulfilled,
    /// FAILED, CANCELLED or EXPIRED: submit another one.
    Ended {
        /// The state's name.
        state: String,
        /// The vendor's message, if it gave one.
        message: String,
    },
}

/// What came of waiting for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// Its pages can be read.
    Ready,
    /// It still runs, and this invocation must hand back.
    NotYet,
    /// It will never be ready.
    Ended(SourceError),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Availability {
    data_availability_date: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    job_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: String,
    error_message: Option<String>,
}

impl Api {
    /// The instant before which jobs are complete; `None` when the API does not tell.
    pub async fn availability(&self) -> Result<Option<Timestamp>, SourceError> {
        let request = Request::get(format!("{JOBS}/availability"));
        let answer = self.client.json::<Availability>(&request).await?;
        Ok(answer.value.data_availability_date)
    }

    /// Submits a job over every conversation whose life overlaps `interval` and that `filter` keeps; its id.
    ///
    /// A job is a query: submitting it twice costs a job slot, never data, so a fault is repeated.
    pub async fn submit_job(
        &self,
        interval: Window,
        filter: Option<&Filter>,
    ) -> Result<String, SourceError> {
        let query = DetailsQuery::new(interval).filtered(filter);
        let body = query.job_body().map_err(|error| refused(JOBS, &error))?;
        let request = Request::post_json(JOBS, &body).repeatable();
        let job_id = self.client.json::<Submitted>(&request).await?.value.job_id;
        // The id becomes part of a path.
        if !is_path_part(&job_id) {
            return Err(SourceError::transient(
                request.operation(),
                "the answer's jobId is no id",
            ));
        }
        Ok(job_id)
    }

    /// Where a job stands. A state the documentation does not name is an error that names it.
    pub async fn job_state(&self, job_id: &str) -> Result<JobState, SourceError> {
        let request = Request::get(format!("{JOBS}/{job_id}"));
        let status = self.client.json::<Status>(&request).await?.value;
        match status.state.as_str() {
            "QUEUED" | "PENDING" => Ok(JobState::Running),
            "FULFILLED" => Ok(JobState::Fulfilled),
            "FAILED" | "CANCELLED" | "EXPIRED" => Ok(JobState::Ended {
                message: status.error_message.unwrap_or_default(),
                state: status.state,
            }),
            other => Err(SourceError::invalid(
                request.operation(),
                format!(
                    "unknown job state {other:?}; known: QUEUED, PENDING, FULFILLED, FAILED, CANCELLED, EXPIRED"
                ),
            )),
        }
    }

    /// Polls with growing pauses until the job has ended or less than `keep` is left of the invocation.
    pub async fn wait_for_job(&self, job_id: &str, keep: Duration) -> Result<Waited, SourceError> {
        let mut pause = Duration::from_millis(200);
        loop {
            match self.job_state(job_id).await? {
                JobState::Fulfilled => return Ok(Waited::Ready),
                JobState::Ended { state, message } => {
                    let text = if message.is_empty() {
                        format!("the job is {state}")
                    } else {
                        format!("the job is {state}: {message}")
                    };
                    let operation = format!("GET {JOBS}/{job_id}");
                    return Ok(Waited::Ended(SourceError::transient(operation, text)));
                }
                JobState::Running => {}
            }
            if self.client.deadline().is_near(keep + pause) {
                return Ok(Waited::NotYet);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_secs(15));
        }
    }

    /// A page of results: the first without a cursor, then with the cursor of the page before.
    pub async fn job_page(
        &self,
        job_id: &str,
        cursor: Option<&str>,
        page_size: u32,
    ) -> Result<Page, SourceError> {
        let mut request =
            Request::get(format!("{JOBS}/{job_id}/results")).query("pageSize", page_size);
        if let Some(cursor) = cursor {
            request = request.query("cursor", cursor);
        }
        self.page(&request).await
    }

    /// Frees a job's slot. A job that is gone already is fine.
    pub async fn delete_job(&self, job_id: &str) -> Result<(), SourceError> {
        let request = Request::delete(format!("{JOBS}/{job_id}"));
        match self.client.done(&request).await {
            Ok(_) => Ok(()),
            Err(error) if error.status() == Some(404) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
