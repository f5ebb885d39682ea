//! Aggregates queries as they are sent, and what is refused of them.

use super::{day, filter, group, of_conversation, of_segment};
use fakes::openapi::validate_definition;
use genesys::query::{AggregateKind, AggregateQuery, aggregate_filter, check_filter};
use model::filter::{Filter, Group, Junction, Predicate};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn aggregates_queries_are_rendered_in_the_form_of_the_specification() {
    let queries = [
        AggregateQuery::evaluations(day()),
        AggregateQuery::surveys(day()),
        AggregateQuery::routing_status(day(), 30),
        AggregateQuery::queues(day(), 30),
    ];
    let bodies = queries.map(|query| {
        let definition = match query.kind() {
            AggregateKind::Conversations => "ConversationAggregationQuery",
            AggregateKind::Users => "UserAggregationQuery",
            AggregateKind::Evaluations => "EvaluationAggregationQuery",
            AggregateKind::Surveys => "SurveyAggregationQuery",
        };
        let body = query.body().unwrap();
        validate_definition(definition, &body).unwrap();
        body.to_string()
    });
    insta::assert_snapshot!(bodies.join("\n"), @r#"
    {"alternateTimeDimension":"eventTime","groupBy":["conversationId","evaluationId"],"interval":"2026-01-05T00:00:00Z/2026-01-06T00:00:00Z","metrics":["nEvaluations","nEvaluationsDeleted","nEvaluationsRescored","oTotalScore","oTotalCriticalScore"],"timeZone":"UTC"}
    {"alternateTimeDimension":"eventTime","groupBy":["conversationId","surveyId"],"interval":"2026-01-05T00:00:00Z/2026-01-06T00:00:00Z","metrics":["nSurveysSent","nSurveysStarted","nSurveyResponses","nSurveysAbandoned","nSurveysExpired","nSurveysDeleted","nSurveyErrors","oSurveyTotalScore"],"timeZone":"UTC"}
    {"granularity":"PT30M","groupBy":["userId"],"interval":"2026-01-05T00:00:00Z/2026-01-06T00:00:00Z","metrics":["tAgentRoutingStatus"],"timeZone":"UTC"}
    {"filter":{"predicates":[{"dimension":"queueId","operator":"exists","type":"dimension"}],"type":"and"},"granularity":"PT30M","groupBy":["queueId","mediaType"],"interval":"2026-01-05T00:00:00Z/2026-01-06T00:00:00Z","metrics":["nOffered","nConnected","nTransferred","tAnswered","tAbandon","tHandle","tTalk","tHeld","tAcw","tWait","tFlowOut","oServiceLevel","nOverSla"],"timeZone":"UTC"}
    "#);
}

#[test]
fn an_aggregates_query_of_unknown_names_is_refused() {
    let users = |metrics: &[&str]| AggregateQuery::new(AggregateKind::Users, day(), metrics);
    let routing = || users(&["tAgentRoutingStatus"]);
    let metric = json!({"type": "and", "predicates": [{"type": "metric", "metric": "tHandle", "range": {"gt": 1}}]});
    let queue = json!({"type": "and", "predicates": [{"dimension": "queueId", "value": "q-1"}]});
    let texts = [
        users(&[]),
        users(&["tAgentRoutingState"]),
        users(&["tSystemPresence", "tSystemPresence"]),
        users(&["tSystemPresent"])
            .grouped_by(&["queueId"])
            .every_minutes(0)
            .timed_by("conversationStart")
            .filtered(Some(group(queue.clone()))),
        routing().grouped_by(&["userId", "queueId"]),
        routing().every_minutes(0),
        routing().timed_by("conversationStart"),
        routing().filtered(Some(group(queue.clone()))),
        AggregateQuery::queues(day(), 30).filtered(Some(group(metric))),
    ]
    .map(|query| query.body().unwrap_err().to_string());
    insta::assert_snapshot!(texts.join("\n"), @r#"
    metrics: must name at least one metric
    metrics[0] = "tAgentRoutingState": is no metric of user aggregates; nearest: tAgentRoutingStatus, tOrganizationPresence, tSystemPresence
    metrics[1] = "tSystemPresence": is named twice
    metrics[0] = "tSystemPresent": is no metric of user aggregates; nearest: tSystemPresence, tOrganizationPresence, tAgentRoutingStatus
    groupBy[0] = "queueId": is no dimension of user aggregates; nearest: userId
    granularity = "0": a bucket has at least one minute
    alternateTimeDimension = "conversationStart": is no alternateTimeDimension of user aggregates; nearest: eventTime
    filter.predicates[0].dimension = "queueId": is no dimension of user aggregates; nearest: userId
    groupBy[1] = "queueId": is no dimension of user aggregates; nearest: userId
    granularity = "0": a bucket has at least one minute
    alternateTimeDimension = "conversationStart": is no alternateTimeDimension of user aggregates; nearest: eventTime
    filter.predicates[0].dimension = "queueId": is no dimension of user aggregates; nearest: userId
    filter[1].predicates[0].type = "metric": a filter of conversation aggregates takes no such predicate
    "#);
    let both = AggregateQuery::queues(day(), 30).filtered(Some(group(queue)));
    let body = both.body().unwrap();
    assert_eq!(body["filter"]["predicates"].as_array().unwrap().len(), 2);
}

#[test]
fn a_filter_of_conversations_becomes_one_of_aggregates_where_they_can_say_it() {
    assert_eq!(aggregate_filter(&Filter::default()).unwrap(), None);
    let said = aggregate_filter(&filter(json!({
        "queue_ids": ["q-1", "q-2"], "media_types": ["voice"], "division_ids": ["d-1"], "direction": "inbound",
        "conversation": [{"type": "or",
            "predicates": [{"dimension": "externalTag", "operator": "exists"}],
            "clauses": [{"type": "and", "predicates": [{"dimension": "conversationId", "value": "c-1"}]}],
        }],
        "segment": [{"type": "and",
            "predicates": [{"dimension": "purpose", "value": "agent"}],
            "clauses": [{"type": "or", "predicates": [
                {"dimension": "userId", "value": "u-1"}, {"dimension": "userId", "value": "u-2"},
            ]}],
        }],
    })))
    .unwrap();
    let body = AggregateQuery::queues(day(), 30)
        .filtered(said)
        .body()
        .unwrap();
    validate_definition("ConversationAggregationQuery", &body).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body["filter"]).unwrap(), @r#"
    {
      "clauses": [
        {
          "predicates": [
            {
              "dimension": "queueId",
              "operator": "matches",
              "type": "dimension",
              "value": "q-1"
            },
            {
              "dimension": "queueId",
              "operator": "matches",
              "type": "dimension",
              "value": "q-2"
            }
          ],
          "type": "or"
        },
        {
          "predicates": [
            {
              "dimension": "externalTag",
              "operator": "exists",
              "type": "dimension"
            },
            {
              "dimension": "conversationId",
              "operator": "matches",
              "type": "dimension",
              "value": "c-1"
            }
          ],
          "type": "or"
        },
        {
          "predicates": [
            {
              "dimension": "userId",
              "operator": "matches",
              "type": "dimension",
              "value": "u-1"
            },
            {
              "dimension": "userId",
              "operator": "matches",
              "type": "dimension",
              "value": "u-2"
            }
          ],
          "type": "or"
        }
      ],
      "predicates": [
        {
          "dimension": "queueId",
          "operator": "exists",
          "type": "dimension"
        },
        {
          "dimension": "mediaType",
          "operator": "matches",
          "type": "dimension",
          "value": "voice"
        },
        {
          "dimension": "divisionId",
          "operator": "matches",
          "type": "dimension",
          "value": "d-1"
        },
        {
          "dimension": "originatingDirection",
          "operator": "matches",
          "type": "dimension",
          "value": "inbound"
        },
        {
          "dimension": "purpose",
          "operator": "matches",
          "type": "dimension",
          "value": "agent"
        }
      ],
      "type": "and"
    }
    "#);
    let unsayable = [
        of_segment(&json!({"dimension": "segmentType", "value": "hold"})),
        of_conversation(&json!({"type": "metric", "metric": "tHandle", "range": {"gt": 1}})),
        of_conversation(&json!({"dimension": "conversationId", "value": "c-1"})),
        filter(json!({
            "segment": [{"type": "and", "predicates": [{"dimension": "segmentType", "value": "hold"}]}],
            "conversation": [{"type": "or", "predicates": [
                {"type": "metric", "metric": "tHandle", "range": {"gt": 1}},
                {"type": "metric", "metric": "tTalk", "range": {"gt": 1}},
            ], "clauses": [{"type": "and", "predicates": [
                {"dimension": "conversationId", "value": "c-1"}, {"dimension": "conversationId", "value": "c-2"},
            ]}]}],
        })),
    ]
    .map(|filter| {
        check_filter(&filter).unwrap();
        aggregate_filter(&filter).unwrap_err().to_string()
    });
    insta::assert_snapshot!(unsayable.join("\n"), @r#"
    filter.segment[0].predicates[0].dimension = "segmentType": is no dimension of conversation aggregates; nearest: flowInType, flowOutType, mediaType
    filter.conversation[1].clauses[1].predicates[1].type = "metric": a filter of conversation aggregates takes no such predicate
    filter.conversation[1].clauses[1]: an "and" inside an "or" cannot be asked of aggregates, which nest only two levels
    filter.conversation[1].clauses[1]: an "and" inside an "or" cannot be asked of aggregates, which nest only two levels
    filter.conversation[0].predicates[0].type = "metric": a filter of conversation aggregates takes no such predicate
    filter.conversation[0].predicates[1].type = "metric": a filter of conversation aggregates takes no such predicate
    filter.conversation[0].clauses[0]: an "and" inside an "or" cannot be asked of aggregates, which nest only two levels
    filter.segment[0].predicates[0].dimension = "segmentType": is no dimension of conversation aggregates; nearest: flowInType, flowOutType, mediaType
    "#);
}

/// Whether a group holds where the predicates with these values do.
fn holds(group: &Group, true_values: &BTreeSet<String>) -> bool {
    let predicate = |one: &Predicate| true_values.contains(one.value.as_deref().unwrap());
    let join = |junction, mut parts: Box<dyn Iterator<Item = bool> + '_>| match junction {
        Junction::And => parts.all(|part| part),
        Junction::Or => parts.any(|part| part),
    };
    let clauses = group.clauses.iter().map(|clause| {
        let parts = Box::new(clause.predicates.iter().map(predicate));
        join(clause.junction, parts)
    });
    let parts = group.predicates.iter().map(predicate).chain(clauses);
    join(group.junction, Box::new(parts))
}

/// Groups of dimensions that both forms know; what is compared with is one of a few values.
fn groups() -> impl Strategy<Value = Value> {
    let predicate =
        || "[a-f]".prop_map(|value| json!({"dimension": "conversationId", "value": value}));
    let predicates = move |least| prop::collection::vec(predicate(), least..3);
    let junction = || select(vec!["and", "or"]);
    let clause = (junction(), predicates(1))
        .prop_map(|(junction, predicates)| json!({"type": junction, "predicates": predicates}));
    let group = (junction(), predicates(1), prop::collection::vec(clause, 0..3)).prop_map(
        |(junction, predicates, clauses)| json!({"type": junction, "predicates": predicates, "clauses": clauses}),
    );
    prop::collection::vec(group, 0..3).prop_map(Value::from)
}

proptest! {
    #[test]
    fn the_filter_of_aggregates_says_the_same(
        conversation in groups(),
        queues in prop::collection::vec("[a-f]", 0..3),
        divisions in prop::collection::vec("[a-f]", 0..3),
        inbound in any::<bool>(),
        true_values in prop::collection::btree_set("[a-f]|inbound", 0..7),
    ) {
        let mut filter = filter(json!({
            "conversation": conversation, "queue_ids": queues, "division_ids": divisions,
        }));
        filter.direction = inbound.then_some(model::filter::Direction::Inbound);
        let any = |values: &[String]| values.is_empty() || values.iter().any(|one| true_values.contains(one));
        let expected = any(&queues)
            && any(&divisions)
            && (!inbound || true_values.contains("inbound"))
            && filter.conversation.iter().all(|group| holds(group, &true_values));
        if let Ok(said) = aggregate_filter(&filter) {
            prop_assert_eq!(said.is_none(), filter.is_empty());
            prop_assert_eq!(said.is_none_or(|group| holds(&group, &true_values)), expected);
        }
    }
}
