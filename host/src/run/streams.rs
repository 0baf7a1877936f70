//! The sinks beside the catalogue. One that fails does not stop the others; the run says so at its end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::catalogue::PageRecord;
use crate::sink::{RunEnd, Sink};

/// Sinks that take pages as they come.
pub(super) struct Streams {
    sinks: Vec<Box<dyn Sink>>,
    failed: Mutex<BTreeMap<String, String>>,
}

impl Streams {
    pub(super) fn new(sinks: Vec<Box<dyn Sink>>) -> Self {
        Self { sinks, failed: Mutex::default() }
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

    /// What failed, by the sink's URL.
    pub(super) fn failures(&self) -> BTreeMap<String, String> {
        self.failed.lock().map(|failed| failed.clone()).unwrap_or_default()
    }

    fn has_failed(&self, name: &str) -> bool {
        self.failed.lock().is_ok_and(|failed| failed.contains_key(name))
    }

    fn fail(&self, name: &str, why: &str) {
        tracing::error!(sink = name, "{why}; this sink takes nothing more in this run");
        if let Ok(mut failed) = self.failed.lock() {
            failed.entry(name.to_owned()).or_insert_with(|| why.to_owned());
        }
    }
}
