//! `cargo local demo` and `up`.

use super::run::show_logs;
use super::write_json;
use anyhow::Result;
use local::execution::Status;
use local::setup::Places;
use local::show::{self, Screen};
use local::summary::Summary;
use local::{Execution, Twin, TwinOptions, state};
use serde_json::json;
use std::path::Path;
use std::time::{Instant, SystemTime};

pub(crate) async fn start(options: TwinOptions, screen: &mut Screen) -> Result<Twin> {
    Box::pin(Twin::start_and_tell(options, &mut |text| screen.say(text))).await
}

/// Tells where everything answers, and never ends by itself.
pub(crate) async fn stay(twin: &Twin) -> Result<()> {
    let endpoints = twin.endpoints();
    let _state = state::StateFile::write(&Places::of_this_repository()?, &endpoints)?;
    println!("{}", show::endpoints(&endpoints));
    std::future::pending().await
}

/// One nightly run on a twin of its own, and whether all is well.
pub(crate) async fn show(options: TwinOptions, json_file: Option<&Path>) -> Result<(Twin, bool)> {
    let mut screen = Screen::new();
    let twin = start(options, &mut screen).await?;
    screen.say("Running the nightly execution");
    let (began, started) = (Instant::now(), SystemTime::now());
    let event = json!({"mode": "nightly"});
    let execution = twin
        .run_and_tell(&event, &mut |progress| screen.tell(progress))
        .await?;
    screen.finish();
    let summary = summary(&twin, &execution, began.elapsed().as_secs_f64()).await?;
    print!("{}", show::summary(&summary.0));
    tell_messages(&summary.1, &summary.0);
    if execution.status != Status::Succeeded {
        show_logs(twin.aws(), &twin.endpoints(), &execution, started).await?;
    }
    if let Some(file) = json_file {
        write_json(file, &serde_json::to_value(&summary.0)?)?;
    }
    let is_well = summary.0.problems.is_empty() && execution.status == Status::Succeeded;
    Ok((twin, is_well))
}

/// What was published: subject and message.
pub(super) type Messages = Vec<(String, String)>;

/// The summary of a run whose whole data were asked for, and what it published.
pub(super) async fn summary(
    twin: &Twin,
    execution: &Execution,
    seconds: f64,
) -> Result<(Summary, Messages)> {
    let mut summary = Summary::of(twin, execution, seconds).await?;
    let topic = if execution.status == Status::Succeeded {
        "ready"
    } else {
        "failed"
    };
    let messages = twin.messages().await?;
    if !messages.iter().any(|(subject, _)| subject.contains(topic)) {
        summary.problems.push(format!(
            "no message said that the run is {topic}: {messages:?}"
        ));
    }
    Ok((summary, messages))
}

/// Tells what was published; of what the summary has told already, the subject alone.
pub(super) fn tell_messages(messages: &Messages, summary: &Summary) {
    let is_told = |message: &str| {
        let cause = summary.failure.as_ref().map(|failure| &failure.cause);
        let said = cause.and_then(|cause| cause.split_once(": "));
        said.is_some_and(|(_, said)| message.contains(said))
            || summary.problems.iter().any(|problem| {
                let failed = problem.split_once(" failed with ");
                let said = failed.and_then(|(_, failed)| failed.split_once(": "));
                said.is_some_and(|(_, said)| message.contains(said))
            })
    };
    for (subject, message) in messages {
        if is_told(message) {
            println!("\nPublished: {subject}\n  (with the cause above)");
        } else {
            // Elsewhere brackets belong to a value that a cause names.
            let shown = if subject.contains("ready") {
                show::message(message)
            } else {
                message.clone()
            };
            println!("\nPublished: {subject}\n  {shown}");
        }
    }
}
