//! Sessions of roles. Nothing is stored: the key's id says which account it is of and when it was issued.

use portolan_scripted_aws::mix;

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PREFIX: &str = "ASIA";
/// What follows the prefix: 16 letters of 5 bits: 32 of the account, 36 of the time, 12 that check both.
const DIGITS: u32 = 16;
const TIME_BITS: u32 = 36;
const CHECK_BITS: u32 = 12;

/// A session, as its key's id says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// The account, by its place in the organization.
    pub(crate) account: u32,
    /// When it was issued, in seconds of 1970.
    pub(crate) issued: u64,
}

impl Session {
    pub(crate) fn key_id(self) -> String {
        let bits =
            (u128::from(self.account) << TIME_BITS | u128::from(self.issued)) << CHECK_BITS | u128::from(self.check());
        let letter = |place: u32| {
            let digit = usize::try_from(bits >> (5 * place) & 31).unwrap_or(0);
            LETTERS.get(digit).copied().unwrap_or(b'A')
        };
        PREFIX.chars().chain((0..DIGITS).rev().map(|place| char::from(letter(place)))).collect()
    }

    /// The session of a key's id, if it is one that was issued here.
    pub(crate) fn of(key_id: &str) -> Option<Self> {
        let digits = key_id.strip_prefix(PREFIX)?;
        if digits.len() != DIGITS as usize {
            return None;
        }
        let mut bits = 0_u128;
        for digit in digits.bytes() {
            let value = LETTERS.iter().position(|letter| *letter == digit)?;
            bits = bits << 5 | value as u128;
        }
        let session = Self {
            account: u32::try_from(bits >> (TIME_BITS + CHECK_BITS)).ok()?,
            issued: u64::try_from(bits >> CHECK_BITS & ((1 << TIME_BITS) - 1)).ok()?,
        };
        (u128::from(session.check()) == bits & ((1 << CHECK_BITS) - 1)).then_some(session)
    }

    pub(crate) fn secret(self) -> String {
        format!("{:016x}{:016x}{:08x}", self.bits(1), self.bits(2), self.bits(3) >> 32)
    }

    pub(crate) fn token(self) -> String {
        format!("Scripted{:016x}{:016x}{:016x}{:016x}", self.bits(4), self.bits(5), self.bits(6), self.bits(7))
    }

    fn bits(self, salt: u64) -> u64 {
        mix(mix(self.issued ^ (salt << 40)) ^ u64::from(self.account))
    }

    fn check(self) -> u64 {
        self.bits(0) & ((1 << CHECK_BITS) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn a_key_id_says_whose_it_is_and_a_mistyped_one_says_nothing() {
        let session = Session { account: 4_711, issued: 1_795_000_000 };
        let id = session.key_id();
        assert_eq!((id.len(), Session::of(&id)), (20, Some(session)));
        let other = if id.ends_with('A') { "B" } else { "A" };
        assert_eq!(Session::of(&format!("{}{other}", &id[..19])), None);
        assert_eq!(Session::of("AKIAIOSFODNN7EXAMPLE"), None);
    }
}
