//! What is needed while one window is read.

use crate::object::Object;
use crate::state::{Stage, State};
use crate::{ExtractError, Request};
use genesys::api::{Api, ContactSources, Downloads};
use jiff::Timestamp;
use landing::{Store, WindowWriter, Written};
use model::filter::Filter;
use model::settings::Settings;
use source_http::SourceError;
use std::time::Duration;
use step::Deadline;

/// One window being read.
pub(crate) struct Run<'a> {
    pub settings: &'a Settings,
    pub store: &'a Store,
    pub task: &'a Request,
    pub object: Object,
    pub deadline: Deadline,
    /// Less than this left: hand back.
    pub keep: Duration,
    pub writer: WindowWriter,
    pub state: State,
    /// Calls of earlier invocations.
    pub calls_before: u64,
    /// Calls of this invocation for the object that comes along.
    pub calls_beside: u64,
    /// Whose external ids are Salesforce ids.
    pub contact_sources: ContactSources,
}

/// The source, for one invocation.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub api: Api,
    pub downloads: Downloads,
}

/// Whether a stage reached its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing is left of it.
    Complete,
    /// The deadline is near: hand back.
    HandBack,
}

impl Run<'_> {
    /// Keeps the present state with what has been taken. Call after each page.
    pub async fn checkpoint(&mut self, api: &Api) -> Result<(), ExtractError> {
        self.count_calls(api);
        Ok(self.writer.checkpoint(&self.state).await?)
    }

    /// Keeps the present state now: it says what must not be done twice.
    pub async fn keep(&mut self, api: &Api) -> Result<(), ExtractError> {
        self.count_calls(api);
        Ok(self.writer.flush(&self.state).await?)
    }

    /// The calls so far are the window's own, but for those of the object that comes along.
    pub fn count_calls(&mut self, api: &Api) {
        let own = api.client().calls().saturating_sub(self.calls_beside);
        self.writer.counts().calls = self.calls_before + own;
    }

    /// Whether to hand back now.
    pub fn is_late(&self) -> bool {
        self.deadline.is_near(self.keep)
    }

    /// Takes a record of an object other than conversations.
    pub fn take(&mut self, payload: &str, received_at: Timestamp) -> Result<Written, ExtractError> {
        let object = self.object;
        let id = object.natural_id(payload);
        let written = self.writer.record(&id, payload, received_at, |rows| {
            object.write(payload, rows)
        })?;
        Ok(written)
    }

    pub fn source(&self, cause: SourceError) -> ExtractError {
        ExtractError::source_of(self.task, self.object, cause)
    }

    /// What the conversations are limited to: by the event, else by the settings.
    pub fn filter(&self) -> Option<&Filter> {
        let filter = match &self.task.filter {
            Some(filter) => filter,
            None => &self.settings.genesys.filter,
        };
        (!filter.is_empty()).then_some(filter)
    }

    pub fn is_at_start(&self) -> bool {
        self.state.stage == Stage::Start
    }
}
