//! The wish to stop: set once, by Ctrl-C or SIGTERM, and seen everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Shared by all parts of a run; clones are the same wish.
#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wanted: AtomicBool,
    changed: Notify,
}

impl Cancellation {
    /// From now on the run is to stop.
    pub fn cancel(&self) {
        self.0.wanted.store(true, Ordering::Relaxed);
        self.0.changed.notify_waiters();
    }

    /// Whether the run is to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.wanted.load(Ordering::Relaxed)
    }

    /// Waits until it is.
    pub async fn cancelled(&self) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Listening begins before looking, so that a wish in between is not missed.
            changed.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            changed.await;
        }
    }
}
