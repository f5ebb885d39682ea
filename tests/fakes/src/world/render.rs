//! Conversations as JSON text. Written by hand: a benchmark of a client must not wait for its server.

use super::conversation::{Conversation, Evaluation, Participant, Segment, Session, Survey};
use super::text::{push_instant, push_string};
use super::{Form, World};
use std::fmt::Write as _;

struct Writer<'o> {
    out: &'o mut String,
    /// Leave out milliseconds where there are none.
    short: bool,
}

impl Writer<'_> {
    fn next(&mut self) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
    }

    fn name(&mut self, name: &str) {
        self.next();
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        push_string(self.out, value);
    }

    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn number(&mut self, name: &str, value: i64) {
        self.name(name);
        let _ = write!(self.out, "{value}");
    }

    fn truth(&mut self, name: &str, value: bool) {
        self.name(name);
        self.out.push_str(if value { "true" } else { "false" });
    }

    fn instant(&mut self, name: &str, millis: i64) {
        self.name(name);
        self.out.push('"');
        push_instant(self.out, millis, self.short);
        self.out.push('"');
    }

    fn uuid(&mut self, name: &str, id: super::rng::Uuid) {
        self.name(name);
        self.out.push('"');
        id.push(self.out);
        self.out.push('"');
    }

    fn list<T>(&mut self, name: &str, all: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.name(name);
        self.out.push('[');
        for one in all {
            self.next();
            self.out.push('{');
            each(self, one);
            self.out.push('}');
        }
        self.out.push(']');
    }
}

/// Appends one conversation.
pub(super) fn conversation(_world: &World, made: &Conversation, form: Form, out: &mut String) {
    out.push('{');
    let mut w = Writer {
        out,
        short: made.start_ms % 1000 == 0,
    };
    w.text("conversationId", &made.id);
    if made.has_bad_start {
        w.text("conversationStart", "the day before yesterday");
    } else {
        w.instant("conversationStart", made.start_ms);
    }
    if let Some(end) = made.end_ms {
        w.instant("conversationEnd", end);
    }
    w.text("conversationInitiator", made.initiator);
    w.text("originatingDirection", made.direction);
    w.name("divisionIds");
    let _ = write!(w.out, "[\"{}\"]", made.division_id);
    w.maybe("externalTag", made.external_tag.as_deref());
    if let Some(served) = made.self_served {
        w.truth("selfServed", served);
    }
    if made.index % 4 == 1 {
        w.name("mediaStatsMinConversationMos");
        let _ = write!(w.out, "4.{:02}", made.index % 90);
    }
    if made.has_unknown_fields {
        w.name("moodForecast");
        w.out.push_str("{\"score\":0.4,\"labels\":[\"calm\",null]}");
        w.text("addedNextYear", "unknown to this version");
    }
    if !made.evaluations.is_empty() {
        w.list("evaluations", &made.evaluations, evaluation);
    }
    if !made.surveys.is_empty() {
        w.list("surveys", &made.surveys, survey);
    }
    let unknown = made.has_unknown_fields;
    w.list("participants", &made.participants, |w, one| {
        participant(w, one, form, unknown);
    });
    out.push('}');
}

fn participant(w: &mut Writer<'_>, one: &Participant, form: Form, unknown: bool) {
    w.text("participantId", &one.id);
    w.maybe("participantName", one.name.as_deref());
    w.text("purpose", one.purpose);
    w.maybe("userId", one.user_id.as_deref());
    w.maybe("externalContactId", one.external_contact_id.as_deref());
    if let (Form::Job, Some(attributes)) = (form, &one.attributes) {
        w.name("attributes");
        w.out.push('{');
        for (name, value) in attributes {
            w.text(name, value);
        }
        w.out.push('}');
    }
    w.list("sessions", &one.sessions, |w, one| session(w, one, unknown));
}

