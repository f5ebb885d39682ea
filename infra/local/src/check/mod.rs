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
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What there is to tell.
#[derive(Debug, Default)]
pub struct Found {
    /// Everything that is wrong, each with its place; empty when nothing is.
    pub problems: Vec<String>,
    /// What a run accepts and still looks like a mistake.
    pub notes: Vec<String>,
    /// Files looked at.
    pub files: Files,
}

/// How many files were looked at: one that is missing here has a name by which no run finds it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Files {
    /// `tributary.toml`.
    pub settings: usize,
    /// `reports/*.toml`.
    pub reports: usize,
    /// `events/pipeline/*.json`.
    pub events: usize,
}

impl Found {
    /// All of it for a person.
    pub fn text(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("note: {note}\n"));
        let problems = self.problems.iter().map(|problem| format!("{problem}\n"));
        let mut text: String = notes.chain(problems).collect();
        let count = |count: usize, what: &str| {
            let s = if count == 1 { "" } else { "s" };
            format!("{count} {what}{s}")
        };
        let Files {
            settings,
            reports,
            events,
        } = self.files;
        let (settings, reports) = (count(settings, "settings file"), count(reports, "report"));
        let events = count(events, "event");
        let _ = write!(text, "Looked at {settings}, {reports} and {events}");
        if self.problems.is_empty() {
            text.push_str("; they, template and state machine agree");
        }
        text
    }
}

/// Looks at the repository with the settings of this folder, as a run that begins at `at` would see them.
pub fn look(places: &Places, folder: &Path, at: Timestamp) -> Found {
    // By the function's own rules: what is told here is what it would refuse.
    let settings = judge(folder);
    let mut found = Found {
        problems: settings.problems(at),
        notes: settings.notes(),
        files: Files {
            settings: usize::from(folder.join("tributary.toml").is_file()),
            ..Files::default()
        },
    };
    for looked in [
        reports(folder, &mut found),
        events(places, &mut found),
        infrastructure(places, &settings, &mut found.problems),
    ] {
        if let Err(error) = looked {
            found.problems.push(format!("{error:#}"));
        }
    }
    found
}

/// Counts the reports and tells what lies beside them: it is deployed with them, and no run makes anything of it. Whether each
/// report can be made is in the settings' problems, and so is it that there is no such folder.
fn reports(folder: &Path, found: &mut Found) -> Result<()> {
    let folder = folder.join("reports");
    if !folder.is_dir() {
        return Ok(());
    }
    let is_report = |path: &PathBuf| path.extension().is_some_and(|one| one == "toml");
    let (reports, others): (Vec<_>, Vec<_>) = entries(&folder)?.into_iter().partition(is_report);
    found.files.reports = reports.len();
    for path in others {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What an editor or a file manager leaves behind is nobody's report.
        if !name.starts_with('.') {
            found.notes.push(format!(
                "settings reports/{name}: its name does not end in .toml, so no run makes a report of it; rename it, or keep it elsewhere"
            ));
        }
    }
    Ok(())
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
fn events(places: &Places, found: &mut Found) -> Result<()> {
    let problems = &mut found.problems;
    let mut paths = entries(&places.root.join("events/pipeline"))?;
    paths.retain(|path| path.extension().is_some_and(|one| one == "json"));
    found.files.events = paths.len();
    for path in paths {
        let text = std::fs::read_to_string(&path)?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_read = serde_json::from_str(&text)
            .map_err(anyhow::Error::from)
            .and_then(|value| PipelineInput::read(&value).map_err(anyhow::Error::from));
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
            let refusals = error.refusals().iter();
            problems.extend(refusals.map(|refusal| format!("{}: {refusal}", path.display())));
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

/// What lies in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut found = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
