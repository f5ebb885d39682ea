//! What a record says about a dimension or a metric: the words of filters and groups.

use crate::world::conversation::{Conversation, Evaluation, Participant, Segment, Session, Survey};
use std::borrow::Cow;

/// What a dimension or metric of a record says.
#[derive(Debug, Clone)]
pub(super) enum Said<'a> {
    Text(Option<Cow<'a, str>>),
    Instant(Option<i64>),
    Number(Option<i64>),
}

impl<'a> Said<'a> {
    fn text(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }

    fn owned(text: &dyn ToString) -> Self {
        Self::Text(Some(Cow::Owned(text.to_string())))
    }
}

pub(super) const CONVERSATION: [&str; 7] = [
    "conversationId",
    "conversationStart",
    "conversationEnd",
    "conversationInitiator",
    "originatingDirection",
    "divisionId",
    "externalTag",
];
pub(super) const SEGMENT: [&str; 20] = [
    "mediaType",
    "messageType",
    "direction",
    "queueId",
    "wrapUpCode",
    "wrapUpNote",
    "disconnectType",
    "segmentType",
    "segmentEnd",
    "purpose",
    "userId",
    "participantName",
    "externalContactId",
    "outboundCampaignId",
    "outboundContactId",
    "outboundContactListId",
    "flowId",
    "flowName",
    "ani",
    "dnis",
];
pub(super) const EVALUATION: [&str; 7] = [
    "evaluationId",
    "evaluationStatus",
    "evaluatorId",
    "eventTime",
    "formId",
    "queueId",
    "userId",
];
pub(super) const SURVEY: [&str; 6] = [
    "eventTime",
    "queueId",
    "surveyFormId",
    "surveyId",
    "surveyStatus",
    "userId",
];
/// Dimensions of a session that conversation aggregates are grouped and filtered by.
pub(super) const SESSION: [&str; 20] = [
    "conversationId",
    "conversationInitiator",
    "originatingDirection",
    "divisionId",
    "externalTag",
    "mediaType",
    "messageType",
    "direction",
    "queueId",
    "wrapUpCode",
    "disconnectType",
    "purpose",
    "userId",
    "participantName",
    "externalContactId",
    "outboundCampaignId",
    "outboundContactId",
    "outboundContactListId",
    "sessionId",
    "selectedAgentId",
];

pub(super) fn conversation<'a>(one: &'a Conversation, dimension: &str) -> Said<'a> {
    match dimension {
        "conversationId" => Said::text(Some(&one.id)),
        "conversationStart" => Said::Instant(Some(one.start_ms)),
        "conversationEnd" => Said::Instant(one.end_ms),
        "conversationInitiator" => Said::text(Some(one.initiator)),
        "originatingDirection" => Said::text(Some(one.direction)),
        "divisionId" => Said::text(Some(&one.division_id)),
        _ => Said::text(one.external_tag.as_deref()),
    }
}

/// The sum of a metric over the sessions of a conversation; none when no session has it.
pub(super) fn total(one: &Conversation, metric: &str) -> Option<i64> {
    let sessions = one.participants.iter().flat_map(|party| &party.sessions);
    let mut values = sessions
        .flat_map(|session| &session.metrics)
        .filter(|known| known.name == metric)
        .map(|known| known.value);
    values.next().map(|first| first + values.sum::<i64>())
}

pub(super) fn segment<'a>(
    (participant, session, segment): (&'a Participant, &'a Session, &'a Segment),
    dimension: &str,
) -> Said<'a> {
    match dimension {
        "queueId" => Said::text(segment.queue_id.as_deref()),
        "wrapUpCode" => Said::text(segment.wrap_up_code.as_deref()),
        "wrapUpNote" => Said::text(segment.wrap_up_note.as_deref()),
        "disconnectType" => Said::text(segment.disconnect),
        "segmentType" => Said::text(Some(segment.kind)),
        "segmentEnd" => Said::Instant(segment.end_ms),
        "tSegmentDuration" => Said::Number(segment.end_ms.map(|end| end - segment.start_ms)),
        _ => Said::text(connected(participant, session, dimension)),
    }
}

