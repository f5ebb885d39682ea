//! The calls of a details query: of each slice the page behind the one being taken.

use super::{AHEAD, Reader, failed};
use crate::ExtractError;
use crate::run::Run;

impl Reader {
    /// Asks for the next page of every slice that has room for one.
    pub(super) fn ask(&mut self, run: &Run<'_>) {
        for (source, stream) in &mut self.streams {
            if stream.is_ended || stream.is_asked || stream.ahead.len() >= AHEAD {
                continue;
            }
            stream.is_asked = true;
            let (source, number, window, way) =
                (*source, stream.next, stream.slice.window, stream.way);
            let size = stream.slice.page_size(run.settings);
            let (api, filter, deadline) =
                (self.platform.api.clone(), self.filter.clone(), run.deadline);
            self.calls.spawn(async move {
                let query = way.query(window, filter.as_ref()).page(number, size);
                let left = deadline.left();
                let answer = api.details(&query).await;
                let took = left.saturating_sub(deadline.left());
                (source, answer, deadline.now(), took)
            });
        }
    }

    /// Waits for one answer; whether the call failed and smaller ones take its place.
    pub(super) async fn wait(&mut self, run: &mut Run<'_>) -> Result<bool, ExtractError> {
        let Some(Ok((source, answer, received_at, took))) = self.calls.join_next().await else {
            return Err(failed(run, "a page got lost"));
        };
        let has_failed = answer.is_err();
        self.arrived(run, source, answer, received_at).await?;
        if has_failed {
            run.note_failure(took);
        }
        Ok(has_failed)
    }
}
