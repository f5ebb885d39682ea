//! `cargo local demo --faults`: the proof that what the sources do wrong changes nothing in the tables.

use super::demo::{start, summary, tell_messages};
use super::run::show_logs;
use super::write_json;
use anyhow::Result;
use fakes::preset::{self, Outcome};
use local::execution::Status;
use local::show::{self, Screen};
use local::tables::{self, OF_THE_READING, RESULTS};
use local::{Execution, Twin, TwinOptions};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// A run may fail for good where a source goes on failing: the same input is started again, as a person would, so often.
const STARTS: u32 = 4;
/// The waits of the state machine are those of a real outage; here the next attempt finds a source that is well again.
const WAIT_SCALE: f64 = 0.1;
/// Small pages and a low threshold: what can go wrong between two pages or in a bulk job must be able to come to pass.
const SETTINGS: [(&str, &str); 3] = [
    ("job_page_size = 1000", "job_page_size = 100"),
    ("bulk_threshold = 10000", "bulk_threshold = 300"),
    ("bulk_page_records = 50000", "bulk_page_records = 200"),
];

/// Records of one answer of Salesforce.
const SALESFORCE_PAGE: usize = 50;

/// Runs an undisturbed twin and a disturbed one over the same data; true when every table is the same and the counts are
/// those of the sources.
pub(crate) async fn show(options: TwinOptions, json_file: Option<&Path>) -> Result<(Twin, bool)> {
    let mut screen = Screen::new();
    let mut options = TwinOptions {
        wait_scale: WAIT_SCALE,
        settings: SETTINGS
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .to_vec(),
        ..options
    };
    options.salesforce.page_size = SALESFORCE_PAGE;
    let seed = options.seed;

    screen.line("1. A twin whose sources do nothing wrong");
    let twin = start(options.clone(), &mut screen).await?;
    let end = twin.world().end();
    let event = json!({"mode": "nightly", "at": end});
    let execution = twin
        .run_and_tell(&event, &mut |progress| screen.tell(progress))
        .await?;
    if execution.status != Status::Succeeded {
        screen.finish();
        let (summary, _) = summary(&twin, &execution, 0.0).await?;
        print!("{}", show::summary(&summary));
        return Ok((twin, false));
    }
    let undisturbed = tables::checksums(&twin, &RESULTS, &OF_THE_READING).await?;
    twin.stop().await;

    screen.line("2. The same data, and everything goes wrong that can");
    let twin = start(
        TwinOptions {
            end: Some(end),
            ..options
        },
        &mut screen,
    )
    .await?;
    let planned = preset::mixed(seed);
    planned
        .genesys
        .iter()
        .for_each(|one| twin.genesys().faults.add(one.clone()));
    planned
        .salesforce
        .iter()
        .for_each(|one| twin.salesforce().faults.add(one.clone()));
    let (began, started) = (Instant::now(), SystemTime::now());
    let (execution, starts) = until_it_succeeds(&twin, &event, &mut screen).await?;
    screen.finish();

    let genesys = preset::outcome(&planned.genesys, &twin.genesys().faults.pending());
    let salesforce = preset::outcome(&planned.salesforce, &twin.salesforce().faults.pending());
    let (mut summary, messages) = summary(&twin, &execution, began.elapsed().as_secs_f64()).await?;
    summary.continued = screen.continued();
    let disturbed = tables::checksums(&twin, &RESULTS, &OF_THE_READING).await?;
    let differences = tables::differences(&undisturbed, &disturbed);
    summary.problems.extend(
        differences
            .iter()
            .map(|one| format!("the faults changed a table: {one}")),
    );
    if genesys.happened() + salesforce.happened() == 0 {
        summary.problems.push("no fault came to pass".to_owned());
    }
    print!("{}", show::summary(&summary));
    tell_messages(&messages, &summary);
    for (name, outcome) in [("Genesys Cloud", &genesys), ("Salesforce", &salesforce)] {
        tell(name, outcome);
    }
    println!(
        "\nThe run was started {starts} time(s). {} of {} tables and views are the same as without faults.",
        undisturbed.len() - differences.len(),
        undisturbed.len()
    );
    if execution.status != Status::Succeeded {
        show_logs(twin.aws(), &twin.endpoints(), &execution, started).await?;
    }
    if let Some(file) = json_file {
        let mut value = serde_json::to_value(&summary)?;
        value["faults"] = json!({
            "genesys": as_json(&genesys),
            "salesforce": as_json(&salesforce),
            "starts": starts,
            "tables": undisturbed.len(),
            "differences": differences,
        });
        write_json(file, &value)?;
    }
    let is_well = summary.problems.is_empty() && execution.status == Status::Succeeded;
    Ok((twin, is_well))
}

/// Starts the same input again while it fails and may yet succeed.
async fn until_it_succeeds(
    twin: &Twin,
    event: &Value,
    screen: &mut Screen,
) -> Result<(Execution, u32)> {
    let mut starts = 1;
    loop {
        let execution = twin
            .run_and_tell(event, &mut |progress| screen.tell(progress))
            .await?;
        if execution.status == Status::Succeeded || starts == STARTS {
            return Ok((execution, starts));
        }
        starts += 1;
        screen.line(&format!(
            "  the execution ended as {} ({}); the same input is started again",
            execution.status.as_str(),
            execution.error.as_deref().unwrap_or("no error")
        ));
    }
}

fn tell(name: &str, outcome: &Outcome) {
    println!(
        "\nFaults of {name}: {} happened, {} did not come to pass",
        outcome.happened(),
        outcome.missed()
    );
    for fault in &outcome.faults {
        println!(
            "  {:>2} of {:<2} {:<44} on {}",
            fault.happened, fault.planned, fault.kind, fault.path_contains
        );
    }
}

fn as_json(outcome: &Outcome) -> Value {
    json!({
        "happened": outcome.happened(),
        "missed": outcome.missed(),
        "faults": outcome.faults,
    })
}
