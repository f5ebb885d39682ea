//! Reads a window from the API, step by step, and keeps what has come whatever happens.

use crate::records::{Anew, READING};
use crate::state::{Road, State};
use crate::target::{Target, What};
use crate::{ExtractError, PAGE_TIME, Progress};
use landing::{LandingError, WindowWriter};
use model::payload::{Extraction, WindowTask};
use model::settings::Salesforce;
use salesforce::{Api, ApiError, Select};
use source_http::{Repeat, SourceError, WireFault};
use std::time::Duration;
use step::Deadline;

/// Times the same page may come before it counts as a fault.
const REPEATS: u32 = 3;
/// An answer that breaks off so near the end of the invocation was ended by it.
const END: Duration = Duration::from_secs(2);

/// One call of the function.
pub(crate) struct Run<'a> {
    pub settings: &'a Salesforce,
    pub task: &'a WindowTask,
    pub target: &'a Target,
    pub writer: &'a mut WindowWriter,
    pub api: Api,
    pub deadline: Deadline,
    pub state: State,
    /// What the window's progress says.
    kept: State,
    /// The state this invocation began with: the same, or the whole window.
    began: State,
    calls_before: u64,
    /// A forgotten place or job was begun anew in this call; it is done once.
    pub has_restarted: bool,
    /// Wait before a job is asked again how far it is.
    pub wait: Duration,
    /// Times the present page has come with nothing new.
    repeats: u32,
}

/// What a step has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is more to read.
    More,
    /// There is more, but not before the deadline.
    HandBack,
    /// That was all.
    Complete,
}

/// Why a step failed.
pub(crate) enum Trouble {
    Source(Box<ApiError>),
    /// A record that Salesforce gives up on, by its id.
    Record(String, Box<ApiError>),
    Landing(LandingError),
}

impl Trouble {
    fn is_own_pace(&self) -> bool {
        matches!(self, Self::Source(cause) if matches!(&**cause, ApiError::Source(cause) if cause.is_own_pace()))
    }
}

impl From<ApiError> for Trouble {
    fn from(cause: ApiError) -> Self {
        Self::Source(Box::new(cause))
    }
}

impl From<LandingError> for Trouble {
    fn from(cause: LandingError) -> Self {
        Self::Landing(cause)
    }
}

impl<'a> Run<'a> {
    pub fn new(
        settings: &'a Salesforce,
        task: &'a WindowTask,
        target: &'a Target,
        writer: &'a mut WindowWriter,
        api: Api,
        deadline: Deadline,
        repeat: Repeat,
    ) -> Self {
        let kept = writer.state::<State>().unwrap_or_default();
        let mut state = kept.clone();
        if state.slices.is_none() {
            state = State {
                slices: Some(vec![target.whole(task, settings)]),
                is_rereading: writer.counts().received > 0,
                ..State::default()
            };
        }
        let calls_before = writer.counts().calls;
        let began = state.clone();
        Self {
            settings,
            task,
            target,
            writer,
            api,
            deadline,
            state,
            kept,
            began,
            calls_before,
            has_restarted: false,
            // A job that still works is no fault: it is asked again sooner than a call that failed.
            wait: repeat.first_wait / 4,
            repeats: 0,
        }
    }

