use super::*;
use model::{Classify as _, Kind};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;

fn digest(number: u64) -> [u8; WIDTH] {
    short(&Sha256::digest(number.to_le_bytes()).into())
}

/// Everything happens within a few digests.
const TIGHT: Bounds = Bounds {
    table: 4,
    filter: 64,
    runs: 2,
    moves: 2,
    file: 7,
};

/// The real ones, a sixteenth as large.
const SMALL: Bounds = Bounds {
    table: BOUNDS.table / 16,
    filter: BOUNDS.filter / 16,
    file: BOUNDS.file / 16,
    ..BOUNDS
};

fn tight() -> Seen {
    Seen::new(TIGHT, std::env::temp_dir())
}

/// The files of a window, as the progress file names them.
#[derive(Debug, Default, Clone)]
struct Files(Vec<Vec<u8>>);

impl Files {
    fn keep(&mut self, seen: &mut Seen) {
        if let Some(file) = seen.file() {
            if file.replaces_last {
                self.0.pop();
            }
            self.0.push(file.bytes);
            seen.has_written();
        }
    }

    fn restored(&self) -> Seen {
        let mut seen = tight();
        for file in &self.0 {
            seen.restore(file).unwrap();
        }
        seen
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u64),
    Flush,
    /// The process ends; another one goes on from what was flushed.
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0_u64..120).prop_map(Step::Insert),
        2 => Just(Step::Flush),
        1 => Just(Step::Kill),
    ]
}

fn agrees(steps: Vec<Step>, digest: impl Fn(u64) -> [u8; WIDTH]) {
    let (mut seen, mut files) = (tight(), Files::default());
    let (mut truth, mut kept) = (HashSet::new(), HashSet::new());
    for step in steps {
        match step {
            Step::Insert(number) => {
                let digest = digest(number);
                assert_eq!(seen.insert(digest).unwrap(), truth.insert(digest));
            }
            Step::Flush => {
                files.keep(&mut seen);
                kept.clone_from(&truth);
                let held = files.0.iter().map(|file| file.len() / WIDTH).sum::<usize>();
                assert_eq!(held, kept.len(), "every digest is in one file");
            }
            Step::Kill => {
                seen = files.restored();
                truth.clone_from(&kept);
            }
        }
    }
}

proptest! {
    // Each case makes dozens of temporary files.
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn it_is_the_set_of_what_came_whatever_is_spilled_flushed_or_killed(steps in prop::collection::vec(step(), 0..400)) {
        agrees(steps, digest);
    }

    /// Digests that the table and the filter cannot tell apart, zero among them.
    #[test]
    fn digests_that_collide_are_still_told_apart(steps in prop::collection::vec(step(), 0..300)) {
        agrees(steps, |number| u128::from(number << 45).to_le_bytes());
    }

    #[test]
    fn the_filter_has_what_was_put_into_it(digests in prop::collection::vec(any::<u128>(), 0..200)) {
        let mut filter = Filter::new(128);
        for digest in &digests {
            filter.insert(*digest);
        }
        prop_assert!(digests.iter().all(|digest| filter.may_have(*digest)));
    }
}

#[test]
fn a_large_window_is_read_twice_and_nothing_is_taken_for_something_else() {
    let small = || Seen::new(SMALL, std::env::temp_dir());
    let count = 21 * SMALL.table as u64 + 7;
    let (mut seen, mut files) = (small(), Files::default());
    let mut kept = 0;
    for number in 0..count {
        assert!(seen.insert(digest(number)).unwrap(), "{number}");
        if number % 3000 == 2999 {
            files.keep(&mut seen);
            kept = number + 1;
        }
    }
    // 21 times the table: one run of 16, one of 4 and one of 1.
    let spilled = seen.spilled.as_ref().unwrap();
    assert_eq!(
        (spilled.runs.digests(), spilled.runs.files()),
        (count - 7, 3)
    );
    for number in (0..count).step_by(5).chain(count - 20..count) {
        assert!(!seen.insert(digest(number)).unwrap(), "{number}");
    }
    // What was flushed is known to the next process, and nothing else. No file is much larger than is allowed.
    let largest = files.0.iter().map(Vec::len).max().unwrap() / WIDTH;
    assert!(largest < SMALL.file + 3000, "{largest}");
    let mut again = small();
    for file in &files.0 {
        again.restore(file).unwrap();
    }
    assert!(again.file().is_none());
    for number in (0..kept).step_by(7) {
        assert!(!again.insert(digest(number)).unwrap(), "{number}");
    }
    assert!((kept..count).all(|number| again.insert(digest(number)).unwrap()));
}

