use aws_sdk_redshiftdata::types::ExecutionMode;

use crate::support::Fixture;

const COPY: &str = "copy {s}.t (k, n, at, amount, ok) from 's3://bucket/m.json' iam_role 'arn:aws:iam::123456789012:role/copy' \
                    manifest csv ignoreheader 1 null as '\\\\N' gzip timeformat 'auto' dateformat 'auto' maxerror 0 compupdate off statupdate off";

async fn fixture() -> Fixture {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (k varchar(8) not null, n integer, at timestamp, amount decimal(9, 2), ok boolean, loaded timestamp default getdate())").await;
    f
}

#[tokio::test]
async fn csv_rows_arrive_as_written() {
    let f = fixture().await;
    let head = "k,n,at,amount,ok\n";
    f.objects.put_gzip("a.csv.gz", &format!("{head}a,1,2026-01-05T10:00:00.123Z,1.239,true\n\"\\N\",\\N,\\N,,\n\"\"\"q\"\", \n\",2,2026-01-05 10:00:00,-7,f\r\n"));
    f.objects
        .put_gzip("b.csv.gz", &format!("{head},,,,\n😀\\t,,,,\n"));
    f.objects.manifest(&[
        ("a.csv.gz", true),
        ("missing.csv.gz", false),
        ("b.csv.gz", true),
        ("b.csv.gz", true),
    ]);
    assert_eq!(f.ok(COPY).await.result_rows(), 7);
    let rows = f
        .rows("select k, n, at, amount, ok from {s}.t where loaded is not null order by k, n")
        .await;
    let expected = [
        ["", "NULL", "NULL", "NULL", "NULL"],
        ["", "NULL", "NULL", "NULL", "NULL"],
        ["\"q\", \n", "2", "2026-01-05 10:00:00", "-7.00", "false"],
        ["\\N", "NULL", "NULL", "NULL", "NULL"],
        ["a", "1", "2026-01-05 10:00:00.123", "1.23", "true"],
        ["😀\\t", "NULL", "NULL", "NULL", "NULL"],
        ["😀\\t", "NULL", "NULL", "NULL", "NULL"],
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn json_keys_find_their_columns() {
    let f = Fixture::new().await;
    f.ok("create table {s}.j (batch_id varchar(9) not null, line bigint, at timestamp, payload super, other varchar(9) default 'd')").await;
    f.objects.put_gzip(
        "j.gz",
        "{\"batch_id\":\"r\\\"1\",\"line\":1,\"at\":\"2026-01-05 10:00:00.123\",\"payload\":{\"a\":[1,{\"b\":\"x\\ty\"}]},\"unknown\":1}\n{\"batch_id\":\"r2\",\"payload\":null}",
    );
    f.objects.manifest(&[("j.gz", true)]);
    let copy = "copy {s}.j from 's3://bucket/m.json' iam_role default manifest format json 'auto' gzip timeformat 'auto' maxerror 0";
    assert_eq!(f.ok(copy).await.result_rows(), 2);
    assert_eq!(
        f.rows("select batch_id, line, at, json_extract_path_text(json_serialize(payload), 'a', '1', 'b'), other from {s}.j order by 1").await,
        [["r\"1", "1", "2026-01-05 10:00:00.123", "x\ty", "NULL"], ["r2", "NULL", "NULL", "NULL", "NULL"]]
    );
    f.objects.put_gzip("j.gz", "{\"line\":1}");
    assert!(f.error(copy).await.contains("Load into table 'j' failed"));
    f.objects.put_gzip("j.gz", "{\"batch_id\":\"a\"}\n[1]");
    assert!(f.error(copy).await.contains("Load into table 'j' failed"));
    assert_eq!(f.rows("select count(*) from {s}.j").await, [["2"]]);
}

#[tokio::test]
async fn each_bad_row_is_refused_whole_and_told() {
    let f = fixture().await;
    let head = "k,n,at,amount,ok\n";
    for (row, line, column, code, message) in [
        (
            "a,x,,,",
            3,
            "n",
            1207,
            "Invalid digit, Value 'x', Pos 0, Type: Integer",
        ),
        (
            "a,,soon,,",
            3,
            "at",
            1206,
            "Invalid timestamp format or value [soon]",
        ),
        (
            "ééééé,,,,",
            3,
            "k",
            1204,
            "String length exceeds DDL length",
        ),
        ("\\N,,,,", 3, "k", 1213, "Missing data for not-null field"),
        ("a,,,12345678,", 3, "amount", 1209, "Numeric data overflow"),
        ("a,,,,perhaps", 3, "ok", 1210, "Unknown boolean format"),
        ("a,,,,,", 3, "", 1202, "Extra column(s) found"),
        ("a,,,", 3, "ok", 1203, "Delimiter not found"),
        ("\"a,,,", 3, "", 1214, "Delimited value missing end quote"),
    ] {
        f.objects
            .put_gzip("a.csv.gz", &format!("{head}good,1,,,\n{row}\n"));
        f.objects.manifest(&[("a.csv.gz", true)]);
        let failed = f.run(COPY).await;
        assert_eq!(
            failed.error(),
            Some(
                "ERROR: Load into table 't' failed.  Check 'sys_load_error_detail' system table for details."
            ),
            "{row}"
        );
        let detail = format!(
            "select trim(file_name), line_number, trim(column_name), error_code, trim(error_message) from sys_load_error_detail where query_id = {}",
            failed.redshift_query_id()
        );
        let rows = f.rows(&detail).await;
        assert_eq!(rows.len(), 1, "{row}");
        assert_eq!(
            rows[0][..4],
            [
                "s3://bucket/a.csv.gz".to_owned(),
                line.to_string(),
                column.to_owned(),
                code.to_string()
            ],
            "{row}"
        );
        assert!(rows[0][4].starts_with(message), "{row}: {}", rows[0][4]);
        assert_eq!(f.rows("select count(*) from {s}.t").await, [["0"]], "{row}");
    }
    f.objects.put("a.csv.gz", b"\x1f\x8b broken".to_vec());
    assert!(f.error(COPY).await.contains("is not gzip, or is cut off"));
}

#[tokio::test]
async fn what_fails_before_the_rows_says_why_itself() {
    let f = fixture().await;
    assert!(f.error(COPY).await.contains("Problem reading manifest file - S3ServiceException:The specified key does not exist.,Status 404"));
    f.objects.manifest(&[("gone.csv.gz", true)]);
    assert!(
        f.error(COPY)
            .await
            .contains("Mandatory url is not present in manifest file")
    );
    f.objects.manifest(&[("gone.csv.gz", false)]);
    assert!(
        f.error(COPY)
            .await
            .contains("does not exist: no file to load was found")
    );
    f.objects.put("m.json", "{");
    assert!(f.error(COPY).await.contains("invalid manifest"));
    assert!(
        f.error("copy {s}.none from 's3://bucket/x' iam_role default csv")
            .await
            .contains("Cannot COPY into nonexistent table")
    );
    assert!(
        f.error("copy {s}.t (nope) from 's3://bucket/x' iam_role default csv")
            .await
            .contains("column \"nope\" of relation \"t\" does not exist")
    );
    assert!(
        f.error("copy {s}.t from 's3://elsewhere/x' iam_role default manifest csv")
            .await
            .contains("NoSuchBucket")
    );
}

#[tokio::test]
async fn without_a_manifest_every_key_that_begins_so_is_loaded() {
    let f = fixture().await;
    f.objects.put("part.csv", "a,1\n");
    f.objects.put("part.csv.bak", "b,2\n");
    f.objects.put("other.csv", "c,3\n");
    assert_eq!(
        f.ok("copy {s}.t (k, n) from 's3://bucket/part.csv' iam_role default csv")
            .await
            .result_rows(),
        2
    );
    assert_eq!(
        f.ok("copy {s}.t (k, n) from 's3://bucket/part.csv' iam_role default csv")
            .await
            .result_rows(),
        2
    );
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["4"]]);
    // Without TIMEFORMAT 'auto', ISO 8601 is no timestamp.
    f.objects.put("iso.csv", "a,2026-01-05T10:00:00Z\n");
    assert!(
        f.error("copy {s}.t (k, at) from 's3://bucket/iso.csv' iam_role default csv")
            .await
            .contains("failed")
    );
    // Empty text is null on request only.
    f.objects.put("empty.csv", ",9\n");
    assert!(
        f.error("copy {s}.t (k, n) from 's3://bucket/empty.csv' iam_role default csv emptyasnull")
            .await
            .contains("failed")
    );
}