    /// Reads until all has come, the deadline is near or a call fails; keeps what has come in each case.
    pub async fn read(mut self) -> Result<Progress, ExtractError> {
        let mut longest = Duration::ZERO;
        loop {
            let left = self.deadline.left();
            let step = Box::pin(self.step()).await;
            longest = longest.max(left.saturating_sub(self.deadline.left()));
            self.writer.counts().calls = self.calls_before + self.api.calls();
            match step {
                Ok(Step::Complete) => {
                    return match self.missing() {
                        None => Ok(Progress::Complete(self.extraction())),
                        Some(cause) => Err(self.fail(cause.into()).await),
                    };
                }
                Ok(Step::More) => {
                    // The last page is landed whatever it says: no further call follows it.
                    if let Err(cause) = self.api.within_share() {
                        return Err(self.fail(cause.into()).await);
                    }
                    // What takes Salesforce minutes takes as many again: an ask that this invocation cannot wait for tells
                    // nothing, and fails.
                    if !self.deadline.is_near(PAGE_TIME + longest) {
                        self.writer.checkpoint(&self.state).await?;
                        continue;
                    }
                }
                Ok(Step::HandBack) => {}
                // Nobody refused anything: the next turn, or an answer, comes after the end of this invocation.
                Err(trouble) if trouble.is_own_pace() || self.is_own_end(&trouble) => {}
                Err(trouble) => return Err(self.fail(trouble).await),
            }
            self.writer.flush(&self.state).await?;
            return Ok(Progress::HandBack);
        }
    }

    async fn step(&mut self) -> Result<Step, Trouble> {
        if let Some(job) = self.state.spent.take() {
            self.api.drop_job(&job, false).await;
        }
        if self.target.what == What::Lookup {
            return self.look_up().await;
        }
        if self.target.what == What::CaseCount {
            // One answer: halves of a day would be two counts of it.
            self.state.road = Some(Road::Rest);
            return self.read_slice().await;
        }
        match self.read_slice().await {
            Err(Trouble::Source(cause)) => self.read_shorter(cause).await,
            read => read,
        }
    }

    /// Whether the end of this invocation is what ended a call.
    pub fn is_cut_short(&self, cause: &ApiError) -> bool {
        let ApiError::Source(cause) = cause else {
            return false;
        };
        match cause.fault() {
            Some(WireFault::OwnEnd) => true,
            Some(WireFault::BrokenOff) => self.deadline.is_near(END),
            _ => false,
        }
    }

    /// Whether a call ended with the invocation, and the window has come further in it: the next one goes on. Where nothing has
    /// moved, it would only come to the same.
    fn is_own_end(&self, trouble: &Trouble) -> bool {
        let is_own = matches!(trouble, Trouble::Source(cause) if self.is_cut_short(cause));
        is_own && self.state != self.began
    }

    async fn read_slice(&mut self) -> Result<Step, Trouble> {
        let Some(slice) = self.state.slice() else {
            return Ok(Step::Complete);
        };
        let select = self.target.select(slice).map_err(ApiError::from)?;
        let road = match self.state.road {
            Some(road) => road,
            None => self.choose(&select).await?,
        };
        self.state.road = Some(road);
        match road {
            Road::Rest => self.rest_page(&select).await,
            Road::Bulk => self.bulk_step(&select).await,
        }
    }

    /// REST answers at once and in pages of 2,000; a job takes a while to begin and has pages of any size.
    async fn choose(&mut self, select: &Select) -> Result<Road, ApiError> {
        if self.state.is_rest_only {
            return Ok(Road::Rest);
        }
        let records = self.api.count(select).await?;
        self.writer.counts().api = Some(self.state.counted + records);
        let is_small = records <= self.settings.bulk_threshold;
        if is_small && self.api.fits_a_url(select)? {
            return Ok(Road::Rest);
        }
        // A page beyond the share brings records; a job is several calls more until it does.
        self.api.within_share()?;
        Ok(Road::Bulk)
    }

    fn extraction(&self) -> Extraction {
        if self.target.what == What::Lookup {
            Extraction::Lookup
        } else if self.state.has_used_bulk {
            Extraction::Bulk
        } else {
            Extraction::Rest
        }
    }

    /// Duplicates so far: what [`Run::nearer`] compares with.
    pub fn duplicates(&mut self) -> u64 {
        self.writer.counts().duplicates
    }

