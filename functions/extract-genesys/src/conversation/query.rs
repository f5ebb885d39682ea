//! A details query: slices side by side, their pages in one chronological stream.

use super::slices::{cut, is_too_much, parts_for};
use super::stream::Stream;
use super::{BREATH, take};
use crate::run::{Progress, Run};
use crate::state::{Query, Slice, Stage};
use crate::{ExtractError, contacts};
use genesys::api::{Api, Page};
use genesys::merge::{KWay, MergeError};
use genesys::record;
use jiff::Timestamp;
use model::filter::Filter;
use model::payload::Extraction;
use source_http::SourceError;
use std::collections::{BTreeMap, VecDeque};
use tokio::task::JoinSet;

/// Slices read side by side at most, whatever the share allows: a page or two of each is in memory.
const MOST_STREAMS: usize = 8;
/// Pages of a slice that wait behind the one being taken.
const AHEAD: usize = 1;

/// A page that came, or why it did not: number of its source in the merge, answer, instant.
type Answer = (usize, Result<Page, SourceError>, Timestamp);

/// The slices of a window while they are read.
struct Reader {
    api: Api,
    filter: Option<Filter>,
    /// Slices that are not begun, in order of time.
    pending: VecDeque<Slice>,
    /// Those that are, by their number in the merge.
    streams: BTreeMap<usize, Stream>,
    /// Start of a conversation and its position in the page at hand.
    merge: KWay<Timestamp, usize>,
    calls: JoinSet<Answer>,
    next_group: u32,
}

pub(super) async fn read(
    run: &mut Run<'_>,
    api: &Api,
    query: Query,
) -> Result<Progress, ExtractError> {
    let mut reader = Reader {
        api: api.clone(),
        filter: run.filter().cloned(),
        pending: query.slices.into(),
        streams: BTreeMap::new(),
        merge: KWay::default(),
        calls: JoinSet::new(),
        next_group: query.next_group,
    };
    let read = reader.read(run, api).await;
    run.state.stage = Stage::Query(reader.query());
    read
}

impl Reader {
    /// Where reading stands.
    fn query(&self) -> Query {
        let begun = self.streams.values().map(|stream| &stream.slice);
        let mut slices: Vec<_> = begun.chain(&self.pending).cloned().collect();
        slices.sort_by_key(|slice| slice.window);
        Query {
            slices,
            next_group: self.next_group,
        }
    }

    async fn read(&mut self, run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
        let mut taken = 0;
        loop {
            self.begin(run);
            self.ask(run);
            if self.streams.is_empty() {
                return Ok(Progress::Complete);
            }
            if let Some(source) = self.merge.needs() {
                if !self
                    .supply(source)
                    .map_err(|error| failed(run, &error.to_string()))?
                {
                    self.wait(run).await?;
                }
                continue;
            }
            let Some((_, position, source)) = self.merge.pop() else {
                return Err(failed(run, "a page got lost"));
            };
            taken += 1;
            if taken % BREATH == 0 {
                tokio::task::yield_now().await;
            }
            if !self.take(run, source, position)? {
                continue;
            }
            self.turn(run, source)?;
            run.state.stage = Stage::Query(self.query());
            run.checkpoint(api).await?;
            if run.is_late() && !(self.streams.is_empty() && self.pending.is_empty()) {
                return Ok(Progress::HandBack);
            }
            let batch = run.settings.genesys.contact_batch_size as usize;
            contacts::resolve(run, api, batch).await?;
        }
    }

    /// Begins slices, the earliest first, as long as the worker's share has room for them.
    fn begin(&mut self, run: &Run<'_>) {
        let share = run.task.max_in_flight as usize;
        let width = share.clamp(1, MOST_STREAMS);
        while self.streams.len() < width
            && let Some(slice) = self.pending.pop_front()
        {
            // With the filter a slice holds nothing from before its start; without it, it may.
            let from = only_starts(run, &slice).then(|| slice.window.start());
            let source = self.merge.add(from);
            self.streams.insert(source, Stream::new(slice));
        }
    }

    /// Asks for the next page of every slice that has room for one.
    fn ask(&mut self, run: &Run<'_>) {
        let page_size = run.settings.genesys.query_page_size;
        for (source, stream) in &mut self.streams {
            if stream.is_ended || stream.is_asked || stream.ahead.len() >= AHEAD {
                continue;
            }
            stream.is_asked = true;
            let (source, number, window) = (*source, stream.next, stream.slice.window);
            let only_starts = only_starts(run, &stream.slice);
            let (api, filter, deadline) = (self.api.clone(), self.filter.clone(), run.deadline);
            self.calls.spawn(async move {
                let filter = filter.as_ref();
                let page = api.query_page(window, only_starts, filter, number, page_size);
                (source, page.await, deadline.now())
            });
        }
    }

    /// Hands the merge the page it needs; whether it was there.
    fn supply(&mut self, source: usize) -> Result<bool, MergeError> {
        let Some(stream) = self.streams.get_mut(&source) else {
            self.merge.finish(source)?;
            return Ok(true);
        };
        let Some(arrived) = stream.ahead.pop_front() else {
            return Ok(false);
        };
        self.merge.push(source, arrived.order.iter().copied())?;
        stream.current = Some(arrived);
        Ok(true)
    }

