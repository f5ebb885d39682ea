//! `cargo local run` and `stop`.

use super::write_json;
use anyhow::{Context, Result};
use local::aws::Aws;
use local::data_api::S3Source;
use local::execution::{self, Execution, Status};
use local::setup::Places;
use local::show::{self, Screen};
use local::summary::Summary;
use local::{logs, state};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) async fn run(event: &Path, json_file: Option<&Path>) -> Result<bool> {
    let text =
        std::fs::read_to_string(event).with_context(|| format!("reading {}", event.display()))?;
    let input: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", event.display()))?;
    let endpoints = state::read(&Places::of_this_repository()?)?;
    let aws = Aws::new(&endpoints.aws)?;
    let mut screen = Screen::new();
    let (began, started) = (Instant::now(), SystemTime::now());
    let arn = execution::start(&aws, &endpoints.state_machine, &input)
        .await
        .with_context(|| format!("the twin of process {} does not answer", endpoints.pid))?;
    let limit = Duration::from_hours(6);
    let bucket = Some(endpoints.bucket.as_str());
    let mut tell = |progress| screen.tell(progress);
    let following = execution::follow(&aws, &arn, bucket, limit, &mut tell);
    // Whoever looks on may go: the execution belongs to the twin, not to this command.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let execution = tokio::select! {
        execution = Box::pin(following) => Some(execution?),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    screen.finish();
    let Some(execution) = execution else {
        eprintln!("{}", goes_on(&arn, event));
        return Ok(false);
    };
    let seconds = began.elapsed().as_secs_f64();
    let mut summary = Summary::failed(&execution, seconds);
    if let Some(output) = &execution.output {
        summary.take_output(output)?;
        summary
            .take_ledger(&S3Source(aws.s3()), &endpoints.bucket)
            .await?;
    }
    print!("{}", show::summary(&summary));
    if execution.status != Status::Succeeded {
        show_logs(&aws, &endpoints, &execution, started).await?;
    }
    if let Some(file) = json_file {
        let mut written = serde_json::to_value(&summary)?;
        written["output"] = execution.output.clone().unwrap_or_default();
        write_json(file, &written)?;
    }
    Ok(execution.status == Status::Succeeded)
}

/// The last lines that the failed step's functions wrote during this execution.
pub(super) async fn show_logs(
    aws: &Aws,
    endpoints: &state::Endpoints,
    execution: &Execution,
    began: SystemTime,
) -> Result<()> {
    let cause = execution.cause.as_deref().unwrap_or_default();
    let step = cause.split(':').next().unwrap_or_default();
    let since = began.duration_since(UNIX_EPOCH)?.as_millis();
    for binary in logs::functions_of(step) {
        let source = binary.strip_prefix("extract-").unwrap_or_default();
        let windows = &execution.failed_windows;
        let is_blameless = !source.is_empty()
            && !windows.is_empty()
            && windows
                .iter()
                .all(|window| window.input["source"] != source);
        let Some(function) = endpoints.functions.get(*binary) else {
            continue;
        };
        if is_blameless {
            continue;
        }
        let lines = logs::tail(aws, function, i64::try_from(since)?, 12).await?;
        if !lines.is_empty() {
            println!("\nLast lines of {function}:");
            for line in lines {
                println!("  {line}");
            }
        }
    }
    Ok(())
}

fn goes_on(arn: &str, event: &Path) -> String {
    format!(
        "
The execution goes on without this command:
  {arn}
Stop it:          cargo local stop {arn}
Look at it again: cargo local run {} when it has ended; the same input is the same run, and windows that are done are not read again",
        event.display()
    )
}

/// Stops an execution and waits until nothing of it is under way.
pub(crate) async fn stop(arn: &str) -> Result<bool> {
    let endpoints = state::read(&Places::of_this_repository()?)?;
    let aws = Aws::new(&endpoints.aws)?;
    let found = execution::describe(&aws, arn).await.with_context(|| {
        format!(
            "the twin of process {} has no such execution",
            endpoints.pid
        )
    })?;
    if found.status != Status::Running {
        println!("the execution has ended already: {}", found.status.as_str());
        return Ok(true);
    }
    execution::stop(&aws, arn).await?;
    println!(
        "Stopped. The emulator still reads the windows of its Map to their end (AWS would begin no further one); waiting for them, Ctrl-C leaves them alone"
    );
    execution::quiet(&aws, arn, Duration::from_mins(16)).await?;
    println!(
        "Nothing of it is under way; what has landed stays, and the same input goes on from there"
    );
    Ok(true)
}
