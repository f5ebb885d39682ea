//! Evaluations and surveys as events of their own: some come days after the conversation they are about.

use super::conversation::Conversation;
use super::settle::LATEST_MS;
use super::text::DAY_MS;
use super::{LONGEST_MS, View, World, ceil_ms, instant};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What happened to a conversation after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QualityKind {
    /// A quality evaluation.
    Evaluation,
    /// A survey.
    Survey,
}

/// An evaluation or a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityEvent {
    /// Which of the two.
    pub kind: QualityKind,
    /// Its `evaluationId` or `surveyId`.
    pub id: String,
    /// The conversation it is about.
    pub conversation_id: String,
    /// When that conversation started.
    pub conversation_started_at: Timestamp,
    /// Its `eventTime`.
    pub at: Timestamp,
    /// A day or more after the conversation's end.
    pub is_late: bool,
    /// Its status.
    pub status: &'static str,
    /// Total score; none while unfinished or unanswered.
    pub score: Option<i64>,
}

impl World {
    /// The evaluations and surveys whose `eventTime` lies in `[from, to)`, in the order of the conversations.
    pub fn quality_events(&self, from: Timestamp, to: Timestamp) -> Vec<QualityEvent> {
        let (from, to) = (ceil_ms(from), ceil_ms(to));
        let mut events = Vec::new();
        for made in self.with_quality(from, to, &View::EVERYTHING) {
            let ended = made.end_ms.unwrap_or(made.start_ms);
            let event = |kind, id: super::rng::Uuid, at, status, score| QualityEvent {
                kind,
                id: id.to_string(),
                conversation_id: made.id.clone(),
                conversation_started_at: instant(made.start_ms),
                at: instant(at),
                is_late: at - ended >= DAY_MS,
                status,
                score,
            };
            let evaluations = made.evaluations.iter();
            events.extend(evaluations.map(|one| {
                let score = one.scores.map(|scores| scores.0);
                event(QualityKind::Evaluation, one.id, one.at, one.status, score)
            }));
            let surveys = made.surveys.iter();
            events.extend(surveys.map(|one| {
                let score = one.scores.map(|scores| scores.0);
                event(QualityKind::Survey, one.id, one.at, one.status, score)
            }));
        }
        let within = |event: &QualityEvent| (from..to).contains(&event.at.as_millisecond());
        events.retain(within);
        events
    }

    /// The conversations to which something may have happened in `[from, to)`, as a view shows them.
    pub(crate) fn with_quality(
        &self,
        from: i64,
        to: i64,
        view: &View,
    ) -> impl Iterator<Item = Conversation> {
        let started = self.started_in_ms(from.saturating_sub(LONGEST_MS + LATEST_MS), to);
        // Which conversations have any is known from their place; the others need not be made.
        started
            .filter(|index| index % 11 < 4)
            .filter_map(|index| self.build_at(index, view))
            .filter(|made| !made.evaluations.is_empty() || !made.surveys.is_empty())
    }

    /// Evaluations and surveys of a stretch of time, as numbers.
    pub(super) fn quality_json(&self, from: Timestamp, to: Timestamp) -> Value {
        let events = self.quality_events(from, to);
        let count = |kind, late_only: bool| {
            let mut counted = events.iter().collect::<Vec<_>>();
            counted.retain(|event| event.kind == kind && (event.is_late || !late_only));
            counted.len()
        };
        json!({
            "evaluations": count(QualityKind::Evaluation, false),
            "late_evaluations": count(QualityKind::Evaluation, true),
            "surveys": count(QualityKind::Survey, false),
            "late_surveys": count(QualityKind::Survey, true),
        })
    }
}
