//! Bulk API 2.0: queries whose result is prepared by a job and fetched as CSV, page by page.

use crate::api::Api;
use crate::csv::{Checked, PageFault};
use crate::error::{ApiError, is_job_quota};
use crate::layout::Row;
use crate::record::Columns;
use crate::soql::{Select, check_version};
use serde::{Deserialize, Serialize};
use serde_json::json;
use source_http::{Answer, HeaderMap, Request, SourceError, WireFault};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Tries for a page that is broken each time.
const TRIES: u32 = 3;
/// Wait before a broken page is asked for again; it doubles.
const WAIT: Duration = Duration::from_millis(200);

/// A query job. Its result may only be read with the API version that created it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Salesforce's id.
    pub id: String,
    /// `66.0`.
    pub version: String,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub enum JobState {
    /// Waiting its turn.
    UploadComplete,
    /// At work.
    InProgress,
    /// The result is there.
    JobComplete,
    /// Ended by somebody.
    Aborted,
    /// Ended by a fault.
    Failed,
    /// A word not known here: taken for work that goes on.
    #[serde(untagged)]
    Other(String),
}

/// What a job says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobInfo {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: JobState,
    /// Records of its result, once complete.
    #[serde(default)]
    pub number_records_processed: Option<u64>,
    /// Why it ended, at times.
    #[serde(default)]
    pub error_message: Option<String>,
}

impl JobInfo {
    /// A failure that names the job, its end and its words.
    pub fn ended(&self) -> ApiError {
        let said: String = self.error_message.as_deref().unwrap_or_default().to_owned();
        let message: String = said
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(600)
            .collect();
        if is_job_quota(&message) {
            return ApiError::JobQuota(message);
        }
        ApiError::JobEnded {
            id: self.id.clone(),
            state: format!("{:?}", self.state),
            message,
        }
    }
}

/// A page of a job's result.
#[derive(Debug)]
pub struct JobPage {
    rows: Checked,
    /// Where the next page begins; `None` on the last.
    pub locator: Option<String>,
}

impl JobPage {
    /// Records of the page.
    pub const fn records(&self) -> u64 {
        self.rows.rows
    }

    /// NUL characters that were taken out of it.
    pub const fn nuls(&self) -> u64 {
        self.rows.nuls
    }

    /// Hands each record to `take`, in order; one that is no UTF-8 as its bytes.
    pub fn each<E>(&self, take: impl FnMut(Result<&Row, &[u8]>) -> Result<(), E>) -> Result<(), E> {
        self.rows.each(take)
    }
}

impl Job {
    fn path(&self) -> Result<String, ApiError> {
        check_version(&self.version)?;
        // It becomes part of a path.
        if self.id.is_empty() || !self.id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ApiError::Source(SourceError::transient(
                "bulk job",
                "Salesforce named the job by no id",
            )));
        }
        Ok(format!(
            "/services/data/v{}/jobs/query/{}",
            self.version, self.id
        ))
    }

    /// A job that was removed, or that belongs to another version, will not come back.
    fn gone(cause: SourceError) -> ApiError {
        match cause.status() {
            Some(404 | 409) => ApiError::JobGone(cause),
            _ => cause.into(),
        }
    }
}

impl Api {
    /// Creates a job for the query, deleted rows included.
    pub async fn create_job(&self, select: &Select) -> Result<Job, ApiError> {
        check_version(&self.version)?;
        let path = format!("/services/data/v{}/jobs/query", self.version);
        let body = json!({
            "operation": "queryAll", "query": select.to_string(), "contentType": "CSV",
            "columnDelimiter": "COMMA", "lineEnding": "LF",
        });
        // Sent twice, it leaves a job nobody reads, which Salesforce removes by itself.
        let request = Request::post_json(path, &body).repeatable();
        let info: JobInfo = self.json(&request).await?.value;
        Ok(Job {
            id: info.id,
            version: self.version.clone(),
        })
    }

    /// How far a job is.
    pub async fn job(&self, job: &Job) -> Result<JobInfo, ApiError> {
        let answer = self.client.json(&Request::get(job.path()?)).await;
        let answer: Answer<JobInfo> = answer.map_err(Job::gone)?;
        self.learn(&answer.headers);
        Ok(answer.value)
    }

