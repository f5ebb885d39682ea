//! Bulk: a slice is read by a job, whose result comes as CSV in pages.

use crate::read::{Run, Step, Trouble};
use crate::records::Anew;
use crate::state::{Road, Running};
use crate::{PAGE_TIME, records};
use landing::LandingError;
use salesforce::{ApiError, JobPage, JobState, Select};
use source_http::SourceError;
use std::fmt::Display;
use std::time::Duration;

/// Longest wait before a job is asked again how far it is.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A job that works longer than this is given up.
const PATIENCE_HOURS: i64 = 12;
/// Of a job that is given up: it is complete, failed or was aborted.
const HAS_ENDED: bool = true;
/// Jobs of a slice that may come to nothing before REST reads it.
const JOBS: u32 = 2;
/// Calls of this function that may end at the same broken page before the job is given up.
const CALLS: u32 = 2;
/// Pages of no more records than this are not asked for by halves when they fail: it is not their size.
const FEWEST: u32 = 50;
/// Rows written between two times that what has come is compressed.
const ROWS_BETWEEN_DRAINS: u32 = 1000;

impl Run<'_> {
    /// Creates the job, asks how far it is, or lands a page of its result.
    pub async fn bulk_step(&mut self, select: &Select) -> Result<Step, Trouble> {
        match self.state.job.clone() {
            None => self.create(select).await,
            Some(running) if running.records.is_none() => self.poll(select, running).await,
            Some(running) => self.job_page(select, running).await,
        }
    }

    async fn create(&mut self, select: &Select) -> Result<Step, Trouble> {
        let kinds = self.api.kinds(&self.target.mapping).await?;
        // The descriptions may have brought word of it.
        self.api.within_share()?;
        let job = match self.api.create_job(&select.clone().unordered()).await {
            Err(ApiError::NotBulk(cause)) if self.api.fits_a_url(select)? => {
                tracing::info!("Reading {} by REST: {cause}", self.task.object);
                self.by_rest();
                return Ok(Step::More);
            }
            job => job?,
        };
        self.state.has_used_bulk = true;
        self.state.job = Some(Running {
            job,
            created_at: self.deadline.now(),
            kinds,
            records: None,
            locator: None,
            read: 0,
            page_records: self.settings.bulk_page_records,
            is_second_reading: false,
            failures: 0,
        });
        // The next call must find the job rather than create another.
        self.writer.flush(&self.state).await?;
        Ok(Step::More)
    }

    fn by_rest(&mut self) {
        self.state.is_rest_only = true;
        self.state.job = None;
        self.state.road = Some(Road::Rest);
    }

    async fn poll(&mut self, select: &Select, mut running: Running) -> Result<Step, Trouble> {
        let info = match self.api.job(&running.job).await {
            Err(cause @ ApiError::JobGone(_)) => return self.create_anew(select, cause),
            info => info?,
        };
        match info.state {
            JobState::JobComplete => {
                let Some(records) = info.number_records_processed else {
                    let place = format!("bulk job {}", running.job.id);
                    let text = "is complete, and numberRecordsProcessed is missing";
                    return Err(ApiError::Source(SourceError::transient(place, text)).into());
                };
                running.records = Some(records);
                self.writer.counts().api = Some(self.state.counted + records);
                self.state.job = Some(running);
                Ok(Step::More)
            }
            JobState::Aborted => {
                self.give_up(&running, HAS_ENDED).await;
                self.job_failed(select, info.ended())
            }
            JobState::Failed => {
                self.give_up(&running, HAS_ENDED).await;
                let timed_out = info
                    .error_message
                    .as_deref()
                    .is_some_and(|said| said.contains("QUERY_TIMEOUT"));
                let failure = info.ended();
                if timed_out && self.state.halve_slice() {
                    tracing::warn!("Reading {} in shorter slices: {failure}", self.task.window);
                    return Ok(Step::More);
                }
                if !matches!(failure, ApiError::JobQuota(_)) && self.api.fits_a_url(select)? {
                    // A job's own words are often of no use; REST says what is wrong with a query.
                    self.api.query_all(select).await?;
                }
                self.job_failed(select, failure)
            }
            JobState::UploadComplete | JobState::InProgress | JobState::Other(_) => {
                let age = self.deadline.now().duration_since(running.created_at);
                if age.as_hours() >= PATIENCE_HOURS {
                    self.give_up(&running, !HAS_ENDED).await;
                    let cause = ApiError::JobSlow {
                        id: running.job.id,
                        hours: age.as_hours(),
                    };
                    return self.job_failed(select, cause);
                }
                if self.deadline.is_near(PAGE_TIME + self.wait) {
                    return Ok(Step::HandBack);
                }
                tokio::time::sleep(self.wait).await;
                self.wait = (self.wait * 2).min(LONGEST_WAIT);
                Ok(Step::More)
            }
        }
    }

    async fn job_page(&mut self, select: &Select, mut running: Running) -> Result<Step, Trouble> {
        let columns = self.target.mapping.columns(&running.kinds);
        let (locator, size) = (running.locator.as_deref(), running.page_records);
        let page = self
            .api
            .job_page(&running.job, &columns, locator, size, running.read);
        let page = match page.await {
            Ok(page) => page,
            Err(ApiError::PageTooLarge(cause)) if size > 1 => {
                return Ok(self.halve_pages(running, &cause));
            }
            Err(ApiError::LocatorGone(cause)) if locator.is_some() && !self.has_restarted => {
                tracing::warn!(
                    "Reading the result of bulk job {} anew: {cause}",
                    running.job.id
                );
                self.has_restarted = true;
                self.read_anew(running);
                return Ok(Step::More);
            }
            Err(cause @ ApiError::JobGone(_)) => return self.create_anew(select, cause),
            Err(cause @ ApiError::Page { .. }) => {
                return self.broken_page(select, running, cause).await;
            }
            Err(cause @ ApiError::Source(SourceError::Transient(_))) => {
                return self.failing_page(select, running, cause).await;
            }
            Err(cause) => return Err(cause.into()),
        };
        let duplicates = self.duplicates();
        let mut anew = self.anew(running.locator.is_none());
        self.land(&page, &mut anew)?;
        let nearer = self.nearer(page.records(), duplicates, anew.as_ref());
        if self.is_repeated(page.records(), nearer, false)? {
            return Ok(Step::More);
        }
        let told = running.records.unwrap_or_default();
        running.read += nearer;
        // The locator alone says where a result ends: behind its last record may come a page that has none.
        let may_go_on = running.read < told || (running.read == told && page.records() > 0);
        running.locator = page.locator;
        if running.locator.is_some() && may_go_on {
            self.state.job = Some(running);
            return Ok(Step::More);
        }
        if running.read != told || running.locator.is_some() {
            return self.miscounted(select, running, told).await;
        }
        self.state.spent = Some(running.job);
        let is_last = self.state.finish_slice(told);
        // Once the result is removed, what came of it must have been kept.
        self.writer.flush(&self.state).await?;
        if let Some(job) = self.state.spent.take() {
            self.api.drop_job(&job, false).await;
        }
        Ok(if is_last { Step::Complete } else { Step::More })
    }

    fn halve_pages(&mut self, mut running: Running, cause: &impl Display) -> Step {
        tracing::warn!("Asking for pages half as large: {cause}");
        running.page_records /= 2;
        self.state.job = Some(running);
        Step::More
    }

    /// A page that has no answer, or none but faults, however often it is asked for: it may be too much at once.
    async fn failing_page(
        &mut self,
        select: &Select,
        running: Running,
        cause: ApiError,
    ) -> Result<Step, Trouble> {
        // When the job is not answered for either, nothing is wrong with the page.
        match self.api.job(&running.job).await {
            Err(gone @ ApiError::JobGone(_)) => return self.create_anew(select, gone),
            job => job?,
        };
        if running.page_records > FEWEST {
            return Ok(self.halve_pages(running, &cause));
        }
        self.broken_page(select, running, cause).await
    }

    /// A page that stays broken: broken now and broken later, it costs the job. Another one's result may be whole.
    async fn broken_page(
        &mut self,
        select: &Select,
        mut running: Running,
        cause: ApiError,
    ) -> Result<Step, Trouble> {
        running.failures += 1;
        if running.failures < CALLS {
            // An outage, if that is what it was, has made the pages small for nothing.
            running.page_records = self.settings.bulk_page_records;
            self.state.job = Some(running);
            return Err(cause.into());
        }
        self.give_up(&running, HAS_ENDED).await;
        self.job_failed(select, cause)
    }

    /// A job that was given up for a reason the next one may have as well. After the second of a slice REST reads the window, if
    /// the query fits a URL: a result that is never to be had must not fail the run for ever. Of jobs that stay at work one is
    /// enough, it has cost half a day.
    fn job_failed(&mut self, select: &Select, cause: ApiError) -> Result<Step, Trouble> {
        // Not the job's fault.
        if matches!(cause, ApiError::JobQuota(_)) {
            return Err(cause.into());
        }
        self.state.failed_jobs += 1;
        let is_last = self.state.failed_jobs >= JOBS || matches!(cause, ApiError::JobSlow { .. });
        if !is_last || !self.api.fits_a_url(select)? {
            return Err(cause.into());
        }
        tracing::warn!("Reading {} by REST: {cause}", self.task.object);
        self.by_rest();
        Ok(Step::More)
    }

    fn land(&mut self, page: &JobPage, anew: &mut Option<Anew>) -> Result<(), LandingError> {
        let (mapping, received_at) = (&self.target.mapping, self.deadline.now());
        let writer = &mut *self.writer;
        let mut rows = 0;
        page.each(|row| {
            match row {
                Ok(row) => records::take_row(mapping, writer, row, received_at, anew.as_mut())?,
                Err(line) => records::take(mapping, writer, line, received_at, anew.as_mut())?,
            }
            rows += 1;
            if rows == ROWS_BETWEEN_DRAINS {
                rows = 0;
                writer.drain()?;
            }
            Ok::<_, LandingError>(())
        })?;
        if page.nuls() > 0 {
            tracing::warn!(
                nuls = page.nuls(),
                "Took {} NUL characters out of a page of {}",
                page.nuls(),
                self.task.object
            );
        }
        Ok(())
    }

    /// The pages of a result do not add up: it is read once more from the start, then given up.
    async fn miscounted(
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

    fn read_anew(&mut self, mut running: Running) {
        self.state.is_rereading |= running.read > 0;
        running.read = 0;
        running.locator = None;
        self.state.job = Some(running);
    }

    /// A job that is no longer there is replaced, once in a call. Where they all vanish, another one is of no use.
    fn create_anew(&mut self, select: &Select, cause: ApiError) -> Result<Step, Trouble> {
        self.state.is_rereading |= self.state.job.take().is_some_and(|job| job.read > 0);
        if self.has_restarted {
            return self.job_failed(select, cause);
        }
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
