//! A warehouse of an earlier version, with rows in it, becomes one of this version.

use crate::support::{Bare, deadline, settings, with_warehouse};
use anyhow::{Context, Result, ensure};
use migrate::{MigrateError, Migrator, Request, SCHEMA_VERSION};
use model::payload::StatementRequest;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use warehouse::{Batch, sql};

const PUBLISHED: [(i32, &str); 2] = [
    (
        1,
        include_str!("../../../../shared/warehouse/tests/published/version_1.sql"),
    ),
    (
        2,
        include_str!("../../../../shared/warehouse/tests/published/version_2.sql"),
    ),
];
const FINGERPRINTS: &str =
    include_str!("../../../../shared/warehouse/sql/migrations/published.toml");
/// Every column of every relation, as it is.
const COLUMNS: &str = "select table_schema || '.' || table_name, ordinal_position, column_name, data_type, character_maximum_length, \
                           numeric_precision, numeric_scale, is_nullable, column_default \
                       from information_schema.columns \
                       where table_schema in ('raw', 'staging', 'curated', 'mart', 'ops') \
                       order by table_schema, table_name, ordinal_position";

/// Makes a warehouse as the release of that version made it, with rows in every table.
pub async fn make(bare: &Bare, version: i32) -> Result<()> {
    let (_, text) = PUBLISHED
        .iter()
        .find(|(number, _)| *number == version)
        .context("a published version")?;
    bare.sql("create schema raw; create schema staging; create schema curated; create schema mart; create schema ops").await?;
    let known: BTreeMap<String, Vec<String>> = toml::from_str(FINGERPRINTS)?;
    let mut statements = Vec::new();
    let mut rows = Vec::new();
    for section in text.split("-- unit: ").skip(1) {
        let (unit, body) = section.split_once('\n').context("a unit has statements")?;
        statements.extend(sql::statements(body));
        let sha256 = known
            .get(unit)
            .and_then(|shas| shas.first())
            .map_or("of an earlier view", String::as_str);
        rows.push(format!("insert into ops.schema_version (unit, sha256, version) values ('{unit}', '{sha256}', {version})"));
    }
    statements.extend(rows);
    bare.run(&statements).await?;
    bare.fill().await
}

/// A checksum of the columns that tables have now, by table.
async fn checksums(
    bare: &Bare,
    columns: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (table, columns) in columns {
        let columns: Vec<_> = columns
            .iter()
            .map(|column| format!("\"{column}\""))
            .collect();
        let rows = format!(
            "select row({})::text as line from {table}",
            columns.join(", ")
        );
        let sum = format!(
            "select count(*) || ' ' || md5(coalesce(string_agg(line, ';' order by line), '')) from ({rows}) as lines"
        );
        found.insert(table.clone(), bare.text(&sum).await?);
    }
    Ok(found)
}

/// Tables and their columns, without those that the migration itself writes.
async fn tables(bare: &Bare) -> Result<BTreeMap<String, Vec<String>>> {
    let query = "select c.table_schema || '.' || c.table_name, c.column_name from information_schema.columns as c \
                 inner join information_schema.tables as t on c.table_schema = t.table_schema and c.table_name = t.table_name \
                 where t.table_type = 'BASE TABLE' and c.table_schema in ('raw', 'staging', 'curated', 'ops') \
                     and c.table_name <> 'schema_version' \
                 order by 1, c.ordinal_position";
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in bare.sql(query).await? {
        let (table, column) = (
            row[0].clone().unwrap_or_default(),
            row[1].clone().unwrap_or_default(),
        );
        tables.entry(table).or_default().push(column);
    }
    Ok(tables)
}

#[test]
fn rows_of_every_earlier_version_stay_and_its_tables_become_those_of_this_one() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        let wanted = bare.sql(COLUMNS).await?;
        for (version, _) in PUBLISHED {
            bare.wipe().await?;
            make(bare, version).await?;
            let before = tables(bare).await?;
            let rows = checksums(bare, &before).await?;
            assert!(rows.values().filter(|sum| sum.starts_with("2 ")).count() > 30);
            let views = views_with_rows(bare).await?;
            assert!(views.len() > 3, "{views:?}");
            let outcome = bare.migrate(&[]).await?;
            assert!(outcome.done && outcome.applied > 0);
            assert_eq!(bare.sql(COLUMNS).await?, wanted, "from version {version}");
            assert_eq!(
                checksums(bare, &before).await?,
                rows,
                "from version {version}"
            );
            let again = bare.migrate(&[]).await?;
            assert_eq!(
                (again.applied, again.done),
                (0, true),
                "from version {version}"
            );
            // Views read the rows: two conversations in each fact.
            let conversations = "select count(*) from mart.unified_interactions";
            assert_eq!(bare.number(conversations).await?, 4);
            // Whoever looks before the next merge finds something wherever there was something.
            let now = views_with_rows(bare).await?;
            assert_eq!(
                views.difference(&now).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "from version {version}"
            );
            merge(bare)
                .await
                .with_context(|| format!("merging after version {version}"))?;
        }
        Ok(())
    })
}

