//! What an answer means, and when a request is sent again.

use http::StatusCode;
use time::format_description::well_known::Rfc2822;

/// Attempts at one batch: a receiver that restarts is back within them, one that is down does not hold the run up.
pub(super) const ATTEMPTS_MAX: u32 = 5;
/// Before the second attempt, at most.
const BASE_MS: f64 = 500.0;
/// Before any attempt, at most, where the receiver asks for nothing.
const DELAY_MAX_MS: f64 = 10_000.0;
/// How far above `Retry-After` the jitter may go.
const RETRY_AFTER_JITTER_MS: f64 = 2_000.0;
/// A `Retry-After` beyond this is not waited for: the next run comes.
const RETRY_AFTER_MAX_MS: u64 = 60_000;

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has the batch.
    Accepted,
    /// The batch is too large for it.
    TooLarge,
    /// Something in the batch is wrong for it.
    Refused,
    /// Whatever is sent would be answered so.
    Closed,
    /// Another attempt may fare better.
    Again,
}

/// By the status alone. A redirect is not followed: the body was signed for, and goes to, the address that was configured.
pub(super) fn judge(status: StatusCode) -> Verdict {
    match status.as_u16() {
        200..=299 => Verdict::Accepted,
        413 => Verdict::TooLarge,
        400 | 409 | 422 => Verdict::Refused,
        408 | 425 | 429 | 500..=599 => Verdict::Again,
        _ => Verdict::Closed,
    }
}

/// How long to wait after an attempt; none when it was the last. `random` lies in [0, 1).
pub(super) fn delay_ms(attempt: u32, retry_after_ms: Option<u64>, random: f64) -> Option<u64> {
    if attempt >= ATTEMPTS_MAX || retry_after_ms.is_some_and(|ms| ms > RETRY_AFTER_MAX_MS) {
        return None;
    }
    let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let jittered = random * (BASE_MS * 2_f64.powi(exponent)).min(DELAY_MAX_MS);
    #[expect(clippy::cast_precision_loss, reason = "at most a minute")]
    let delay = match retry_after_ms {
        Some(asked) => jittered.clamp(asked as f64, asked as f64 + RETRY_AFTER_JITTER_MS),
        None => jittered,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 62,000")]
    let delay = delay as u64;
    Some(delay)
}

/// `Retry-After` as seconds or as a date.
pub(super) fn retry_after_ms(text: &str, now_ms: u64) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return seconds.checked_mul(1_000);
    }
    // A date of HTTP is one of mail but for the name of its zone.
    let date = time::OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()?;
    let at_ms = u64::try_from(date.unix_timestamp()).ok()?.checked_mul(1_000)?;
    Some(at_ms.saturating_sub(now_ms))
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS_MAX, StatusCode, Verdict, delay_ms, judge, retry_after_ms};

    #[test]
    fn a_status_says_what_comes_next() {
        for (status, verdict) in [
            (200, Verdict::Accepted),
            (204, Verdict::Accepted),
            (302, Verdict::Closed),
            (400, Verdict::Refused),
            (401, Verdict::Closed),
            (404, Verdict::Closed),
            (408, Verdict::Again),
            (410, Verdict::Closed),
            (413, Verdict::TooLarge),
            (422, Verdict::Refused),
            (425, Verdict::Again),
            (429, Verdict::Again),
            (500, Verdict::Again),
            (503, Verdict::Again),
        ] {
            assert_eq!(judge(StatusCode::from_u16(status).unwrap()), verdict, "{status}");
        }
    }

    #[test]
    fn delays_double_with_full_jitter_and_end() {
        let delays: Vec<_> = (1..=ATTEMPTS_MAX).map(|attempt| delay_ms(attempt, None, 0.5)).collect();
        assert_eq!(delays, [Some(250), Some(500), Some(1_000), Some(2_000), None]);
        assert_eq!(delay_ms(1, None, 0.0), Some(0));
        assert_eq!(delay_ms(1, Some(3_000), 0.5), Some(3_000), "what is asked for is waited");
        assert_eq!(delay_ms(1, Some(600_000), 0.5), None, "ten minutes are not");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after_ms(" 7 ", 0), Some(7_000));
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770_000), Some(7_000));
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:49:37 GMT", 800_000_000_000), Some(0), "it has passed");
        for wrong in ["", "soon", "-1", "99999999999999999999"] {
            assert_eq!(retry_after_ms(wrong, 0), None, "{wrong}");
        }
    }
}
