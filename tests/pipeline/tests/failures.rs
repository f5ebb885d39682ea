//! What a failure of a source, of the input or of the data does to a run: each test has a day of one twin for itself.

use anyhow::{Context, Result, ensure};
use fakes::control::Kind;
use local::{Twin, TwinOptions};
use pipeline::{
    Shared, backfill, clean, event, fail, fault, interval, lines, number, run_id, status, succeed,
    unhurried_by_quotas,
};
use serde_json::json;

static TWIN: Shared<Twin> = Shared::new();

fn test(test: impl AsyncFnOnce(&Twin) -> Result<()>) -> Result<()> {
    let start = || {
        Twin::start(unhurried_by_quotas(TwinOptions {
            days: 12,
            conversations: 240,
            wait_scale: 0.05,
            ..TwinOptions::default()
        }))
    };
    TWIN.with(start, async |twin| {
        clean(twin).await?;
        test(twin).await
    })
}

/// Runs a day and insists that all of its conversations arrive.
async fn arrives(twin: &Twin, day: i64) -> Result<()> {
    let mut event = backfill(twin, day)?;
    // Salesforce's day as well, which an earlier run has read.
    event["force"] = json!(true);
    succeed(twin, &event).await?;
    let (from, to) = interval(twin, day);
    let expected = twin.world().expected(from, to);
    let found = number(
        twin,
        &format!("select count(*) from mart.unified_interactions where conversation_start >= '{from}' and conversation_start < '{to}'"),
    )
    .await?;
    ensure!(expected.conversations > 0, "day {day} has no conversation");
    assert_eq!(
        found,
        i64::try_from(expected.conversations - expected.unstorable)?
    );
    let alerts = twin.messages().await?;
    ensure!(
        alerts
            .iter()
            .all(|(subject, _)| subject == "Tributary: reports are ready"),
        "{alerts:?}"
    );
    for control in [twin.genesys(), twin.salesforce()] {
        ensure!(
            control.faults.pending().is_empty(),
            "not all faults happened: {:?}",
            control.faults.pending()
        );
    }
    Ok(())
}

/// Whether rows of the batch are in any table that has batches.
async fn tables_with(twin: &Twin, run: &str) -> Result<Vec<String>> {
    let tables = twin
        .sql("select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.columns \
              where table_schema in ('raw', 'staging', 'curated', 'ops') and column_name = 'batch_id'")
        .await?;
    ensure!(tables.len() > 20, "only {tables:?} have batches");
    let mut with = Vec::new();
    for table in tables.into_iter().flatten().flatten() {
        if number(
            twin,
            &format!("select count(*) from {table} where batch_id = '{run}'"),
        )
        .await?
            > 0
        {
            with.push(table);
        }
    }
    Ok(with)
}

#[test]
fn a_token_refused_in_the_middle_is_renewed_and_the_run_goes_on() -> Result<()> {
    test(async |twin| {
        twin.genesys().faults.add(fault("/results", status(401), 1));
        twin.salesforce()
            .faults
            .add(fault("ORDER%20BY", status(401), 1));
        arrives(twin, 0).await?;
        for control in [twin.genesys(), twin.salesforce()] {
            let counts = control.requests.counts();
            assert_eq!(counts.by_status.get(&401), Some(&1), "{counts:?}");
            ensure!(
                control.requests.to("token") >= 1,
                "no token was asked for: {counts:?}"
            );
        }
        Ok(())
    })
}

#[test]
fn a_token_refused_again_and_again_fails_the_run_and_tells_it() -> Result<()> {
    test(async |twin| {
        twin.genesys()
            .faults
            .add(fault("/results", status(401), 1000));
        let (error, cause) = fail(twin, &backfill(twin, 1)?).await?;
        ensure!(cause.starts_with("Extract: "), "{error}: {cause}");
        ensure!(cause.contains("\nUnauthorized: "), "{error}: {cause}");
        assert_eq!(
            twin.genesys().requests.counts().by_status.get(&401),
            Some(&2)
        );
        let alerts = twin.messages().await?;
        let told = |subject: &str, text: &str| {
            alerts
                .iter()
                .any(|(one, message)| one == subject && message.contains(text))
        };
        ensure!(
            told("Tributary: a Genesys window failed", "Unauthorized"),
            "{alerts:?}"
        );
        ensure!(
            told("Tributary: a run failed", "failed in step Extract"),
            "{alerts:?}"
        );
        Ok(())
    })
}

