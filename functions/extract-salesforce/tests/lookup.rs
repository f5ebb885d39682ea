//! Records asked for by their ids: in batches, in halves of them, and one that Salesforce never has time for, or fails on.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::Request;
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::payload::{Extraction, Mode};
use model::{Classify, Kind, RunId};
use step::Failure;
use support::staged;
use support::world::{Org, lookup, task};

const TABLE: &str = "salesforce_case";
const QUERIES: &str = "GET /services/data/v66.0/queryAll";

async fn org() -> Org {
    let options = Options {
        page_size: 80,
        ..Options::default()
    };
    Org::new(options, |settings| {
        settings.salesforce.bulk_threshold = u64::MAX;
    })
    .await
}

/// Ids of cases, in their order, and an organisation that has nothing landed yet.
async fn cases(count: usize) -> (Vec<String>, Org) {
    let calm = org().await;
    calm.finish(&task("case"), 600).await;
    let (all, _) = calm.tables(TABLE);
    let ids = all
        .iter()
        .map(|case| case["Id"].as_str().unwrap().to_owned());
    (ids.take(count).collect(), org().await)
}

/// Salesforce gives up on the query.
fn slow() -> Fault {
    let message = "Your query request was running for too long.";
    Fault::Status {
        code: 400,
        retry_after: None,
        body: Some(format!(
            r#"[{{"errorCode":"QUERY_TIMEOUT","message":"{message}"}}]"#
        )),
    }
}

/// Salesforce fails on it.
fn broken() -> Fault {
    Fault::Status {
        code: 500,
        retry_after: None,
        body: None,
    }
}

/// Salesforce gives up on every query for one of these.
fn never(org: &Org, ids: &[String]) {
    always(org, &slow(), ids);
}

fn always(org: &Org, fault: &Fault, ids: &[String]) {
    for id in ids {
        org.fault(id, fault.clone(), 1000);
    }
}

/// Object, id, reason and detail of what the run has refused.
fn refused(org: &Org, run_id: &str) -> Vec<String> {
    let files = org
        .objects
        .texts("staging/salesforce/quarantine/", ".csv.gz");
    let keys: Vec<_> = files.into_iter().map(|(key, _)| key).collect();
    let keys: Vec<_> = keys
        .into_iter()
        .filter(|key| key.contains(run_id))
        .collect();
    let told = |row: String| {
        let values: Vec<_> = row.split('|').collect();
        [1, 4, 5, 6].map(|at| values[at]).join(" | ")
    };
    staged(&org.objects, &keys).into_iter().map(told).collect()
}

#[tokio::test]
async fn records_named_by_id_are_looked_up_in_batches() {
    let (mut wanted, _) = cases(290).await;
    wanted.reverse();
    let batches = wanted.len().div_ceil(200) as u64;
    for seconds in [600, 20] {
        let org = org().await;
        org.finish(&lookup("case_lookup", wanted.clone()), seconds)
            .await;
        let (found, rows) = org.tables(TABLE);
        let found: Vec<_> = found
            .iter()
            .map(|case| case["Id"].as_str().unwrap())
            .collect();
        let mut wanted = wanted.clone();
        wanted.sort();
        assert_eq!(
            (found, rows.len()),
            (wanted.iter().map(String::as_str).collect(), wanted.len())
        );
        assert_eq!(org.receipt().extraction, Extraction::Lookup);
        assert_eq!(org.requests(QUERIES), batches);
    }
}

#[tokio::test]
async fn ids_that_take_too_long_together_are_asked_for_in_halves() {
    let (ids, org) = cases(50).await;
    org.fault("queryAll", slow(), 3);
    let outcome = org.finish(&lookup("case_lookup", ids.clone()), 20).await;
    let (found, rows) = org.tables(TABLE);
    assert_eq!((found.len(), rows.len()), (50, 50));
    assert_eq!(
        (outcome.counts.api, outcome.counts.duplicates),
        (Some(50), 0)
    );
    // 50, 25 and 12 were too many: then six at a time.
    assert_eq!(org.requests(QUERIES), 3 + 9);
}

