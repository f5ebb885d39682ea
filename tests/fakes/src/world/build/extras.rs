//! Attributes, evaluations and surveys.

use super::Script;
use crate::world::conversation::{Evaluation, Participant, Survey};
use crate::world::rng::{Uuid, tag};
use crate::world::text::{AWKWARD, DAY_MS, longest};
use crate::world::{Object, Scenario, Via};

impl Script<'_> {
    pub(super) fn attributes(&mut self) {
        let (world, index, link) = (self.world, self.made.index, self.made.link);
        let mut named: Vec<(String, String)> = Vec::with_capacity(8);
        let mut add = |name: &str, value: String| named.push((name.to_owned(), value));
        // Screens and scripts write either form of an id.
        let form = |id: String| {
            if index.is_multiple_of(2) {
                id
            } else {
                id[..15].to_owned()
            }
        };
        let id = |object, at: Option<usize>| at.map(|at| form(world.salesforce_id(object, at)));
        match link.via {
            Via::Case => {
                if let Some(id) = id(Object::Case, link.case) {
                    add("sfCaseId", id);
                }
                if index % 3 == 1
                    && let Some(id) = id(Object::Account, link.account)
                {
                    add("sfAccountId", id);
                }
            }
            Via::Account => {
                if let Some(id) = id(Object::Account, link.account) {
                    add("sfAccountId", id);
                }
            }
            Via::Contact | Via::Mismatch => {
                if let Some(id) = id(Object::Contact, link.contact) {
                    add("sfContactId", id);
                }
                if let Some(id) = id(Object::Account, link.account) {
                    add("sfAccountId", id);
                }
            }
            Via::UnknownId => {
                add(
                    "sfAccountId",
                    form(world.nowhere_id(Object::Account, index)),
                );
                add("sfCaseId", form(world.nowhere_id(Object::Case, index)));
            }
            Via::WrongObject => {
                if let Some(id) = id(Object::Contact, link.contact) {
                    add("sfAccountId", id);
                }
            }
            Via::ExternalContact | Via::Phone | Via::SharedPhone => {}
            Via::Nothing => match index % 7 {
                2 => add(
                    "sfAccountId",
                    ["NA", "None", "", " ", "null"][index / 7 % 5].to_owned(),
                ),
                4 => add("sfCaseId", ["", "NA", "None"][index / 7 % 3].to_owned()),
                _ => {}
            },
        }
        let turn = index * 53 % 97;
        let bare = turn > 90 && matches!(link.via, Via::Nothing | Via::ExternalContact);
        match turn {
            0..18 => add("customer_note", AWKWARD[turn].to_owned()),
            18 => add("transcript_excerpt", longest()),
            _ => {}
        }
        match self.made.scenario {
            Scenario::BotOnly if index.is_multiple_of(2) => add("botHandled", "true".to_owned()),
            Scenario::BotThenAgent if index.is_multiple_of(3) => {
                add("botHandled", "false".to_owned());
            }
            _ => {}
        }
        match index % 25 {
            3 => add("escalated", "true".to_owned()),
            9 => add("escalated", "false".to_owned()),
            14 => add("escalated", "NA".to_owned()),
            _ => {}
        }
        if self.made.has_unstorable_attribute {
            add(
                "broken",
                if index % 10_000 == 122 {
                    "\\N"
                } else {
                    "before\0after"
                }
                .to_owned(),
            );
        }
        add("language", ["en", "es", "de"][index % 3].to_owned());
        if let Some(customer) = self.made.participants.first_mut() {
            customer.attributes = Some(named);
        }
        if bare && !self.made.has_unstorable_attribute {
            self.made
                .participants
                .iter_mut()
                .for_each(|one| one.attributes = None);
        }
    }

    /// Evaluations and surveys, some of them days after the conversation.
    pub(super) fn quality(&mut self) {
        let seed = self.world.seed;
        let index = self.made.index as u64;
        let answered = |one: &&Participant| {
            one.sessions.iter().any(|session| {
                session
                    .metrics
                    .iter()
                    .any(|metric| metric.name == "tHandle")
            })
        };
        let agent = self
            .made
            .participants
            .iter()
            .rfind(answered)
            .and_then(|one| one.user_id.clone());
        let (Some(user_id), Some(end)) = (agent, self.made.end_ms) else {
            return;
        };
        let queue_id = Some(self.queue_id());
        let turn = index % 11;
        if turn < 2 {
            let at = if turn == 0 {
                end + self.rng.between(2 * DAY_MS, 5 * DAY_MS)
            } else {
                end + self.span(600, 7200)
            };
            let status =
                self.rng
                    .pick(&["Finished", "Finished", "Finished", "InProgress", "Pending"]);
            let total = self.rng.between(40, 101);
            self.made.evaluations.push(Evaluation {
                id: Uuid::new(seed, tag::EVALUATION, index),
                form: Uuid::new(seed, tag::FORM, index % 2),
                evaluator_id: self.world.user_id(0).to_string(),
                user_id,
                queue_id,
                status,
                at,
                scores: (status == "Finished").then(|| (total, (total + 3).min(100))),
            });
        } else if turn < 4 {
            let at = if turn == 2 {
                end + self.rng.between(DAY_MS, 3 * DAY_MS)
            } else {
                end + self.span(60, 7200)
            };
            let status = self.rng.pick(&["Finished", "Finished", "Sent", "Expired"]);
            let promoter = self.rng.between(0, 11);
            self.made.surveys.push(Survey {
                id: Uuid::new(seed, tag::SURVEY, index),
                form: Uuid::new(seed, tag::FORM, 2),
                user_id,
                queue_id,
                status,
                at,
                scores: (status == "Finished").then_some((promoter * 10, promoter)),
            });
        }
    }
}
