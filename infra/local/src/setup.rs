//! What the twin needs on this machine: found, or named with the command that installs it.

use crate::postgres::{self, Binaries};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// What is told while something is prepared.
pub type Say<'a> = &'a mut (dyn FnMut(&str) + Send);

/// The repository and the folder in it that belongs to the twin.
#[derive(Debug, Clone)]
pub struct Places {
    /// The repository.
    pub root: PathBuf,
    /// `.local`: everything the twin writes.
    pub local: PathBuf,
}

impl Places {
    /// The repository this crate was built from.
    pub fn of_this_repository() -> Result<Self> {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = crate_folder
            .ancestors()
            .nth(2)
            .context("infra/local lies two folders deep")?
            .to_owned();
        let local = root.join(".local");
        std::fs::create_dir_all(local.join("logs"))
            .with_context(|| format!("creating {}", local.display()))?;
        Ok(Self { root, local })
    }

    /// `infra/<name>`.
    pub fn infra(&self, name: &str) -> PathBuf {
        self.root.join("infra").join(name)
    }

    /// Held while something shared is prepared: several twins may start at once.
    pub async fn lock(&self, name: &str) -> Result<File> {
        let path = self.local.join(format!("{name}.lock"));
        let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("locking {}", path.display()));
                }
            }
        }
    }
}

const OLDEST_PYTHON: (u32, u32) = (3, 11);
const INSTALL_PYTHON: &str = "install it with `sudo apt-get install python3 python3-venv` (Debian, Ubuntu), \
`sudo dnf install python3` (Fedora) or `brew install python` (macOS), or name one in the variable PYTHON";

/// The interpreter of the virtual environment with the emulator; created when it is missing or out of date.
pub async fn python_with_ministack(places: &Places, say: Say<'_>) -> Result<PathBuf> {
    let _lock = places.lock("venv").await?;
    let folder = places.local.join("venv");
    let interpreter = folder.join("bin/python");
    let requirements = places.infra("local/requirements.txt");
    let pinned = std::fs::read(&requirements)
        .with_context(|| format!("reading {}", requirements.display()))?;
    let stamp = folder.join("requirements.sha256");
    let wanted = hex::encode(Sha256::digest(&pinned));
    let is_current = std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted);
    if is_current && version_of(&interpreter).await.is_some() {
        return Ok(interpreter);
    }
    let python = find_python().await?;
    say("Installing the emulator into .local/venv");
    let log = places.local.join("logs/venv.log");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("removing {}", folder.display()))?;
    }
    logged(
        Command::new(&python).args(["-m", "venv"]).arg(&folder),
        &log,
    )
    .await
    .with_context(|| {
        format!(
            "creating a virtual environment: the venv module of {} does not work; {INSTALL_PYTHON}",
            python.display()
        )
    })?;
    logged(
        Command::new(&interpreter)
            .args(["-m", "pip", "install", "--require-hashes", "--no-input"])
            .args(["--disable-pip-version-check", "--retries", "10", "-r"])
            .arg(&requirements),
        &log,
    )
    .await
    .context("installing infra/local/requirements.txt (this needs the network, once)")?;
    std::fs::write(&stamp, wanted)?;
    Ok(interpreter)
}

/// PostgreSQL for a test or tool that needs nothing else of the twin: found as the twin finds it.
pub async fn postgres_alone() -> Result<Binaries> {
    postgres(&Places::of_this_repository()?, &mut |_: &str| {}).await
}

/// PostgreSQL of the system; else the pinned wheel, installed beside the emulator.
pub async fn postgres(places: &Places, say: Say<'_>) -> Result<Binaries> {
    let missing = match postgres::find(None) {
        Ok(found) => return Ok(found),
        Err(missing) => missing,
    };
    let _lock = places.lock("postgres").await?;
    let folder = places.local.join("postgres-wheel");
    let requirements = places.infra("local/requirements-postgres.txt");
    let pinned = std::fs::read(&requirements)
        .with_context(|| format!("reading {}", requirements.display()))?;
    let stamp = folder.join("requirements.sha256");
    let wanted = hex::encode(Sha256::digest(&pinned));
    if !std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        say(
            "Installing PostgreSQL into .local/postgres-wheel: the system has none that is new enough",
        );
        let interpreter = python_with_ministack(places, &mut |_: &str| {}).await?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        logged(
            Command::new(&interpreter)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--require-hashes",
                    "--no-deps",
                    "--no-input",
                ])
                .args([
                    "--only-binary",
                    ":all:",
                    "--disable-pip-version-check",
                    "--retries",
                    "10",
                ])
                .arg("--target")
                .arg(&folder)
                .arg("-r")
                .arg(&requirements),
            &places.local.join("logs/postgres-wheel.log"),
        )
        .await
        .with_context(|| format!("{missing}; installing the wheel in its place failed as well"))?;
        std::fs::write(&stamp, wanted)?;
    }
    postgres::find(Some(&folder))
}

async fn find_python() -> Result<PathBuf> {
    let named = std::env::var_os("PYTHON").map(PathBuf::from);
    let usual = [
        "python3",
        "python3.14",
        "python3.13",
        "python3.12",
        "python3.11",
    ];
    let mut seen = Vec::new();
    for candidate in named.into_iter().chain(usual.iter().map(PathBuf::from)) {
        match version_of(&candidate).await {
            Some(version) if version >= OLDEST_PYTHON => return Ok(candidate),
            Some((major, minor)) => {
                seen.push(format!("{} is {major}.{minor}", candidate.display()));
            }
            None => {}
        }
    }
    let (major, minor) = OLDEST_PYTHON;
    let found = if seen.is_empty() {
        "none was found".to_owned()
    } else {
        seen.join(", ")
    };
    bail!("Python {major}.{minor} or newer is needed ({found}): {INSTALL_PYTHON}")
}

async fn version_of(python: &Path) -> Option<(u32, u32)> {
    let output = Command::new(python)
        .args(["-c", "import sys; print(*sys.version_info[:2])"])
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Runs a command; its output goes to a log whose end is part of the error. Dropped, it ends the command.
async fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let program = command.as_std().get_program().to_owned();
    let file = File::options().create(true).append(true).open(log)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .kill_on_drop(true)
        .status()
        .await
        .with_context(|| format!("running {}", program.display()))?;
    if status.success() {
        return Ok(());
    }
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(12)..].join("\n");
    bail!(
        "{} ended with {status}; see {}\n{tail}",
        program.display(),
        log.display()
    )
}
