//! The only way out: what the host does for the guest. Mirrors the WIT imports `signed-http` and `log`.

pub use crate::wire::Method;

/// Whose read role signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// The role in the account of the running call.
    Account,
    /// The role that lists the organization.
    Management,
}

impl Identity {
    /// As the manifest writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Identity::Account => "account",
            Identity::Management => "management",
        }
    }
}

/// A request to AWS, unsigned and without a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whose role signs.
    pub identity: Identity,
    /// The service, by its name in the API tables.
    pub service: String,
    /// Where it goes.
    pub region: String,
    /// The operation, for limits and counts.
    pub operation: String,
    /// A label put before the endpoint's host name.
    pub host_prefix: Option<String>,
    /// The HTTP method.
    pub method: Method,
    /// Path and query, as they go over the wire.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: String,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Decoded text.
    pub body: String,
    /// How often the request was sent.
    pub attempts: u32,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendFailure {
    /// The guard, the grant or the argument check said no.
    Refused,
    /// No session for this identity.
    NoCredentials,
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The answer, or the batch's answers together, are larger than allowed.
    TooLarge,
    /// The answer is not text.
    NotText,
    /// The run is ending.
    Cancelled,
}

/// Why there is no answer, and the host's words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// The class.
    pub class: SendFailure,
    /// The host's text.
    pub message: String,
}

/// How urgent a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The instance is about to trap.
    Error,
    /// Odd, but handled.
    Warn,
    /// Worth a line.
    Info,
    /// For whoever debugs the guest.
    Debug,
}

/// What the host does for the guest.
pub trait Host {
    /// Sends the requests side by side and gives the answers in the order asked. At most `limits.batch` at once.
    fn send(&self, requests: Vec<Request>) -> Vec<Result<Response, SendError>>;
    /// Writes a diagnostic line.
    fn log(&self, level: Level, message: &str);
}
