//! Records asked for by their ids: in batches, in halves of them, and one that Salesforce never has time for, or fails on.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::Request;
use fakes::control::Kind as Fault;
use fakes::salesforce::Options;
use model::payload::{ExtractOutcome, Extraction, Mode};
use model::{Classify, Kind, RunId};
use serde_json::json;
use step::Failure;
use support::world::{Org, lookup, task};
use support::{Objects, deadline, extractor, settings, staged};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

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

/// Calls until the window is done, as the state machine does: how often it failed, and the outcome. It calls only so often in a
/// row after failures, so no two of them may follow each other.
async fn persist(org: &Org, task: &Request, seconds: u64) -> (u32, ExtractOutcome) {
    let (mut failures, mut has_failed) = (0, false);
    for _ in 0..500 {
        match org.call(task, seconds).await {
            Ok(outcome) if outcome.done => return (failures, outcome),
            Ok(_) => has_failed = false,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Transient);
                let text = Failure::from(error).to_string();
                assert!(text.contains(": asking for record 500"), "{text}");
                assert!(!has_failed, "{text}");
                has_failed = true;
                failures += 1;
            }
        }
    }
    panic!("the window is never done");
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
        let (failures, outcome) = persist(&org, &task, seconds).await;
        // A 5xx comes at once: the second try is another call's, after the state machine's pause.
        assert_eq!(failures, u32::from(said == fault));
        let counts = outcome.counts;
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
                 each time this record was asked for alone, while others are answered; it comes with its next change, or the next list of ids asks for it again"
            )]
        );
        // Those behind it are asked for together again, twice as many each time.
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

#[tokio::test]
async fn a_record_whose_answer_never_comes_whole_is_set_aside_as_well() {
    let (ids, _) = cases(3).await;
    for (kind, said) in [
        (Fault::Truncate, "200: the JSON is cut off at line"),
        (Fault::Reset, "queryAll: the answer broke off: "),
        (Fault::Html, "200: answered with an HTML page"),
    ] {
        let org = org().await;
        always(&org, &kind, &ids[1..2]);
        let task = lookup("case_lookup", ids.clone());
        let (failures, outcome) = persist(&org, &task, 600).await;
        let counts = outcome.counts;
        assert_eq!((failures, counts.staged, counts.quarantined), (1, 2, 1));
        assert!(counts.close());
        let told = refused(&org, task.run_id.as_str());
        assert!(told.len() == 1 && told[0].contains(said), "{told:?}");
    }
}

#[tokio::test]
async fn records_that_are_too_large_together_are_asked_for_in_halves_and_one_alone_is_set_aside() {
    let (ids, mut org) = cases(50).await;
    org.max_body_bytes = 10_000;
    let task = lookup("case_lookup", ids.clone());
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (50, 0));

    let mut org = self::org().await;
    org.max_body_bytes = 10_000;
    let large = Fault::Status {
        code: 200,
        retry_after: None,
        body: Some(" ".repeat(10_001)),
    };
    always(&org, &large, &ids[7..8]);
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (49, 1));
    let told = refused(&org, task.run_id.as_str());
    assert!(told[0].contains("the answer is larger than"), "{told:?}");
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
    let bad = [&ids[3..4], &ids[10..30]].concat();
    never(&org, &bad[..20]);
    let task = lookup("case_lookup", ids.clone());
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (20, 20));

    let org = self::org().await;
    never(&org, &bad);
    let named = format!("case_lookup: asking for record {} and no other", bad[20]);
    for _ in 0..2 {
        let text = fails(&org, &ids).await;
        assert!(text.contains(&named), "{text}");
        assert_eq!(org.kept(TABLE), 9);
    }
    org.server.control().faults.clear();
    let counts = org.finish(&task, 600).await.counts;
    assert_eq!((counts.staged, counts.quarantined), (20, 20));
    assert!(counts.close());
}

