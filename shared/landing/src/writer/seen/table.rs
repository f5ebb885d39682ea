//! The latest digests, in memory.

/// Slots of a table that has just begun.
const FIRST_SLOTS: usize = 1 << 10;

/// Open addressing: a digest lies at its own slot or in one of the next ones. At most half of the slots are taken.
#[derive(Debug)]
pub(super) struct Table {
    /// Zero is a free one.
    slots: Vec<u128>,
    /// How many there are between two calls: a power of two, or none yet.
    size: usize,
    used: usize,
    most: usize,
}

/// A free slot where a digest belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vacant(usize);

impl Table {
    /// A table of at most `most` digests.
    pub fn new(most: usize) -> Self {
        Self {
            slots: Vec::new(),
            size: 0,
            used: 0,
            most,
        }
    }

    /// Where `digest` belongs; `None` when it is there. It is not zero.
    #[inline]
    pub fn find(&mut self, digest: u128) -> Option<Vacant> {
        if (self.used + 1) * 2 > self.size {
            self.grow();
        }
        let mut at = self.home(digest);
        loop {
            match self.slots[at] {
                0 => return Some(Vacant(at)),
                present if present == digest => return None,
                _ => at = (at + 1) & (self.size - 1),
            }
        }
    }

    /// Puts a digest where it belongs.
    pub fn fill(&mut self, vacant: Vacant, digest: u128) {
        self.slots[vacant.0] = digest;
        self.used += 1;
    }

    pub const fn is_full(&self) -> bool {
        self.used >= self.most
    }

    /// The digests in order, in the table's own memory: what comes next is [`Table::clear`].
    pub fn sorted(&mut self) -> &[u128] {
        self.slots.retain(|digest| *digest != 0);
        self.slots.sort_unstable();
        &self.slots
    }

    /// Forgets the digests and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.slots.resize(self.size, 0);
        self.used = 0;
    }

    #[allow(clippy::cast_possible_truncation, reason = "some bits of a digest")]
    fn home(&self, digest: u128) -> usize {
        (digest >> 64) as usize & (self.size - 1)
    }

    #[cold]
    fn grow(&mut self) {
        self.size = (self.size * 2).max(FIRST_SLOTS);
        let before = std::mem::replace(&mut self.slots, vec![0; self.size]);
        self.used = 0;
        for digest in before.into_iter().filter(|digest| *digest != 0) {
            if let Some(vacant) = self.find(digest) {
                self.fill(vacant, digest);
            }
        }
    }
}
