//! One record's rows: the values in the order of the tables' columns.

use super::Record;
use super::instant::parse_instant;
use super::wire::{Attribute, Evaluation, Metric, Participant, Segment, Session, Survey, Whole};
use jiff::Timestamp;
use model::Window;
use model::payload::Extraction;
use model::phone::Numbers;
use model::rows::{Refusal, Rows};
use std::borrow::Cow;

// Positions in `TABLES`.
const CONVERSATION: usize = 0;
const PARTICIPANT: usize = 1;
const SESSION: usize = 2;
const SEGMENT: usize = 3;
const METRIC: usize = 4;
const ATTRIBUTE: usize = 5;
const EVALUATION: usize = 6;
const SURVEY: usize = 7;
const PHONE_NUMBER: usize = 8;

/// Parties whose addresses are a customer's.
const CUSTOMERS: [&str; 2] = ["customer", "external"];

/// Appends the record's rows to `rows`, whose tables are [`super::TABLES`]. On a refusal the caller rolls the record back.
///
/// An end before the start is kept as it came: it is for the warehouse's checks to show, not for extraction to hide.
pub fn write(
    record: &Record<'_>,
    extraction: Extraction,
    window: Window,
    numbers: Numbers,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    let wire = &record.wire;
    let id = &*record.conversation_id;
    let participants = wire.participants();
    let end = instant(wire.conversation_end.as_ref(), || {
        "conversationEnd".to_owned()
    })?;
    rows.row(CONVERSATION)
        .timestamp(Some(window.start()))
        .timestamp(Some(window.end()))
        .text(Some(extraction.as_str()))
        .text(Some(id))
        .timestamp(Some(record.conversation_start))
        .timestamp(end)
        .text(wire.originating_direction.as_deref())
        .text(wire.conversation_initiator.as_deref())
        .text(json(wire.division_ids.as_deref())?.as_deref())
        .text(wire.external_tag.as_deref())
        .bool(wire.self_served)
        .bool(wire.customer_participation)
        .text(media_types(participants).as_deref())
        .int(Some(ordinal(participants.len())))
        .end()?;
    for (no, participant) in participants.iter().enumerate() {
        write_participant(id, no, participant, rows)?;
    }
    for (no, evaluation) in wire.evaluations.iter().flatten().enumerate() {
        write_evaluation(id, no, evaluation, rows)?;
    }
    for (no, survey) in wire.surveys.iter().flatten().enumerate() {
        write_survey(id, no, survey, rows)?;
    }
    numbers.write(addresses(participants), rows, PHONE_NUMBER)
}

/// Where the customers' sessions came from and went to. Which of the two is the customer is for the direction to say; that
/// the other is a number as well does no harm.
fn addresses<'a>(participants: &'a [Participant<'_>]) -> impl Iterator<Item = &'a str> {
    let is_customer = |it: &&Participant<'_>| {
        let purpose = it.purpose.as_deref();
        purpose.is_some_and(|purpose| CUSTOMERS.contains(&purpose))
    };
    participants
        .iter()
        .filter(is_customer)
        .flat_map(|participant| participant.sessions.iter().flatten())
        .flat_map(|session| {
            [
                session.ani.as_deref(),
                session.dnis.as_deref(),
                session.address_from.as_deref(),
                session.address_to.as_deref(),
            ]
        })
        .flatten()
}

fn write_participant(
    id: &str,
    participant_no: usize,
    participant: &Participant<'_>,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    let position = ordinal(participant_no);
    rows.row(PARTICIPANT)
        .text(Some(id))
        .int(Some(position))
        .text(participant.participant_id.as_deref())
        .text(participant.user_id.as_deref())
        .text(participant.purpose.as_deref())
        .text(participant.participant_name.as_deref())
        .text(participant.external_contact_id.as_deref())
        .text(participant.external_organization_id.as_deref())
        .text(participant.team_id.as_deref())
        .text(participant.flagged_reason.as_deref())
        .end()?;
    for (name, value) in lasting(participant.attributes.as_deref()) {
        rows.row(ATTRIBUTE)
            .text(Some(id))
            .int(Some(position))
            .text(Some(name))
            .text(value)
            .end()?;
    }
    for (no, session) in participant.sessions.iter().flatten().enumerate() {
        let place = Place {
            id,
            participant: participant_no,
            session: no,
        };
        write_session(place, session, rows)?;
    }
    Ok(())
}

