//! What goes wrong, as the interface has it: one record, and a class to decide by.

use std::fmt;

macro_rules! problem_classes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What kind of thing went wrong; the cases of `problem-class` in `wit/sync.wit`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum ProblemClass { $($(#[$doc])* $name,)+ }

        impl ProblemClass {
            /// All of them, in the order of the interface.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name in the interface, in reports and in the catalogue.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Reads [`ProblemClass::as_str`] back.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|class| class.as_str() == text)
            }
        }
    };
}

problem_classes! {
    /// AWS said no.
    Denied = "denied",
    /// AWS asked to slow down until the retries were used up.
    Throttled = "throttled",
    /// The service or the operation does not exist there, or the account is not subscribed to it.
    Unavailable = "unavailable",
    /// An item vanished between the listing and its detail call. Never makes a page partial.
    Vanished = "vanished",
    /// Truncated, not what the model says, an error inside 200, a page token that repeats.
    BadAnswer = "bad-answer",
    /// A page token that AWS no longer knows: the unit begins again.
    StaleCursor = "stale-cursor",
    /// The guard or the grant refused the request.
    Refused = "refused",
    /// No session for this identity.
    NoCredentials = "no-credentials",
    /// No connection.
    Unreachable = "unreachable",
    /// No answer in time.
    TimedOut = "timed-out",
    /// An answer above the limit.
    TooLarge = "too-large",
    /// The run was stopped.
    Cancelled = "cancelled",
    /// A named limit of the guest or of the host.
    Limit = "limit",
    /// An expression gave null, or not a boolean.
    Mapping = "mapping",
    /// The call itself was wrong.
    BadCall = "bad-call",
}

impl fmt::Display for ProblemClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that went wrong; the record `problem` of the interface.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Which class.
    pub class: ProblemClass,
    /// `s3:GetBucketTagging`; empty where no call was made.
    pub operation: String,
    /// Where the call went, if anywhere.
    pub region: Option<String>,
    /// AWS's own code.
    pub code: String,
    /// AWS's own text.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// The resource or the expression concerned.
    pub subject: Option<String>,
    /// How many like it this one stands for.
    pub count: u32,
}
