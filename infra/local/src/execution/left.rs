//! How long the windows take that are left.

use std::collections::BTreeMap;
use std::time::Duration;

/// A time left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLeft {
    /// As the windows suggest that are done.
    pub time: Duration,
    /// It may be more: of some object none is done, or of late none has been done at all.
    pub is_least: bool,
}

/// The windows of each object, by source and object.
pub(super) type Objects = BTreeMap<(String, String), Object>;

/// The windows of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Object {
    /// In the plan.
    pub total: u64,
    /// Done, by this execution and before it began.
    pub done: u64,
    /// Of these, before.
    pub before: u64,
    /// Requests of all that are done.
    pub calls: u64,
    /// Of these, those of windows done before.
    pub calls_before: u64,
}

impl Object {
    const fn left(&self) -> u64 {
        self.total.saturating_sub(self.done)
    }
}

/// So many windows of a source, or a quarter of those it has, must be done before they say how long the others take.
const TELLING: u64 = 5;

/// The time left when each request and each window takes as long as those of this execution have taken so far, of `left` windows in
/// all. An object's windows are taken to be like those of it that are done: a day of a job costs more than a day of a listing, and
/// they come object by object. The sources are read side by side, so the longer time counts: a hundred small slices of Salesforce
/// say nothing about a few jobs of Genesys Cloud. When nothing has been done for `idle`, it goes on as long at least. `None` while too
/// few windows are done.
#[allow(clippy::cast_precision_loss)] // numbers of windows and of calls
pub(super) fn time_left(
    objects: &Objects,
    left: u64,
    elapsed: Duration,
    idle: Duration,
) -> Option<TimeLeft> {
    let mut longest = TimeLeft {
        time: Duration::ZERO,
        is_least: false,
    };
    let mut is_known = left == 0;
    for source in ["genesys", "salesforce"] {
        let objects = || {
            let of_source = objects.iter().filter(|((of, _), _)| of == source);
            of_source.map(|(_, object)| object)
        };
        let sum = |count: fn(&Object) -> u64| objects().map(count).sum::<u64>();
        let windows_left = sum(Object::left);
        if windows_left.min(left) == 0 {
            continue;
        }
        let done = sum(|one| one.done - one.before);
        if done < TELLING.min((done + windows_left).div_ceil(4)) {
            longest.is_least = true;
            continue;
        }
        is_known = true;
        // A window costs its requests and one for all that is done around them.
        let cost = |windows: u64, calls: u64| (windows + calls) as f64;
        let spent = cost(done, sum(|one| one.calls - one.calls_before));
        let usual = cost(sum(|one| one.done), sum(|one| one.calls)) / sum(|one| one.done) as f64;
        let mut ahead = 0.0;
        for object in objects().filter(|one| one.left() > 0) {
            let each = match object.done {
                0 => usual,
                done => cost(done, object.calls) / done as f64,
            };
            longest.is_least |= object.done == 0;
            ahead += each * object.left() as f64;
        }
        // Failed windows are not known by source.
        ahead *= windows_left.min(left) as f64 / windows_left as f64;
        let time = Duration::try_from_secs_f64(elapsed.as_secs_f64() * ahead / spent).ok()?;
        longest.time = longest.time.max(time);
    }
    if idle > longest.time {
        longest = TimeLeft {
            time: idle,
            is_least: true,
        };
    }
    is_known.then_some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source, object, windows planned, done, done before, calls of each that is done.
    type Row = (&'static str, &'static str, u64, u64, u64, u64);

    fn left(rows: &[Row], left: u64, seconds: u64) -> Option<(u64, bool)> {
        let objects = rows
            .iter()
            .map(|&(source, name, total, done, before, each)| {
                let object = Object {
                    total,
                    done,
                    before,
                    calls: done * each,
                    calls_before: before * each,
                };
                ((source.to_owned(), name.to_owned()), object)
            });
        let elapsed = Duration::from_secs(seconds);
        let left = time_left(&objects.collect(), left, elapsed, Duration::ZERO)?;
        Some((left.time.as_secs(), left.is_least))
    }

    #[test]
    fn the_time_left_follows_from_the_windows_of_this_execution() {
        let row = |done, before| [("genesys", "conversation", 51, done, before, 3)];
        assert_eq!(left(&row(30, 20), 21, 10), Some((21, false)));
        // One of them has failed.
        assert_eq!(left(&row(30, 20), 20, 10), Some((20, false)));
        // Before there are enough of them nothing is said, however many there were before; of a few, a quarter is enough.
        assert_eq!(left(&row(24, 20), 27, 10), None);
        let few = |done| [("genesys", "queue", 5, done, 0, 1)];
        assert_eq!(left(&few(1), 4, 10), None);
        assert_eq!(left(&few(2), 3, 10), Some((15, false)));
        assert_eq!(left(&row(51, 20), 0, 10), Some((0, false)));
    }

    #[test]
    fn when_nothing_has_been_done_for_long_it_goes_on_as_long_at_least() {
        let object = Object {
            total: 10,
            done: 9,
            calls: 9,
            ..Object::default()
        };
        let objects = Objects::from([(("genesys".to_owned(), "queue".to_owned()), object)]);
        let left = |idle| {
            let (elapsed, idle) = (Duration::from_secs(90), Duration::from_secs(idle));
            let left = time_left(&objects, 1, elapsed, idle).unwrap();
            (left.time.as_secs(), left.is_least)
        };
        assert_eq!(left(9), (10, false));
        assert_eq!(left(40), (40, true));
    }

    #[test]
    fn costly_windows_that_come_last_are_not_taken_for_cheap_ones() {
        let rows = |done| {
            [
                ("genesys", "adherence", 10, done, 0, 11),
                ("genesys", "queue_aggregate", 30, 30, 0, 1),
            ]
        };
        // None of them is done: who knows. With the first ones, their calls tell.
        assert_eq!(left(&rows(0), 10, 30), Some((10, true)));
        assert_eq!(left(&rows(2), 8, 42), Some((48, false)));
    }

    #[test]
    fn the_small_slices_of_one_source_do_not_shorten_the_time_of_the_other() {
        let of = |done| {
            let rows = [
                ("genesys", "conversation", 20, done, 0, 7),
                ("salesforce", "case", 200, 199, 0, 1),
            ];
            left(&rows, 21 - done, 30)
        };
        // Too few of Genesys are done, but the last slice is known.
        assert_eq!(of(4), Some((0, true)));
        assert_eq!(of(5), Some((90, false)));
        assert_eq!(of(10), Some((30, false)));
    }
}