    /// Waits for one answer.
    async fn wait(&mut self, run: &mut Run<'_>) -> Result<(), ExtractError> {
        let Some(Ok((source, answer, received_at))) = self.calls.join_next().await else {
            return Err(failed(run, "a page got lost"));
        };
        let Some(stream) = self.streams.get_mut(&source) else {
            return Ok(()); // its slice was cut in the meantime
        };
        let page = match answer {
            Ok(page) => page,
            Err(cause) if is_too_much(&cause) => {
                return self.cut(run, source, 2, |_, _| cause);
            }
            Err(cause) => return Err(run.source(cause)),
        };
        let genesys = &run.settings.genesys;
        let (size, cap) = (u64::from(genesys.query_page_size), genesys.query_result_cap);
        let read = stream.next.saturating_mul(size);
        let hits = page.total_hits;
        let is_last = hits.is_some_and(|hits| hits <= read);
        // The page after this one would be refused; needed, unless this one ends the slice.
        let ends_at_cap = read.saturating_add(size) > cap;
        let passes_cap = hits.is_some_and(|hits| hits > cap) || (ends_at_cap && !is_last);
        if passes_cap && !page.is_empty() {
            return self.cut(run, source, parts_for(hits, cap), |slice, cap| {
                let text = format!(
                    "slice {} has more than {cap} results and cannot be cut further; read this window again when the details job covers it",
                    slice.window
                );
                SourceError::invalid("details query", text)
            });
        }
        stream.total = hits;
        // The source's count is approximate: only a page that is not full as well is taken for the last one.
        let is_short = (page.len() as u64) < size;
        let is_empty = page.is_empty();
        stream.push(page, received_at);
        // Results come by start: a page that lies wholly behind the slice is followed by nothing of it.
        let newest = stream.ahead.back().and_then(|page| page.order.first());
        stream.is_left = newest.is_some_and(|(start, _)| *start >= stream.slice.window.end());
        if is_empty || stream.is_left || (is_last && (ends_at_cap || is_short)) {
            stream.is_ended = true;
        }
        if stream.is_drained() {
            self.end(run, source)?;
        }
        Ok(())
    }

    /// Puts pieces in the place of a slice. What was taken of it comes again and is dropped by its bytes.
    fn cut(
        &mut self,
        run: &mut Run<'_>,
        source: usize,
        parts: u64,
        otherwise: impl FnOnce(&Slice, u64) -> SourceError,
    ) -> Result<(), ExtractError> {
        let Some(stream) = self.streams.get(&source) else {
            return Ok(());
        };
        let Some(pieces) = cut(stream.slice.window, parts) else {
            let cap = run.settings.genesys.query_result_cap;
            return Err(run.source(otherwise(&stream.slice, cap)));
        };
        tracing::info!(
            "Reading slice {} in {} pieces",
            stream.slice.window,
            pieces.len()
        );
        run.writer.forget(stream.slice.group);
        self.streams.remove(&source);
        self.finish(run, source)?;
        let mut query = Query {
            slices: Vec::new(),
            next_group: self.next_group,
        };
        for piece in pieces.into_iter().rev() {
            self.pending.push_front(query.slice(piece));
        }
        self.next_group = query.next_group;
        Ok(())
    }

    /// Nothing more comes from a slice.
    fn finish(&mut self, run: &Run<'_>, source: usize) -> Result<(), ExtractError> {
        let finished = self.merge.finish(source);
        finished.map_err(|error| failed(run, &error.to_string()))
    }

    /// Takes a record of the page at hand; whether it was the page's last.
    fn take(
        &mut self,
        run: &mut Run<'_>,
        source: usize,
        position: usize,
    ) -> Result<bool, ExtractError> {
        let Some(stream) = self.streams.get_mut(&source) else {
            return Ok(false); // left over from a slice that was cut
        };
        let advance = stream.advance();
        let group = stream.slice.group;
        let Some(current) = &stream.current else {
            return Ok(false);
        };
        let Some(payload) = current.page.records().nth(position) else {
            return Ok(advance.is_last);
        };
        if advance.was_taken {
            let id = record::natural_id_of(payload);
            if run
                .writer
                .is_marked(group, id.as_deref().unwrap_or(payload))
            {
                return Ok(advance.is_last);
            }
        }
        take(
            run,
            payload,
            current.received_at,
            Extraction::Query,
            Some(group),
        )?;
        Ok(advance.is_last)
    }

    /// The page at hand is taken.
    fn turn(&mut self, run: &mut Run<'_>, source: usize) -> Result<(), ExtractError> {
        if let Some(stream) = self.streams.get_mut(&source) {
            stream.current = None;
            if stream.is_drained() {
                self.end(run, source)?;
            }
        }
        Ok(())
    }

    /// A slice is read to its end: what it gave is compared with what the source counts.
    fn end(&mut self, run: &mut Run<'_>, source: usize) -> Result<(), ExtractError> {
        self.finish(run, source)?;
        let Some(Stream {
            slice,
            total,
            is_left,
            ..
        }) = self.streams.remove(&source)
        else {
            return Ok(());
        };
        let total = total.filter(|_| !is_left);
        let read = run.writer.marked(slice.group);
        if let Some(missing) = total.map(|total| total.saturating_sub(read))
            && missing > 0
        {
            let window = slice.window;
            if !slice.is_second_look {
                tracing::info!(
                    missing,
                    "Reading slice {window} again: {missing} are missing"
                );
                self.pending.push_front(Slice {
                    page: 1,
                    taken: 0,
                    is_second_look: true,
                    ..slice
                });
                return Ok(());
            }
            tracing::warn!(
                missing,
                "{missing} of the results the source counts in slice {window} did not come; a later reading settles it"
            );
        }
        let sum = run.state.api_count.zip(total);
        run.state.api_count = sum.map(|(sum, total)| sum + total);
        run.writer.forget(slice.group);
        Ok(())
    }
}

fn failed(run: &Run<'_>, text: &str) -> ExtractError {
    run.source(SourceError::transient("details query", text))
}

/// A window is asked for as it is; only what had to be cut depends on the filter.
fn only_starts(run: &Run<'_>, slice: &Slice) -> bool {
    run.settings.genesys.query_start_filter && slice.window != run.task.window
}
