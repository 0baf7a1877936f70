//! What was tried, and how much of it.

use std::collections::BTreeMap;
use std::time::Duration;

/// What was tried.
#[derive(Debug, Default)]
pub struct Told {
    pub seeds: u64,
    pub runs: u64,
    pub stopped: u64,
    pub resumed: u64,
    pub calls: u64,
    pub deleted: u64,
    pub tripped: u64,
    pub faults: BTreeMap<&'static str, u64>,
    /// Of which the product's.
    pub product: Duration,
}

impl Told {
    pub fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.runs += other.runs;
        self.stopped += other.stopped;
        self.resumed += other.resumed;
        self.calls += other.calls;
        self.deleted += other.deleted;
        self.tripped += other.tripped;
        self.product += other.product;
        for (name, count) in other.faults {
            *self.faults.entry(name).or_default() += count;
        }
    }

    pub fn summary(&self, elapsed: Duration) -> String {
        let faults: u64 = self.faults.values().sum();
        let each: Vec<String> = self.faults.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let per_run = |time: Duration| time / u32::try_from(self.runs.max(1)).unwrap_or(u32::MAX);
        let (all, product) = (per_run(elapsed), per_run(self.product));
        format!(
            "{} runs of {} seeds, {} stopped or killed, {} resumed; {} calls, {} faults, {} rows left the catalogue, guards tripped \
             in {} runs; \
             {all:.1?} a run, {product:.1?} of them the product's\n  {}",
            self.runs,
            self.seeds,
            self.stopped,
            self.resumed,
            self.calls,
            faults,
            self.deleted,
            self.tripped,
            each.join(", ")
        )
    }
}
