//! Finds PostgreSQL's programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

/// The oldest version with MERGE.
const OLDEST: u32 = 15;

/// A folder with PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    version: u32,
}

impl Binaries {
    /// The path of one program.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The newest PostgreSQL below a folder, such as one a wheel was installed into.
    pub fn below(folder: &Path) -> Option<Self> {
        search(folder, 8)
    }

    /// The folder they lie in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The major version.
    pub fn version(&self) -> u32 {
        self.version
    }

    fn at(folder: &Path) -> Option<Self> {
        // Links are followed: initdb looks for its share folder beside itself.
        let folder = folder
            .join("postgres")
            .canonicalize()
            .ok()?
            .parent()?
            .to_owned();
        folder.join("initdb").exists().then_some(())?;
        let said = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        let version = major(&String::from_utf8_lossy(&said.stdout))?;
        Some(Self { folder, version })
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → 15.
fn major(said: &str) -> Option<u32> {
    let number = said
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// A program on the PATH, or in the folders of the system's own tools.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/bin", "/usr/sbin", "/bin", "/sbin"].map(PathBuf::from));
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Finds PostgreSQL ≥ 15: the newest one of the system, else one below `extra`, a folder a wheel was installed into
/// (its programs lie in some `bin` beside each other).
pub fn find(extra: Option<&Path>) -> anyhow::Result<Binaries> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for root in [
        "/usr/lib/postgresql",
        "/usr/pgsql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
    ] {
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            folders.push(entry.path().join("bin"));
        }
    }
    let mut found: Vec<Binaries> = folders
        .iter()
        .filter_map(|folder| Binaries::at(folder))
        .collect();
    found.sort_by_key(|b| std::cmp::Reverse(b.version));
    if let Some(newest) = found.first().filter(|b| b.version >= OLDEST) {
        return Ok(newest.clone());
    }
    if let Some(below) = extra
        .and_then(Binaries::below)
        .filter(|b| b.version >= OLDEST)
    {
        return Ok(below);
    }
    let old = found
        .first()
        .map(|b| format!(" (version {} is too old)", b.version))
        .unwrap_or_default();
    bail!(
        "PostgreSQL {OLDEST} or newer was not found{old}; install it with: apt-get install postgresql"
    )
}

/// Looks for `bin/postgres` some folders deep; a wheel may hold several versions, the newest wins.
fn search(folder: &Path, depth: u32) -> Option<Binaries> {
    if let Some(here) = Binaries::at(&folder.join("bin")) {
        return Some(here);
    }
    if depth == 0 {
        return None;
    }
    let below = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path());
    let folders = below.filter(|path| path.is_dir() && !path.is_symlink());
    folders
        .filter_map(|folder| search(&folder, depth - 1))
        .max_by_key(|found| found.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major("nothing"), None);
    }

    #[test]
    fn a_folder_without_postgres_gives_none() {
        assert_eq!(search(Path::new(env!("CARGO_MANIFEST_DIR")), 1), None);
    }
}
