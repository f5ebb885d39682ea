//! `cargo local run` and `stop`.

use super::write_json;
use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
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

pub(crate) async fn run(event: &Path, days: Option<u32>, json_file: Option<&Path>) -> Result<bool> {
    let text =
        std::fs::read_to_string(event).with_context(|| format!("reading {}", event.display()))?;
    let mut input: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", event.display()))?;
    let endpoints = state::read(&Places::of_this_repository()?)?;
    if let Some(days) = days {
        take_last(days, &mut input, endpoints.data_end)
            .with_context(|| format!("--days {days} with {}", event.display()))?;
    }
    if let Some(note) = without_data(&input, &endpoints) {
        eprintln!("note: {note}");
    }
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
        eprintln!("{}", goes_on(&arn, event, days));
        return Ok(false);
    };
    let seconds = began.elapsed().as_secs_f64();
    let mut summary = Summary::failed(&execution, seconds);
    if let Some(output) = &execution.output {
        summary.take_output(output)?;
        let objects = S3Source(aws.s3());
        summary.take_ledger(&objects, &endpoints.bucket).await?;
        summary.take_days(&objects, &endpoints.bucket).await?;
    }
    summary.continued = screen.continued();
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

/// Lines of a function's log that are shown.
const LOG_LINES: usize = 12;

/// The last lines that the failed step's functions wrote during this execution.
pub(super) async fn show_logs(
    aws: &Aws,
    endpoints: &state::Endpoints,
    execution: &Execution,
    began: SystemTime,
) -> Result<()> {
    let cause = execution.cause.as_deref().unwrap_or_default();
    let step = cause.split(':').next().unwrap_or_default();
    let of_windows = execution.failed_windows.iter().map(|one| &*one.cause);
    let told: Vec<_> = cause
        .split_once(": ")
        .map(|(_, said)| said)
        .into_iter()
        .chain(of_windows)
        .filter(|said| !said.is_empty())
        .collect();
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
        let mut lines = logs::tail(aws, function, i64::try_from(since)?, usize::MAX).await?;
        // What the summary has just said is not news, nor what became of the windows that are well.
        lines.retain(|line| {
            let is_told = told.iter().any(|one| line.contains(one));
            let is_of_others = !source.is_empty() && line.contains(" INFO ");
            !is_told && !is_of_others
        });
        let lines = lines.split_off(lines.len().saturating_sub(LOG_LINES));
        if !lines.is_empty() {
            println!("\nLast lines of {function}:");
            for line in lines {
                println!("  {line}");
            }
        }
    }
    Ok(())
}

/// Puts the last days before `end` in the place of the event's from and to.
fn take_last(days: u32, input: &mut Value, end: Timestamp) -> Result<()> {
    let fields = input.as_object_mut().context("the event is no object")?;
    ensure!(
        fields.contains_key("from") && fields.contains_key("to"),
        "the event has no from and to: a backfill and a replay have them, other runs choose their days themselves"
    );
    let begin = end - SignedDuration::from_hours(24 * i64::from(days));
    fields.insert("from".to_owned(), begin.to_string().into());
    fields.insert("to".to_owned(), end.to_string().into());
    Ok(())
}

/// What to know about an event that names days of which the twin has nothing; of an interval that is none the run itself tells.
fn without_data(input: &Value, endpoints: &state::Endpoints) -> Option<String> {
    let instant = |key: &str| input[key].as_str()?.parse::<Timestamp>().ok();
    let (from, to) = (instant("from")?, instant("to")?);
    let (begin, end) = (endpoints.data_begin, endpoints.data_end);
    if from >= to {
        return None;
    }
    if from >= end || to <= begin {
        return Some(format!(
            "the twin's conversations are of {begin} to {end}, and none of them lies between this event's from and to; --days N puts the last N days there"
        ));
    }
    (from < begin).then(|| {
        let days = (end.as_second() - begin.as_second()).div_euclid(24 * 3600);
        let s = if days == 1 { "" } else { "s" };
        format!(
            "the twin has conversations of {days} day{s}, {begin} to {end}: the days from {from} until then are empty"
        )
    })
}

fn goes_on(arn: &str, event: &Path, days: Option<u32>) -> String {
    let days = days.map_or_else(String::new, |days| format!(" --days {days}"));
    format!(
        "
The execution goes on without this command:
  {arn}
Stop it:          cargo local stop {arn}
Look at it again: cargo local run {}{days} when it has ended; the same input is the same run, and windows that are done are not read again",
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
        "Nothing of it is under way; what has landed stays, and the same input goes on from there (that of a replay or a forced run if it has the `at` of this one)"
    );
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_days_take_the_place_of_an_event_s_own_and_of_nothing_else() {
        let end: Timestamp = "2026-03-08T00:00:00Z".parse().unwrap();
        let mut backfill = json!({"mode": "backfill", "from": "2026-01-05T00:00:00Z", "to": "2026-01-12T00:00:00Z", "force": true});
        take_last(2, &mut backfill, end).unwrap();
        assert_eq!(
            backfill,
            json!({"mode": "backfill", "from": "2026-03-06T00:00:00Z", "to": "2026-03-08T00:00:00Z", "force": true})
        );
        let refused = take_last(2, &mut json!({"mode": "nightly"}), end);
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("has no from and to")
        );
    }

    #[test]
    fn an_event_about_days_without_data_is_recognised() {
        let endpoints: state::Endpoints = serde_json::from_value(json!({
            "pid": 1, "aws": "", "data_api": "", "postgres": "", "genesys": "", "salesforce": "", "bucket": "",
            "state_machine": "", "functions": {}, "data_begin": "2026-03-03T00:00:00Z", "data_end": "2026-03-08T00:00:00Z",
        }))
        .unwrap();
        let note = |from: &str, to: &str| {
            let event = json!({"from": format!("2026-{from}T00:00:00Z"), "to": format!("2026-{to}T00:00:00Z")});
            without_data(&event, &endpoints).unwrap_or_default()
        };
        for (from, to) in [("01-05", "01-12"), ("03-08", "03-09")] {
            assert!(note(from, to).contains("none of them lies between"));
        }
        assert_eq!(note("03-07", "03-09"), "");
        assert_eq!(note("03-03", "03-08"), "");
        // An interval that is none is refused, wherever it lies.
        assert_eq!(note("01-12", "01-05"), "");
        assert_eq!(without_data(&json!({"mode": "nightly"}), &endpoints), None);
        // More days than the twin has.
        let mut event = json!({"from": "", "to": ""});
        take_last(6, &mut event, endpoints.data_end).unwrap();
        assert_eq!(
            without_data(&event, &endpoints).unwrap(),
            "the twin has conversations of 5 days, 2026-03-03T00:00:00Z to 2026-03-08T00:00:00Z: the days from 2026-03-02T00:00:00Z until then are empty"
        );
        take_last(5, &mut event, endpoints.data_end).unwrap();
        assert_eq!(without_data(&event, &endpoints), None);
    }
}
