//! The functions' binaries, built and packed as Lambda takes them: a zip with one file, `bootstrap`.

use crate::setup::{Places, Say};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::UNIX_EPOCH;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::{JoinSet, spawn_blocking};

/// The packages of `functions/`, each with one binary of the same name.
pub const FUNCTIONS: [&str; 9] = [
    "migrate",
    "refresh-token",
    "plan",
    "extract-genesys",
    "extract-salesforce",
    "load",
    "merge",
    "check",
    "export-report",
];

/// Names a folder with the functions of this very tree: whoever has just built them sets it, and nothing is built here. (The gate
/// builds them with its tests; by themselves they would be compiled again, with other features of the crates they share.)
const BUILT: &str = "TRIBUTARY_FUNCTIONS";

/// How a line begins that tells what is being compiled: there are hundreds of them the first time.
pub const COMPILES: &str = "  compiling ";

/// Builds the functions and returns a zip for each binary.
pub async fn functions(
    places: &Places,
    release: bool,
    say: Say<'_>,
) -> Result<BTreeMap<String, PathBuf>> {
    let _lock = places.lock("functions").await?;
    let built = std::env::var_os(BUILT).filter(|_| !release);
    let binaries = if let Some(folder) = built {
        let folder = PathBuf::from(folder);
        let there = FUNCTIONS.map(|name| (name.to_owned(), folder.join(name)));
        BTreeMap::from(there)
    } else {
        say(
            "Building the functions of the pipeline with cargo (the first time, and after a change of what they share, this takes minutes)",
        );
        build(places, release, say).await?
    };
    let profile = if release { "release" } else { "dev" };
    let folder = places.local.join("functions").join(profile);
    std::fs::create_dir_all(&folder)?;
    let mut packing = JoinSet::new();
    for name in FUNCTIONS {
        let binary = binaries
            .get(name)
            .with_context(|| format!("cargo did not name a binary {name}"))?
            .clone();
        let zip = folder.join(format!("{name}.zip"));
        packing.spawn(async move {
            pack(&binary, &zip)
                .await
                .with_context(|| format!("packing {}", binary.display()))?;
            anyhow::Ok((name.to_owned(), zip))
        });
    }
    packing.join_all().await.into_iter().collect()
}

/// Builds the functions, saying what cargo compiles.
async fn build(places: &Places, release: bool, say: Say<'_>) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&places.root)
        .args(["build", "--color=never"])
        .arg("--message-format=json-render-diagnostics");
    if release {
        command.arg("--release");
    }
    // By binary and not by package: the crates that the functions share then have the features they have in the whole workspace,
    // and what `cargo local` itself or `cargo build --workspace` has compiled is not compiled again.
    for name in FUNCTIONS {
        command.args(["--bin", name]);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("running cargo build")?;
    let told = child.stderr.take().context("cargo has a standard error")?;
    let mut made = child.stdout.take().context("cargo has a standard output")?;
    let follow = async {
        let mut lines = BufReader::new(told).lines();
        let mut rest = String::new();
        while let Some(line) = lines.next_line().await? {
            match line.trim_start().strip_prefix("Compiling ") {
                Some(what) => say(&format!("{COMPILES}{}", without_path(what))),
                None => rest = rest + &line + "\n",
            }
        }
        anyhow::Ok(rest)
    };
    let mut output = String::new();
    let (rest, read) = tokio::join!(follow, made.read_to_string(&mut output));
    read.context("reading what cargo build put out")?;
    let status = child.wait().await.context("waiting for cargo build")?;
    if !status.success() {
        bail!(
            "cargo build of the functions ended with {status}:\n{}",
            rest?
        );
    }
    let mut binaries = BTreeMap::new();
    for line in output.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let (Some(path), Some(name)) = (
            message["executable"].as_str(),
            message["target"]["name"].as_str(),
        ) {
            binaries.insert(name.to_owned(), PathBuf::from(path));
        }
    }
    Ok(binaries)
}

/// `plan v0.1.0 (/a/path)` without the path.
fn without_path(what: &str) -> &str {
    what.split(" (").next().unwrap_or(what)
}

/// Packs a binary unless the zip was made of this very file.
async fn pack(binary: &Path, zip: &Path) -> Result<()> {
    let made_of = identity(binary)?;
    let stamp = zip.with_extension("stamp");
    if zip.exists() && std::fs::read_to_string(&stamp).is_ok_and(|found| found == made_of) {
        return Ok(());
    }
    let stripped = zip.with_extension("stripped");
    let bytes = if strip(binary, &stripped).await {
        let bytes = std::fs::read(&stripped)?;
        std::fs::remove_file(&stripped)?;
        bytes
    } else {
        std::fs::read(binary)?
    };
    let packed = zip.to_owned();
    spawn_blocking(move || write(&bytes, &packed)).await??;
    std::fs::write(&stamp, made_of)?;
    Ok(())
}

/// Writes the zip beside its place and renames it: one that is half written must never be found.
fn write(bytes: &[u8], zip: &Path) -> Result<()> {
    let unfinished = zip.with_extension("unfinished");
    let mut writer = zip::ZipWriter::new(File::create(&unfinished)?);
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o755);
    writer.start_file("bootstrap", options)?;
    writer.write_all(bytes)?;
    writer.finish()?.sync_all()?;
    std::fs::rename(&unfinished, zip)?;
    Ok(())
}

/// Size and time of change: a binary that cargo did not write again keeps both.
fn identity(file: &Path) -> Result<String> {
    let metadata = std::fs::metadata(file)?;
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH)?;
    Ok(format!("{} {}", metadata.len(), changed.as_nanos()))
}

/// Symbols and line tables are a third of a debug binary; without the tool they are packed with the rest.
async fn strip(binary: &Path, stripped: &Path) -> bool {
    Command::new("strip")
        .arg("-o")
        .arg(stripped)
        .arg(binary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .is_ok_and(|status| status.success())
}
