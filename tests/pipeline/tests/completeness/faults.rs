//! Each way in which a source can fail, on a run that reads everything: the tables stay those of a run without it.

use anyhow::{Context, Result, ensure};
use fakes::control::{Fault, Kind};
use fakes::{genesys, salesforce};
use jiff::SignedDuration;
use local::{Execution, Twin, TwinOptions};
use pipeline::receipts::receipts;
use pipeline::tables::{Checksums, OF_THE_BATCH, OF_THE_READING, checksums_until, differences};
use pipeline::{
    Shared, clean, end_functions, lines, nightly, number, run_id, status, succeed,
    unhurried_by_quotas,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// A twin and what its tables hold after a run without a fault.
struct Calm {
    twin: Twin,
    results: Checksums,
}

static CALM: Shared<Calm> = Shared::new();

fn test(test: impl AsyncFnOnce(&Calm) -> Result<()>) -> Result<()> {
    CALM.with(calm, async |calm| {
        clean(&calm.twin).await?;
        test(calm).await
    })
}

async fn calm() -> Result<Calm> {
    let twin = Twin::start(unhurried_by_quotas(TwinOptions {
        days: 2,
        conversations: 80,
        end: Some(pipeline::midnight_before(3)),
        wait_scale: 0.02,
        genesys: genesys::Options {
            job_polls: 1,
            ..genesys::Options::default()
        },
        // Pages small enough that every road has several.
        salesforce: salesforce::Options {
            page_size: 25,
            ..salesforce::Options::default()
        },
        settings: [
            ("job_page_size = 1000", "job_page_size = 10"),
            ("bulk_threshold = 10000", "bulk_threshold = 60"),
        ]
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .to_vec(),
        ..TwinOptions::default()
    }))
    .await?;
    succeed(&twin, &whole(&twin)?).await?;
    let results = results(&twin).await?;
    Ok(Calm { twin, results })
}

/// A night that reads everything again, each under a run of its own.
fn whole(twin: &Twin) -> Result<Value> {
    static RUNS: AtomicI64 = AtomicI64::new(0);
    let second = RUNS.fetch_add(1, Ordering::Relaxed);
    let mut event = nightly(twin)?;
    event["at"] = json!(twin.world().end() + SignedDuration::from_secs(second));
    event["force"] = json!(true);
    event["reports"] = json!([]);
    Ok(event)
}

/// What the runs came to, without what differs between two runs over the same data. (`mart.completeness` and `mart.reconciliation`
/// tell of runs, and `curated.quarantine` counts how often a record was refused.)
async fn results(twin: &Twin) -> Result<Checksums> {
    let without: Vec<_> = OF_THE_READING.into_iter().chain(OF_THE_BATCH).collect();
    let end = twin.world().end();
    let mut results = checksums_until(twin, &["curated", "mart"], &without, end).await?;
    results.remove("mart.completeness");
    results.remove("mart.reconciliation");
    results.remove("mart.quarantine");
    results.remove("curated.quarantine");
    ensure!(results.len() > 10, "only {:?}", results.keys());
    Ok(results)
}

/// A run during which these faults happen, all of them, and change nothing.
async fn changes_nothing(
    calm: &Calm,
    genesys: &[Fault],
    salesforce: &[Fault],
) -> Result<Execution> {
    let twin = &calm.twin;
    for (control, faults) in [(twin.genesys(), genesys), (twin.salesforce(), salesforce)] {
        for fault in faults {
            control.faults.add(fault.clone());
        }
    }
    let execution = succeed(twin, &whole(twin)?).await?;
    for control in [twin.genesys(), twin.salesforce()] {
        let pending = control.faults.pending();
        ensure!(pending.is_empty(), "not all faults happened: {pending:?}");
    }
    assert_eq!(
        differences(&calm.results, &results(twin).await?),
        Vec::<String>::new()
    );
    Ok(execution)
}

fn throttled(retry_after: Option<u64>) -> Kind {
    Kind::Status {
        code: 429,
        retry_after,
        body: None,
    }
}

pub(crate) fn refused(code: u16, name: &str) -> Kind {
    let body = json!([{"message": "as the vendor says it", "errorCode": name}]);
    Kind::Status {
        code,
        retry_after: None,
        body: Some(body.to_string()),
    }
}

const JOBS: &str = "conversations/details/jobs";

#[test]
fn a_source_that_asks_for_patience_gets_it() -> Result<()> {
    test(async |calm| {
        let dated = |seconds| Kind::RetryAfterDate { code: 429, seconds };
        let genesys = [
            Fault::new(JOBS, throttled(Some(1)), 1),
            Fault::new("/results", throttled(None), 1),
            Fault::new("routing/queues", dated(1), 1),
            Fault::new("wrapupcodes", dated(-5), 1),
        ];
        let busy = Kind::Status {
            code: 503,
            retry_after: Some(1),
            body: None,
        };
        changes_nothing(calm, &genesys, &[Fault::new("ORDER%20BY", busy, 1)]).await?;
        Ok(())
    })
}

#[test]
fn the_servers_own_trouble_is_waited_out() -> Result<()> {
    test(async |calm| {
        let genesys = [
            Fault::new(JOBS, status(500), 1),
            Fault::new("/availability", status(502), 1),
            Fault::new("/results", status(503), 2).after(1),
            Fault::new("aggregates/query", status(504), 1),
            Fault::new("/users", status(408), 1),
        ];
        let salesforce = [500, 503, 406, 420].map(|code| Fault::new("ORDER%20BY", status(code), 1));
        changes_nothing(calm, &genesys, &salesforce).await?;
        Ok(())
    })
}

#[test]
fn an_answer_that_breaks_off_or_is_none_is_asked_for_again() -> Result<()> {
    test(async |calm| {
        let genesys = [
            Fault::new("/results", Kind::Reset, 1),
            Fault::new("/results", Kind::Truncate, 1).after(2),
            Fault::new("/availability", Kind::Html, 1),
            Fault::new("routing/queues", Kind::GarbageJson, 1),
            Fault::new("wrapupcodes", Kind::Truncate, 1),
        ];
        let salesforce = [
            Fault::new("ORDER%20BY", Kind::Truncate, 1),
            Fault::new("ORDER%20BY", Kind::Reset, 1).after(1),
            Fault::new("ORDER%20BY", Kind::Html, 1).after(1),
            Fault::new("ORDER%20BY", Kind::GarbageJson, 1).after(1),
        ];
        changes_nothing(calm, &genesys, &salesforce).await?;
        Ok(())
    })
}

#[test]
fn the_csv_of_a_bulk_job_that_is_cut_off_or_lacks_a_row_is_not_believed() -> Result<()> {
    test(async |calm| {
        let salesforce = [
            Fault::new("/results", Kind::Truncate, 1),
            Fault::new("/results", Kind::Reset, 1).after(1),
            Fault::new("/results", Kind::WrongCount, 1).after(1),
            Fault::new("/results", Kind::Html, 1).after(1),
            Fault::new("jobs/query", status(500), 1),
        ];
        changes_nothing(calm, &[], &salesforce).await?;
        Ok(())
    })
}

#[test]
fn a_page_that_comes_twice_is_counted_once() -> Result<()> {
    test(async |calm| {
        let genesys = [Fault::new("/results", Kind::RepeatPage, 2)];
        let execution = changes_nothing(calm, &genesys, &[]).await?;
        let run = run_id(&execution)?;
        let statement = format!(
            "select sum(duplicate_rows) from ops.window_ledger where batch_id = '{run}' and object = 'conversation'"
        );
        ensure!(
            number(&calm.twin, &statement).await? > 0,
            "no duplicate was counted"
        );
        Ok(())
    })
}

#[test]
fn a_job_that_fails_or_expires_and_a_cursor_that_is_forgotten_begin_anew() -> Result<()> {
    test(async |calm| {
        let genesys = [
            Fault::new(JOBS, Kind::FailJob, 1),
            Fault::new("cursor=", Kind::ExpireCursor, 1),
            Fault::new(JOBS, Kind::ExpireJob, 1).after(2),
        ];
        let salesforce = [
            Fault::new("jobs/query", Kind::FailJob, 1),
            Fault::new("jobs/query", Kind::AbortJob, 1),
            Fault::new("/query/", Kind::ExpireCursor, 1),
        ];
        changes_nothing(calm, &genesys, &salesforce).await?;
        Ok(())
    })
}

#[test]
fn tokens_that_end_between_two_pages_are_renewed() -> Result<()> {
    test(async |calm| {
        let genesys = [Fault::new("cursor=", Kind::ExpireToken, 1)];
        let salesforce = [Fault::new("ORDER%20BY", Kind::ExpireToken, 1).after(2)];
        changes_nothing(calm, &genesys, &salesforce).await?;
        for control in [calm.twin.genesys(), calm.twin.salesforce()] {
            ensure!(control.requests.to("token") >= 1, "no token was asked for");
        }
        Ok(())
    })
}

#[test]
fn a_clock_that_is_hours_off_changes_no_wait_and_no_window() -> Result<()> {
    test(async |calm| {
        let genesys = [
            Fault::new("/api/v2/", Kind::SkewClock(-9_000), 10),
            Fault::new("/api/v2/", Kind::SkewClock(9_000), 10),
            Fault::new(
                JOBS,
                Kind::RetryAfterDate {
                    code: 429,
                    seconds: 1,
                },
                1,
            ),
        ];
        changes_nothing(calm, &genesys, &[]).await?;
        Ok(())
    })
}

#[test]
fn a_query_that_takes_too_long_is_asked_in_halves() -> Result<()> {
    test(async |calm| {
        let salesforce = [Fault::new("ORDER%20BY", refused(400, "QUERY_TIMEOUT"), 2)];
        changes_nothing(calm, &[], &salesforce).await?;
        Ok(())
    })
}

/// What happens when a source refuses for so long that the run gives up, and afterwards.
async fn gives_up_and_goes_on(calm: &Calm, fault: Fault, is_genesys: bool) -> Result<()> {
    let twin = &calm.twin;
    let (one, other) = (twin.genesys(), twin.salesforce());
    let hit = if is_genesys { one } else { other };
    hit.faults.add(fault);
    let event = whole(twin)?;
    let execution = twin.run(event.clone()).await?;
    ensure!(
        execution.status == local::Status::Failed && !execution.failed_windows.is_empty(),
        "{execution:#?}"
    );
    for window in &execution.failed_windows {
        assert_eq!(window.error, "Throttled", "{}", window.cause);
    }
    hit.faults.clear();
    let at: jiff::Timestamp = event["at"].as_str().context("at")?.parse()?;
    let run = format!("nightly-{}-at{}", at.strftime("%Y%m%d"), at.as_second());
    let landed = receipts(twin, &run).await?;
    ensure!(!landed.is_empty(), "nothing was kept");
    for control in [one, other] {
        control.requests.reset();
    }
    // Whoever is started again after hours meets no function that remembers the pause.
    end_functions(twin);
    let execution = succeed(twin, &event).await?;
    assert_eq!(run_id(&execution)?, run);
    let now = receipts(twin, &run).await?;
    for (key, receipt) in &landed {
        assert_eq!(now.get(key), Some(receipt), "{key} was written again");
    }
    let read = |object: &str| landed.values().any(|receipt| receipt.object == object);
    for (object, path) in [("queue", "routing/queues"), ("wrapup_code", "wrapupcodes")] {
        ensure!(
            !read(object) || one.requests.to(path) == 0,
            "{object} was read again"
        );
    }
    assert_eq!(
        differences(&calm.results, &results(twin).await?),
        Vec::<String>::new()
    );
    Ok(())
}

#[test]
#[cfg(target_os = "linux")] // warm functions are found in /proc
fn a_source_that_asks_for_hours_ends_the_run_and_what_was_landed_is_kept() -> Result<()> {
    test(async |calm| {
        let hours = Fault::new("/results", throttled(Some(7_200)), 10_000);
        gives_up_and_goes_on(calm, hours, true).await
    })
}

#[test]
fn a_daily_allocation_that_is_used_up_ends_the_run_and_what_was_landed_is_kept() -> Result<()> {
    test(async |calm| {
        let limit = Fault::new("jobs/query", refused(403, "REQUEST_LIMIT_EXCEEDED"), 10_000);
        gives_up_and_goes_on(calm, limit, false).await
    })
}

#[test]
fn a_window_without_a_record_is_read_and_closes() -> Result<()> {
    test(async |calm| {
        let twin = &calm.twin;
        let end = twin.world().end();
        let event = json!({
            "mode": "backfill", "from": end, "to": end + SignedDuration::from_hours(24), "reports": [],
        });
        let run = run_id(&succeed(twin, &event).await?)?;
        let of =
            format!("from ops.window_ledger where batch_id = '{run}' and object = 'conversation'");
        assert_eq!(number(twin, &format!("select count(*) {of}")).await?, 1);
        let sums =
            format!("select sum(received_rows + landed_rows + staged_rows + merged_rows) {of}");
        assert_eq!(number(twin, &sums).await?, 0);
        for key in twin
            .keys(&format!(
                "landing/genesys/conversation/window={}",
                end.strftime("%Y%m%d")
            ))
            .await?
        {
            ensure!(lines(twin, &key).await?.is_empty(), "{key} has records");
        }
        Ok(())
    })
}
