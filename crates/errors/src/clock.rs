//! Times in answers, for what they tell about the clock that signed.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// `Tue, 02 Jan 2024 03:04:05 GMT` in milliseconds since 1970.
#[must_use]
pub fn http_date_ms(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?.unix_timestamp().checked_mul(1_000)
}

/// How far AWS's clock is ahead of the one that signed, by the message itself, in milliseconds.
///
/// "Signature expired: 20240102T030405Z is now earlier than 20240102T030905Z (20240102T031405Z - 5 min.)": the first
/// time is the one that signed, the one in parentheses is AWS's.
pub(crate) fn offset_in_message(message: &str) -> Option<i64> {
    if !message.contains("Signature expired") && !message.contains("Signature not yet current") {
        return None;
    }
    let mut times = message.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(compact_ms);
    let signed = times.next()?;
    let aws = times.nth(1)?;
    aws.checked_sub(signed)
}

/// `20240102T030405Z` in milliseconds since 1970.
fn compact_ms(text: &str) -> Option<i64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || clock.len() != 6 || !text.is_ascii() {
        return None;
    }
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let month = time::Month::try_from(number(date, 4, 6)?).ok()?;
    let day = time::Date::from_calendar_date(date.get(..4)?.parse().ok()?, month, number(date, 6, 8)?).ok()?;
    let clock = time::Time::from_hms(number(clock, 0, 2)?, number(clock, 2, 4)?, number(clock, 4, 6)?).ok()?;
    OffsetDateTime::new_utc(day, clock).unix_timestamp().checked_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates() {
        assert_eq!(http_date_ms("Tue, 02 Jan 2024 03:04:05 GMT"), Some(1_704_164_645_000));
        assert_eq!(http_date_ms("yesterday"), None);
    }

    #[test]
    fn the_message_tells_the_offset() {
        let late =
            "Signature expired: 20240102T030405Z is now earlier than 20240102T030905Z (20240102T031405Z - 5 min.)";
        assert_eq!(offset_in_message(late), Some(600_000));
        let early = "Signature not yet current: 20240102T031405Z is still later than 20240102T030905Z (20240102T030405Z + 5 min.)";
        assert_eq!(offset_in_message(early), Some(-600_000));
        assert_eq!(offset_in_message("Signature expired: 99999999T999999Z"), None);
        assert_eq!(offset_in_message("The request signature we calculated does not match"), None);
    }
}
