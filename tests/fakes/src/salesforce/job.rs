//! A bulk query job and what is told of it.

use super::csv::Dialect;
use super::select::Found;
use crate::world::text::salesforce_instant;
use serde_json::{Value, json};
use std::sync::Arc;

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::UploadComplete => "UploadComplete",
            Self::InProgress => "InProgress",
            Self::JobComplete => "JobComplete",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }

    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) with_deleted: bool,
    pub(super) version: String,
    pub(super) dialect: Dialect,
    pub(super) delimiter: String,
    pub(super) line_ending: String,
    pub(super) created_ms: i64,
    pub(super) state: State,
    pub(super) end: State,
    pub(super) polls: u32,
    pub(super) found: Arc<Found>,
}

impl Job {
    /// What asking for the job returns.
    pub(super) fn info(&self) -> Value {
        let created = salesforce_instant(self.created_ms);
        let rows = self.found.rows.len();
        let mut info = json!({
            "id": self.id, "operation": if self.with_deleted { "queryAll" } else { "query" }, "object": self.found.table.name(),
            "createdById": "0055g0000000001AAA", "createdDate": created, "systemModstamp": created, "state": self.state.name(),
            "concurrencyMode": "Parallel", "contentType": "CSV",
            "apiVersion": self.version.trim_start_matches('v').parse::<f64>().unwrap_or_default(),
            "jobType": "V2Query", "lineEnding": self.line_ending, "columnDelimiter": self.delimiter, "retries": 0,
            "numberRecordsProcessed": match self.state {
                State::UploadComplete | State::Failed => 0,
                State::InProgress | State::Aborted => rows / 2,
                State::JobComplete => rows,
            },
            "totalProcessingTime": u64::from(self.polls) * 1000,
        });
        if self.state == State::Failed {
            info["errorMessage"] = json!(
                "InternalServerError : Failed to process query: UNKNOWN_EXCEPTION: An unexpected error occurred"
            );
        }
        info
    }
}
