//! What a window remembers of the records it holds, so that none is written twice.

use std::num::NonZeroU128;

/// A digest is looked for in one of these tables alone, so that no moment needs memory for two copies of all of them.
const SHARDS: usize = 64;
/// Slots of a table that has just begun.
const FIRST_SLOTS: usize = 16;

/// A set of digests, close to their bare size in memory: it grows with the window, unlike everything else here.
#[derive(Debug)]
pub(crate) struct Seen {
    shards: Vec<Shard>,
    /// Digests that no file holds yet.
    fresh: Vec<[u8; 16]>,
}

/// Open addressing: a digest lies at its own slot or in one of the next ones.
#[derive(Debug, Default, Clone)]
struct Shard {
    slots: Vec<Option<NonZeroU128>>,
    used: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            shards: vec![Shard::default(); SHARDS],
            fresh: Vec::new(),
        }
    }
}

impl Seen {
    /// Adds a digest; whether it was new.
    pub fn insert(&mut self, digest: [u8; 16]) -> bool {
        let is_new = self.put(digest);
        if is_new {
            self.fresh.push(digest);
        }
        is_new
    }

    /// Adds what a file held.
    pub fn restore(&mut self, bytes: &[u8]) {
        for digest in bytes.as_chunks::<16>().0 {
            self.put(*digest);
        }
    }

    /// The digests since the last call, as a file holds them; empty when there are none.
    pub fn take_fresh(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.fresh).concat()
    }

    /// All of them, as a file holds them.
    pub fn all(&self) -> Vec<u8> {
        let slots = self.shards.iter().flat_map(|shard| &shard.slots);
        slots
            .flatten()
            .flat_map(|digest| digest.get().to_le_bytes())
            .collect()
    }

    fn put(&mut self, digest: [u8; 16]) -> bool {
        // Of 2^128 digests the one that is all zero shares its place with its neighbour.
        let digest = NonZeroU128::new(u128::from_le_bytes(digest)).unwrap_or(NonZeroU128::MIN);
        let [first, ..] = digest.get().to_le_bytes();
        self.shards[usize::from(first) % SHARDS].insert(digest)
    }
}

impl Shard {
    fn insert(&mut self, digest: NonZeroU128) -> bool {
        if (self.used + 1) * 5 > self.slots.len() * 4 {
            let more = (self.slots.len() * 5 / 4).max(FIRST_SLOTS);
            let before = std::mem::replace(&mut self.slots, vec![None; more]);
            self.used = 0;
            for digest in before.into_iter().flatten() {
                self.insert(digest);
            }
        }
        let length = self.slots.len();
        let mut at =
            usize::try_from(digest.get() >> 64 & u128::from(u32::MAX)).unwrap_or(0) % length;
        loop {
            match self.slots[at] {
                Some(present) if present == digest => return false,
                Some(_) => at = (at + 1) % length,
                None => {
                    self.slots[at] = Some(digest);
                    self.used += 1;
                    return true;
                }
            }
        }
    }
}

/// Half a digest is enough to tell records of a window apart.
pub(super) fn short(digest: &[u8; 32]) -> [u8; 16] {
    let [short, _] = digest.as_chunks::<16>().0 else {
        return [0; 16];
    };
    *short
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn digest(number: u32) -> [u8; 16] {
        let digest: [u8; 32] = Sha256::digest(number.to_le_bytes()).into();
        *digest.first_chunk().unwrap()
    }

    #[test]
    fn every_digest_is_new_once_also_after_it_was_written_out_and_read_back() {
        let mut seen = Seen::default();
        assert!((0..10_000).all(|number| seen.insert(digest(number))));
        assert!((0..10_000).all(|number| !seen.insert(digest(number))));
        assert!(seen.insert([0; 16]) && !seen.insert([0; 16]));
        let (fresh, all) = (seen.take_fresh(), seen.all());
        assert_eq!((fresh.len(), all.len()), (160_016, 160_016));
        assert!(seen.take_fresh().is_empty());
        for bytes in [fresh, all] {
            let mut again = Seen::default();
            again.restore(&bytes);
            assert!(again.take_fresh().is_empty());
            assert!((0..10_000).all(|number| !again.insert(digest(number))));
            assert!(again.insert(digest(10_001)));
        }
    }
}
