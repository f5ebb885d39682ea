//! One window, from a Salesforce server into a bucket.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use extract_salesforce::{ExtractError, Request};
use model::payload::{ExtractOutcome, WindowReceipt};
use model::{Classify, Kind};
use serde_json::{Value, json};
use step::Failure;
use support::{Objects, deadline, extractor, settings};
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ACCOUNT: &str = include_str!("../../../events/extract-salesforce/account.json");
const REPLAY: &str = include_str!("../../../events/extract-salesforce/replay.json");
const NEXT: &str = "/services/data/v66.0/query/01g-2000";

/// The event's task, with a share of the quota that makes no test wait.
fn task(event: &str) -> Request {
    let task: Request = serde_json::from_str(event).unwrap();
    Request {
        requests_per_minute: 6000,
        ..task
    }
}

fn token(salesforce: &MockServer) -> Value {
    json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z", "instance_url": salesforce.uri()})
}

/// Runs one invocation with a bucket of its own connections.
async fn run(
    objects: &Objects,
    salesforce: &MockServer,
    event: &str,
    seconds: u64,
) -> Result<ExtractOutcome, ExtractError> {
    let (_aws, extractor) = extractor(objects, &token(salesforce), settings()).await;
    Box::pin(extractor.run(task(event), deadline(seconds))).await
}

fn account(number: u32, name: &str) -> Value {
    json!({
        "attributes": {"type": "Account"}, "Id": format!("001{number:012}AAA"), "IsDeleted": false, "Name": name,
        "SystemModstamp": "2026-01-05T10:00:00.000+0000", "CreatedDate": "2025-01-01T00:00:00.000+0000", "LastModifiedDate": "2026-01-05T10:00:00.000+0000",
    })
}

/// A page of a query that has three records.
fn page(records: &[Value], next: Option<&str>, usage: &str) -> ResponseTemplate {
    page_of(3, records, next, usage)
}

fn page_of(total: u64, records: &[Value], next: Option<&str>, usage: &str) -> ResponseTemplate {
    let mut body = json!({"totalSize": total, "done": next.is_none(), "records": records});
    if let Some(next) = next {
        body["nextRecordsUrl"] = json!(next);
    }
    ResponseTemplate::new(200)
        .insert_header("Sforce-Limit-Info", usage)
        .set_body_json(body)
}

/// A page of a query that has four records.
fn four(names: [(u32, &str); 2], next: Option<&str>) -> ResponseTemplate {
    let records = names.map(|(number, name)| account(number, name));
    page_of(4, &records, next, "api-usage=1/5000")
}

/// The place in the result is not known any more.
fn forgotten() -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(
        json!([{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]),
    )
}

async fn first_page(server: &MockServer, answer: ResponseTemplate, times: u64) {
    Mock::given(path("/services/data/v66.0/queryAll"))
        .and(query_param(
            "q",
            "SELECT COUNT() FROM Account WHERE SystemModstamp >= 2026-01-04T23:50:00Z AND SystemModstamp < 2026-01-06T00:00:00Z",
        ))
        .respond_with(page(&[], None, "api-usage=1/5000"))
        .expect(1)
        .mount(server)
        .await;
    query(server, answer, times).await;
}

/// The first page of the records alone.
async fn query(server: &MockServer, answer: ResponseTemplate, times: u64) {
    let query = "SELECT Id, IsDeleted, SystemModstamp, CreatedDate, LastModifiedDate, Name, Type, Customer_Tier__c, Industry, Lifetime_Value_USD__c, MasterRecordId, OwnerId, Owner.Name, ParentId, Phone FROM Account WHERE SystemModstamp >= 2026-01-04T23:50:00Z AND SystemModstamp < 2026-01-06T00:00:00Z ORDER BY SystemModstamp, Id";
    Mock::given(path("/services/data/v66.0/queryAll"))
        .and(query_param("q", query))
        .and(header("authorization", "Bearer hunter2"))
        .respond_with(answer)
        .expect(times)
        .mount(server)
        .await;
}

async fn next_page(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(path(NEXT))
        .respond_with(answer)
        .up_to_n_times(1)
        .expect(1)
        .mount(server)
        .await;
}

