use std::time::{Duration, Instant};

use aws_sdk_redshiftdata::error::ProvideErrorMetadata as _;
use aws_sdk_redshiftdata::operation::RequestId as _;
use aws_sdk_redshiftdata::types::{ExecutionMode, Field, ResultFormatString, StatusString};
use local::postgres::DATABASE;

use crate::support::{Fixture, WORKGROUP};

#[tokio::test]
async fn values_come_back_typed_and_described() {
    let f = Fixture::new().await;
    let sql = "select 7::bigint as n, 1.5::float8 as d, true as b, 'é'::varchar(9) as t, null::int as z, 2.50::numeric(9,2) as m, \
               '2026-01-05 10:00:00.123'::timestamp as at, json_parse('{\"a\": 1}') as p";
    let described = f.ok(sql).await;
    assert_eq!(
        (described.result_rows(), described.has_result_set()),
        (1, Some(true))
    );
    assert!(
        described.duration() > 0
            && described.redshift_query_id() > 0
            && described.redshift_pid() > 0
    );
    let result = f
        .client
        .get_statement_result()
        .id(described.id())
        .send()
        .await
        .unwrap();
    assert_eq!(
        result.records()[0],
        [
            Field::LongValue(7),
            Field::DoubleValue(1.5),
            Field::BooleanValue(true),
            Field::StringValue("é".into()),
            Field::IsNull(true),
            Field::StringValue("2.50".into()),
            Field::StringValue("2026-01-05 10:00:00.123".into()),
            Field::StringValue("{\"a\": 1}".into()),
        ]
    );
    let types: Vec<_> = result
        .column_metadata()
        .iter()
        .map(|c| c.type_name().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "int8",
            "float8",
            "bool",
            "varchar",
            "int4",
            "numeric",
            "timestamp",
            "super"
        ]
    );
    assert!(result.request_id().is_some());
}

#[tokio::test]
async fn results_come_in_pages_and_as_csv() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (n int, t varchar(9))").await;
    f.ok("insert into {s}.t select 1, 'a' union all select 2, 'b,c' union all select 3, null union all select 4, '' union all select 5, 'q\"'").await;
    let described = f.ok("select n, t from {s}.t order by n").await;
    let first = f
        .client
        .get_statement_result()
        .id(described.id())
        .send()
        .await
        .unwrap();
    assert_eq!((first.records().len(), first.total_num_rows()), (3, 5));
    assert_eq!(f.rows_of(described.id()).await.len(), 5);
    let wrong = f
        .client
        .get_statement_result()
        .id(described.id())
        .next_token("bogus")
        .send()
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Some("ValidationException"));

    let submitted = f
        .client
        .execute_statement()
        .workgroup_name(WORKGROUP)
        .database(DATABASE)
        .sql(f.sql("select n, t from {s}.t order by n"))
        .result_format(ResultFormatString::Csv)
        .wait_time_seconds(10)
        .send()
        .await
        .unwrap();
    let id = submitted.id().unwrap();
    let mut pages = f
        .client
        .get_statement_result_v2()
        .id(id)
        .into_paginator()
        .send();
    let mut csv = String::new();
    while let Some(page) = pages.next().await {
        csv.push_str(page.unwrap().records()[0].as_csv_records().unwrap());
    }
    assert_eq!(
        csv,
        "n,t\r\n1,a\r\n2,\"b,c\"\r\n3,\r\n4,\"\"\r\n5,\"q\"\"\"\r\n"
    );
    let as_json = f
        .client
        .get_statement_result()
        .id(id)
        .send()
        .await
        .unwrap_err();
    assert_eq!(as_json.code(), Some("ValidationException"));
    let as_csv = f
        .client
        .get_statement_result_v2()
        .id(described.id())
        .send()
        .await
        .unwrap_err();
    assert_eq!(as_csv.code(), Some("ValidationException"));
}

#[tokio::test]
async fn cancel_aborts_and_rolls_back() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (a int)").await;
    let id = f
        .submit(
            ExecutionMode::Transaction,
            &[
                "insert into {s}.t values (1)",
                "select pg_sleep(60)",
                "select 1",
            ],
        )
        .await;
    let begun = Instant::now();
    while f
        .client
        .describe_statement()
        .id(&id)
        .send()
        .await
        .unwrap()
        .sub_statements()
        .iter()
        .all(|s| s.result_rows() != 1)
    {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        f.client
            .cancel_statement()
            .id(&id)
            .send()
            .await
            .unwrap()
            .status(),
        Some(true)
    );
    let described = f.finished(&id).await;
    assert_eq!(described.status(), Some(&StatusString::Aborted));
    assert!(
        described
            .error()
            .unwrap()
            .contains("cancelled on user's request")
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["0"]]);
    assert_eq!(f.rows("select count(*) from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'").await, [["0"]]);
    let error = f
        .client
        .cancel_statement()
        .id(&id)
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .unwrap()
            .contains("already in ABORTED state")
    );
}

#[tokio::test]
async fn lists_what_has_finished_unless_asked() {
    let f = Fixture::new().await;
    for (name, sql) in [
        ("load/1", "select 1"),
        ("load/2", "select 1"),
        ("load/3", "select 1"),
        ("load/4", "select no_such"),
        ("merge/1", "select 1"),
    ] {
        let call = f
            .client
            .execute_statement()
            .workgroup_name(WORKGROUP)
            .database(DATABASE);
        call.sql(sql)
            .statement_name(name)
            .wait_time_seconds(10)
            .send()
            .await
            .unwrap();
    }
    let names = async |status: Option<StatusString>| -> Vec<String> {
        let mut pages = f
            .client
            .list_statements()
            .statement_name("load/")
            .set_status(status)
            .max_results(2)
            .into_paginator()
            .send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            names.extend(
                page.unwrap()
                    .statements()
                    .iter()
                    .map(|s| s.statement_name().unwrap().to_owned()),
            );
        }
        names
    };
    assert_eq!(names(None).await, ["load/3", "load/2", "load/1"]);
    assert_eq!(names(Some(StatusString::Failed)).await, ["load/4"]);
    assert_eq!(names(Some(StatusString::All)).await.len(), 4);
}
