//! `POST /analytics/users/aggregates/query`: how long each agent was in which routing status.
//!
//! An agent's time follows from the records and the schedule: interacting while there is a conversation,
//! communicating in one the agent has begun, not responding for a minute after an alert nobody answered, otherwise
//! idle in the shift and off queue outside of it. A conversation that never ended keeps nobody busy past its last
//! known instant.

use super::{Ask, Table};
use crate::genesys::dimensions::Said;
use crate::genesys::filter::Filter;
use crate::genesys::{FakeGenesys, Problem};
use crate::server::Reply;
use crate::world::reference::USERS;
use crate::world::workforce::{Span, clip};
use crate::world::{LONGEST_MS, Scenario};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

const METRIC: &str = "tAgentRoutingStatus";
/// How long an agent who did not answer is left alone.
const REST_MS: i64 = 60_000;

/// What keeps one agent busy.
#[derive(Debug, Default, Clone)]
struct Busy {
    interacting: Vec<Span>,
    communicating: Vec<Span>,
    not_responding: Vec<Span>,
}

impl FakeGenesys {
    pub(in crate::genesys) fn user_aggregates(&self, body: &Value) -> Result<Reply, Problem> {
        let ask = Ask::read(body, &self.options, &["userId"])?;
        let filter = Filter::read(body, &["userId"])?;
        if let Some(metric) = ask.metrics.iter().find(|one| *one != METRIC) {
            return Err(Problem::bad(format!(
                "The fake does not serve metric {metric:?}."
            )));
        }
        let now = self.view().now_ms();
        let known = (
            ask.interval.from.max(self.world.begin_ms),
            ask.interval.to.min(self.world.end_ms).min(now),
        );
        let mut busy = self.busy(known);
        let mut table = Table::default();
        for user in 0..USERS {
            let id = self.world.user_id(user).to_string();
            let is_wanted = filter.as_ref().is_none_or(|filter| {
                filter.holds(&|one| one.holds(&Said::Text(Some(Cow::Borrowed(&id)))))
            });
            if !is_wanted || known.0 >= known.1 {
                continue;
            }
            let group = ask.group(|_| Some(id.clone()));
            let own = busy.remove(&id).unwrap_or_default();
            for (status, spans) in self.statuses(user, own, known) {
                for span in spans {
                    spread(&ask, &mut table, &group, status, span);
                }
            }
        }
        ask.answer(table)
    }

    /// What keeps the agents busy, by user id.
    fn busy(&self, known: Span) -> HashMap<String, Busy> {
        let view = self.view().settled();
        let mut all: HashMap<String, Busy> = HashMap::new();
        let from = known.0.saturating_sub(2 * LONGEST_MS);
        for index in self.world.started_in_ms(from, known.1) {
            let Some(made) = self.world.build_at(index, &view) else {
                continue;
            };
            for party in &made.participants {
                let (Some(user), "agent") = (&party.user_id, party.purpose) else {
                    continue;
                };
                let own = all.entry(user.clone()).or_default();
                for segment in party.sessions.iter().flat_map(|one| &one.segments) {
                    let Some(end) = segment.end_ms else { continue };
                    if segment.disconnect == Some("noAnswerTransfer") {
                        own.not_responding.push((end, end + REST_MS));
                    } else if segment.kind == "alert" {
                    } else if made.scenario == Scenario::ManualOutbound {
                        own.communicating.push((segment.start_ms, end));
                    } else {
                        own.interacting.push((segment.start_ms, end));
                    }
                }
            }
        }
        all
    }

    /// Every instant of a user's time, under the one status that holds then.
    fn statuses(&self, user: usize, own: Busy, known: Span) -> [(&'static str, Vec<Span>); 5] {
        let interacting = union(own.interacting, known);
        let communicating = without(union(own.communicating, known), &interacting);
        let mut taken = [interacting.as_slice(), &communicating].concat();
        let not_responding = without(
            union(own.not_responding, known),
            &union(taken.clone(), known),
        );
        taken.extend_from_slice(&not_responding);
        let taken = union(taken, known);
        // Who has left is in no schedule, and in no status but those of the records.
        let has_left = user % 15 == 11;
        let (mut shifts, mut always) = (Vec::new(), Vec::new());
        if !has_left {
            shifts = self.world.shifts(user, known.0, known.1);
            always.push(known);
        }
        let shifts = union(shifts.iter().map(|shift| shift.span).collect(), known);
        let off_queue = without(without(always, &shifts), &taken);
        [
            ("INTERACTING", interacting),
            ("COMMUNICATING", communicating),
            ("NOT_RESPONDING", not_responding),
            ("IDLE", without(shifts, &taken)),
            ("OFF_QUEUE", off_queue),
        ]
    }
}

/// Adds a span to every bucket it touches.
fn spread(ask: &Ask, table: &mut Table, group: &super::Group, status: &'static str, span: Span) {
    let mut bucket = ask.bucket(span.0);
    while let Some(place) = bucket.filter(|&place| place + 1 < ask.bounds.len()) {
        let Some(part) = clip(span, (ask.bounds[place], ask.bounds[place + 1])) else {
            break;
        };
        let numbers = table.at(group, place, (METRIC, Some(status)));
        numbers.add(part.1 - part.0);
        bucket = Some(place + 1);
    }
}

/// The spans within another, in order, none touching the next.
fn union(mut spans: Vec<Span>, within: Span) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans.into_iter().filter_map(|span| clip(span, within)) {
        match merged.last_mut() {
            Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
            _ => merged.push(span),
        }
    }
    merged
}

/// What is left of ordered spans when other ordered spans are taken out.
fn without(spans: Vec<Span>, taken: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    for (mut from, to) in spans {
        let first = taken.partition_point(|one| one.1 <= from);
        for &(begin, end) in taken[first..].iter().take_while(|one| one.0 < to) {
            if from < begin {
                left.push((from, begin));
            }
            from = from.max(end);
        }
        if from < to {
            left.push((from, to));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_joined_and_taken_out() {
        let all = union(vec![(5, 9), (1, 3), (2, 4), (20, 30)], (0, 25));
        assert_eq!(all, [(1, 4), (5, 9), (20, 25)]);
        assert_eq!(without(vec![(0, 22)], &all), [(0, 1), (4, 5), (9, 20)]);
        assert_eq!(without(all.clone(), &[]), all);
    }
}