fn receipt(objects: &Objects) -> WindowReceipt {
    let found = objects.texts("runs/", "000000Z.json");
    assert_eq!(found.len(), 1, "one receipt");
    serde_json::from_str(&found[0].1).unwrap()
}

fn names(objects: &Objects, event: &str) -> Vec<String> {
    let run_id = task(event).run_id;
    let parts = objects.texts("staging/salesforce/salesforce_", ".csv.gz");
    let ours = parts
        .iter()
        .filter(|(key, _)| key.contains(&format!("run={run_id}/")));
    let mut names: Vec<String> = ours
        .flat_map(|(_, csv)| csv.lines().skip(1))
        .map(|line| line.split(',').nth(9).unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_window_lands_its_records_verbatim_and_staged() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    let unreadable = json!({"Id": "not an id", "IsDeleted": false});
    first_page(
        &server,
        page(
            &[account(1, "Ada"), unreadable.clone(), account(1, "Ada")],
            Some(NEXT),
            "api-usage=1/5000",
        ),
        1,
    )
    .await;
    next_page(
        &server,
        page(&[account(2, "Grace")], None, "api-usage=2/5000"),
    )
    .await;

    let outcome = run(&objects, &server, ACCOUNT, 600).await.unwrap();
    assert!(outcome.done);
    let counts = outcome.counts;
    assert!(counts.close());
    assert_eq!(
        (
            counts.api,
            counts.received,
            counts.duplicates,
            counts.landed
        ),
        (Some(3), 4, 1, 3)
    );
    assert_eq!((counts.staged, counts.quarantined, counts.calls), (2, 1, 3));
    assert_eq!(names(&objects, ACCOUNT), ["\"Ada\"", "\"Grace\""]);

    let landed = objects.texts(
        "landing/salesforce/account/window=20260105T000000Z_20260106T000000Z/",
        ".jsonl.gz",
    );
    let payload = |line: &str| serde_json::from_str::<Value>(line).unwrap()["payload"].clone();
    let payloads: Vec<Value> = landed
        .iter()
        .flat_map(|(_, text)| text.lines().map(payload))
        .collect();
    assert_eq!(
        payloads,
        [account(1, "Ada"), account(2, "Grace"), unreadable]
    );
    let receipt = receipt(&objects);
    assert!(receipt.is_settled);
    assert!(
        receipt
            .files
            .iter()
            .any(|file| file.table.as_deref() == Some("raw.salesforce_record") && file.rows == 2)
    );
    assert!(
        receipt
            .files
            .iter()
            .any(|file| file.table.as_deref() == Some("staging.quarantine") && file.rows == 1)
    );

    // The receipt stands: called again, it answers from it and calls no one.
    let again = run(&objects, &MockServer::start().await, ACCOUNT, 600)
        .await
        .unwrap();
    assert_eq!(again, outcome);
}

#[tokio::test]
async fn near_its_deadline_it_hands_back_and_continues_at_the_next_page() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    first_page(
        &server,
        page(&[account(1, "Ada")], Some(NEXT), "api-usage=1/5000"),
        1,
    )
    .await;
    let outcome = run(&objects, &server, ACCOUNT, 20).await.unwrap();
    assert!(!outcome.done);
    assert_eq!((outcome.counts.landed, outcome.counts.calls), (1, 2));

    next_page(
        &server,
        page(
            &[account(2, "Grace"), account(3, "Joan")],
            None,
            "api-usage=2/5000",
        ),
    )
    .await;
    let outcome = run(&objects, &server, ACCOUNT, 20).await.unwrap();
    assert!(outcome.done);
    assert_eq!((outcome.counts.landed, outcome.counts.calls), (3, 3));
    assert_eq!(
        names(&objects, ACCOUNT),
        ["\"Ada\"", "\"Grace\"", "\"Joan\""]
    );
}

