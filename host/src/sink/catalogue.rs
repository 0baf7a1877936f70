use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::catalogue::{Catalogue, PageCounts, PageRecord, RunStart, UnitEnd};
use crate::deletion::Plan;
use crate::unit::UnitKey;

use super::{RunEnd, Sink, SinkError, Worker};

/// The SQLite catalogue as a sink. It is the run's ledger too: [`CatalogueSink::catalogue`] asks it anything else.
pub struct CatalogueSink {
    name: String,
    catalogue: Arc<Worker<Catalogue>>,
}

impl CatalogueSink {
    /// Opens or makes the file, and holds it until all handles are dropped.
    ///
    /// # Errors
    /// [`crate::catalogue::CatalogueError::Locked`] while another run holds it; no access; no thread.
    pub fn open(path: &Path) -> Result<Self, SinkError> {
        Self::over(&format!("sqlite:{}", path.display()), Catalogue::open(path)?)
    }

    /// A ledger without a file, for runs whose only sinks are streams: it deletes nothing, as it remembers nothing.
    ///
    /// # Errors
    /// No memory; no thread.
    pub fn in_memory() -> Result<Self, SinkError> {
        Self::over("sqlite::memory:", Catalogue::in_memory()?)
    }

    fn over(name: &str, catalogue: Catalogue) -> Result<Self, SinkError> {
        let worker =
            Worker::start(name, catalogue).map_err(|source| SinkError::Io { what: name.to_owned(), source })?;
        Ok(Self { name: name.to_owned(), catalogue: Arc::new(worker) })
    }

    /// The catalogue itself, in its thread.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Worker<Catalogue>> {
        &self.catalogue
    }
}

impl Sink for CatalogueSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn begin(&self, start: RunStart) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async { Ok(self.catalogue.with(move |catalogue| catalogue.begin_run(&start)).await??) })
    }

    fn store(&self, page: Arc<PageRecord>) -> BoxFuture<'_, Result<Option<PageCounts>, SinkError>> {
        Box::pin(async { Ok(Some(self.catalogue.with(move |catalogue| catalogue.store_page(&page)).await??)) })
    }

    fn end_unit(&self, unit: UnitKey, end: UnitEnd, now: u64) -> BoxFuture<'_, Result<(), SinkError>> {
        let end = move |catalogue: &mut Catalogue| catalogue.finish_unit(&unit, &end, now).map(drop);
        Box::pin(async { Ok(self.catalogue.with(end).await??) })
    }

    fn remove(&self, plan: Arc<Plan>, now: u64) -> BoxFuture<'_, Result<(), SinkError>> {
        let apply = move |catalogue: &mut Catalogue| catalogue.apply(&plan, now).map(drop);
        Box::pin(async { Ok(self.catalogue.with(apply).await??) })
    }

    fn finish(&self, end: RunEnd) -> BoxFuture<'_, Result<(), SinkError>> {
        let finish = move |catalogue: &mut Catalogue| catalogue.finish_run(end.exit_status, &end.summary, end.now);
        Box::pin(async { Ok(self.catalogue.with(finish).await??) })
    }
}
