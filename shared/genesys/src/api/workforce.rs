//! Workforce management: units, and how well their agents kept to their schedules.

use super::{Api, DownloadUrl, is_path_part, path_part};
use model::Window;
use serde::Deserialize;
use serde_json::json;
use source_http::{Request, SourceError};
use std::time::Duration;

const UNITS: &str = "/api/v2/workforcemanagement/managementunits";
const BULK: &str = "/api/v2/workforcemanagement/adherence/historical/bulk";

/// A management unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagementUnit {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// IANA name of its time zone.
    pub time_zone: Option<String>,
}

/// Where an adherence job stands.
#[derive(Debug, Clone)]
pub enum AdherenceState {
    /// It still runs.
    Running,
    /// Its files can be fetched. Fetch them at once: how long the links live is not documented.
    Complete(Vec<DownloadUrl>),
    /// It will never be ready: submit another one.
    Failed,
}

/// A submitted adherence job.
#[derive(Debug, Clone)]
pub struct AdherenceJob {
    /// Its id; `None` when it was complete at once and needs no asking.
    pub id: Option<String>,
    /// Where it stands already.
    pub state: AdherenceState,
}

#[derive(Deserialize)]
struct Units {
    entities: Option<Vec<ManagementUnit>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    job: Option<Job>,
    download_urls: Option<Vec<DownloadUrl>>,
}

#[derive(Deserialize)]
struct Job {
    id: Option<String>,
    status: Option<String>,
}

impl Api {
    /// Every management unit: this listing has no pages.
    pub async fn management_units(&self) -> Result<Vec<ManagementUnit>, SourceError> {
        let units: Units = self.client.json(&Request::get(UNITS)).await?.value;
        Ok(units.entities.unwrap_or_default())
    }

    /// Submits a job over a unit's agents. Its days are those of `zone` (an IANA name), cut at the ends of the window, so
    /// that those of two windows never overlap; exceptions and actual activities are left out.
    ///
    /// It only reads: submitting it twice costs a job, never data, so a fault is repeated.
    pub async fn submit_adherence(
        &self,
        unit: &str,
        window: Window,
        zone: &str,
    ) -> Result<AdherenceJob, SourceError> {
        let body = json!({
            "items": [{
                "managementUnitId": unit,
                "startDate": window.start(),
                "endDate": window.end(),
            }],
            "timeZone": zone,
        });
        let request = Request::post_json(BULK, &body).repeatable();
        let reply: Reply = self.client.json(&request).await?.value;
        let (id, state) = judge(reply, &request)?;
        if id.is_none() && matches!(state, AdherenceState::Running) {
            return Err(SourceError::transient(
                request.operation(),
                "the answer has no job.id",
            ));
        }
        Ok(AdherenceJob { id, state })
    }

    /// Where a job stands. Only the client that submitted it may ask.
    pub async fn adherence_job(&self, job_id: &str) -> Result<AdherenceState, SourceError> {
        let job_id = path_part("adherence job", job_id)?;
        let request = Request::get(format!("{BULK}/jobs/{job_id}"));
        let reply: Reply = self.client.json(&request).await?.value;
        Ok(judge(reply, &request)?.1)
    }

    /// Polls with growing pauses until the job has ended or less than `keep` is left of the invocation: then it is
    /// `Running`.
    pub async fn wait_for_adherence(
        &self,
        job_id: &str,
        keep: Duration,
    ) -> Result<AdherenceState, SourceError> {
        let mut pause = Duration::from_millis(200);
        loop {
            let state = self.adherence_job(job_id).await?;
            let is_running = matches!(state, AdherenceState::Running);
            if !is_running || self.client.deadline().is_near(keep + pause) {
                return Ok(state);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_secs(15));
        }
    }
}

fn judge(reply: Reply, request: &Request) -> Result<(Option<String>, AdherenceState), SourceError> {
    let job = reply.job.unwrap_or(Job {
        id: None,
        status: None,
    });
    // The id becomes part of a path.
    let id = job.id.filter(|id| is_path_part(id));
    let urls = reply.download_urls.unwrap_or_default();
    let state = match job.status.as_deref() {
        Some("Processing") => AdherenceState::Running,
        Some("Complete") => AdherenceState::Complete(urls),
        Some("Error") => AdherenceState::Failed,
        // Seen: an answer that is complete at once names no job.
        None if !urls.is_empty() => AdherenceState::Complete(urls),
        other => {
            let found = other.unwrap_or_default();
            let text = format!(
                "unknown adherence job status {found:?}; known: Processing, Complete, Error"
            );
            return Err(SourceError::invalid(request.operation(), text));
        }
    };
    Ok((id, state))
}
