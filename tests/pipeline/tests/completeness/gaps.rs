//! Holes that nobody made on purpose: the next night finds them and fills them.

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use local::{Twin, TwinOptions};
use pipeline::shared::alone;
use pipeline::tables::{OF_THE_BATCH, OF_THE_READING, checksums_until, differences};
use pipeline::{
    fail, interval, midnight_before, nightly, number, run_id, succeed, unhurried_by_quotas,
};
use serde_json::{Value, json};

/// A contact that is on the list, and in the CRM no more.
const REFUSED: &str = "003999999999999AAA";

/// A night some days after the end of the data.
fn event(twin: &Twin, days: i64) -> Result<Value> {
    let mut event = nightly(twin)?;
    event["at"] = json!(twin.world().end() + SignedDuration::from_hours(24 * days));
    event["reports"] = json!([]);
    Ok(event)
}

async fn night(twin: &Twin, days: i64) -> Result<local::Execution> {
    succeed(twin, &event(twin, days)?).await
}

/// A night that loads what it reads and whose merge fails, however often it is tried; its run.
async fn never_merged(twin: &Twin, days: i64) -> Result<String> {
    let event = event(twin, days)?;
    let table = "alter table curated.fact_agent_leg";
    twin.sql(&format!(
        "{table} add constraint planted check (false) not valid"
    ))
    .await?;
    let (error, cause) = fail(twin, &event).await?;
    twin.sql(&format!("{table} drop constraint planted"))
        .await?;
    ensure!(
        cause.starts_with("Merge: ") && cause.contains("planted"),
        "{error}: {cause}"
    );
    let at: Timestamp = event["at"].as_str().context("at")?.parse()?;
    let run = format!("nightly-{}", at.strftime("%Y%m%d"));
    let loaded = format!(
        "select count(*) from ops.load_log where batch_id = '{run}' and copied_rows > 0 and merged_at is null"
    );
    assert_eq!(number(twin, &loaded).await?, 1, "{run} is not loaded");
    Ok(run)
}

/// Windows of a run that another one has not read as well. (A listing, and a count of cases, is of the day it is read.)
async fn only_of(twin: &Twin, run: &str, other: &str) -> Result<Vec<Vec<Option<String>>>> {
    twin.sql(&format!(
        "select source, object, window_start, window_end from ops.window_ledger as one where batch_id = '{run}' and not exists ( \
         select 1 from ops.window_ledger as other where batch_id = '{other}' and other.source = one.source and other.object = one.object \
         and (other.window_start <= one.window_start or one.extraction = 'reference' or one.object = 'case_count') and other.window_end >= one.window_end) order by 1, 2, 3"
    ))
    .await
}

/// Takes a window of conversations out of the ledger and every row it brought out of every table.
async fn forget_window(twin: &Twin, run: &str, from: Timestamp) -> Result<()> {
    let of = format!(
        "from ops.window_ledger where batch_id = '{run}' and source = 'genesys' and object = 'conversation' and window_start = '{from}'"
    );
    let window = number(twin, &format!("select window_no {of}")).await?;
    let (low, high) = (window * 1_000_000_000, (window + 1) * 1_000_000_000);
    let numbers = format!("batch_id = '{run}' and record_no > {low} and record_no < {high}");
    let ids = format!("select conversation_id from staging.genesys_conversation where {numbers}");
    let facts = twin
        .sql(
            "select table_name from information_schema.columns join information_schema.tables using (table_schema, table_name) \
             where table_schema = 'curated' and table_type = 'BASE TABLE' and column_name = 'conversation_id'",
        )
        .await?;
    ensure!(facts.len() >= 3, "only {facts:?} are of conversations");
    for fact in facts.into_iter().flatten().flatten() {
        twin.sql(&format!(
            "delete from curated.{fact} where conversation_id in ({ids})"
        ))
        .await?;
    }
    twin.sql(&format!("delete from ops.staged_record where {numbers}"))
        .await?;
    let tables = twin
        .sql(
            "select table_schema || '.' || table_name from information_schema.columns \
             where table_schema in ('raw', 'staging') and table_name like 'genesys_%' and column_name = 'record_no'",
        )
        .await?;
    ensure!(tables.len() > 8, "only {tables:?} have records");
    for table in tables.into_iter().flatten().flatten() {
        twin.sql(&format!("delete from {table} where {numbers}"))
            .await?;
    }
    twin.sql(&format!("delete {of}")).await?;
    Ok(())
}

/// Writes down that a record of the newest list of contacts was refused.
async fn refuse(twin: &Twin, object: &str, id: &str, reason: &str) -> Result<()> {
    twin.sql(&format!(
        "insert into staging.quarantine select batch_id, 99 * 1000000000::bigint + (select count(*) from staging.quarantine), \
         extracted_at, 'salesforce', '{object}', window_start, window_end, '{id}', '{reason}', 'planted', 'k', 1, 'x' \
         from ops.window_ledger where object = 'contact_ids'"
    ))
    .await?;
    Ok(())
}

