//! Chance that can be repeated: a number for each question, from the seed and from what is asked, in whatever order.

/// Says the same about the same thing for ever.
#[derive(Debug, Clone, Copy)]
pub struct Dice(u64);

impl Dice {
    /// The dice of a seed's run.
    pub fn new(seed: u64, number: u64) -> Self {
        Self(mixed(mixed(seed) ^ number))
    }

    /// A number below `end`.
    pub fn below(self, end: u64, question: &str, about: &str) -> u64 {
        // FNV-1a over both, with a zero between them.
        let bytes = question.bytes().chain([0]).chain(about.bytes());
        let sum =
            bytes.fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
        mixed(self.0 ^ sum) % end.max(1)
    }

    /// True once in `n` questions; never for 0.
    pub fn one_in(self, n: u64, question: &str, about: &str) -> bool {
        n > 0 && self.below(n, question, about) == 0
    }

    /// One of these.
    pub fn of<'a, T>(self, all: &'a [T], question: &str, about: &str) -> Option<&'a T> {
        let index = self.below(all.len() as u64, question, about);
        all.get(usize::try_from(index).unwrap_or(0))
    }
}

/// The last step of the generator `SplitMix64`: neighbours have nothing in common.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
