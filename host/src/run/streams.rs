//! The sinks beside the catalogue. One that fails does not stop the others; the run says so at its end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::deliver::{Deliveries, DeliveryCounts, deliver};
use crate::cancellation::Cancellation;
use crate::catalogue::{Catalogue, PageRecord, UnitOutcome};
use crate::outcome::Problem;
use crate::sink::{Destination, Ending, RunEnd, Sink, Worker};
use crate::unit::UnitKey;

/// Sinks that take pages as they come, and those that are brought in step at the end.
pub(super) struct Streams {
    sinks: Vec<Box<dyn Sink>>,
    destinations: Vec<Box<dyn Destination>>,
    failed: Mutex<BTreeMap<String, String>>,
}

impl Streams {
    pub(super) fn new(sinks: Vec<Box<dyn Sink>>) -> Self {
        Self { sinks, destinations: Vec::new(), failed: Mutex::default() }
    }

    pub(super) fn with_destinations(self, destinations: Vec<Box<dyn Destination>>) -> Self {
        Self { destinations, ..self }
    }

    pub(super) fn and_sinks(mut self, sinks: Vec<Box<dyn Sink>>) -> Self {
        self.sinks.extend(sinks);
        self
    }

    pub(super) fn and_destination(mut self, destination: Box<dyn Destination>) -> Self {
        self.destinations.push(destination);
        self
    }

    /// Tells the sinks with a memory that the run begins, at this time in milliseconds since 1970.
    pub(super) async fn begin(&self, started_ms: u64) {
        for destination in self.destinations.iter().filter(|destination| !self.has_failed(destination.name())) {
            if let Err(error) = destination.begin(started_ms).await {
                self.fail(destination.name(), &error.to_string());
            }
        }
    }

    /// Gives a page to each sink that has not failed yet.
    pub(super) async fn page(&self, page: &Arc<PageRecord>) {
        for sink in &self.sinks {
            if !self.has_failed(sink.name())
                && let Err(error) = sink.store(Arc::clone(page)).await
            {
                self.fail(sink.name(), &error.to_string());
            }
        }
    }

    /// Tells each sink that has not failed what a unit proves.
    pub(super) async fn unit(&self, unit: &UnitKey, outcome: &UnitOutcome, why: Option<&Problem>) {
        for sink in &self.sinks {
            if !self.has_failed(sink.name())
                && let Err(error) = sink.proven(unit, outcome, why).await
            {
                self.fail(sink.name(), &error.to_string());
            }
        }
    }

    /// Ends all of them.
    pub(super) async fn finish(&self, end: &RunEnd) {
        for sink in &self.sinks {
            // A sink that has failed ends as one that was interrupted: what it wrote is not the whole.
            let end = RunEnd { interrupted: end.interrupted || self.has_failed(sink.name()), ..end.clone() };
            if let Err(error) = sink.finish(end).await {
                self.fail(sink.name(), &error.to_string());
            }
        }
    }

    /// Whether there are sinks with a memory: a run that is stopped before these are in step has not come to its end.
    pub(super) fn have_memory(&self) -> bool {
        !self.destinations.is_empty()
    }

    /// Brings the sinks with a memory in step with the catalogue, side by side. A run that was stopped leaves them as
    /// they are.
    pub(super) async fn bring_in_step(
        &self,
        store: &Worker<Catalogue>,
        run_id: &str,
        cancelled: &Cancellation,
    ) -> Deliveries {
        let takes = self.destinations.iter().filter(|destination| !self.has_failed(destination.name()));
        let delivering = takes.map(async |destination| {
            let name = destination.name();
            let (counts, failed) = if cancelled.is_cancelled() {
                (DeliveryCounts::default(), None)
            } else {
                deliver(destination.as_ref(), store, run_id, cancelled).await
            };
            let ending = match (&failed, cancelled.is_cancelled()) {
                (_, true) => Ending::Aborted,
                (Some(_), false) => Ending::Failed,
                (None, false) => Ending::Completed,
            };
            if let Err(error) = destination.finish(ending).await {
                tracing::warn!(sink = name, "{error}");
            }
            let DeliveryCounts { upserts, deletions, refused, released } = counts;
            if ending != Ending::Aborted || counts != DeliveryCounts::default() {
                tracing::info!(sink = name, upserts, deletions, refused, released, "delivered");
            }
            if let Some(why) = failed {
                tracing::error!(sink = name, "{why}; the next run sends what it lacks");
                self.note(name, &why);
            }
            (name.to_owned(), counts)
        });
        futures::future::join_all(delivering).await.into_iter().collect()
    }

    /// What failed, by the sink's URL.
    pub(super) fn failures(&self) -> BTreeMap<String, String> {
        self.failed.lock().map(|failed| failed.clone()).unwrap_or_default()
    }

    fn has_failed(&self, name: &str) -> bool {
        self.failed.lock().is_ok_and(|failed| failed.contains_key(name))
    }

    /// A sink takes nothing more.
    pub(super) fn fail(&self, name: &str, why: &str) {
        tracing::error!(sink = name, "{why}; this sink takes nothing more in this run");
        self.note(name, why);
    }

    fn note(&self, name: &str, why: &str) {
        if let Ok(mut failed) = self.failed.lock() {
            failed.entry(name.to_owned()).or_insert_with(|| why.to_owned());
        }
    }
}