#[test]
fn a_window_and_a_record_that_are_missing_are_found_and_filled_by_the_next_night() -> Result<()> {
    alone(async {
        let twin = Twin::start(unhurried_by_quotas(TwinOptions {
            days: 4,
            conversations: 240,
            end: Some(midnight_before(3)),
            wait_scale: 0.02,
            ..TwinOptions::default()
        }))
        .await?;
        let first = run_id(&night(&twin, 0).await?)?;
        let without: Vec<_> = OF_THE_READING.into_iter().chain(OF_THE_BATCH).collect();
        let schemas = ["curated", "mart"];
        let kept = |name: &String| {
            ![
                "mart.completeness",
                "mart.reconciliation",
                "mart.salesforce_hole",
                "curated.quarantine",
                "mart.quarantine",
            ]
            .contains(&name.as_str())
        };
        let whole = async || -> Result<_> {
            let end = twin.world().end();
            let mut tables = checksums_until(&twin, &schemas, &without, end).await?;
            tables.retain(|name, _| kept(name));
            Ok(tables)
        };
        let before = whole().await?;

        // A day of conversations is gone, ledger and all …
        let (from, to) = interval(&twin, 2);
        forget_window(&twin, &first, from).await?;
        // … and so are two contacts, which the list of ids still knows; the second was asked for once without an answer.
        let contacts = twin
            .sql(
                "select distinct contact_id from curated.dim_salesforce_contact where is_current order by 1 limit 2",
            )
            .await?;
        let contacts: Vec<_> = contacts.into_iter().flatten().flatten().collect();
        ensure!(contacts.len() == 2, "the CRM has only {contacts:?}");
        for table in [
            "staging.salesforce_contact",
            "curated.dim_salesforce_contact",
        ] {
            twin.sql(&format!(
                "delete from {table} where contact_id in ('{}')",
                contacts.join("', '")
            ))
            .await?;
        }
        refuse(&twin, "contact_lookup", &contacts[1], "unavailable").await?;
        // A row of a list is not the record.
        refuse(&twin, "contact_ids", &contacts[1], "bad_time").await?;
        // A third one came and was refused: it is not missing, though it had no answer another time.
        twin.sql(&format!(
            "insert into staging.salesforce_id select batch_id, max(record_no) + 1, max(extracted_at), object, '{REFUSED}', false, null \
             from staging.salesforce_id where object = 'contact' group by batch_id, object"
        ))
        .await?;
        refuse(&twin, "contact_lookup", REFUSED, "unavailable").await?;
        refuse(&twin, "contact", REFUSED, "too_long").await?;
        let of_day = format!(
            "select count(*) from mart.unified_interactions where conversation_start >= '{from}' and conversation_start < '{to}'"
        );
        assert_eq!(number(&twin, &of_day).await?, 0);
        let holes = twin
            .sql(
                "select object || ' ' || record_id || case when is_unavailable then ' unavailable' else '' end \
                 from mart.salesforce_hole order by record_id",
            )
            .await?;
        let holes: Vec<_> = holes.into_iter().flatten().flatten().collect();
        let missing = [
            format!("contact {}", contacts[0]),
            format!("contact {} unavailable", contacts[1]),
        ];
        assert_eq!(holes, missing);

        // What was loaded and never merged does not count as read: the night after it reads all of it again.
        let lost = never_merged(&twin, 1).await?;
        let asked = |run: &str| {
            format!(
                "select coalesce(sum(staged_rows), 0) from ops.window_ledger where batch_id = '{run}' and object = 'contact_lookup'"
            )
        };
        assert_eq!(number(&twin, &asked(&lost)).await?, 2);
        assert_eq!(number(&twin, &of_day).await?, 0);

        let execution = night(&twin, 2).await?;
        let second = run_id(&execution)?;
        let unread = only_of(&twin, &lost, &second).await?;
        ensure!(unread.is_empty(), "not planned again: {unread:?}");
        let output = execution
            .output
            .context("a run that succeeded has output")?;
        let notices = output["plan"]["notices"].to_string();
        ensure!(notices.contains("contact: 2 records"), "{notices}");
        ensure!(notices.contains("had never been read"), "{notices}");
        let read = twin
            .sql(&format!(
                "select window_start from ops.window_ledger where batch_id = '{second}' and object = 'conversation' order by 1"
            ))
            .await?;
        assert_eq!(read.len(), 3, "the hole and the new days: {read:?}");
        let expected = twin.world().expected(from, to);
        assert_eq!(
            number(&twin, &of_day).await?,
            i64::try_from(expected.conversations - expected.unstorable)?
        );
        assert_eq!(number(&twin, &asked(&second)).await?, 2);
        let back = "select count(*) from mart.salesforce_hole";
        assert_eq!(number(&twin, back).await?, 0);
        assert_eq!(differences(&before, &whole().await?), Vec::<String>::new());

        // And nothing is asked for twice.
        let third = run_id(&night(&twin, 3).await?)?;
        let again = format!(
            "select count(*) from ops.window_ledger where batch_id = '{third}' and (object like '%_lookup' or (object = 'conversation' and window_end <= '{to}'))"
        );
        assert_eq!(number(&twin, &again).await?, 0);
        twin.stop().await;
        Ok(())
    })
}
