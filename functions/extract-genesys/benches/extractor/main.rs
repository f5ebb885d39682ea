//! The extractor end to end: its release binary as a process under a Runtime API, against the fake source without a rate
//! limit and an S3 in memory. By a details job, and by the details query.
//!
//! `cargo bench -p extract-genesys --bench extractor`; `ROADS` (`job,query`), `JOB` (`10000,100000,1000000`) and `QUERY`
//! (`10000,100000,200000`: conversations of the day), `ROUNDS` (3) and `STARTS` (20) may be set. The source runs on the same
//! machine and makes its records while it is asked, so its own speed is measured as well. `BESIDE=/path/of/another/build`
//! measures that binary as well, round by round.

mod source;
mod truth;

use anyhow::{Context as _, Result, bail, ensure};
use measure::{Bucket, Folder, Function, binaries, list, option, print, spread, window};
use model::payload::{Extraction, WindowTask};
use source::Source;

/// The function measured.
const BINARY: &str = env!("CARGO_BIN_EXE_extract-genesys");
const NAME: &str = "extract-genesys";
const SETTINGS: &str = include_str!("../../../../infra/settings/tributary.toml");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let roads: Vec<String> = list("ROADS", "job,query")?;
    let rounds: usize = option("ROUNDS", 3)?;
    let starts: usize = option("STARTS", 20)?;
    ensure!(rounds > 0, "ROUNDS must be at least 1");
    if starts > 0 {
        start(starts).await?;
    }
    for road in roads {
        let (road, sizes) = match road.as_str() {
            "job" => (Extraction::Job, list("JOB", "10000,100000,1000000")?),
            "query" => (Extraction::Query, list("QUERY", "10000,100000,200000")?),
            other => bail!("ROADS has {other:?}, which is neither job nor query"),
        };
        for conversations in sizes {
            measure_one(road, conversations, rounds)
                .await
                .with_context(|| format!("{} of {conversations}", road.as_str()))?;
        }
    }
    Ok(())
}

/// How long an idle process takes to its first poll.
async fn start(starts: usize) -> Result<()> {
    let source = Source::start(1, Extraction::Job).await?;
    let world = World::start(&source).await?;
    let mut times = Vec::with_capacity(starts);
    for _ in 0..starts {
        let (function, took) = Function::start(BINARY, NAME, &world.variables).await?;
        times.push(took.as_secs_f64() * 1000.0);
        function.stop().await?;
    }
    let (best, median, worst) = spread(&mut times);
    println!(
        "start to first poll: median {median:.1} ms, fastest {best:.1}, slowest {worst:.1} ({starts} starts)"
    );
    Ok(())
}

async fn measure_one(road: Extraction, conversations: usize, rounds: usize) -> Result<()> {
    let source = Source::start(conversations, road).await?;
    let world = World::start(&source).await?;
    let alone = source.drain().await?;
    let task = task(&source)?;
    let binaries = binaries(BINARY);
    let mut done = vec![Vec::with_capacity(rounds); binaries.len()];
    for _ in 0..rounds {
        for ((_, binary), done) in binaries.iter().zip(&mut done) {
            world.bucket.clear();
            let receipt = || truth::check(&world.bucket, &task, road, source.expected);
            done.push(window(binary, NAME, &world.variables, &task, receipt).await?);
        }
    }
    for ((build, _), done) in binaries.iter().zip(&done) {
        print(
            &format!("conversations by {}, {build}", road.as_str()),
            &[("source alone, records/s", alone)],
            done,
        );
    }
    Ok(())
}

/// Everything around the function but the source.
struct World {
    bucket: Bucket,
    variables: Vec<(&'static str, String)>,
    _servers: [measure::Served; 2],
    _settings: Folder,
}

impl World {
    async fn start(source: &Source) -> Result<Self> {
        let bucket = Bucket::default();
        let s3 = measure::s3(&bucket).await?;
        let secrets = measure::secrets_manager(source.token(), None).await?;
        // A budget that holds nothing back: the pace is what `storm` measures.
        let budget = [("genesys.requests_per_minute", "4294967295")];
        let settings = Folder::with(SETTINGS, NAME, &budget)?;
        let variables = vec![
            ("BUCKET", "bench".to_owned()),
            ("SETTINGS_DIR", settings.path().display().to_string()),
            ("GENESYS_REGION", "mypurecloud.de".to_owned()),
            ("GENESYS_TOKEN_SECRET", "token".to_owned()),
            ("GENESYS_API_URL", source.url().to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("AWS_ENDPOINT_URL_S3", s3.url.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url.clone()),
        ];
        Ok(Self {
            bucket,
            variables,
            _servers: [s3, secrets],
            _settings: settings,
        })
    }
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
