//! What the caller counts while it reads, by group: kept with the window until the group is done.

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

/// Hashes of keys by group. A hash has 64 bits: good for a count, not for deciding what is written.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    groups: BTreeMap<u32, HashSet<u64>>,
}

impl Marks {
    /// Whether `key` is new in its group.
    pub fn insert(&mut self, group: u32, key: u64) -> bool {
        self.groups.entry(group).or_default().insert(key)
    }

    /// Whether the group has `key`.
    pub fn contains(&self, group: u32, key: u64) -> bool {
        self.groups
            .get(&group)
            .is_some_and(|keys| keys.contains(&key))
    }

    /// How many keys the group has.
    pub fn count(&self, group: u32) -> u64 {
        self.groups.get(&group).map_or(0, |keys| keys.len() as u64)
    }

    /// Drops a group.
    pub fn forget(&mut self, group: u32) {
        self.groups.remove(&group);
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// As a file holds them: group, hash.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (group, keys) in &self.groups {
            for key in keys {
                bytes.extend(group.to_le_bytes());
                bytes.extend(key.to_le_bytes());
            }
        }
        bytes
    }

    /// From a file.
    pub fn read(bytes: &[u8]) -> Self {
        let mut marks = Self::default();
        for entry in bytes.as_chunks::<12>().0 {
            if let (Some(group), Some(key)) = (entry.first_chunk(), entry.last_chunk()) {
                marks.insert(u32::from_le_bytes(*group), u64::from_le_bytes(*key));
            }
        }
        marks
    }
}

/// The same in every process, as marks outlive one.
pub(super) fn hash(key: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(key).into();
    let [first, ..] = digest.as_chunks::<8>().0 else {
        return 0;
    };
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_being_written_out_and_a_forgotten_group_does_not() {
        let mut marks = Marks::default();
        for (group, key, is_new) in [(1, 7, true), (1, 7, false), (2, 7, true), (3, 1, true)] {
            assert_eq!(marks.insert(group, key), is_new);
        }
        marks.forget(3);
        let again = Marks::read(&marks.bytes());
        assert_eq!((again.count(1), again.count(2), again.count(3)), (1, 1, 0));
        assert!(again.contains(2, 7) && !again.contains(3, 1));
    }
}
