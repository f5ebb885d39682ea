//! Queries are judged before they are sent, and what is sent fits the published definitions.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod aggregates;
mod details;
mod names;
mod refusals;

use model::Window;
use model::filter::{Filter, Group};
use serde_json::{Value, json};

fn window(start: &str, end: &str) -> Window {
    Window::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn day() -> Window {
    window("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z")
}

fn filter(value: Value) -> Filter {
    serde_json::from_value(value).unwrap()
}

fn group(value: Value) -> Group {
    serde_json::from_value(value).unwrap()
}

/// A filter with one predicate, under the second clause of its second group.
fn of_conversation(predicate: &Value) -> Filter {
    let fine = json!({"dimension": "externalTag", "operator": "exists"});
    filter(json!({"conversation": [
        {"type": "and", "predicates": [fine]},
        {"type": "or", "clauses": [
            {"type": "and", "predicates": [fine]},
            {"type": "and", "predicates": [fine, predicate]},
        ]},
    ]}))
}

fn of_segment(predicate: &Value) -> Filter {
    filter(json!({"segment": [{"type": "and", "predicates": [predicate]}]}))
}
