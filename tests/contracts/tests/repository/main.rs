//! The parts of the repository that are not Rust agree with the parts that are: state machine, template, events, settings,
//! SQL. Nothing is started here; `cargo test -p contracts` answers in seconds.

mod access;
mod alone;
mod calls;
mod causes;
mod dictionary;
mod events;
mod genesys;
mod inputs;
mod machine;
mod settings;
mod sql;
mod sql_gate;
mod template;

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A path below the repository's root.
fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(below)
}

/// The text of a file of the repository.
fn text(below: &str) -> Result<String> {
    std::fs::read_to_string(path(below)).with_context(|| format!("reading {below}"))
}

/// Names of what lies in a folder of the repository, in order.
fn names(below: &str) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(path(below)).with_context(|| format!("reading {below}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_str().context("a name that is not UTF-8")?;
        if !name.starts_with('.') {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}
