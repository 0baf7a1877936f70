use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Page, UnitEnd};
use crate::catalogue::{PageCounts, PageRecord, UnitOutcome};
use crate::outcome::Problem;
use crate::run::Cancellation;
use crate::sink::{self as inner, RunEnd, SinkError};
use crate::unit::UnitKey;

/// Any error, for what the library hands through.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A sink of your own: takes the pages of a [`Run`](crate::Run) as they are read.
///
/// Units are read side by side, so that pages of several may be given at once; within a unit they come one after the other,
/// and the next is not asked for before this one was taken: a slow sink slows the reading down and fills no memory.
///
/// One that fails is an error of the run ([`RunError::Sink`](crate::RunError::Sink)) and takes nothing more; where no other
/// sink is left, the run stops.
pub trait Sink: Send + Sync + 'static {
    /// What it is called in messages.
    fn name(&self) -> String;

    /// Takes a page.
    ///
    /// # Errors
    /// It did not take it.
    fn page(&self, page: &Page) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// A unit has come to its end, and all its pages were taken: this is what it proves.
    ///
    /// # Errors
    /// It did not take it.
    fn unit_ended(&self, _end: &UnitEnd) -> impl Future<Output = Result<(), BoxError>> + Send {
        async { Ok(()) }
    }
}

/// A sink that is asked for something after the run.
impl<S: Sink> Sink for Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn page(&self, page: &Page) -> impl Future<Output = Result<(), BoxError>> + Send {
        (**self).page(page)
    }

    fn unit_ended(&self, end: &UnitEnd) -> impl Future<Output = Result<(), BoxError>> + Send {
        (**self).unit_ended(end)
    }
}

/// A sink that did not take everything.
#[derive(Debug)]
#[non_exhaustive]
pub struct SinkFailure {
    /// Its name.
    pub sink: String,
    /// What it said.
    pub error: BoxError,
}

impl std::fmt::Display for SinkFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.sink, self.error)
    }
}

/// What a run's own sinks said against it.
#[derive(Clone)]
pub(super) struct Failures {
    failed: Arc<Mutex<Vec<SinkFailure>>>,
    /// Sinks that still take something.
    left: Arc<AtomicUsize>,
    cancelled: Cancellation,
}

impl Failures {
    pub(super) fn of(sinks: usize, cancelled: Cancellation) -> Self {
        Self { failed: Arc::default(), left: Arc::new(AtomicUsize::new(sinks)), cancelled }
    }

    /// All of them, once.
    pub(super) fn take(&self) -> Vec<SinkFailure> {
        self.failed.lock().map(|mut failed| std::mem::take(&mut *failed)).unwrap_or_default()
    }

    /// Notes what a sink says first; pages of several units may fail at once.
    fn note(&self, sink: &str, error: BoxError) -> SinkError {
        let text = error.to_string();
        if let Ok(mut failed) = self.failed.lock()
            && !failed.iter().any(|known| known.sink == sink)
        {
            failed.push(SinkFailure { sink: sink.to_owned(), error });
            if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
                self.cancelled.cancel();
            }
        }
        SinkError::Own(text)
    }
}

/// A sink that waits for its run.
pub(super) type Waiting = Box<dyn FnOnce(Failures) -> Box<dyn inner::Sink> + Send>;

/// `name` is this sink's alone: failures are told apart by it.
pub(super) fn waiting<S: Sink>(name: String, sink: S) -> Waiting {
    Box::new(move |failures| Box::new(Own { name, sink, failures }))
}

struct Own<S> {
    name: String,
    sink: S,
    failures: Failures,
}

impl<S: Sink> inner::Sink for Own<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn store(&self, page: Arc<PageRecord>) -> BoxFuture<'_, Result<Option<PageCounts>, SinkError>> {
        async move {
            let page = Page::new(page);
            let taken = self.sink.page(&page).await;
            taken.map(|()| None).map_err(|error| self.failures.note(&self.name, error))
        }
        .boxed()
    }

    fn proven<'a>(
        &'a self,
        unit: &'a UnitKey,
        outcome: &'a UnitOutcome,
        why: Option<&'a Problem>,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            let end = UnitEnd::new(unit, outcome.membership.clone(), outcome.freshness.clone(), why.cloned());
            self.sink.unit_ended(&end).await.map_err(|error| self.failures.note(&self.name, error))
        }
        .boxed()
    }

    fn finish(&self, _end: RunEnd) -> BoxFuture<'_, Result<(), SinkError>> {
        async { Ok(()) }.boxed()
    }
}
