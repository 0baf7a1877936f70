//! When a call is sent again, and after how long. The only retries there are: the guest never sends a
//! request twice, and the AWS crates' own are off.
//!
//! The numbers are those of AWS's SDKs in their newer form (base 50 ms, throttles 1 s, cap 20 s, full
//! jitter, `Retry-After` honoured up to 5 s above what it asks), with more attempts for throttles: a
//! discovery that gives up leaves a scope incomplete, and nobody waits at a prompt for it.

use portolan_errors::{Class, Verdict};

use crate::backoff::Backoff;

/// After 5xx, cut answers and broken connections.
const TRANSIENT: Backoff = Backoff {
    attempts_max: 4,
    base_ms: 50.0,
    delay_max_ms: 20_000.0,
    retry_after_max_ms: 60_000,
    retry_after_jitter_ms: 5_000.0,
};
/// Where AWS asks to slow down.
const THROTTLED: Backoff = Backoff { attempts_max: 8, base_ms: 1_000.0, ..TRANSIENT };

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
        Outcome::Broken => return again(TRANSIENT, tried, None, random),
        Outcome::Answered(verdict) => verdict,
    };
    match verdict.class {
        Class::Ok | Class::Final => Next::Give,
        Class::Transient => again(TRANSIENT, tried, verdict.retry_after_ms, random),
        Class::Throttled => again(THROTTLED, tried, verdict.retry_after_ms, random),
        Class::ExpiredCredentials if !tried.renewed => Next::Again { after_ms: 0, renew: true, clock_offset_ms: None },
        Class::ClockSkew if !tried.corrected && verdict.clock_offset_ms.is_some() => {
            Next::Again { after_ms: 0, renew: false, clock_offset_ms: verdict.clock_offset_ms }
        }
        Class::ExpiredCredentials | Class::ClockSkew => Next::Give,
    }
}

fn again(backoff: Backoff, tried: Tried, retry_after_ms: Option<u64>, random: f64) -> Next {
    match backoff.delay_ms(tried.attempts, retry_after_ms, random) {
        Some(after_ms) => Next::Again { after_ms, renew: false, clock_offset_ms: None },
        None => Next::Give,
    }
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
        assert_eq!(delay(THROTTLED.attempts_max, 0.5), u64::MAX, "then it is given up");
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
        assert_eq!(next(tried(TRANSIENT.attempts_max), &Outcome::Broken, 0.5), Next::Give);
    }
}
