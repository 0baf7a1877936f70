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
    /// It told the changes apart.
    Each {
        /// What became of each, in the batch's order.
        fates: Vec<Fate>,
        /// Set when it takes nothing more in this run, be it that some of this batch were done before.
        stopped: Option<DestinationError>,
    },
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Accepted,
    /// A deletion that is not ours to carry out any more: it is forgotten, and what is there stays.
    Released,
    /// Not now: it may be taken once others are there. It is sent again at the end of the run.
    Later(Refusal),
    /// Not as it is: it stays with the reason, and is sent again in the next run.
    Refused(Refusal),
    /// Nobody knows: the next run sends it again.
    Unknown,
}

/// How a run ended for a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It has all.
    Completed,
    /// It lacks something.
    Failed,
    /// The run was stopped.
    Aborted,
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

    /// A run begins, at this time in milliseconds since 1970.
    ///
    /// # Errors
    /// It takes nothing in this run.
    fn begin(&self, _started_ms: u64) -> BoxFuture<'_, Result<(), DestinationError>> {
        Box::pin(async { Ok(()) })
    }

    /// The run has ended, and with it what is sent.
    ///
    /// # Errors
    /// It does not know; what it has taken, it has.
    fn finish(&self, _ending: Ending) -> BoxFuture<'_, Result<(), DestinationError>> {
        Box::pin(async { Ok(()) })
    }
}
