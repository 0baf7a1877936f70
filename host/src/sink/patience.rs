//! How long to wait between attempts at a sink over HTTP.

use time::format_description::well_known::Rfc2822;

/// How far above `Retry-After` the jitter may go.
const RETRY_AFTER_JITTER_MS: f64 = 2_000.0;

/// How often something is tried, and how long is waited in between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Patience {
    /// Attempts, the first included.
    pub attempts_max: u32,
    /// Before the second attempt, at most.
    pub base_ms: f64,
    /// Before any attempt, at most, where nothing is asked for.
    pub delay_max_ms: f64,
    /// A `Retry-After` beyond this is not waited for: the next run comes.
    pub retry_after_max_ms: u64,
}

impl Patience {
    /// How long to wait after an attempt; none when it was the last. `random` lies in [0, 1).
    pub(super) fn delay_ms(self, attempt: u32, retry_after_ms: Option<u64>, random: f64) -> Option<u64> {
        if attempt >= self.attempts_max || retry_after_ms.is_some_and(|ms| ms > self.retry_after_max_ms) {
            return None;
        }
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let jittered = random * (self.base_ms * 2_f64.powi(exponent)).min(self.delay_max_ms);
        #[expect(clippy::cast_precision_loss, reason = "some minutes at most")]
        let delay = match retry_after_ms {
            Some(asked) => jittered.clamp(asked as f64, asked as f64 + RETRY_AFTER_JITTER_MS),
            None => jittered,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some minutes at most")]
        let delay = delay as u64;
        Some(delay)
    }
}

/// In [0, 1).
pub(super) fn random() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    let random = (crate::run::random_bits() >> 11) as f64 / (1_u64 << 53) as f64;
    random
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
    use super::{Patience, retry_after_ms};

    #[test]
    fn delays_double_with_full_jitter_and_end() {
        let patience = Patience { attempts_max: 5, base_ms: 500.0, delay_max_ms: 10_000.0, retry_after_max_ms: 60_000 };
        let delays: Vec<_> = (1..=5).map(|attempt| patience.delay_ms(attempt, None, 0.5)).collect();
        assert_eq!(delays, [Some(250), Some(500), Some(1_000), Some(2_000), None]);
        assert_eq!(patience.delay_ms(1, None, 0.0), Some(0));
        assert_eq!(patience.delay_ms(1, Some(3_000), 0.5), Some(3_000), "what is asked for is waited");
        assert_eq!(patience.delay_ms(1, Some(600_000), 0.5), None, "ten minutes are not");
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
