//! One slice of a details query being read: pages that have come and are not taken yet.

use super::way::Way;
use crate::state::Slice;
use genesys::api::Page;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;

/// A page and the order of its records.
#[derive(Debug)]
pub(super) struct Arrived {
    pub page: Page,
    pub received_at: Timestamp,
    /// Start and position in the page, by start.
    pub order: Vec<(Timestamp, usize)>,
    /// Number in the slice, from 1.
    number: u64,
    /// Records taken in this invocation.
    taken: usize,
}

/// A slice being read.
#[derive(Debug)]
pub(super) struct Stream {
    pub slice: Slice,
    /// How it is asked for.
    pub way: Way,
    /// The page that is being taken.
    pub current: Option<Arrived>,
    /// Those behind it.
    pub ahead: VecDeque<Arrived>,
    /// The page to ask for next.
    pub next: u64,
    /// It is on its way.
    pub is_asked: bool,
    /// No page comes behind those that are here.
    pub is_ended: bool,
    /// The source's own number, from the latest page.
    pub total: Option<u64>,
    /// The slice was left before its last page: nothing of it follows.
    pub is_left: bool,
}

impl Stream {
    /// Goes on with a slice where it stands; one that was never asked for is begun in the way given.
    pub fn new(mut slice: Slice, otherwise: impl FnOnce(&Slice) -> Way) -> Self {
        let way = slice.way.unwrap_or_else(|| {
            slice.begin_anew();
            otherwise(&slice)
        });
        slice.way = Some(way);
        Self {
            next: slice.page,
            slice,
            way,
            current: None,
            ahead: VecDeque::new(),
            is_asked: false,
            is_ended: false,
            total: None,
            is_left: false,
        }
    }

    /// Whether nothing of the slice follows this page. Results come by start: a page that lies wholly past the slice is the
    /// last one that matters.
    pub fn lies_past(&self, page: &Page) -> bool {
        self.is_past(&order(page, self.slice.window.start()))
    }

    fn is_past(&self, order: &[(Timestamp, usize)]) -> bool {
        let bounds = order.first().zip(order.last());
        bounds.is_some_and(|((earliest, _), (latest, _))| {
            self.way.is_past(self.slice.window, *earliest, *latest)
        })
    }

    /// Whether anything came that began in the slice, taken or not.
    pub fn has_own(&self) -> bool {
        let at_hand = self.current.iter().chain(&self.ahead);
        let mut starts = at_hand.flat_map(|page| &page.order);
        self.slice.has_own || starts.any(|(start, _)| self.slice.window.contains(*start))
    }

    /// Whether everything that will ever come has been taken.
    pub fn is_drained(&self) -> bool {
        self.is_ended && self.current.is_none() && self.ahead.is_empty()
    }

    /// Puts a page that came behind the others.
    pub fn push(&mut self, page: Page, received_at: Timestamp) {
        let order = order(&page, self.slice.window.start());
        self.is_left = self.is_past(&order);
        if !order.is_empty() {
            self.ahead.push_back(Arrived {
                page,
                received_at,
                order,
                number: self.next,
                taken: 0,
            });
        }
        self.next += 1;
        self.is_asked = false;
    }

    /// Counts a record of the present page as taken. Whether an earlier invocation took it already, and whether it was the
    /// page's last.
    pub fn advance(&mut self) -> Advance {
        let Some(current) = &mut self.current else {
            return Advance::default();
        };
        let before = if current.number == self.slice.page {
            self.slice.taken
        } else {
            0
        };
        let was_taken = current.taken < before;
        current.taken += 1;
        let is_last = current.taken == current.order.len();
        if is_last {
            self.slice.page = current.number + 1;
            self.slice.taken = 0;
        } else if !was_taken {
            self.slice.page = current.number;
            self.slice.taken = current.taken;
        }
        Advance { was_taken, is_last }
    }
}

/// What taking one record came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Advance {
    pub was_taken: bool,
    pub is_last: bool,
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(rename = "conversationStart", borrow)]
    start: Option<&'a RawValue>,
}

/// Starts and positions, by start. A record that does not tell its start stays behind the one before it.
fn order(page: &Page, from: Timestamp) -> Vec<(Timestamp, usize)> {
    let mut latest = from;
    let mut order: Vec<_> = page
        .records()
        .enumerate()
        .map(|(position, payload)| {
            let start = serde_json::from_str::<Start<'_>>(payload);
            let start = start.ok().and_then(|it| it.start);
            let start = start.and_then(|it| it.get().trim_matches('"').parse().ok());
            latest = start.unwrap_or(latest);
            (latest, position)
        })
        .collect();
    order.sort_by_key(|(start, _)| *start);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Query;
    use model::Window;

    #[test]
    fn what_came_of_a_slice_and_is_not_taken_counts_as_its_own() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (start, end) = (at("2026-01-05T02:00:00Z"), at("2026-01-05T03:00:00Z"));
        let slice = Query::default().slice(Window::new(start, end).unwrap());
        let mut stream = Stream::new(slice, |_| Way::Forwards);
        for (begun, has_own) in [("01:59:59", false), ("03:00:00", false), ("02:00:00", true)] {
            let body =
                format!(r#"{{"conversations":[{{"conversationStart":"2026-01-05T{begun}Z"}}]}}"#);
            stream.push(Page::read(body.into_bytes()).unwrap(), end);
            assert_eq!(stream.has_own(), has_own, "{begun}");
        }
        stream.current = stream.ahead.pop_back();
        stream.ahead.clear();
        assert!(stream.has_own());
    }
}
