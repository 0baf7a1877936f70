//! Where a run's resources go: the SQLite catalogue, NDJSON, webhooks, Port.
//!
//! A [`Sink`] gets pages as they are read, and at the end the plan of deletions that passed the guards. Each writes in a
//! thread of its own behind a bounded queue, so that a slow disk or a slow reader of a pipe slows the reading of AWS
//! down instead of filling the memory. A [`Destination`] gets, at the end of a run, what the catalogue has and it has not.

mod answers;
mod catalogue;
mod destination;
mod grouped;
mod ndjson;
pub mod port;
#[cfg(test)]
mod tests;
mod webhook;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::catalogue::{CatalogueError, PageCounts, PageRecord, RunStart, UnitEnd, UnitOutcome};
use crate::deletion::Plan;
use crate::outcome::Problem;
use crate::unit::UnitKey;

pub use catalogue::CatalogueSink;
pub use destination::{Answer, Destination, DestinationError, Ending, Fate, Refusal};
pub(crate) use grouped::Grouped;
pub use ndjson::NdjsonSink;
pub use port::{PortIntegration, PortSink};
pub use webhook::WebhookSink;
pub use worker::{QUEUE_JOBS_MAX, Worker, WorkerGone};

/// Where a sink writes, as parsed from its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkTarget {
    /// `sqlite:FILE`
    Sqlite(PathBuf),
    /// `ndjson:FILE`, `ndjson:-`
    Ndjson(NdjsonTarget),
}

/// Where NDJSON goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NdjsonTarget {
    /// `-`
    Stdout,
    /// A file, replaced when the run is done.
    File(PathBuf),
}

/// Why a sink did not take something: exit status 4, or 6 where another run holds the catalogue.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The catalogue refused.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A file or a stream refused.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// Its thread is gone.
    #[error(transparent)]
    Gone(#[from] WorkerGone),
    /// An embedder's own sink refused.
    #[error("{0}")]
    Own(String),
}

/// How a run ended, for its sinks.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// Whether it was stopped before its end: what it wrote is not the whole of what it set out to read.
    pub interrupted: bool,
    /// The exit status, as far as it is known before the sinks have ended.
    pub exit_status: i32,
    /// JSON about the run.
    pub summary: String,
    /// When.
    pub now: u64,
}

/// A destination of resources. Only `name`, `store` and `finish` have to be written; the rest is for sinks with a memory.
///
/// An error says that this sink did not take it; the others go on.
pub trait Sink: Send + Sync {
    /// Its URL, for messages.
    fn name(&self) -> &str;

    /// Takes a page. A sink that compares with what it has answers what was new and changed.
    ///
    /// # Errors
    /// It did not take the page, and has kept nothing of it.
    fn store(&self, page: Arc<PageRecord>) -> BoxFuture<'_, Result<Option<PageCounts>, SinkError>>;

    /// Ends: what was taken is safe when this returns.
    ///
    /// # Errors
    /// Something that was taken is not safe.
    fn finish(&self, end: RunEnd) -> BoxFuture<'_, Result<(), SinkError>>;

    /// A run begins.
    ///
    /// # Errors
    /// It cannot take anything.
    fn begin(&self, _start: RunStart) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async { Ok(()) })
    }

    /// A unit has come to its end.
    ///
    /// # Errors
    /// It did not take it.
    fn end_unit(&self, _unit: UnitKey, _end: UnitEnd, _now: u64) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async { Ok(()) })
    }

    /// A unit has come to its end, and this is what it proves; `why` says what made it incomplete.
    ///
    /// # Errors
    /// It did not take it.
    fn proven<'a>(
        &'a self,
        _unit: &'a UnitKey,
        _outcome: &'a UnitOutcome,
        _why: Option<&'a Problem>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async { Ok(()) })
    }

    /// Carries out deletions that are proven and that passed the guards.
    ///
    /// # Errors
    /// It did not; nothing of the plan was carried out.
    fn remove(&self, _plan: Arc<Plan>, _now: u64) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async { Ok(()) })
    }
}