#[test]
fn files_that_exceed_the_memory_are_restored_and_the_last_one_goes_on() {
    let real = || Seen::new(BOUNDS, std::env::temp_dir());
    // Spread over all bits, and made in no time.
    let digest = |number: u64| {
        let number = u128::from(number) + 1;
        number
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            .to_le_bytes()
    };
    // Two files that are full and one that is not; none ends where the table is full and spills.
    let first = BOUNDS.file as u64 + 1000;
    let second = first + BOUNDS.file as u64;
    let last = second + 5000;
    let (mut seen, mut files) = (real(), Files::default());
    for (from, to) in [(0, first), (first, second), (second, last)] {
        assert!((from..to).all(|number| seen.insert(digest(number)).unwrap()));
        files.keep(&mut seen);
    }
    assert_eq!(files.0.len(), 3);

    let restored = |times: usize| {
        let mut seen = real();
        for file in &files.0 {
            for _ in 0..times {
                seen.restore(file).unwrap();
            }
        }
        assert!(seen.spilled() > 0 && seen.file().is_none());
        seen
    };
    // No progress file names a file twice; one that did would do no harm.
    for mut again in [restored(1), restored(2)] {
        for number in (0..last).step_by(3).chain([last - 1]) {
            assert!(!again.insert(digest(number)).unwrap(), "{number}");
        }
        assert!(again.file().is_none(), "nothing has come");
        let more = last + BOUNDS.file as u64;
        assert!((last..more).all(|number| again.insert(digest(number)).unwrap()));
        assert!(
            (0..more)
                .step_by(7)
                .all(|number| !again.insert(digest(number)).unwrap())
        );
        // The last file is replaced by one with all that it held and what has come.
        let file = again.file().unwrap();
        assert!(file.replaces_last && file.bytes.starts_with(&files.0[2]));
        assert_eq!(file.bytes.len(), (5000 + BOUNDS.file) * WIDTH);
    }
}

#[test]
fn the_filter_leaves_few_new_digests_to_be_looked_for() {
    let mut filter = Filter::new(1 << 16);
    // As many bits for each as three million leave of the real one.
    let count = (1 << 19) * 3 / 33;
    let numbers = |from: u64| (from..from + count).map(|it| u128::from_le_bytes(digest(it)));
    numbers(0).for_each(|digest| filter.insert(digest));
    let wrong = numbers(count).filter(|digest| filter.may_have(*digest));
    let wrong = wrong.count() as u64;
    assert!(wrong * 50 < count, "{wrong} of {count}");
}

#[test]
fn temporary_files_have_no_name_and_are_missed_where_there_is_no_folder() {
    let folder = std::env::temp_dir().join(format!("tributary-test-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let mut seen = Seen::new(TIGHT, folder.clone());
    for number in 0..50 {
        assert!(seen.insert(digest(number)).unwrap());
    }
    assert_eq!(seen.spilled(), 48);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    // Without a name they can even outlive their folder; no new one is made in it.
    std::fs::remove_dir(&folder).unwrap();
    assert!(!seen.insert(digest(0)).unwrap());
    let error = (50..60).find_map(|number| seen.insert(digest(number)).err());
    assert_eq!(error.unwrap().kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_full_disk_is_named_and_told_what_to_do() {
    let spill = |kind: io::ErrorKind| crate::LandingError::Spill {
        folder: "/tmp".into(),
        digests: 65_536,
        cause: kind.into(),
    };
    let full = spill(io::ErrorKind::StorageFull);
    assert_eq!(full.kind(), Kind::Invalid);
    insta::assert_snapshot!(full, @"keeping the digests of 65536 records in a temporary file in /tmp: no storage space; give the function more ephemeral storage: 16 bytes a record, and 64 MB");
    let other = spill(io::ErrorKind::PermissionDenied);
    assert_eq!(other.kind(), Kind::Transient);
    insta::assert_snapshot!(other, @"keeping the digests of 65536 records in a temporary file in /tmp: permission denied");
}
