//! A window cut in time until no piece holds more records than it should. Pure: somebody else asks for the counts.

use crate::windows::STEADY;
use jiff::SignedDuration;
use model::Window;

/// A piece that could not be counted is not cut into shorter ones than this: the extractor halves it further where it must.
const SHORTEST_UNCOUNTED: SignedDuration = SignedDuration::from_hours(24);
/// Pieces a window is cut into where its records are not asked for any more.
const MOST_EVEN: u64 = 1_000;

/// What is known of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Records {
    /// Not asked yet.
    Unknown,
    /// Asked, and the source gave up counting.
    Uncounted,
    Counted(u64),
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    window: Window,
    records: Records,
}

/// A piece of a window, and how many records it has; `None` where the source could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) window: Window,
    pub(crate) records: Option<u64>,
}

/// A window on its way to slices.
#[derive(Debug)]
pub(crate) struct Cutter {
    most: u64,
    /// They tile the window, in order of time.
    pieces: Vec<Piece>,
    /// The piece that was asked for.
    asked: usize,
    /// Records of that piece and the one behind it, when both are halves of a counted one.
    both: Option<u64>,
}

impl Cutter {
    /// Of `window`, until no piece has more than `most` records.
    pub(crate) fn new(window: Window, most: u64) -> Self {
        let records = Records::Unknown;
        Self {
            most,
            pieces: vec![Piece { window, records }],
            asked: 0,
            both: None,
        }
    }

    /// The window whose records are to be counted next; `None` when enough is known. [`Cutter::told`] takes the answer.
    ///
    /// The piece that is most in need comes first, so that a bound on the questions does not leave all of the work in one
    /// end of the window.
    pub(crate) fn asks(&mut self) -> Option<Window> {
        self.both = None;
        let pieces = self.pieces.iter().enumerate();
        let unknown = pieces
            .filter(|(_, piece)| piece.records == Records::Unknown)
            .max_by_key(|(_, piece)| piece.window.duration());
        if let Some((at, piece)) = unknown {
            self.asked = at;
            return Some(piece.window);
        }
        let (at, _) = self
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| self.is_too_large(piece))
            .max_by_key(|(_, piece)| match piece.records {
                Records::Counted(records) => (0, records),
                _ => (1, piece.window.duration().as_secs().unsigned_abs()),
            })?;
        let whole = self.pieces[at];
        let (left, right) = whole.window.bisect()?;
        let half = |window| Piece {
            window,
            records: Records::Unknown,
        };
        self.pieces.splice(at..=at, [half(left), half(right)]);
        self.asked = at;
        if let Records::Counted(records) = whole.records {
            self.both = Some(records);
        }
        Some(left)
    }

    /// The answer to the last question; `None`: the source gave up counting.
    pub(crate) fn told(&mut self, records: Option<u64>) {
        let known = records.map_or(Records::Uncounted, Records::Counted);
        self.pieces[self.asked].records = known;
        // The other half has the rest: every second count is spared.
        if let (Some(both), Some(records)) = (self.both.take(), records) {
            let rest = Records::Counted(both.saturating_sub(records));
            self.pieces[self.asked + 1].records = rest;
        }
    }

    fn is_too_large(&self, piece: &Piece) -> bool {
        let length = piece.window.duration();
        match piece.records {
            Records::Unknown => false,
            Records::Uncounted => length > SHORTEST_UNCOUNTED,
            // A second is the shortest window there is, whatever was written in it at once.
            Records::Counted(records) => records > self.most && length.as_secs() > 1,
        }
    }

    /// The slices, in order of time. They tile the window; neighbours that fit into one slice are one.
    pub(crate) fn slices(self) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        let pieces = self.pieces.iter().flat_map(|piece| self.evenly(piece));
        for piece in pieces {
            let last = slices.last_mut();
            match last.and_then(|last| Some((joined(*last, piece, self.most)?, last))) {
                Some((both, last)) => *last = both,
                None => slices.push(piece),
            }
        }
        slices
    }

    /// A piece that is still too large when no more questions may be asked, cut as if its records lay evenly in it.
    fn evenly(&self, piece: &Piece) -> Vec<Slice> {
        let seconds = piece.window.duration().as_secs().unsigned_abs();
        let (length, records) = match piece.records {
            Records::Counted(records) if self.is_too_large(piece) => {
                let parts = records.div_ceil(self.most).clamp(1, MOST_EVEN);
                (seconds.div_ceil(parts), Some(records.div_ceil(parts)))
            }
            Records::Counted(records) => (seconds, Some(records)),
            _ => (STEADY.as_secs().unsigned_abs(), None),
        };
        let length = SignedDuration::from_secs(i64::try_from(length).unwrap_or(i64::MAX));
        let slices = piece.window.slices(length);
        slices.map(|window| Slice { window, records }).collect()
    }
}

