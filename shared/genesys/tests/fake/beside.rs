//! What stands beside the conversations.

use super::{SHARE, day, deadline, fake, written};
use genesys::api::{AdherenceState, Downloads, Page};
use genesys::query::{AggregateQuery, aggregate_filter};
use genesys::record::{adherence, aggregate, reference, update};
use model::filter::Filter;
use serde_json::Value;
use source_http::connections;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[tokio::test]
async fn evaluations_and_surveys_of_a_day_are_found_by_what_happened_in_it() {
    let fake = fake().await;
    let api = &fake.api;
    for (query, definition, is_survey) in [
        (
            AggregateQuery::evaluations(day()),
            definition!("evaluation_update"),
            false,
        ),
        (
            AggregateQuery::surveys(day()),
            definition!("survey_update"),
            true,
        ),
    ] {
        let groups = api.aggregates(&query).await.unwrap();
        let wanted: BTreeSet<String> = groups
            .records()
            .map(|group| {
                let group: Value = serde_json::from_str(group).unwrap();
                let name = if is_survey {
                    "surveyId"
                } else {
                    "evaluationId"
                };
                group["group"][name].as_str().unwrap().to_owned()
            })
            .collect();
        assert!(!wanted.is_empty());
        let ids: BTreeSet<String> = groups
            .records()
            .filter_map(aggregate::conversation_id)
            .collect();
        let mut payloads = Vec::new();
        for batch in ids.into_iter().collect::<Vec<_>>().chunks(50) {
            let page = api.details_by_ids(batch).await.unwrap();
            assert_eq!(page.len(), batch.len());
            for details in page.records() {
                let found = if is_survey {
                    update::surveys_of(details)
                } else {
                    update::evaluations_of(details)
                };
                payloads.extend(found.unwrap());
            }
        }
        let found: BTreeSet<String> = payloads
            .iter()
            .filter_map(|payload| update::natural_id(payload))
            .collect();
        assert!(
            found.is_superset(&wanted),
            "{:?}",
            wanted.difference(&found).next()
        );
        let rows = written(definition, &payloads, |payload, rows| {
            if is_survey {
                update::write_survey_update(payload, rows)
            } else {
                update::write_evaluation_update(payload, rows)
            }
        });
        assert_eq!(rows, payloads.len() as u64);
    }
    fake.server.stop().await;
}

#[tokio::test]
async fn aggregates_become_rows_and_agree_with_the_records() {
    let fake = fake().await;
    let api = &fake.api;
    let users = api
        .aggregates(&AggregateQuery::routing_status(day(), 30))
        .await
        .unwrap();
    let rows = written(
        definition!("user_aggregate"),
        users.records(),
        aggregate::write_user_aggregate,
    );
    assert!(rows > users.len() as u64 && users.len() > 10);
    let ids: BTreeSet<_> = users
        .records()
        .filter_map(aggregate::user_natural_id)
        .collect();
    assert_eq!(ids.len(), users.len());

    let queues = api
        .aggregates(&AggregateQuery::queues(day(), 60))
        .await
        .unwrap();
    let rows = written(
        definition!("queue_aggregate"),
        queues.records(),
        aggregate::write_queue_aggregate,
    );
    assert!(rows > queues.len() as u64);
    // Without buckets the same numbers come to the same sum.
    let filter = Filter {
        media_types: vec!["voice".to_owned()],
        ..Filter::default()
    };
    let whole = AggregateQuery::queues(day(), 1440).filtered(aggregate_filter(&filter).unwrap());
    let whole = api.aggregates(&whole).await.unwrap();
    let offered = |page: &Page| {
        let mut sum = BTreeMap::new();
        for payload in page.records() {
            let id = aggregate::queue_natural_id(payload).unwrap();
            let group: Value = serde_json::from_str(payload).unwrap();
            let buckets = group["data"].as_array().unwrap().iter();
            let metrics = buckets.flat_map(|bucket| bucket["metrics"].as_array().unwrap());
            let counts = metrics.filter(|metric| metric["metric"] == "nOffered");
            let count: u64 = counts
                .map(|metric| metric["stats"]["count"].as_u64().unwrap())
                .sum();
            sum.insert(id, count);
        }
        sum
    };
    let (by_hour, by_day) = (offered(&queues), offered(&whole));
    assert!(!by_day.is_empty());
    for (id, count) in &by_day {
        assert!(id.ends_with("/voice"), "{id}");
        assert_eq!(by_hour.get(id), Some(count), "{id}");
    }
    fake.server.stop().await;
}

#[tokio::test]
async fn adherence_of_every_unit_comes_without_the_token() {
    let fake = fake().await;
    let api = &fake.api;
    let downloads = Downloads::new(connections().unwrap(), fake.server.url(), SHARE, deadline());
    let units = api.management_units().await.unwrap();
    assert!(!units.is_empty());
    let mut users = BTreeSet::new();
    let mut rows = 0;
    for unit in &units {
        let job = api
            .submit_adherence(&unit.id, day(), "America/Chicago")
            .await
            .unwrap();
        let state = match job.state {
            AdherenceState::Running => {
                let keep = Duration::from_secs(1);
                api.wait_for_adherence(job.id.as_deref().unwrap(), keep)
                    .await
                    .unwrap()
            }
            state => state,
        };
        let AdherenceState::Complete(urls) = state else {
            panic!("the job is complete: {state:?}");
        };
        for url in &urls {
            let file = downloads.adherence(url).await.unwrap();
            let payloads: Vec<_> = file.payloads(&unit.id, day(), "America/Chicago").collect();
            users.extend(
                payloads
                    .iter()
                    .filter_map(|payload| adherence::natural_id(payload)),
            );
            rows += written(
                definition!("adherence"),
                &payloads,
                adherence::write_adherence,
            );
        }
    }
    assert!(users.len() > 10 && rows >= users.len() as u64);
    fake.server.stop().await;
}

#[tokio::test]
async fn divisions_and_campaigns_are_listed() {
    let fake = fake().await;
    for (object, definition) in [
        ("division", definition!("division")),
        ("campaign", definition!("campaign")),
    ] {
        let page = fake.api.listing_page(object, 1).await.unwrap();
        let rows = written(definition, page.records(), |payload, rows| {
            reference::write_reference(object, payload, rows)
        });
        assert!(rows > 0 && rows == page.len() as u64);
    }
    fake.server.stop().await;
}
