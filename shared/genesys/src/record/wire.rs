//! The record as it comes: the properties the tables hold, all optional, text borrowed wherever it has no escapes.
//! Instants stay text until they are written, so that a bad one is refused with its place.

#![allow(
    clippy::struct_field_names,
    reason = "the names are the source's, and serde derives the wire names from them"
)]

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_with::{BorrowCow, Map, serde_as};
use std::borrow::Cow;
use std::fmt;

type Text<'a> = Option<Cow<'a, str>>;

/// Name and value of a participant attribute.
pub(super) type Attribute<'a> = (Cow<'a, str>, Text<'a>);

/// A list as the source sends it: absent, null or there.
type List<T> = Option<Vec<T>>;

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conversation<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub conversation_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub conversation_start: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub conversation_end: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub originating_direction: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub conversation_initiator: Text<'a>,
    #[serde_as(as = "Option<Vec<BorrowCow>>")]
    #[serde(borrow, default)]
    pub division_ids: List<Cow<'a, str>>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub external_tag: Text<'a>,
    pub self_served: Option<bool>,
    pub customer_participation: Option<bool>,
    #[serde(borrow, default)]
    pub participants: List<Participant<'a>>,
    #[serde(borrow, default)]
    pub evaluations: List<Evaluation<'a>>,
    #[serde(borrow, default)]
    pub surveys: List<Survey<'a>>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IdOnly<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub conversation_id: Text<'a>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub participant_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub user_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub purpose: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub participant_name: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub external_contact_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub external_organization_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub team_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub flagged_reason: Text<'a>,
    /// In the order received: a map type would sort or shuffle them.
    #[serde_as(as = "Option<Map<BorrowCow, Option<BorrowCow>>>")]
    #[serde(borrow, default)]
    pub attributes: List<Attribute<'a>>,
    #[serde(borrow, default)]
    pub sessions: List<Session<'a>>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub session_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub peer_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub media_type: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub message_type: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub direction: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub ani: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub dnis: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub session_dnis: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub address_from: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub address_to: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub remote: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub provider: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub used_routing: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub selected_agent_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub outbound_campaign_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub outbound_contact_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub outbound_contact_list_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub disposition_name: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub disposition_analyzer: Text<'a>,
    pub recording: Option<bool>,
    #[serde(borrow, default)]
    pub flow: Option<Flow<'a>>,
    #[serde(borrow, default)]
    pub segments: List<Segment<'a>>,
    #[serde(borrow, default)]
    pub metrics: List<Metric<'a>>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub flow_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub flow_name: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub flow_type: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub exit_reason: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub transfer_type: Text<'a>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub segment_start: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub segment_end: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub segment_type: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub queue_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub disconnect_type: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub wrap_up_code: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub wrap_up_note: Text<'a>,
    #[serde_as(as = "Option<Vec<BorrowCow>>")]
    #[serde(borrow, default)]
    pub wrap_up_tags: List<Cow<'a, str>>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub error_code: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub requested_language_id: Text<'a>,
    #[serde_as(as = "Option<Vec<BorrowCow>>")]
    #[serde(borrow, default)]
    pub requested_routing_skill_ids: List<Cow<'a, str>>,
    pub conference: Option<bool>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metric<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub name: Text<'a>,
    pub value: Option<Whole>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub emit_date: Text<'a>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Evaluation<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub evaluation_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub form_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub form_name: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub evaluator_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub user_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub queue_id: Text<'a>,
    pub released: Option<bool>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub evaluation_status: Text<'a>,
    pub o_total_score: Option<Whole>,
    pub o_total_critical_score: Option<Whole>,
    pub deleted: Option<bool>,
    pub rescored: Option<bool>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub event_time: Text<'a>,
}

#[serde_as]
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Survey<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub survey_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub survey_form_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub survey_form_name: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub user_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub queue_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub survey_status: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub survey_type: Text<'a>,
    pub o_survey_total_score: Option<Whole>,
    pub survey_promoter_score: Option<Whole>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub survey_completed_date: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    pub event_time: Text<'a>,
}

impl<'a> Conversation<'a> {
    pub fn participants(&self) -> &[Participant<'a>] {
        self.participants.as_deref().unwrap_or_default()
    }
}

/// A whole number; `1.0` is one, `1.5` is not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole(pub i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of at most 64 bits")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Whole, E> {
        Ok(Whole(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Whole, E> {
        i64::try_from(value)
            .map(Whole)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Whole, E> {
        // Up to here every integer has a float of its own; beyond, the source's digits would already be lost.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() <= EXACT {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "integral and within 53 bits, as just tested"
            )]
            return Ok(Whole(value as i64));
        }
        Err(E::invalid_value(de::Unexpected::Float(value), &self))
    }
}
