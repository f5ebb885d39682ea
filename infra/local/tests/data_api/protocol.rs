use std::time::{Duration, Instant};

use aws_sdk_redshiftdata::error::ProvideErrorMetadata as _;
use aws_sdk_redshiftdata::types::ExecutionMode;
use local::postgres::DATABASE;

use crate::support::{Fixture, WORKGROUP, parameter};

#[tokio::test]
async fn what_is_unknown_is_not_found() {
    let f = Fixture::new().await;
    let id = "00000000-0000-4000-8000-000000000000";
    let error = f
        .client
        .describe_statement()
        .id(id)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let described = f.ok("create table {s}.t (a int)").await;
    let error = f
        .client
        .get_statement_result()
        .id(described.id())
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.message(),
        Some("Query does not have result. Please check query status with DescribeStatement.")
    );
    let error = f
        .client
        .execute_statement()
        .workgroup_name("other")
        .database(DATABASE)
        .sql("select 1")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
    let error = f
        .client
        .execute_statement()
        .workgroup_name(WORKGROUP)
        .sql("select 1")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_validation_exception());
    let error = f
        .client
        .list_tables()
        .workgroup_name(WORKGROUP)
        .database(DATABASE)
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .unwrap()
            .contains("ListTables is not emulated")
    );
    let missing = f
        .client
        .execute_statement()
        .workgroup_name(WORKGROUP)
        .database("nowhere")
        .sql("select 1")
        .send()
        .await
        .unwrap();
    assert_eq!(
        f.finished(missing.id().unwrap()).await.error(),
        Some("FATAL: database \"nowhere\" does not exist")
    );
}

#[tokio::test]
async fn forty_statements_pass_and_forty_one_do_not() {
    let f = Fixture::new().await;
    let described = f.batch(ExecutionMode::Transaction, &["select 1"; 40]).await;
    assert_eq!(
        (
            described.status().unwrap().as_str(),
            described.sub_statements().len()
        ),
        ("FINISHED", 40)
    );
    let batch = f
        .client
        .batch_execute_statement()
        .workgroup_name(WORKGROUP)
        .database(DATABASE);
    let error = batch
        .set_sqls(Some(vec!["select 1".into(); 41]))
        .send()
        .await
        .unwrap_err();
    assert!(error.message().unwrap().contains("41 statements"));
    let long = format!("select '{}'", "x".repeat(100 * 1024));
    let error = f
        .client
        .execute_statement()
        .workgroup_name(WORKGROUP)
        .database(DATABASE)
        .sql(long)
        .send()
        .await
        .unwrap_err();
    assert!(error.message().unwrap().contains("at most 100 KB"));
}

#[tokio::test]
async fn parameters_are_text_that_cannot_leave_its_quotes() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (n int, at timestamp, v varchar(100))")
        .await;
    let nasty = "it's \\' ; drop table t -- :n";
    let parameters = [("n", "42"), ("at", "2026-01-05 10:00:00"), ("v", nasty)];
    let described = f
        .run_with(
            "insert into {s}.t (n, at, v) values (:n, :at, :v)",
            &parameters,
        )
        .await;
    assert_eq!(described.error(), None);
    assert_eq!(described.query_parameters().len(), 3);
    assert_eq!(
        f.rows("select n, at, v, ':n' from {s}.t").await,
        [["42", "2026-01-05 10:00:00", nasty, ":n"]]
    );
    let call = f
        .client
        .execute_statement()
        .workgroup_name(WORKGROUP)
        .database(DATABASE);
    let error = call
        .sql("select 1")
        .parameters(parameter("a", "1"))
        .send()
        .await
        .unwrap_err();
    assert!(error.message().unwrap().contains("no statement uses :a"));
}

#[tokio::test]
async fn the_same_token_does_no_new_work() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (a int)").await;
    let submit = async |token: &str| {
        let call = f
            .client
            .execute_statement()
            .workgroup_name(WORKGROUP)
            .database(DATABASE)
            .client_token(token);
        call.sql(f.sql("insert into {s}.t values (1)"))
            .wait_time_seconds(10)
            .send()
            .await
            .unwrap()
            .id
            .unwrap()
    };
    let (first, again, other) = (
        submit("one").await,
        submit("one").await,
        submit("two").await,
    );
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["2"]]);
}

#[tokio::test]
async fn a_wait_ends_when_the_statement_does() {
    let f = Fixture::new().await;
    let call = f
        .client
        .execute_statement()
        .workgroup_name(WORKGROUP)
        .database(DATABASE);
    let begun = Instant::now();
    let submitted = call
        .sql("select pg_sleep(0.3)")
        .wait_time_seconds(20)
        .send()
        .await
        .unwrap();
    assert_eq!(submitted.status().unwrap().as_str(), "FINISHED");
    assert!(
        begun.elapsed() >= Duration::from_millis(300) && begun.elapsed() < Duration::from_secs(10)
    );
    let error = f
        .client
        .describe_statement()
        .id(submitted.id().unwrap())
        .wait_time_seconds(31)
        .send()
        .await
        .unwrap_err();
    assert!(error.message().unwrap().contains("between 1 and 30"));
}

#[tokio::test]
async fn the_wire_carries_typed_errors() {
    let f = Fixture::new().await;
    let http = reqwest::Client::new();
    let answer = http
        .post(&f.url)
        .header("x-amz-target", "RedshiftData.DescribeStatement")
        .body("{\"Ident\":1}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["x-amzn-errortype"], "ValidationException");
    assert!(answer.headers().contains_key("x-amzn-requestid"));
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["__type"], "ValidationException");
    assert!(body["Message"].as_str().unwrap().contains("Ident"));
    let answer = http
        .post(&f.url)
        .header("x-amz-target", "RedshiftData.DropEverything")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()["x-amzn-errortype"],
        "UnknownOperationException"
    );
}
