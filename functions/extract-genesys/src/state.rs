//! Where reading stands: kept with every flush, so that a later call goes on from there.

use crate::Request;
use crate::conversation::totals::Cut;
use crate::conversation::way::Way;
use crate::object::Object;
use jiff::Timestamp;
use model::Window;
use model::payload::{Counts, Extraction, Mode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Behind a job that did not give the window: the conversations that slices of the query gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<u64>,
    /// Ids the window has asked for, or is about to.
    #[serde(default)]
    pub asked: u64,
    /// Those of them that were set aside.
    #[serde(default)]
    pub aside: u64,
    /// Ids asked for at once, when as many as the settings say were too many for the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<usize>,
    /// The id that failed alone, and is asked for once more before it is set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<String>,
    /// The management unit whose adherence came last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<String>,
    /// Records the source counts and did not give: how many, and the first of them.
    #[serde(default)]
    pub missing: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_missing: Vec<String>,
    /// The details query has refused, or misread, the filter on the start.
    #[serde(default)]
    pub has_no_start_filter: bool,
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
    Listing(Listing),
    /// Aggregates of these parts of the window, the next one last.
    Aggregates {
        /// Parts still to be asked for.
        slices: Vec<Window>,
    },
    /// In which conversations something happened.
    Finding(Finding),
    /// What happened in these conversations.
    Events {
        /// Those still to be asked for.
        wanted: Wanted,
    },
    /// Which conversations began in the window.
    Searching(Searching),
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

/// Conversations, and the evaluations or surveys that the source counts in each.
pub(crate) type Wanted = BTreeMap<String, BTreeSet<String>>;

/// A listing being read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listing {
    /// The page to read next, from 1; 0: all were read.
    pub page: u64,
    /// How many times it was begun anew.
    #[serde(default)]
    pub begun_anew: u32,
    /// What the latest page said of how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// It changed since the first page was read.
    #[serde(default)]
    pub has_moved: bool,
}

/// Conversations in which something happened, being found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// Parts of the window still to be asked for, the next one last.
    pub slices: Vec<Window>,
    /// Those found in the others.
    #[serde(default)]
    pub wanted: Wanted,
    /// What the source counts without naming its conversation or itself.
    #[serde(default)]
    pub others: u64,
}

/// Conversations of a window being searched for, as many as are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Searching {
    /// Parts of the window still to be asked for, the next one last.
    pub slices: Vec<Window>,
    /// Those found in the others.
    #[serde(default)]
    pub ids: BTreeSet<String>,
    /// The filter on the start was asked for.
    #[serde(default)]
    pub is_asked: bool,
    /// It has kept something.
    #[serde(default)]
    pub is_proven: bool,
    /// It has kept nothing: the window is being searched without it.
    #[serde(default)]
    pub is_doubted: bool,
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
    /// Conversations a page, when the page of the settings was too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u32>,
    /// Calls of this function that failed on it.
    #[serde(default)]
    pub failures: u32,
}

/// A details query being read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Query {
    /// Slices still to be read, in order of time.
    pub slices: Vec<Slice>,
    /// The group of marks the next slice gets.
    pub next_group: u32,
    /// Slices that were cut, as long as not all of their pieces are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut>,
    /// The filter on the start has kept conversations of the window.
    #[serde(default)]
    pub is_proven: bool,
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
    /// How it is asked for; `None`: not decided, nothing of it is read.
    #[serde(default)]
    pub way: Option<Way>,
    /// Conversations a page, when the page of the settings was too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smaller_pages: Option<u32>,
    /// Whether it is a piece of one that was cut.
    #[serde(default)]
    pub is_piece: bool,
    /// Whether anything of the window came of it.
    #[serde(default)]
    pub has_own: bool,
    /// The filter on the start kept so many results, and none of the window: it is being read without the filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<u64>,
}

/// A management unit whose adherence is still to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// Its id.
    pub id: String,
    /// The job, once submitted.
    #[serde(default)]
    pub job: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    /// The zone whose days it has. None of a job that an older version submitted: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// It gave nothing the first time, and is asked for once more behind the others.
    #[serde(default)]
    pub is_second_try: bool,
    /// Since its first try another one gave its adherence.
    #[serde(default)]
    pub others_came: bool,
}

impl Unit {
    /// A unit of which nothing was asked yet.
    pub const fn new(id: String) -> Self {
        Self {
            id,
            job: None,
            submitted_at: None,
            zone: None,
            is_second_try: false,
            others_came: false,
        }
    }
}

/// Missing records that are told by their ids.
const TOLD: usize = 5;

impl State {
    /// Counts a record that the source counts and did not give.
    pub fn miss(&mut self, id: &str) {
        self.missing += 1;
        if self.first_missing.len() < TOLD {
            self.first_missing.push(id.to_owned());
        }
    }

    /// The source's own count; behind a job that did not give the window, with what came of the job and is not in it: else a
    /// query that gives less than it counts would not look short.
    pub fn counted(&self, counts: &Counts) -> Option<u64> {
        let came = counts.received.saturating_sub(counts.duplicates);
        let beside = self.given.map_or(0, |given| came.saturating_sub(given));
        self.api_count.map(|count| count + beside)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_an_older_version_is_read() {
        let text = r#"{"stage":{"lookup":{"ids":["c-1"]}},"asked":2,"aside":1}"#;
        let state: State = serde_json::from_str(text).unwrap();
        assert_eq!((state.asked, state.aside), (2, 1));
        assert_eq!((state.at_once, state.alone), (None, None));
        assert_eq!(state.given, None);
        let ids = ["c-1".to_owned()].into();
        assert_eq!(state.stage, Stage::Lookup { ids });
    }
}
