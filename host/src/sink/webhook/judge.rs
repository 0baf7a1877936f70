//! What an answer means, and how often a request is sent.

use http::StatusCode;

use super::super::answers::{RETRY_AFTER_JITTER_MS, is_passing};
use crate::backoff::Backoff;

/// Attempts at one batch: a receiver that restarts is back within them, one that is down does not hold the run up.
pub(super) const ATTEMPTS_MAX: u32 = 5;
/// How long is waited between them.
pub(super) const BACKOFF: Backoff = Backoff {
    attempts_max: ATTEMPTS_MAX,
    base_ms: 500.0,
    delay_max_ms: 10_000.0,
    retry_after_max_ms: 60_000,
    retry_after_jitter_ms: RETRY_AFTER_JITTER_MS,
};

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
        _ if is_passing(status) => Verdict::Again,
        200..=299 => Verdict::Accepted,
        413 => Verdict::TooLarge,
        400 | 409 | 422 => Verdict::Refused,
        _ => Verdict::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::{StatusCode, Verdict, judge};

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
}
