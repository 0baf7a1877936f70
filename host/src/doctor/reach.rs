//! Whether somebody answers at an address: a request without a signature, of which the head alone counts.

use std::time::Instant;

use bytes::Bytes;
use http::{Request, Uri, header};

use super::cause::Cause;
use super::mend::Mend;
use super::proxy;
use crate::http_client::{HttpClient, HttpError, Limits};
use crate::run::now_ms;

/// Name, connection, TLS, request and head of the answer: whoever is there needs a fraction of it.
const WAIT: Limits = Limits { connect_ms: 5_000, quiet_ms: 15_000, total_ms: 15_000, body_bytes: 1 << 20 };
/// Across an ocean, with a fresh connection, a second is long.
pub(super) const SLOW_MS: u64 = 2_000;

/// Somebody answered.
pub(super) struct Reached {
    pub(super) status: u16,
    pub(super) ms: u64,
    /// What the other's clock is ahead of ours.
    pub(super) ahead_ms: Option<i64>,
}

/// Asks for the root of an address.
pub(super) async fn reach(http: &HttpClient, address: &str) -> Result<Reached, HttpError> {
    let request = Request::get(address)
        .header(header::USER_AGENT, concat!("portolan/", env!("CARGO_PKG_VERSION")))
        .body(Bytes::new())
        .map_err(|_| HttpError::Unusable { uri: address.to_owned(), reason: "no address" })?;
    let (begun, sent_ms) = (Instant::now(), now_ms());
    let answer = http.send(request, WAIT).await?;
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let middle = i64::try_from(sent_ms + ms / 2).unwrap_or(i64::MAX);
    let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    let ahead_ms = date.and_then(portolan_errors::http_date_ms).map(|date| date - middle);
    Ok(Reached { status: answer.status().as_u16(), ms, ahead_ms })
}

/// What mends a request that nobody answered.
pub(super) fn mends(causes: &[Cause], address: &str) -> Vec<Mend> {
    let uri = address.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or(address);
    let mut mends = Vec::new();
    for cause in causes {
        match cause {
            Cause::Proxy | Cause::Certificate => mends.extend(proxy::mends()),
            Cause::Name => mends.push(Mend::run(format!("getent hosts {host}"))),
            Cause::Network => mends.push(Mend::act(format!(
                "let this machine connect to {host}: routes, security groups, network ACLs, firewalls; in a VPC without \
                 a way out, make an interface endpoint"
            ))),
            _ => mends.push(Mend::act("check AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS and --endpoint-url")),
        }
    }
    mends
}
