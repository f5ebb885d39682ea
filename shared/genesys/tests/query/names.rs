//! The names are those of the published definitions, and any filter made of them fits.

use super::{day, filter};
use fakes::openapi::validate_definition;
use genesys::query::{AggregateQuery, DetailsQuery, aggregate_filter, check_filter, known_values};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const DEFINITIONS: &str = include_str!("../../../../tests/fakes/openapi/genesys.json");
const NAMES: &str = include_str!("../../src/query/names.txt");

/// The lists of names, made from the published definitions.
fn published() -> String {
    let all: Value = serde_json::from_str(DEFINITIONS).unwrap();
    let names = |definition: &str, property: &str| {
        let property = &all["definitions"][definition]["properties"][property];
        let list = if property["enum"].is_array() {
            property
        } else {
            &property["items"]
        };
        let names = list["enum"].as_array().unwrap();
        names
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut lines = Vec::new();
    let mut add = |key: &str, of: &str, definition: &str, property: &str| {
        lines.push(format!("{key}.{of}: {}", names(definition, property)));
    };
    add(
        "conversation",
        "dimension",
        "ConversationDetailQueryPredicate",
        "dimension",
    );
    add(
        "conversation",
        "metric",
        "ConversationDetailQueryPredicate",
        "metric",
    );
    add(
        "segment",
        "dimension",
        "SegmentDetailQueryPredicate",
        "dimension",
    );
    add("segment", "metric", "SegmentDetailQueryPredicate", "metric");
    add(
        "segment",
        "propertyType",
        "SegmentDetailQueryPredicate",
        "propertyType",
    );
    for (key, prefix) in [
        ("conversations", "Conversation"),
        ("users", "User"),
        ("evaluations", "Evaluation"),
        ("surveys", "Survey"),
    ] {
        let query = format!("{prefix}AggregationQuery");
        add(key, "dimension", &query, "groupBy");
        add(key, "metric", &query, "metrics");
        add(
            key,
            "alternateTimeDimension",
            &query,
            "alternateTimeDimension",
        );
        // One list serves both to group and to filter by.
        let predicate = format!("{prefix}AggregateQueryPredicate");
        assert_eq!(names(&query, "groupBy"), names(&predicate, "dimension"));
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_names_are_those_of_the_published_definitions() {
    assert_eq!(
        NAMES,
        published(),
        "src/query/names.txt must hold the right-hand side"
    );
}

#[test]
fn the_values_are_those_of_the_published_definitions() {
    let all: Value = serde_json::from_str(DEFINITIONS).unwrap();
    for (definition, dimension) in [
        ("AnalyticsSession", "mediaType"),
        ("AnalyticsSession", "direction"),
        ("AnalyticsConversation", "originatingDirection"),
    ] {
        let published = &all["definitions"][definition]["properties"][dimension]["enum"];
        assert_eq!(&json!(known_values(dimension)), published, "{dimension}");
    }
    assert_eq!(known_values("queueId"), None);
}

fn names(list: &str) -> Vec<String> {
    let line = NAMES
        .lines()
        .find_map(|line| line.strip_prefix(list)?.strip_prefix(": "));
    line.unwrap().split(' ').map(ToOwned::to_owned).collect()
}

/// Predicates that are in order, on one side.
fn predicate(side: &'static str) -> impl Strategy<Value = Value> {
    let comparison = prop_oneof![
        Just(json!({"operator": "exists"})),
        Just(json!({"operator": "notExists"})),
        (-9_i64..9, 0_i64..9)
            .prop_map(|(from, more)| json!({"range": {"gte": from, "lte": from + more}})),
        any::<i64>().prop_map(|than| json!({"operator": "matches", "range": {"lt": than}})),
    ];
    let value = "[a-z]\\PC{0,19}".prop_map(|value| json!({"value": value}));
    let with = |mut predicate: Value, name: &str, value: String| {
        predicate[name] = json!(value);
        predicate
    };
    let dimension = (
        prop_oneof![comparison.clone(), value],
        select(names(&format!("{side}.dimension"))),
    );
    let metric = (comparison, select(names(&format!("{side}.metric"))));
    prop_oneof![
        dimension.prop_map(move |(predicate, name)| with(predicate, "dimension", name)),
        metric.prop_map(move |(mut predicate, name)| {
            predicate["type"] = json!("metric");
            with(predicate, "metric", name)
        }),
    ]
}

fn groups(side: &'static str) -> impl Strategy<Value = Value> {
    let predicates = || prop::collection::vec(predicate(side), 1..3);
    let junction = || select(vec!["and", "or"]);
    let clause = (junction(), predicates())
        .prop_map(|(junction, predicates)| json!({"type": junction, "predicates": predicates}));
    let group = (junction(), predicates(), prop::collection::vec(clause, 0..3)).prop_map(
        |(junction, predicates, clauses)| json!({"type": junction, "predicates": predicates, "clauses": clauses}),
    );
    prop::collection::vec(group, 0..3).prop_map(Value::from)
}

proptest! {
    #[test]
    fn every_filter_in_order_is_accepted_and_fits_the_definitions(
        conversation in groups("conversation"),
        segment in groups("segment"),
        queues in prop::collection::vec("[a-z0-9-]{1,8}", 0..3),
        direction in select(vec!["inbound", "outbound"]),
    ) {
        let filter = filter(json!({
            "conversation": conversation, "segment": segment, "queue_ids": queues, "direction": direction,
        }));
        prop_assert_eq!(check_filter(&filter), Ok(()));
        let query = DetailsQuery::new(day()).filtered(Some(&filter)).page(1, 100);
        prop_assert_eq!(validate_definition("ConversationQuery", &query.query_body().unwrap()), Ok(()));
        prop_assert_eq!(validate_definition("AsyncConversationQuery", &query.job_body().unwrap()), Ok(()));
        // What aggregates cannot say is refused; what they can say fits.
        if let Ok(said) = aggregate_filter(&filter) {
            let body = AggregateQuery::queues(day(), 30).filtered(said).body().unwrap();
            prop_assert_eq!(validate_definition("ConversationAggregationQuery", &body), Ok(()));
        }
    }

    #[test]
    fn no_other_name_is_accepted(name in "[a-zA-Z]{1,24}") {
        for (side, of) in [("conversation", "dimension"), ("segment", "dimension"), ("conversation", "metric")] {
            let known = names(&format!("{side}.{of}")).contains(&name);
            let predicate = json!({"type": of, of: name.clone(), "operator": "exists"});
            let filter = filter(json!({side: [{"type": "and", "predicates": [predicate]}]}));
            prop_assert_eq!(check_filter(&filter).is_ok(), known);
        }
    }
}