#[test]
fn a_400_is_sent_once_and_shown_with_the_vendors_words() -> Result<()> {
    test(async |twin| {
        let body = json!({"message": "The interval may not be read", "code": "bad.interval", "status": 400, "contextId": "f00d-4711"});
        let refusal = Kind::Status {
            code: 400,
            retry_after: None,
            body: Some(body.to_string()),
        };
        // The job, behind the two times that the availability beside it is asked for.
        let refusal = fault("details/jobs", refusal, 1000).after(2);
        twin.genesys().faults.add(refusal);
        let (error, cause) = fail(twin, &backfill(twin, 2)?).await?;
        ensure!(
            cause.starts_with("Extract: ") && cause.contains("\nInvalid: "),
            "{error}: {cause}"
        );
        for text in ["The interval may not be read", "f00d-4711", "400"] {
            ensure!(cause.contains(text), "{text} is not in {cause}");
        }
        let counts = twin.genesys().requests.counts();
        assert_eq!(counts.by_status.get(&400), Some(&1), "{counts:?}");
        Ok(())
    })
}

#[test]
fn two_answers_503_delay_a_run_and_no_more() -> Result<()> {
    test(async |twin| {
        twin.genesys()
            .faults
            .add(fault("details/jobs", status(503), 2));
        twin.salesforce()
            .faults
            .add(fault("ORDER%20BY", status(503), 2));
        arrives(twin, 3).await
    })
}

#[test]
fn bodies_that_are_cut_off_or_no_json_are_asked_for_again() -> Result<()> {
    test(async |twin| {
        for (path, kind) in [
            ("/results", Kind::Truncate),
            ("/availability", Kind::Html),
            ("routing/queues", Kind::GarbageJson),
            ("/users", Kind::Reset),
        ] {
            twin.genesys().faults.add(fault(path, kind, 1));
        }
        twin.salesforce()
            .faults
            .add(fault("ORDER%20BY", Kind::Truncate, 1));
        arrives(twin, 4).await
    })
}

#[test]
fn a_429_is_waited_for() -> Result<()> {
    test(async |twin| {
        let pause = Kind::Status {
            code: 429,
            retry_after: Some(1),
            body: None,
        };
        twin.genesys().faults.add(fault("details/jobs", pause, 2));
        arrives(twin, 5).await?;
        assert_eq!(twin.genesys().requests.counts().status_429, 2);
        Ok(())
    })
}

#[test]
fn bad_input_is_refused_before_anything_is_called() -> Result<()> {
    test(async |twin| {
        for (name, texts) in [
            (
                "inverted-window",
                ["from and to", "2026-01-12", "not before its end"],
            ),
            (
                "future-window",
                ["to = ", "2999-01-06", "must not be in the future"],
            ),
            ("unknown-mode", ["mode", "hourly", "nightly"]),
            (
                "unknown-report",
                ["reports", "no_such_report", "escalation_by_tier"],
            ),
            ("unknown-field", ["hours", "unknown field", "expected"]),
        ] {
            let (error, cause) = fail(twin, &event(name)?).await?;
            assert_eq!(error, "Invalid", "{name}: {cause}");
            ensure!(cause.starts_with("CheckInput: "), "{name}: {cause}");
            for text in texts {
                ensure!(cause.contains(text), "{name}: {text} is not in {cause}");
            }
            let alerts = twin.messages().await?;
            // The function's own words, without the JSON they came in.
            let said = cause.replacen(": ", " with Invalid: ", 1);
            ensure!(
                alerts.iter().any(|(_, text)| text.ends_with(&said)),
                "{name}: {alerts:?}"
            );
        }
        assert_eq!(twin.genesys().requests.counts().total, 0);
        assert_eq!(twin.salesforce().requests.counts().total, 0);
        Ok(())
    })
}

#[test]
fn a_landed_file_that_is_gone_fails_the_load_and_nothing_of_the_batch_is_in_a_table() -> Result<()>
{
    test(async |twin| {
        // One window fails, so that the others have landed and nothing is loaded yet. (An earlier run may have read Salesforce's day.)
        let mut event = backfill(twin, 7)?;
        event["force"] = json!(true);
        event["at"] = json!(twin.world().end());
        twin.salesforce()
            .faults
            .add(fault("ORDER%20BY", status(400), 1));
        fail(twin, &event).await?;
        twin.salesforce().faults.clear();
        let (from, to) = interval(twin, 7);
        let slug = |at: jiff::Timestamp| at.strftime("%Y%m%dt%H%M%S").to_string();
        let at = twin.world().end().as_second();
        let run = format!("backfill-{}-{}-at{at}", slug(from), slug(to));
        let staged = twin
            .keys(&format!("staging/genesys/genesys_session/run={run}/"))
            .await?;
        let gone = staged
            .first()
            .with_context(|| format!("nothing is staged for {run}"))?;
        ensure!(!lines(twin, gone).await?.is_empty(), "{gone} is empty");
        let bucket = &twin.deployment().bucket;
        twin.aws()
            .s3()
            .delete_object()
            .bucket(bucket)
            .key(gone)
            .send()
            .await?;

        let (error, cause) = fail(twin, &event).await?;
        ensure!(cause.starts_with("Load: "), "{error}: {cause}");
        let name = gone.rsplit('/').next().unwrap_or_default();
        ensure!(cause.contains(name), "{name} is not in {error}: {cause}");
        assert_eq!(tables_with(twin, &run).await?, Vec::<String>::new());
        Ok(())
    })
}

