//! Several sorted sources read as one sorted stream, with no more in memory than a page of each.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

/// A merge of sources that each give pages of `(key, value)` in ascending order.
///
/// It reads nothing itself, so it works with sources that are asynchronous and with those that are not: while
/// [`KWay::needs`] names a source, fetch that source's next page and hand it over with [`KWay::push`] (or end the source
/// with [`KWay::finish`]); then [`KWay::pop`] until it needs again.
///
/// Values of equal keys come in the order of their sources, and within a source in the order they came. Nothing is
/// dropped: a key that comes again is given out and counted ([`KWay::repeats`]), and so is one that a source delivers too
/// late ([`KWay::late`]), as pages do that shift under live data.
#[derive(Debug)]
pub struct KWay<K, T> {
    sources: Vec<Source<K, T>>,
    heads: BinaryHeap<Head<K>>,
    last: Option<K>,
    repeats: u64,
    late: u64,
    held: usize,
}

#[derive(Debug)]
struct Source<K, T> {
    /// What is left of its page; the key of the first one is in the heap.
    page: VecDeque<(K, T)>,
    /// Whether another page may come.
    is_open: bool,
    /// Whether its page is used up: its entry in the heap says where the next one may begin.
    is_waiting: bool,
}

/// Where a source stands: the key of its first value, or the least key its next page may hold.
#[derive(Debug)]
struct Head<K> {
    key: Option<K>,
    is_waiting: bool,
    source: usize,
}

/// Why a page was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No source has this number.
    #[error("there is no source {0}")]
    Unknown(usize),
    /// It has values left: another page would exceed one page per source.
    #[error("source {0} still has values; take them first")]
    Full(usize),
    /// It was ended.
    #[error("source {0} has been ended")]
    Ended(usize),
}

impl<K: Ord + Clone, T> Default for KWay<K, T> {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            heads: BinaryHeap::new(),
            last: None,
            repeats: 0,
            late: 0,
            held: 0,
        }
    }
}

impl<K: Ord + Clone, T> KWay<K, T> {
    /// A merge of `sources` sources, numbered from 0.
    pub fn new(sources: usize) -> Self {
        let mut merge = Self::default();
        for _ in 0..sources {
            merge.add(None);
        }
        merge
    }

    /// One more source; its number. With `from`, the least key it can have, it is not asked for a page before the stream
    /// has come that far: slices of time that follow each other are then read one after another.
    pub fn add(&mut self, from: Option<K>) -> usize {
        let source = self.sources.len();
        self.sources.push(Source {
            page: VecDeque::new(),
            is_open: true,
            is_waiting: true,
        });
        self.heads.push(Head {
            key: from,
            is_waiting: true,
            source,
        });
        source
    }

    /// The source whose next page is needed before anything can come out.
    pub fn needs(&self) -> Option<usize> {
        let head = self.heads.peek()?;
        head.is_waiting.then_some(head.source)
    }

    /// Takes the next page of a source that has none left. An empty page is no end: say [`KWay::finish`].
    ///
    /// A page that is not sorted is sorted here, without changing the order of equal keys.
    pub fn push(
        &mut self,
        source: usize,
        page: impl IntoIterator<Item = (K, T)>,
    ) -> Result<(), MergeError> {
        let state = self
            .sources
            .get_mut(source)
            .ok_or(MergeError::Unknown(source))?;
        if !state.is_open {
            return Err(MergeError::Ended(source));
        }
        if !state.is_waiting {
            return Err(MergeError::Full(source));
        }
        let mut page: VecDeque<_> = page.into_iter().collect();
        page.make_contiguous().sort_by(|(a, _), (b, _)| a.cmp(b));
        let Some((key, _)) = page.front() else {
            return Ok(());
        };
        let head = Head {
            key: Some(key.clone()),
            is_waiting: false,
            source,
        };
        self.held += page.len();
        state.page = page;
        state.is_waiting = false;
        self.replace_waiting(source, Some(head));
        Ok(())
    }

    /// No further page of this source will come; what it has left still comes out.
    pub fn finish(&mut self, source: usize) -> Result<(), MergeError> {
        let state = self
            .sources
            .get_mut(source)
            .ok_or(MergeError::Unknown(source))?;
        if std::mem::replace(&mut state.is_open, false) && state.is_waiting {
            state.is_waiting = false;
            self.replace_waiting(source, None);
        }
        Ok(())
    }

    /// The next value, with its key and its source. `None`: a page is needed first, or everything has come
    /// ([`KWay::is_done`]).
    pub fn pop(&mut self) -> Option<(K, T, usize)> {
        let is_value = self.heads.peek().is_some_and(|head| !head.is_waiting);
        let source = is_value.then(|| self.heads.pop()).flatten()?.source;
        let state = &mut self.sources[source];
        let (key, value) = state.page.pop_front()?;
        let next = state.page.front().map(|(key, _)| key.clone());
        if next.is_some() || state.is_open {
            state.is_waiting = next.is_none();
            self.heads.push(Head {
                is_waiting: next.is_none(),
                // An ascending source goes on from here.
                key: Some(next.unwrap_or_else(|| key.clone())),
                source,
            });
        }
        self.held -= 1;
        match self.last.as_ref().map(|last| key.cmp(last)) {
            Some(Ordering::Equal) => self.repeats += 1,
            Some(Ordering::Less) => self.late += 1,
            _ => {}
        }
        // One that is late does not turn the clock back.
        if self.last.as_ref().is_none_or(|last| *last < key) {
            self.last = Some(key.clone());
        }
        Some((key, value, source))
    }

    /// Whether every source has ended and everything has come out.
    pub fn is_done(&self) -> bool {
        self.heads.is_empty()
    }

    /// Values whose key had come already, from whichever source.
    pub const fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Values that came after a greater key.
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// Values held now: at most one page of each source.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Puts `head` in the place of the entry that says where a source's next page may begin.
    fn replace_waiting(&mut self, source: usize, head: Option<Head<K>>) {
        // Nearly always it is the first, because that is the source that was needed.
        if self.needs() == Some(source) {
            self.heads.pop();
        } else {
            self.heads
                .retain(|head| !(head.is_waiting && head.source == source));
        }
        self.heads.extend(head);
    }
}

impl<K: Ord> Ord for Head<K> {
    /// The least key is the greatest head, because a heap gives out its greatest. Of equal ones those that wait come
    /// first (their page may begin with that very key), then the lower source.
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .key
            .cmp(&self.key)
            .then(self.is_waiting.cmp(&other.is_waiting))
            .then(other.source.cmp(&self.source))
    }
}

impl<K: Ord> PartialOrd for Head<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> PartialEq for Head<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<K: Ord> Eq for Head<K> {}
