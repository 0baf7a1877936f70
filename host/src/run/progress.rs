//! What a run shows while it goes on: a line that redraws itself at a terminal, a log line now and then elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::aws::Calls;

/// Time between two log lines where stderr is not a terminal.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Counters of a run, moved on from many tasks.
#[derive(Debug)]
pub struct Progress {
    calls: Arc<Calls>,
    accounts: AtomicU64,
    accounts_planned: AtomicU64,
    units: AtomicU64,
    units_done: AtomicU64,
    resources: AtomicU64,
    steps: AtomicU64,
    bar: ProgressBar,
    started: Instant,
    logged: std::sync::Mutex<Instant>,
}

impl Progress {
    /// Shows a bar on stderr if `terminal`.
    #[must_use]
    pub fn new(calls: Arc<Calls>, terminal: bool) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(0),
            if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
        );
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} units · {msg} · {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let now = Instant::now();
        Self {
            calls,
            accounts: AtomicU64::new(0),
            accounts_planned: AtomicU64::new(0),
            units: AtomicU64::new(0),
            units_done: AtomicU64::new(0),
            resources: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            bar,
            started: now,
            logged: std::sync::Mutex::new(now),
        }
    }

    /// Another account is known.
    pub fn account(&self) {
        self.accounts.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    /// An account's units are known (none, where its role was refused).
    pub fn planned(&self, units: u64) {
        self.accounts_planned.fetch_add(1, Ordering::Relaxed);
        self.units.fetch_add(units, Ordering::Relaxed);
        self.show();
    }

    /// A page of resources came.
    pub fn page(&self, resources: u64) {
        self.resources.fetch_add(resources, Ordering::Relaxed);
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    /// A unit came to its end.
    pub fn unit_done(&self) {
        self.units_done.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.show();
    }

    /// Pages that came and units that ended: how much was done.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        if self.bar.is_hidden() {
            self.log();
            return;
        }
        self.bar.set_length(get(&self.units));
        self.bar.set_position(get(&self.units_done));
        self.bar.set_message(format!(
            "{}/{} accounts · {} resources · {} calls · {} throttles",
            get(&self.accounts_planned),
            get(&self.accounts),
            get(&self.resources),
            self.calls.total(),
            self.calls.throttled(),
        ));
    }

    fn log(&self) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        if self.due() {
            tracing::info!(
                accounts = get(&self.accounts),
                units_done = get(&self.units_done),
                units = get(&self.units),
                resources = get(&self.resources),
                calls = self.calls.total(),
                throttles = self.calls.throttled(),
                ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
                "in progress"
            );
        }
    }

    fn due(&self) -> bool {
        let Ok(mut logged) = self.logged.try_lock() else { return false };
        let due = logged.elapsed() >= LOG_EVERY;
        if due {
            *logged = Instant::now();
        }
        due
    }
}
