//! REST: a query in pages of up to 2,000 records.

use crate::read::{Run, Step, Trouble};
use crate::records;
use crate::state::{Road, Slice};
use crate::unavailable::{is_fault, is_too_large};
use salesforce::{ApiError, Page, Select};
use source_http::SourceError;

impl Run<'_> {
    /// Lands the next page of a slice.
    pub async fn rest_page(&mut self, select: &Select) -> Result<Step, Trouble> {
        let Some(page) = self.page(select).await? else {
            return Ok(Step::More);
        };
        self.state.has_failed = false;
        self.writer.counts().api = Some(self.state.counted + page.total_size);
        if page.next_url.is_some() {
            self.state.next_url = page.next_url;
            return Ok(Step::More);
        }
        Ok(if self.state.finish_slice(page.total_size) {
            Step::Complete
        } else {
            Step::More
        })
    }

    /// What a slice fails on that a shorter one may not: Salesforce has no time for it, or forgets the place in it again; a page
    /// is more than is read at once, or has only faults while another query is answered (else it is an outage).
    pub async fn read_shorter(&mut self, cause: Box<ApiError>) -> Result<Step, Trouble> {
        let helps = match &*cause {
            ApiError::QueryTimeout(_) => true,
            ApiError::LocatorGone(_) => self.state.road == Some(Road::Rest),
            cause => is_too_large(cause),
        };
        let may_be_of_page = is_fault(&cause) && !self.is_cut_short(&cause);
        let mut next = Step::More;
        if may_be_of_page && self.state.road != Some(Road::Bulk) {
            let can_be_cut = self.state.slice().and_then(Slice::halves).is_some();
            if !can_be_cut || self.is_outage().await? {
                return Err(Trouble::Source(cause));
            }
            // The pages before this one would have to come again: the next call asks for it once more, after a pause.
            if self.state.next_url.is_some() && !self.state.has_failed {
                self.state.has_failed = true;
                return Err(Trouble::Source(cause));
            }
            if self.state.has_failed {
                // The state machine calls only so often in a row after failures.
                next = Step::HandBack;
            }
        } else if !helps {
            return Err(Trouble::Source(cause));
        }
        if !self.state.halve_slice() {
            return Err(Trouble::Source(cause));
        }
        tracing::warn!("Reading {} in shorter slices: {cause}", self.task.window);
        self.state.is_rereading |= self.writer.counts().received > 0;
        Ok(next)
    }

    /// Asks for the next page of a query and lands its records. `None`: it brought nothing new and is to be asked for again,
    /// or the pages do not add up and the query is read anew.
    pub async fn page(&mut self, select: &Select) -> Result<Option<Page>, Trouble> {
        let page = loop {
            let page = match &self.state.next_url {
                Some(next_url) => self.api.next(next_url).await,
                None => self.api.query_all(select).await,
            };
            match page {
                Err(ApiError::LocatorGone(cause))
                    if self.state.next_url.is_some() && !self.has_restarted =>
                {
                    // What has landed stays: the same records come again and are dropped as duplicates.
                    tracing::warn!("Starting the query of {} anew: {cause}", self.task.window);
                    self.has_restarted = true;
                    self.state.is_rereading = true;
                    self.state.next_url = None;
                }
                page => break page?,
            }
        };
        let leads_back = page.next_url.is_some() && page.next_url == self.state.next_url;
        let (duplicates, received_at) = (self.duplicates(), self.deadline.now());
        let mut anew = self.anew(self.state.next_url.is_none());
        for record in &page.records {
            let payload = record.get().as_bytes();
            let (mapping, anew) = (&self.target.mapping, anew.as_mut());
            records::take(mapping, self.writer, payload, received_at, anew)?;
        }
        let records = page.records.len() as u64;
        let nearer = self.nearer(records, duplicates, anew.as_ref());
        let is_repeated = self.is_repeated(records, nearer, leads_back);
        if is_repeated.map_err(Trouble::Source)? {
            return Ok(None);
        }
        let before = self.state.next_url.as_ref().map_or(0, |_| self.state.read);
        self.state.read = before + nearer;
        if page.next_url.is_none() && self.state.read < page.total_size {
            return self.fell_short(page.total_size).map(|()| None);
        }
        Ok(Some(page))
    }

    /// The last page has come, and the pages have fewer records than the query: it is read once more from its start, then
    /// given up for this call. Once the window is landed, nobody reads it again.
    fn fell_short(&mut self, told: u64) -> Result<(), Trouble> {
        let text = format!(
            "totalSize says {told} records and the pages have {}",
            self.state.read
        );
        self.state.next_url = None;
        self.state.is_rereading = true;
        self.state.short_readings += 1;
        if self.state.short_readings > 1 {
            self.state.short_readings = 0;
            let place = format!("query of {}", self.task.object);
            return Err(ApiError::Source(SourceError::transient(place, text)).into());
        }
        tracing::warn!(
            "Reading the query of {} once more: {text}",
            self.task.object
        );
        Ok(())
    }
}