/// Attributes in order; a name given twice means its last value, as to every reader of JSON objects.
pub(super) fn lasting<'a>(
    attributes: Option<&'a [Attribute<'_>]>,
) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
    let attributes = attributes.unwrap_or_default();
    attributes
        .iter()
        .enumerate()
        .filter(|(no, (name, _))| !attributes[no + 1..].iter().any(|(later, _)| later == name))
        .map(|(_, (name, value))| (&**name, value.as_deref()))
}

/// Where in a conversation a session stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    id: &'a str,
    participant: usize,
    session: usize,
}

impl Place<'_> {
    fn path(self, rest: &str) -> String {
        format!(
            "participants[{}].sessions[{}].{rest}",
            self.participant, self.session
        )
    }
}

fn write_session(place: Place<'_>, session: &Session<'_>, rows: &mut Rows) -> Result<(), Refusal> {
    let flow = session.flow.as_ref();
    rows.row(SESSION)
        .text(Some(place.id))
        .int(Some(ordinal(place.participant)))
        .int(Some(ordinal(place.session)))
        .text(session.session_id.as_deref())
        .text(session.peer_id.as_deref())
        .text(session.media_type.as_deref())
        .text(session.message_type.as_deref())
        .text(session.direction.as_deref())
        .text(session.ani.as_deref())
        .text(session.dnis.as_deref())
        .text(session.session_dnis.as_deref())
        .text(session.address_from.as_deref())
        .text(session.address_to.as_deref())
        .text(session.remote.as_deref())
        .text(session.provider.as_deref())
        .text(session.used_routing.as_deref())
        .text(session.selected_agent_id.as_deref())
        .text(session.outbound_campaign_id.as_deref())
        .text(session.outbound_contact_id.as_deref())
        .text(session.outbound_contact_list_id.as_deref())
        .text(session.disposition_name.as_deref())
        .text(session.disposition_analyzer.as_deref())
        .text(flow.and_then(|flow| flow.flow_id.as_deref()))
        .text(flow.and_then(|flow| flow.flow_name.as_deref()))
        .text(flow.and_then(|flow| flow.flow_type.as_deref()))
        .text(flow.and_then(|flow| flow.exit_reason.as_deref()))
        .text(flow.and_then(|flow| flow.transfer_type.as_deref()))
        .bool(session.recording)
        .end()?;
    for (no, segment) in session.segments.iter().flatten().enumerate() {
        write_segment(place, no, segment, rows)?;
    }
    for (no, metric) in session.metrics.iter().flatten().enumerate() {
        write_metric(place, no, metric, rows)?;
    }
    Ok(())
}

fn write_segment(
    place: Place<'_>,
    no: usize,
    segment: &Segment<'_>,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    let start = instant(segment.segment_start.as_ref(), || {
        place.path(&format!("segments[{no}].segmentStart"))
    })?;
    let end = instant(segment.segment_end.as_ref(), || {
        place.path(&format!("segments[{no}].segmentEnd"))
    })?;
    rows.row(SEGMENT)
        .text(Some(place.id))
        .int(Some(ordinal(place.participant)))
        .int(Some(ordinal(place.session)))
        .int(Some(ordinal(no)))
        .timestamp(start)
        .timestamp(end)
        .text(segment.segment_type.as_deref())
        .text(segment.queue_id.as_deref())
        .text(segment.disconnect_type.as_deref())
        .text(segment.wrap_up_code.as_deref())
        .text(segment.wrap_up_note.as_deref())
        .text(json(segment.wrap_up_tags.as_deref())?.as_deref())
        .text(segment.error_code.as_deref())
        .text(segment.requested_language_id.as_deref())
        .text(json(segment.requested_routing_skill_ids.as_deref())?.as_deref())
        .bool(segment.conference)
        .end()
}

