//! What the answers of a receiver over HTTP have in common: which pass, how long they ask to wait, what they say.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};

use super::Refusal;
use crate::http_client::HttpError;
use crate::run::now_ms;

/// How far above `Retry-After` the jitter may go.
pub(super) const RETRY_AFTER_JITTER_MS: f64 = 2_000.0;
/// Of what a receiver says of a refusal, what the catalogue keeps.
const REASON_CHARS_MAX: usize = 300;

/// Whether another attempt may fare better.
pub(super) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500..=599)
}

/// Whether another attempt would end the same, where no answer came.
pub(super) fn is_hopeless(error: &HttpError) -> bool {
    matches!(error, HttpError::NotPublic { .. } | HttpError::Unusable { .. } | HttpError::TooLarge { .. })
}

/// How long the receiver asks to wait.
pub(super) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    asked_ms(headers.get(header::RETRY_AFTER)?.to_str().ok()?, now_ms())
}

/// A refusal in the receiver's words, as far as there are some.
pub(super) fn refusal(answer: &Response<Bytes>, said: &str) -> Refusal {
    let status = format!("HTTP {}", answer.status().as_u16());
    let said = shown(said);
    let reason = if said.is_empty() { status.clone() } else { format!("{status}: {said}") };
    Refusal { status, reason }
}

/// A receiver's words without control characters, cut short.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}

/// `Retry-After` as seconds or as a date.
fn asked_ms(text: &str, now_ms: u64) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return seconds.checked_mul(1_000);
    }
    let at_ms = u64::try_from(portolan_errors::http_date_ms(text)?).ok()?;
    Some(at_ms.saturating_sub(now_ms))
}

#[cfg(test)]
mod tests {
    use super::asked_ms;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(asked_ms(" 7 ", 0), Some(7_000));
        assert_eq!(asked_ms("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770_000), Some(7_000));
        assert_eq!(asked_ms("Sun, 06 Nov 1994 08:49:37 GMT", 800_000_000_000), Some(0), "it has passed");
        for wrong in ["", "soon", "-1", "99999999999999999999"] {
            assert_eq!(asked_ms(wrong, 0), None, "{wrong}");
        }
    }
}
