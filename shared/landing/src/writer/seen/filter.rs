//! What no run has, told without looking into them.

/// Bits a digest sets.
const BITS: u32 = 5;
/// A digest's bits lie in one block, a line of the processor's cache.
const WORDS: usize = 8;

/// A blocked Bloom filter of fixed size: it may say that it has what it has not, and never the other way round.
#[derive(Debug)]
pub(super) struct Filter {
    /// A power of two of them.
    blocks: Vec<[u64; WORDS]>,
}

impl Filter {
    /// A filter of `bytes`, rounded up to a power of two.
    pub fn new(bytes: usize) -> Self {
        let blocks = (bytes / (WORDS * 8)).max(1).next_power_of_two();
        Self {
            blocks: vec![[0; WORDS]; blocks],
        }
    }

    pub fn insert(&mut self, digest: u128) {
        let block = self.block(digest);
        let block = &mut self.blocks[block];
        for (word, bit) in bits(digest) {
            block[word] |= bit;
        }
    }

    #[inline]
    pub fn may_have(&self, digest: u128) -> bool {
        let block = &self.blocks[self.block(digest)];
        bits(digest).all(|(word, bit)| block[word] & bit != 0)
    }

    #[allow(clippy::cast_possible_truncation, reason = "some bits of a digest")]
    fn block(&self, digest: u128) -> usize {
        (digest >> 96) as usize & (self.blocks.len() - 1)
    }
}

/// The places of a digest's bits, nine of its own bits for each.
#[allow(clippy::cast_possible_truncation, reason = "some bits of a digest")]
fn bits(digest: u128) -> impl Iterator<Item = (usize, u64)> {
    let digest = digest as u64;
    (0..BITS).map(move |no| {
        let place = digest >> (9 * no) & 511;
        ((place / 64) as usize, 1 << (place % 64))
    })
}
