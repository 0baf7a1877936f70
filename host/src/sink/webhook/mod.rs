//! Changes as signed batches of JSON to an address over HTTPS. What a receiver sees stands in docs/webhook.md.

mod body;
mod judge;
mod signature;

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, header};

use crate::backoff::random;
use crate::catalogue::{BatchLimits, Change};
use crate::config::webhook::Webhook;
use crate::http_client::{HttpClient, HttpError, Limits, NetworkSettings, TlsError};
use crate::run::now_ms;

use super::answers::{self, retry_after_ms};
use super::{Answer, Destination, DestinationError, Refusal};
use judge::{ATTEMPTS_MAX, BACKOFF, Verdict, judge};
use signature::Signer;

/// Changes in one request: enough that the requests of a large first run are hundreds, few enough to look at.
const CHANGES_MAX: usize = 500;
/// Bytes of changes in one request. nginx takes 1 MiB where nobody says otherwise, and the body has a frame of its own.
const CHANGES_BYTES_MAX: usize = 1024 * 1024 - 4 * 1024;
/// A receiver that is there accepts a connection within this.
const CONNECT_MS: u64 = 5_000;
/// From the first byte sent to the last received: a receiver may store 1 MiB before it answers.
const TOTAL_MS: u64 = 30_000;
/// Of an answer's body, which is read for the reason of a refusal alone.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The header with the seconds since 1970 at which the request was signed.
const TIMESTAMP: &str = "portolan-timestamp";
/// The header with the signature.
const SIGNATURE: &str = "portolan-signature";
/// The header that is equal in all attempts at one batch, and in no others.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// An address that takes batches.
pub struct WebhookSink {
    name: String,
    address: String,
    signer: Signer,
    client: HttpClient,
}

impl WebhookSink {
    /// Makes the client; nothing is sent.
    ///
    /// # Errors
    /// The trusted certificates cannot be read.
    pub fn new(webhook: &Webhook, network: &NetworkSettings) -> Result<Self, TlsError> {
        Ok(Self {
            name: webhook.url.to_string(),
            address: webhook.url.address().to_owned(),
            signer: Signer::new(&webhook.secret),
            client: HttpClient::guarded(network, &webhook.addresses)?,
        })
    }

    async fn attempt(&self, body: &Bytes, key: &str) -> Result<Response<Bytes>, HttpError> {
        let timestamp = now_ms() / 1_000;
        let request = Request::post(&self.address)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("portolan/", env!("CARGO_PKG_VERSION")))
            .header(IDEMPOTENCY_KEY, key)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, self.signer.sign(timestamp, body))
            .body(body.clone())
            .map_err(|_| HttpError::Unusable { uri: self.address.clone(), reason: "no address of a webhook" })?;
        let limits =
            Limits { connect_ms: CONNECT_MS, quiet_ms: TOTAL_MS, total_ms: TOTAL_MS, body_bytes: ANSWER_BYTES_MAX };
        self.client.send(request, limits).await
    }

    async fn deliver(&self, run_id: &str, changes: &[Change]) -> Result<Answer, DestinationError> {
        let body = body::of(run_id, changes);
        let key = body::key(&body);
        for attempt in 1.. {
            let (retry_after_ms, why) = match self.attempt(&body, &key).await {
                Ok(answer) => match judge(answer.status()) {
                    Verdict::Accepted => return Ok(Answer::Accepted),
                    Verdict::TooLarge => return Ok(Answer::TooLarge(refusal(&answer))),
                    Verdict::Refused => return Ok(Answer::Refused(refusal(&answer))),
                    Verdict::Closed => return Err(DestinationError::Closed(refusal(&answer))),
                    Verdict::Again => (retry_after_ms(answer.headers()), refusal(&answer).status),
                },
                Err(error) if answers::is_hopeless(&error) => {
                    return Err(DestinationError::Unavailable(error.to_string()));
                }
                Err(error) => (None, error.to_string()),
            };
            let Some(wait_ms) = BACKOFF.delay_ms(attempt, retry_after_ms, random()) else {
                return Err(DestinationError::Unavailable(format!("{why} (attempt {attempt} of {ATTEMPTS_MAX})")));
            };
            tracing::debug!(sink = self.name, attempt, ms = wait_ms, "{why}; once more");
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
        Err(DestinationError::Unavailable("no answer".to_owned()))
    }
}

impl Destination for WebhookSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> BatchLimits {
        BatchLimits { changes: CHANGES_MAX, bytes: CHANGES_BYTES_MAX }
    }

    fn send<'a>(&'a self, run_id: &'a str, changes: &'a [Change]) -> BoxFuture<'a, Result<Answer, DestinationError>> {
        Box::pin(self.deliver(run_id, changes))
    }
}

fn refusal(answer: &Response<Bytes>) -> Refusal {
    answers::refusal(answer, &String::from_utf8_lossy(answer.body()))
}
