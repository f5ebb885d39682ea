//! Bulk jobs that come to nothing, and pages of their results that do.

use crate::read::{Run, Step, Trouble};
use crate::state::{Road, Running};
use salesforce::{ApiError, Select};
use source_http::{SourceError, WireFault};
use std::fmt::Display;

/// Of a job that is given up: it is complete, failed or was aborted.
pub(crate) const HAS_ENDED: bool = true;
/// Jobs of a slice that may come to nothing before REST reads it.
const JOBS: u32 = 2;
/// Calls of this function that may end at the same job, or at creating one, before it counts as come to nothing.
const CALLS: u32 = 2;
/// The same where its state is not told: it may be at work on hours of reading.
const UNTOLD: u32 = 3;
/// Jobs of a slice that may come to nothing where REST cannot take their place: the query is too long for a URL.
const MOST_JOBS: u32 = 6;
/// Pages of no more records than this are not asked for by halves when they fail: it is not their size.
const FEWEST: u32 = 50;

impl Run<'_> {
    /// Whether a failure may be one of a job: not of the way to Salesforce, nor of the end of this invocation.
    pub fn may_be_of_job(&self, cause: &ApiError) -> bool {
        let ApiError::Source(said @ SourceError::Transient(_)) = cause else {
            return false;
        };
        said.fault() != Some(WireFault::OutOfReach) && !self.is_cut_short(cause)
    }

    /// A job that is not even created, by so many calls, while Salesforce answers another query.
    pub async fn failing_creation(
        &mut self,
        select: &Select,
        cause: ApiError,
    ) -> Result<Step, Trouble> {
        if self.is_outage().await? {
            return Err(cause.into());
        }
        self.state.failed_creations += 1;
        if self.state.failed_creations < CALLS {
            return Err(cause.into());
        }
        self.state.failed_creations = 0;
        self.job_failed(select, cause)
    }

    /// A job whose state is not told. While another query is not answered either, nothing is wrong with the job.
    pub async fn failing_job(
        &mut self,
        select: &Select,
        mut running: Running,
        has_ended: bool,
        cause: ApiError,
    ) -> Result<Step, Trouble> {
        if self.is_outage().await? {
            return Err(cause.into());
        }
        if running.failures + 1 < UNTOLD {
            running.failures += 1;
            running.reset(self.settings.bulk_page_records);
            self.state.job = Some(running);
            return Err(cause.into());
        }
        self.broken(select, running, has_ended, cause).await
    }

    /// A page that has no answer, or none but faults, however often it is asked for: it may be too much at once.
    pub async fn failing_page(
        &mut self,
        select: &Select,
        running: Running,
        cause: ApiError,
    ) -> Result<Step, Trouble> {
        // When the job is not answered for either, it is not the size of the page.
        match self.api.job(&running.job).await {
            Err(gone @ ApiError::JobGone(_)) => return self.create_anew(select, gone),
            Err(other) if self.may_be_of_job(&other) => {
                tracing::warn!("Asking for the state of the job fails as well: {other}");
                return self.failing_job(select, running, HAS_ENDED, cause).await;
            }
            job => job?,
        };
        if running.page_records > FEWEST {
            return Ok(self.halve_pages(running, &cause, false));
        }
        self.broken(select, running, HAS_ENDED, cause).await
    }

    pub fn halve_pages(
        &mut self,
        mut running: Running,
        cause: &impl Display,
        is_too_large: bool,
    ) -> Step {
        tracing::warn!("Asking for pages half as large: {cause}");
        running.halve(is_too_large);
        self.state.job = Some(running);
        Step::More
    }

    /// Nothing comes of a job, nor of a page of its result, however often it is asked for: now and later, it costs the job.
    /// Another one's result may be whole.
    pub async fn broken(
        &mut self,
        select: &Select,
        mut running: Running,
        has_ended: bool,
        cause: ApiError,
    ) -> Result<Step, Trouble> {
        running.failures += 1;
        if running.failures < CALLS {
            // An outage, if that is what it was, has made the pages small for nothing.
            running.reset(self.settings.bulk_page_records);
            self.state.job = Some(running);
            return Err(cause.into());
        }
        self.give_up(&running, has_ended).await;
        self.job_failed(select, cause)
    }

    /// A job that was given up for a reason the next one may have as well. After the second of a slice REST reads the window, if
    /// the query fits a URL: a result that is never to be had must not fail the run for ever. Of jobs that stay at work one is
    /// enough, it has cost half a day.
    pub fn job_failed(&mut self, select: &Select, cause: ApiError) -> Result<Step, Trouble> {
        // Not the job's fault.
        if matches!(cause, ApiError::JobQuota(_)) {
            return Err(cause.into());
        }
        self.state.failed_jobs += 1;
        if !self.api.fits_a_url(select)? {
            if self.state.failed_jobs < MOST_JOBS {
                return Err(cause.into());
            }
            // Jobs that take long hand back in between, so that the state machine's attempts would never end.
            self.state.failed_jobs = 0;
            let place = format!("bulk jobs of {}", self.task.object);
            let text = format!(
                "{MOST_JOBS} came to nothing, and REST cannot read this object: the query is too long for a URL; start the run again, or leave out fields in settings salesforce.objects; the last one: {cause}"
            );
            return Err(ApiError::Source(SourceError::invalid(place, text)).into());
        }
        let is_last = self.state.failed_jobs >= JOBS || matches!(cause, ApiError::JobSlow { .. });
        if !is_last {
            return Err(cause.into());
        }
        tracing::warn!("Reading {} by REST: {cause}", self.task.object);
        self.by_rest();
        Ok(Step::More)
    }

    pub fn by_rest(&mut self) {
        self.state.is_rest_only = true;
        self.state.job = None;
        self.state.road = Some(Road::Rest);
    }

    /// The pages of a result do not add up: it is read once more from the start, then given up.
    pub async fn miscounted(
        &mut self,
        select: &Select,
        mut running: Running,
        told: u64,
    ) -> Result<Step, Trouble> {
        let cause = ApiError::Incomplete {
            id: running.job.id.clone(),
            told,
            read: running.read,
        };
        if running.is_second_reading {
            self.give_up(&running, HAS_ENDED).await;
            return self.job_failed(select, cause);
        }
        tracing::warn!("Reading the result once more: {cause}");
        running.is_second_reading = true;
        running.records = None;
        self.read_anew(running);
        Ok(Step::More)
    }

    pub fn read_anew(&mut self, mut running: Running) {
        self.state.is_rereading |= running.read > 0;
        running.read = 0;
        running.locator = None;
        self.state.job = Some(running);
    }

    /// A job that is no longer there is replaced, once in a call and once in a slice without counting. Where they all vanish,
    /// another one is of no use.
    pub fn create_anew(&mut self, select: &Select, cause: ApiError) -> Result<Step, Trouble> {
        self.state.is_rereading |= self.state.job.take().is_some_and(|job| job.read > 0);
        if self.has_restarted || self.state.has_vanished {
            self.state.has_vanished = false;
            return self.job_failed(select, cause);
        }
        self.state.has_vanished = true;
        self.has_restarted = true;
        tracing::warn!("Creating the bulk job anew: {cause}");
        Ok(Step::More)
    }

    /// Removes the job, after ending it if it is at work: Salesforce refuses to abort what has ended, and to delete what has
    /// not. The next call creates another.
    pub async fn give_up(&mut self, running: &Running, has_ended: bool) {
        self.state.is_rereading |= running.read > 0;
        self.state.job = None;
        self.api.drop_job(&running.job, !has_ended).await;
    }
}
