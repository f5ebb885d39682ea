//! What has been read, as intervals.

use crate::Window;
use jiff::Timestamp;

/// Instants that have been read: disjoint intervals in order, none touching the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(Vec<Window>);

impl Coverage {
    /// What `pieces` cover together, in whatever order they come and however they overlap.
    pub fn of(pieces: impl IntoIterator<Item = Window>) -> Self {
        let mut pieces: Vec<_> = pieces.into_iter().collect();
        pieces.sort_unstable();
        let mut merged: Vec<Window> = Vec::new();
        for piece in pieces {
            match merged.last_mut() {
                Some(last) if piece.start() <= last.end() => {
                    if let Ok(longer) = Window::new(last.start(), last.end().max(piece.end())) {
                        *last = longer;
                    }
                }
                _ => merged.push(piece),
            }
        }
        Self(merged)
    }

    /// Whether all of `window` has been read.
    pub fn covers(&self, window: Window) -> bool {
        // The last interval that begins at or before the window: no other one can hold it.
        let after = self
            .0
            .partition_point(|have| have.start() <= window.start());
        after > 0 && self.0[after - 1].end() >= window.end()
    }

    /// The parts of `window` that have not been read, in order.
    pub fn gaps(&self, window: Window) -> Vec<Window> {
        let mut gaps = Vec::new();
        let mut reached = window.start();
        for have in &self.0 {
            if have.start() >= window.end() {
                break;
            }
            gaps.extend(Window::new(reached, have.start()));
            reached = reached.max(have.end());
        }
        gaps.extend(Window::new(reached, window.end()));
        gaps
    }

    /// Whether nothing has been read.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Since when has been read, whatever is missing after.
    pub fn start(&self) -> Option<Timestamp> {
        self.0.first().map(|first| first.start())
    }

    /// Until when has been read, whatever is missing before.
    pub fn end(&self) -> Option<Timestamp> {
        self.0.last().map(|last| last.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(start: i64, end: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn gaps_are_found_before_between_and_after() {
        let have = Coverage::of([window(30, 40), window(10, 20), window(15, 22)]);
        assert_eq!(
            have.gaps(window(0, 50)),
            [window(0, 10), window(22, 30), window(40, 50)]
        );
        assert!(have.covers(window(12, 22)));
        assert!(!have.covers(window(20, 31)));
        assert_eq!(have.end(), Timestamp::from_second(40).ok());
    }

    proptest! {
        #[test]
        fn what_is_covered_and_its_gaps_tile_every_window(
            pieces in proptest::collection::vec((0_i64..90, 1_i64..20), 0..12),
            start in 0_i64..80, length in 1_i64..40,
        ) {
            let pieces: Vec<_> = pieces.into_iter().map(|(start, length)| window(start, start + length)).collect();
            let have = Coverage::of(pieces.clone());
            let asked = window(start, start + length);
            let gaps = have.gaps(asked);
            prop_assert_eq!(have.covers(asked), gaps.is_empty());
            for second in start..start + length {
                let at = Timestamp::from_second(second).unwrap();
                let is_read = pieces.iter().any(|piece| piece.contains(at));
                let is_gap = gaps.iter().filter(|gap| gap.contains(at)).count();
                prop_assert_eq!(usize::from(!is_read), is_gap);
            }
        }
    }
}