#[tokio::test]
async fn a_record_that_always_fails_or_takes_too_long_is_set_aside_and_holds_up_nothing() {
    let (ids, _) = cases(120).await;
    let long = "400: Your query request was running for too long. (code QUERY_TIMEOUT)";
    let fault = "500: An unexpected error occurred (code UNKNOWN_EXCEPTION)";
    for (kind, said, most, place, seconds) in [
        (slow(), long, 25, 0, 600),
        (slow(), long, 25, 70, 600),
        (slow(), long, 25, 70, 20),
        (slow(), long, 25, 119, 600),
        // Each failure is repeated three times, and an id that nobody has asked for after it.
        (broken(), fault, 55, 0, 600),
        (broken(), fault, 55, 70, 20),
    ] {
        let org = org().await;
        let bad = &ids[place];
        always(&org, &kind, std::slice::from_ref(bad));
        let task = lookup("case_lookup", ids.clone());
        let counts = org.finish(&task, seconds).await.counts;
        assert!(counts.close());
        assert_eq!((counts.api, counts.received), (Some(120), 120), "{place}");
        assert_eq!((counts.staged, counts.quarantined), (119, 1));
        let (found, _) = org.tables(TABLE);
        assert!(found.len() == 119 && found.iter().all(|case| case["Id"] != **bad));
        let told = refused(&org, task.run_id.as_str());
        assert_eq!(
            told,
            [format!(
                "case_lookup | {bad} | unavailable | Id: GET /services/data/v66.0/queryAll: {said}, \
                 each time this record was asked for alone, while others are answered; it comes with its next change, or with a backfill of the day of its last one"
            )]
        );
        // Those behind it are asked for together again.
        assert!(org.requests(QUERIES) < most, "{}", org.requests(QUERIES));

        // A replay refuses it for the same reason.
        let landed = org.objects.texts("landing/", ".jsonl.gz").into_iter();
        let again = Request {
            run_id: RunId::try_from("replay-1".to_owned()).unwrap(),
            mode: Mode::Replay,
            ids: Vec::new(),
            landed: landed.map(|(key, _)| key).collect(),
            ..task
        };
        let counts = org.call(&again, 600).await.unwrap().counts;
        assert_eq!((counts.staged, counts.quarantined), (119, 1));
        assert_eq!(refused(&org, "replay-1"), told);
    }
}

/// The failure of a lookup that sets nothing aside for good, and the ids it names in a lookup of `ids`.
async fn fails(org: &Org, ids: &[String]) -> String {
    let error = org
        .call(&lookup("case_lookup", ids.to_vec()), 600)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    Failure::from(error).to_string()
}

#[tokio::test]
async fn records_that_all_take_too_long_are_no_fault_of_theirs() {
    let (ids, org) = cases(40).await;
    // Nothing is answered at all, nor is an id that nobody has.
    org.fault("queryAll", slow(), 1000);
    let task = lookup("case_lookup", ids.clone());
    let text = fails(&org, &ids).await;
    let named = format!("case_lookup: asking for record {} and no other", ids[0]);
    assert!(text.contains(&named), "{text}");
    assert!(refused(&org, task.run_id.as_str()).is_empty());
    org.server.control().faults.clear();
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (40, 0));

    // An outage is known after the first batch and an id that nobody has, four times each, and names no record.
    let org = self::org().await;
    org.fault("queryAll", broken(), 1000);
    let text = fails(&org, &ids).await;
    assert!(!text.contains("asking for record"), "{text}");
    assert_eq!(org.requests(QUERIES), 8);
    // It may begin when one of them has failed alone.
    org.server.control().faults.clear();
    org.fault(&ids[0], broken(), 1000);
    org.fault_after("000000000000AAA", broken(), 1000, 5);
    let text = fails(&org, &ids).await;
    assert!(!text.contains("asking for record"), "{text}");
    org.server.control().faults.clear();
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (40, 0));
}

#[tokio::test]
async fn too_many_records_that_take_too_long_fail_the_window_and_what_came_is_kept() {
    let (ids, org) = cases(40).await;
    let bad: Vec<_> = [3, 9, 20, 33].map(|at: usize| ids[at].clone()).into();
    never(&org, &bad[..3]);
    let task = lookup("case_lookup", ids.clone());
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (37, 3));

    for fault in [slow(), broken()] {
        let org = self::org().await;
        always(&org, &fault, &bad);
        let named = format!("case_lookup: asking for record {} and no other", bad[3]);
        for _ in 0..2 {
            let text = fails(&org, &ids).await;
            assert!(text.contains(&named), "{text}");
            assert_eq!(org.kept(TABLE), 30);
        }
        org.server.control().faults.clear();
        let counts = org.finish(&task, 600).await.counts;
        assert_eq!((counts.staged, counts.quarantined), (37, 3));
        assert!(counts.close());
    }

    // All of several, however few.
    let org = self::org().await;
    never(&org, &bad);
    fails(&org, &bad[..2]).await;
    // An id alone has no others.
    let counts = self::org().await;
    never(&counts, &bad);
    let counts = counts
        .finish(&lookup("case_lookup", bad[..1].to_vec()), 600)
        .await
        .counts;
    assert_eq!((counts.staged, counts.quarantined), (0, 1));
}
