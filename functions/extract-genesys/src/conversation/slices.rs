//! The parts of a window that are asked for one by one.

use crate::state::{Query, Slice};
use jiff::SignedDuration;
use model::settings::Settings;
use model::{Classify, Kind, Window};
use source_http::{SourceError, WireFault};

/// Pages are not made smaller than this because of a fault: so few records are not what is too much.
pub(crate) const SMALLEST_PAGE: u32 = 50;
/// What is longer is cut at whole hours.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Nothing is cut below this.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

impl Query {
    /// Nothing of these parts is read yet.
    pub fn of(windows: impl Iterator<Item = Window>) -> Self {
        let mut query = Self::default();
        query.slices = windows.map(|window| query.slice(window)).collect();
        query
    }

    /// A slice of which nothing is read yet.
    pub fn slice(&mut self, window: Window) -> Slice {
        self.next_group += 1;
        Slice {
            window,
            page: 1,
            taken: 0,
            group: self.next_group,
            is_second_look: false,
            way: None,
            smaller_pages: None,
            is_piece: false,
            has_own: false,
            doubted: None,
        }
    }
}

impl Slice {
    /// From its first page; what was taken comes again and is dropped by its bytes.
    pub const fn begin_anew(&mut self) {
        self.page = 1;
        self.taken = 0;
    }

    /// Conversations a page.
    pub fn page_size(&self, settings: &Settings) -> u32 {
        let size = settings.genesys.query_page_size;
        self.smaller_pages.unwrap_or(size)
    }
}

/// The source cannot page through this: too many results, or a fault that outlived every repetition.
pub(crate) fn is_too_much(cause: &SourceError) -> bool {
    is_beyond_paging(cause) || is_fault(cause)
}

/// There are more results than the source pages through.
pub(crate) fn is_beyond_paging(cause: &SourceError) -> bool {
    let text = "pagination may not exceed";
    cause.status() == Some(400) && cause.message().to_lowercase().contains(text)
}

/// A fault that outlived every repetition, and may be one of how much was asked for.
pub(crate) fn is_fault(cause: &SourceError) -> bool {
    match cause.fault() {
        // Slower than we wait; a connection that was refused or broke off is another matter, and an answer that came, but
        // cannot be read, is no smaller in a smaller slice.
        Some(fault) => fault == WireFault::Unanswered,
        None => cause.status().is_some() && cause.kind() == Kind::Transient,
    }
}

/// The answer began and did not come whole, or something else came in its place: a smaller one may come.
pub(crate) fn is_cut_off(cause: &SourceError) -> bool {
    matches!(
        cause.fault(),
        Some(WireFault::BrokenOff | WireFault::Unreadable)
    )
}

/// The answer came and is more than is read at once.
pub(crate) fn is_too_large(cause: &SourceError) -> bool {
    cause.fault() == Some(WireFault::TooLarge)
}

/// `window` in about `parts` pieces: at whole hours from its start as long as it is longer than one, then at whole minutes.
/// `None` for a minute or less.
pub(crate) fn cut(window: Window, parts: u64) -> Option<Vec<Window>> {
    let length = window.duration();
    if length <= MINUTE {
        return None;
    }
    let grain = if length > HOUR { HOUR } else { MINUTE };
    let parts = i64::try_from(parts.max(2)).unwrap_or(i64::MAX);
    let step = ceil(ceil(length.as_secs(), parts), grain.as_secs()) * grain.as_secs();
    // Rounded up, a piece may be as long as the whole.
    let step = if step < length.as_secs() {
        step
    } else {
        grain.as_secs()
    };
    Some(window.slices(SignedDuration::from_secs(step)).collect())
}

fn ceil(value: i64, by: i64) -> i64 {
    value.div_euclid(by) + i64::from(value.rem_euclid(by) > 0)
}

/// How many pieces bring `hits` well below `cap`.
pub(crate) fn parts_for(hits: Option<u64>, cap: u64) -> u64 {
    // Conversations are not spread evenly: a quarter is left free.
    hits.map_or(2, |hits| hits.saturating_mul(4).div_ceil(cap.max(1) * 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn window(seconds: i64) -> Window {
        let start = 1_767_571_200;
        let at = |second| Timestamp::from_second(second).unwrap();
        Window::new(at(start), at(start + seconds)).unwrap()
    }

    fn lengths(seconds: i64, parts: u64) -> Vec<i64> {
        let pieces = cut(window(seconds), parts).unwrap_or_default();
        pieces
            .iter()
            .map(|it| it.duration().as_secs() / 60)
            .collect()
    }

    #[test]
    fn a_day_is_cut_at_whole_hours_and_an_hour_at_whole_minutes_and_a_minute_not_at_all() {
        assert_eq!(lengths(24 * 3600, 2), [720, 720]);
        assert_eq!(lengths(24 * 3600, 5), [300, 300, 300, 300, 240]);
        assert_eq!(lengths(3 * 3600, 2), [120, 60]);
        assert_eq!(lengths(2 * 3600, 100), [60, 60]);
        assert_eq!(lengths(3600, 2), [30, 30]);
        assert_eq!(lengths(180, 2), [2, 1]);
        assert_eq!(lengths(60, 2), [0; 0]);
        assert_eq!((parts_for(None, 100), parts_for(Some(250), 100)), (2, 4));
    }

    #[test]
    fn a_source_that_does_not_answer_has_too_much_and_one_that_breaks_off_has_not() {
        for (fault, has_too_much, is_cut, is_large) in [
            (WireFault::Unanswered, true, false, false),
            (WireFault::OwnEnd, false, false, false),
            (WireFault::OutOfReach, false, false, false),
            (WireFault::Lost, false, false, false),
            (WireFault::BrokenOff, false, true, false),
            (WireFault::Unreadable, false, true, false),
            (WireFault::TooLarge, false, false, true),
        ] {
            let cause = SourceError::on_the_wire("POST /x", fault, "as it was found");
            let told = (
                is_too_much(&cause),
                is_cut_off(&cause),
                is_too_large(&cause),
            );
            assert_eq!(told, (has_too_much, is_cut, is_large), "{fault:?}");
        }
        // Ours, about what an answer says.
        assert!(!is_too_much(&SourceError::transient("details job", "x")));
    }

    proptest! {
        #[test]
        fn pieces_tile_the_slice_and_cutting_ends(seconds in 1_i64..90_000, parts in 0_u64..50) {
            let whole = window(seconds);
            let Some(pieces) = cut(whole, parts) else {
                prop_assert!(seconds <= 60);
                return Ok(());
            };
            prop_assert!(pieces.len() > 1);
            prop_assert_eq!(pieces.first().map(|it| it.start()), Some(whole.start()));
            prop_assert_eq!(pieces.last().map(|it| it.end()), Some(whole.end()));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].end() == pair[1].start()));
        }
    }
}
