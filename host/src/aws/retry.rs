//! When a call is sent again, and after how long. The only retries there are: the guest never sends a
//! request twice, and the AWS crates' own are off.
//!
//! The numbers are those of AWS's SDKs in their newer form (base 50 ms, throttles 1 s, cap 20 s, full
//! jitter, `Retry-After` honoured up to 5 s above what it asks), with more attempts for throttles: a
//! discovery that gives up leaves a scope incomplete, and nobody waits at a prompt for it.

use portolan_errors::{Class, Verdict};

/// Attempts in all where AWS asks to slow down.
const THROTTLED_ATTEMPTS_MAX: u32 = 8;
/// Attempts in all after 5xx, cut answers and broken connections.
const TRANSIENT_ATTEMPTS_MAX: u32 = 4;
/// Delay before the first retry of a transient failure.
const TRANSIENT_BASE_MS: f64 = 50.0;
/// Delay before the first retry of a throttled call.
const THROTTLED_BASE_MS: f64 = 1_000.0;
/// No delay is longer.
const DELAY_MAX_MS: f64 = 20_000.0;
/// How far above `Retry-After` the jitter may go.
const RETRY_AFTER_JITTER_MS: f64 = 5_000.0;
/// A `Retry-After` beyond this is not waited for.
const RETRY_AFTER_MAX_MS: u64 = 60_000;

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// AWS answered, and this is what the answer means.
    Answered(Verdict),
    /// No answer, or one cut short; sending again may help.
    Broken,
    /// No answer, and another attempt would end the same.
    Hopeless,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This is the answer.
    Give,
    /// Wait and send again.
    Again {
        /// How long to wait.
        after_ms: u64,
        /// Whether the session's credentials are to be renewed before.
        renew: bool,
        /// What to add to the clock, where AWS says that it is off.
        clock_offset_ms: Option<i64>,
    },
}

/// What has been tried for one call so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tried {
    /// Attempts, the one just made included.
    pub attempts: u32,
    /// Whether credentials were renewed for this call.
    pub renewed: bool,
    /// Whether the clock was corrected for this call.
    pub corrected: bool,
}

/// Decides after an attempt. `random` lies in [0, 1).
#[must_use]
pub fn next(tried: Tried, outcome: &Outcome, random: f64) -> Next {
    let verdict = match outcome {
        Outcome::Hopeless => return Next::Give,
        Outcome::Broken => return transient(tried, None, random),
        Outcome::Answered(verdict) => verdict,
    };
    match verdict.class {
        Class::Ok | Class::Final => Next::Give,
        Class::Transient => transient(tried, verdict.retry_after_ms, random),
        Class::Throttled => backoff(tried, THROTTLED_ATTEMPTS_MAX, THROTTLED_BASE_MS, verdict.retry_after_ms, random),
        Class::ExpiredCredentials if !tried.renewed => Next::Again { after_ms: 0, renew: true, clock_offset_ms: None },
        Class::ClockSkew if !tried.corrected && verdict.clock_offset_ms.is_some() => {
            Next::Again { after_ms: 0, renew: false, clock_offset_ms: verdict.clock_offset_ms }
        }
        Class::ExpiredCredentials | Class::ClockSkew => Next::Give,
    }
}

fn transient(tried: Tried, retry_after_ms: Option<u64>, random: f64) -> Next {
    backoff(tried, TRANSIENT_ATTEMPTS_MAX, TRANSIENT_BASE_MS, retry_after_ms, random)
}

fn backoff(tried: Tried, attempts_max: u32, base_ms: f64, retry_after_ms: Option<u64>, random: f64) -> Next {
    if tried.attempts >= attempts_max || retry_after_ms.is_some_and(|ms| ms > RETRY_AFTER_MAX_MS) {
        return Next::Give;
    }
    let exponent = i32::try_from(tried.attempts.saturating_sub(1)).unwrap_or(i32::MAX);
    let jittered = random * (base_ms * 2f64.powi(exponent)).min(DELAY_MAX_MS);
    #[expect(clippy::cast_precision_loss, reason = "at most a minute")]
    let delay = match retry_after_ms {
        Some(asked) => jittered.clamp(asked as f64, asked as f64 + RETRY_AFTER_JITTER_MS),
        None => jittered,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 65,000")]
    let after_ms = delay as u64;
    Next::Again { after_ms, renew: false, clock_offset_ms: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(class: Class) -> Outcome {
        Outcome::Answered(Verdict {
            class,
            code: String::new(),
            message: String::new(),
            retry_after_ms: None,
            clock_offset_ms: None,
        })
    }

    fn tried(attempts: u32) -> Tried {
        Tried { attempts, ..Tried::default() }
    }

    #[test]
    fn delays_double_up_to_the_cap_and_jitter_fully() {
        let delay = |attempts, random| match next(tried(attempts), &answered(Class::Throttled), random) {
            Next::Again { after_ms, .. } => after_ms,
            Next::Give => u64::MAX,
        };
        assert_eq!([delay(1, 0.5), delay(2, 0.5), delay(3, 0.5), delay(6, 0.5)], [500, 1_000, 2_000, 10_000]);
        assert_eq!(delay(7, 0.999), 19_980, "never above the cap");
        assert_eq!(delay(1, 0.0), 0, "full jitter begins at nothing");
        assert_eq!(delay(THROTTLED_ATTEMPTS_MAX, 0.5), u64::MAX, "then it is given up");
    }

    #[test]
    fn what_aws_asks_for_is_waited_for() {
        let Outcome::Answered(verdict) = answered(Class::Throttled) else { unreachable!() };
        let asked = |ms| Outcome::Answered(Verdict { retry_after_ms: Some(ms), ..verdict.clone() });
        assert_eq!(
            next(tried(1), &asked(3_000), 0.1),
            Next::Again { after_ms: 3_000, renew: false, clock_offset_ms: None }
        );
        assert_eq!(next(tried(1), &asked(600_000), 0.1), Next::Give, "ten minutes are not waited");
    }

    #[test]
    fn credentials_and_clock_are_mended_once() {
        let expired = answered(Class::ExpiredCredentials);
        assert_eq!(next(tried(1), &expired, 0.5), Next::Again { after_ms: 0, renew: true, clock_offset_ms: None });
        assert_eq!(next(Tried { attempts: 2, renewed: true, corrected: false }, &expired, 0.5), Next::Give);
        assert_eq!(next(tried(1), &answered(Class::ClockSkew), 0.5), Next::Give, "by an unknown offset it is not");
    }

    #[test]
    fn final_answers_and_hopeless_failures_are_given_at_once() {
        assert_eq!(next(tried(1), &answered(Class::Final), 0.5), Next::Give);
        assert_eq!(next(tried(1), &Outcome::Hopeless, 0.5), Next::Give);
        assert_eq!(next(tried(TRANSIENT_ATTEMPTS_MAX), &Outcome::Broken, 0.5), Next::Give);
    }
}
