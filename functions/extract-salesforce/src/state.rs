//! Where an unfinished window continues.

use jiff::{SignedDuration, Timestamp};
use salesforce::{Job, JsonKind};
use serde::{Deserialize, Serialize};

/// A window is not cut into pieces shorter than this.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// The part of a window that one query reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slice {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Whether it reaches back behind `from`, to the first record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_open: bool,
}

impl Slice {
    /// Both halves; `None` for one that is short enough.
    pub fn halves(self) -> Option<(Self, Self)> {
        let length = self.to.duration_since(self.from);
        if length <= SHORTEST {
            return None;
        }
        let seconds = self.from.as_second().midpoint(self.to.as_second());
        let middle = Timestamp::from_second(seconds).ok()?;
        let left = Self { to: middle, ..self };
        let right = Self {
            from: middle,
            is_open: false,
            ..self
        };
        Some((left, right))
    }
}

/// How a slice is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Road {
    Rest,
    Bulk,
}

/// A bulk job whose result is not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    pub job: Job,
    pub created_at: Timestamp,
    /// How REST would write the values of each field.
    pub kinds: Vec<JsonKind>,
    /// Records of the result; `None` while the job works.
    pub records: Option<u64>,
    /// The page to read next; `None`: the first.
    pub locator: Option<String>,
    /// Records of the pages before it.
    pub read: u64,
    /// Records of a page.
    pub page_records: u32,
    /// The most records of a page, once fewer than the settings say have turned out to be.
    #[serde(default)]
    pub largest: Option<u32>,
    /// The pages have grown to their size, and none has come since.
    #[serde(default)]
    pub is_untried: bool,
    /// The result has been read twice, because its pages did not add up.
    #[serde(default)]
    pub is_second_reading: bool,
    /// Calls of this function that ended at a broken page of it, or because its state was not told.
    #[serde(default)]
    pub failures: u32,
}

impl Running {
    /// A page came: the next one may be twice as large, up to `most`. What made pages small may have been an outage.
    pub fn grow(&mut self, most: u32) {
        let size = self.page_records.saturating_mul(2);
        let size = size.min(self.largest.unwrap_or(most));
        self.is_untried = size > self.page_records;
        self.page_records = size;
    }

    /// A page did not come. A size that pages have grown to in vain is not tried again, nor is one that is too large by itself.
    pub fn halve(&mut self, is_too_large: bool) {
        self.page_records /= 2;
        if self.is_untried || is_too_large {
            self.largest = Some(self.page_records);
        }
        self.is_untried = false;
    }

    /// The size before pages failed: up to `most`.
    pub fn reset(&mut self, most: u32) {
        self.page_records = self.largest.unwrap_or(most);
        self.is_untried = false;
    }
}

/// Where an unfinished window continues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools)] // each holds by itself
pub(crate) struct State {
    /// What is left to read; the last one is being read. `None` before the first call.
    pub slices: Option<Vec<Slice>>,
    /// How the slice being read is read, once that is decided.
    pub road: Option<Road>,
    /// REST: the page to read next.
    pub next_url: Option<String>,
    /// REST: records of the pages before it.
    pub read: u64,
    /// REST: times the query was read to its end and its pages did not add up.
    pub short_readings: u32,
    /// REST: a call ended at the page to read next, which had only faults.
    pub has_failed: bool,
    /// Bulk: the job at work.
    pub job: Option<Running>,
    /// Bulk: a job whose result has landed, to be removed.
    pub spent: Option<Job>,
    /// Bulk: jobs for this slice that came to nothing.
    pub failed_jobs: u32,
    /// Bulk: one has vanished, and another has taken its place.
    pub has_vanished: bool,
    /// Bulk: calls in a row that could not create one.
    pub failed_creations: u32,
    /// Bulk jobs cannot read this object, or bring no result of this window.
    pub is_rest_only: bool,
    /// A bulk job has read some of it.
    pub has_used_bulk: bool,
    /// Something is read again: records may be known already.
    pub is_rereading: bool,
    /// Records of the slices and batches that are done, as Salesforce counts them.
    pub counted: u64,
    /// Lookup: ids that are done.
    pub looked_up: usize,
    /// Lookup: ids that are asked for at once, when as many as fit a URL took Salesforce too long.
    pub most_ids: Option<usize>,
    /// Lookup: an id that failed alone lies behind, so that ever more are asked for at once, until a batch fails.
    pub is_growing: bool,
    /// Lookup: times the next id has failed alone.
    pub lone_failures: u32,
    /// Lookup: ids that were set aside.
    pub aside: usize,
    /// Lookup: what stands in for them, of every reading.
    pub stand_ins: u64,
    /// Lookup: batches that are done, in a state of an older version.
    #[serde(skip_serializing)]
    pub batch: usize,
    /// Replay: landing objects read so far.
    pub replayed: usize,
}

impl State {
    /// The slice being read; `None` when all is read.
    pub fn slice(&self) -> Option<Slice> {
        self.slices.as_ref()?.last().copied()
    }

    /// The slice being read is done; Salesforce counted `records` in it. Whether it was the last one.
    pub fn finish_slice(&mut self, records: u64) -> bool {
        self.counted += records;
        self.begin_slice();
        let slices = self.slices.get_or_insert_default();
        slices.pop();
        slices.is_empty()
    }

    /// Cuts the slice being read in two; `false` when it is too short for that.
    pub fn halve_slice(&mut self) -> bool {
        let halves = self.slice().and_then(Slice::halves);
        let (Some((left, right)), Some(slices)) = (halves, self.slices.as_mut()) else {
            return false;
        };
        slices.pop();
        slices.extend([right, left]);
        self.begin_slice();
        true
    }

    /// What is known of a slice says nothing about another one.
    fn begin_slice(&mut self) {
        self.road = None;
        self.next_url = None;
        self.short_readings = 0;
        self.has_failed = false;
        self.job = None;
        self.failed_jobs = 0;
        self.has_vanished = false;
        self.failed_creations = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(from: &str, to: &str) -> Slice {
        Slice {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            is_open: false,
        }
    }

    #[test]
    fn halves_tile_their_slice_down_to_a_minute() {
        let whole = slice("2000-01-01T00:00:00Z", "2026-01-06T00:00:00Z");
        let mut state = State {
            slices: Some(vec![whole]),
            failed_jobs: 1,
            ..State::default()
        };
        let mut cuts = 0;
        while state.halve_slice() {
            assert_eq!(state.failed_jobs, 0, "of another slice");
            cuts += 1;
        }
        assert_eq!(cuts, 24);
        let slices = state.slices.unwrap();
        assert!(slices.windows(2).all(|pair| pair[1].to == pair[0].from));
        assert_eq!((slices[0].to, slices[cuts].from), (whole.to, whole.from));
        let shortest = slices[cuts].to.duration_since(slices[cuts].from);
        assert!(
            shortest <= SHORTEST && shortest > SHORTEST / 3,
            "{shortest}"
        );
    }

    #[test]
    fn only_the_earlier_half_reaches_back() {
        let mut open = slice("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z");
        open.is_open = true;
        let (left, right) = open.halves().unwrap();
        assert!(left.is_open && !right.is_open);
    }

    #[test]
    fn a_state_of_an_older_version_is_read() {
        let state: State = serde_json::from_str(r#"{"next_url":"/x","replayed":2}"#).unwrap();
        assert_eq!((state.replayed, state.slices), (2, None));
    }
}
