//! Brings the warehouse to the version this code carries: tables made or brought to their newest definitions, views made anew where
//! their text has changed, roles with exactly what `sql/access/roles.toml` gives them.
//!
//! Every step is a small transaction with its own book-keeping in `ops.schema_version`. A call that is cut off leaves whole steps, and
//! the next one goes on with those that are missing.

mod access;
mod apply;
mod error;
mod grants;
mod others;
mod prepare;
mod privileges;
mod recorded;
mod units;
mod views;

pub use error::MigrateError;

use apply::{ENOUGH, Followed};
use model::settings::Settings;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use step::Deadline;
use warehouse::{Target, Warehouse};

/// The version of the schema as a whole. It rises with every change of a table; `CHANGELOG.md` says what changed.
pub const SCHEMA_VERSION: i32 = 3;

/// The function's environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Folder of the settings.
    #[serde(default = "layer")]
    pub settings_dir: PathBuf,
    /// Where statements run.
    #[serde(flatten)]
    pub target: Target,
}

fn layer() -> PathBuf {
    PathBuf::from("/opt")
}

/// Nothing, or what an earlier call of the same execution handed back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The long statement it has submitted; empty: none.
    #[serde(default)]
    pub statement_id: String,
    /// How often that statement has conflicted with others.
    #[serde(default)]
    pub attempt: u32,
    /// What was applied so far.
    #[serde(default)]
    pub applied: usize,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The schema's version when it is done.
    pub version: i32,
    /// Steps applied, by this call and those before it.
    pub applied: usize,
    /// Whether everything is applied; otherwise call again with what stands here.
    pub done: bool,
    /// A long statement that runs; empty: none.
    pub statement_id: String,
    /// How often it has conflicted with others.
    pub attempt: u32,
}

/// A call under way.
pub(crate) struct Call {
    deadline: Deadline,
    applied: usize,
    attempt: u32,
}

impl Call {
    /// Whether the next step is the next call's.
    fn is_late(&self) -> bool {
        self.deadline.is_near(ENOUGH)
    }
}

/// What the next call has to wait for.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    statement_id: String,
}

/// Brings the schema up to date.
#[derive(Debug)]
pub struct Migrator {
    warehouse: Warehouse,
    settings: Settings,
    /// The text of the version's changes.
    changes: String,
    nonce: u64,
    submitted: AtomicU64,
}

impl Migrator {
    /// Over the warehouse the configuration names.
    pub fn new(aws: &aws_config::SdkConfig, config: Config) -> Result<Self, MigrateError> {
        let settings = step::settings(&config.settings_dir)?;
        let warehouse = Warehouse::new(step::redshift_data(aws), config.target);
        Ok(Self::over(warehouse, settings))
    }

    /// Over this warehouse.
    pub fn over(warehouse: Warehouse, settings: Settings) -> Self {
        Self {
            warehouse,
            settings,
            changes: units::changes_text(),
            nonce: RandomState::new().hash_one(std::process::id()),
            submitted: AtomicU64::new(0),
        }
    }

    /// With sections besides those of `migrations/version_3.sql`, in the same form: for tests.
    #[must_use]
    pub fn with_changes(mut self, more: &str) -> Self {
        self.changes.push('\n');
        self.changes.push_str(more);
        self
    }

    /// Applies what is missing. Safe to run at any time, also twice at once: whoever comes second finds it done.
    pub async fn run(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Outcome, MigrateError> {
        let mut call = Call {
            deadline,
            applied: request.applied,
            attempt: request.attempt,
        };
        let flow = self.steps(&request.statement_id, &mut call).await?;
        let (done, statement_id) = match flow {
            ControlFlow::Continue(()) => (true, String::new()),
            ControlFlow::Break(waiting) => (false, waiting.statement_id),
        };
        let applied = call.applied;
        tracing::info!(
            applied,
            done,
            "Schema version {SCHEMA_VERSION}, applied {applied} steps"
        );
        Ok(Outcome {
            version: SCHEMA_VERSION,
            applied,
            done,
            statement_id,
            attempt: call.attempt,
        })
    }

    async fn steps(
        &self,
        statement_id: &str,
        call: &mut Call,
    ) -> Result<ControlFlow<Waiting>, MigrateError> {
        if !statement_id.is_empty() {
            match self.follow(statement_id, call).await? {
                Followed::Running => {
                    let statement_id = statement_id.to_owned();
                    return Ok(ControlFlow::Break(Waiting { statement_id }));
                }
                Followed::Committed => {
                    call.applied += 1;
                    call.attempt = 0;
                }
                Followed::Conflict => call.attempt += 1,
            }
        }
        let recorded = self.recorded(call).await?;
        if recorded.version > i64::from(SCHEMA_VERSION) {
            return Err(MigrateError::Newer {
                found: recorded.version,
            });
        }
        if let ControlFlow::Break(waiting) = self.apply_tables(&recorded, call).await? {
            return Ok(ControlFlow::Break(waiting));
        }
        if let ControlFlow::Break(waiting) = self.fill(&recorded, call).await? {
            return Ok(ControlFlow::Break(waiting));
        }
        if call.is_late() {
            return Ok(ControlFlow::Break(Waiting::default()));
        }
        self.refuse_defaults(call).await?;
        self.make_roles(call).await?;
        self.write_setting(&recorded, call).await?;
        self.apply_views(&recorded, call).await?;
        self.apply_access(call).await?;
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_empty_or_an_earlier_outcome() {
        let request: Request = serde_json::from_str("{}").unwrap();
        assert_eq!(
            (
                request.statement_id.as_str(),
                request.attempt,
                request.applied
            ),
            ("", 0, 0)
        );
        let again = r#"{"statement_id": "s", "attempt": 2, "applied": 7}"#;
        let request: Request = serde_json::from_str(again).unwrap();
        assert_eq!(
            (
                request.statement_id.as_str(),
                request.attempt,
                request.applied
            ),
            ("s", 2, 7)
        );
        let error = serde_json::from_str::<Request>(r#"{"force":true}"#).unwrap_err();
        assert!(error.to_string().starts_with("unknown field `force`"));
    }
}
