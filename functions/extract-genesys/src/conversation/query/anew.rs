//! Slices that are begun anew: in pieces, in another way, with smaller pages.

use super::Reader;
use crate::ExtractError;
use crate::conversation::slices::cut;
use crate::conversation::stream::Stream;
use crate::conversation::totals::Cut;
use crate::run::Run;
use crate::state::{Query, Slice};
use source_http::SourceError;

impl Reader {
    /// Puts pieces in the place of a slice. What was taken of it comes again and is dropped by its bytes.
    pub(super) fn cut(
        &mut self,
        run: &mut Run<'_>,
        source: usize,
        parts: u64,
        otherwise: impl FnOnce() -> SourceError,
    ) -> Result<(), ExtractError> {
        let Some(stream) = self.streams.get(&source) else {
            return Ok(());
        };
        let window = stream.slice.window;
        let Some(pieces) = cut(window, parts) else {
            return Err(run.source(otherwise()));
        };
        tracing::info!("Reading slice {window} in {} pieces", pieces.len());
        let total = stream.total.filter(|_| stream.way.counts_only(window));
        // Only what is compared with a whole may be empty without a doubt about the filter.
        let is_piece = stream.slice.is_piece || total.is_some();
        self.cuts.extend(total.map(|total| Cut::new(window, total)));
        run.writer.forget(stream.slice.group);
        self.streams.remove(&source);
        self.finish(run, source)?;
        let mut query = Query {
            next_group: self.next_group,
            ..Query::default()
        };
        for piece in pieces.into_iter().rev() {
            self.pending.push_front(Slice {
                is_piece,
                ..query.slice(piece)
            });
        }
        self.next_group = query.next_group;
        Ok(())
    }

    /// Begins a slice anew, in another way.
    pub(super) fn restart(
        &mut self,
        run: &Run<'_>,
        source: usize,
        change: impl FnOnce(&mut Slice),
    ) -> Result<(), ExtractError> {
        self.finish(run, source)?;
        if let Some(Stream { mut slice, .. }) = self.streams.remove(&source) {
            slice.begin_anew();
            change(&mut slice);
            self.pending.push_front(slice);
        }
        Ok(())
    }

    /// Asks for smaller pages of a slice, from its first one: what was on a page before is on another one now.
    pub(super) fn shrink(
        &mut self,
        run: &Run<'_>,
        source: usize,
        cause: SourceError,
    ) -> Result<(), ExtractError> {
        let Some(stream) = self.streams.get(&source) else {
            return Ok(());
        };
        let size = stream.slice.page_size(run.settings) / 2;
        if size == 0 {
            return Err(run.source(cause));
        }
        tracing::warn!("Asking for {size} conversations a page: {cause}");
        self.restart(run, source, |slice| slice.smaller_pages = Some(size))
    }
}
