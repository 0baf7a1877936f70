//! When a call is sent again, and after how long. The only retries there are: the guest never sends a
//! request twice, and the AWS crates' own are off.
//!
//! The numbers are those of AWS's SDKs in their newer form (base 50 ms, throttles 1 s, cap 20 s, full
//! jitter, `Retry-After` honoured up to 5 s above what it asks), with more attempts for throttles: a
//! discovery that gives up leaves a scope incomplete, and nobody waits at a prompt for it.

use portolan_errors::{Class, Denial, Verdict, denial};

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
/// Wider policies that a call is asked again under, below the exact one.
const WIDENED_MAX: usize = 2;
/// An action's name in AWS's message; the longest there are have some seventy.
const ACTION_CHARS_MAX: usize = 128;

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// AWS answered, and this is what the answer means.
    Answered(Verdict),
    /// No answer, or one cut short; sending again may help.
    Broken,
    /// AWS did not take the session's policy.
    PolicyTooLarge,
    /// No answer, and another attempt would end the same.
    Hopeless,
}

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Send again under a wider session policy, if there is one; else this is the answer.
    Wider {
        /// How often this call was refused so, this time included.
        nth: usize,
        /// The action that was refused; none where the policy itself was.
        action: Option<String>,
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
    /// How often the call was refused because of its session policy and asked again.
    pub widened: usize,
}

/// Decides after an attempt. `random` lies in [0, 1).
#[must_use]
pub fn next(tried: Tried, outcome: &Outcome, random: f64) -> Next {
    let verdict = match outcome {
        Outcome::Hopeless => return Next::Give,
        Outcome::Broken => return again(TRANSIENT, tried, None, random),
        Outcome::PolicyTooLarge => return wider(tried, None),
        Outcome::Answered(verdict) => verdict,
    };
    match verdict.class {
        Class::Final if denial(&verdict.code, &verdict.message) == Some(Denial::SessionPolicy) => {
            wider(tried, Some(refused_action(&verdict.message)))
        }
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

fn wider(tried: Tried, action: Option<String>) -> Next {
    let nth = tried.widened + 1;
    if nth > WIDENED_MAX { Next::Give } else { Next::Wider { nth, action } }
}

/// The action that AWS's message names, which may be another service's than the call's.
fn refused_action(message: &str) -> String {
    let after = |words: &str| message.split_once(words).and_then(|(_, rest)| rest.split([' ', ',']).next());
    let is_action = |text: &&str| {
        text.len() <= ACTION_CHARS_MAX
            && text.split_once(':').is_some_and(|(prefix, name)| {
                prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && name.bytes().all(|b| b.is_ascii_alphanumeric())
            })
    };
    let named = after("to perform: ").filter(is_action).or_else(|| after("allows the ").filter(is_action));
    named.unwrap_or("an action that AWS does not name").to_owned()
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
            Next::Give | Next::Wider { .. } => u64::MAX,
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
        assert_eq!(next(Tried { attempts: 2, renewed: true, ..Tried::default() }, &expired, 0.5), Next::Give);
        assert_eq!(next(tried(1), &answered(Class::ClockSkew), 0.5), Next::Give, "by an unknown offset it is not");
    }

    #[test]
    fn what_the_session_policy_refuses_is_asked_again_twice_at_most() {
        let Outcome::Answered(verdict) = answered(Class::Final) else { unreachable!() };
        let denied = |message: &str| {
            Outcome::Answered(Verdict {
                code: "AccessDenied".to_owned(),
                message: message.to_owned(),
                ..verdict.clone()
            })
        };
        let said = "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: sqs:ListQueues on \
                    resource: arn:aws:sqs:eu-west-1:111122223333: because no session policy allows the sqs:ListQueues action";
        let wider = |nth| Next::Wider { nth, action: Some("sqs:ListQueues".to_owned()) };
        assert_eq!(next(tried(1), &denied(said), 0.5), wider(1));
        assert_eq!(next(Tried { attempts: 2, widened: 1, ..Tried::default() }, &denied(said), 0.5), wider(2));
        assert_eq!(next(Tried { attempts: 3, widened: 2, ..Tried::default() }, &denied(said), 0.5), Next::Give);
        let ec2 = "You are not authorized to perform this operation. User: x is not authorized to perform: ec2:DescribeVpcs \
                   because no session policy allows the ec2:DescribeVpcs action";
        let action = |message: &str| match next(tried(1), &denied(message), 0.5) {
            Next::Wider { action, .. } => action,
            _ => None,
        };
        assert_eq!(action(ec2).as_deref(), Some("ec2:DescribeVpcs"));
        let without = "to perform: \u{1b}[2J because no session policy allows the <b> action";
        assert_eq!(action(without).as_deref(), Some("an action that AWS does not name"));
        assert_eq!(next(tried(1), &Outcome::PolicyTooLarge, 0.5), Next::Wider { nth: 1, action: None });
        let by_role = said.replace("session policy", "identity-based policy");
        assert_eq!(next(tried(1), &denied(&by_role), 0.5), Next::Give, "what the role may not do, no session may");
    }

    #[test]
    fn final_answers_and_hopeless_failures_are_given_at_once() {
        assert_eq!(next(tried(1), &answered(Class::Final), 0.5), Next::Give);
        assert_eq!(next(tried(1), &Outcome::Hopeless, 0.5), Next::Give);
        assert_eq!(next(tried(TRANSIENT.attempts_max), &Outcome::Broken, 0.5), Next::Give);
    }
}