/// Two neighbours as one, if that is not too large. An empty one goes with whatever is beside it.
fn joined(left: Slice, right: Slice, most: u64) -> Option<Slice> {
    let records = match (left.records, right.records) {
        (Some(0), records) | (records, Some(0)) => records,
        (Some(one), Some(other)) if one + other <= most => Some(one + other),
        _ => return None,
    };
    let window = Window::new(left.window.start(), right.window.end()).ok()?;
    Some(Slice { window, records })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn window(start: i64, end: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window::new(at(start), at(end)).unwrap()
    }

    /// Cuts a window whose records lie at these instants; the source counts at most `patience` seconds of it, and is asked at
    /// most `calls` times. The slices and the calls it took.
    fn cut(
        whole: Window,
        at: &[i64],
        most: u64,
        patience: i64,
        calls: usize,
    ) -> (Vec<Slice>, usize) {
        let mut cutter = Cutter::new(whole, most);
        let mut asked = 0;
        while asked < calls
            && let Some(window) = cutter.asks()
        {
            asked += 1;
            let is_counted = window.duration().as_secs() <= patience;
            cutter.told(is_counted.then(|| count(window, at)));
        }
        (cutter.slices(), asked)
    }

    fn inside(window: Window, at: &[i64]) -> impl Iterator<Item = i64> {
        let (start, end) = (window.start().as_second(), window.end().as_second());
        at.iter()
            .copied()
            .filter(move |at| (start..end).contains(at))
    }

    fn count(window: Window, at: &[i64]) -> u64 {
        inside(window, at).count() as u64
    }

    fn tiles(whole: Window, slices: &[Slice]) -> bool {
        slices.first().map(|slice| slice.window.start()) == Some(whole.start())
            && slices.last().map(|slice| slice.window.end()) == Some(whole.end())
            && slices
                .windows(2)
                .all(|two| two[0].window.end() == two[1].window.start())
    }

    #[test]
    fn what_fits_into_one_window_is_asked_about_once_and_stays_whole() {
        let whole = window(0, 820_454_400);
        let (slices, asked) = cut(whole, &[5, 700_000_000], 2, i64::MAX, 100);
        assert_eq!(
            slices,
            [Slice {
                window: whole,
                records: Some(2)
            }]
        );
        assert_eq!(asked, 1);
    }

    #[test]
    fn what_was_written_in_one_second_stays_together() {
        let whole = window(0, 820_454_400);
        let mut at = vec![700_000_123; 5_000];
        at.extend([9, 700_000_122, 800_000_000]);
        let (slices, asked) = cut(whole, &at, 100, i64::MAX, 100);
        let counts: Vec<_> = slices.iter().map(|slice| slice.records).collect();
        assert_eq!(counts, [Some(2), Some(5_000), Some(1)]);
        // As often as 26 years can be halved down to a second.
        assert!(asked <= 31, "{asked}");
    }

    #[test]
    fn a_window_nobody_can_count_is_cut_into_months() {
        let whole = window(0, 820_454_400);
        let (slices, asked) = cut(whole, &[], 100, 0, 20);
        assert_eq!(asked, 20);
        assert!(tiles(whole, &slices));
        assert!(
            slices
                .iter()
                .all(|slice| slice.records.is_none() && slice.window.duration() <= STEADY)
        );
        assert!(slices.len() < 350, "{}", slices.len());
    }

    #[test]
    fn questions_that_are_not_allowed_any_more_are_replaced_by_even_parts() {
        let whole = window(0, 1_000_000);
        let at: Vec<_> = (0..1_000_000).step_by(10).collect();
        let (slices, asked) = cut(whole, &at, 1_000, i64::MAX, 3);
        assert_eq!(asked, 3);
        assert!(tiles(whole, &slices));
        assert_eq!(slices.len(), 100);
        assert!(slices.iter().all(|slice| count(slice.window, &at) <= 1_010));
    }

    #[test]
    fn an_organisation_of_twenty_million_needs_few_questions() {
        // Nothing for ten years, then more each year.
        let whole = window(0, 820_454_400);
        let at: Vec<i64> = (0..20_000_u64)
            .map(|n| 315_000_000 + i64::try_from((n * 12_744_900_000_000).isqrt()).unwrap())
            .collect();
        let (slices, asked) = cut(whole, &at, 1_000, i64::MAX, 150);
        assert!(
            slices.len() <= 30 && asked <= 45,
            "{} slices, {asked} counts",
            slices.len()
        );
    }

    proptest! {
        #[test]
        fn slices_tile_their_window_and_none_is_too_large(
            length in 1_i64..100_000, most in 1_u64..60,
            spread in proptest::collection::vec(0.0_f64..1.0, 0..300),
            heaps in proptest::collection::vec((0.0_f64..1.0, 1_usize..120), 0..4),
        ) {
            let whole = window(1_000, 1_000 + length);
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
            let place = |part: f64| 1_000 + (part * length as f64) as i64;
            let mut at: Vec<_> = spread.iter().map(|part| place(*part)).collect();
            at.extend(heaps.iter().flat_map(|(part, size)| vec![place(*part); *size]));
            let (slices, asked) = cut(whole, &at, most, i64::MAX, usize::MAX);
            prop_assert!(tiles(whole, &slices));
            for slice in &slices {
                let seconds: BTreeSet<_> = inside(slice.window, &at).collect();
                let found = count(slice.window, &at);
                prop_assert_eq!(slice.records, Some(found));
                prop_assert!(found <= most || seconds.len() == 1, "{} records", found);
                prop_assert!(found > 0 || slices.len() == 1, "an empty slice");
            }
            // Each cut costs one question, and no piece is cut more often than it can be.
            prop_assert!(asked <= 1 + 17 * (1 + at.len()), "{}", asked);
        }

        #[test]
        fn whatever_is_answered_the_slices_tile_the_window_and_the_questions_are_bounded(
            length in 1_i64..100_000_000, most in 1_u64..60, calls in 0_usize..40, patience in 0_i64..100_000_000,
            spread in proptest::collection::vec(0_i64..100_000_000, 0..200),
        ) {
            let whole = window(0, length);
            let (slices, asked) = cut(whole, &spread, most, patience, calls);
            prop_assert!(tiles(whole, &slices));
            prop_assert!(asked <= calls);
            prop_assert!(slices.len() <= 200 + 100_000_000 / 2_678_400 + 1, "{}", slices.len());
        }
    }
}
