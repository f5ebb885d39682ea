//! A storm: as many workers as the state machine runs at once read many windows against the source's own limit. How many
//! requests were turned away, and how long it took against what the limit alone dictates.
//!
//! `cargo bench -p extract-genesys --bench storm`; `WINDOWS` (120), `CONVERSATIONS` (12,000), `WORKERS` (4), `PER_MINUTE` (300)
//! and `COLD` (0; 1: a new process for every window) may be set. With the defaults it takes less than five minutes.

use anyhow::{Context as _, Result, ensure};
use fakes::genesys::{FakeGenesys, Options};
use fakes::world::{World, WorldOptions};
use genesys::api::client_credentials;
use jiff::SignedDuration;
use measure::{Bucket, Function, option};
use model::Window;
use model::payload::{WindowReceipt, WindowTask};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use step::Deadline;

const BINARY: &str = env!("CARGO_BIN_EXE_extract-genesys");
const NAME: &str = "extract-genesys";
/// A window that is not done is called again so often.
const MOST_INVOCATIONS: u32 = 50;

#[tokio::main]
async fn main() -> Result<()> {
    let windows: i64 = option("WINDOWS", 120)?;
    let conversations: usize = option("CONVERSATIONS", 12_000)?;
    let workers: u32 = option("WORKERS", 4)?;
    let per_minute: u32 = option("PER_MINUTE", 300)?;
    let is_cold = option("COLD", 0_u8)? == 1;
    ensure!(workers > 0 && windows > 0, "all at least 1");

    let end = "2026-01-31T00:00:00Z".parse()?;
    let world = Arc::new(World::generate(WorldOptions {
        seed: 7,
        end,
        days: 30,
        conversations,
    }));
    let begin = world.begin();
    let options = Options {
        requests_per_minute: per_minute,
        job_polls: 1,
        ..Options::default()
    };
    let secret = SecretString::from(options.client_secret.clone());
    let client_id = options.client_id.clone();
    let server = FakeGenesys::start(Arc::clone(&world), options)?;
    // The clock is read here: the token lives for the whole storm.
    #[allow(clippy::disallowed_methods)]
    let deadline = Deadline::after(jiff::Timestamp::now(), Duration::from_mins(1));
    let connections = source_http::connections()?;
    let grant =
        client_credentials(connections, server.url(), &client_id, &secret, deadline).await?;
    let bucket = Bucket::default();
    let s3 = measure::s3(&bucket).await?;
    let secrets = measure::secrets_manager(grant.access_token.expose_secret(), None).await?;
    let variables: Arc<[(&'static str, String)]> = Arc::new([
        ("BUCKET", "bench".to_owned()),
        (
            "SETTINGS_DIR",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/settings").to_owned(),
        ),
        ("GENESYS_REGION", "mypurecloud.de".to_owned()),
        ("GENESYS_TOKEN_SECRET", "token".to_owned()),
        ("GENESYS_API_URL", server.url().to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_ENDPOINT_URL_S3", s3.url.clone()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url.clone()),
    ]);

    let text = include_str!("../../../../events/extract-genesys/day.json");
    let task: WindowTask = serde_json::from_str(text)?;
    let width = SignedDuration::from_hours(30 * 24) / i32::try_from(windows)?;
    let tasks: Vec<_> = Window::new(begin, end)?
        .slices(width)
        .zip(1_u32..)
        .map(|(window, window_no)| WindowTask {
            window,
            window_no,
            requests_per_minute: per_minute / workers,
            max_in_flight: (15 / workers).max(1),
            ..task.clone()
        })
        .collect();

    let started = Instant::now();
    let queue = Arc::new(Mutex::new(VecDeque::from(tasks.clone())));
    let running: Vec<_> = (0..workers)
        .map(|_| {
            let (queue, variables) = (Arc::clone(&queue), Arc::clone(&variables));
            tokio::spawn(async move { work(&queue, &variables, is_cold).await })
        })
        .collect();
    for worker in running {
        worker.await??;
    }
    let took = started.elapsed().as_secs_f64();

    let mut landed = 0;
    for task in &tasks {
        let receipt = bucket.get(&landing::keys::receipt(task))?;
        let receipt: WindowReceipt = serde_json::from_slice(&receipt)?;
        ensure!(receipt.counts.close(), "{:?}", receipt.counts);
        landed += receipt.counts.landed;
    }
    let expected = world.expected(begin, end).conversations as u64;
    ensure!(landed == expected, "{landed} landed, not {expected}");
    let counts = server.control().requests.counts();
    // The login is one of them, and comes before the clock.
    let calls = counts.total - 1;
    let limit = u64::from(per_minute);
    #[allow(clippy::cast_precision_loss, reason = "figures for a person")]
    let (dictated, earliest) = (
        (calls * 60) as f64 / limit as f64,
        // A source that counts by the minute lets a minute's requests go at once.
        (calls.saturating_sub(1) / limit * 60) as f64,
    );
    println!(
        "{workers} workers{}, {} windows, {calls} requests at {per_minute} a minute, {} turned away (429)",
        if is_cold { ", a process a window" } else { "" },
        tasks.len(),
        counts.status_429,
    );
    println!(
        "{took:.1} s: {:.2} times an even rate ({dictated:.1} s), {:.2} times the earliest minute of its last request ({earliest:.0} s)",
        took / dictated,
        took / earliest.max(1.0),
    );
    println!("{landed} conversations landed, as many as there are; every receipt closes");
    Ok(())
}

/// One worker: windows from the queue, one after another.
async fn work(
    queue: &Mutex<VecDeque<WindowTask>>,
    variables: &[(&str, String)],
    is_cold: bool,
) -> Result<()> {
    let (mut function, _) = Function::start(BINARY, NAME, variables).await?;
    loop {
        let task = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(task) = task else {
            return function.stop().await;
        };
        let mut invocations = 1;
        loop {
            // A window that is told to wait is asked for again, as the state machine does.
            match function.invoke(&task).await {
                Ok(outcome) if outcome.done => break,
                Ok(_) => {}
                Err(error) if error.to_string().contains("Throttled") => {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                }
                Err(error) => return Err(error).context(task.window.to_string()),
            }
            invocations += 1;
            ensure!(invocations <= MOST_INVOCATIONS, "the window does not end");
        }
        if is_cold {
            function.stop().await?;
            (function, _) = Function::start(BINARY, NAME, variables).await?;
        }
    }
}