#[test]
fn a_data_test_that_fails_stops_the_run_before_a_report_is_written() -> Result<()> {
    test(async |twin| {
        succeed(twin, &backfill(twin, 8)?).await?;
        clean(twin).await?;
        let planted = "insert into curated.fact_anonymous_interactions select * from curated.fact_anonymous_interactions limit 1";
        twin.sql(planted).await?;
        let before = twin.keys("reports/").await?;
        let mut event = backfill(twin, 9)?;
        event["reports"] = json!(["escalation_by_tier"]);
        let (error, cause) = fail(twin, &event).await?;
        let after = twin.keys("reports/").await?;
        let alerts = twin.messages().await?;
        // The tests after this one need a warehouse that is whole.
        twin.sql(
            "delete from curated.fact_anonymous_interactions where ctid in (select max(ctid) from curated.fact_anonymous_interactions \
             group by conversation_id having count(*) > 1)",
        )
        .await?;
        assert_eq!(error, "DataQuality", "{cause}");
        ensure!(
            cause.starts_with("CheckRun: ") && cause.contains("one_row_per_conversation"),
            "{cause}"
        );
        assert_eq!(before, after);
        ensure!(
            alerts
                .iter()
                .any(|(_, message)| message.contains("DataQuality")),
            "{alerts:?}"
        );
        Ok(())
    })
}

#[test]
fn an_intraday_run_is_provisional_and_the_nightly_run_after_it_wins() -> Result<()> {
    test(async |twin| {
        let (from, to) = interval(twin, 10);
        let available = json!({"dataAvailabilityDate": from}).to_string();
        let body = Kind::Status {
            code: 200,
            retry_after: None,
            body: Some(available),
        };
        twin.genesys()
            .faults
            .add(fault("jobs/availability", body, 1000));
        let at = from + jiff::SignedDuration::from_hours(12);
        let mut intraday = event("intraday")?;
        intraday["at"] = json!(at);
        intraday["reports"] = json!([]);
        let run = run_id(&succeed(twin, &intraday).await?)?;
        let count = async |what: &str, run: &str| {
            number(
                twin,
                &format!("select count(*) from {what} where batch_id = '{run}'"),
            )
            .await
        };
        assert_eq!(
            twin.genesys()
                .requests
                .to("POST /api/v2/analytics/conversations/details/jobs"),
            0
        );
        ensure!(
            twin.genesys().requests.to("details/query") > 0,
            "the details query was not asked"
        );
        let staged = count("staging.genesys_conversation", &run).await?;
        ensure!(staged > 0, "no conversation began in the hours before {at}");
        assert_eq!(count("staging.genesys_attribute", &run).await?, 0);
        let provisional = format!(
            "select count(*) from ops.window_ledger where batch_id = '{run}' and object = 'conversation' and extraction = 'query' and not is_settled"
        );
        assert_eq!(number(twin, &provisional).await?, 3);

        twin.genesys().faults.clear();
        let nightly = run_id(&succeed(twin, &backfill(twin, 10)?).await?)?;
        ensure!(
            count("staging.genesys_attribute", &nightly).await? > 0,
            "no attributes came with the job"
        );
        let of_day = format!(
            "from mart.unified_interactions where conversation_start >= '{from}' and conversation_start < '{to}'"
        );
        let expected = twin.world().expected(from, to);
        assert_eq!(
            number(twin, &format!("select count(*) {of_day}")).await?,
            i64::try_from(expected.conversations - expected.unstorable)?
        );
        for fact in [
            "curated.fact_customer_interactions",
            "curated.fact_anonymous_interactions",
        ] {
            assert_eq!(
                count(fact, &run).await?,
                0,
                "{fact} still shows the intraday run"
            );
        }
        Ok(())
    })
}

#[test]
fn two_executions_of_the_same_input_at_once_leave_every_conversation_once() -> Result<()> {
    test(async |twin| {
        let event = backfill(twin, 6)?;
        let (one, other) = tokio::join!(twin.run(event.clone()), twin.run(event.clone()));
        let ends = [one?, other?];
        let succeeded = ends
            .iter()
            .filter(|one| one.status == local::Status::Succeeded)
            .count();
        ensure!(succeeded >= 1, "{ends:#?}");
        for end in ends
            .iter()
            .filter(|one| one.status != local::Status::Succeeded)
        {
            let error = end.error.as_deref().unwrap_or_default();
            ensure!(
                ["Conflict", "Transient", "Throttled"].contains(&error),
                "not a reason to try again: {end:#?}"
            );
        }
        clean(twin).await?;
        arrives(twin, 6).await?;
        let twice = "select conversation_id from (select conversation_id from curated.fact_customer_interactions \
                     union all select conversation_id from curated.fact_anonymous_interactions) as both_facts \
                     group by conversation_id having count(*) > 1";
        assert_eq!(twin.sql(twice).await?, Vec::<Vec<Option<String>>>::new());
        Ok(())
    })
}
