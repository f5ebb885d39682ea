//! Each role reads what `sql/access/roles.toml` gives it, and nothing else, whatever was granted before.

use crate::support::{
    Bare, QUEUES, deadline, settings, warehouse_at, with_any_warehouse, with_warehouse,
};
use crate::upgrade::make;
use anyhow::{Context, Result, ensure};
use local::roles::RoleAccess;
use migrate::{MigrateError, Migrator, Request};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const LISTS: &str = include_str!("../../../../shared/warehouse/sql/access/roles.toml");
const PARTNERS: [(&str, &str); 2] = [("acme", QUEUES[0]), ("beta", QUEUES[1])];

/// Every column of `mart` that a role should read.
fn listed(role: &str) -> Result<BTreeSet<String>> {
    let lists: toml::Table = LISTS.parse()?;
    let mut columns = BTreeSet::new();
    for (view, lines) in &lists {
        for (column, readers) in lines.as_table().context("a view has lines")? {
            let readers = readers.as_array().context("a line has a list")?;
            let reads = |name: &str| readers.iter().any(|reader| reader.as_str() == Some(name));
            match role.strip_prefix("tributary_partner_") {
                Some(partner) if reads("partner") || reads("partner_key") => {
                    columns.insert(format!("mart.partner_{partner}_interactions.{column}"));
                }
                None if reads(role.trim_start_matches("tributary_")) => {
                    columns.insert(format!("mart.{view}.{column}"));
                }
                _ => {}
            }
        }
    }
    Ok(columns)
}

fn readable(access: &RoleAccess) -> BTreeSet<String> {
    let columns = access.read.iter().flat_map(|read| {
        let view = &read.view;
        read.columns
            .iter()
            .map(move |column| format!("{view}.{column}"))
    });
    columns.collect()
}

async fn found(bare: &Bare) -> Result<BTreeMap<String, RoleAccess>> {
    let roles = local::roles::of(&bare.url()?).await?;
    Ok(roles
        .into_iter()
        .map(|access| (access.role.clone(), access))
        .collect())
}

#[test]
fn each_role_reads_column_by_column_what_is_listed_and_is_refused_the_rest() -> Result<()> {
    with_any_warehouse(async |bare| {
        bare.migrate(&PARTNERS).await?;
        bare.fill().await?;
        let found = found(bare).await?;
        let names: Vec<_> = found.keys().map(String::as_str).collect();
        let wanted = [
            "analyst",
            "finance",
            "partner_acme",
            "partner_beta",
            "supervisor",
        ];
        assert_eq!(names, wanted.map(|name| format!("tributary_{name}")));
        for (role, access) in &found {
            assert_eq!(readable(access), listed(role)?, "{role}");
            // No table is read, not even in part.
            assert!(
                access
                    .read
                    .iter()
                    .all(|read| read.view.starts_with("mart.")),
                "{role}"
            );
        }
        // What was decided, besides what is listed.
        let reads = |role: &str, column: &str| {
            readable(&found[&format!("tributary_{role}")])
                .iter()
                .any(|one| one.ends_with(column))
        };
        assert!(reads("analyst", "mart.unified_interactions.ltv_usd"));
        assert!(reads("finance", ".ltv_usd") && !reads("supervisor", ".ltv_usd"));
        assert!(reads("supervisor", ".agent_id") && !reads("finance", ".agent_id"));
        assert!(!reads("partner_acme", ".crm_account_id"));
        // Every column of every view of mart has its line.
        let columns = "select c.table_name || '.' || c.column_name from information_schema.columns as c \
                       where c.table_schema = 'mart' and c.table_name not like 'partner\\_%'";
        let there: BTreeSet<_> = bare
            .sql(columns)
            .await?
            .into_iter()
            .filter_map(|row| row[0].clone())
            .collect();
        let lists: toml::Table = LISTS.parse()?;
        let lined = lists.iter().flat_map(|(view, lines)| {
            let columns = lines.as_table().into_iter().flat_map(|lines| lines.keys());
            columns.map(move |column| format!("{view}.{column}"))
        });
        assert_eq!(
            lined.collect::<BTreeSet<_>>(),
            there,
            "lines of roles.toml, and columns of mart"
        );
        Ok(())
    })
}

