//! Where reading stands: kept with every flush, so that a later call goes on from there.

use crate::Request;
use model::Window;
use model::payload::{Extraction, Mode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The whole state. Anything not in here can be lost at any moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// What comes next.
    pub stage: Stage,
    /// Whether the conversations came from a details job.
    pub is_job: bool,
    /// What the receipt will say.
    pub is_settled: bool,
    /// External contacts that conversations name and that are not resolved yet.
    pub contacts: BTreeSet<String>,
    /// The source's own count, as far as every slice told one and was read to its end.
    pub api_count: Option<u64>,
}

/// What comes next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Nothing was read yet.
    #[default]
    Start,
    /// A details job.
    Job(Job),
    /// The details query.
    Query(Query),
    /// Resolving external contacts.
    Contacts,
    /// A listing, from this page on.
    Listing {
        /// From 1.
        page: u64,
    },
    /// Landed files, from this one on.
    Landed {
        /// Position in the task's list.
        next: usize,
    },
}

/// A details job being read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The job, once submitted.
    pub id: Option<String>,
    /// Where the next page begins; `None`: at the first.
    pub cursor: Option<String>,
    /// A job ended or vanished and was submitted once more.
    pub was_resubmitted: bool,
}

/// A details query being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Query {
    /// Slices still to be read, the next one last.
    pub slices: Vec<Window>,
    /// The next page of that slice, from 1.
    pub page: u64,
}

impl State {
    pub fn extraction(&self, task: &Request) -> Extraction {
        if task.mode == Mode::Replay {
            Extraction::Replay
        } else if task.object != "conversation" {
            Extraction::Reference
        } else if self.is_job {
            Extraction::Job
        } else {
            Extraction::Query
        }
    }
}
