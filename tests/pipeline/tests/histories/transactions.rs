//! The transactions of a merge, as the function submits them.

use anyhow::{Result, ensure};
use local::data_api::sql::bind::{Parameters, used};
use local::data_api::sql::lex;
use local::data_api::sql::rewrite::rewrite;
use model::payload::StatementRequest;
use model::settings::Settings;
use warehouse::sql;

const SETTINGS: &str = include_str!("../../../../infra/settings/tributary.toml");

/// The transactions of a merge as the functions have them.
#[derive(Debug, Clone)]
pub struct Merge {
    /// Statements of Redshift.
    pub stages: Vec<Vec<String>>,
    /// The same as PostgreSQL runs them, but for those that take parameters.
    pub ready: Vec<Vec<Option<String>>>,
    pub settings: Settings,
}

impl Merge {
    /// Those of the shipped SQL and settings.
    pub fn shipped() -> Result<Self> {
        let stages = sql::merge_stages()?;
        let stages = stages.iter().map(sql::Stage::statements).collect();
        Self::of(stages, Settings::parse(SETTINGS)?)
    }

    fn of(stages: Vec<Vec<String>>, settings: Settings) -> Result<Self> {
        let ready = |statement: &String| -> Result<Option<String>> {
            if used(statement)?.is_empty() {
                Ok(Some(rewrite(&lex(statement)?)?))
            } else {
                Ok(None)
            }
        };
        Ok(Self {
            ready: stages
                .iter()
                .map(|stage| stage.iter().map(ready).collect())
                .collect::<Result<_>>()?,
            stages,
            settings,
        })
    }

    /// The same with `from` replaced wherever it stands.
    pub fn with(&self, from: &str, to: &str) -> Result<Self> {
        let mut stages = self.stages.clone();
        let mut count = 0;
        for statement in stages.iter_mut().flatten() {
            count += statement.matches(from).count();
            *statement = statement.replace(from, to);
        }
        ensure!(count > 0, "no statement of the merge holds {from:?}");
        Self::of(stages, self.settings.clone())
    }

    /// The values of a run.
    pub fn parameters(&self, run: &str) -> Result<Parameters> {
        let request: StatementRequest = serde_json::from_value(serde_json::json!({
            "run_id": run, "execution": "histories", "at": "2026-01-31T00:00:00Z",
        }))?;
        Ok(merge::parameters(&request, &self.settings)
            .into_iter()
            .collect())
    }
}
