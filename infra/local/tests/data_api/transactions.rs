use std::time::Duration;

use aws_sdk_redshiftdata::types::ExecutionMode;

use crate::support::Fixture;

fn statuses(
    described: &aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput,
) -> Vec<&str> {
    described
        .sub_statements()
        .iter()
        .map(|s| s.status().unwrap().as_str())
        .collect()
}

#[tokio::test]
async fn a_batch_commits_all_or_nothing() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (a int not null)").await;
    let sqls = [
        "insert into {s}.t values (1)",
        "insert into {s}.t values (null)",
        "insert into {s}.t values (3)",
    ];
    let failed = f.batch(ExecutionMode::Transaction, &sqls).await;
    assert_eq!(failed.status().unwrap().as_str(), "FAILED");
    assert_eq!(
        failed.error(),
        Some("Query #2 failed with ERROR: Cannot insert a NULL value into column a")
    );
    assert_eq!(statuses(&failed), ["FINISHED", "FAILED", "ABORTED"]);
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["0"]]);

    let done = f
        .batch(
            ExecutionMode::Transaction,
            &[
                "insert into {s}.t values (1)",
                "insert into {s}.t values (2)",
                "select a from {s}.t order by a",
            ],
        )
        .await;
    assert_eq!(done.error(), None);
    let rows: Vec<_> = done
        .sub_statements()
        .iter()
        .map(aws_sdk_redshiftdata::types::SubStatementData::result_rows)
        .collect();
    assert_eq!(rows, [1, 1, 2]);
    assert_eq!(f.rows_of(&format!("{}:3", done.id())).await, [["1"], ["2"]]);
    let part = f
        .client
        .describe_statement()
        .id(format!("{}:2", done.id()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part.status().unwrap().as_str(), part.result_rows()),
        ("FINISHED", 1)
    );
}

#[tokio::test]
async fn with_auto_commit_a_failure_stays_alone() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (a int not null)").await;
    let sqls = [
        "insert into {s}.t values (1)",
        "insert into {s}.t values (null)",
        "insert into {s}.t values (3)",
        "truncate {s}.none",
    ];
    let described = f.batch(ExecutionMode::AutoCommit, &sqls).await;
    assert_eq!(
        statuses(&described),
        ["FINISHED", "FAILED", "FINISHED", "FAILED"]
    );
    assert_eq!(
        f.rows("select a from {s}.t order by a").await,
        [["1"], ["3"]]
    );
}

#[tokio::test]
async fn temporary_tables_live_as_long_as_their_call() {
    let f = Fixture::new().await;
    let done = f
        .batch(
            ExecutionMode::Transaction,
            &["create temp table x as select 1 as a", "select a from x"],
        )
        .await;
    assert_eq!(done.error(), None);
    assert!(
        f.error("select a from x")
            .await
            .contains("relation \"x\" does not exist")
    );
}

#[tokio::test]
async fn writers_of_the_same_row_conflict_in_the_words_of_redshift() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (k int, v int)").await;
    f.ok("insert into {s}.t values (1, 0)").await;
    // The first sleeps with the row written; the second has its snapshot from before and meets it.
    let first = f
        .submit(
            ExecutionMode::Transaction,
            &["update {s}.t set v = 1 where k = 1", "select pg_sleep(1.5)"],
        )
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = f
        .submit(
            ExecutionMode::Transaction,
            &[
                "select count(*) from {s}.t",
                "update {s}.t set v = 2 where k = 1",
            ],
        )
        .await;
    assert_eq!(f.finished(&first).await.error(), None);
    let lost = f.finished(&second).await;
    let oid = &f.rows("select '{s}.t'::regclass::oid::bigint").await[0][0];
    let said = lost.error().unwrap();
    assert!(
        said.starts_with("Query #2 failed with ERROR: 1023"),
        "{said}"
    );
    assert!(
        said.contains(&format!(
            "Serializable isolation violation on table - {oid}, transactions forming the cycle are:"
        )),
        "{said}"
    );
    assert_eq!(f.rows("select v from {s}.t").await, [["1"]]);
}

#[tokio::test]
async fn a_deadlock_is_called_one() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (k int, v int)").await;
    f.ok("insert into {s}.t select 1, 0 union all select 2, 0")
        .await;
    let one = f
        .submit(
            ExecutionMode::Transaction,
            &[
                "update {s}.t set v = 1 where k = 1",
                "select pg_sleep(0.6)",
                "update {s}.t set v = 1 where k = 2",
            ],
        )
        .await;
    let two = f
        .submit(
            ExecutionMode::Transaction,
            &[
                "update {s}.t set v = 2 where k = 2",
                "select pg_sleep(0.6)",
                "update {s}.t set v = 2 where k = 1",
            ],
        )
        .await;
    let (one, two) = (f.finished(&one).await, f.finished(&two).await);
    let errors: Vec<_> = [one.error(), two.error()].into_iter().flatten().collect();
    assert!(
        errors
            .iter()
            .any(|error| error.contains("deadlock detected")),
        "{errors:?}"
    );
}

#[tokio::test]
async fn tables_merges_and_refusals_are_those_of_redshift() {
    let f = Fixture::new().await;
    f.ok("create table {s}.t (k varchar(4) not null encode zstd, n varchar(max), primary key (k)) diststyle key distkey (k) sortkey (k)").await;
    f.ok("insert into {s}.t values ('a', '1'), ('a', '2')")
        .await; // a key nobody enforces
    assert!(
        f.error("insert into {s}.t values ('ééé', '')")
            .await
            .contains("value too long for type character varying")
    );
    let many = "merge into {s}.t using (select 'a' as k, 'x' as n union all select 'a', 'y') as s on {s}.t.k = s.k \
                when matched then update set n = s.n when not matched then insert (k, n) values (s.k, s.n)";
    assert_eq!(
        f.error(many).await,
        "ERROR: Found multiple matches to update the same tuple"
    );
    let merge = "merge into {s}.t using (select 'b' as k, 'z' as n) as s on {s}.t.k = s.k \
                 when matched then update set n = s.n when not matched then insert (k, n) values (s.k, s.n)";
    assert_eq!(f.ok(merge).await.result_rows(), 1);
    let refused = f
        .batch(
            ExecutionMode::Transaction,
            &["insert into {s}.t values ('c', '')", "truncate {s}.t"],
        )
        .await;
    assert!(
        refused.error().unwrap().contains("TRUNCATE"),
        "{:?}",
        refused.error()
    );
    assert_eq!(f.rows("select count(*) from {s}.t").await, [["3"]]);
    f.ok("vacuum {s}.t").await;
    assert!(
        f.error("select k from {s}.t qualify row_number() over (order by k) = 1")
            .await
            .contains("does not emulate QUALIFY")
    );
    assert!(
        f.error("copy {s}.t from 's3://bucket/x' iam_role default parquet")
            .await
            .contains("COPY option PARQUET")
    );
}
