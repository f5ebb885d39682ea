//! Conversations: filters, slices, attributes.

use super::{day, fake, written};
use genesys::api::{Api, Waited};
use genesys::merge::KWay;
use genesys::record::{self, live};
use jiff::{SignedDuration, Timestamp};
use model::Window;
use model::filter::{Direction, Filter};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

fn id_of(details: &str) -> String {
    record::natural_id_of(details).unwrap()
}

fn start_of(details: &str) -> Timestamp {
    record::parse(details).unwrap().conversation_start
}

/// Every page of a details query.
async fn queried(
    api: &Api,
    interval: Window,
    only_starts: bool,
    filter: Option<&Filter>,
) -> Vec<String> {
    let mut all = Vec::new();
    for number in 1.. {
        let page = api
            .query_page(interval, only_starts, filter, number, 100)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page.records().map(ToOwned::to_owned));
    }
    all
}

async fn by_job(api: &Api, interval: Window, filter: Option<&Filter>) -> Vec<String> {
    let job = api.submit_job(interval, filter).await.unwrap();
    let waited = api
        .wait_for_job(&job, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(waited, Waited::Ready);
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = api.job_page(&job, cursor.as_deref(), 1000).await.unwrap();
        all.extend(page.records().map(ToOwned::to_owned));
        cursor.clone_from(&page.cursor);
        if cursor.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_filter_keeps_the_same_conversations_by_query_and_by_job() {
    let fake = fake().await;
    let api = &fake.api;
    let all = queried(api, day(), false, None).await;
    let first: Value = serde_json::from_str(&all[0]).unwrap();
    let segments = |details: &Value| -> Vec<Value> {
        let mut all = Vec::new();
        for participant in details["participants"].as_array().into_iter().flatten() {
            for session in participant["sessions"].as_array().into_iter().flatten() {
                all.extend(
                    session["segments"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
            }
        }
        all
    };
    let queue = segments(&first)
        .iter()
        .find_map(|one| one["queueId"].as_str().map(ToOwned::to_owned));
    let filter = Filter {
        queue_ids: vec![queue.unwrap()],
        direction: Some(Direction::Inbound),
        ..Filter::default()
    };
    let keeps = |details: &String| {
        let details: Value = serde_json::from_str(details).unwrap();
        details["originatingDirection"] == "inbound"
            && segments(&details)
                .iter()
                .any(|one| one["queueId"] == filter.queue_ids[0].as_str())
    };
    let expected: BTreeSet<String> = all
        .iter()
        .filter(|one| keeps(one))
        .map(|one| id_of(one))
        .collect();
    assert!(!expected.is_empty() && expected.len() < all.len());
    let ids = |all: &[String]| -> BTreeSet<String> {
        let mine = all.iter().filter(|one| day().contains(start_of(one)));
        mine.map(|one| id_of(one)).collect()
    };
    let asked = queried(api, day(), false, Some(&filter)).await;
    assert_eq!(ids(&asked), expected);
    assert_eq!(ids(&by_job(api, day(), Some(&filter)).await), expected);
    fake.server.stop().await;
}

#[tokio::test]
async fn slices_of_a_day_merge_into_the_day_in_the_order_of_starts() {
    const PAGE: u32 = 10;
    let fake = fake().await;
    let api = &fake.api;
    let whole = queried(api, day(), false, None).await;
    let slices: Vec<_> = day().slices(SignedDuration::from_hours(3)).collect();
    let mut merge = KWay::default();
    for slice in &slices {
        merge.add(Some((slice.start(), String::new())));
    }
    let mut next = vec![1; slices.len()];
    let (mut merged, mut most) = (Vec::new(), 0);
    while !merge.is_done() {
        while let Some((_, details, _)) = merge.pop() {
            merged.push(details);
        }
        let Some(source) = merge.needs() else { break };
        let page = api
            .query_page(slices[source], true, None, next[source], PAGE)
            .await
            .unwrap();
        next[source] += 1;
        if page.is_empty() {
            merge.finish(source).unwrap();
        }
        let records = page
            .records()
            .map(|one| ((start_of(one), id_of(one)), one.to_owned()));
        merge
            .push(source, records)
            .or_else(|error| if page.is_empty() { Ok(()) } else { Err(error) })
            .unwrap();
        most = most.max(merge.held());
    }
    assert_eq!((merge.repeats(), merge.late()), (0, 0));
    assert!(most <= PAGE as usize);
    let mut expected = whole.clone();
    expected.sort_by_key(|one| (start_of(one), id_of(one)));
    assert_eq!(merged, expected);
    fake.server.stop().await;
}

#[tokio::test]
async fn a_conversation_has_its_attributes_before_the_job_does() {
    let fake = fake().await;
    let api = &fake.api;
    // What the job says is what the conversation itself says.
    let by_job = by_job(api, day(), None).await;
    let with_attributes = by_job
        .iter()
        .filter(|one| one.contains("\"attributes\":{\""));
    let details = with_attributes.clone().next().unwrap();
    let live = api.conversation(&id_of(details)).await.unwrap().unwrap();
    assert_eq!(live::natural_id(&live), record::natural_id_of(details));
    let rows = written(
        definition!("conversation_attribute"),
        [&live],
        live::write_conversation_attributes,
    );
    let details: Value = serde_json::from_str(details).unwrap();
    let participants = details["participants"].as_array().unwrap().iter();
    let attributes = participants.filter_map(|one| one["attributes"].as_object());
    assert_eq!(rows, attributes.map(|all| all.len() as u64).sum::<u64>());
    assert_eq!(
        api.conversation("00000000-0000-4000-8000-000000000000")
            .await
            .unwrap(),
        None
    );
    fake.server.stop().await;
}