/// The views of `mart` that have a row.
async fn views_with_rows(bare: &Bare) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for row in bare
        .sql("select viewname from pg_views where schemaname = 'mart'")
        .await?
    {
        let view = row[0].clone().context("a view has a name")?;
        // Every column is computed.
        let rows = format!(
            "select count(line) from (select row(v)::text as line from mart.{view} as v) as lines"
        );
        if bare.number(&rows).await? > 0 {
            found.insert(view);
        }
    }
    Ok(found)
}

/// Merges what is staged of one batch: of its conversation one row is left.
async fn merge(bare: &Bare) -> Result<()> {
    let request = json!({"run_id": "t1", "execution": "e", "at": "2026-01-03T00:00:00Z"});
    let request: StatementRequest = serde_json::from_value(request)?;
    for stage in sql::merge_stages()? {
        let number = RandomState::new().hash_one(stage.name);
        let batch = Batch {
            name: format!("t1/{}", stage.name),
            token: format!("merge-{number}"),
            statements: stage.statements(),
            parameters: merge::parameters(&request, &settings(&[])?),
        };
        let ran = bare.warehouse().run(&batch, Duration::from_mins(1)).await;
        ran.with_context(|| format!("stage {}", stage.name))?;
    }
    let rows = "select count(*) from mart.unified_interactions where conversation_id = 't1'";
    assert_eq!(bare.number(rows).await?, 1);
    Ok(())
}

#[test]
fn two_at_once_and_calls_that_are_cut_off_come_to_the_same() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        let wanted = bare.sql(COLUMNS).await?;
        bare.wipe().await?;
        make(bare, 1).await?;
        let (first, second) = tokio::join!(bare.migrate(&[]), bare.migrate(&[]));
        assert!(first?.done && second?.done);
        assert_eq!(bare.sql(COLUMNS).await?, wanted);

        // Of two new ones, each finds what the other has made.
        for _ in 0..3 {
            bare.wipe().await?;
            let (first, second) = tokio::join!(bare.migrate(&[]), bare.migrate(&[]));
            assert!(first?.done && second?.done);
            assert_eq!(bare.sql(COLUMNS).await?, wanted);
            assert_eq!(
                bare.number("select count(*) from curated.business_setting")
                    .await?,
                1
            );
        }

        bare.wipe().await?;
        make(bare, 2).await?;
        let mut cuts = 0;
        // What was submitted last goes on alone for a moment, as with a function that dies.
        loop {
            let patience = Duration::from_millis(20).mul_f64(1.4_f64.powi(cuts));
            match tokio::time::timeout(patience, bare.migrate(&[])).await {
                Ok(outcome) => break assert!(outcome?.done),
                Err(_) => cuts += 1,
            }
            ensure!(cuts < 35, "it comes to no end");
        }
        assert!(cuts > 2, "it was cut off {cuts} times");
        assert_eq!(bare.sql(COLUMNS).await?, wanted);
        assert_eq!(bare.migrate(&[]).await?.applied, 0);
        Ok(())
    })
}

#[test]
fn a_column_that_is_there_already_is_no_failure() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        let wanted = bare.sql(COLUMNS).await?;
        bare.wipe().await?;
        make(bare, 2).await?;
        // The book-keeping was lost on the way: the columns are there, and the old fingerprints.
        let rows = bare
            .sql("select unit, sha256 from ops.schema_version where unit not like 'mart/%'")
            .await?;
        bare.migrate(&[]).await?;
        for row in rows {
            let (unit, sha256) = (
                row[0].clone().unwrap_or_default(),
                row[1].clone().unwrap_or_default(),
            );
            bare.sql(&format!(
                "update ops.schema_version set sha256 = '{sha256}' where unit = '{unit}'"
            ))
            .await?;
        }
        bare.migrate(&[]).await?;
        assert_eq!(bare.sql(COLUMNS).await?, wanted);
        Ok(())
    })
}

#[test]
fn a_step_that_conflicts_with_another_transaction_is_submitted_again() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        for statement in [
            "create sequence ops.conflicts",
            "create function ops.conflict() returns trigger language plpgsql as $$ begin \
                 if nextval('ops.conflicts') <= 2 then \
                     raise exception 'could not serialize access due to concurrent update' using errcode = '40001'; \
                 end if; \
                 return new; end $$",
            "create trigger conflict before insert on ops.schema_version for each row execute function ops.conflict()",
            "update ops.schema_version set sha256 = 'x' where unit = 'mart/join_rate.sql'",
        ] {
            bare.sql(statement).await?;
        }
        assert!(bare.migrate(&[]).await?.done);
        assert_eq!(
            bare.text("select (last_value > 2)::text from ops.conflicts")
                .await?,
            "true"
        );
        // One that conflicts for ever is told as that.
        bare.sql("alter sequence ops.conflicts restart with 1 maxvalue 2 cycle")
            .await?;
        bare.sql("update ops.schema_version set sha256 = 'x' where unit = 'mart/join_rate.sql'")
            .await?;
        let error = bare
            .migrate(&[])
            .await
            .err()
            .context("it was let through")?;
        assert_eq!(model::Classify::kind(&error), model::Kind::Conflict);
        Ok(())
    })
}

