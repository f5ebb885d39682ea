//! Aggregates of evaluations and surveys. Both know one as soon as it exists, also while its conversation's record is
//! still hidden or shown in an earlier version.

use super::{Ask, Table};
use crate::genesys::dimensions::{self, Said};
use crate::genesys::filter::Filter;
use crate::genesys::{FakeGenesys, Problem};
use crate::server::Reply;
use serde_json::Value;
use std::borrow::Cow;

const EVALUATION: [&str; 8] = [
    "conversationId",
    "divisionId",
    "evaluationId",
    "evaluatorId",
    "formId",
    "queueId",
    "released",
    "userId",
];
const SURVEY: [&str; 9] = [
    "conversationId",
    "divisionId",
    "queueId",
    "surveyFormId",
    "surveyId",
    "surveyPromoterScore",
    "surveyStatus",
    "surveyType",
    "userId",
];
/// From this promoter score on, and up to this one.
const PROMOTER: i64 = 9;
const DETRACTOR: i64 = 6;

impl FakeGenesys {
    pub(in crate::genesys) fn evaluation_aggregates(&self, body: &Value) -> Result<Reply, Problem> {
        self.quality(body, &EVALUATION, |made, from_start, each| {
            for one in &made.evaluations {
                let at = if from_start { made.start_ms } else { one.at };
                let mut values = vec![("nEvaluations", 1)];
                if let Some((total, critical)) = one.scores {
                    values.extend([("oTotalScore", total), ("oTotalCriticalScore", critical)]);
                }
                each(at, &values, &|name| dimensions::evaluation(one, name));
            }
        })
    }

    pub(in crate::genesys) fn survey_aggregates(&self, body: &Value) -> Result<Reply, Problem> {
        self.quality(body, &SURVEY, |made, from_start, each| {
            for one in &made.surveys {
                let at = if from_start { made.start_ms } else { one.at };
                let mut values = vec![("nSurveysSent", 1), ("nWebSurveys", 1)];
                if one.status == "Expired" {
                    values.push(("nSurveysExpired", 1));
                }
                if let Some((score, promoter)) = one.scores {
                    values.extend([
                        ("nSurveyResponses", 1),
                        ("nSurveyFullResponses", 1),
                        ("nSurveyNpsResponses", 1),
                        ("oSurveyTotalScore", score),
                    ]);
                    match promoter {
                        PROMOTER.. => values.push(("nSurveyNpsPromoters", 1)),
                        ..=DETRACTOR => values.push(("nSurveyNpsDetractors", 1)),
                        _ => {}
                    }
                }
                each(at, &values, &|name| dimensions::survey(one, name));
            }
        })
    }

    fn quality(&self, body: &Value, served: &[&str], tell: Tell) -> Result<Reply, Problem> {
        let ask = Ask::read(body, &self.options, served)?;
        let filter = Filter::read(body, served)?;
        // Without a word the time that counts is the conversation's.
        let from_start = matches!(
            body["alternateTimeDimension"].as_str(),
            None | Some("conversationStart")
        );
        let view = self.view().settled();
        let mut table = Table::default();
        let (from, to) = (ask.interval.from, ask.interval.to);
        for made in self.world.with_quality(from, to, &view) {
            tell(&made, from_start, &mut |at, values, own| {
                let Some(bucket) = ask.bucket(at) else {
                    return;
                };
                let says = |name: &str| match name {
                    "conversationId" => Said::Text(Some(Cow::Borrowed(made.id.as_str()))),
                    "divisionId" => Said::Text(Some(Cow::Borrowed(made.division_id.as_str()))),
                    _ => own(name),
                };
                let is_wanted = filter
                    .as_ref()
                    .is_none_or(|filter| filter.holds(&|one| one.holds(&says(one.subject()))));
                if !is_wanted {
                    return;
                }
                let group = ask.group(|name| match says(name) {
                    Said::Text(text) => text.map(Cow::into_owned),
                    Said::Instant(_) | Said::Number(_) => None,
                });
                for &(metric, value) in values {
                    if ask.wants(metric) {
                        table.at(&group, bucket, (metric, None)).add(value);
                    }
                }
            });
        }
        ask.answer(table)
    }
}

type Made = crate::world::Conversation;
/// Takes an instant, the metrics emitted then, and what is said of each dimension.
type Each<'a> = dyn FnMut(i64, &[(&'static str, i64)], &dyn Fn(&str) -> Said<'a>) + 'a;
type Tell = for<'a> fn(&'a Made, bool, &mut Each<'a>);
