//! Between the interface's records and the host's own types.

use crate::bindings::exports::portolan::aws::sync;
use crate::imports::printable;
use crate::outcome::{Problem, ProblemClass};

/// Texts of problems: AWS's are some hundred characters, ours shorter.
const TEXT_BYTES_MAX: usize = 2 << 10;

/// A problem of the guest, cut and cleaned.
#[must_use]
pub fn problem(from: sync::Problem) -> Problem {
    let text = |text: &str| printable(text, TEXT_BYTES_MAX);
    Problem {
        class: class(from.class),
        operation: text(&from.operation),
        region: from.region.as_deref().map(text),
        code: text(&from.code),
        message: text(&from.message),
        request_id: from.request_id.as_deref().map(text),
        subject: from.subject.as_deref().map(text),
        count: from.count,
    }
}

/// A problem of our own, that no call of AWS stands behind.
#[must_use]
pub fn own_problem(class: ProblemClass, message: impl Into<String>) -> Problem {
    Problem {
        class,
        operation: String::new(),
        region: None,
        code: String::new(),
        message: printable(&message.into(), TEXT_BYTES_MAX),
        request_id: None,
        subject: None,
        count: 1,
    }
}

fn class(from: sync::ProblemClass) -> ProblemClass {
    use sync::ProblemClass as Wit;
    match from {
        Wit::Denied => ProblemClass::Denied,
        Wit::Throttled => ProblemClass::Throttled,
        Wit::Unavailable => ProblemClass::Unavailable,
        Wit::Vanished => ProblemClass::Vanished,
        Wit::BadAnswer => ProblemClass::BadAnswer,
        Wit::StaleCursor => ProblemClass::StaleCursor,
        Wit::Refused => ProblemClass::Refused,
        Wit::NoCredentials => ProblemClass::NoCredentials,
        Wit::Unreachable => ProblemClass::Unreachable,
        Wit::TimedOut => ProblemClass::TimedOut,
        Wit::TooLarge => ProblemClass::TooLarge,
        Wit::Cancelled => ProblemClass::Cancelled,
        Wit::Limit => ProblemClass::Limit,
        Wit::Mapping => ProblemClass::Mapping,
        Wit::BadCall => ProblemClass::BadCall,
    }
}
