//! Bulk query jobs against servers that misbehave in the ways that are known.

#![allow(clippy::unwrap_used)] // helpers of tests

use model::rows::Rows;
use model::settings::Settings;
use model::table::Table;
use model::{Classify, Kind, RunId};
use salesforce::{Api, ApiError, Columns, Job, JsonKind, Mapping};
use serde_json::json;
use source_http::{Client, Repeat, Share, connections};
use std::time::Duration;
use step::Deadline;
use wiremock::matchers::{header, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SETTINGS: &str = include_str!("../../../infra/settings/tributary.toml");
const RESULTS: &str = "/services/data/v66.0/jobs/query/750x1/results";

fn api(server: &MockServer) -> Api {
    let repeat = Repeat {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        times: 2,
        max_body_bytes: 4000,
    };
    let share = Share {
        requests_per_minute: 60_000,
        max_in_flight: 4,
    };
    let deadline = Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_secs(30),
    );
    let token = Some("hunter2".to_owned().into());
    let client = Client::with(
        connections().unwrap(),
        &server.uri(),
        share,
        deadline,
        token,
        repeat,
    );
    Api::over(client, &Settings::parse(SETTINGS).unwrap().salesforce)
}

fn job() -> Job {
    Job {
        id: "750x1".to_owned(),
        version: "66.0".to_owned(),
    }
}

fn mapping() -> Mapping {
    let mut settings = Settings::parse(SETTINGS)
        .unwrap()
        .salesforce
        .objects
        .remove("user")
        .unwrap();
    settings.extra = vec!["Logins__c".to_owned(), "UserRole.Rank__c".to_owned()];
    let table = Table::parse(include_str!(
        "../../warehouse/sql/staging/salesforce_user.sql"
    ))
    .unwrap();
    Mapping::new("user", &settings, &table).unwrap()
}

/// The kinds of the ten columns of `HEADER`.
fn columns() -> Columns {
    use JsonKind::{Boolean, Instant, Integer, Number, Text};
    mapping().columns(&[
        Text, Instant, Instant, Instant, Text, Boolean, Text, Text, Integer, Number,
    ])
}

const HEADER: &str = "\"Id\",\"SystemModstamp\",\"CreatedDate\",\"LastModifiedDate\",\"Email\",\"IsActive\",\"Name\",\"UserRole.Name\",\"Logins__c\",\"UserRole.Rank__c\"\n";
const ADA: &str = "\"005000000000001AAA\",\"2026-01-05T10:00:00.000Z\",\"2020-02-29T01:02:03.000Z\",\"\",\"\",\"true\",\"Ada \"\"A\"\",\nLovelace 😀\\\t\",\"Chief\",\"7.0\",\"1.25E3\"\n";
const BOB: &str = "005000000000002AAA,2026-01-05T10:00:00.000Z,,,b@c.example,no,B\0ob,,\"007\",\n";

fn page(rows: &str, told: u64, locator: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("Sforce-NumberOfRecords", told.to_string())
        .insert_header("Sforce-Locator", locator)
        .set_body_raw(format!("{HEADER}{rows}"), "text/csv")
}

/// Answers the first calls with `answers`, in order, and fails the test unless all are asked for.
async fn answering(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for answer in answers {
        let mock = Mock::given(path(RESULTS)).respond_with(answer);
        mock.up_to_n_times(1).expect(1).mount(&server).await;
    }
    server
}

async fn fetch(server: &MockServer) -> Result<salesforce::JobPage, ApiError> {
    api(server).job_page(&job(), &columns(), None, 500, 0).await
}

fn records(page: &salesforce::JobPage) -> Vec<String> {
    let mut records = Vec::new();
    let all: Result<(), ()> = page.each(|row| {
        records.push(match row {
            Ok(row) => row.payload().to_owned(),
            Err(line) => format!("{line:?}"),
        });
        Ok(())
    });
    all.unwrap();
    records
}

/// The failure and everything under it.
fn text(error: &ApiError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    assert!(
        !text.contains("hunter2") && !text.contains("Lovelace"),
        "{text}"
    );
    text
}

