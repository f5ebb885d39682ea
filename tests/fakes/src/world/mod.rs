//! One seeded world behind both servers: who works where, who called, and what the CRM knows of them.
//!
//! Nothing but the start of each conversation is kept; a record is made from the seed and its index whenever it is
//! asked for, so a world of hundreds of thousands of conversations costs a few megabytes.

mod build;
mod campaigns;
pub mod conversation;
pub mod crm;
pub(crate) mod link;
pub mod quality;
pub mod reference;
mod render;
pub(crate) mod rng;
pub mod settle;
pub(crate) mod text;
pub mod truth;
pub(crate) mod workforce;

pub use conversation::{Conversation, Scenario};
pub use crm::{Cell, Object};
pub use link::{Link, Via};
pub use quality::{QualityEvent, QualityKind};
pub use settle::{Settling, Shown, View, Visible};
pub use truth::{Expected, Truth};

use jiff::Timestamp;
use rng::{Rng, Uuid, tag};
use std::collections::HashMap;
use std::sync::OnceLock;
use text::DAY_MS;

/// What a world is made from; equal options make equal worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldOptions {
    /// Everything random follows from this number.
    pub seed: u64,
    /// Exclusive end of the data: a whole UTC midnight (an instant within a day is taken back to its midnight).
    pub end: Timestamp,
    /// Days of conversations before the end, at least one.
    pub days: u32,
    /// How many conversations start in those days.
    pub conversations: usize,
}

/// Which of the two shapes of a conversation record is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a details job returns it: participants with attributes.
    Job,
    /// As a details query returns it: participants without attributes.
    Query,
}

/// No conversation that ended lasted longer.
pub(crate) const LONGEST_MS: i64 = 6 * 3_600_000;

/// The data both servers serve.
#[derive(Debug)]
pub struct World {
    pub(crate) seed: u64,
    pub(crate) begin_ms: i64,
    pub(crate) end_ms: i64,
    /// Start of every conversation, ascending.
    pub(crate) starts: Vec<i64>,
    pub(crate) accounts: usize,
    options: WorldOptions,
    /// Places of the conversations by their ids; made when one is first asked for.
    places: OnceLock<HashMap<Uuid, u32>>,
}

impl World {
    /// Makes the world of these options.
    pub fn generate(options: WorldOptions) -> Self {
        let end_ms = options.end.as_millisecond().div_euclid(DAY_MS) * DAY_MS;
        let begin_ms = end_ms - i64::from(options.days.max(1)) * DAY_MS;
        let count = options.conversations;
        let mut starts: Vec<i64> = (0..count)
            .map(|index| {
                let mut rng = Rng::new(options.seed, tag::START, index as u64);
                let at = rng.between(begin_ms, end_ms);
                // Some sources write whole seconds.
                if rng.percent(30) {
                    at.div_euclid(1000) * 1000
                } else {
                    at
                }
            })
            .collect();
        starts.sort_unstable();
        Self {
            seed: options.seed,
            begin_ms,
            end_ms,
            starts,
            accounts: (count / 20).clamp(40, 20_000),
            options,
            places: OnceLock::new(),
        }
    }

    /// What the world was made from.
    pub const fn options(&self) -> WorldOptions {
        self.options
    }

    /// Start of the data, inclusive.
    pub fn begin(&self) -> Timestamp {
        instant(self.begin_ms)
    }

    /// End of the data, exclusive.
    pub fn end(&self) -> Timestamp {
        instant(self.end_ms)
    }

    /// How many conversations there are.
    pub const fn len(&self) -> usize {
        self.starts.len()
    }

    /// True when there is no conversation at all.
    pub const fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Conversation `index` as JSON text, in the order of their starts; empty text past the end.
    pub fn conversation(&self, index: usize, form: Form) -> String {
        let mut out = String::with_capacity(8192);
        self.write_conversation(index, form, &mut out);
        out
    }

    /// Appends conversation `index` as JSON text.
    pub fn write_conversation(&self, index: usize, form: Form, out: &mut String) {
        if index < self.starts.len() {
            render::conversation(self, &self.build(index), form, out);
        }
    }

    /// Conversation `index` before it is rendered.
    pub fn build(&self, index: usize) -> Conversation {
        build::conversation(self, index)
    }

    /// The place of a conversation id among the conversations.
    pub fn find_conversation(&self, id: &str) -> Option<usize> {
        let places = self.places.get_or_init(|| {
            let ids = 0_u32..u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
            ids.map(|index| {
                let id = Uuid::new(self.seed, tag::CONVERSATION, u64::from(index));
                (id, index)
            })
            .collect()
        });
        places.get(&Uuid::parse(id)?).map(|&index| index as usize)
    }

    /// Indices of the conversations that start in `[from, to)`.
    pub fn started_in(&self, from: Timestamp, to: Timestamp) -> std::ops::Range<usize> {
        self.started_in_ms(ceil_ms(from), ceil_ms(to))
    }

    pub(crate) fn started_in_ms(&self, from: i64, to: i64) -> std::ops::Range<usize> {
        let low = self.starts.partition_point(|&start| start < from);
        let high = self.starts.partition_point(|&start| start < to);
        low..high.max(low)
    }

    /// Indices of the conversations whose lifetime touches `[from, to)`; one without an end lives on.
    pub fn alive_in(&self, from: Timestamp, to: Timestamp) -> Vec<usize> {
        self.alive_in_ms(ceil_ms(from), ceil_ms(to))
    }

    pub(crate) fn alive_in_ms(&self, from: i64, to: i64) -> Vec<usize> {
        let started = self.started_in_ms(from, to);
        let recent = self.started_in_ms(from - LONGEST_MS, from);
        let mut alive: Vec<usize> = (0..recent.start)
            .filter(|&index| build::scenario(self, index) == Scenario::Open)
            .collect();
        alive.extend(recent.filter(|&index| self.build(index).end_ms.is_none_or(|end| end > from)));
        alive.extend(started);
        alive
    }
}

/// The first whole millisecond at or after an instant.
pub(crate) fn ceil_ms(at: Timestamp) -> i64 {
    let millis = at.as_millisecond();
    if instant(millis) < at {
        millis + 1
    } else {
        millis
    }
}

/// Milliseconds as an instant; one outside the calendar becomes the calendar's end.
pub(crate) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}
