//! The settings folder: a Lambda layer in production, a copy on the twin.

use model::settings::{Settings, SettingsError};
use model::{Classify, Kind};
use std::path::{Path, PathBuf};

/// Why a file of the settings folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// The file cannot be opened.
    #[error(
        "settings file {path} cannot be read; SETTINGS_DIR must be the folder of infra/settings"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file breaks a rule.
    #[error(transparent)]
    Content(#[from] SettingsError),
}

impl Classify for SettingsFileError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// The text of one file of the settings folder.
pub fn settings_file(dir: &Path, name: &str) -> Result<String, SettingsFileError> {
    let path = dir.join(name);
    std::fs::read_to_string(&path).map_err(|cause| SettingsFileError::Read { path, cause })
}

/// Reads and checks `tributary.toml`.
pub fn settings(dir: &Path) -> Result<Settings, SettingsFileError> {
    Ok(Settings::parse(&settings_file(dir, "tributary.toml")?)?)
}
