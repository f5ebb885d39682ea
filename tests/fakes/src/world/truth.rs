//! What is true of the world, for tests to compare a warehouse with.

use super::conversation::Scenario;
use super::link::Via;
use super::{Form, Object, World, instant};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What is true of one conversation, with attributes known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a statement of its own"
)]
pub struct Truth {
    /// Its id.
    pub conversation_id: String,
    /// Its true start, whatever its record says.
    pub started_at: Timestamp,
    /// Its end, when it has ended.
    pub ended_at: Option<Timestamp>,
    /// What happens in it.
    pub scenario: Scenario,
    /// Where its hint at the CRM stands.
    pub via: Via,
    /// The hint leads to a record the CRM has; deleted and merged records count.
    pub is_linkable: bool,
    /// 18-character id of the account it leads to.
    pub account_id: Option<String>,
    /// 18-character id of the contact it leads to.
    pub contact_id: Option<String>,
    /// 18-character id of the case it leads to.
    pub case_id: Option<String>,
    /// By the attribute `escalated` (`true`, `false`), else a bot flow followed by an agent.
    pub was_escalated: bool,
    /// By the attribute `botHandled` (`true`, `false`), else a bot flow and no agent.
    pub handled_by_bot_only: bool,
    /// Offered, given up, and never answered.
    pub abandoned: bool,
    /// An agent passed it on.
    pub transferred: bool,
    /// Sum of `tHandle` of its agents.
    pub handle_ms: i64,
    /// Its record must end in quarantine when it comes from a job.
    pub is_unstorable: bool,
}

/// Numbers of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Conversations that start in it, unstorable ones included.
    pub conversations: usize,
    /// Of these, how many lead to a record the CRM has.
    pub linkable: usize,
    /// Of these, how many records of a details job must end in quarantine.
    pub unstorable: usize,
    /// The same for records of a details query, which carry no attributes.
    pub unstorable_by_query: usize,
}

impl World {
    /// What is true of conversation `index`.
    pub fn truth(&self, index: usize) -> Truth {
        let made = self.build(index);
        let link = made.link;
        let id = |object, at: Option<usize>| {
            at.filter(|_| link.is_linkable())
                .map(|at| self.salesforce_id(object, at))
        };
        let said = |name: &str| {
            made.attribute(name).find_map(|value| match value {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            })
        };
        let has_bot = made.participants.iter().any(|one| one.purpose == "botflow");
        let has_agent = made.participants.iter().any(|one| one.purpose == "agent");
        Truth {
            started_at: instant(made.start_ms),
            ended_at: made.end_ms.map(instant),
            scenario: made.scenario,
            via: link.via,
            is_linkable: link.is_linkable(),
            account_id: id(Object::Account, link.account),
            contact_id: id(Object::Contact, link.contact),
            case_id: id(Object::Case, link.case),
            was_escalated: said("escalated").unwrap_or(has_bot && has_agent),
            handled_by_bot_only: said("botHandled").unwrap_or(has_bot && !has_agent),
            abandoned: made.has_metric("tAbandon") && !made.has_metric("tAnswered"),
            transferred: made.has_metric("nTransferred"),
            handle_ms: made.agents_total("tHandle"),
            is_unstorable: made.is_unstorable(Form::Job),
            conversation_id: made.id,
        }
    }

    /// Numbers of the conversations that start in `[from, to)`.
    pub fn expected(&self, from: Timestamp, to: Timestamp) -> Expected {
        let started = self.started_in(from, to);
        let unstorable = |form| {
            started
                .clone()
                .filter(|&index| self.is_unstorable(index, form))
                .count()
        };
        Expected {
            conversations: started.len(),
            linkable: started
                .clone()
                .filter(|&index| self.link(index).is_linkable())
                .count(),
            unstorable: unstorable(Form::Job),
            unstorable_by_query: unstorable(Form::Query),
        }
    }

    /// How many records of the whole world must end in quarantine when they come from details jobs.
    pub fn expected_quarantine(&self) -> usize {
        self.expected(self.begin(), self.end()).unstorable
    }

    fn is_unstorable(&self, index: usize, form: Form) -> bool {
        // Cheap first: the places are known, everything else need not be made.
        matches!(index % 10_000, 61 | 122 | 183) && self.build(index).is_unstorable(form)
    }

    /// The same as JSON, as both servers show it.
    pub fn truth_json(&self, from: Timestamp, to: Timestamp) -> Value {
        let expected = self.expected(from, to);
        let deleted = |object| {
            (0..self.rows(object))
                .filter(|&index| Self::is_deleted(object, index))
                .count()
        };
        let started = self.started_in(from, to);
        let mut kinds = serde_json::Map::new();
        for index in started {
            let kind = format!("{:?}", super::build::scenario(self, index));
            let count = kinds.get(&kind).and_then(Value::as_u64).unwrap_or(0);
            kinds.insert(kind, json!(count + 1));
        }
        json!({
            "from": from, "to": to,
            "conversations": expected.conversations,
            "linkable": expected.linkable,
            "anonymous": expected.conversations - expected.linkable,
            "unstorable": expected.unstorable,
            "unstorable_by_query": expected.unstorable_by_query,
            "scenarios": kinds,
            "accounts": self.rows(Object::Account),
            "contacts": self.rows(Object::Contact),
            "cases": self.rows(Object::Case),
            "opportunities": self.rows(Object::Opportunity),
            "deleted": {
                "accounts": deleted(Object::Account), "contacts": deleted(Object::Contact),
                "cases": deleted(Object::Case), "opportunities": deleted(Object::Opportunity),
            },
            "queues": self.queues().len(),
            "users": self.users().len(),
            "wrapup_codes": self.wrapup_codes().len(),
            "divisions": self.divisions().len(),
            "campaigns": self.campaigns().len(),
            "quality_events": self.quality_json(from, to),
        })
    }
}