#[tokio::test]
async fn a_row_becomes_the_record_that_rest_would_send() {
    let server = answering([page(&format!("{ADA}{BOB}"), 2, "null")]).await;
    let found = fetch(&server).await.unwrap();
    assert_eq!(
        (found.records(), found.nuls(), found.locator.as_deref()),
        (2, 1, None)
    );
    insta::assert_snapshot!(records(&found).join("\n"), @r#"
    {"Id":"005000000000001AAA","SystemModstamp":"2026-01-05T10:00:00.000+0000","CreatedDate":"2020-02-29T01:02:03.000+0000","LastModifiedDate":null,"Email":null,"IsActive":true,"Name":"Ada \"A\",\nLovelace 😀\\\t","UserRole":{"Name":"Chief","Rank__c":1.25E3},"Logins__c":7}
    {"Id":"005000000000002AAA","SystemModstamp":"2026-01-05T10:00:00.000+0000","CreatedDate":null,"LastModifiedDate":null,"Email":"b@c.example","IsActive":"no","Name":"Bob","UserRole":null,"Logins__c":"007"}
    "#);

    let mapping = mapping();
    let table = Table::parse(include_str!(
        "../../warehouse/sql/staging/salesforce_user.sql"
    ))
    .unwrap();
    let mut rows = Rows::new(&RunId::try_from("r-1".to_owned()).unwrap(), vec![table]);
    rows.begin(1, "2026-01-06T01:00:00Z".parse().unwrap());
    let mut results = Vec::new();
    found
        .each(|row| {
            let row = row.unwrap();
            results.push((
                mapping.id(row).unwrap().into_owned(),
                mapping.write(row, &mut rows).is_ok(),
            ));
            rows.begin(2, "2026-01-06T01:00:00Z".parse().unwrap());
            Ok::<_, ()>(())
        })
        .unwrap();
    // What is no truth value stays as it is in the payload, and is set aside when it is staged.
    assert_eq!(
        results,
        [
            ("005000000000001AAA".to_owned(), true),
            ("005000000000002AAA".to_owned(), false)
        ]
    );
    let csv = rows.take(0).0;
    insta::assert_snapshot!(csv.lines().take(2).collect::<Vec<_>>().join("\n"), @r#"
    "r-1",1,2026-01-06 01:00:00,"005000000000001AAA",2026-01-05 10:00:00,2020-02-29 01:02:03,\N,"Ada ""A"",
    Lovelace 😀\	",\N,true,"Chief","{""Logins__c"":7,""UserRole.Rank__c"":1.25E3}"
    "#);
}

#[tokio::test]
async fn pages_follow_each_other_by_locator_and_name_their_columns_again_in_any_order() {
    let server = MockServer::start().await;
    Mock::given(path(RESULTS))
        .and(query_param("maxRecords", "500"))
        .and(query_param_is_missing("locator"))
        .and(header("accept", "text/csv"))
        .respond_with(
            page(ADA, 1, "MTAw+/=").insert_header("Sforce-Limit-Info", "api-usage=4000/5000"),
        )
        .expect(1)
        .mount(&server)
        .await;
    let turned = "\u{feff}\"email\",\"Id\",\"SystemModstamp\",\"CreatedDate\",\"LastModifiedDate\",\"IsActive\",\"Name\",\"UserRole.Name\",\"Logins__c\",\"UserRole.Rank__c\"\r\n\"x@y.example\",\"005000000000003AAA\",,,,,,,,\r\n";
    let second = ResponseTemplate::new(200)
        .insert_header("Sforce-NumberOfRecords", "1")
        .insert_header("Sforce-Locator", "null")
        .set_body_raw(turned, "text/csv");
    Mock::given(path(RESULTS))
        .and(query_param("locator", "MTAw+/="))
        .respond_with(second)
        .expect(1)
        .mount(&server)
        .await;
    let api = api(&server);
    let first = api
        .job_page(&job(), &columns(), None, 500, 0)
        .await
        .unwrap();
    assert_eq!(first.locator.as_deref(), Some("MTAw+/="));
    assert_eq!(api.within_share().unwrap_err().kind(), Kind::Throttled);
    let second = api
        .job_page(&job(), &columns(), first.locator.as_deref(), 500, 1)
        .await
        .unwrap();
    assert!(
        records(&second)[0].starts_with(
            r#"{"email":"x@y.example","Id":"005000000000003AAA","SystemModstamp":null"#
        )
    );
}

#[tokio::test]
async fn a_broken_page_is_asked_for_again_and_then_told_with_its_fault() {
    let bare = |body: &str| ResponseTemplate::new(200).set_body_raw(body.to_owned(), "text/csv");
    let told = |body: &str| {
        bare(body)
            .insert_header("Sforce-NumberOfRecords", "1")
            .insert_header("Sforce-Locator", "null")
    };
    let broken = [
        page(ADA, 2, "null"),
        page(&format!("{ADA}{ADA}"), 1, "null"),
        page(&ADA[..ADA.len() / 2], 1, "null"),
        page("\"005000000000001AAA\",\"2026\"\n", 1, "null"),
        page("a,b,c,d,e,f,g,h,i,j,k\n", 1, "null"),
        told("\"Id\",\"Name\"\na,b\n"),
        told(&HEADER.replace("Email", "Id")),
        bare(&format!("{HEADER}{ADA}")).insert_header("Sforce-Locator", "null"),
        bare(&format!("{HEADER}{ADA}")).insert_header("Sforce-NumberOfRecords", "1"),
        bare("<html>setting things up</html>"),
        told(""),
    ];
    // Side by side: each waits between its tries.
    let cases = broken.map(|answer| {
        tokio::spawn(async move {
            let good = page(ADA, 1, "null");
            let server = answering([answer.clone(), answer.clone(), good]).await;
            assert_eq!(records(&fetch(&server).await.unwrap()).len(), 1);
            let server = answering([answer.clone(), answer.clone(), answer]).await;
            let error = fetch(&server).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Transient);
            text(&error)
        })
    });
    let mut texts = Vec::new();
    for case in cases {
        texts.push(case.await.unwrap());
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[tokio::test]
async fn an_answer_that_leads_back_to_itself_is_a_fault() {
    let server = answering([
        page(ADA, 1, "here"),
        page(ADA, 1, "here"),
        page(ADA, 1, "there"),
    ])
    .await;
    let found = api(&server)
        .job_page(&job(), &columns(), Some("here"), 500, 1)
        .await
        .unwrap();
    assert_eq!(found.locator.as_deref(), Some("there"));
}

#[tokio::test]
async fn an_end_without_a_line_break_must_come_twice_to_be_believed() {
    // Cut within the last value, which nothing else shows.
    let whole = BOB.trim_end().replace("\"007\",", "7,12");
    let cut = page(&whole[..whole.len() - 1], 1, "null");
    let server = answering([cut, page(&format!("{whole}\n"), 1, "null")]).await;
    assert!(records(&fetch(&server).await.unwrap())[0].contains(r#""Rank__c":12"#));
    let open = page(&whole, 1, "null");
    let server = answering([open.clone(), open]).await;
    assert_eq!(fetch(&server).await.unwrap().records(), 1);
}

#[tokio::test]
async fn no_rows_come_as_a_header_as_nothing_or_as_a_line_that_says_so() {
    let empty = ResponseTemplate::new(200)
        .insert_header("Sforce-NumberOfRecords", "0")
        .insert_header("Sforce-Locator", "null");
    // As the older Bulk API puts it; ended by a line break, or it would be asked for twice.
    let says = empty
        .clone()
        .set_body_raw("Records not found for this query\n", "text/csv");
    for answer in [page("", 0, "null"), empty, says] {
        let found = fetch(&answering([answer]).await).await.unwrap();
        assert_eq!((found.records(), records(&found).len()), (0, 0));
    }
}

#[tokio::test]
async fn a_row_that_is_no_utf_8_is_handed_over_as_it_came() {
    let mut body = format!("{HEADER}{ADA}").into_bytes();
    body.extend_from_slice(b"\"005000000000004AAA\",,,,,,\"\xff\",,,\n");
    let answer = ResponseTemplate::new(200)
        .insert_header("Sforce-NumberOfRecords", "2")
        .insert_header("Sforce-Locator", "null")
        .set_body_raw(body, "text/csv");
    let found = fetch(&answering([answer]).await).await.unwrap();
    assert_eq!(
        records(&found)[1],
        format!("{:?}", b"\"005000000000004AAA\",,,,,,\"\xff\",,,")
    );
}

#[tokio::test]
async fn a_page_that_is_too_large_is_told_apart() {
    let server = answering([page(&ADA.repeat(40), 40, "null")]).await;
    assert!(matches!(
        fetch(&server).await,
        Err(ApiError::PageTooLarge(_))
    ));
}

#[tokio::test]
async fn refusals_of_a_job_have_the_kind_that_their_cause_needs() {
    let refusal = |status, code: &str, message: &str| {
        ResponseTemplate::new(status)
            .set_body_json(json!([{"errorCode": code, "message": message}]))
    };
    let mut texts = Vec::new();
    for (answer, kind) in [
        (
            refusal(
                400,
                "INVALIDENTITY",
                "Entity 'CaseStatus' is not supported by the Bulk API.",
            ),
            Kind::Invalid,
        ),
        (
            refusal(
                400,
                "API_ERROR",
                "Max bulk v2 query jobs (10000) per 24 hrs has been reached",
            ),
            Kind::Throttled,
        ),
        (
            refusal(
                400,
                "API_ERROR",
                "Max bulk v2 query result size stored (1000000000) kb per 24 hrs has been exceeded",
            ),
            Kind::Throttled,
        ),
        (
            refusal(400, "INVALID_LOCATOR", "no such place"),
            Kind::Transient,
        ),
        (
            refusal(401, "INVALID_SESSION_ID", "Session expired or invalid"),
            Kind::Unauthorized,
        ),
        (
            refusal(404, "NOT_FOUND", "The requested resource does not exist"),
            Kind::Transient,
        ),
        (
            refusal(409, "VERSION_MISMATCH", "created with v65.0"),
            Kind::Transient,
        ),
    ] {
        let error = fetch(&answering([answer]).await).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        texts.push(text(&error));
    }
    insta::assert_snapshot!(texts.join("\n"));
}