#[test]
fn a_partner_sees_its_own_queues_masked() -> Result<()> {
    with_any_warehouse(async |bare| {
        bare.migrate(&PARTNERS).await?;
        bare.fill().await?;
        let rows = async |partner: &str| {
            let url = bare.login(&format!("tributary_partner_{partner}")).await?;
            let query = format!(
                "select queue_id, conversation_id, agent_id from mart.partner_{partner}_interactions order by 1, 2"
            );
            local::warehouse::query(&url, &query).await
        };
        let masked = |text: &str| Some(hex::encode(Sha256::digest(text)));
        let (acme, beta) = (rows("acme").await?, rows("beta").await?);
        // One conversation in each fact is of the partner's queue.
        let row = |queue: &str, id: &str| vec![Some(queue.to_owned()), masked(id), masked(id)];
        assert_eq!(acme, vec![row(QUEUES[0], "acme/t1"); 2]);
        assert_eq!(beta, vec![row(QUEUES[1], "beta/t2"); 2]);
        // The view of another partner, and what it is made of, stay closed.
        let url = bare.login("tributary_partner_acme").await?;
        for closed in [
            "mart.partner_beta_interactions",
            "mart.unified_interactions",
            "curated.fact_anonymous_interactions",
        ] {
            let refused = local::warehouse::query(&url, &format!("select 1 from {closed}")).await;
            let error = format!("{:?}", refused.err().context("it was let through")?);
            assert!(error.contains("permission denied"), "{closed}: {error}");
        }
        Ok(())
    })
}

#[test]
fn what_a_role_had_more_is_taken_back_by_name() -> Result<()> {
    with_any_warehouse(async |bare| {
        bare.migrate(&PARTNERS).await?;
        for grant in [
            "grant select on mart.join_rate to tributary_partner_acme",
            "grant select (ltv_usd) on mart.unified_interactions to tributary_supervisor",
            "grant select on mart.unified_interactions to tributary_finance",
            "grant usage on schema curated to tributary_finance",
            "grant select, delete on curated.dim_salesforce_account to tributary_finance",
            "grant select (account_id) on curated.dim_salesforce_account to tributary_analyst",
            "grant create on schema mart to tributary_analyst",
            "grant create on database dev to tributary_analyst",
        ] {
            bare.sql(grant).await?;
        }
        let before = found(bare).await?;
        assert!(
            readable(&before["tributary_supervisor"]).contains("mart.unified_interactions.ltv_usd")
        );
        assert!(
            readable(&before["tributary_finance"])
                .contains("curated.dim_salesforce_account.account_id")
        );
        bare.migrate(&PARTNERS).await?;
        for (role, access) in found(bare).await? {
            assert_eq!(readable(&access), listed(&role)?, "{role}");
        }
        let more = "select count(*) from svv_schema_privileges where identity_name like 'tributary\\_%' \
                    and (namespace_name <> 'mart' or privilege_type <> 'USAGE')";
        assert_eq!(bare.number(more).await?, 0);
        let more =
            "select count(*) from svv_database_privileges where identity_name like 'tributary\\_%'";
        assert_eq!(bare.number(more).await?, 0);
        Ok(())
    })
}

#[test]
fn a_new_column_of_a_view_is_read_by_nobody() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&PARTNERS).await?;
        // As a release would do it that adds a column and no line for it.
        let columns: Vec<_> = bare
            .sql("select column_name from information_schema.columns where table_schema = 'mart' and table_name = 'salesforce_hole' order by ordinal_position")
            .await?
            .into_iter()
            .filter_map(|row| row[0].clone())
            .collect();
        let definition = bare
            .text("select pg_get_viewdef('mart.salesforce_hole'::regclass)")
            .await?;
        let definition = definition.trim_end_matches(';');
        bare.sql(&format!(
            "create or replace view mart.salesforce_hole as select {}, 1 as secret from ({definition}) as old",
            columns.join(", ")
        ))
        .await?;
        bare.migrate(&PARTNERS).await?;
        for (role, access) in found(bare).await? {
            let readable = readable(&access);
            assert!(
                !readable.iter().any(|column| column.ends_with(".secret")),
                "{role}"
            );
            assert_eq!(readable, listed(&role)?, "{role}");
        }
        assert_eq!(
            bare.number(
                "select count(*) from information_schema.columns where column_name = 'secret'"
            )
            .await?,
            1
        );
        Ok(())
    })
}

#[test]
fn a_column_that_a_migration_adds_is_read_by_those_who_are_listed() -> Result<()> {
    with_warehouse(async |bare| {
        make(bare, 2).await?;
        let table = "curated.fact_customer_interactions";
        for statement in [
            "create role tributary_finance".to_owned(),
            "grant usage on schema curated, mart to tributary_finance".to_owned(),
            format!("grant select on {table}, mart.unified_interactions to tributary_finance"),
        ] {
            bare.sql(&statement).await?;
        }
        let before = readable(&found(bare).await?["tributary_finance"]);
        let read = |columns: &BTreeSet<String>, relation: &str, column: &str| {
            columns.contains(&format!("{relation}.{column}"))
        };
        assert!(read(&before, table, "conversation_id"));
        assert!(read(&before, "mart.unified_interactions", "agent_id"));
        bare.migrate(&PARTNERS).await?;
        for column in ["customer_number", "met_bot"] {
            let is_new = format!(
                "select count(*) from information_schema.columns \
                 where table_schema || '.' || table_name = '{table}' and column_name = '{column}'"
            );
            assert_eq!(bare.number(&is_new).await?, 1, "{column}");
            assert!(!read(&before, table, column), "{column}");
        }
        for (role, access) in found(bare).await? {
            assert_eq!(readable(&access), listed(&role)?, "{role}");
        }
        Ok(())
    })
}