fn session(w: &mut Writer<'_>, one: &Session, unknown: bool) {
    w.text("sessionId", &one.id);
    w.maybe("peerId", one.peer_id.as_deref());
    w.text("mediaType", one.media);
    if one.media == "message" {
        w.text("messageType", "webmessaging");
    }
    w.text("direction", one.direction);
    w.text(
        "provider",
        if one.media == "message" {
            "PureCloud Messaging"
        } else {
            "Edge"
        },
    );
    if let Some((from, to)) = &one.addresses {
        let names = match one.media {
            "voice" | "callback" => ["ani", "dnis"],
            _ => ["addressFrom", "addressTo"],
        };
        w.text(names[0], from);
        w.text(names[1], to);
        if one.media == "voice" {
            w.text("sessionDnis", to);
            w.truth("recording", true);
        }
    }
    if let Some(agent) = &one.selected_agent_id {
        w.text("selectedAgentId", agent);
        w.text("usedRouting", "Standard");
        w.name("requestedRoutings");
        w.out.push_str("[\"Standard\"]");
    }
    if let Some([campaign, contact, list]) = &one.dialer {
        w.text("outboundCampaignId", campaign);
        w.text("outboundContactId", contact);
        w.text("outboundContactListId", list);
        w.text(
            "dispositionName",
            "disposition.classification.callable.person",
        );
        w.text("dispositionAnalyzer", "speech.person");
    }
    if let Some((id, name, kind, exit)) = &one.flow {
        w.name("flow");
        w.out.push('{');
        w.text("flowId", id);
        w.text("flowName", name);
        w.text("flowType", kind);
        w.text("flowVersion", "4.0");
        w.text("exitReason", exit);
        if *exit == "TRANSFER" {
            w.text("transferType", "ACD");
        }
        w.out.push('}');
    }
    if unknown {
        w.name("holographicLayers");
        w.out.push_str("[[1,2],[]]");
    }
    w.list("metrics", &one.metrics, |w, metric| {
        w.text("name", metric.name);
        w.number("value", metric.value);
        w.instant("emitDate", metric.at);
    });
    w.list("segments", &one.segments, segment);
}

fn segment(w: &mut Writer<'_>, one: &Segment) {
    w.instant("segmentStart", one.start_ms);
    if let Some(end) = one.end_ms {
        w.instant("segmentEnd", end);
    }
    w.text("segmentType", one.kind);
    w.truth("conference", false);
    w.maybe("disconnectType", one.disconnect);
    w.maybe("queueId", one.queue_id.as_deref());
    w.maybe("wrapUpCode", one.wrap_up_code.as_deref());
    w.maybe("wrapUpNote", one.wrap_up_note.as_deref());
}

fn evaluation(w: &mut Writer<'_>, one: &Evaluation) {
    w.uuid("evaluationId", one.id);
    w.uuid("formId", one.form);
    w.text("formName", "Inbound service");
    w.text("evaluatorId", &one.evaluator_id);
    w.text("userId", &one.user_id);
    w.maybe("queueId", one.queue_id.as_deref());
    w.text("evaluationStatus", one.status);
    w.truth("released", one.scores.is_some());
    w.truth("deleted", false);
    w.truth("rescored", false);
    w.instant("eventTime", one.at);
    if let Some((total, critical)) = one.scores {
        w.number("oTotalScore", total);
        w.number("oTotalCriticalScore", critical);
    }
}

fn survey(w: &mut Writer<'_>, one: &Survey) {
    w.uuid("surveyId", one.id);
    w.uuid("surveyFormId", one.form);
    w.text("surveyFormName", "CSAT");
    w.text("surveyStatus", one.status);
    w.text("surveyType", "Web");
    w.text("userId", &one.user_id);
    w.maybe("queueId", one.queue_id.as_deref());
    w.instant("eventTime", one.at);
    if let Some((score, promoter)) = one.scores {
        w.instant("surveyCompletedDate", one.at);
        w.number("oSurveyTotalScore", score);
        w.number("surveyPromoterScore", promoter);
    }
}
