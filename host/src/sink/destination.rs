use futures::future::BoxFuture;

use crate::catalogue::{BatchLimits, Change, Delivered};

/// What a destination answered to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has all of it.
    Accepted,
    /// It takes smaller batches only, and has taken nothing of this one.
    TooLarge(Refusal),
    /// Something in this batch is wrong for it, and it has taken nothing of it.
    Refused(Refusal),
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For logs and reports: nothing from a body.
    pub status: String,
    /// For the catalogue: what the destination said, cut short.
    pub reason: String,
}

/// Why a destination takes nothing more in this run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// It could not be reached, or has no time: the next run tries again.
    #[error("{0}")]
    Unavailable(String),
    /// It refuses whatever is sent: its address, its key or its form is another.
    #[error("{}: it would refuse whatever is sent; check its URL and the secret (redirects are not followed)", .0.status)]
    Closed(Refusal),
}

/// A sink with a memory: what it has accepted stands in the catalogue, and it is sent what differs, at the end of a run.
///
/// A batch may come a second time, wholly or in part, when a run ended between sending and answer; what it says of a key
/// is what holds, and the deletion of a key that is not there is done.
pub trait Destination: Send + Sync {
    /// Its URL without secrets: under this name the catalogue remembers what it has.
    fn name(&self) -> &str;

    /// What it takes.
    fn takes(&self) -> Delivered {
        Delivered::Resources
    }

    /// How much it takes at once.
    fn limits(&self) -> BatchLimits;

    /// Sends a batch, as often as makes sense, and gives the answer.
    ///
    /// # Errors
    /// It takes nothing more in this run.
    fn send<'a>(&'a self, run_id: &'a str, changes: &'a [Change]) -> BoxFuture<'a, Result<Answer, DestinationError>>;
}