#[tokio::test]
async fn a_failure_keeps_what_came_before_it() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    first_page(
        &server,
        page(&[account(1, "Ada")], Some(NEXT), "api-usage=1/5000"),
        1,
    )
    .await;
    let expired = ResponseTemplate::new(401).set_body_json(
        json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
    );
    next_page(&server, expired).await;
    let error = run(&objects, &server, ACCOUNT, 600).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized);

    next_page(
        &server,
        page(
            &[account(2, "Grace"), account(3, "Joan")],
            None,
            "api-usage=2/5000",
        ),
    )
    .await;
    let outcome = run(&objects, &server, ACCOUNT, 600).await.unwrap();
    assert_eq!((outcome.done, outcome.counts.landed), (true, 3));
}

#[tokio::test]
async fn a_forgotten_place_starts_the_query_anew_without_doubling_records() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    first_page(
        &server,
        page(&[account(1, "Ada")], Some(NEXT), "api-usage=1/5000"),
        2,
    )
    .await;
    next_page(&server, forgotten()).await;
    next_page(
        &server,
        page(
            &[account(2, "Grace"), account(3, "Joan")],
            None,
            "api-usage=2/5000",
        ),
    )
    .await;
    let outcome = run(&objects, &server, ACCOUNT, 600).await.unwrap();
    assert_eq!(
        (
            outcome.done,
            outcome.counts.landed,
            outcome.counts.duplicates
        ),
        (true, 3, 1)
    );
    assert!(outcome.counts.close());
}

#[tokio::test]
async fn pages_that_overlap_have_the_right_number_of_records_and_are_read_once_more() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    first_page(&server, four([(1, "Ada"), (2, "Grace")], Some(NEXT)), 2).await;
    next_page(&server, four([(2, "Grace"), (3, "Joan")], None)).await;
    next_page(&server, four([(3, "Joan"), (4, "Mary")], None)).await;
    let counts = run(&objects, &server, ACCOUNT, 600).await.unwrap().counts;
    assert_eq!(
        (counts.api, counts.landed, counts.duplicates),
        (Some(4), 4, 4)
    );
    assert!(counts.close());
}

#[tokio::test]
async fn what_was_edited_between_two_readings_does_not_stand_for_what_has_not_come() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    first_page(&server, four([(1, "Ada"), (2, "Grace")], Some(NEXT)), 1).await;
    assert!(!run(&objects, &server, ACCOUNT, 20).await.unwrap().done);

    server.reset().await;
    next_page(&server, forgotten()).await;
    let edited = || four([(1, "Ada-Lou"), (2, "Grace-Ann")], Some(NEXT));
    query(&server, edited(), 2).await;
    assert!(!run(&objects, &server, ACCOUNT, 20).await.unwrap().done);
    // The page before it in its place is asked for again, one that overlaps with it has the query read once more.
    next_page(&server, four([(1, "Ada-Lou"), (2, "Grace-Ann")], None)).await;
    next_page(&server, four([(2, "Grace-Ann"), (3, "Joan")], None)).await;
    next_page(&server, four([(3, "Joan"), (4, "Mary")], None)).await;
    let counts = run(&objects, &server, ACCOUNT, 600).await.unwrap().counts;
    assert_eq!(
        (counts.api, counts.landed, counts.duplicates),
        (Some(4), 6, 6)
    );
    let all = ["Ada", "Ada-Lou", "Grace", "Grace-Ann", "Joan", "Mary"];
    assert_eq!(
        names(&objects, ACCOUNT),
        all.map(|name| format!("\"{name}\""))
    );
}

