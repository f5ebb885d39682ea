//! `infra/template.yaml` as the twin reads it: the same functions, variables, roles and substitutions, with the twin's values.

mod functions;
mod resolve;
#[cfg(test)]
mod tests;

pub use functions::{FunctionSpec, RoleSpec, StateMachineSpec};
pub use resolve::{Place, Values};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A SAM template, parsed but not resolved.
#[derive(Debug, Clone)]
pub struct Template {
    folder: PathBuf,
    root: Map<String, Value>,
}

impl Template {
    /// Reads a template whose intrinsic functions are written out (`Fn::Sub: …`, not `!Sub`).
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the template {}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        Self::parse(&text, folder).with_context(|| format!("template {}", path.display()))
    }

    /// Parses the text of a template; `folder` is what its relative paths start from.
    pub fn parse(text: &str, folder: PathBuf) -> Result<Self> {
        let root: Value = serde_saphyr::from_str(text).context("is not YAML")?;
        match root {
            Value::Object(root) => Ok(Self { folder, root }),
            _ => bail!("is not a map of sections"),
        }
    }

    /// A section such as `Parameters`; empty when the template has none.
    pub(crate) fn section(&self, name: &str) -> Map<String, Value> {
        match self.root.get(name) {
            Some(Value::Object(map)) => map.clone(),
            _ => Map::new(),
        }
    }

    /// The resources of one type: logical id and properties.
    pub fn resources(&self, kind: &str) -> BTreeMap<String, Value> {
        self.section("Resources")
            .into_iter()
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| {
                let properties = match &resource["Properties"] {
                    Value::Null => Value::Object(Map::new()),
                    given => given.clone(),
                };
                (id, properties)
            })
            .collect()
    }

    /// The type of a resource.
    pub fn kind(&self, id: &str) -> Option<String> {
        self.section("Resources").get(id)?["Type"]
            .as_str()
            .map(str::to_owned)
    }

    /// A resource's `Condition`, if it has one.
    pub(crate) fn condition_of(&self, id: &str) -> Option<String> {
        self.section("Resources").get(id)?["Condition"]
            .as_str()
            .map(str::to_owned)
    }

    /// Logical ids of all resources.
    pub fn ids(&self) -> Vec<String> {
        self.section("Resources").keys().cloned().collect()
    }

    /// A path in the template, seen from its folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }
}
