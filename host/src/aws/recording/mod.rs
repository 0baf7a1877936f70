//! Runs as files: every exchange with AWS, without identities' secrets, so that a run can be repeated.
//!
//! JSON Lines: a header, then sessions and exchanges as they happened. Authorization, dates, tokens and
//! signatures are never stored, since this seam lies above the signature; exchanges with identity services
//! (role assumptions) are stored as their outcome alone. Bodies are stored as they came, but for what the guard has said to take out of them below: **a recording
//! holds the estate's data**, and says so in its first line.
//!
//! A replay finds an exchange by identity, service, region, operation, request and its n-th occurrence,
//! not by order, so that concurrency does not matter.

mod replay;
mod store;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::exchange::{Call, SessionFailure};
use crate::credentials::Identity;

pub use replay::Replay;
pub use store::Recorder;

/// The form of the file; a replay refuses another.
const FORM: u32 = 1;

/// The first line of a recording: what a replay needs to come to the same result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The form of the file.
    pub portolan_recording: u32,
    /// What the reader of the file should know.
    pub notice: String,
    /// The recorded run's id.
    pub run_id: String,
    /// When it began, in milliseconds since 1970: the replay's clock.
    pub started_at_ms: u64,
    /// The source identity's ARN.
    pub source_arn: String,
    /// The source identity's account.
    pub source_account: String,
    /// Which source it came from, and why that was taken.
    pub source_why: String,
    /// The key under which redacted values were digested.
    pub redaction_key: String,
    /// The run's partition.
    pub partition: String,
    /// The region at which services without one of their own are asked.
    pub home_region: String,
}

impl Header {
    /// The form and the notice that stand in every header.
    #[must_use]
    pub fn form_and_notice() -> (u32, String) {
        (FORM, "This file holds what AWS answered about the estate. Keep it as you keep the catalogue.".to_owned())
    }
}

/// A line after the header.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// An identity's session: opened, or why not.
    Session { identity: String, failure: Option<SessionFailure> },
    /// A request and its answer.
    Exchange { key: String, call: String, answer: RecordedAnswer },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedAnswer {
    Answered {
        status: u16,
        at_ms: u64,
        headers: Vec<(String, String)>,
        body: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        remembered: bool,
    },
    /// Out of the run's memory, word for word as the remembered answer under that key: thousands of units ask alike.
    Again {
        key: String,
    },
    Failed {
        reason: String,
        message: String,
    },
}

/// Why a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be opened, read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a recording, or one of another form.
    #[error("{}:{line}: {reason}", file.display())]
    Form {
        /// Which file.
        file: PathBuf,
        /// Where in it.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// What an exchange is found by: identity, service, region, operation, and a digest of the request.
fn key_of(call: &Call) -> String {
    let mut digest = Sha256::new();
    let mut headers = call.headers.clone();
    headers.sort();
    for part in [call.method.as_str(), &call.target, call.host_prefix.as_deref().unwrap_or_default()] {
        digest.update(part.as_bytes());
        digest.update(b"\n");
    }
    for (name, value) in &headers {
        digest.update(format!("{name}:{value}\n").as_bytes());
    }
    digest.update(call.body.as_bytes());
    let request: String = digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{}|{}|{}|{}|{request}", identity_name(&call.identity), call.service, call.region, call.operation)
}

fn identity_name(identity: &Identity) -> String {
    identity.to_string()
}

/// The headers of an answer that a guest or the retries read; the rest is not kept.
const KEPT_HEADERS: &[&str] = &[
    "content-type",
    "date",
    "retry-after",
    "x-amz-retry-after",
    "x-amz-bucket-region",
    "x-amzn-errortype",
    "x-amzn-query-error",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-error-message",
];