#[tokio::test]
async fn a_page_that_comes_twice_in_a_reading_too_long_to_be_marked_loses_nothing() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    let first = || four([(1, "Ada"), (2, "Grace")], Some(NEXT));
    first_page(&server, first(), 2).await;
    next_page(&server, forgotten()).await;
    next_page(&server, four([(1, "Ada"), (2, "Grace")], None)).await;
    let mut unmarked = settings();
    unmarked.salesforce.first_load_records = 0;
    let (_aws, extractor) = extractor(&objects, &token(&server), unmarked).await;
    let error = Box::pin(extractor.run(task(ACCOUNT), deadline(600)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let text = Failure::from(error).to_string();
    assert!(
        text.ends_with(
            "Salesforce counts 4 records and 2 different ones have come; it is read once more"
        ),
        "{text}"
    );

    server.reset().await;
    first_page(&server, first(), 1).await;
    next_page(&server, four([(3, "Joan"), (4, "Mary")], None)).await;
    let outcome = run(&objects, &server, ACCOUNT, 600).await.unwrap();
    assert_eq!(
        (outcome.done, outcome.counts.api, outcome.counts.landed),
        (true, Some(4), 4)
    );
    assert!(outcome.counts.close());
}

#[tokio::test]
async fn it_stops_at_its_share_of_the_daily_allocation_and_goes_on_later() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    first_page(
        &server,
        page(&[account(1, "Ada")], Some(NEXT), "api-usage=4000/5000"),
        1,
    )
    .await;
    let error = run(&objects, &server, ACCOUNT, 600).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Throttled);
    insta::assert_snapshot!(Failure::from(error), @"Throttled: reading account of 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z: Salesforce has counted 4000 of 5000 API calls of the last 24 hours and settings salesforce.daily_share_percent = 80 stops there; wait, or raise the share");

    // The last page is landed whatever it says: no further call follows it.
    next_page(
        &server,
        page(
            &[account(2, "Grace"), account(3, "Joan")],
            None,
            "api-usage=4001/5000",
        ),
    )
    .await;
    assert!(run(&objects, &server, ACCOUNT, 600).await.unwrap().done);
}

#[tokio::test]
async fn a_replay_reads_landed_files_and_calls_no_one() {
    let (objects, server) = (Objects::default(), MockServer::start().await);
    // More than wait in memory at once.
    let mut records: Vec<_> = (0..2100).map(|number| account(number, "Ada")).collect();
    records.push(json!({"Id": "bad"}));
    first_page(
        &server,
        page_of(2101, &records, None, "api-usage=1/5000"),
        1,
    )
    .await;
    run(&objects, &server, ACCOUNT, 600).await.unwrap();

    let mut replay: Value = serde_json::from_str(REPLAY).unwrap();
    replay["object"] = json!("account");
    let landed = objects.texts("landing/", ".jsonl.gz");
    replay["landed"] = landed.iter().map(|(key, _)| json!(key)).collect();
    let replay = replay.to_string();
    // A secret without a token: reading it would fail.
    let (_aws, extractor) = extractor(&objects, &json!({}), settings()).await;
    let outcome = extractor.run(task(&replay), deadline(600)).await.unwrap();
    assert!(outcome.done && outcome.counts.close());
    assert_eq!((outcome.counts.api, outcome.counts.calls), (None, 0));
    let counts = outcome.counts;
    assert_eq!((counts.staged, counts.quarantined), (2100, 1));
    let staged = |event: &str| {
        let run_id = task(event).run_id;
        let parts = objects.texts("staging/salesforce/salesforce_account/", ".csv.gz");
        let csv = parts
            .iter()
            .find(|(key, _)| key.contains(run_id.as_str()))
            .unwrap()
            .1
            .clone();
        csv.replace(run_id.as_str(), "run")
    };
    assert!(
        staged(&replay) == staged(ACCOUNT),
        "the rows are the same, with the same extracted_at"
    );
}

#[tokio::test]
async fn a_token_secret_that_cannot_be_used_is_named() {
    let objects = Objects::default();
    for secret in [
        json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z"}),
        json!({"access_token": "hunter2", "expires_at": "2026-01-06T03:00:00Z", "instance_url": "https://evil.example"}),
        json!({"expires_at": "2026-01-06T03:00:00Z"}),
    ] {
        let (_aws, extractor) = extractor(&objects, &secret, settings()).await;
        let failure = Failure::from(
            extractor
                .run(task(ACCOUNT), deadline(600))
                .await
                .unwrap_err(),
        );
        assert_eq!(failure.kind, Kind::Invalid);
        assert!(!failure.message.contains("hunter2"), "{failure}");
        let names_it = failure.message.contains("tributary/salesforce/token")
            || failure.message.contains("evil.example");
        assert!(names_it, "{failure}");
    }
}
