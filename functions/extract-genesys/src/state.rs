//! Where reading stands: kept with every flush, so that a later call goes on from there.

use crate::Request;
use crate::object::Object;
use jiff::Timestamp;
use model::Window;
use model::payload::{Extraction, Mode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The whole state. Anything not in here (or in the writer's marks) can be lost at any moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// What comes next.
    pub stage: Stage,
    /// Whether the conversations came from a details job.
    #[serde(default)]
    pub is_job: bool,
    /// What the receipt will say.
    #[serde(default)]
    pub is_settled: bool,
    /// External contacts that conversations name and that are not resolved yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub contacts: BTreeSet<String>,
    /// The source's own count, as far as every slice told one and was read to its end.
    #[serde(default)]
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
        /// From 1; 0: all were read.
        page: u64,
    },
    /// Aggregates of these parts of the window, the next one last.
    Aggregates {
        /// Parts still to be asked for.
        slices: Vec<Window>,
    },
    /// Records of these conversations, asked for by their ids.
    Lookup {
        /// Conversations still to be asked for.
        ids: BTreeSet<String>,
    },
    /// Adherence of these management units.
    Adherence(Vec<Unit>),
    /// Landed files.
    Landed {
        /// Those that were read.
        done: BTreeSet<String>,
    },
}

/// A details job being read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The job, once submitted.
    pub id: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    /// Where the next page begins; `None`: at the first.
    pub cursor: Option<String>,
    /// A job ended or vanished and was submitted once more.
    pub was_resubmitted: bool,
}

/// A details query being read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Query {
    /// Slices still to be read, in order of time.
    pub slices: Vec<Slice>,
    /// The group of marks the next slice gets.
    pub next_group: u32,
}

/// A slice of a window, and how far it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slice {
    /// What is asked for.
    pub window: Window,
    /// The page to read next, from 1.
    pub page: u64,
    /// Records of that page that are taken already.
    pub taken: usize,
    /// The group of marks that counts its conversations.
    pub group: u32,
    /// Whether it is being read for the second time.
    pub is_second_look: bool,
}

/// A management unit whose adherence is still to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// Its id.
    pub id: String,
    /// The job, once submitted.
    #[serde(default)]
    pub job: Option<String>,
    /// A job ended without a result and was submitted once more.
    #[serde(default)]
    pub was_resubmitted: bool,
}

impl State {
    pub fn extraction(&self, task: &Request, object: Object) -> Extraction {
        match object {
            _ if task.mode == Mode::Replay => Extraction::Replay,
            Object::Conversation if self.is_job => Extraction::Job,
            Object::Conversation => Extraction::Query,
            Object::Listing(_) => Extraction::Reference,
            Object::Evaluation | Object::Survey | Object::ConversationAttribute => {
                Extraction::Lookup
            }
            Object::UserAggregate | Object::QueueAggregate => Extraction::Aggregate,
            Object::Adherence => Extraction::Job,
        }
    }
}
