//! What can go wrong, typed, and the collection that keeps one of each sort with a count.

use portolan_errors::Class;

use crate::host::{SendError, SendFailure};
use crate::limits::MESSAGE_CHARS;

/// What the host or the reader does next depends on the class alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemClass {
    /// AWS says the role may not.
    Denied,
    /// AWS asked to slow down, and the host has given up.
    Throttled,
    /// The service or the operation does not exist there.
    Unavailable,
    /// An item vanished between the listing and its detail call. Never makes a page partial.
    Vanished,
    /// Truncated, not what the model says, an error inside 200, a page token that repeats, a failure on AWS's side.
    BadAnswer,
    /// A page token that AWS no longer knows: begin the unit again.
    StaleCursor,
    /// The host's guard said no.
    Refused,
    /// No usable session.
    NoCredentials,
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// An answer above the limit.
    TooLarge,
    /// The run is ending.
    Cancelled,
    /// A named limit of the guest.
    Limit,
    /// An expression gave null, or not a boolean.
    Mapping,
    /// The call itself was wrong: an unknown kind, a cursor it did not make.
    BadCall,
}

/// One thing that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What to do about it.
    pub class: ProblemClass,
    /// `s3:GetBucketTagging`; empty where no call was made.
    pub operation: String,
    /// Where the call went.
    pub region: Option<String>,
    /// AWS's own code.
    pub code: String,
    /// AWS's own text, or the guest's.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// The resource concerned.
    pub subject: Option<String>,
    /// How many like it this one stands for.
    pub count: u32,
}

impl Problem {
    /// A problem with no call behind it, or whose answer was readable but wrong.
    #[must_use]
    pub fn new(class: ProblemClass, message: impl Into<String>) -> Self {
        Self {
            class,
            operation: String::new(),
            region: None,
            code: String::new(),
            message: message.into(),
            request_id: None,
            subject: None,
            count: 1,
        }
    }

    /// The same, about this operation.
    #[must_use]
    pub fn at(mut self, service: &str, operation: &str) -> Self {
        self.operation = format!("{service}:{operation}");
        self
    }

    /// The same, about this resource.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// What AWS answered, classified.
    #[must_use]
    pub fn answered(error: &portolan_errors::AwsError, class: Class) -> Self {
        let (code, message) = (error.code.as_str(), error.message.as_str());
        let class = if portolan_errors::is_stale_token(code, message) {
            ProblemClass::StaleCursor
        } else if portolan_errors::is_unavailable(code) || portolan_errors::is_region_closed(code) {
            ProblemClass::Unavailable
        } else if portolan_errors::denial(code, message).is_some() || portolan_errors::is_region_perhaps_closed(code) {
            // The host's sessions are good: refused keys are what a region answers that the account does not use.
            ProblemClass::Denied
        } else {
            match class {
                Class::Throttled => ProblemClass::Throttled,
                Class::ExpiredCredentials | Class::ClockSkew => ProblemClass::NoCredentials,
                Class::Ok | Class::Transient | Class::Final => ProblemClass::BadAnswer,
            }
        };
        Self {
            code: code.to_owned(),
            request_id: error.request_id.clone(),
            ..Self::new(class, message.chars().take(MESSAGE_CHARS).collect::<String>())
        }
    }

    /// What the host said instead of an answer.
    #[must_use]
    pub fn unsent(error: SendError) -> Self {
        let class = match error.class {
            SendFailure::Refused => ProblemClass::Refused,
            SendFailure::NoCredentials => ProblemClass::NoCredentials,
            SendFailure::Unreachable => ProblemClass::Unreachable,
            SendFailure::TimedOut => ProblemClass::TimedOut,
            SendFailure::TooLarge => ProblemClass::TooLarge,
            SendFailure::NotText => ProblemClass::BadAnswer,
            SendFailure::Cancelled => ProblemClass::Cancelled,
        };
        Self::new(class, error.message)
    }
}

/// Problems of one page: one of each class, operation and region, with the first as the example and a count.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, problem: Problem) {
        let same = self.0.iter_mut().find(|known| {
            known.class == problem.class && known.operation == problem.operation && known.region == problem.region
        });
        match same {
            Some(known) => known.count = known.count.saturating_add(problem.count),
            None => self.0.push(problem),
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
