//! What is needed while one window is read.

use crate::absent::stand_in;
use crate::object::Object;
use crate::state::{Stage, State};
use crate::{ExtractError, Request};
use genesys::api::{Api, ContactSources, Downloads};
use jiff::Timestamp;
use landing::{Store, WindowWriter, Written};
use model::filter::Filter;
use model::phone::Numbers;
use model::settings::Settings;
use source_http::{SourceError, WireFault};
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
    /// The state this invocation began with.
    pub began: State,
    /// Calls of earlier invocations.
    pub calls_before: u64,
    /// Whose external ids are Salesforce ids.
    pub contact_sources: ContactSources,
    /// How long an id that failed alone is left in peace before it is asked for once more.
    pub pause: Duration,
    /// How long this invocation has waited at most for a call that failed and is followed by smaller ones, or that was never
    /// answered, repetitions included.
    pub silence: Duration,
}

/// A job that has not ended after so long is given up: else a job that hangs would be waited for as long as the run may last.
const PATIENCE_HOURS: i64 = 6;

/// A call that fails so near the end was ended by it.
const END: Duration = Duration::from_secs(2);

/// The source, for one invocation.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub api: Api,
    /// The same, with a count of its own: for the object that comes along.
    pub beside: Api,
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

    /// The calls of `api` so far are the window's own.
    pub fn count_calls(&mut self, api: &Api) {
        self.writer.counts().calls = self.calls_before + api.client().calls();
    }

    /// Whether to hand back now: another call that fails as slowly must not end with the invocation.
    pub fn is_late(&self) -> bool {
        self.deadline.is_near(self.keep + self.silence)
    }

    /// A call failed after so long: remembered when it was never answered.
    pub fn note_silence(&mut self, cause: &SourceError, took: Duration) {
        if cause.fault() == Some(WireFault::Unanswered) {
            self.note_failure(took);
        }
    }

    /// A call failed after so long, and smaller ones take its place: they may take as long.
    pub fn note_failure(&mut self, took: Duration) {
        self.silence = self.silence.max(took);
    }

    /// Whether a call ended with the invocation, and the window has come further in it: nobody refused anything, and the next
    /// invocation goes on. Where nothing has moved, it would only come to the same.
    pub fn is_own_end(&self, cause: &SourceError) -> bool {
        self.was_ended(cause) && self.state != self.began
    }

    /// Whether a call ended with the invocation, which says nothing about what was asked for.
    pub fn was_ended(&self, cause: &SourceError) -> bool {
        match cause.fault() {
            Some(WireFault::OwnEnd) => true,
            Some(WireFault::BrokenOff) => self.deadline.is_near(END),
            _ => false,
        }
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

    /// Sets an id aside that the source fails on for good: under `name`, as in the object's records.
    pub fn set_aside(&mut self, name: &str, id: &str, status: u16) -> Result<(), ExtractError> {
        self.state.aside += 1;
        self.state.miss(id);
        let payload = stand_in(&[(name, id)], Some(status));
        self.take(&payload, self.deadline.now())?;
        Ok(())
    }

    /// The hours since a job was submitted, if they are more than a job is waited for.
    pub fn has_waited(&self, submitted_at: Option<Timestamp>) -> Option<i64> {
        let hours = self.deadline.now().duration_since(submitted_at?).as_hours();
        (hours >= PATIENCE_HOURS).then_some(hours)
    }

    /// Whether the details query is asked with a filter on the start where that makes its answer smaller.
    pub const fn filters_start(&self) -> bool {
        self.settings.genesys.query_start_filter && !self.state.has_no_start_filter
    }

    /// From now on the details query is asked without it.
    pub fn give_up_start_filter(&mut self, why: &str) {
        if !self.state.has_no_start_filter {
            tracing::warn!(
                "Reading whole days of the details query in place of a part of one: {why}; set query_start_filter = false under [genesys] to spare the attempt"
            );
        }
        self.state.has_no_start_filter = true;
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

    /// How telephone numbers are read.
    pub fn numbers(&self) -> Numbers {
        self.settings.phone.numbers()
    }

    pub fn is_at_start(&self) -> bool {
        self.state.stage == Stage::Start
    }
}
