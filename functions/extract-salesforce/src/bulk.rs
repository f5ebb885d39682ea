//! Bulk: a slice is read by a job, whose result comes as CSV in pages.

use crate::broken::HAS_ENDED;
use crate::read::{Run, Step, Trouble};
use crate::records::Anew;
use crate::state::Running;
use crate::unavailable::is_fault;
use crate::{PAGE_TIME, records};
use landing::LandingError;
use salesforce::{ApiError, Job, JobPage, JobState, JsonKind, Select};
use source_http::SourceError;
use std::time::Duration;

/// Longest wait before a job is asked again how far it is.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A job that works longer than this is given up.
const PATIENCE_HOURS: i64 = 12;
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
        let (kinds, job) = match self.new_job(select).await {
            Err(ApiError::NotBulk(cause)) if self.api.fits_a_url(select)? => {
                tracing::info!("Reading {} by REST: {cause}", self.task.object);
                self.by_rest();
                return Ok(Step::More);
            }
            Err(cause) if self.may_be_of_job(&cause) => {
                return self.failing_creation(select, cause).await;
            }
            new => new?,
        };
        self.state.failed_creations = 0;
        self.state.has_used_bulk = true;
        self.state.job = Some(Running {
            job,
            created_at: self.deadline.now(),
            kinds,
            records: None,
            locator: None,
            read: 0,
            page_records: self.settings.bulk_page_records,
            largest: None,
            is_untried: false,
            is_second_reading: false,
            failures: 0,
        });
        // The next call must find the job rather than create another.
        self.writer.flush(&self.state).await?;
        Ok(Step::More)
    }

    async fn new_job(&self, select: &Select) -> Result<(Vec<JsonKind>, Job), ApiError> {
        let kinds = self.api.kinds(&self.target.mapping).await?;
        // The descriptions may have brought word of it.
        self.api.within_share()?;
        let job = self.api.create_job(&select.clone().unordered()).await?;
        Ok((kinds, job))
    }

    async fn poll(&mut self, select: &Select, mut running: Running) -> Result<Step, Trouble> {
        let info = match self.api.job(&running.job).await {
            Err(cause @ ApiError::JobGone(_)) => return self.create_anew(select, cause),
            Err(cause) if self.may_be_of_job(&cause) => {
                return self.failing_job(select, running, !HAS_ENDED, cause).await;
            }
            info => info?,
        };
        match info.state {
            JobState::JobComplete => {
                let Some(records) = info.number_records_processed else {
                    let place = format!("bulk job {}", running.job.id);
                    let text = "is complete, and numberRecordsProcessed is missing";
                    let cause = ApiError::Source(SourceError::transient(place, text));
                    return self.broken(select, running, HAS_ENDED, cause).await;
                };
                running.records = Some(records);
                running.failures = 0;
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
                    match self.api.query_all(select).await {
                        Err(cause) if is_fault(&cause) || self.is_cut_short(&cause) => {
                            if !self.is_cut_short(&cause) && self.is_outage().await? {
                                return Err(cause.into());
                            }
                            // It says nothing, and the job has failed all the same.
                            tracing::warn!("Whether the query works is not known: {cause}");
                        }
                        asked => drop(asked?),
                    }
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
                if running.failures > 0 {
                    // It is answered for again, and works on.
                    running.failures = 0;
                    self.state.job = Some(running);
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
                return Ok(self.halve_pages(running, &cause, true));
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
            Err(cause @ (ApiError::Page { .. } | ApiError::LocatorGone(_))) => {
                return self.broken(select, running, HAS_ENDED, cause).await;
            }
            Err(cause) if self.may_be_of_job(&cause) => {
                return self.failing_page(select, running, cause).await;
            }
            Err(cause) => return Err(cause.into()),
        };
        let duplicates = self.duplicates();
        let mut anew = self.anew(running.locator.is_none());
        self.land(&page, &mut anew)?;
        let nearer = self.nearer(page.records(), duplicates, anew.as_ref());
        match self.is_repeated(page.records(), nearer, false) {
            Ok(false) => {}
            Ok(true) => return Ok(Step::More),
            Err(cause) => {
                // The next call reads the result from its start, so that what lies behind the page is found.
                running.read = 0;
                running.locator = None;
                return self.broken(select, running, HAS_ENDED, *cause).await;
            }
        }
        running.grow(self.settings.bulk_page_records);
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
}
