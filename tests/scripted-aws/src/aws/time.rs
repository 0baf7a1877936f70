//! Times as AWS writes and reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use time::format_description::FormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const SIGNED: &[FormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP: &[FormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// Seconds of 1970, by the machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `2024-01-02T03:04:05` of seconds of 1970.
pub(crate) fn iso(seconds: u64) -> String {
    let at = at(seconds);
    let (hour, minute, second) = at.to_hms();
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The value of a `Date` header.
pub(crate) fn http(seconds: u64) -> String {
    at(seconds).format(HTTP).unwrap_or_default()
}

/// Seconds of 1970 of the value of `x-amz-date`.
pub(crate) fn signed(text: &str) -> Option<u64> {
    let at = PrimitiveDateTime::parse(text, SIGNED).ok()?;
    u64::try_from(at.assume_utc().unix_timestamp()).ok()
}

fn at(seconds: u64) -> OffsetDateTime {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