#[tokio::test]
async fn a_copy_takes_part_in_its_transaction_and_its_error_outlives_it() {
    let f = fixture().await;
    f.objects.put_gzip("a.csv.gz", "k,n,at,amount,ok\na,1,,,\n");
    f.objects.manifest(&[("a.csv.gz", true)]);
    let undone = f
        .batch(ExecutionMode::Transaction, &[COPY, "select 1 / 0"])
        .await;
    assert_eq!(undone.status().unwrap().as_str(), "FAILED");
    assert_eq!(undone.sub_statements()[0].result_rows(), 1);
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["0"]]);
    let done = f
        .batch(
            ExecutionMode::Transaction,
            &[
                "create temp table s (a varchar(1))",
                COPY,
                "delete from {s}.t where k = 'b'",
            ],
        )
        .await;
    assert_eq!(done.error(), None);
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["1"]]);

    f.objects.put_gzip("a.csv.gz", "k,n,at,amount,ok\na,x,,,\n");
    let failed = f
        .batch(ExecutionMode::Transaction, &["select 1", COPY, "select 2"])
        .await;
    assert!(
        failed
            .error()
            .unwrap()
            .starts_with("Query #2 failed with ERROR: Load into table 't' failed.")
    );
    let query_id = failed.sub_statements()[1].redshift_query_id();
    let detail = format!(
        "select column_name, column_type, database_name from sys_load_error_detail where query_id = {query_id}"
    );
    assert_eq!(f.rows(&detail).await, [["n", "int4", "dev"]]);
    assert_eq!(
        f.rows(&format!(
            "select colname, err_code from stl_load_errors where query = {query_id}"
        ))
        .await,
        [["n", "1207"]]
    );
}
