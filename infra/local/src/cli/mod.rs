//! What each command does.

pub(crate) mod demo;
pub(crate) mod faults;
pub(crate) mod run;

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Writes the file, and says where it is.
fn write_json(file: &Path, value: &Value) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
    eprintln!("\nAs JSON: {}", file.display());
    Ok(())
}
