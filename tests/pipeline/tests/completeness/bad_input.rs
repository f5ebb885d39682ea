//! Input and settings that cannot work are refused with their place and the reason, before anything is read.

use anyhow::{Context, Result, ensure};
use local::{Twin, TwinOptions};
use pipeline::{Shared, clean, end_functions, event, fail, nightly};
use serde_json::Value;

static TWIN: Shared<Twin> = Shared::new();

fn test(test: impl AsyncFnOnce(&Twin) -> Result<()>) -> Result<()> {
    let start = || {
        Twin::start(TwinOptions {
            days: 2,
            conversations: 40,
            wait_scale: 0.02,
            ..TwinOptions::default()
        })
    };
    TWIN.with(start, async |twin| {
        clean(twin).await?;
        test(twin).await
    })
}

/// Insists that a run fails with all of these texts and that no record was asked for.
async fn is_refused(twin: &Twin, event: &Value, texts: &[&str]) -> Result<()> {
    let (error, cause) = fail(twin, event).await?;
    assert_eq!(error, "Invalid", "{cause}");
    for text in texts {
        ensure!(cause.contains(text), "{text} is not in {cause}");
    }
    for control in [twin.genesys(), twin.salesforce()] {
        let asked = control.requests.counts().by_path;
        let reads = |path: &&String| {
            let of_plan = ["token", "availability", "describe", "limits", "sobjects"];
            !of_plan.iter().any(|part| path.contains(part))
        };
        let read: Vec<_> = asked.keys().filter(reads).collect();
        ensure!(read.is_empty(), "records were asked for: {read:?}");
    }
    Ok(())
}

/// A night under other settings: the functions that are warm have read the old ones and go.
async fn with_settings(twin: &Twin, from: &str, to: &str, texts: &[&str]) -> Result<()> {
    let path = twin.folder().join("settings/tributary.toml");
    let shipped = std::fs::read_to_string(&path)?;
    ensure!(
        shipped.matches(from).count() == 1,
        "there is not one {from}"
    );
    std::fs::write(&path, shipped.replacen(from, to, 1))?;
    end_functions(twin);
    let refused = is_refused(twin, &nightly(twin)?, texts).await;
    std::fs::write(&path, shipped)?;
    end_functions(twin);
    refused.with_context(|| format!("settings with {to}"))
}

#[test]
fn a_filter_that_the_api_does_not_know_is_refused_with_its_place() -> Result<()> {
    test(async |twin| {
        for (name, texts) in [
            (
                "unknown-dimension",
                &["filter.segment[0].predicates[0].dimension", "queueID"][..],
            ),
            ("empty-filter", &["filter"][..]),
            ("filtered-nightly", &["filter"][..]),
        ] {
            is_refused(twin, &event(name)?, texts).await.context(name)?;
            for control in [twin.genesys(), twin.salesforce()] {
                assert_eq!(control.requests.counts().total, 0, "{name}");
            }
        }
        Ok(())
    })
}

#[test]
#[cfg(target_os = "linux")] // warm functions are found in /proc
fn settings_that_cannot_work_are_refused_with_key_and_reason() -> Result<()> {
    test(async |twin| {
        for (from, to, texts) in [
            (
                "window_hours = 24",
                "window_hours = 48",
                &["plan.window_hours", "48", "must divide a day"][..],
            ),
            (
                "[match]\n",
                "[match]\ncolour = \"red\"\n",
                &["colour", "unknown field"],
            ),
            (
                "sobject = \"Opportunity\"",
                "sobject = \"Oportunity\"",
                &["Oportunity"],
            ),
            (
                "\"Customer_Tier__c\"",
                "\"Customer_Teir__c\"",
                &["Customer_Teir__c", "account"],
            ),
            (
                "division_ids = []\n",
                "division_ids = []\n[[genesys.filter.segment]]\ntype = \"and\"\npredicates = [{dimension = \"queueID\", value = \"q\"}]\n",
                &[
                    "genesys.filter.segment[0].predicates[0].dimension",
                    "queueID",
                ],
            ),
        ] {
            with_settings(twin, from, to, texts).await?;
        }
        Ok(())
    })
}
