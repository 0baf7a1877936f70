//! Requests to Port: with a token, in our name, as often as makes sense.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde::de::DeserializeOwned;

use super::super::answers::{self, RETRY_AFTER_JITTER_MS, is_passing, retry_after_ms};
use super::super::{DestinationError, Refusal};
use super::token::Token;
use crate::backoff::{Backoff, random};
use crate::config::port::PortTarget;
use crate::http_client::{HttpClient, HttpError, Limits, NetworkSettings, TlsError, percent_encoded};

/// Attempts at one request: Port is back within them, or is down for longer than a run should wait.
const ATTEMPTS_MAX: u32 = 6;
/// Pauses between them. Port's own client waits in the same order of magnitude.
const BACKOFF: Backoff = Backoff {
    attempts_max: ATTEMPTS_MAX,
    base_ms: 500.0,
    delay_max_ms: 20_000.0,
    retry_after_max_ms: 120_000,
    retry_after_jitter_ms: RETRY_AFTER_JITTER_MS,
};
/// Port accepts a connection within this.
const CONNECT_MS: u64 = 5_000;
/// From the first byte sent to the last received: the time that Port's own client gives.
const TOTAL_MS: u64 = 60_000;
/// Of an answer's body: a page of 5,000 names of entities, with room.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// What Portolan is to Port's form of versions. The part behind the dash says whose version it is.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "-portolan");

/// Port's API.
pub(super) struct Client {
    http: HttpClient,
    base: String,
    agent: String,
    credentials: Bytes,
    token: tokio::sync::Mutex<Option<Token>>,
    /// Nothing is sent before: Port asked for it.
    quiet_until: Mutex<Option<Instant>>,
}

/// An answer that its reader decides about: not 401, 403, 408, 429, 5xx, nor a redirect.
#[derive(Debug)]
pub(super) struct Answered(Response<Bytes>);

impl Answered {
    pub(super) fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// What it says.
    ///
    /// # Errors
    /// It is not what Port's client would read.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, DestinationError> {
        serde_json::from_slice(self.0.body()).map_err(|error| {
            let status = self.0.status().as_u16();
            DestinationError::Unavailable(format!("Port answered {status} with something unknown: {error}"))
        })
    }

    pub(super) fn refusal(&self) -> Refusal {
        refusal(&self.0)
    }

    /// The answer as why Port takes nothing, where it should have been a success.
    ///
    /// # Errors
    /// It was none.
    pub(super) fn success(self, what: &str) -> Result<Self, DestinationError> {
        if self.0.status().is_success() {
            return Ok(self);
        }
        Err(DestinationError::Unavailable(format!("{what}: Port answered {}", self.refusal().reason)))
    }
}

impl Client {
    pub(super) fn new(port: &PortTarget, network: &NetworkSettings) -> Result<Self, TlsError> {
        let (kind, identifier) = (port.kind.as_str(), port.identifier.as_str());
        let credentials = serde_json::json!({
            "clientId": port.client_id.expose(), "clientSecret": port.client_secret.expose()
        });
        Ok(Self {
            http: HttpClient::guarded(network, &port.addresses)?,
            base: format!("{}/v1", port.base_url.address()),
            // Port takes this header for the origin of what is written: the form is the peer's.
            agent: format!("port-ocean/{kind}/{VERSION}/{identifier}/exporter"),
            credentials: Bytes::from(credentials.to_string()),
            token: tokio::sync::Mutex::new(None),
            quiet_until: Mutex::new(None),
        })
    }

