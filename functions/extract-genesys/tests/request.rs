//! What must not be asked for is refused before any call.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use model::filter::Filter;
use model::payload::WindowTask;
use model::{Classify, Kind};
use support::{Platform, World, deadline, event};

#[tokio::test]
async fn bad_requests_are_refused_before_any_call() {
    let mut world = World::with(Platform::default()).await;
    world.settings = world.settings.replace("\"survey\", ", "");
    let day = event("day");
    let changed = |change: fn(&mut WindowTask)| {
        let mut task = day.clone();
        change(&mut task);
        task
    };
    let filter = |text: &str| Some(serde_json::from_str::<Filter>(text).unwrap());
    let unknown = filter(
        r#"{"conversation":[{"type":"and","predicates":[{"dimension":"queueIdd","value":"q"}]}]}"#,
    );
    let of_metric = filter(
        r#"{"segment":[{"type":"or","clauses":[{"type":"and","predicates":[{"dimension":"queueId","value":"q"},{"dimension":"mediaType","value":"voice"}]}]}]}"#,
    );
    let tasks = [
        event("unknown-object"),
        event("future-window"),
        event("salesforce"),
        changed(|task| task.object = "survey".to_owned()),
        changed(|task| {
            task.window = serde_json::from_str(
                r#"{"start":"2025-10-01T00:00:00Z","end":"2026-01-01T00:00:00Z"}"#,
            )
            .unwrap();
        }),
        changed(|task| task.is_partial = true),
        changed(|task| task.ids = vec!["a".to_owned(), "b".to_owned()]),
        changed(|task| task.landed = vec!["landing/a".to_owned()]),
        changed(|task| task.max_in_flight = 0),
        WindowTask {
            filter: unknown,
            ..day.clone()
        },
        WindowTask {
            filter: of_metric,
            object: "queue_aggregate".to_owned(),
            ..day.clone()
        },
    ];
    let mut texts = Vec::new();
    for task in tasks {
        let error = world.extractor().run(&task, deadline()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        texts.push(error.to_string());
    }
    insta::assert_snapshot!(texts.join("\n"), @r#"
    request: object = "interaction": must be one of conversation, queue, user, wrapup_code, division, campaign, evaluation, survey, user_aggregate, queue_aggregate, adherence, conversation_attribute
    request: window.end = 2099-01-01T00:00:00Z: lies in the future (now is 2026-01-06T01:00:00Z); ask for a window that has ended
    request: source = salesforce: this function reads genesys; use extract-salesforce
    request: object = "survey": is not switched on; add it to objects under [genesys] in tributary.toml
    request: window = 2025-10-01T00:00:00Z/2026-01-01T00:00:00Z: is longer than the 31 days the API takes at once; ask for parts of it
    request: is_partial = true: a part of a window needs a filter that says which
    request: ids = 2 ids: Genesys objects are read by window alone; leave ids out
    request: landed = 1 keys: belongs to the mode replay alone
    request: max_in_flight = 0: must be at least 1
    request: filter.conversation[0].predicates[0].dimension = "queueIdd": is no dimension of a conversation; nearest: divisionId, externalTag, conversationId
    request: filter.segment[0].clauses[0]: an "and" inside an "or" cannot be asked of aggregates, which nest only two levels
    "#);
    assert_eq!(world.platform.called("any"), 0);
    assert!(world.bucket.keys("").is_empty());
}

#[test]
fn what_is_no_request_is_named_while_it_is_parsed() {
    // As `step::serve` reads it: from a value, which knows no lines.
    let read = |text| {
        let event: serde_json::Value = serde_json::from_str(text).unwrap();
        let refused = serde_json::from_value::<WindowTask>(event).unwrap_err();
        refused.to_string()
    };
    let inverted = read(include_str!(
        "../../../events/extract-genesys/inverted-window.json"
    ));
    let unknown = read(include_str!(
        "../../../events/extract-genesys/unknown-field.json"
    ));
    insta::assert_snapshot!([inverted, unknown].join("\n"), @r"
    window start 2026-01-06T00:00:00Z is not before its end 2026-01-05T00:00:00Z
    unknown field `windows`, expected one of `run_id`, `mode`, `source`, `object`, `window`, `window_no`, `requests_per_minute`, `max_in_flight`, `at`, `landed`, `lines`, `filter`, `is_partial`, `ids`, `fails_alone`
    ");
}
