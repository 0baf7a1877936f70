//! Calls over the network: resolve, sign, send.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use portolan_guard::drop_values;

use super::endpoint::Endpoints;
use super::exchange::{Answer, Call, Exchange, ExchangeError, SessionFailure};
use super::sign::sign_request;
use crate::credentials::{AssumeFailure, Identity, SessionPolicy, Sessions, What};
use crate::http_client::{HttpClient, HttpError, Limits};
use crate::run::now_ms;

/// Time to connect: a region that does not answer within it is not reachable.
const CONNECT_MS: u64 = 5_000;
/// Time without a byte. AWS answers lists within a few seconds, the slowest within twenty: a connection that is silent for
/// longer is dead, or its answer stalled.
const QUIET_MS: u64 = 30_000;
/// Time for a whole exchange: large answers over slow lines.
const TOTAL_MS: u64 = 60_000;

/// Whatever has the credentials that sign: the sessions of a run, or an embedder's own identity.
pub trait Keyring: Send + Sync + 'static {
    /// Credentials for requests of this identity, under this policy where sessions are bounded.
    fn credentials<'a>(
        &'a self,
        who: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<Credentials, Arc<AssumeFailure>>>;

    /// Drops an identity's credentials, so that the next ask has new ones.
    fn forget(&self, who: &Identity);

    /// Nothing more is to be asked with them: they need not be kept.
    fn close(&self, _who: &Identity) {}
}

impl Keyring for Sessions {
    fn credentials<'a>(
        &'a self,
        who: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<Credentials, Arc<AssumeFailure>>> {
        self.credentials_under(who, policy).boxed()
    }

    fn forget(&self, who: &Identity) {
        self.forget(who);
    }

    fn close(&self, who: &Identity) {
        self.close(who);
    }
}

/// Sends calls with the sessions of a run.
pub struct Live {
    keys: Arc<dyn Keyring>,
    endpoints: Endpoints,
    http: HttpClient,
    response_bytes_max: usize,
    total_ms: u64,
}

impl Live {
    /// `response_bytes_max` is the largest answer that is read.
    #[must_use]
    pub fn new(keys: Arc<dyn Keyring>, endpoints: Endpoints, http: HttpClient, response_bytes_max: usize) -> Self {
        Self { keys, endpoints, http, response_bytes_max, total_ms: TOTAL_MS }
    }

    /// The same, with another time for a whole exchange than a minute.
    #[must_use]
    pub fn within_ms(self, total_ms: u64) -> Self {
        Self { total_ms, ..self }
    }

    async fn send(&self, call: &Call, clock_offset_ms: i64) -> Result<Answer, ExchangeError> {
        let place = self
            .endpoints
            .place(&call.service, &call.region, call.host_prefix.as_deref())
            .map_err(|error| ExchangeError::Refused(error.to_string()))?;
        let credentials = self.keys.credentials(&call.identity, call.policy.as_ref()).await.map_err(|failure| {
            match failure.what {
                What::PolicyTooLarge => ExchangeError::PolicyTooLarge(failure.to_string()),
                _ => ExchangeError::NoCredentials(failure.to_string()),
            }
        })?;
        let mut request = http::Request::builder()
            .method(call.method.as_str())
            .uri(format!("{}{}", place.base, call.target))
            .body(Bytes::from(call.body.clone()))
            .map_err(|error| ExchangeError::Refused(error.to_string()))?;
        for (name, value) in &call.headers {
            let name = http::HeaderName::try_from(name).map_err(|e| ExchangeError::Refused(e.to_string()))?;
            let value = http::HeaderValue::try_from(value).map_err(|e| ExchangeError::Refused(e.to_string()))?;
            request.headers_mut().append(name, value);
        }
        let agent = http::HeaderValue::from_static(concat!("portolan/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(http::header::USER_AGENT, agent);
        sign_request(&mut request, &credentials, &place.signing_name, &place.signing_region, now(clock_offset_ms))
            .map_err(|error| ExchangeError::Refused(error.to_string()))?;
        let limits = Limits {
            connect_ms: CONNECT_MS,
            quiet_ms: QUIET_MS,
            total_ms: self.total_ms,
            body_bytes: self.response_bytes_max,
        };
        let answer = self.http.send(request, limits).await.map_err(unanswered)?;
        let (head, body) = answer.into_parts();
        let dropped = drop_values(head.status.as_u16(), &body, &call.dropped)
            .map_err(|why| ExchangeError::Refused(format!("{}:{}: {why}", call.service, call.operation)))?;
        let body = dropped.map_or(body, Into::into);
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), readable(value.as_bytes()))).collect();
        Ok(Answer { status: head.status.as_u16(), headers, body, at_ms: now_ms(), remembered: false })
    }
}

fn now(clock_offset_ms: i64) -> SystemTime {
    let offset = Duration::from_millis(clock_offset_ms.unsigned_abs());
    let now = SystemTime::now();
    if clock_offset_ms < 0 { now - offset } else { now + offset }
}

/// Header values may hold any bytes; what is not ASCII crosses percent-encoded.
fn readable(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for &byte in value {
        if byte.is_ascii() && !byte.is_ascii_control() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn unanswered(error: HttpError) -> ExchangeError {
    let text = error.to_string();
    match error {
        HttpError::Unresolved { .. } => ExchangeError::Unresolved(text),
        HttpError::Connect { .. } => ExchangeError::Unreachable(text),
        HttpError::TimedOut { .. } => ExchangeError::TimedOut(text),
        HttpError::TooLarge { .. } => ExchangeError::TooLarge(text),
        HttpError::Broken { .. } => ExchangeError::Broken(text),
        HttpError::Unusable { .. } | HttpError::NotPublic { .. } => ExchangeError::Refused(text),
    }
}

impl Exchange for Live {
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        async move {
            match self.keys.credentials(identity, policy).await {
                Ok(_) => Ok(()),
                // The role lets itself be assumed; the first call meets this again and goes on under another policy.
                Err(failure) if failure.what == What::PolicyTooLarge => Ok(()),
                Err(failure) => Err(session_failure(&failure)),
            }
        }
        .boxed()
    }

    fn exchange<'a>(&'a self, call: &'a Call, clock_offset_ms: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        self.send(call, clock_offset_ms).boxed()
    }

    fn renew(&self, identity: &Identity) {
        self.keys.forget(identity);
    }

    fn close(&self, identity: &Identity) {
        self.keys.close(identity);
    }
}

fn session_failure(failure: &AssumeFailure) -> SessionFailure {
    SessionFailure {
        denied: failure.is_denied(),
        code: failure.code.clone(),
        message: failure.to_string(),
        request_id: failure.request_id.clone(),
        next: Some(failure.next().to_owned()),
    }
}
