//! The settings folder, judged as a whole: what a run refuses before its first call, `cargo local check` tells beforehand.

use crate::{PlanError, rules, values, windows};
use jiff::{SignedDuration, Timestamp};
use model::settings::{Read, Settings};
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use step::SettingsFileError;

const NAME: &str = "tributary.toml";
const NO_SETTINGS: &str = " has no tributary.toml";

/// A settings folder and everything that is wrong with it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    read: Option<Read>,
    reports: BTreeSet<String>,
    problems: Vec<PlanError>,
}

/// Reads a settings folder and judges all that lies in it.
pub fn judge(folder: &Path) -> Folder {
    let mut judged = Folder {
        path: folder.to_owned(),
        read: None,
        reports: BTreeSet::new(),
        problems: Vec::new(),
    };
    if folder.is_dir() {
        judged.settings();
        judged.reports();
    } else if folder.exists() {
        judged.lacks(" is no folder");
    } else {
        judged.lacks(" does not exist");
    }
    judged
}

impl Folder {
    /// Everything that a run at `at` refuses, one text each; empty when nothing is wrong.
    pub fn problems(&self, at: Timestamp) -> Vec<String> {
        let mut problems: Vec<String> = self.problems.iter().map(PlanError::text).collect();
        if let Some(read) = &self.read
            && let Some(settings) = &read.settings
            && let Err(error) = rules::check_start(settings, at, at)
        {
            problems.push(error.text());
        }
        problems
    }

    /// What a run accepts and tells in its notices.
    pub fn notes(&self) -> Vec<String> {
        let Some(read) = &self.read else {
            return Vec::new();
        };
        let Some(settings) = &read.settings else {
            return Vec::new();
        };
        // In place of a value that could not be read stands another, of which there is nothing to tell.
        let has_all = |keys: &[&str]| keys.iter().all(|key| read.has(key));
        let mut notes = Vec::new();
        if has_all(&["genesys.filter"]) {
            notes.extend(values::of_settings(settings));
        }
        if has_all(&[
            "plan.horizon_days",
            "plan.window_hours",
            "genesys.settle_hours",
        ]) {
            let width = SignedDuration::from_hours(i64::from(settings.plan.window_hours));
            notes.extend(windows::short_horizon(settings, width));
        }
        notes
    }

    /// `plan.max_concurrency`, when it could be read.
    pub fn max_concurrency(&self) -> Option<u32> {
        let read = self.read.as_ref()?;
        let settings = read.settings.as_ref()?;
        read.has("plan.max_concurrency")
            .then_some(settings.plan.max_concurrency)
    }

    /// Settings and names of the reports, unless anything is wrong.
    pub(crate) fn usable(self) -> Result<(Settings, BTreeSet<String>), PlanError> {
        PlanError::of(self.problems)?;
        let path = self.path;
        let settings = self.read.and_then(|read| read.settings);
        let settings = settings.ok_or(PlanError::Folder {
            path,
            lacks: NO_SETTINGS,
        })?;
        Ok((settings, self.reports))
    }

    fn lacks(&mut self, lacks: &'static str) {
        let path = self.path.clone();
        self.problems.push(PlanError::Folder { path, lacks });
    }

    fn settings(&mut self) {
        if !self.path.join(NAME).exists() {
            return self.lacks(NO_SETTINGS);
        }
        let read = step::settings_file(&self.path, NAME)
            .and_then(|text| Settings::read(&text).map_err(SettingsFileError::from));
        match read {
            Err(error) => self.problems.push(error.into()),
            Ok(read) => {
                let wrong = read.wrong.iter().cloned();
                self.problems.extend(wrong.map(PlanError::from));
                if let Some(settings) = &read.settings {
                    self.problems.extend(rules::check_settings(&read, settings));
                }
                self.read = Some(read);
            }
        }
    }

    /// The TOML files of `reports/`, each of which must be a report.
    fn reports(&mut self) {
        let path = self.path.join("reports");
        if !path.is_dir() {
            return self.lacks(" has no folder reports");
        }
        let listed =
            std::fs::read_dir(&path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut files: Vec<_> = match listed {
            Ok(files) => files.iter().map(DirEntry::path).collect(),
            Err(cause) => return self.problems.push(PlanError::Reports { path, cause }),
        };
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "toml")
        });
        files.sort();
        for file in files {
            let Some(name) = file.file_stem().and_then(|name| name.to_str()) else {
                continue;
            };
            match std::fs::read_to_string(&file) {
                Ok(text) => match report::Spec::parse(name, &text) {
                    Ok(_) => _ = self.reports.insert(name.to_owned()),
                    Err(error) => self.problems.push(error.into()),
                },
                Err(cause) => self.problems.push(PlanError::Reports {
                    path: file.clone(),
                    cause,
                }),
            }
        }
    }
}
