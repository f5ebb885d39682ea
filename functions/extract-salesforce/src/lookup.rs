//! Records asked for by their ids, as many at a time as fit a URL.

use crate::read::{Run, Step, Trouble};
use salesforce::ApiError;

impl Run<'_> {
    /// Lands the next page of the next batch.
    pub async fn look_up(&mut self) -> Result<Step, Trouble> {
        let bare = self.target.bare().map_err(ApiError::from)?;
        let batches = self.api.id_batches(&bare, &self.task.ids)?;
        let Some(batch) = batches.get(self.state.batch) else {
            return Ok(Step::Complete);
        };
        let Some(page) = self.page(batch).await? else {
            return Ok(Step::More);
        };
        self.writer.counts().api = Some(self.state.counted + page.total_size);
        self.state.next_url = page.next_url;
        if self.state.next_url.is_none() {
            self.state.counted += page.total_size;
            self.state.batch += 1;
            self.state.short_readings = 0;
        }
        Ok(if self.state.batch == batches.len() {
            Step::Complete
        } else {
            Step::More
        })
    }
}