#[tokio::test]
async fn a_few_of_a_few_records_are_set_aside_and_so_are_all() {
    let (ids, org) = cases(40).await;
    let bad = [3, 9, 20, 33].map(|at: usize| ids[at].clone());
    always(&org, &broken(), &bad);
    let (failures, outcome) = persist(&org, &lookup("case_lookup", ids), 600).await;
    assert_eq!(failures, 4);
    let counts = outcome.counts;
    assert_eq!((counts.staged, counts.quarantined), (36, 4));

    for count in [1, 2] {
        let org = self::org().await;
        never(&org, &bad);
        let task = lookup("case_lookup", bad[..count].to_vec());
        let counts = org.finish(&task, 600).await.counts;
        assert_eq!((counts.staged, counts.quarantined), (0, count as u64));
    }
}

#[tokio::test]
async fn a_record_that_comes_at_its_second_try_is_not_set_aside_and_slows_down_nothing() {
    let (ids, org) = cases(120).await;
    // Alone after 120, 60, 30, 15, 7 and 3, each asked for four times.
    org.fault(&ids[0], broken(), 7 * 4);
    let (failures, outcome) = persist(&org, &lookup("case_lookup", ids), 600).await;
    let counts = outcome.counts;
    assert_eq!((failures, counts.staged, counts.quarantined), (1, 120, 0));
    // 28 and the ids that nobody has, then 1, 2, 4, 8, 16, 32 and 57.
    assert_eq!(org.requests(QUERIES), 7 * 5 + 7);
}

#[tokio::test]
async fn a_call_ends_before_it_would_have_to_wait_for_another_query_that_takes_as_long() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(400)
        .set_body_json(json!([{"errorCode": "QUERY_TIMEOUT", "message": "too long"}]))
        .set_delay(std::time::Duration::from_millis(500));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let token = json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z", "instance_url": server.uri()});
    let (_aws, extractor) = extractor(&Objects::default(), &token, settings()).await;
    let ids = ["500000000000001AAA", "500000000000002AAA"].map(str::to_owned);
    let task = lookup("case_lookup", ids.to_vec());
    // A page alone would still have time.
    let outcome = Box::pin(extractor.run(task, deadline(31))).await.unwrap();
    assert_eq!((outcome.done, outcome.counts.calls), (false, 1));
}

#[tokio::test]
async fn a_record_that_is_set_aside_twice_does_not_stand_for_one_that_has_not_come() {
    let (ids, _) = cases(3).await;
    // What comes again while something is read anew is not told by its id.
    let org = Org::new(Options::default(), |settings| {
        settings.salesforce.first_load_records = 0;
    })
    .await;
    let task = lookup("case_lookup", ids.clone());
    let first =
        json!({"Id": ids[1], "IsDeleted": false, "SystemModstamp": "2026-01-05T10:00:00.000+0000"});
    let answer = |records: Vec<_>| Fault::Status {
        code: 200,
        retry_after: None,
        body: Some(json!({"totalSize": 2, "done": true, "records": records}).to_string()),
    };
    let said = |words: &str| Fault::Status {
        code: 400,
        retry_after: None,
        body: Some(json!([{"errorCode": "QUERY_TIMEOUT", "message": words}]).to_string()),
    };
    for words in ["too long (1)", "too long (2)"] {
        org.fault(&ids[0], said(words), 1000);
        // The third is told to be two: first one of them comes, then the second record in their place.
        org.fault(&ids[2], answer(vec![&first]), 1);
        org.fault(&ids[2], answer(vec![&first, &first]), 1);
        let text = fails(&org, &ids).await;
        assert!(
            text.ends_with(
                "Salesforce counts 3 records and 2 different ones have come; it is read once more"
            ),
            "{text}"
        );
        org.server.control().faults.clear();
    }
    never(&org, &ids[..1]);
    let counts = org.finish(&task, 600).await.counts;
    // The second as it came in place of the third, and as it is.
    assert_eq!((counts.staged, counts.quarantined), (3, 3));
    assert!(counts.close());
}
