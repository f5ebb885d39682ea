//! Evaluations and surveys that come days after their conversation, each a record of its own:
//! `{"conversationId":…,"evaluation":…}` and `{"conversationId":…,"survey":…}`, the inner part as it came.

use super::wire::{Evaluation, Survey};
use super::write::{instant, whole};
use super::{quoted, read, required_id};
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_with::{BorrowCow, serde_as};
use std::borrow::Cow;

/// The staging table of evaluations.
pub const EVALUATION_TABLE: &str = "staging.genesys_evaluation_update";
/// The staging table of surveys.
pub const SURVEY_TABLE: &str = "staging.genesys_survey_update";

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lists<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    conversation_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    evaluations: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    surveys: Option<Vec<&'a RawValue>>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapped<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    conversation_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    evaluation: Option<Evaluation<'a>>,
    #[serde(borrow, default)]
    survey: Option<Survey<'a>>,
}

/// The ids alone, whatever else the parts say.
#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids<'a> {
    #[serde(borrow, default)]
    evaluation: Option<EvaluationId<'a>>,
    #[serde(borrow, default)]
    survey: Option<SurveyId<'a>>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EvaluationId<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    evaluation_id: Option<Cow<'a, str>>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SurveyId<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    survey_id: Option<Cow<'a, str>>,
}

/// The records of the evaluations in a conversation's details, in order.
pub fn evaluations_of(details: &str) -> Result<Vec<String>, Refusal> {
    let lists: Lists<'_> = read(details)?;
    let id = required_id(lists.conversation_id, "conversationId")?;
    Ok(wrap_all(&id, "evaluation", lists.evaluations))
}

/// The records of the surveys in a conversation's details, in order.
pub fn surveys_of(details: &str) -> Result<Vec<String>, Refusal> {
    let lists: Lists<'_> = read(details)?;
    let id = required_id(lists.conversation_id, "conversationId")?;
    Ok(wrap_all(&id, "survey", lists.surveys))
}

fn wrap_all(conversation_id: &str, part: &str, list: Option<Vec<&RawValue>>) -> Vec<String> {
    let id = quoted(conversation_id);
    let wrap = |raw: &RawValue| format!("{{\"conversationId\":{id},\"{part}\":{}}}", raw.get());
    list.into_iter().flatten().map(wrap).collect()
}

/// Appends the row of an evaluation's record to table 0 of `rows`, whose definition is that of [`EVALUATION_TABLE`].
pub fn write_evaluation_update(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let wrapped: Wrapped<'_> = read(payload)?;
    let conversation_id = required_id(wrapped.conversation_id, "conversationId")?;
    let one = wrapped
        .evaluation
        .ok_or_else(|| super::missing("evaluation"))?;
    let id = required_id(one.evaluation_id, "evaluation.evaluationId")?;
    let happened = instant(one.event_time.as_ref(), || {
        "evaluation.eventTime".to_owned()
    })?;
    rows.row(0)
        .text(Some(&conversation_id))
        .text(Some(&id))
        .text(one.form_id.as_deref())
        .text(one.form_name.as_deref())
        .text(one.evaluator_id.as_deref())
        .text(one.user_id.as_deref())
        .text(one.queue_id.as_deref())
        .bool(one.released)
        .text(one.evaluation_status.as_deref())
        .int(whole(one.o_total_score))
        .int(whole(one.o_total_critical_score))
        .bool(one.deleted)
        .bool(one.rescored)
        .timestamp(happened)
        .end()
}

/// Appends the row of a survey's record to table 0 of `rows`, whose definition is that of [`SURVEY_TABLE`].
pub fn write_survey_update(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let wrapped: Wrapped<'_> = read(payload)?;
    let conversation_id = required_id(wrapped.conversation_id, "conversationId")?;
    let one = wrapped.survey.ok_or_else(|| super::missing("survey"))?;
    let id = required_id(one.survey_id, "survey.surveyId")?;
    let completed = instant(one.survey_completed_date.as_ref(), || {
        "survey.surveyCompletedDate".to_owned()
    })?;
    let happened = instant(one.event_time.as_ref(), || "survey.eventTime".to_owned())?;
    rows.row(0)
        .text(Some(&conversation_id))
        .text(Some(&id))
        .text(one.survey_form_id.as_deref())
        .text(one.survey_form_name.as_deref())
        .text(one.user_id.as_deref())
        .text(one.queue_id.as_deref())
        .text(one.survey_status.as_deref())
        .text(one.survey_type.as_deref())
        .int(whole(one.o_survey_total_score))
        .int(whole(one.survey_promoter_score))
        .timestamp(completed)
        .timestamp(happened)
        .end()
}

/// The id of a record of an evaluation or a survey, if nothing else of it can be used.
pub fn natural_id(payload: &str) -> Option<String> {
    let Ids { evaluation, survey } = serde_json::from_str(payload).ok()?;
    let id = evaluation.and_then(|one| one.evaluation_id);
    let id = id.or_else(|| survey.and_then(|one| one.survey_id));
    id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}
