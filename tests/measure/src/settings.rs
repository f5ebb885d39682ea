//! A folder with settings that differ from the shipped ones.

use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};

/// A folder of its own, removed when this is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A copy of `tributary.toml` with other values: `("salesforce.bulk_threshold", "0")`.
    pub fn with(text: &str, name: &str, changes: &[(&str, &str)]) -> Result<Self> {
        let (mut found, mut table) = (0, String::new());
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        for line in &mut lines {
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                table = format!("{name}.");
            }
            let key = line.split('=').next().unwrap_or_default().trim();
            let is_changed = |changed: &&(&str, &str)| changed.0.strip_prefix(&table) == Some(key);
            if let Some((_, value)) = changes.iter().find(is_changed) {
                *line = format!("{key} = {value}");
                found += 1;
            }
        }
        ensure!(
            found == changes.len(),
            "the settings have not these keys, each once: {changes:?}"
        );
        let folder = std::env::temp_dir().join(format!("tributary-{name}-{}", std::process::id()));
        let folder = Self(folder);
        std::fs::create_dir_all(folder.path())?;
        std::fs::write(folder.path().join("tributary.toml"), lines.join("\n"))
            .with_context(|| folder.path().display().to_string())?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is a copy of a file.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
