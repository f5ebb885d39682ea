//! `local`: the twin from the command line, `cargo local …`.

mod cli;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use cli::{demo, faults, run};
use local::setup::Places;
use local::show::Screen;
use local::{TwinOptions, check, settings, state};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use warehouse::dictionary;

/// Where `demo --json` without a file writes, in the repository.
const DEMO_JSON: &str = ".local/demo.json";

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
        /// Let both sources fail in every way they can, and compare the outcome with that of an undisturbed twin.
        #[arg(long, conflicts_with = "settings")]
        faults: bool,
        /// Write the summary to this file as JSON; without FILE to demo.json in .local of the repository.
        #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = DEMO_JSON)]
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
    /// Run an execution on the twin that is up. Ctrl-C leaves the execution running.
    Run {
        /// The execution's input: one of events/pipeline/*.json.
        #[arg(value_name = "EVENT.json")]
        event: PathBuf,
        /// Put the last so many days of the twin's data in the place of the event's from and to.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: Option<u32>,
        /// Write what the execution put out to this file as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Stop an execution on the twin that is up; what it has landed stays. (The twin itself ends with Ctrl-C where it runs.)
    Stop {
        /// The execution, as `cargo local run` named it.
        #[arg(value_name = "ARN")]
        execution: String,
    },
    /// Tell everything in settings and reports that a run would refuse, and whether events, template and state machine agree
    /// with them; starts nothing.
    Check {
        /// Settings and reports of this folder (tributary.toml and reports/) instead of infra/settings.
        #[arg(long, value_name = "DIR")]
        settings: Option<PathBuf>,
    },
    /// Write `DATA_DICTIONARY.md` anew from the heads of the views; starts nothing.
    Dictionary,
}

#[derive(Debug, Clone, Args)]
struct Data {
    /// Days of conversations, up to the last UTC midnight.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=366))]
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
    /// Use this folder in the place of infra/settings, as it is.
    #[arg(long, value_name = "DIR")]
    settings: Option<PathBuf>,
}

impl Data {
    fn options(self, places: &Places) -> Result<TwinOptions> {
        Ok(TwinOptions {
            days: self.days,
            conversations: self.conversations,
            seed: self.seed,
            release: self.release,
            horizon_days: Some(settings::days_until_final(places)?.max(self.days)),
            settings_folder: self.settings,
            ..TwinOptions::default()
        })
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
        Command::Demo {
            data,
            faults,
            json,
            keep,
        } => {
            let places = Places::of_this_repository()?;
            if keep {
                state::ensure_free(&places)?;
            }
            let options = data.options(&places)?;
            let json = json.map(|file| match file.to_str() {
                Some(DEMO_JSON) => places.root.join(DEMO_JSON),
                _ => file,
            });
            let shown = if faults {
                or_interrupted(faults::show(options, json.as_deref()), TWIN_GOES).await?
            } else {
                or_interrupted(demo::show(options, json.as_deref()), TWIN_GOES).await?
            };
            let Some((twin, is_well)) = shown else {
                return Ok(false);
            };
            if keep {
                or_interrupted(demo::stay(&twin), "").await?;
            }
            twin.stop().await;
            if !keep {
                eprintln!(
                    "\nThe twin has ended, and what it published with it; --keep leaves it up until Ctrl-C"
                );
            }
            Ok(is_well)
        }
        Command::Up { data } => {
            let places = Places::of_this_repository()?;
            state::ensure_free(&places)?;
            let options = data.options(&places)?;
            let mut screen = Screen::new();
            let starting = demo::start(options, &mut screen);
            let started = or_interrupted(starting, TWIN_GOES).await?;
            screen.finish();
            if let Some(twin) = started {
                or_interrupted(demo::stay(&twin), "").await?;
                twin.stop().await;
            }
            Ok(true)
        }
        Command::Run { event, days, json } => run::run(&event, days, json.as_deref()).await,
        Command::Stop { execution } => run::stop(&execution).await,
        Command::Check { settings } => {
            let places = Places::of_this_repository()?;
            let folder = settings.unwrap_or_else(|| places.infra("settings"));
            #[allow(clippy::disallowed_methods)] // settings are judged as of now
            let found = check::look(&places, &folder, jiff::Timestamp::now());
            println!("{}", found.text());
            Ok(found.problems.is_empty())
        }
        Command::Dictionary => {
            let path = Places::of_this_repository()?
                .root
                .join("DATA_DICTIONARY.md");
            let entries = dictionary::entries()?;
            std::fs::write(&path, dictionary::page(&entries))
                .with_context(|| format!("writing {}", path.display()))?;
            println!("{}: {} views", path.display(), entries.len());
            Ok(true)
        }
    }
}

const TWIN_GOES: &str =
    "Interrupted: the twin ends, and the execution on it with it; nothing of it is kept";

/// Runs until done, or drops everything on Ctrl-C or SIGTERM: what a twin has started ends when it is dropped.
async fn or_interrupted<T>(work: impl Future<Output = Result<T>>, text: &str) -> Result<Option<T>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let done = tokio::select! {
        done = Box::pin(work) => return done.map(Some),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    if !text.is_empty() {
        eprintln!("\n{text}");
    }
    Ok(done)
}
