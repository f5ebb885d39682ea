//! Records asked for by their ids, as many at a time as fit a URL.

use crate::read::{Run, Step, Trouble};
use crate::unavailable::{is_fault, may_be_of_ids};
use salesforce::ApiError;

impl Run<'_> {
    /// Lands the next page of the next batch.
    pub async fn look_up(&mut self) -> Result<Step, Trouble> {
        let bare = self.target.bare().map_err(ApiError::from)?;
        let ids = &self.task.ids;
        // A state of an older version counts batches, not ids.
        for _ in 0..std::mem::take(&mut self.state.batch) {
            let rest = ids.get(self.state.looked_up..).unwrap_or_default();
            let done = self.api.id_batch(&bare, rest, usize::MAX)?;
            self.state.looked_up += done.map_or(0, |(_, size)| size);
        }
        let rest = ids.get(self.state.looked_up..).unwrap_or_default();
        let most = self.state.most_ids.unwrap_or(usize::MAX);
        let Some((batch, size)) = self.api.id_batch(&bare, rest, most)? else {
            return Ok(Step::Complete);
        };
        let page = match self.page(&batch).await {
            Err(Trouble::Source(cause)) if may_be_of_ids(&cause) && !self.is_cut_short(&cause) => {
                if size == 1 {
                    return Box::pin(self.give_up_id(&bare, cause)).await;
                }
                if is_fault(&cause) {
                    // When nothing is answered, fewer ids are not either.
                    let id = ids.get(self.state.looked_up).cloned();
                    let id = id.unwrap_or_default();
                    if let Some(other) = self.fails_for_nobody(&bare, &id).await? {
                        tracing::warn!("Asking for an id that nobody has fails as well: {other}");
                        return Err(Trouble::Source(cause));
                    }
                }
                return Ok(self.halve_ids(size, &cause));
            }
            page => page?,
        };
        let Some(page) = page else {
            return Ok(Step::More);
        };
        self.writer.counts().api = Some(self.state.counted + page.total_size);
        self.state.next_url = page.next_url;
        if self.state.next_url.is_none() {
            self.state.counted += page.total_size;
            self.state.looked_up += size;
            self.state.short_readings = 0;
            self.state.is_growing |= self.state.lone_failures > 0;
            self.state.lone_failures = 0;
            if self.state.is_growing {
                let most = self.state.most_ids;
                self.state.most_ids = most.map(|most| most.saturating_mul(2));
            }
        }
        Ok(if self.state.looked_up == ids.len() {
            Step::Complete
        } else {
            Step::More
        })
    }

    /// Salesforce gave up on a batch of `size` ids: half as many are asked for from now on.
    fn halve_ids(&mut self, size: usize, cause: &ApiError) -> Step {
        tracing::warn!(
            "Asking for {} ids at once instead of {size}: {cause}",
            size / 2
        );
        self.state.most_ids = Some(size / 2);
        self.state.is_growing = false;
        // What came of the batch comes again.
        self.state.is_rereading |= self.state.next_url.take().is_some();
        self.state.short_readings = 0;
        Step::More
    }
}
