//! A details query: slices side by side, their pages in one chronological stream.

mod anew;
mod calls;

use super::slices::{SMALLEST_PAGE, cut, is_cut_off, is_too_large, is_too_much, parts_for};
use super::stream::Stream;
use super::totals::{self, Cut};
use super::way::{Way, keeps_anything, touches_days};
use super::{BREATH, take};
use crate::run::{Progress, Run, Source};
use crate::state::{Query, Slice, Stage};
use crate::{ExtractError, contacts};
use genesys::api::Page;
use genesys::merge::{KWay, MergeError};
use genesys::record;
use jiff::Timestamp;
use model::filter::Filter;
use model::payload::Extraction;
use source_http::SourceError;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::task::JoinSet;

/// Slices read side by side at most, whatever the share allows: a page or two of each is in memory.
const MOST_STREAMS: usize = 8;
/// Pages of a slice that wait behind the one being taken.
const AHEAD: usize = 1;

/// A page that came, or why it did not: number of its source in the merge, answer, instant, how long it took.
type Answer = (usize, Result<Page, SourceError>, Timestamp, Duration);

/// The slices of a window while they are read.
struct Reader {
    platform: Source,
    filter: Option<Filter>,
    /// Slices that are not begun, in order of time.
    pending: VecDeque<Slice>,
    /// Those that are, by their number in the merge.
    streams: BTreeMap<usize, Stream>,
    /// Start of a conversation and its position in the page at hand.
    merge: KWay<Timestamp, usize>,
    calls: JoinSet<Answer>,
    next_group: u32,
    /// Slices that were cut.
    cuts: Vec<Cut>,
    /// The filter on the start has kept conversations of the window.
    is_proven: bool,
}