    /// What counts a page's records when something is read anew: what came of an earlier reading says nothing about this one.
    pub fn anew(&mut self, is_first_page: bool) -> Option<Anew> {
        if !self.state.is_rereading {
            return None;
        }
        if is_first_page {
            self.writer.forget(READING);
        }
        Some(Anew {
            most: self.settings.first_load_records,
            records: 0,
        })
    }

    /// How many of a page's records bring a reading nearer to its end: those it has not had yet. Pages that overlap have as many
    /// records as Salesforce tells, and not all of those it means.
    pub fn nearer(&mut self, records: u64, duplicates: u64, anew: Option<&Anew>) -> u64 {
        match anew {
            Some(anew) => anew.records,
            None => records.saturating_sub(self.duplicates() - duplicates),
        }
    }

    /// Whether the reading has had all of the page's records, or the page leads back to itself: the page before it has come
    /// again. Salesforce names no record twice in a result, so the page is asked for again.
    pub fn is_repeated(
        &mut self,
        records: u64,
        nearer: u64,
        leads_back: bool,
    ) -> Result<bool, Box<ApiError>> {
        let is_known = records > 0 && nearer == 0;
        if !is_known && !leads_back {
            self.repeats = 0;
            return Ok(false);
        }
        self.repeats += 1;
        if self.repeats == REPEATS {
            self.repeats = 0;
            // The next call reads the slice from its start, so that what lies behind the page is found.
            self.state.is_rereading = true;
            self.state.next_url = None;
            let object = self.task.object.clone();
            let times = REPEATS;
            return Err(Box::new(ApiError::Repeated { object, times }));
        }
        tracing::warn!(
            "Asking for a page of {} again: it brought the records of an earlier one",
            self.task.object
        );
        Ok(true)
    }

    /// Whether fewer different records have come than Salesforce counts in what was read: beyond the records that are marked, a
    /// page that came twice while something was read anew looks like any other. Nobody reads a window again that has landed, so
    /// the next call does. What stands in for a record is none: another reading may have it in other words, or the record.
    fn missing(&mut self) -> Option<ApiError> {
        let counts = *self.writer.counts();
        let came = (counts.received - counts.duplicates).saturating_sub(self.state.stand_ins);
        let told = counts.api?.saturating_sub(self.state.aside as u64);
        if told <= came {
            return None;
        }
        self.state = State {
            slices: Some(vec![self.target.whole(self.task, self.settings)]),
            spent: self.state.spent.take(),
            has_used_bulk: self.state.has_used_bulk,
            is_rest_only: self.state.is_rest_only,
            is_rereading: true,
            most_ids: self.state.most_ids,
            is_growing: self.state.is_growing,
            stand_ins: self.state.stand_ins,
            ..State::default()
        };
        let place = format!("window of {}", self.task.object);
        let text = format!(
            "Salesforce counts {told} records and {came} different ones have come; it is read once more"
        );
        Some(ApiError::Source(SourceError::transient(place, text)))
    }

    /// Keeps what came before a failure, so that the next call continues behind it.
    async fn fail(&mut self, trouble: Trouble) -> ExtractError {
        let failure = match trouble {
            // The landing zone itself fails: nothing can be kept in it.
            Trouble::Landing(cause) => return cause.into(),
            Trouble::Source(cause) => ExtractError::source(self.task, *cause),
            Trouble::Record(id, cause) => ExtractError::Record {
                object: self.task.object.clone(),
                id,
                cause,
            },
        };
        if matches!(failure, ExtractError::PutOff { .. })
            && let Some(running) = self.state.job.clone()
        {
            // The next night is another run, which would not find it.
            let has_ended = running.records.is_some();
            Box::pin(self.give_up(&running, has_ended)).await;
        }
        self.writer.counts().calls = self.calls_before + self.api.calls();
        if (self.writer.counts().received > 0 || self.state != self.kept)
            && let Err(error) = self.writer.flush(&self.state).await
        {
            tracing::warn!("What came before the failure could not be kept: {error}");
        }
        failure
    }
}
