//! The world as it can be seen at an instant: what has not happened yet, what a source still hides, and what it
//! still shows in an earlier version.

use super::conversation::Conversation;
use super::rng::{Rng, tag};
use super::text::DAY_MS;
use super::{Form, LONGEST_MS, World, ceil_ms};
use jiff::Timestamp;

/// How records come in and change until they are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settling {
    /// How many of a hundred unsettled conversations are not shown at all.
    pub hidden_percent: u64,
    /// How many of a hundred unsettled conversations are shown in an earlier version: less after-contact work, no
    /// wrap-up code, no evaluation, no survey.
    pub changed_percent: u64,
    /// Hours after its end from which a conversation is shown as it is.
    pub settle_hours: u32,
}

impl Default for Settling {
    fn default() -> Self {
        Self {
            hidden_percent: 10,
            changed_percent: 20,
            settle_hours: 96,
        }
    }
}

/// The world as seen at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    now_ms: i64,
    settling: Option<Settling>,
}

/// What is shown of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// It has not ended yet, or not even begun.
    NotYet,
    /// It is over, and the source keeps it back.
    Hidden,
    /// An earlier version of it.
    Changed,
    /// The record as it stays, but for evaluations and surveys still to come.
    Exact,
}

/// How the conversations of a stretch of time are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visible {
    /// Not over yet.
    pub not_yet: usize,
    /// Kept back.
    pub hidden: usize,
    /// Shown in an earlier version.
    pub changed: usize,
    /// Shown as they stay.
    pub exact: usize,
}

impl Visible {
    /// How many records a query gets.
    pub const fn shown(&self) -> usize {
        self.changed + self.exact
    }
}

/// No evaluation or survey comes later than this after its conversation's end.
pub(crate) const LATEST_MS: i64 = 5 * DAY_MS;
const HOUR_MS: i64 = 3_600_000;

impl View {
    /// Everything that ever happens, settled.
    pub const EVERYTHING: Self = Self {
        now_ms: i64::MAX,
        settling: None,
    };

    /// What there is at an instant.
    pub fn at(now: Timestamp, settling: Option<Settling>) -> Self {
        Self {
            now_ms: ceil_ms(now),
            settling,
        }
    }

    /// The same instant, with nothing hidden or changed.
    #[must_use]
    pub const fn settled(self) -> Self {
        Self {
            settling: None,
            ..self
        }
    }

    pub(crate) const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn settle_ms(&self) -> i64 {
        self.settling
            .map_or(0, |one| i64::from(one.settle_hours) * HOUR_MS)
    }

    /// True when nothing about a conversation that starts then is open any more.
    fn is_quiet(&self, start_ms: i64) -> bool {
        let last = LONGEST_MS + self.settle_ms().max(LATEST_MS);
        start_ms.saturating_add(last) <= self.now_ms
    }
}

impl World {
    /// What a view shows of conversation `index`.
    pub fn shown(&self, index: usize, view: &View) -> Shown {
        if self.starts[index] > view.now_ms {
            return Shown::NotYet;
        }
        if view.is_quiet(self.starts[index]) {
            return Shown::Exact;
        }
        self.shown_of(&mut self.build(index), view)
    }

    /// Conversation `index` as a view shows it.
    pub fn build_at(&self, index: usize, view: &View) -> Option<Conversation> {
        if self.starts[index] > view.now_ms {
            return None;
        }
        let mut made = self.build(index);
        if view.is_quiet(made.start_ms) {
            return Some(made);
        }
        let shown = self.shown_of(&mut made, view);
        matches!(shown, Shown::Changed | Shown::Exact).then_some(made)
    }

    /// Appends conversation `index` as a view shows it; false when it does not.
    pub fn write_conversation_at(
        &self,
        index: usize,
        form: Form,
        view: &View,
        out: &mut String,
    ) -> bool {
        let Some(made) = self.build_at(index, view) else {
            return false;
        };
        super::render::conversation(self, &made, form, out);
        true
    }

    /// How the conversations that start in `[from, to)` are shown.
    pub fn visible(&self, from: Timestamp, to: Timestamp, view: &View) -> Visible {
        let mut visible = Visible::default();
        for index in self.started_in(from, to) {
            *match self.shown(index, view) {
                Shown::NotYet => &mut visible.not_yet,
                Shown::Hidden => &mut visible.hidden,
                Shown::Changed => &mut visible.changed,
                Shown::Exact => &mut visible.exact,
            } += 1;
        }
        visible
    }

    /// Decides what is shown, and makes the conversation the version that is.
    fn shown_of(&self, made: &mut Conversation, view: &View) -> Shown {
        if made.end_ms.is_some_and(|end| end > view.now_ms) {
            return Shown::NotYet;
        }
        made.evaluations.retain(|one| one.at <= view.now_ms);
        made.surveys.retain(|one| one.at <= view.now_ms);
        let settled = made.end_ms.unwrap_or(made.start_ms) + view.settle_ms();
        let Some(settling) = view.settling.filter(|_| view.now_ms < settled) else {
            return Shown::Exact;
        };
        let draw = Rng::new(self.seed, tag::SETTLING, made.index as u64).below(100);
        if draw < settling.hidden_percent {
            Shown::Hidden
        } else if draw < settling.hidden_percent + settling.changed_percent && take_back(made) {
            Shown::Changed
        } else {
            Shown::Exact
        }
    }
}

/// Makes a record an earlier version of itself; false when there is nothing to take back.
fn take_back(made: &mut Conversation) -> bool {
    let mut is_changed = !made.evaluations.is_empty() || !made.surveys.is_empty();
    made.evaluations.clear();
    made.surveys.clear();
    for party in &mut made.participants {
        for session in &mut party.sessions {
            let Some(work) = session.metrics.iter().find(|one| one.name == "tAcw") else {
                continue;
            };
            let less = work.value - work.value / 2;
            is_changed = true;
            for metric in &mut session.metrics {
                if matches!(metric.name, "tAcw" | "tHandle") {
                    metric.value -= less;
                    metric.at -= less;
                }
            }
            for segment in &mut session.segments {
                if segment.kind == "wrapup" {
                    segment.end_ms = segment.end_ms.map(|end| end - less);
                    segment.wrap_up_code = None;
                    segment.wrap_up_note = None;
                }
            }
        }
    }
    is_changed
}
