//! `cargo local check`: settings, reports, events, template and state machine agree, without starting anything.

use crate::machine::Machine;
use crate::setup::Places;
use crate::template::{Template, Values};
use crate::{deploy, package};
use anyhow::{Context, Result};
use jiff::Timestamp;
use model::payload::PipelineInput;
use plan::settings::{Folder, judge};
use std::collections::BTreeMap;
use std::path::Path;

/// What there is to tell.
#[derive(Debug, Default)]
pub struct Found {
    /// Everything that is wrong, each with its place; empty when nothing is.
    pub problems: Vec<String>,
    /// What a run accepts and tells.
    pub notes: Vec<String>,
}

/// Looks at the repository with the settings of this folder, as a run that begins at `at` would see them.
pub fn look(places: &Places, folder: &Path, at: Timestamp) -> Found {
    // By the function's own rules: what is told here is what it would refuse.
    let settings = judge(folder);
    let mut problems = settings.problems(at);
    for looked in [
        events(places, &mut problems),
        infrastructure(places, &settings, &mut problems),
    ] {
        if let Err(error) = looked {
            problems.push(format!("{error:#}"));
        }
    }
    Found {
        problems,
        notes: settings.notes(),
    }
}

fn infrastructure(places: &Places, settings: &Folder, problems: &mut Vec<String>) -> Result<()> {
    let path = places.infra("pipeline.asl.json");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let machine = Machine::parse(&text).with_context(|| format!("{}", path.display()))?;
    problems.extend(
        machine
            .problems()
            .into_iter()
            .map(|problem| format!("pipeline.asl.json: {problem}")),
    );
    if let Some(wanted) = settings.max_concurrency().map(u64::from) {
        for (name, concurrency) in machine.map_concurrency() {
            if concurrency != wanted {
                problems.push(format!(
                    "pipeline.asl.json: {name} has MaxConcurrency {concurrency}, but tributary.toml divides the quotas by plan.max_concurrency = {wanted}"
                ));
            }
        }
    }
    template(places, &machine, problems)
}

/// Whether the file is meant to be refused is told by its name; `plan` says why.
fn events(places: &Places, problems: &mut Vec<String>) -> Result<()> {
    for path in files(&places.root.join("events/pipeline"), "json")? {
        let text = std::fs::read_to_string(&path)?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_read = serde_json::from_str::<PipelineInput>(&text);
        let is_meant_to_be_refused = matches!(
            name.as_str(),
            "unknown-mode" | "unknown-field" | "unknown-filter-key"
        );
        if let Ok(PipelineInput {
            filter: Some(filter),
            ..
        }) = &is_read
            && name != "unknown-dimension"
            && let Err(error) = genesys::query::check_filter(filter)
        {
            problems.push(format!("{}: {error}", path.display()));
        }
        match (is_read, is_meant_to_be_refused) {
            (Err(error), false) => problems.push(format!("{}: {error}", path.display())),
            (Ok(_), true) => problems.push(format!("{}: is accepted", path.display())),
            _ => {}
        }
    }
    Ok(())
}

fn template(places: &Places, machine: &Machine, problems: &mut Vec<String>) -> Result<()> {
    let template = Template::read(&places.infra("template.yaml"))?;
    let mut values = Values::new(&template, &BTreeMap::new())?;
    deploy::name_everything(&template, &mut values)?;
    deploy::name_created(&template, &mut values)?;
    template.state_machine(&values).context("template.yaml")?;
    let functions = template.functions(&values).context("template.yaml")?;
    let limits = machine.call_limits();
    for function in &functions {
        if !package::FUNCTIONS.contains(&function.binary.as_str()) {
            problems.push(format!(
                "template.yaml: {} runs {}, which is not in functions/",
                function.id, function.binary
            ));
        }
        match limits.get(&format!("{}Arn", function.id)) {
            None => problems.push(format!("pipeline.asl.json: nothing calls {}", function.id)),
            Some(limit) if *limit <= function.timeout_seconds => problems.push(format!(
                "pipeline.asl.json: a task gives {} {limit} s, but template.yaml lets it run for {} s",
                function.id, function.timeout_seconds
            )),
            Some(_) => {}
        }
    }
    for name in package::FUNCTIONS {
        if !functions.iter().any(|function| function.binary == name) {
            problems.push(format!(
                "template.yaml: deploys no function for functions/{name}"
            ));
        }
    }
    Ok(())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|one| one == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
