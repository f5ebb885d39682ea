//! Numbers that depend on nothing but a seed and a place: any record can be made without making the ones before it.

/// The splitmix64 step: spreads any input over 64 bits.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// One number for a place: what is drawn (`tag`) and for which record (`index`).
pub(crate) const fn at(seed: u64, tag: u64, index: u64) -> u64 {
    mix(mix(mix(seed) ^ tag) ^ index)
}

/// A stream of numbers for one record.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64, tag: u64, index: u64) -> Self {
        Self(at(seed, tag, index))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number in `[0, below)`; 0 when nothing lies below.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        // The top of a 128-bit product: no division, no bias worth speaking of.
        ((u128::from(self.next()) * u128::from(below)) >> 64) as u64
    }

    /// A place among `count`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number is below a usize"
    )]
    pub(crate) fn index(&mut self, count: usize) -> usize {
        self.below(count as u64) as usize
    }

    /// A number in `[low, high)`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low)).cast_signed()
    }

    /// True in `percent` of a hundred draws.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }
}

/// An identifier of Genesys Cloud: a UUID, version 4 by its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Uuid(pub(crate) u64, pub(crate) u64);

impl Uuid {
    pub(crate) const fn new(seed: u64, tag: u64, index: u64) -> Self {
        let high = at(seed, tag, index);
        let low = mix(high ^ 0x5555_5555_5555_5555);
        Self(
            (high & 0xffff_ffff_ffff_0fff) | 0x4000,
            (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000,
        )
    }

    /// Reads the form with dashes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: String = text.split('-').collect();
        let half = |part: Option<&str>| u64::from_str_radix(part?, 16).ok();
        (digits.len() == 32 && text.len() == 36)
            .then(|| Some(Self(half(digits.get(..16))?, half(digits.get(16..))?)))
            .flatten()
    }

    pub(crate) fn push(self, out: &mut String) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        for (half, dashes) in [(self.0, [4, 6]), (self.1, [0, 2])] {
            for (place, byte) in half.to_be_bytes().into_iter().enumerate() {
                if dashes.contains(&place) {
                    out.push('-');
                }
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

impl std::fmt::Display for Uuid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::with_capacity(36);
        self.push(&mut text);
        f.write_str(&text)
    }
}

/// What is drawn: keeps the streams of different things apart.
pub(crate) mod tag {
    pub(crate) const CONVERSATION: u64 = 1;
    pub(crate) const PARTICIPANT: u64 = 2;
    pub(crate) const SESSION: u64 = 3;
    pub(crate) const START: u64 = 4;
    pub(crate) const SCRIPT: u64 = 5;
    pub(crate) const LINK: u64 = 6;
    pub(crate) const QUEUE: u64 = 7;
    pub(crate) const USER: u64 = 8;
    pub(crate) const WRAPUP: u64 = 9;
    pub(crate) const DIVISION: u64 = 10;
    pub(crate) const EXTERNAL_CONTACT: u64 = 11;
    pub(crate) const EXTERNAL_ORGANIZATION: u64 = 12;
    pub(crate) const EXTERNAL_SOURCE: u64 = 13;
    pub(crate) const FLOW: u64 = 14;
    pub(crate) const CAMPAIGN: u64 = 15;
    pub(crate) const DIALER: u64 = 16;
    pub(crate) const EVALUATION: u64 = 17;
    pub(crate) const SURVEY: u64 = 18;
    pub(crate) const FORM: u64 = 19;
    pub(crate) const NOWHERE: u64 = 21;
    pub(crate) const SETTLING: u64 = 22;
    pub(crate) const BUSINESS_UNIT: u64 = 23;
    pub(crate) const MANAGEMENT_UNIT: u64 = 24;
    pub(crate) const SHIFT: u64 = 25;
    pub(crate) const ACTIVITY: u64 = 26;
    pub(crate) const PRESENCE: u64 = 27;
    pub(crate) const SHIFTING: u64 = 28;
    pub(crate) const ACCOUNT: u64 = 30;
    pub(crate) const CONTACT: u64 = 31;
    pub(crate) const CASE: u64 = 32;
    pub(crate) const OPPORTUNITY: u64 = 33;
    pub(crate) const OWNER: u64 = 34;
    pub(crate) const CASE_PARENT: u64 = 35;
    pub(crate) const HISTORY: u64 = 36;
    pub(crate) const ROLE: u64 = 37;
    pub(crate) const FIRMOGRAPHIC: u64 = 38;
    pub(crate) const LATE: u64 = 39;
    pub(crate) const NUL: u64 = 40;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_looks_like_one() {
        let text = Uuid::new(7, tag::CONVERSATION, 3).to_string();
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{text}");
        assert_eq!(text.as_bytes()[14], b'4', "{text}");
        assert!(b"89ab".contains(&text.as_bytes()[19]), "{text}");
    }

    #[test]
    fn a_draw_stays_below_its_bound() {
        let mut rng = Rng::new(1, 2, 3);
        assert!((0..1000).all(|_| (-5..5).contains(&rng.between(-5, 5))));
    }
}
