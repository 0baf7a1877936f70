//! Page tokens: the number of the next resource, and a check that the token was given for this list.

use portolan_scripted_aws::mix;

use super::render::Filled;
use super::respond::Call;

/// What stands at a token's place, with a check that it was given for this list.
pub(crate) fn token<'a>(call: &Call<'_>, at: u32, filled: &impl Fn(u32) -> Filled<'a>) -> String {
    if call.operation.token_is_key {
        return format!("{:012x}", filled(at.saturating_sub(1)).item.key());
    }
    format!("{at:08x}{:04x}", check(call))
}

/// The place of a token. None: it was not given for this list.
pub(crate) fn place(call: &Call<'_>, token: &str) -> Option<u32> {
    let digits = token.get(token.len().checked_sub(12)?..)?;
    let value = u64::from_str_radix(digits, 16).ok()?;
    if call.operation.token_is_key {
        return u32::try_from(value & 0xffff_ffff).ok()?.checked_add(1);
    }
    (value & 0xffff == check(call) && token.len() == 12).then(|| u32::try_from(value >> 16).ok())?
}

fn check(call: &Call<'_>) -> u64 {
    let text = call.operation.name.bytes().chain(call.scope.region.bytes());
    text.fold(u64::from(call.caller.account), |bits, byte| mix(bits ^ u64::from(byte))) & 0xffff
}
