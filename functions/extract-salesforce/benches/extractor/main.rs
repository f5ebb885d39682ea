//! The extractor end to end: its release binary as a process under a Runtime API, against the fake Salesforce and an S3 in
//! memory. By REST, and by a Bulk API 2.0 job.
//!
//! `cargo bench -p extract-salesforce`; `OBJECTS` (`account,account_ids`), `ROADS` (`rest,bulk`), `SIZES`
//! (`10000,100000,1000000`: records of the object) and `ROUNDS` (3) may be set. The source runs on the same machine and
//! takes about as long to make a page as the function to read it, so a first reading that is not counted keeps its
//! answers, and the rounds get the same bytes from memory. What the source gives by itself is shown both ways.
//!
//! `BESIDE=/path/of/another/build` measures that binary as well, round by round.
//!
//! With `SERVE=1` the source stays up after each measurement, until a line is read: for another program to read the same job.

mod source;
mod truth;

use anyhow::{Context as _, Result, bail, ensure};
use measure::{Bucket, Folder, Recorded, binaries, list, option, print, window};
use model::payload::{Extraction, WindowTask};
use serde_json::json;
use source::Source;
use truth::Records;

/// The function measured.
const BINARY: &str = env!("CARGO_BIN_EXE_extract-salesforce");
const NAME: &str = "extract-salesforce";
const SETTINGS: &str = include_str!("../../../../infra/settings/tributary.toml");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let objects: Vec<String> = list("OBJECTS", "account,account_ids")?;
    let roads: Vec<String> = list("ROADS", "rest,bulk")?;
    let sizes: Vec<usize> = list("SIZES", "10000,100000,1000000")?;
    let rounds: usize = option("ROUNDS", 3)?;
    ensure!(rounds > 0, "ROUNDS must be at least 1");
    for object in &objects {
        for road in &roads {
            let road = match road.as_str() {
                "rest" => Extraction::Rest,
                "bulk" => Extraction::Bulk,
                other => bail!("ROADS has {other:?}, which is neither rest nor bulk"),
            };
            for records in &sizes {
                measure_one(object, road, *records, rounds)
                    .await
                    .with_context(|| format!("{object} by {}, {records}", road.as_str()))?;
            }
        }
    }
    Ok(())
}

async fn measure_one(object: &str, road: Extraction, records: usize, rounds: usize) -> Result<()> {
    // No limit is as high: whatever there is, is read by this road.
    let threshold = match road {
        Extraction::Rest => i64::MAX.to_string(),
        _ => "0".to_owned(),
    };
    let settings = Folder::with(SETTINGS, NAME, &[("salesforce.bulk_threshold", &threshold)])?;
    let source = Source::start(object, records).await?;
    let kept = Recorded::start(source.url()).await?;
    let bucket = Bucket::default();
    let s3 = measure::s3(&bucket).await?;
    let secrets = measure::secrets_manager(source.token(), Some(kept.url())).await?;
    let variables = [
        ("BUCKET", "bench".to_owned()),
        ("SETTINGS_DIR", settings.path().display().to_string()),
        ("SALESFORCE_TOKEN_SECRET", "token".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_ENDPOINT_URL_S3", s3.url.clone()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url.clone()),
    ];
    let task: WindowTask = serde_json::from_value(json!({
        "run_id": "nightly-20260106t020000z", "mode": "nightly", "source": "salesforce", "object": object,
        "window": {"start": "2000-01-01T00:00:00Z", "end": "2026-01-06T00:00:00Z"}, "window_no": 1,
        "requests_per_minute": u32::MAX, "max_in_flight": 1, "at": "2026-01-06T02:00:00Z",
    }))?;
    let expected = Records::of(&source, object)?;
    let check = || truth::check(&bucket, &task, road, &expected);

    let live = window(BINARY, NAME, &variables, &task, check).await?;
    let asked = kept.requests();
    let made = source.drain(source.url(), road, &asked).await?;
    let from_memory = source.drain(kept.url(), road, &asked).await?;
    let binaries = binaries(BINARY);
    let mut done = vec![Vec::with_capacity(rounds); binaries.len()];
    for _ in 0..rounds {
        for ((_, binary), done) in binaries.iter().zip(&mut done) {
            bucket.clear();
            done.push(window(binary, NAME, &variables, &task, check).await?);
        }
    }
    ensure!(
        kept.requests().len() == asked.len(),
        "a round has asked for something else than the first reading"
    );
    for ((build, _), done) in binaries.iter().zip(&done) {
        print(
            &format!("{object} by {}, {build}", road.as_str()),
            &[
                ("source alone, making its pages", made),
                ("source alone, from memory", from_memory),
            ],
            done,
        );
    }
    println!(
        "  {:<34} {:>12.0}",
        "first reading (pages being made)",
        live.per_second()
    );
    if option("SERVE", 0_u8)? == 1 {
        println!("  {} with the token {}", kept.url(), source.token());
        // Away from the executor, which serves in the meantime.
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    }
    Ok(())
}
