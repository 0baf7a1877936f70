//! One request and its answer, below the retries: the seam at which runs are recorded and replayed.

use bytes::Bytes;
use futures::future::BoxFuture;
use portolan_guard::Method;

use crate::credentials::{Identity, SessionPolicy};

/// A request that the guard has let pass: what is signed and sent.
#[derive(Debug, Clone)]
pub struct Call {
    /// Whose role signs.
    pub identity: Identity,
    /// Under which policy, where sessions are bounded. It is no part of what a replay finds an answer by.
    pub policy: Option<SessionPolicy>,
    /// The service's name in the tables.
    pub service: String,
    /// The region whose endpoint is asked.
    pub region: String,
    /// The operation, as the guard has read it from the wire.
    pub operation: String,
    /// A label before the endpoint's host name.
    pub host_prefix: Option<String>,
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub target: String,
    /// The guest's headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// Under which names values must be dropped from the answer before anybody has it.
    pub dropped: Vec<String>,
}

/// What AWS answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Bytes,
    /// When it came, in milliseconds since 1970: what its `Date` is compared with. A replay gives the recorded moment.
    pub at_ms: u64,
    /// Whether it comes from the run's memory: nothing was sent, and nothing is counted.
    pub remembered: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExchangeError {
    /// The identity has no session.
    #[error("{0}")]
    NoCredentials(String),
    /// The session's policy is larger, packed, than AWS takes; under another the session may be had.
    #[error("{0}")]
    PolicyTooLarge(String),
    /// The request cannot be sent (no endpoint, not in the recording), or its answer is for nobody.
    #[error("{0}")]
    Refused(String),
    /// The host name does not resolve.
    #[error("{0}")]
    Unresolved(String),
    /// No connection.
    #[error("{0}")]
    Unreachable(String),
    /// A connection that broke before the answer was whole.
    #[error("{0}")]
    Broken(String),
    /// The answer took too long.
    #[error("{0}")]
    TimedOut(String),
    /// The answer is larger than allowed.
    #[error("{0}")]
    TooLarge(String),
}

impl ExchangeError {
    /// The name under which it is counted in reports.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoCredentials(_) => "no-credentials",
            Self::PolicyTooLarge(_) => "policy-too-large",
            Self::Refused(_) => "refused",
            Self::Unresolved(_) => "unresolved",
            Self::Unreachable(_) => "unreachable",
            Self::Broken(_) => "broken",
            Self::TimedOut(_) => "timed-out",
            Self::TooLarge(_) => "too-large",
        }
    }
}

/// Why an identity has no session, fit for reports and recordings: no secrets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SessionFailure {
    /// Whether AWS denied the role, rather than something having failed on the way.
    pub denied: bool,
    /// AWS's own code, where it gave one.
    pub code: String,
    /// What happened, with the role's ARN, and what to do next.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// What to do next, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Sends a call once: over the network, to a recording, or out of one.
pub trait Exchange: Send + Sync + 'static {
    /// Makes sure that the identity has a session under this policy.
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>>;

    /// Sends once. `clock_offset_ms` is added to the clock for the signature.
    fn exchange<'a>(&'a self, call: &'a Call, clock_offset_ms: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>>;

    /// Forgets the identity's sessions, so that the next call gets a new one.
    fn renew(&self, identity: &Identity);

    /// Nothing more is to be asked of the identity: what is kept for it may go.
    fn close(&self, _identity: &Identity) {}

    /// Whether waiting between attempts means anything; in a replay it does not.
    fn waits(&self) -> bool {
        true
    }
}
