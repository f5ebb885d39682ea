//! Runs that ask no source: records refused for a reason are read again from where they landed, and conversations of accounts that
//! changed are decided again.
#![cfg(target_os = "linux")] // warm functions are found in /proc

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use local::{Execution, Twin, TwinOptions};
use pipeline::{
    Shared, clean, end_functions, nightly, number, run_id, succeed, unhurried_by_quotas,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A slip in the settings: a number in the place of an id. Contacts that have one are refused.
const SHIPPED: &str = "mobile_phone = \"MobilePhone\"\nowner_id = \"OwnerId\"\n";
const WRONG: &str = "mobile_phone = \"MobilePhone\"\nowner_id = \"MobilePhone\"\n";
const MENDED: &str = "mobile_phone = \"MobilePhone\"\n";

static TWIN: Shared<Twin> = Shared::new();

fn test(test: impl AsyncFnOnce(&Twin) -> Result<()>) -> Result<()> {
    let start = || async {
        let mut options = unhurried_by_quotas(TwinOptions {
            days: 3,
            conversations: 150,
            wait_scale: 0.02,
            ..TwinOptions::default()
        });
        let wrong = (SHIPPED.to_owned(), WRONG.to_owned());
        options.settings.push(wrong);
        let twin = Twin::start(options).await?;
        succeed(&twin, &event(&twin, &json!({}))?).await?;
        Ok(twin)
    };
    TWIN.with(start, async |twin| {
        clean(twin).await?;
        test(twin).await
    })
}

/// An event without reports as of the end of the data: the nightly one with these fields.
fn event(twin: &Twin, fields: &Value) -> Result<Value> {
    let mut event = nightly(twin)?;
    event["reports"] = json!([]);
    for (name, value) in fields.as_object().context("fields")? {
        event[name] = value.clone();
    }
    Ok(event)
}

/// A run that is to ask neither source for anything.
async fn alone(twin: &Twin, fields: Value) -> Result<(String, Execution)> {
    clean(twin).await?;
    let execution = succeed(twin, &event(twin, &fields)?).await?;
    for control in [twin.genesys(), twin.salesforce()] {
        let counts = control.requests.counts();
        assert_eq!(counts.total, 0, "{:?}", counts.by_path);
    }
    Ok((run_id(&execution)?, execution))
}

/// The first column of a query.
async fn texts(twin: &Twin, statement: &str) -> Result<BTreeSet<String>> {
    let rows = twin.sql(statement).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.into_iter().next()?)
        .collect())
}

