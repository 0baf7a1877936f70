//! What the weather makes of an answer, and the answer as it goes out.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{Either, Full};
use hyper::Response;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts;
use portolan_scripted_aws::{Options, Weather, mix, share};

use super::wire::Line;
use crate::aws::error::Trouble;
use crate::aws::operation::Operation;
use crate::aws::respond::Answer;
use crate::aws::time;
use crate::weather::body::{End, Spoilt};

/// Pieces of a slow body in a second.
const SLOW_PIECES: u32 = 10;
/// What a slow body gives in a second, where the rule does not say.
const SLOW_BYTES: u32 = 1_000;
/// So long after the first half of a body the connection is reset: the half is to arrive.
const RESET_AFTER: Duration = Duration::from_millis(20);

/// An answer's body: whole, or not.
pub(crate) type Reply = Either<Full<Bytes>, Spoilt>;

/// The answer that the weather gives in place of the right one. None: the right one, though perhaps not all of it.
pub(crate) fn spoken(
    weather: Weather,
    value: u32,
    operation: &Operation,
    refuse: &impl Fn(Trouble) -> Answer,
) -> Option<Answer> {
    let page =
        |status, body: &str| Answer { status, content_type: "text/html", body: body.into(), ..Answer::default() };
    Some(match weather {
        Weather::Throttled => refuse(Trouble::Throttled),
        Weather::RetryAfter => Answer { retry_after: Some(value), ..refuse(Trouble::Throttled) },
        Weather::Internal => refuse(Trouble::Internal),
        Weather::Unavailable => refuse(Trouble::Unavailable),
        Weather::Expired => refuse(Trouble::Expired),
        Weather::DeniedByPolicy => refuse(Trouble::DeniedByPolicy),
        Weather::Denied => refuse(Trouble::Denied),
        Weather::NotEnabled => refuse(Trouble::NotEnabled),
        Weather::UnknownOperation => refuse(Trouble::UnknownOperation),
        Weather::ErrorInside => Answer { status: 200, error_type: None, ..refuse(Trouble::Internal) },
        Weather::BadGateway => page(502, "<html><head><title>502 Bad Gateway</title></head><body></body></html>"),
        Weather::Html => page(200, "<!DOCTYPE html><html><body>Sign in to use this network.</body></html>"),
        Weather::Empty => page(200, ""),
        Weather::WrongContent => {
            let body =
                if operation.protocol.is_json() { "[\"unexpected\"]" } else { "<Unexpected><a>1</a></Unexpected>" };
            Answer { content_type: operation.protocol.content_type(), ..page(200, body) }
        }
        _ => return None,
    })
}

/// Waits as long as the way to AWS and back takes.
pub(crate) async fn delay(options: &Options, number: u64) {
    let swing = (2.0 * share(mix(number)) - 1.0) * options.jitter_ms;
    let milliseconds = (options.latency_ms + swing).max(0.0);
    if milliseconds > 0.0 {
        tokio::time::sleep(Duration::from_secs_f64(milliseconds / 1e3)).await;
    }
}

/// The answer's body compressed, where the client accepts that.
pub(crate) fn compressed(answer: Answer, head: &Parts, options: &Options) -> Answer {
    let accepts = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("gzip"));
    if !options.gzip || !head.headers.get(ACCEPT_ENCODING).is_some_and(accepts) {
        return answer;
    }
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    match writer.write_all(&answer.body).and_then(|()| writer.finish()) {
        Ok(body) => Answer { body, gzip: true, ..answer },
        Err(_) => answer,
    }
}

/// An answer with its headers, and with what the weather does to its body.
pub(crate) fn dress(
    answer: Answer,
    weather: Option<(Weather, u32)>,
    line: &Line,
    options: &Options,
    number: u64,
) -> Response<Reply> {
    let body = Bytes::from(answer.body);
    let length = body.len();
    let half = body.slice(..length / 2);
    let spoilt = match weather {
        Some((Weather::Truncated, _)) => Some(Spoilt::new([half], RESET_AFTER, End::Cut)),
        Some((Weather::ResetInBody, _)) => Some(Spoilt::new([half], RESET_AFTER, End::Reset(line.clone()))),
        Some((Weather::Stall, _)) => Some(Spoilt::new([], Duration::ZERO, End::Never)),
        Some((Weather::Slow, value)) => {
            let a_second = if value == 0 { SLOW_BYTES } else { value };
            let size = usize::try_from(a_second.div_ceil(SLOW_PIECES)).unwrap_or(1).max(1);
            let pieces: Vec<Bytes> =
                (0..length).step_by(size).map(|from| body.slice(from..length.min(from + size))).collect();
            Some(Spoilt::new(pieces, Duration::from_secs(1) / SLOW_PIECES, End::Whole))
        }
        _ => None,
    };
    let mut response = Response::new(spoilt.map_or_else(|| Either::Left(Full::new(body)), Either::Right));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(id) = HeaderValue::from_str(&format!("{number:08x}-0000-4000-a000-000000000000")) {
        headers.insert("x-amzn-requestid", id);
    }
    if answer.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(name) = answer.error_type.and_then(|name| HeaderValue::from_str(&name).ok()) {
        headers.insert("x-amzn-errortype", name);
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if options.clock_offset != 0
        && let Ok(date) = HeaderValue::from_str(&time::http(time::now().saturating_add_signed(options.clock_offset)))
    {
        headers.insert(DATE, date);
    }
    response
}
