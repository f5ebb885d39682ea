//! What the sources count beside what is here: a night on which both agree, sources that say more, and what comes of it.

use anyhow::{Context, Result, ensure};
use fakes::control::Kind;
use jiff::SignedDuration;
use local::summary::Summary;
use local::{Status, Twin, TwinOptions};
use pipeline::shared::alone;
use pipeline::{fault, nightly, number, run_id, succeed, unhurried_by_quotas};
use serde_json::{Value, json};

const AGGREGATES: &str = "/api/v2/analytics/conversations/aggregates/query";
const CASES: &str = "DAY_ONLY";
const VARIANCE: &str = "curated.queue_source_figure/variance";

/// Six days, so that the first one has settled, and no conversation that is still open.
async fn twin(severity: &str) -> Result<Twin> {
    let mut options = unhurried_by_quotas(TwinOptions {
        days: 6,
        conversations: 120,
        wait_scale: 0.05,
        ..TwinOptions::default()
    });
    options.settings.push((
        "variance_severity = \"warn\"".to_owned(),
        format!("variance_severity = \"{severity}\""),
    ));
    Twin::start(options).await
}

/// Answers with what is no fault at all: more interactions of a queue, and more cases, than there are.
fn say_more(twin: &Twin) {
    let day = twin.world().begin();
    let answered = |body: Value| Kind::Status {
        code: 200,
        retry_after: None,
        body: Some(body.to_string()),
    };
    let bucket = format!("{day}/{}", day + SignedDuration::from_mins(30));
    let more = json!({"results": [{
        "group": {"queueId": "11111111-2222-3333-4444-555555555555", "mediaType": "voice"},
        "data": [{"interval": bucket, "metrics": [{"metric": "nOffered", "stats": {"count": 41}}]}],
    }]});
    let calls = 64;
    twin.genesys()
        .faults
        .add(fault(AGGREGATES, answered(more), calls));
    let cases = json!({"totalSize": 1, "done": true, "records": [{
        "attributes": {"type": "AggregateResult"}, "created_date": day.strftime("%Y-%m-%d").to_string(),
        "IsClosed": true, "IsDeleted": false, "cases": 9_999, "changed_at": day.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string(),
    }]});
    twin.salesforce()
        .faults
        .add(fault(CASES, answered(cases), calls));
}

async fn alarms(twin: &Twin) -> Result<Vec<String>> {
    let messages = twin.messages().await?;
    Ok(messages
        .into_iter()
        .filter(|(subject, _)| subject == "Tributary: figures differ from their sources")
        .map(|(_, message)| message)
        .collect())
}

#[test]
fn figures_agree_with_their_sources_exactly() -> Result<()> {
    alone(async {
        let twin = twin("warn").await?;
        let execution = succeed(&twin, &nightly(&twin)?).await?;
        let summary = Summary::of(&twin, &execution, 0.0).await?;
        let found = &summary.reconciliation;
        let told = format!("{found:#?}");
        ensure!(found.windows > 0 && found.windows == found.closed, "{told}");
        ensure!(found.differ == 0 && found.differing.is_empty(), "{told}");
        for kind in [
            "queue_offered",
            "queue_handled",
            "queue_handle_ms",
            "cases_created",
            "cases_closed",
            "case_resolution_percent",
        ] {
            let variance = found.variances.iter().find(|one| one.comparison == kind);
            let variance = variance.with_context(|| format!("no {kind}: {told}"))?;
            ensure!(variance.compared > 0, "{kind}: {told}");
            ensure!(variance.source == variance.ours, "{kind}: {told}");
            ensure!(variance.source > Some(0.0), "{kind}: {told}");
        }
        let check = summary.checks.iter().find(|one| one.name == VARIANCE);
        ensure!(check.is_some_and(|one| one.observed == "0 offending rows"));
        ensure!(alarms(&twin).await?.is_empty());
        ensure!(summary.problems.is_empty(), "{:?}", summary.problems);
        // What `cargo local demo --json` writes.
        let told = serde_json::to_value(&summary)?;
        ensure!(told["reconciliation"]["windows"] == found.windows, "{told}");
        let roles = told["roles"].as_array().context("no roles")?;
        for name in ["analyst", "supervisor", "finance"] {
            let name = format!("tributary_{name}");
            let role = roles.iter().find(|role| role["role"] == name);
            let role = role.with_context(|| format!("no {name}: {told}"))?;
            let is_told = |what: &str| role[what].as_array().is_some_and(|all| !all.is_empty());
            ensure!(is_told("read") && is_told("refused"), "{role}");
        }
        Ok(())
    })
}

#[test]
fn a_source_that_counts_more_raises_an_alarm_and_the_run_goes_on() -> Result<()> {
    alone(async {
        let twin = twin("warn").await?;
        say_more(&twin);
        let execution = succeed(&twin, &nightly(&twin)?).await?;
        let run = run_id(&execution)?;
        let alarms = alarms(&twin).await?;
        ensure!(alarms.len() == 1, "{alarms:?}");
        ensure!(
            alarms[0].contains(&run) && alarms[0].contains("at the source"),
            "{alarms:?}"
        );
        let of_run = format!("from ops.check_result where batch_id = '{run}' and verdict = 'warn'");
        let rows = number(
            &twin,
            &format!("select count(*) {of_run} and check_name = '{VARIANCE}'"),
        )
        .await?;
        ensure!(rows == 1);
        // The largest ones, and one that says there are more.
        let each = number(
            &twin,
            &format!(
                "select count(*) {of_run} and check_name = 'reconciliation/variance' and observed like '% at the source, % here (% %)'"
            ),
        )
        .await?;
        ensure!((1..=20).contains(&each), "{each}");
        let differs = "select count(*) from mart.reconciliation where verdict = 'differs'";
        let queues = number(
            &twin,
            &format!("{differs} and comparison = 'queue_offered' and queue_id like '1111%' and source_figure = 41 and our_figure = 0"),
        )
        .await?;
        let cases = number(
            &twin,
            &format!("{differs} and comparison = 'cases_created' and source_figure = 9999"),
        )
        .await?;
        ensure!(queues > 0 && cases == 1, "{queues} {cases}");
        Ok(())
    })
}

#[test]
fn a_variance_stops_the_run_where_the_settings_say_so() -> Result<()> {
    alone(async {
        let twin = twin("fail").await?;
        say_more(&twin);
        let execution = twin.run(nightly(&twin)?).await?;
        ensure!(execution.status == Status::Failed, "{execution:#?}");
        let cause = execution.cause.unwrap_or_default();
        ensure!(
            execution.error.as_deref() == Some("DataQuality") && cause.contains(VARIANCE),
            "{cause}"
        );
        let messages = twin.messages().await?;
        ensure!(
            messages
                .iter()
                .any(|(subject, text)| subject.contains("failed") && text.contains(VARIANCE)),
            "{messages:?}"
        );
        Ok(())
    })
}
