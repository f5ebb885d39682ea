//! What is refused, where and why.

use super::{day, filter, of_conversation, of_segment};
use genesys::query::{DetailsQuery, check_filter};
use model::filter::Filter;
use model::{Classify, Kind};
use serde_json::json;

fn refusals(filters: impl IntoIterator<Item = Filter>) -> String {
    let refusal = |filter: Filter| {
        let error = check_filter(&filter).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        // What must not be sent is not sent by any of the three roads either.
        let query = DetailsQuery::new(day()).filtered(Some(&filter));
        assert_eq!(query.query_body().unwrap_err(), error);
        assert_eq!(query.job_body().unwrap_err(), error);
        error.to_string()
    };
    filters
        .into_iter()
        .map(refusal)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_name_nobody_knows_is_refused_by_its_path_with_the_nearest_ones() {
    let texts = refusals([
        of_conversation(&json!({"dimension": "colour", "value": "red"})),
        of_conversation(&json!({"dimension": "queueId", "value": "q-1"})),
        of_segment(&json!({"dimension": "divisionId", "value": "d-1"})),
        of_segment(&json!({"dimension": "queueID", "value": "q-1"})),
        of_conversation(&json!({"type": "metric", "metric": "handleTime", "range": {"gt": 1}})),
        of_segment(&json!({"type": "metric", "metric": "tHandle", "range": {"gt": 1}})),
        of_segment(
            &json!({"type": "property", "property": "vip", "propertyType": "boolean", "value": "true"}),
        ),
        of_conversation(
            &json!({"type": "property", "property": "vip", "propertyType": "bool", "value": "true"}),
        ),
    ]);
    insta::assert_snapshot!(texts, @r#"
    filter.conversation[1].clauses[1].predicates[1].dimension = "colour": is no dimension of a conversation; nearest: divisionId, externalTag, conversationId
    filter.conversation[1].clauses[1].predicates[1].dimension = "queueId": is no dimension of a conversation but of a segment: put it under filter.segment
    filter.segment[0].predicates[0].dimension = "divisionId": is no dimension of a segment but of a conversation: put it under filter.conversation
    filter.segment[0].predicates[0].dimension = "queueID": is no dimension of a segment; nearest: queueId, edgeId, groupId
    filter.conversation[1].clauses[1].predicates[1].metric = "handleTime": is no metric of a conversation; nearest: tHandle, tAlert, tAnswered
    filter.segment[0].predicates[0].metric = "tHandle": is no metric of a segment but of a conversation: put it under filter.conversation
    filter.segment[0].predicates[0].propertyType = "boolean": is no propertyType of a segment; nearest: bool, real, date
    filter.conversation[1].clauses[1].predicates[1].type = "property": a conversation filter takes no such predicate
    "#);
}

#[test]
fn a_predicate_names_what_its_type_asks_for_and_nothing_else() {
    let texts = refusals([
        of_segment(&json!({"value": "q-1"})),
        of_segment(&json!({"dimension": "", "value": "q-1"})),
        of_segment(&json!({"metric": "tSegmentDuration", "range": {"gt": 1}})),
        of_segment(&json!({"property": "vip", "propertyType": "bool", "value": "true"})),
        of_segment(&json!({"type": "metric", "dimension": "queueId", "range": {"gt": 1}})),
        of_segment(&json!({"dimension": "queueId", "metric": "tSegmentDuration", "value": "q-1"})),
        of_segment(&json!({"type": "property", "property": "vip", "value": "true"})),
        of_segment(&json!({"type": "property", "propertyType": "bool", "value": "true"})),
        of_segment(&json!({"dimension": "queueId", "propertyType": "uuid", "value": "q-1"})),
    ]);
    insta::assert_snapshot!(texts, @r#"
    filter.segment[0].predicates[0].dimension: is missing; a predicate of type "dimension" names it
    filter.segment[0].predicates[0].dimension: is missing; a predicate of type "dimension" names it
    filter.segment[0].predicates[0].dimension: is missing; for a metric say "type": "metric"
    filter.segment[0].predicates[0].dimension: is missing; for a property say "type": "property"
    filter.segment[0].predicates[0].dimension = "queueId": is not for a predicate of type "metric"; leave it out
    filter.segment[0].predicates[0].metric: is missing; a predicate of type "metric" names it
    filter.segment[0].predicates[0].metric = "tSegmentDuration": is not for a predicate of type "dimension"; leave it out
    filter.segment[0].predicates[0].propertyType: is missing; a predicate of type "property" names it
    filter.segment[0].predicates[0].property: is missing; a predicate of type "property" names it
    filter.segment[0].predicates[0].propertyType = "uuid": is not for a predicate of type "dimension"; leave it out
    "#);
}

#[test]
fn a_comparison_is_a_value_or_a_range_or_neither() {
    let texts = refusals([
        of_segment(&json!({"dimension": "queueId"})),
        of_segment(&json!({"dimension": "queueId", "value": " "})),
        of_segment(&json!({"dimension": "ani", "value": "tel:+12025550143", "range": {"gt": 1}})),
        of_segment(&json!({"dimension": "ani", "value": "tel:+12025550143", "operator": "exists"})),
        of_segment(&json!({"dimension": "ani", "range": {"gt": 1}, "operator": "notExists"})),
        of_segment(&json!({"type": "metric", "metric": "tSegmentDuration", "value": "1"})),
        of_segment(&json!({"type": "metric", "metric": "tSegmentDuration", "range": {}})),
        of_segment(
            &json!({"type": "metric", "metric": "tSegmentDuration", "range": {"gt": 1, "gte": 2}}),
        ),
        of_segment(
            &json!({"type": "metric", "metric": "tSegmentDuration", "range": {"gt": 1, "lt": 2}}),
        ),
        of_segment(
            &json!({"type": "metric", "metric": "tSegmentDuration", "range": {"gte": 2, "lte": 1}}),
        ),
    ]);
    insta::assert_snapshot!(texts, @r#"
    filter.segment[0].predicates[0]: has neither a value nor a range; give one, or ask for "exists"
    filter.segment[0].predicates[0].value: must not be empty; to ask for what has none, use "notExists"
    filter.segment[0].predicates[0]: has both a value and a range; give one of them
    filter.segment[0].predicates[0].value: operator "exists" compares with nothing; leave it out
    filter.segment[0].predicates[0].range: operator "notExists" compares with nothing; leave it out
    filter.segment[0].predicates[0].value: a metric is compared with a range (gt, gte, lt, lte), not with a value
    filter.segment[0].predicates[0].range: is empty; give at least one of gt, gte, lt, lte
    filter.segment[0].predicates[0].range: has two bounds on one side; give gt or gte, lt or lte
    filter.segment[0].predicates[0].range: no whole number lies in it; the lower bound must be below the upper one
    filter.segment[0].predicates[0].range: no whole number lies in it; the lower bound must be below the upper one
    "#);
    assert!(!texts.contains("12025550143"));
}

#[test]
fn a_filter_without_content_is_refused_where_it_is_empty() {
    let texts = refusals([
        filter(json!({"queue_ids": ["q-1", " "]})),
        filter(json!({"media_types": [""]})),
        filter(json!({"division_ids": [""]})),
        filter(json!({"conversation": [{"type": "and"}]})),
        filter(
            json!({"segment": [{"type": "or", "clauses": [{"type": "and", "predicates": []}]}]}),
        ),
        filter(json!({"queue_ids": vec!["q".repeat(36); 5000]})),
    ]);
    insta::assert_snapshot!(texts, @"
    filter.queue_ids[1]: must not be empty
    filter.media_types[0]: must not be empty
    filter.division_ids[0]: must not be empty
    filter.conversation[0]: has neither predicates nor clauses; give one or leave the group out
    filter.segment[0].clauses[0].predicates: must hold at least one predicate
    filter: is 555029 bytes long; a request holds 500000 of filters
    ");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_its_order() {
    let texts = refusals([filter(json!({
        "queue_ids": ["", "q", " "],
        "conversation": [
            {"type": "and", "predicates": [
                {"dimension": "colour", "value": " "},
                {"type": "metric", "metric": "tHandle", "range": {"gt": 1}},
                {"type": "property", "property": "vip", "value": "true", "range": {}},
            ], "clauses": [{"type": "or", "predicates": []}]},
            {"type": "or"},
        ],
        "segment": [{"type": "and", "predicates": [
            {"type": "metric", "dimension": "queueId", "value": "q"},
            {"metric": "tSegmentDuration", "value": "1", "range": {"gt": 1}},
            {"dimension": "ani", "operator": "exists", "value": "tel:+12025550143", "range": {"gt": 1}},
        ]}],
    }))]);
    insta::assert_snapshot!(texts, @r#"
    filter.queue_ids[0]: must not be empty
    filter.queue_ids[2]: must not be empty
    filter.conversation[0].predicates[0].dimension = "colour": is no dimension of a conversation; nearest: divisionId, externalTag, conversationId
    filter.conversation[0].predicates[0].value: must not be empty; to ask for what has none, use "notExists"
    filter.conversation[0].predicates[2].type = "property": a conversation filter takes no such predicate
    filter.conversation[0].clauses[0].predicates: must hold at least one predicate
    filter.conversation[1]: has neither predicates nor clauses; give one or leave the group out
    filter.segment[0].predicates[0].dimension = "queueId": is not for a predicate of type "metric"; leave it out
    filter.segment[0].predicates[0].metric: is missing; a predicate of type "metric" names it
    filter.segment[0].predicates[0].value: a metric is compared with a range (gt, gte, lt, lte), not with a value
    filter.segment[0].predicates[1].dimension: is missing; for a metric say "type": "metric"
    filter.segment[0].predicates[1]: has both a value and a range; give one of them
    filter.segment[0].predicates[2].value: operator "exists" compares with nothing; leave it out
    filter.segment[0].predicates[2].range: operator "exists" compares with nothing; leave it out
    "#);
    assert!(!texts.contains("12025550143"));
    // Up to a number that a person can read.
    let many = check_filter(&filter(json!({"queue_ids": vec![""; 300]}))).unwrap_err();
    assert_eq!(many.refusals().len(), 101);
    insta::assert_snapshot!(many.refusals()[100], @"filter: has more mistakes, which are told once these are mended");
}

#[test]
fn values_are_open_because_enums_grow() {
    let open = filter(json!({
        "media_types": ["hologram"], "direction": "outbound",
        "segment": [{"type": "and", "predicates": [{"dimension": "purpose", "value": "oracle"}]}],
    }));
    check_filter(&open).unwrap();
    check_filter(&Filter::default()).unwrap();
    // A range that holds a single number is a range.
    check_filter(&of_segment(
        &json!({"type": "metric", "metric": "tSegmentDuration", "range": {"gt": 1, "lt": 3}}),
    ))
    .unwrap();
}
