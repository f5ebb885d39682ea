//! `local`: the twin from the command line, `cargo local …`.

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use local::data_api::S3Source;
use local::execution::{Execution, Status};
use local::setup::Places;
use local::show::{self, Screen};
use local::summary::Summary;
use local::{Twin, TwinOptions, aws::Aws, check, execution, logs, state};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

/// The whole pipeline on this machine, without an account.
#[derive(Debug, Parser)]
#[command(name = "cargo local", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a twin, run the nightly execution, show what came out, end the twin.
    Demo {
        #[command(flatten)]
        data: Data,
        /// Write the summary to this file as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Leave the twin up afterwards, until Ctrl-C.
        #[arg(long)]
        keep: bool,
    },
    /// Start a twin and leave it up until Ctrl-C.
    Up {
        #[command(flatten)]
        data: Data,
    },
    /// Run an execution on the twin that is up.
    Run {
        /// The execution's input: one of events/pipeline/*.json.
        #[arg(value_name = "EVENT.json")]
        event: PathBuf,
        /// Write what the execution put out to this file as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Look whether settings, reports, events, template and state machine agree.
    Check,
}

#[derive(Debug, Clone, Args)]
struct Data {
    /// Days of conversations, up to the last UTC midnight.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// How many conversations.
    #[arg(long, default_value_t = 2000)]
    conversations: usize,
    /// Equal seeds give equal data.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Build the functions as they are deployed: slower to build, faster to run.
    #[arg(long)]
    release: bool,
}

impl Data {
    fn options(&self) -> TwinOptions {
        TwinOptions {
            days: self.days,
            conversations: self.conversations,
            seed: self.seed,
            release: self.release,
            ..TwinOptions::default()
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::new(
            std::env::var("LOG_LEVEL").unwrap_or_else(|_| "warn".to_owned()),
        ))
        .init();
    let arguments = Arguments::parse();
    match Box::pin(answer(arguments.command)).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn answer(command: Command) -> Result<bool> {
    match command {
        Command::Demo { data, json, keep } => {
            if keep {
                state::ensure_free(&Places::of_this_repository()?)?;
            }
            let Some((twin, is_well)) = or_interrupted(demo(data, json)).await? else {
                return Ok(false);
            };
            if keep {
                or_interrupted(stay(&twin)).await?;
            }
            twin.stop().await;
            Ok(is_well)
        }
        Command::Up { data } => {
            state::ensure_free(&Places::of_this_repository()?)?;
            let mut screen = Screen::new();
            let started = or_interrupted(start(&data, &mut screen)).await?;
            screen.finish();
            if let Some(twin) = started {
                or_interrupted(stay(&twin)).await?;
                twin.stop().await;
            }
            Ok(true)
        }
        Command::Run { event, json } => run(&event, json.as_deref()).await,
        Command::Check => {
            let problems = check::problems(&Places::of_this_repository()?)?;
            for problem in &problems {
                println!("{problem}");
            }
            if problems.is_empty() {
                println!("settings, reports, events, template and state machine agree");
            }
            Ok(problems.is_empty())
        }
    }
}

/// Runs until done, or drops everything on Ctrl-C or SIGTERM: what a twin has started ends when it is dropped.
async fn or_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = Box::pin(work) => done.map(Some),
        _ = interrupt.recv() => Ok(None),
        _ = terminate.recv() => Ok(None),
    }
}

async fn start(data: &Data, screen: &mut Screen) -> Result<Twin> {
    Box::pin(Twin::start_and_tell(data.options(), &mut |text| {
        screen.say(text);
    }))
    .await
}

/// Tells where everything answers, and never ends by itself.
async fn stay(twin: &Twin) -> Result<()> {
    let endpoints = twin.endpoints();
    let _state = state::StateFile::write(&Places::of_this_repository()?, &endpoints)?;
    println!("{}", show::endpoints(&endpoints));
    std::future::pending().await
}

async fn demo(data: Data, json_file: Option<PathBuf>) -> Result<(Twin, bool)> {
    let mut screen = Screen::new();
    let twin = start(&data, &mut screen).await?;
    screen.say("Running the nightly execution");
    let (began, started) = (Instant::now(), SystemTime::now());
    let execution = twin
        .run_and_tell(&json!({"mode": "nightly"}), &mut |progress| {
            screen.tell(progress);
        })
        .await?;
    screen.finish();
    let mut summary = Summary::of(&twin, &execution, began.elapsed().as_secs_f64()).await?;
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
    print!("{}", show::summary(&summary));
    for (subject, message) in &messages {
        println!("\nPublished: {subject}\n  {message}");
    }
    if execution.status != Status::Succeeded {
        show_logs(twin.aws(), &twin.endpoints(), &execution, started).await?;
    }
    if let Some(file) = json_file {
        write_json(&file, &serde_json::to_value(&summary)?)?;
    }
    let is_well = summary.problems.is_empty() && execution.status == Status::Succeeded;
    Ok((twin, is_well))
}

async fn run(event: &Path, json_file: Option<&Path>) -> Result<bool> {
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
    let execution =
        execution::follow(&aws, &arn, limit, &mut |progress| screen.tell(progress)).await?;
    screen.finish();
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
async fn show_logs(
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

fn write_json(file: &Path, value: &Value) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}
