//! What the parts of a run share.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::clock::RunStart;
use super::kinds::Kinds;
use super::plan::RegionsSeen;
use super::progress::Progress;
use super::resume::Resumed;
use super::slow::Slow;
use super::streams::Streams;
use super::tally::Tally;
use crate::aws::Client;
use crate::cancellation::Cancellation;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::settings::Settings;
use crate::denials::Denials;
use crate::instance::Instances;
use crate::manifest::Manifest;
use crate::sink::{Grouped, Worker, WorkerGone};

/// A run, set up and ready to go.
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) start: RunStart,
    pub(super) partition: String,
    pub(super) instances: Instances,
    pub(super) client: Arc<Client>,
    pub(super) manifest: Manifest,
    pub(super) kinds: Kinds,
    pub(super) slow: Slow,
    pub(super) regions: RegionsSeen,
    pub(super) store: Arc<Worker<Catalogue>>,
    /// The same for what units write, many in one transaction.
    pub(super) writes: Grouped,
    /// Of all that shapes a page or a cursor.
    pub(super) fingerprint: String,
    /// The fingerprint of the mapping in force.
    pub(super) mapping: Option<String>,
    /// False where the only sinks are streams: then the catalogue lives in memory, without rows.
    pub(super) keeps_rows: bool,
    pub(super) streams: Streams,
    pub(super) progress: Progress,
    pub(super) tally: Tally,
    /// What service control policies close.
    pub(super) denials: Denials,
    pub(super) cancelled: Cancellation,
    /// What the run had done before it was killed, where it goes on after that.
    pub(super) resumed: Option<Resumed>,
    /// Where a plan is carried out, the keys of all that it deletes: the run deletes these or nothing.
    pub(super) agreed: Option<BTreeSet<String>>,
}

impl Context {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    pub(super) fn instances(&self) -> &Instances {
        &self.instances
    }
}

/// What ends a run, as opposed to a unit: its own memory does not work.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The catalogue cannot be read or written.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Its thread is gone.
    #[error(transparent)]
    Worker(#[from] WorkerGone),
    /// One that reads units panicked.
    #[error("a reader of units stopped: {0}. This is a mistake of ours; what was stored is whole")]
    Reader(String),
    /// What a plan's answers come to is not what the plan lists.
    #[error(
        "the plan lists {listed} deletions, and what it holds comes to {decided}, {other} of them others: nothing was \
         deleted; make the plan again"
    )]
    OtherDeletions {
        /// That the plan lists.
        listed: usize,
        /// That were decided.
        decided: usize,
        /// Of those, that it does not list.
        other: usize,
    },
}