    /// The version that we say we are.
    pub(super) const fn version() -> &'static str {
        VERSION
    }

    /// Sends it, as often as makes sense, and once more with another token.
    ///
    /// # Errors
    /// No answer that says anything, or one that every request would get.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Answered, DestinationError> {
        let token = self.token(None).await?;
        let answer = self.attempts(&method, path, &body, Some(&token)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return open(answer);
        }
        let token = self.token(Some(&token)).await?;
        open(self.attempts(&method, path, &body, Some(&token)).await?)
    }

    /// The token, or another one than `refused`. Whoever comes meanwhile waits, and gets the same.
    async fn token(&self, refused: Option<&Token>) -> Result<Token, DestinationError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref() {
            let is_refused = refused.is_some_and(|refused| refused.header == token.header);
            if token.is_good(Instant::now()) && !is_refused {
                return Ok(token.clone());
            }
        }
        let answer = self.attempts(&Method::POST, "/auth/access_token", &self.credentials, None).await?;
        if !answer.status().is_success() {
            let Refusal { status, .. } = refusal(&answer);
            let status = format!("the client id and secret are refused ({status})");
            return Err(DestinationError::Closed(Refusal { reason: status.clone(), status }));
        }
        let token = Token::read(answer.body(), Instant::now());
        let token = token.ok_or_else(|| DestinationError::Unavailable("Port's answer has no token".to_owned()))?;
        *kept = Some(token.clone());
        Ok(token)
    }

    async fn attempts(
        &self,
        method: &Method,
        path: &str,
        body: &Bytes,
        token: Option<&Token>,
    ) -> Result<Response<Bytes>, DestinationError> {
        for attempt in 1.. {
            self.wait_for_quiet().await;
            let (retry_after, why) = match self.attempt(method, path, body, token).await {
                Ok(answer) if !is_passing(answer.status()) => return Ok(answer),
                Ok(answer) => (retry_after_ms(answer.headers()), format!("HTTP {}", answer.status().as_u16())),
                Err(error) if answers::is_hopeless(&error) => {
                    return Err(DestinationError::Unavailable(error.to_string()));
                }
                Err(error) => (None, error.to_string()),
            };
            let Some(wait_ms) = BACKOFF.delay_ms(attempt, retry_after, random()) else {
                let why = format!("Port: {why} (attempt {attempt} of {ATTEMPTS_MAX})");
                return Err(DestinationError::Unavailable(why));
            };
            tracing::debug!(path, attempt, ms = wait_ms, "{why}; once more");
            if retry_after.is_some() {
                self.be_quiet(wait_ms);
            } else {
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            }
        }
        Err(DestinationError::Unavailable("no answer".to_owned()))
    }

    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        body: &Bytes,
        token: Option<&Token>,
    ) -> Result<Response<Bytes>, HttpError> {
        let address = format!("{}{path}", self.base);
        let mut request = Request::builder().method(method).uri(&address).header(header::USER_AGENT, &self.agent);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, token.header.expose());
        }
        let unusable = |_| HttpError::Unusable { uri: address.clone(), reason: "no address of Port" };
        let request = request.body(body.clone()).map_err(unusable)?;
        let limits =
            Limits { connect_ms: CONNECT_MS, quiet_ms: TOTAL_MS, total_ms: TOTAL_MS, body_bytes: ANSWER_BYTES_MAX };
        self.http.send(request, limits).await
    }

    /// What Port asks one request to wait for holds for all: they share a limit.
    fn be_quiet(&self, wait_ms: u64) {
        let until = Instant::now() + Duration::from_millis(wait_ms);
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some(quiet.map_or(until, |already| already.max(until)));
    }

    async fn wait_for_quiet(&self) {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }
}

/// What every request would be answered with ends the run's sending.
fn open(answer: Response<Bytes>) -> Result<Answered, DestinationError> {
    let status = answer.status();
    if status.is_redirection() || matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(DestinationError::Closed(refusal(&answer)));
    }
    Ok(Answered(answer))
}

/// Port's own words, where it has some: `{"error": …, "message": …}`.
fn refusal(answer: &Response<Bytes>) -> Refusal {
    let said: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let words = ["error", "message"].into_iter().filter_map(|name| said.get(name)?.as_str());
    answers::refusal(answer, &words.collect::<Vec<_>>().join(": "))
}

/// One segment of a path.
pub(super) fn segment(text: &str) -> String {
    let out = percent_encoded(text);
    // Two dots would be another place, and no percent sign hides them from every server.
    if out == "." || out == ".." { out.replace('.', "%2E") } else { out }
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn a_segment_is_one() {
        for (text, written) in [
            ("my-aws-v3-integration", "my-aws-v3-integration"),
            ("arn:aws:sqs:eu-west-1:1:q", "arn%3Aaws%3Asqs%3Aeu-west-1%3A1%3Aq"),
            ("a/b?c#d e%ä", "a%2Fb%3Fc%23d%20e%25%C3%A4"),
            ("..", "%2E%2E"),
        ] {
            assert_eq!(segment(text), written);
        }
    }
}