#[test]
fn a_partner_that_is_no_more_loses_its_view_and_its_role_everything() -> Result<()> {
    with_any_warehouse(async |bare| {
        bare.migrate(&PARTNERS).await?;
        let left = &PARTNERS[..1];
        bare.migrate(left).await?;
        let found = found(bare).await?;
        assert_eq!(readable(&found["tributary_partner_beta"]), BTreeSet::new());
        assert_eq!(
            readable(&found["tributary_partner_acme"]),
            listed("tributary_partner_acme")?
        );
        assert_eq!(
            bare.number("select count(*) from pg_views where viewname like 'partner\\_%'")
                .await?,
            1
        );
        // Other queues: the same view, the same role.
        bare.migrate(&[("acme", QUEUES[1])]).await?;
        bare.fill().await?;
        let url = bare.login("tributary_partner_acme").await?;
        let queues = local::warehouse::query(
            &url,
            "select distinct queue_id from mart.partner_acme_interactions",
        )
        .await?;
        assert_eq!(queues, [[Some(QUEUES[1].to_owned())]]);
        Ok(())
    })
}

#[test]
fn what_everybody_reads_and_roles_in_roles_fail_the_run_by_their_place() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        bare.sql("grant select on mart.join_rate to public").await?;
        bare.sql("grant tributary_finance to tributary_supervisor")
            .await?;
        let error = bare
            .migrate(&[])
            .await
            .err()
            .context("it was let through")?;
        let told = error.to_string();
        for part in [
            "mart.join_rate: everybody (public) has select, so every role reads it; revoke it",
            "role tributary_supervisor: it was granted role tributary_finance and has all that role may",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(model::Classify::kind(&error), model::Kind::Invalid);
        Ok(())
    })
}

#[test]
fn what_would_open_views_as_they_are_made_fails_the_run_before_one_is_dropped() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&[]).await?;
        bare.sql(
            "alter default privileges in schema mart grant select on tables to tributary_finance",
        )
        .await?;
        bare.sql("alter default privileges in schema curated grant select on tables to public")
            .await?;
        let views = "select string_agg(oid::text, ',' order by oid) from pg_class where relkind = 'v' and relnamespace = 'mart'::regnamespace";
        let before = bare.text(views).await?;
        bare.sql("update ops.schema_version set sha256 = 'x' where unit like 'mart/%'")
            .await?;
        let error = bare
            .migrate(&[])
            .await
            .err()
            .context("it was let through")?;
        let told = error.to_string();
        for part in [
            "in schema mart: tributary_finance gets select on every view and table as it is made, whole; take them back: `alter default \
             privileges for user ",
            " in schema \"curated\" revoke select on tables from public`",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(bare.text(views).await?, before);
        Ok(())
    })
}

#[test]
fn what_others_read_of_a_view_outlives_it() -> Result<()> {
    with_warehouse(async |bare| {
        bare.migrate(&PARTNERS).await?;
        for statement in [
            "create role test_board",
            "create role test_anna login",
            "grant select on mart.join_rate, mart.csat_nps, mart.unified_interactions to test_board",
            "grant select (conversation_id, ltv_usd) on mart.unified_interactions to test_anna",
            "grant select (queue_id) on mart.partner_acme_interactions to test_anna",
            "grant select on mart.csat_nps to test_anna with grant option",
            "update ops.schema_version set sha256 = 'x' where unit in ('mart/unified_interactions.sql', 'mart/partner_acme_interactions.sql')",
        ] {
            bare.sql(statement).await?;
        }
        let held = "select string_agg(held, ' ' order by held) from ( \
                        select relation_name || ':' || identity_name || ':' || admin_option as held from svv_relation_privileges \
                        where identity_name like 'test\\_%' \
                        union all \
                        select relation_name || '.' || column_name || ':' || identity_name from svv_column_privileges \
                        where identity_name like 'test\\_%' \
                    ) as held";
        let oid = "select 'mart.unified_interactions'::regclass::oid::text";
        let (before, was) = (bare.text(held).await?, bare.text(oid).await?);
        bare.migrate(&PARTNERS).await?;
        assert_ne!(bare.text(oid).await?, was, "the view was made anew");
        assert_eq!(bare.text(held).await?, before);
        for (role, access) in found(bare).await? {
            assert_eq!(readable(&access), listed(&role)?, "{role}");
        }
        Ok(())
    })
}

