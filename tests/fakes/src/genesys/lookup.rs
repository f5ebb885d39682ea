//! Single conversations: analytics details by id, and the conversation itself with its attributes.
//!
//! Both know a conversation as it stands at the moment: what the listings still hide or show in an earlier version
//! is there, and an evaluation as soon as it exists.

use super::{FakeGenesys, Problem};
use crate::server::{Call, Reply};
use crate::world::conversation::{Conversation, Participant};
use crate::world::reference::WRAPUPS;
use crate::world::text::instant;
use crate::world::{Form, View};
use serde_json::{Value, json};

/// Most ids of one request.
const MOST_IDS: usize = 50;

impl FakeGenesys {
    /// `GET /analytics/conversations/details?id=…&id=…`
    pub(super) fn details_by_id(&self, call: &Call) -> Result<Reply, Problem> {
        let named = call.query.iter().filter(|(name, _)| name == "id");
        let ids: Vec<&str> = named.flat_map(|(_, value)| value.split(',')).collect();
        if ids.is_empty() || ids.len() > MOST_IDS {
            return Err(Problem::bad(format!(
                "{} ids: between 1 and {MOST_IDS} may be asked for",
                ids.len()
            )));
        }
        let view = self.view().settled();
        let mut found: Vec<usize> = ids
            .iter()
            .filter_map(|id| self.world.find_conversation(id))
            .collect();
        // An id asked for twice is answered once; one that nobody knows, not at all.
        found.sort_unstable();
        found.dedup();
        let mut out = String::with_capacity(4096 * found.len() + 32);
        out.push_str("{\"conversations\":[");
        for index in found {
            let before = out.len();
            if !out.ends_with('[') {
                out.push(',');
            }
            let from = out.len();
            if !self
                .world
                .write_conversation_at(index, Form::Query, &view, &mut out)
            {
                out.truncate(before);
                continue;
            }
            without(
                &mut out,
                from,
                &[&self.options.left_out, &self.options.lost],
            );
        }
        out.push_str("]}");
        Ok(Reply::json(200, out))
    }

    /// `GET /analytics/conversations/{id}/details`
    pub(super) fn details_of(&self, id: &str) -> Result<Reply, Problem> {
        let mut out = String::with_capacity(8192);
        let view = self.view().settled();
        let is_there = self.world.find_conversation(id).is_some_and(|index| {
            self.world
                .write_conversation_at(index, Form::Query, &view, &mut out)
        });
        if is_there {
            without(&mut out, 0, &[&self.options.lost]);
            Ok(Reply::json(200, out))
        } else {
            Err(unknown(id))
        }
    }

    /// `GET /conversations/{id}`: also one that has not ended.
    pub(super) fn conversation(&self, id: &str) -> Result<Reply, Problem> {
        let now = self.view().now_ms();
        let made = self
            .world
            .find_conversation(id)
            .map(|index| self.world.build(index))
            .filter(|made| made.start_ms <= now)
            .ok_or_else(|| unknown(id))?;
        let ended = made.end_ms.filter(|&end| end <= now);
        let participants: Vec<Value> = made
            .participants
            .iter()
            .filter_map(|one| self.party(&made, one, now))
            .collect();
        let mut body = json!({
            "id": made.id, "startTime": instant(made.start_ms), "participants": participants,
            "divisions": [{"division": {"id": made.division_id}, "entities": []}],
            "selfUri": format!("/api/v2/conversations/{id}"),
        });
        if let Some(end) = ended {
            body["endTime"] = json!(instant(end));
        }
        Ok(Reply::json(200, body.to_string()))
    }

    /// A party as the Conversations API shows it; none while it has not joined.
    fn party(&self, made: &Conversation, one: &Participant, now: i64) -> Option<Value> {
        let segments = || one.sessions.iter().flat_map(|session| &session.segments);
        let start = segments().map(|segment| segment.start_ms).min();
        let start = start.unwrap_or(made.start_ms);
        if start > now {
            return None;
        }
        let talked = segments().filter(|segment| segment.kind != "wrapup");
        let end = talked.map(|segment| segment.end_ms).max().flatten();
        let mut party = json!({"id": one.id, "purpose": one.purpose, "startTime": instant(start)});
        let attributes = one.attributes.iter().flatten();
        party["attributes"] = attributes
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let queue = segments().find_map(|segment| segment.queue_id.as_ref());
        for (name, value) in [
            ("name", one.name.as_ref()),
            ("userId", one.user_id.as_ref()),
            ("externalContactId", one.external_contact_id.as_ref()),
            ("queueId", queue),
        ] {
            if let Some(value) = value {
                party[name] = json!(value);
            }
        }
        if let Some(end) = end.filter(|&end| end <= now) {
            party["endTime"] = json!(instant(end));
        }
        let wrapup = segments().find_map(|segment| {
            let end = segment.end_ms.filter(|&end| end <= now)?;
            segment
                .wrap_up_code
                .as_ref()
                .map(|code| (segment, code, end))
        });
        if let Some((segment, code, end)) = wrapup {
            let name = (0..WRAPUPS.len())
                .find(|&place| self.world.wrapup_id(place).to_string() == *code)
                .map(|place| WRAPUPS[place]);
            party["wrapup"] = json!({
                "code": code, "notes": segment.wrap_up_note.clone().unwrap_or_default(),
                "durationSeconds": (end - segment.start_ms) / 1000, "endTime": instant(end), "provisional": false,
            });
            if let Some(name) = name {
                party["wrapup"]["name"] = json!(name);
            }
        }
        Some(party)
    }

    /// What the server's clock and settling let a client see.
    pub(super) fn view(&self) -> View {
        if self.time_matters() {
            View::at(self.control.time(), self.options.settling)
        } else {
            View::EVERYTHING
        }
    }
}

/// Takes evaluations and surveys out of the record that begins at `from`.
fn without(out: &mut String, from: usize, ids: &[&Vec<String>]) {
    let is_gone = |one: &Value| {
        let named = ["evaluationId", "surveyId"].map(|name| one[name].as_str());
        let mut gone = ids.iter().copied().flatten();
        gone.any(|id| named.contains(&Some(id.as_str())))
    };
    if ids.iter().all(|ids| ids.is_empty()) {
        return;
    }
    let Ok(mut record) = serde_json::from_str::<Value>(&out[from..]) else {
        return;
    };
    for list in ["evaluations", "surveys"] {
        if let Some(all) = record.get_mut(list).and_then(Value::as_array_mut) {
            all.retain(|one| !is_gone(one));
        }
    }
    out.truncate(from);
    out.push_str(&record.to_string());
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("Conversation {id:?} could not be found."))
}