fn write_metric(
    place: Place<'_>,
    no: usize,
    metric: &Metric<'_>,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    let emitted = instant(metric.emit_date.as_ref(), || {
        place.path(&format!("metrics[{no}].emitDate"))
    })?;
    rows.row(METRIC)
        .text(Some(place.id))
        .int(Some(ordinal(place.participant)))
        .int(Some(ordinal(place.session)))
        .int(Some(ordinal(no)))
        .text(metric.name.as_deref())
        .int(whole(metric.value))
        .timestamp(emitted)
        .end()
}

fn write_evaluation(
    id: &str,
    no: usize,
    evaluation: &Evaluation<'_>,
    rows: &mut Rows,
) -> Result<(), Refusal> {
    let happened = instant(evaluation.event_time.as_ref(), || {
        format!("evaluations[{no}].eventTime")
    })?;
    rows.row(EVALUATION)
        .text(Some(id))
        .int(Some(ordinal(no)))
        .text(evaluation.evaluation_id.as_deref())
        .text(evaluation.form_id.as_deref())
        .text(evaluation.form_name.as_deref())
        .text(evaluation.evaluator_id.as_deref())
        .text(evaluation.user_id.as_deref())
        .text(evaluation.queue_id.as_deref())
        .bool(evaluation.released)
        .text(evaluation.evaluation_status.as_deref())
        .int(whole(evaluation.o_total_score))
        .int(whole(evaluation.o_total_critical_score))
        .bool(evaluation.deleted)
        .bool(evaluation.rescored)
        .timestamp(happened)
        .end()
}

fn write_survey(id: &str, no: usize, survey: &Survey<'_>, rows: &mut Rows) -> Result<(), Refusal> {
    let completed = instant(survey.survey_completed_date.as_ref(), || {
        format!("surveys[{no}].surveyCompletedDate")
    })?;
    let happened = instant(survey.event_time.as_ref(), || {
        format!("surveys[{no}].eventTime")
    })?;
    rows.row(SURVEY)
        .text(Some(id))
        .int(Some(ordinal(no)))
        .text(survey.survey_id.as_deref())
        .text(survey.survey_form_id.as_deref())
        .text(survey.survey_form_name.as_deref())
        .text(survey.user_id.as_deref())
        .text(survey.queue_id.as_deref())
        .text(survey.survey_status.as_deref())
        .text(survey.survey_type.as_deref())
        .int(whole(survey.o_survey_total_score))
        .int(whole(survey.survey_promoter_score))
        .timestamp(completed)
        .timestamp(happened)
        .end()
}

#[inline]
pub(super) fn instant(
    text: Option<&Cow<'_, str>>,
    place: impl FnOnce() -> String,
) -> Result<Option<Timestamp>, Refusal> {
    text.map(|text| parse_instant(text, place)).transpose()
}

pub(super) fn whole(value: Option<Whole>) -> Option<i64> {
    value.map(|Whole(value)| value)
}

/// A position or count in a list; no list in memory is longer.
pub(super) fn ordinal(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// A list of texts as compact JSON.
fn json(list: Option<&[Cow<'_, str>]>) -> Result<Option<String>, Refusal> {
    list.map(|list| {
        serde_json::to_string(list).map_err(|error| Refusal {
            reason: "unreadable",
            detail: format!("a list of texts cannot be written as JSON: {error}"),
        })
    })
    .transpose()
}

/// The distinct media types of all sessions in order of appearance, or `None` without any.
fn media_types(participants: &[Participant<'_>]) -> Option<String> {
    let mut seen: Vec<&str> = Vec::new();
    for participant in participants {
        for session in participant.sessions.iter().flatten() {
            if let Some(media_type) = session.media_type.as_deref()
                && !seen.contains(&media_type)
            {
                seen.push(media_type);
            }
        }
    }
    (!seen.is_empty()).then(|| seen.join(","))
}
