//! How long to wait between two attempts, at AWS and at sinks alike: doubled each time, fully jittered, and what is asked
//! for by `Retry-After` is waited.

/// How often something is tried, and how long is waited in between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Backoff {
    /// Attempts, the first included.
    pub attempts_max: u32,
    /// Before the second attempt, at most.
    pub base_ms: f64,
    /// Before any attempt, at most, where nothing is asked for.
    pub delay_max_ms: f64,
    /// A `Retry-After` beyond this is not waited for.
    pub retry_after_max_ms: u64,
    /// How far above `Retry-After` the jitter may go.
    pub retry_after_jitter_ms: f64,
}

impl Backoff {
    /// How long to wait after an attempt; none when it was the last. `random` lies in [0, 1).
    pub(crate) fn delay_ms(self, attempt: u32, retry_after_ms: Option<u64>, random: f64) -> Option<u64> {
        if attempt >= self.attempts_max || retry_after_ms.is_some_and(|ms| ms > self.retry_after_max_ms) {
            return None;
        }
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let jittered = random * (self.base_ms * 2_f64.powi(exponent)).min(self.delay_max_ms);
        #[expect(clippy::cast_precision_loss, reason = "some minutes at most")]
        let delay = match retry_after_ms {
            Some(asked) => jittered.clamp(asked as f64, asked as f64 + self.retry_after_jitter_ms),
            None => jittered,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some minutes at most")]
        let delay = delay as u64;
        Some(delay)
    }
}

/// In [0, 1).
pub(crate) fn random() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    let random = (crate::run::random_bits() >> 11) as f64 / (1_u64 << 53) as f64;
    random
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn delays_double_with_full_jitter_and_end() {
        let backoff = Backoff {
            attempts_max: 5,
            base_ms: 500.0,
            delay_max_ms: 10_000.0,
            retry_after_max_ms: 60_000,
            retry_after_jitter_ms: 2_000.0,
        };
        let delays: Vec<_> = (1..=5).map(|attempt| backoff.delay_ms(attempt, None, 0.5)).collect();
        assert_eq!(delays, [Some(250), Some(500), Some(1_000), Some(2_000), None]);
        assert_eq!(backoff.delay_ms(1, None, 0.0), Some(0));
        assert_eq!(backoff.delay_ms(1, Some(3_000), 0.5), Some(3_000), "what is asked for is waited");
        assert_eq!(backoff.delay_ms(1, Some(600_000), 0.5), None, "ten minutes are not");
        let eager = Backoff { base_ms: 100_000.0, delay_max_ms: 100_000.0, ..backoff };
        assert_eq!(eager.delay_ms(1, Some(3_000), 0.5), Some(5_000), "and not much more");
    }
}
