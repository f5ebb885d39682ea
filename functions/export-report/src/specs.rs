//! The reports a deployer has set up: `reports/*.toml` in the settings folder.

use crate::ExportError;
use report::Spec;
use std::path::Path;

/// The checked spec of report `name`.
pub fn load(settings_dir: &Path, name: &str) -> Result<Spec, ExportError> {
    let unknown = || ExportError::UnknownReport {
        name: name.to_owned(),
        known: known(settings_dir),
    };
    // The name becomes a path and a key: nothing but a plain name reaches the file system.
    if !report::is_name(name) {
        return Err(unknown());
    }
    let file = format!("reports/{name}.toml");
    if !settings_dir.join(&file).is_file() {
        return Err(unknown());
    }
    Ok(Spec::parse(
        name,
        &step::settings_file(settings_dir, &file)?,
    )?)
}

/// The names of all reports, for a message.
fn known(settings_dir: &Path) -> String {
    let mut names: Vec<_> = std::fs::read_dir(settings_dir.join("reports"))
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(".toml").map(ToOwned::to_owned)
        })
        .collect();
    names.sort();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