pub(super) async fn read(
    run: &mut Run<'_>,
    source: &Source,
    query: Query,
) -> Result<Progress, ExtractError> {
    let mut reader = Reader {
        platform: source.clone(),
        filter: run.filter().cloned(),
        pending: query.slices.into(),
        streams: BTreeMap::new(),
        merge: KWay::default(),
        calls: JoinSet::new(),
        next_group: query.next_group,
        cuts: query.cuts,
        is_proven: query.is_proven,
    };
    let read = reader.read(run).await;
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
            cuts: self.cuts.clone(),
            is_proven: self.is_proven,
        }
    }

    async fn read(&mut self, run: &mut Run<'_>) -> Result<Progress, ExtractError> {
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
                    let has_failed = self.wait(run).await?;
                    // A cut is kept: the next answer may be as long in coming.
                    if has_failed && run.is_late() && !self.is_done() {
                        return Ok(Progress::HandBack);
                    }
                }
                continue;
            }
            let Some((start, position, source)) = self.merge.pop() else {
                return Err(failed(run, "a page got lost"));
            };
            taken += 1;
            if taken % BREATH == 0 {
                tokio::task::yield_now().await;
            }
            if !self.take(run, source, start, position)? {
                continue;
            }
            self.turn(run, source)?;
            run.state.stage = Stage::Query(self.query());
            run.checkpoint(&self.platform.api).await?;
            if run.is_late() && !self.is_done() {
                return Ok(Progress::HandBack);
            }
            let batch = run.settings.genesys.contact_batch_size as usize;
            if contacts::resolve(run, &self.platform, batch).await? == Progress::HandBack {
                return Ok(Progress::HandBack);
            }
        }
    }

    fn is_done(&self) -> bool {
        self.streams.is_empty() && self.pending.is_empty()
    }

    /// Begins slices, the earliest first, as long as the worker's share has room for them. One in doubt waits until all the
    /// others are read: they tell whether the filter keeps anything, and nothing of them may wait for its day.
    fn begin(&mut self, run: &Run<'_>) {
        let share = run.task.max_in_flight as usize;
        let width = share.clamp(1, MOST_STREAMS);
        let is_sure = |slice: &Slice| slice.doubted.is_none();
        while self.streams.len() < width {
            let place = self.pending.iter().position(is_sure);
            if place.is_none() && self.streams.values().any(|it| is_sure(&it.slice)) {
                break;
            }
            let Some(slice) = self.pending.remove(place.unwrap_or(0)) else {
                break;
            };
            let stream = Stream::new(slice, |slice| Way::of(run, slice.window));
            // With the filter a slice holds nothing from before its start; without it, it may.
            let from = (stream.way == Way::Starts).then(|| stream.slice.window.start());
            let source = self.merge.add(from);
            self.streams.insert(source, stream);
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

    /// An answer that came, or why it did not.
    async fn arrived(
        &mut self,
        run: &mut Run<'_>,
        source: usize,
        answer: Result<Page, SourceError>,
        received_at: Timestamp,
    ) -> Result<(), ExtractError> {
        let Some(stream) = self.streams.get_mut(&source) else {
            return Ok(()); // its slice was cut in the meantime
        };
        // Pieces would be asked for with the very filter that is in doubt.
        let is_trusted = run.filters_start() && stream.slice.doubted.is_none();
        let may_be_less = stream.slice.doubted.is_none() || touches_days(stream.slice.window);
        let size = stream.slice.page_size(run.settings);
        // What does not come whole comes in smaller pages; in smaller slices, where there are any.
        let is_cuttable = may_be_less && cut(stream.slice.window, 2).is_some();
        let smallest = if is_cuttable { SMALLEST_PAGE } else { 1 };
        let is_too_much = |cause: &SourceError| is_too_much(cause) || is_cut_off(cause);
        let page = match answer {
            Ok(page) => page,
            Err(cause) if run.is_own_end(&cause) => return Err(run.source(cause)),
            Err(cause) if is_too_large(&cause) || is_cut_off(&cause) && size > smallest => {
                return self.shrink(run, source, cause);
            }
            Err(cause) if is_too_much(&cause) && may_be_less => {
                return self.cut(run, source, 2, || cause);
            }
            Err(cause) if is_too_much(&cause) && !stream.has_own() => {
                let window = stream.slice.window;
                // Of what is not read to its end, nothing is counted.
                stream.total = None;
                let api = &self.platform.api;
                self.is_proven = self.is_proven || keeps_anything(run, api, window).await;
                if !self.is_proven {
                    return Err(run.source(cause));
                }
                tracing::warn!("Taking slice {window} to be empty, as the filter says: {cause}");
                return self.end(run, source);
            }
            Err(cause) if stream.way.is_refused(&cause) => {
                run.give_up_start_filter(&cause.to_string());
                return self.restart(run, source, |slice| slice.way = None);
            }
            Err(cause) => return Err(run.source(cause)),
        };
        let size = u64::from(size);
        let cap = run.settings.genesys.query_result_cap;
        let read = stream.next.saturating_mul(size);
        let hits = page.total_hits;
        let is_last = hits.is_some_and(|hits| hits <= read);
        // The page after this one would be refused; needed, unless this one ends the slice.
        let ends_at_cap = read.saturating_add(size) > cap;
        let (window, way) = (stream.slice.window, stream.way);
        let is_cuttable = is_trusted || touches_days(window);
        // Of a part of a day that cannot be asked for alone, the pages above the cap may lie past it.
        let is_above = hits.is_some_and(|hits| hits > cap);
        let passes_cap = (is_above && (is_cuttable || way.counts_only(window)))
            || (ends_at_cap && !is_last && !stream.lies_past(&page));
        stream.total = hits;
        if passes_cap && !page.is_empty() {
            let too_many = |why: &str| {
                let text = format!(
                    "slice {window} has more than {cap} results and {why}; read this window again when the details job covers it, and let nightly runs begin that late (parameter NightlySchedule)"
                );
                SourceError::invalid("details query", text)
            };
            if !is_cuttable {
                let why = "cannot be made smaller without a filter on the start (genesys.query_start_filter)";
                return Err(run.source(too_many(why)));
            }
            return self.cut(run, source, parts_for(hits, cap), || {
                too_many("cannot be cut further")
            });
        }
        // The source's count is approximate: only a page that is not full as well is taken for the last one.
        let is_short = (page.len() as u64) < size;
        let is_empty = page.is_empty();
        stream.push(page, received_at);
        if is_empty || stream.is_left || (is_last && (ends_at_cap || is_short)) {
            stream.is_ended = true;
        }
        if stream.is_drained() {
            self.end(run, source)?;
        }
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
        start: Timestamp,
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
        let at = current.received_at;
        let is_taken = take(run, payload, at, Extraction::Query, Some(group))?;
        // Without the filter, others of the window come as well.
        if is_taken && stream.slice.window.contains(start) {
            stream.slice.has_own = true;
            self.is_proven |= stream.way == Way::Starts;
        }
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
            way,
            total,
            is_left,
            ..
        }) = self.streams.remove(&source)
        else {
            return Ok(());
        };
        let (window, total) = (slice.window, total.filter(|_| !is_left));
        let read = run.writer.marked(slice.group);
        if let Some(missing) = total.map(|total| total.saturating_sub(read))
            && missing > 0
        {
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
        if way == Way::Starts && !slice.has_own && !slice.is_piece && slice.doubted.is_none() {
            // A filter that the source reads in another way keeps nothing either. (Pieces are compared with their whole.)
            self.pending.push_back(Slice {
                page: 1,
                taken: 0,
                is_second_look: false,
                way: Some(Way::without_filter(window, run.deadline.now())),
                doubted: Some(total.unwrap_or(0)),
                ..slice
            });
            return Ok(());
        }
        let total = match slice.doubted {
            Some(_) if slice.has_own => {
                run.give_up_start_filter(&format!(
                    "the filter on conversationStart kept nothing of {window}, which has conversations"
                ));
                total
            }
            Some(said) => Some(said),
            None => total,
        };
        let sum = run.state.api_count.zip(total);
        let told = total.filter(|_| way.counts_only(window));
        let missing = totals::add(&mut self.cuts, window, told);
        run.state.api_count = sum.map(|(sum, total)| sum + total + missing);
        run.state.given = run.state.given.map(|given| given + read);
        run.writer.forget(slice.group);
        Ok(())
    }
}

fn failed(run: &Run<'_>, text: &str) -> ExtractError {
    run.source(SourceError::transient("details query", text))
}
