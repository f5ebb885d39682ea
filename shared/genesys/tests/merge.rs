//! Sorted sources become one sorted stream, a page of each in memory.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

use genesys::merge::{KWay, MergeError};
use proptest::prelude::*;

type Key = u8;
/// Source and position in it.
type Item = (usize, usize);

/// Drives a merge over sources cut into pages: what came out, and the most that was held.
fn merged(
    sources: &[Vec<Key>],
    page: usize,
    merge: &mut KWay<Key, Item>,
) -> (Vec<(Key, Item)>, usize) {
    let mut read = vec![0; sources.len()];
    let (mut out, mut most) = (Vec::new(), 0);
    loop {
        while let Some((key, item, source)) = merge.pop() {
            assert_eq!(item.0, source);
            out.push((key, item));
        }
        let Some(source) = merge.needs() else { break };
        let from = read[source];
        let to = (from + page).min(sources[source].len());
        let items = (from..to).map(|at| (sources[source][at], (source, at)));
        merge.push(source, items).unwrap();
        read[source] = to;
        if to == sources[source].len() {
            merge.finish(source).unwrap();
        }
        most = most.max(merge.held());
    }
    assert!(merge.is_done());
    assert_eq!(merge.held(), 0);
    (out, most)
}

/// All values, sorted by key; equal keys in the order of source and position.
fn sorted(sources: &[Vec<Key>]) -> Vec<(Key, Item)> {
    let mut all: Vec<_> = sources
        .iter()
        .enumerate()
        .flat_map(|(source, keys)| {
            keys.iter()
                .enumerate()
                .map(move |(at, key)| (*key, (source, at)))
        })
        .collect();
    all.sort_unstable();
    all
}

fn ascending() -> impl Strategy<Value = Vec<Vec<Key>>> {
    let source = prop::collection::vec(0_u8..20, 0..30).prop_map(|mut keys| {
        keys.sort_unstable();
        keys
    });
    prop::collection::vec(source, 0..6)
}

proptest! {
    #[test]
    fn the_stream_is_the_sorted_concatenation(sources in ascending(), page in 1_usize..7) {
        let mut merge = KWay::new(sources.len());
        let (out, most) = merged(&sources, page, &mut merge);
        let expected = sorted(&sources);
        prop_assert!(most <= page * sources.len());
        prop_assert_eq!(merge.late(), 0);
        let again = expected.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
        prop_assert_eq!(merge.repeats(), again as u64);
        prop_assert_eq!(out, expected);
    }

    #[test]
    fn slices_that_follow_each_other_are_read_one_after_another(
        lengths in prop::collection::vec(0_usize..20, 1..12),
        page in 1_usize..7,
    ) {
        let mut merge = KWay::default();
        let mut sources = Vec::new();
        for (no, length) in (0_u8..).zip(lengths) {
            merge.add(Some(no * 10));
            // Keys of one slice: its ten, several times.
            let mut keys: Vec<_> = (0_u8..10).cycle().take(length).map(|key| no * 10 + key).collect();
            keys.sort_unstable();
            sources.push(keys);
        }
        let (out, most) = merged(&sources, page, &mut merge);
        prop_assert_eq!(out, sorted(&sources));
        // However many slices there are, one page is held.
        prop_assert!(most <= page);
    }

    #[test]
    fn nothing_is_lost_of_sources_that_are_not_sorted(
        sources in prop::collection::vec(prop::collection::vec(0_u8..20, 0..30), 0..6),
        page in 1_usize..7,
    ) {
        let mut merge = KWay::new(sources.len());
        let (mut out, _) = merged(&sources, page, &mut merge);
        let turned_back = out.iter().scan(0, |greatest, (key, _)| {
            *greatest = (*greatest).max(*key);
            Some(key < greatest)
        });
        prop_assert_eq!(merge.late(), turned_back.filter(|late| *late).count() as u64);
        out.sort_unstable();
        prop_assert_eq!(out, sorted(&sources));
    }
}

#[test]
fn the_same_conversation_from_two_sources_is_given_out_twice_and_counted() {
    let mut merge = KWay::new(2);
    merge
        .push(0, [((1, "a"), "of the first"), ((2, "b"), "alone")])
        .unwrap();
    merge
        .push(1, [((1, "a"), "of the second"), ((2, "c"), "alone too")])
        .unwrap();
    merge.finish(0).unwrap();
    merge.finish(1).unwrap();
    let values: Vec<_> = std::iter::from_fn(|| merge.pop())
        .map(|(_, value, _)| value)
        .collect();
    assert_eq!(
        values,
        ["of the first", "of the second", "alone", "alone too"]
    );
    assert_eq!((merge.repeats(), merge.late()), (1, 0));
}

#[test]
fn a_second_page_too_early_is_refused() {
    let mut merge = KWay::new(2);
    assert_eq!(merge.needs(), Some(0));
    // Pages may come in any order of sources, and an empty one says nothing about the end.
    merge.push(1, [(5, ())]).unwrap();
    merge.push(0, []).unwrap();
    assert_eq!(merge.needs(), Some(0));
    assert_eq!(merge.pop(), None);
    assert_eq!(merge.push(1, [(6, ())]), Err(MergeError::Full(1)));
    assert_eq!(merge.push(2, [(6, ())]), Err(MergeError::Unknown(2)));
    merge.finish(0).unwrap();
    merge.finish(0).unwrap();
    assert_eq!(merge.push(0, [(6, ())]), Err(MergeError::Ended(0)));
    assert_eq!(merge.pop(), Some((5, (), 1)));
    // The first source has ended; the second may go on.
    assert_eq!((merge.needs(), merge.is_done()), (Some(1), false));
    merge.push(1, [(4, ())]).unwrap();
    merge.finish(1).unwrap();
    assert_eq!(merge.pop(), Some((4, (), 1)));
    assert_eq!(merge.late(), 1);
    assert!(merge.is_done());
}