/// What the ledger says of a run: object, mode, and how many were received, landed, staged, quarantined and merged or superseded.
async fn ledger(twin: &Twin, run: &str) -> Result<Vec<String>> {
    let rows = twin
        .sql(&format!(
            "select concat_ws(' ', object, mode, extraction, sum(received_rows), sum(landed_rows), sum(staged_rows), \
             sum(quarantined_rows), sum(merged_rows + superseded_rows), sum(api_calls)) from ops.window_ledger \
             where batch_id = '{run}' group by object, mode, extraction order by object"
        ))
        .await?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

fn notices(execution: &Execution) -> String {
    let output = execution.output.as_ref();
    output.map_or_else(String::new, |it| it["plan"]["notices"].to_string())
}

#[test]
fn records_that_a_setting_refused_are_replayed_by_their_reason_and_nothing_else_is() -> Result<()> {
    test(async |twin| {
        let waiting = "select natural_id from mart.quarantine where is_open and object = 'contact' and reason = 'bad_id'";
        let refused = texts(twin, waiting).await?;
        let current = "select contact_id from curated.dim_salesforce_contact where is_current";
        let before = texts(twin, current).await?;
        ensure!(!refused.is_empty(), "no contact was refused");
        ensure!(before.is_disjoint(&refused), "a refused contact is there");
        let linked = "select count(*) from curated.fact_customer_interactions where crm_contact_id is not null";
        let linked_before = number(twin, linked).await?;

        let path = twin.folder().join("settings/tributary.toml");
        let settings = std::fs::read_to_string(&path)?;
        ensure!(settings.contains(WRONG), "the settings have no {WRONG}");
        std::fs::write(&path, settings.replacen(WRONG, MENDED, 1))?;
        end_functions(twin);
        let (run, execution) = alone(twin, json!({"mode": "replay", "reason": "bad_id"})).await?;

        // Each of its lines and no other: nothing of another object, nothing of the contacts that were taken at once.
        let lines = refused.len();
        assert_eq!(
            ledger(twin, &run).await?,
            [format!(
                "contact partial replay {lines} {lines} {lines} 0 {lines} 0"
            )]
        );
        let staged =
            format!("select contact_id from staging.salesforce_contact where batch_id = '{run}'");
        assert_eq!(texts(twin, &staged).await?, refused);
        // From quarantine into the tables, and what hangs on it.
        assert_eq!(texts(twin, waiting).await?, BTreeSet::new());
        let kept = "select natural_id from mart.quarantine where not is_open and object = 'contact' and accepted_at = last_seen_at";
        assert_eq!(texts(twin, kept).await?, refused);
        let after = texts(twin, current).await?;
        ensure!(before.is_subset(&after), "contacts are gone");
        ensure!(
            !after.is_disjoint(&refused),
            "no refused contact has arrived"
        );
        ensure!(
            number(twin, linked).await? > linked_before,
            "no conversation has found its contact"
        );
        ensure!(
            !notices(&execution).contains("nothing waits"),
            "{}",
            notices(&execution)
        );

        // Again there is nothing, which is no failure.
        let at = twin.world().end() + SignedDuration::from_secs(1);
        let again = json!({"mode": "replay", "reason": "bad_id", "at": at});
        let (run, execution) = alone(twin, again).await?;
        assert_eq!(ledger(twin, &run).await?, Vec::<String>::new());
        let told = notices(&execution);
        ensure!(
            told.contains("nothing waits in quarantine for bad_id"),
            "{told}"
        );
        Ok(())
    })
}

#[test]
fn what_is_refused_again_stays_in_quarantine_and_is_counted() -> Result<()> {
    test(async |twin| {
        let rows = twin
            .sql(
                "select natural_id, reason, times::text from curated.quarantine where object = 'conversation' order by 1",
            )
            .await?;
        let reasons: BTreeSet<_> = rows.iter().filter_map(|row| row[1].clone()).collect();
        let refused = i64::try_from(twin.world().expected_quarantine())?;
        ensure!(refused > 0 && !reasons.is_empty(), "{rows:?}");
        let facts = "select count(*) from mart.unified_interactions";
        let before = number(twin, facts).await?;
        let at = twin.world().end() - SignedDuration::from_secs(60);
        let (run, _) = alone(twin, json!({"mode": "replay", "reason": reasons, "at": at})).await?;
        let of = format!("object = 'conversation' and batch_id = '{run}'");
        let counted = format!(
            "select sum(landed_rows) - {refused} + sum(quarantined_rows) - {refused} + sum(staged_rows) from ops.window_ledger where {of}"
        );
        assert_eq!(
            number(twin, &counted).await?,
            0,
            "{:?}",
            ledger(twin, &run).await?
        );
        let again = twin
            .sql(
                "select natural_id, reason, times::text from curated.quarantine where object = 'conversation' order by 1",
            )
            .await?;
        assert_eq!(rows, again);
        assert_eq!(number(twin, facts).await?, before);
        Ok(())
    })
}

/// What the tables have of a conversation that its attributes and its record decide.
async fn decided(twin: &Twin, conversation: &str) -> Result<BTreeSet<String>> {
    texts(
        twin,
        &format!(
            "select concat_ws(' ', asked_case_id, crm_case_id, crm_account_id, link_method, handle_time_ms, \
             (select count(*) from curated.fact_agent_leg as leg where leg.conversation_id = fact.conversation_id), \
             (select count(*) from curated.fact_queue_leg as leg where leg.conversation_id = fact.conversation_id), \
             (select concat(count(*), sum(handled)) from curated.queue_emission as one where one.conversation_id = fact.conversation_id)) \
             from curated.fact_customer_interactions as fact where conversation_id = '{conversation}'"
        ),
    )
    .await
}

#[test]
fn values_that_were_refused_for_a_reason_are_decided_again_from_the_attributes() -> Result<()> {
    test(async |twin| {
        // Linked by a case that an attribute names, which the settings of before took for another kind of id.
        let linked = "select min(conversation_id) from curated.fact_customer_interactions \
             where asked_case_id is not null and crm_case_id is not null and link_method = 'attribute_case'";
        let conversation = texts(twin, linked).await?.pop_first();
        let conversation = conversation.context("no conversation is linked by an attribute")?;
        let before = decided(twin, &conversation).await?;
        let of = format!("conversation_id = '{conversation}'");
        twin.sql(&format!(
            "update curated.fact_customer_interactions set asked_case_id = null, crm_case_id = null, handle_time_ms = null where {of}"
        ))
        .await?;
        twin.sql(&format!(
            "insert into curated.quarantine (quarantine_key, source, object, record_ref, natural_id, reason, detail, \
             first_seen_at, last_seen_at, first_batch_id, last_batch_id, times) \
             select 'wrong', 'genesys', 'conversation_value', conversation_id, conversation_id, 'wrong_kind_of_id', 'd', \
             etl_loaded_at, etl_loaded_at, batch_id, batch_id, 1 from curated.fact_customer_interactions where {of}"
        ))
        .await?;
        ensure!(decided(twin, &conversation).await? != before);
        let at = twin.world().end() + SignedDuration::from_secs(2);
        let again = json!({"mode": "replay", "reason": "wrong_kind_of_id", "at": at});
        let (run, _) = alone(twin, again).await?;
        assert_eq!(ledger(twin, &run).await?, Vec::<String>::new());
        assert_eq!(decided(twin, &conversation).await?, before);
        // Other conversations may really name an id of another kind.
        let open = format!(
            "select count(*) from mart.quarantine where is_open and reason = 'wrong_kind_of_id' and natural_id = '{conversation}'"
        );
        assert_eq!(number(twin, &open).await?, 0);
        Ok(())
    })
}

/// The tier that each customer's conversation has.
async fn tiers(twin: &Twin) -> Result<BTreeMap<String, String>> {
    let rows = twin
        .sql("select conversation_id, coalesce(customer_tier, '') from curated.fact_customer_interactions")
        .await?;
    let pair = |row: Vec<Option<String>>| {
        let mut cells = row.into_iter().flatten();
        Some((cells.next()?, cells.next()?))
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

#[test]
fn reenrich_decides_conversations_of_accounts_that_changed_and_no_others() -> Result<()> {
    test(async |twin| {
        let truth = tiers(twin).await?;
        let end = twin.world().end();
        let since: Timestamp = end - SignedDuration::from_hours(24);
        // An account of several customers' conversations changes on the last day; nobody has looked at them since.
        let rows = twin
            .sql(&format!(
                "select crm_account_id from curated.fact_customer_interactions group by crm_account_id \
                 having count(*) > sum(case when conversation_start >= '{since}' then 1 else 0 end) \
                 and sum(case when conversation_start >= '{since}' then 1 else 0 end) > 0 order by count(*) desc, 1 limit 1"
            ))
            .await?;
        let account = rows.into_iter().flatten().flatten().next();
        let account = account.context("no account has conversations before and after")?;
        twin.sql(&format!(
            "update curated.dim_salesforce_account set valid_from = '{since}' where is_current and account_id = '{account}' \
             and valid_from < '{since}'"
        ))
        .await?;
        let changed = texts(
            twin,
            &format!("select account_id from curated.dim_salesforce_account where valid_from >= '{since}'"),
        )
        .await?;
        ensure!(changed.contains(&account), "{account} has not changed");
        twin.sql("update curated.fact_customer_interactions set customer_tier = 'stale'")
            .await?;
        let (run, _) = alone(twin, json!({"mode": "reenrich", "days": 1})).await?;
        assert_eq!(ledger(twin, &run).await?, Vec::<String>::new());
        let loaded = format!(
            "select count(*) from ops.load_log where batch_id = '{run}' and merged_at is not null"
        );
        assert_eq!(number(twin, &loaded).await?, 1);

        let due = texts(
            twin,
            &format!(
                "select conversation_id from curated.fact_customer_interactions where conversation_start >= '{since}' \
                 and crm_account_id in ('{}')",
                changed.iter().map(String::as_str).collect::<Vec<_>>().join("', '")
            ),
        )
        .await?;
        ensure!(!due.is_empty() && due.len() < truth.len(), "{due:?}");
        let (mut decided, mut wrong) = (BTreeSet::new(), Vec::new());
        for (conversation, tier) in tiers(twin).await? {
            if tier == "stale" {
                continue;
            }
            if truth.get(&conversation) != Some(&tier) {
                wrong.push(format!("{conversation}: {tier}"));
            }
            decided.insert(conversation);
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(decided, due);
        Ok(())
    })
}
