//! Counts every AWS call by service, operation and result: what the report and the progress line show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::credentials::Identity;

/// What became of the calls of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests that were sent, retries included.
    pub calls: u64,
    /// Of those, how many were sent again because of a throttle, a 5xx or a broken connection.
    pub retries: u64,
    /// Answers by HTTP status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests that got no answer, by reason.
    pub unanswered: BTreeMap<String, u64>,
    /// Requests that the guard refused; they were never sent.
    #[serde(skip_serializing_if = "is_zero")]
    pub refused: u64,
    /// Bytes of bodies sent and received.
    pub bytes_sent: u64,
    /// Bytes of bodies received, after decoding.
    pub bytes_received: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The counts of a run, by `service:Operation`.
#[derive(Debug, Default)]
pub struct Calls {
    by_operation: Mutex<BTreeMap<String, Counts>>,
    total: AtomicU64,
    throttled: AtomicU64,
    denied: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Calls {
    /// An answer came.
    pub fn answered(&self, operation: &str, status: u16, sent: usize, received: usize, retry: bool, throttled: bool) {
        self.total.fetch_add(1, Ordering::Relaxed);
        if throttled {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
        self.update(operation, |counts| {
            counts.calls += 1;
            counts.retries += u64::from(retry);
            *counts.statuses.entry(status).or_default() += 1;
            counts.bytes_sent += sent as u64;
            counts.bytes_received += received as u64;
        });
    }

    /// No answer came.
    pub fn unanswered(&self, operation: &str, reason: &str, sent: usize, retry: bool) {
        self.total.fetch_add(1, Ordering::Relaxed);
        self.update(operation, |counts| {
            counts.calls += 1;
            counts.retries += u64::from(retry);
            *counts.unanswered.entry(reason.to_owned()).or_default() += 1;
            counts.bytes_sent += sent as u64;
        });
    }

    /// The role's own policies do not allow it, as far as AWS says. The listing role's account is not named.
    pub fn denied(&self, operation: &str, identity: &Identity) {
        if let Ok(mut denied) = self.denied.lock() {
            let accounts = denied.entry(operation.to_owned()).or_default();
            if let Identity::Account(account) = identity {
                accounts.insert(account.to_string());
            }
        }
    }

    /// What was denied so, by `service:Operation`, and in which accounts.
    #[must_use]
    pub fn denials(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.denied.lock().map(|denied| denied.clone()).unwrap_or_default()
    }

    /// The guard said no.
    pub fn refused(&self, operation: &str) {
        self.update(operation, |counts| counts.refused += 1);
    }

    /// Requests sent so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Throttled answers so far.
    #[must_use]
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    /// All counts, by `service:Operation`.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, Counts> {
        self.by_operation.lock().map(|counts| counts.clone()).unwrap_or_default()
    }

    fn update(&self, operation: &str, change: impl FnOnce(&mut Counts)) {
        /// Operations that the tables know are far fewer; a guest that makes names up is not counted apart.
        const OPERATIONS_MAX: usize = 2_000;
        if let Ok(mut counts) = self.by_operation.lock() {
            let known = counts.contains_key(operation) || counts.len() < OPERATIONS_MAX;
            change(counts.entry(if known { operation.to_owned() } else { "other".to_owned() }).or_default());
        }
    }
}
