//! What a slice counted before it was cut, against the sum of its pieces.
//!
//! Neither number is exact, and records arrive between the two. So nothing is read again for a difference; it is told, and
//! of the two the larger one stays in the window's count: a shortfall that is none is settled by the details job, one that
//! nobody sees is not.

use model::Window;
use serde::{Deserialize, Serialize};

/// A slice that was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cut {
    window: Window,
    /// What the source counted in it.
    total: u64,
    /// What it has counted in those pieces that are read.
    sum: u64,
    /// Seconds of it that are not read.
    left: i64,
    /// A piece did not tell.
    is_open: bool,
}

impl Cut {
    pub fn new(window: Window, total: u64) -> Self {
        Self {
            window,
            total,
            sum: 0,
            left: window.duration().as_secs(),
            is_open: false,
        }
    }

    fn holds(&self, window: Window) -> bool {
        self.window.start() <= window.start() && window.end() <= self.window.end()
    }
}

/// Adds a slice that is read to its end to those it was cut from. How many conversations of slices that are complete with
/// it the pieces did not count.
pub(crate) fn add(cuts: &mut Vec<Cut>, window: Window, total: Option<u64>) -> u64 {
    for cut in cuts.iter_mut().filter(|cut| cut.holds(window)) {
        cut.left -= window.duration().as_secs();
        cut.sum += total.unwrap_or(0);
        cut.is_open |= total.is_none();
    }
    let mut all_missing = 0;
    // The inner ones first: what is missing there is missing in all around it, and counted once.
    cuts.sort_by_key(|cut| cut.window.duration());
    while let Some(place) = cuts.iter().position(|cut| cut.left <= 0) {
        let cut = cuts.remove(place);
        if cut.is_open || cut.sum == cut.total {
            continue;
        }
        let Cut {
            window, total, sum, ..
        } = cut;
        let missing = total.saturating_sub(sum);
        if missing > 0 {
            tracing::warn!(
                missing,
                "The source counted {total} conversations in {window} and {sum} in its parts: {missing} are taken to be missing until a details job has read it"
            );
        } else {
            tracing::warn!(
                more = sum - total,
                "The source counted {total} conversations in {window} and {sum} in its parts: some came meanwhile, or are in two of them"
            );
        }
        all_missing += missing;
        for outer in cuts.iter_mut().filter(|outer| outer.holds(window)) {
            outer.sum += missing;
        }
    }
    all_missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn hours(from: i64, to: i64) -> Window {
        let at = |hour| Timestamp::from_second(1_767_571_200 + hour * 3600).unwrap();
        Window::new(at(from), at(to)).unwrap()
    }

    #[test]
    fn what_no_piece_counts_is_missing_once_whatever_is_cut_how_often() {
        let mut cuts = vec![Cut::new(hours(0, 24), 100)];
        assert_eq!(add(&mut cuts, hours(0, 12), Some(40)), 0);
        cuts.push(Cut::new(hours(12, 24), 60));
        assert_eq!(add(&mut cuts, hours(18, 24), Some(20)), 0);
        // 10 are missing in the inner one, and with them nothing is in the outer one.
        assert_eq!(add(&mut cuts, hours(12, 18), Some(30)), 10);
        assert!(cuts.is_empty());
    }

    #[test]
    fn more_than_was_counted_is_not_missing_and_what_is_not_told_is_not_compared() {
        let mut cuts = vec![Cut::new(hours(0, 2), 10)];
        add(&mut cuts, hours(0, 1), Some(7));
        assert_eq!(add(&mut cuts, hours(1, 2), Some(7)), 0);
        let mut cuts = vec![Cut::new(hours(0, 2), 10)];
        add(&mut cuts, hours(0, 1), None);
        assert_eq!(add(&mut cuts, hours(1, 2), Some(1)), 0);
        assert!(cuts.is_empty());
    }
}
