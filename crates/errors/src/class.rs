//! What a transport does next about an answer: nothing, wait, send again, renew credentials, correct its clock.

use portolan_tables::{Protocol, service};

use crate::clock::{http_date_ms, offset_in_message};
use crate::codes::{is_expired_credentials, is_throttling, is_transient};
use crate::read::{AwsError, header, read};

/// From which offset on a refused signature is put down to the clock, as AWS's own SDKs do.
pub const SKEW_THRESHOLD_MS: i64 = 4 * 60 * 1_000;

/// The longest wait that is taken from an answer. A longer one says no more than "not in this run".
const MAX_RETRY_AFTER_MS: u64 = 60 * 60 * 1_000;

/// What a transport does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Not an error.
    Ok,
    /// Send again, slower.
    Throttled,
    /// Send again.
    Transient,
    /// Renew the session, then send again once.
    ExpiredCredentials,
    /// Correct the clock, then send again once.
    ClockSkew,
    /// Sending again will not help.
    Final,
}

/// What an answer means for the transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What to do next.
    pub class: Class,
    /// AWS's own code; empty for [`Class::Ok`].
    pub code: String,
    /// AWS's own message.
    pub message: String,
    /// How long AWS asks to wait.
    pub retry_after_ms: Option<u64>,
    /// How far AWS's clock is ahead of the one that signed, where the answer tells.
    pub clock_offset_ms: Option<i64>,
}

/// Says what an answer means for the transport.
///
/// `now_ms` is the time at which the request was signed, in milliseconds since 1970; without it only messages that
/// state both times tell an offset. A service that is not in the tables is read by the form of its answer.
#[must_use]
pub fn classify(
    service_name: &str,
    _operation: &str,
    status: u16,
    headers: &[(String, String)],
    body: &str,
    now_ms: Option<u64>,
) -> Verdict {
    let guessed = if body.trim_start().starts_with('<') { Protocol::Query } else { Protocol::Json };
    let protocol = service(service_name).map_or(guessed, |service| service.protocol);
    let Some(error) = read(protocol, status, headers, body) else {
        let class = if is_cut_short(body) { Class::Transient } else { Class::Ok };
        let message = if class == Class::Ok { "" } else { "the answer is cut short" };
        return verdict(class, String::new(), message.to_owned(), None, None);
    };
    let offset = offset_in_message(&error.message).or_else(|| {
        let date = http_date_ms(header(headers, "date")?)?;
        date.checked_sub(i64::try_from(now_ms?).ok()?)
    });
    let class = class(&error, offset);
    let offset = offset.filter(|_| class == Class::ClockSkew);
    verdict(class, error.code, error.message, retry_after_ms(headers), offset)
}

fn verdict(
    class: Class,
    code: String,
    message: String,
    retry_after_ms: Option<u64>,
    clock_offset_ms: Option<i64>,
) -> Verdict {
    Verdict { class, code, message, retry_after_ms, clock_offset_ms }
}

fn class(error: &AwsError, offset_ms: Option<i64>) -> Class {
    let code = error.code.as_str();
    let skewed = offset_ms.is_some_and(|offset| offset.abs() > SKEW_THRESHOLD_MS);
    match code {
        // Said without doubt.
        "RequestTimeTooSkewed" | "RequestInTheFuture" => return Class::ClockSkew,
        // Said of other things as well: only the clocks tell.
        "AccessDeniedException"
        | "AuthFailure"
        | "InvalidSignatureException"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
            if skewed =>
        {
            return Class::ClockSkew;
        }
        // EC2 says so of a session that ran out.
        "RequestExpired" => return Class::ExpiredCredentials,
        _ => {}
    }
    if is_expired_credentials(code) {
        Class::ExpiredCredentials
    } else if is_throttling(code) || error.status == 429 {
        Class::Throttled
    } else if is_transient(code) || matches!(error.status, 408 | 500 | 502..=504) {
        Class::Transient
    } else {
        Class::Final
    }
}

/// Whether an answer that claims success ends before its end. Looks at both ends only, not at the whole page.
fn is_cut_short(body: &str) -> bool {
    let body = body.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match body.chars().next() {
        Some('{') => !body.ends_with('}'),
        Some('<') => !body.ends_with('>'),
        _ => false,
    }
}

