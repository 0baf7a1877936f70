//! Reads an answer's body: within its limit, within its time, and out of gzip where it came so.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::response::Parts;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::error::{HttpError, innermost};
use super::{Limits, quiet};

/// What has come so far, never more than the limit.
struct Within {
    bytes: Vec<u8>,
    limit: usize,
    /// It would have been more.
    is_over: bool,
}

impl io::Write for Within {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(piece.len()) > self.limit {
            self.is_over = true;
            return Err(io::Error::other("past the limit"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the pieces of a body go.
enum Taking {
    Plain(Within),
    /// Unpacked as it comes, so that no more of it is in memory than the limit allows.
    Gzip(Box<MultiGzDecoder<Within>>),
}

impl Taking {
    fn is_over(&self) -> bool {
        match self {
            Self::Plain(within) => within.is_over,
            Self::Gzip(decoder) => decoder.get_ref().is_over,
        }
    }

    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(within) => within.write_all(piece),
            Self::Gzip(decoder) => decoder.write_all(piece),
        }
    }

    fn end(&mut self) -> io::Result<Vec<u8>> {
        let within = match self {
            Self::Plain(within) => within,
            Self::Gzip(decoder) => {
                decoder.try_finish()?;
                decoder.get_mut()
            }
        };
        Ok(std::mem::take(&mut within.bytes))
    }
}

/// The whole body. The headers then tell of what is given, not of what was on the wire.
pub(super) async fn read(head: &mut Parts, mut body: Incoming, host: &str, limits: Limits) -> Result<Bytes, HttpError> {
    let too_large = || HttpError::TooLarge { host: host.to_owned(), limit: limits.body_bytes };
    // What the header promises is only for giving up early; what is read is what counts.
    let promised = body.size_hint().lower();
    if promised > limits.body_bytes as u64 {
        return Err(too_large());
    }
    let room = Vec::with_capacity(usize::try_from(promised).unwrap_or(0));
    let within = Within { bytes: room, limit: limits.body_bytes, is_over: false };
    // An answer without a body (to HEAD, a 204) may bear the header all the same.
    let is_packed = head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| is_gzip(encoding.as_bytes()));
    let mut taking = match is_packed && !body.is_end_stream() {
        true => Taking::Gzip(Box::new(MultiGzDecoder::new(within))),
        false => Taking::Plain(within),
    };
    while let Some(frame) = quiet(limits, host, body.frame()).await? {
        let frame = frame.map_err(|error| HttpError::Broken {
            host: host.to_owned(),
            reason: innermost(&error),
            source: Box::new(error),
        })?;
        if let Some(data) = frame.data_ref()
            && let Err(error) = taking.take(data)
        {
            return Err(if taking.is_over() { too_large() } else { not_gzip(host, error) });
        }
    }
    let whole = taking.end();
    let whole = whole.map_err(|error| if taking.is_over() { too_large() } else { not_gzip(host, error) })?;
    if matches!(taking, Taking::Gzip(_)) {
        head.headers.remove(CONTENT_ENCODING);
        head.headers.remove(CONTENT_LENGTH);
    }
    Ok(whole.into())
}

fn is_gzip(encoding: &[u8]) -> bool {
    let encoding = encoding.trim_ascii();
    encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
}

fn not_gzip(host: &str, error: io::Error) -> HttpError {
    HttpError::Broken {
        host: host.to_owned(),
        reason: format!("its gzip is damaged: {error}"),
        source: Box::new(error),
    }
}
