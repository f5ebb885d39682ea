//! The extractor end to end: its release binary as a process under a Runtime API, against the fake source without a rate
//! limit and an S3 in memory.
//!
//! `cargo bench -p extract-genesys`; `CONVERSATIONS` (200,000), `ROUNDS` (3) and `STARTS` (20) may be set. The source
//! runs on the same machine and makes its records while it is asked, so its own speed is measured as well.

mod function;
mod services;
mod source;
mod truth;

use anyhow::{Context as _, Result, ensure};
use function::{Function, Usage};
use model::payload::{Counts, WindowTask};
use services::Bucket;
use source::{Serving, Source};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// The state machine calls again while a window is not done; ten times would be hours.
const MOST_INVOCATIONS: u32 = 10;

/// One window, read once.
struct Round {
    serving: Serving,
    took: Duration,
    invocations: u32,
    usage: Usage,
    counts: Counts,
    landed_bytes: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let conversations: usize = option("CONVERSATIONS", 200_000)?;
    let rounds: usize = option("ROUNDS", 3)?;
    let starts: usize = option("STARTS", 20)?;
    ensure!(
        conversations > 0 && rounds > 0 && starts > 0,
        "all at least 1"
    );

    let source = Source::start(conversations).await?;
    let bucket = Bucket::default();
    let (s3, secrets) = (
        services::s3(&bucket).await?,
        services::secrets_manager(source.token()).await?,
    );
    let variables = [
        ("BUCKET", "bench".to_owned()),
        (
            "SETTINGS_DIR",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/settings").to_owned(),
        ),
        ("GENESYS_REGION", "mypurecloud.de".to_owned()),
        ("GENESYS_TOKEN_SECRET", "token".to_owned()),
        ("GENESYS_API_URL", source.url().to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_ENDPOINT_URL_S3", s3.url.clone()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url.clone()),
    ];

    let mut times = Vec::with_capacity(starts);
    for _ in 0..starts {
        let (function, took) = Function::start(&variables).await?;
        times.push(took.as_secs_f64() * 1000.0);
        function.stop().await?;
    }
    let (best, median, worst) = spread(&mut times);
    println!(
        "start to first poll: median {median:.1} ms, fastest {best:.1}, slowest {worst:.1} ({starts} starts)\n"
    );

    let task = task(&source)?;
    let mut done = Vec::with_capacity(rounds);
    println!(
        "{:>5} | {:>13} | {:>8} {:>13} {:>6} | {:>11} {:>15} | {:>7} | {:>6} {:>11}",
        "round",
        "source conv/s",
        "seconds",
        "window conv/s",
        "MB/s",
        "CPU seconds",
        "conv/CPU second",
        "peak MB",
        "calls",
        "invocations"
    );
    for no in 1..=rounds {
        bucket.clear();
        let round = run(&source, &bucket, &variables, &task).await?;
        print(&no.to_string(), &round);
        done.push(round);
    }
    summarize(&done);
    Ok(())
}

async fn run(
    source: &Source,
    bucket: &Bucket,
    variables: &[(&str, String)],
    task: &WindowTask,
) -> Result<Round> {
    let serving = source.drain().await?;
    let (mut function, _) = Function::start(variables).await?;
    let (start, mut invocations) = (Instant::now(), 1);
    while !function.invoke(task).await?.done {
        ensure!(invocations < MOST_INVOCATIONS, "the window does not end");
        invocations += 1;
    }
    let took = start.elapsed();
    let usage = function.usage()?;
    function.stop().await?;
    let receipt = truth::check(bucket, task, source.expected)?;
    Ok(Round {
        serving,
        took,
        invocations,
        usage,
        counts: receipt.counts,
        landed_bytes: receipt.files.iter().map(|file| file.bytes).sum(),
    })
}

/// One window of a plan, with a share that does not hold it back.
fn task(source: &Source) -> Result<WindowTask> {
    let text = include_str!("../../../../events/extract-genesys/day.json");
    let task: WindowTask = serde_json::from_str(text)?;
    Ok(WindowTask {
        window: source.window,
        requests_per_minute: u32::MAX,
        ..task
    })
}

#[allow(clippy::cast_precision_loss, reason = "figures for a person")]
impl Round {
    fn conversations(&self) -> f64 {
        self.counts.received as f64
    }

    fn served_per_second(&self) -> f64 {
        self.conversations() / self.serving.took.as_secs_f64()
    }

    fn per_second(&self) -> f64 {
        self.conversations() / self.took.as_secs_f64()
    }

    fn megabytes_per_second(&self) -> f64 {
        self.serving.bytes as f64 / self.took.as_secs_f64() / 1e6
    }

    fn per_processor_second(&self) -> f64 {
        self.conversations() / self.usage.processor.as_secs_f64()
    }

    fn peak_megabytes(&self) -> f64 {
        self.usage.peak_bytes as f64 / 1e6
    }
}

fn print(name: &str, round: &Round) {
    println!(
        "{name:>5} | {:>13.0} | {:>8.1} {:>13.0} {:>6.1} | {:>11.1} {:>15.0} | {:>7.1} | {:>6} {:>11}",
        round.served_per_second(),
        round.took.as_secs_f64(),
        round.per_second(),
        round.megabytes_per_second(),
        round.usage.processor.as_secs_f64(),
        round.per_processor_second(),
        round.peak_megabytes(),
        round.counts.calls,
        round.invocations,
    );
}

fn summarize(rounds: &[Round]) {
    let figure = |name: &str, of: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        let (least, median, most) = spread(&mut values);
        println!("{name:<40} median {median:>8.1}   {least:.1} to {most:.1}");
    };
    println!();
    figure("source alone, conversations/s", Round::served_per_second);
    figure("window, conversations/s", Round::per_second);
    figure("window, MB/s of answers", Round::megabytes_per_second);
    figure(
        "conversations per second of processor",
        Round::per_processor_second,
    );
    figure("peak memory, MB", Round::peak_megabytes);
    if let Some(round) = rounds.last() {
        println!(
            "{} conversations, {} bytes of answers, {} bytes written, {} quarantined; receipt and files agree with the source",
            round.counts.received,
            round.serving.bytes,
            round.landed_bytes,
            round.counts.quarantined
        );
    }
}

/// Least, median, most.
fn spread(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (
        values[0],
        values[values.len() / 2],
        values[values.len() - 1],
    )
}

fn option<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    name: &str,
    otherwise: T,
) -> Result<T> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{name}={text:?} is no number")),
        Err(_) => Ok(otherwise),
    }
}
