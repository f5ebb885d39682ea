//! `.local/twin.json`: where a twin that is up answers, for commands that use it.

use crate::setup::Places;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where everything answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Endpoints {
    /// The process that holds the twin.
    pub pid: u32,
    /// S3, Step Functions, Lambda, Secrets Manager, SNS, SQS and CloudWatch Logs.
    pub aws: String,
    /// The Redshift Data API.
    pub data_api: String,
    /// The warehouse, with its password.
    pub postgres: String,
    /// The fake Genesys Cloud.
    pub genesys: String,
    /// The fake Salesforce.
    pub salesforce: String,
    /// The data bucket.
    pub bucket: String,
    /// The state machine's ARN.
    pub state_machine: String,
    /// Function name by binary.
    pub functions: BTreeMap<String, String>,
    /// Where the conversations of its sources begin.
    pub data_begin: Timestamp,
    /// Where they end, exclusive.
    pub data_end: Timestamp,
}

/// The file while the twin is up; gone afterwards.
#[derive(Debug)]
pub struct StateFile(PathBuf);

impl StateFile {
    /// Writes the file, readable by this user alone.
    pub fn write(places: &Places, endpoints: &Endpoints) -> Result<Self> {
        ensure_free(places)?;
        let path = path(places);
        let mut file = File::options()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("writing {}", path.display()))?;
        file.write_all(&serde_json::to_vec_pretty(endpoints)?)?;
        Ok(Self(path))
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Refuses when another process holds a twin: the file has room for one.
pub fn ensure_free(places: &Places) -> Result<()> {
    if let Ok(other) = read(places)
        && other.pid != std::process::id()
        && is_alive(other.pid)
    {
        bail!(
            "process {} holds a twin already: end it with Ctrl-C, or remove {} if it is not one",
            other.pid,
            path(places).display()
        );
    }
    Ok(())
}

/// The twin that is up.
pub fn read(places: &Places) -> Result<Endpoints> {
    read_from(&path(places))
}

fn read_from(path: &Path) -> Result<Endpoints> {
    let text = match std::fs::read(path) {
        // Nothing has gone wrong here, so nothing of the operating system is quoted.
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "{} is missing: no twin is up; start one with `cargo local up` in another terminal",
            path.display()
        ),
        read => read.with_context(|| format!("reading {}", path.display()))?,
    };
    serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))
}

fn path(places: &Places) -> PathBuf {
    places.local.join("twin.json")
}

/// Whether a process with this number exists.
pub(crate) fn is_alive(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_twin_the_error_says_how_to_start_one_and_nothing_else() {
        let refused = read_from(Path::new("/nowhere/twin.json")).unwrap_err();
        let told = format!("{refused:#}");
        assert_eq!(
            told,
            "/nowhere/twin.json is missing: no twin is up; start one with `cargo local up` in another terminal"
        );
        // Another trouble than its absence is told with its cause.
        let refused = format!("{:#}", read_from(Path::new("/")).unwrap_err());
        assert!(refused.starts_with("reading /: "), "{refused}");
    }
}