    /// A page of a complete job's result: the first one, or the one at `locator`. `rows_before` are the records of the
    /// pages before it.
    ///
    /// A page that does not hold together is asked for again, three times in all. One whose last row has no line break is
    /// asked for once more: the same bytes again are what Salesforce meant to send.
    pub async fn job_page(
        &self,
        job: &Job,
        columns: &Columns,
        locator: Option<&str>,
        max_records: u32,
        rows_before: u64,
    ) -> Result<JobPage, ApiError> {
        let mut request = Request::get(format!("{}/results", job.path()?))
            .query("maxRecords", max_records)
            .header("accept", "text/csv");
        if let Some(locator) = locator {
            request = request.query("locator", locator);
        }
        let hasher = RandomState::new();
        let mut open_end = None;
        let mut times = 0;
        loop {
            times += 1;
            let answer = self.client.send(&request, Ok).await;
            let answer = answer.map_err(|cause| {
                // The one refusal that smaller pages help against.
                if cause.fault() == Some(WireFault::TooLarge) {
                    return ApiError::PageTooLarge(cause);
                }
                Job::gone(cause)
            })?;
            self.learn(&answer.headers);
            let fault = match read(answer, columns, locator) {
                Ok(page) if page.rows.ends_open => {
                    let seen = Some(hasher.hash_one(page.rows.bytes()));
                    if open_end == seen {
                        return Ok(page);
                    }
                    open_end = seen;
                    PageFault::LastRow
                }
                Ok(page) => return Ok(page),
                Err(fault) => fault,
            };
            let wait = WAIT * 2_u32.pow(times - 1);
            if times == TRIES || wait * 2 > self.client.deadline().left() {
                return Err(ApiError::Page {
                    id: job.id.clone(),
                    rows_before,
                    times,
                    fault,
                });
            }
            tracing::warn!("Asking for a page of bulk job {} again: {fault}", job.id);
            tokio::time::sleep(wait).await;
        }
    }

    /// Ends a job and removes it with its result. What goes wrong here is only told: Salesforce removes jobs by itself
    /// after seven days.
    pub async fn drop_job(&self, job: &Job, is_running: bool) {
        let Ok(path) = job.path() else {
            return;
        };
        if is_running {
            let abort = Request::patch_json(path.as_str(), &json!({"state": "Aborted"}));
            match self.client.done(&abort).await {
                Ok(answer) => self.learn(&answer.headers),
                Err(cause) => tracing::warn!("Bulk job {} was not aborted: {cause}", job.id),
            }
        }
        match self.client.done(&Request::delete(path)).await {
            Ok(answer) => self.learn(&answer.headers),
            Err(cause) if cause.status() == Some(404) => {}
            Err(cause) => tracing::warn!("Bulk job {} was not removed: {cause}", job.id),
        }
    }
}

fn read(
    answer: Answer<Vec<u8>>,
    columns: &Columns,
    asked: Option<&str>,
) -> Result<JobPage, PageFault> {
    // A proxy's page has neither header, and it is better called what it is.
    if answer.value.trim_ascii_start().first() == Some(&b'<') {
        return Err(PageFault::Html);
    }
    let told = header(&answer.headers, "sforce-numberofrecords")?
        .parse()
        .map_err(|_| PageFault::NoHeader("Sforce-NumberOfRecords"))?;
    // Without it a lost page would pass for the last one.
    let locator = header(&answer.headers, "sforce-locator")?;
    let locator = Some(locator)
        .filter(|locator| *locator != "null")
        .map(str::to_owned);
    if locator.is_some() && locator.as_deref() == asked {
        return Err(PageFault::SameLocator);
    }
    let rows = Checked::new(answer.value, columns, told)?;
    Ok(JobPage { rows, locator })
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, PageFault> {
    let shown = match name {
        "sforce-locator" => "Sforce-Locator",
        _ => "Sforce-NumberOfRecords",
    };
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .ok_or(PageFault::NoHeader(shown))
}