fn retry_after_ms(headers: &[(String, String)]) -> Option<u64> {
    let milliseconds = header(headers, "x-amz-retry-after").and_then(|text| text.parse::<u64>().ok());
    let seconds = || header(headers, "retry-after").and_then(|text| text.parse::<u64>().ok()?.checked_mul(1_000));
    milliseconds.or_else(seconds).map(|wait| wait.min(MAX_RETRY_AFTER_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: u64 = 1_704_164_645_000; // Tue, 02 Jan 2024 03:04:05 GMT

    fn json(code: &str, message: &str) -> String {
        format!(r#"{{"__type":"{code}","message":"{message}"}}"#)
    }

    #[track_caller]
    fn check(status: u16, code: &str, expected: Class) {
        assert_eq!(
            classify("ecs", "ListClusters", status, &[], &json(code, ""), None).class,
            expected,
            "{status} {code}"
        );
    }

    #[test]
    fn by_code_and_status() {
        check(400, "ThrottlingException", Class::Throttled);
        check(503, "SlowDown", Class::Throttled);
        check(400, "RequestLimitExceeded", Class::Throttled);
        check(429, "Whatever", Class::Throttled);
        check(400, "ServiceUnavailableException", Class::Transient);
        check(500, "Whatever", Class::Transient);
        check(504, "Whatever", Class::Transient);
        check(501, "Whatever", Class::Final);
        check(400, "ExpiredTokenException", Class::ExpiredCredentials);
        check(400, "RequestExpired", Class::ExpiredCredentials);
        check(403, "RequestTimeTooSkewed", Class::ClockSkew);
        check(400, "AccessDeniedException", Class::Final);
        check(403, "InvalidSignatureException", Class::Final);
        check(400, "UnrecognizedClientException", Class::Final);
    }

    #[test]
    fn answers() {
        let class = |body: &str| classify("ec2", "DescribeInstances", 200, &[], body, None).class;
        assert_eq!(class("<DescribeInstancesResponse></DescribeInstancesResponse>\n"), Class::Ok);
        assert_eq!(class(""), Class::Ok);
        assert_eq!(class("<DescribeInstancesResponse><item"), Class::Transient);
        assert_eq!(classify("ecs", "ListClusters", 200, &[], "{\"clusterArns\":[", None).class, Class::Transient);
        assert_eq!(
            classify("nope", "X", 400, &[], "<Error><Code>SlowDown</Code></Error>", None).class,
            Class::Throttled
        );
    }

    #[test]
    fn the_clock_is_blamed_only_when_it_is_wrong() {
        let class = |date: &str, now| {
            let headers = [("Date".to_owned(), date.to_owned())];
            let found = classify("ecs", "ListClusters", 403, &headers, &json("SignatureDoesNotMatch", ""), now);
            (found.class, found.clock_offset_ms)
        };
        assert_eq!(class("Tue, 02 Jan 2024 03:14:05 GMT", Some(SIGNED)), (Class::ClockSkew, Some(600_000)));
        assert_eq!(class("Tue, 02 Jan 2024 02:54:05 GMT", Some(SIGNED)), (Class::ClockSkew, Some(-600_000)));
        assert_eq!(class("Tue, 02 Jan 2024 03:08:05 GMT", Some(SIGNED)), (Class::Final, None));
        assert_eq!(class("Tue, 02 Jan 2024 03:14:05 GMT", None), (Class::Final, None));
        assert_eq!(class("soon", Some(SIGNED)), (Class::Final, None));
    }

    #[test]
    fn the_message_is_enough_where_it_states_both_times() {
        let message =
            "Signature expired: 20240102T030405Z is now earlier than 20240102T030905Z (20240102T031405Z - 5 min.)";
        let found = classify("ecs", "ListClusters", 403, &[], &json("InvalidSignatureException", message), None);
        assert_eq!((found.class, found.clock_offset_ms), (Class::ClockSkew, Some(600_000)));
    }

    #[test]
    fn how_long_to_wait() {
        let wait = |name: &str, value: &str| {
            let headers = [(name.to_owned(), value.to_owned())];
            classify("ecs", "ListClusters", 503, &headers, "", None).retry_after_ms
        };
        assert_eq!(wait("x-amz-retry-after", "1500"), Some(1_500));
        assert_eq!(wait("Retry-After", "2"), Some(2_000));
        assert_eq!(wait("Retry-After", "999999999999999999"), None);
        assert_eq!(wait("Retry-After", "9999999"), Some(MAX_RETRY_AFTER_MS));
        assert_eq!(wait("Retry-After", "Tue, 02 Jan 2024 03:04:05 GMT"), None);
    }
}