/// What is true of all segments of a session.
fn connected<'a>(
    participant: &'a Participant,
    session: &'a Session,
    dimension: &str,
) -> Option<&'a str> {
    let dialed = |place: usize| session.dialer.as_ref().map(|all| all[place].as_str());
    match dimension {
        "mediaType" => Some(session.media),
        "messageType" => (session.media == "message").then_some("webmessaging"),
        "direction" => Some(session.direction),
        "purpose" => Some(participant.purpose),
        "userId" => participant.user_id.as_deref(),
        "participantName" => participant.name.as_deref(),
        "externalContactId" => participant.external_contact_id.as_deref(),
        "outboundCampaignId" => dialed(0),
        "outboundContactId" => dialed(1),
        "outboundContactListId" => dialed(2),
        "flowId" => session.flow.as_ref().map(|flow| flow.0.as_str()),
        "flowName" => session.flow.as_ref().map(|flow| flow.1),
        "ani" => session.addresses.as_ref().map(|both| both.0.as_str()),
        "dnis" => session.addresses.as_ref().map(|both| both.1.as_str()),
        "sessionId" => Some(&session.id),
        "selectedAgentId" => session.selected_agent_id.as_deref(),
        _ => None,
    }
}

/// What a session says in an aggregate: a segment's dimension is that of its first segment that has one.
pub(super) fn session<'a>(
    one: &'a Conversation,
    participant: &'a Participant,
    session: &'a Session,
    dimension: &str,
) -> Option<&'a str> {
    let mut segments = session.segments.iter();
    match dimension {
        "conversationId" => Some(&one.id),
        "conversationInitiator" => Some(one.initiator),
        "originatingDirection" => Some(one.direction),
        "divisionId" => Some(&one.division_id),
        "externalTag" => one.external_tag.as_deref(),
        "queueId" => segments.find_map(|segment| segment.queue_id.as_deref()),
        "wrapUpCode" => segments.find_map(|segment| segment.wrap_up_code.as_deref()),
        "disconnectType" => segments.rev().find_map(|segment| segment.disconnect),
        _ => connected(participant, session, dimension),
    }
}

pub(super) fn evaluation<'a>(one: &'a Evaluation, dimension: &str) -> Said<'a> {
    match dimension {
        "evaluationId" => Said::owned(&one.id),
        "evaluationStatus" => Said::text(Some(one.status)),
        "evaluatorId" => Said::text(Some(&one.evaluator_id)),
        "eventTime" => Said::Instant(Some(one.at)),
        "formId" => Said::owned(&one.form),
        "queueId" => Said::text(one.queue_id.as_deref()),
        "oTotalScore" => Said::Number(one.scores.map(|both| both.0)),
        "oTotalCriticalScore" => Said::Number(one.scores.map(|both| both.1)),
        "released" => Said::text(Some(if one.scores.is_some() {
            "true"
        } else {
            "false"
        })),
        _ => Said::text(Some(&one.user_id)),
    }
}

pub(super) fn survey<'a>(one: &'a Survey, dimension: &str) -> Said<'a> {
    match dimension {
        "eventTime" => Said::Instant(Some(one.at)),
        "queueId" => Said::text(one.queue_id.as_deref()),
        "surveyFormId" => Said::owned(&one.form),
        "surveyId" => Said::owned(&one.id),
        "surveyStatus" => Said::text(Some(one.status)),
        "surveyType" => Said::text(Some("Web")),
        "oSurveyTotalScore" => Said::Number(one.scores.map(|both| both.0)),
        "surveyPromoterScore" => one
            .scores
            .map_or(Said::Text(None), |both| Said::owned(&both.1)),
        _ => Said::text(Some(&one.user_id)),
    }
}
