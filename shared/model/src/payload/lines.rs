//! Some lines of a landing object, as short as their neighbours allow: a file of refused records may have many thousands.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Numbers of lines, from 1: each pair is the first and the last of a stretch, in order and apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[u64; 2]>", into = "Vec<[u64; 2]>")]
pub struct Lines(Vec<[u64; 2]>);

/// Pairs that are no lines.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} are no lines: pairs of the first and the last of a stretch, from 1, in order and apart"
)]
pub struct LinesError(Vec<[u64; 2]>);

impl Lines {
    /// Whether `line` is one of them.
    pub fn contains(&self, line: u64) -> bool {
        let stretch = |&[first, last]: &[u64; 2]| match line {
            _ if line < first => Ordering::Greater,
            _ if line > last => Ordering::Less,
            _ => Ordering::Equal,
        };
        self.0.binary_search_by(stretch).is_ok()
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|[first, last]| last - first + 1).sum()
    }

    /// The last of them; 0 when there is none.
    pub fn last(&self) -> u64 {
        self.0.last().map_or(0, |[_, last]| *last)
    }
}

impl FromIterator<u64> for Lines {
    /// In any order, and each however often.
    fn from_iter<I: IntoIterator<Item = u64>>(lines: I) -> Self {
        let mut all: Vec<u64> = lines.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        let mut stretches: Vec<[u64; 2]> = Vec::new();
        for line in all {
            match stretches.last_mut() {
                Some([_, last]) if *last + 1 == line => *last = line,
                _ => stretches.push([line, line]),
            }
        }
        Self(stretches)
    }
}

impl TryFrom<Vec<[u64; 2]>> for Lines {
    type Error = LinesError;

    fn try_from(pairs: Vec<[u64; 2]>) -> Result<Self, LinesError> {
        let mut before = 0;
        for [first, last] in &pairs {
            if *first <= before || last < first {
                return Err(LinesError(pairs));
            }
            before = *last;
        }
        Ok(Self(pairs))
    }
}

impl From<Lines> for Vec<[u64; 2]> {
    fn from(lines: Lines) -> Self {
        lines.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_stretch_and_every_line_is_found() {
        let lines: Lines = [7, 3, 2, 9, 1, 3].into_iter().collect();
        assert_eq!(
            serde_json::to_string(&lines).unwrap(),
            "[[1,3],[7,7],[9,9]]"
        );
        assert_eq!((lines.count(), lines.last()), (5, 9));
        let found: Vec<_> = (0..12).filter(|line| lines.contains(*line)).collect();
        assert_eq!(found, [1, 2, 3, 7, 9]);
        assert_eq!((Lines::default().count(), Lines::default().last()), (0, 0));
    }

    #[test]
    fn pairs_that_are_no_lines_are_refused() {
        for pairs in ["[[0,1]]", "[[3,2]]", "[[1,4],[4,5]]", "[[5,6],[1,2]]"] {
            let error = serde_json::from_str::<Lines>(pairs).unwrap_err();
            assert!(error.to_string().contains("are no lines"), "{error}");
        }
    }
}