#[test]
fn an_edited_table_and_a_newer_warehouse_are_refused_with_what_to_do() -> Result<()> {
    with_warehouse(async |bare| {
        make(bare, 2).await?;
        let mine = "update ops.schema_version set sha256 = 'mine' where unit = 'curated/dim_agent/table.sql'";
        bare.sql(mine).await?;
        let error = bare
            .migrate(&[])
            .await
            .err()
            .context("it was let through")?;
        assert!(
            error.to_string().starts_with(
                "curated/dim_agent/table.sql was applied to this warehouse with another text"
            ),
            "{error}"
        );
        bare.sql("update ops.schema_version set version = 99 where unit = 'ops/turn.sql'")
            .await?;
        let error = bare
            .migrate(&[])
            .await
            .err()
            .context("it was let through")?;
        assert_eq!(
            error.to_string(),
            format!(
                "the warehouse has schema version 99, and this release knows versions up to {SCHEMA_VERSION}; deploy the release that brought \
                 it there, or a later one: a schema does not go back"
            )
        );
        Ok(())
    })
}

#[test]
fn a_view_that_has_changed_is_made_anew_and_one_that_is_no_more_goes() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        // An earlier release had a view that is no more, and another text of one that stays.
        bare.sql("create view mart.old as select conversation_date from mart.join_rate")
            .await?;
        bare.sql("insert into ops.schema_version (unit, sha256, version) values ('mart/old.sql', 'x', 2)").await?;
        bare.sql("update ops.schema_version set sha256 = 'x' where unit = 'mart/unified_interactions.sql'").await?;
        let outcome = bare.migrate(&[]).await?;
        assert!(
            outcome.applied > 1,
            "what reads it is made anew as well: {outcome:?}"
        );
        assert_eq!(
            bare.number(
                "select count(*) from pg_views where schemaname = 'mart' and viewname = 'old'"
            )
            .await?,
            0
        );
        assert_eq!(
            bare.number("select count(*) from ops.schema_version where unit = 'mart/old.sql'")
                .await?,
            0
        );
        assert_eq!(bare.migrate(&[]).await?.applied, 0);
        Ok(())
    })
}

/// A table that is filled from another; of what is there nothing twice.
const FILL: &str = "-- fill: ops.live_snapshot\n\
    insert into ops.live_snapshot (campaign_id, as_of, source, kpi, kpi_value, is_settled)\n\
    select user_id as campaign_id, cast('2026-01-01' as timestamp) as as_of, 'fill' as source, 'k' as kpi, 1 as kpi_value, true as is_settled\n\
    from curated.dim_agent\n\
    where not exists (select 1 as found from ops.live_snapshot as there where there.campaign_id = dim_agent.user_id and there.source = 'fill');\n";

fn filling(bare: &Bare) -> Result<Migrator> {
    Ok(Migrator::over(bare.warehouse(), settings(&[])?).with_changes(FILL))
}

#[test]
fn a_fill_that_outlasts_its_call_is_followed_by_the_next_and_never_runs_twice() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        bare.fill().await?;
        let filled = "select count(*) from ops.live_snapshot where source = 'fill'";
        // Somebody holds the table: the call ends before the statement does.
        let holder = bare.connect().await?;
        holder
            .batch_execute("begin; lock ops.live_snapshot in exclusive mode")
            .await?;
        let first = filling(bare)?
            .run(&Request::default(), deadline(63))
            .await?;
        assert!(!first.done && !first.statement_id.is_empty(), "{first:?}");
        holder.batch_execute("commit").await?;
        let request = Request {
            statement_id: first.statement_id,
            attempt: first.attempt,
            applied: first.applied,
        };
        let second = filling(bare)?.run(&request, deadline(300)).await?;
        assert!(
            second.done && second.applied == first.applied + 1,
            "{second:?}"
        );
        assert_eq!(bare.number(filled).await?, 2);
        let third = filling(bare)?
            .run(&Request::default(), deadline(300))
            .await?;
        assert_eq!((third.applied, third.done), (0, true));
        // Its row was lost: it runs again, and finds nothing to add.
        bare.sql("delete from ops.schema_version where unit like 'fill/%'")
            .await?;
        filling(bare)?
            .run(&Request::default(), deadline(300))
            .await?;
        assert_eq!(bare.number(filled).await?, 2);
        Ok(())
    })
}

#[test]
fn a_call_without_time_left_begins_nothing_and_asks_to_be_called_again() -> Result<()> {
    with_warehouse(async |bare| {
        make(bare, 2).await?;
        let migrator = bare.migrator(&[])?;
        let outcome = migrator.run(&Request::default(), deadline(30)).await?;
        assert!(
            !outcome.done && outcome.statement_id.is_empty(),
            "{outcome:?}"
        );
        assert_eq!(
            bare.number("select max(version) from ops.schema_version")
                .await?,
            2
        );
        let error = migrator.run(&Request::default(), deadline(1)).await.err();
        ensure!(error.is_none_or(|error| !matches!(error, MigrateError::Edited { .. })));
        Ok(())
    })
}