#[test]
fn a_login_without_rights_over_everything_makes_it_all_and_a_view_of_another_is_named() -> Result<()>
{
    with_warehouse(async |bare| {
        bare.sql("create role test_deployer login createrole password 'deploys'")
            .await?;
        bare.sql("grant create on database dev to test_deployer")
            .await?;
        let data_api = bare.data_api_as("test_deployer", "deploys").await?;
        let migrator = Migrator::over(warehouse_at(&data_api), settings(&PARTNERS)?);
        migrator.run(&Request::default(), deadline(300)).await?;
        for (role, access) in found(bare).await? {
            assert_eq!(readable(&access), listed(&role)?, "{role}");
        }
        bare.sql("create role test_before").await?;
        bare.sql("alter view mart.join_rate owner to test_before")
            .await?;
        bare.sql("revoke select (conversations) on mart.join_rate from tributary_analyst")
            .await?;
        let error = migrator
            .run(&Request::default(), deadline(300))
            .await
            .err()
            .context("it was let through")?;
        ensure!(matches!(error, MigrateError::NotOwner { .. }), "{error:?}");
        let told = error.to_string();
        assert!(
            told.starts_with("join_rate of mart belong to another login (test_before)"),
            "{told}"
        );
        // What it may not revoke does not keep it from what it may.
        for statement in [
            "alter view mart.join_rate owner to test_deployer",
            "grant select (conversations) on mart.join_rate to tributary_analyst",
            "create table curated.mine as select 1 as one",
            "grant select on curated.mine to tributary_finance",
            "alter role tributary_supervisor createrole",
        ] {
            bare.sql(statement).await?;
        }
        let grant = "grant select (conversation_id) on curated.fact_agent_leg to tributary_finance; \
                     grant select (ltv_usd) on mart.unified_interactions to tributary_supervisor";
        let deployer = local::roles::url_of(&bare.url()?, "test_deployer", "deploys")?;
        for one in grant.split("; ") {
            local::warehouse::query(&deployer, one).await?;
        }
        let error = migrator
            .run(&Request::default(), deadline(300))
            .await
            .err()
            .context("it was let through")?;
        let told = error.to_string();
        for part in [
            "curated.mine: tributary_finance has select, which the lists do not give it and this login could not revoke",
            "the whole warehouse: tributary_supervisor has create role, which the lists",
        ] {
            assert!(told.contains(part), "{told}");
        }
        let left = "select count(*) from svv_column_privileges \
                    where identity_name in ('tributary_finance', 'tributary_supervisor') and column_name in ('conversation_id', 'ltv_usd') \
                        and (namespace_name <> 'mart' or identity_name = 'tributary_supervisor' and column_name = 'ltv_usd')";
        assert_eq!(bare.number(left).await?, 0, "{told}");
        Ok(())
    })
}

#[test]
fn a_login_that_may_not_make_roles_is_told_while_the_views_of_before_stand() -> Result<()> {
    with_warehouse(async |bare| {
        for statement in [
            "create role test_deployer login createrole password 'deploys'",
            "grant create on database dev to test_deployer",
        ] {
            bare.sql(statement).await?;
        }
        let data_api = bare.data_api_as("test_deployer", "deploys").await?;
        let migrator = Migrator::over(warehouse_at(&data_api), settings(&[])?);
        migrator.run(&Request::default(), deadline(300)).await?;
        bare.sql("alter role test_deployer nocreaterole").await?;
        // Another text of the views, and a role that is missing.
        bare.sql("update ops.schema_version set sha256 = 'x' where unit like 'mart/%'")
            .await?;
        let views = "select string_agg(oid::text, ',' order by oid) from pg_class where relkind = 'v' and relnamespace = 'mart'::regnamespace";
        let before = bare.text(views).await?;
        let migrator = Migrator::over(warehouse_at(&data_api), settings(&PARTNERS)?);
        let error = migrator
            .run(&Request::default(), deadline(300))
            .await
            .err()
            .context("it was let through")?;
        let told = error.to_string();
        assert!(
            told.starts_with(
                "this login (test_deployer) could not make the roles tributary_partner_acme, tributary_partner_beta: it needs the system \
                 privilege `create role`"
            ),
            "{told}"
        );
        assert_eq!(model::Classify::kind(&error), model::Kind::Invalid);
        assert_eq!(bare.text(views).await?, before);
        Ok(())
    })
}
