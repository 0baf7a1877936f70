//! Reads AWS's error answers and says what they mean. Pure: no I/O, no clock.
//!
//! One reader for all: the guest uses it to tell errors from answers, the Rust host to decide about retries, and the
//! component exports it as `errors.classify` for hosts in other languages.
//!
//! ```
//! use portolan_errors::{Class, Denial, classify, denial};
//!
//! let body = r#"{"__type":"com.amazonaws#ThrottlingException","message":"Rate exceeded"}"#;
//! let verdict = classify("ecs", "ListClusters", 400, &[], body, None);
//! assert_eq!((verdict.class, verdict.code.as_str()), (Class::Throttled, "ThrottlingException"));
//!
//! let message = "… with an explicit deny in a service control policy";
//! assert_eq!(denial("AccessDenied", message), Some(Denial::ServiceControlPolicy));
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod class;
mod clock;
mod codes;
mod denial;
mod read;

pub use class::{Class, SKEW_THRESHOLD_MS, Verdict, classify};
pub use clock::http_date_ms;
pub use codes::{
    is_not_found, is_region_closed, is_region_perhaps_closed, is_stale_token, is_throttling, is_unavailable,
};
pub use denial::{Denial, denial};
pub use read::{AwsError, MAX_MESSAGE, read};
