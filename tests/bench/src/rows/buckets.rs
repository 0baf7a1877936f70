//! AWS's token buckets: the large estate behind them, and a dense one in which they are what bounds the run.

use anyhow::Result;
use portolan_scripted_aws::Options;

use super::large;
use super::scripted::{Told, read_with, regional_kinds};
use crate::bench::Bench;
use crate::figure::Figure;

const WALL_RATIO: f64 = 1.2;
const THROTTLED_PERCENT: f64 = 2.0;
/// Of the dense estate: so many resources a unit that the detail calls of ten kinds empty their buckets.
const DENSE: (u32, u32, u32) = (6, 4, 400);

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let (accounts, regions, resources) = DENSE;
    let dense = Options { accounts, regions, resources, latency_ms: 20.0, buckets: true, ..Options::default() };
    let sparse = Options { buckets: true, ..large::options(bench.accounts) };
    // Half of what AWS publishes is left to others by default; what the buckets allow is the whole.
    let dense = read(bench, &dense, "1")?;
    dense.ran.tell("dense");
    let least = dense.used_in_buckets("least_seconds");
    let sparse = read(bench, &sparse, "1")?;
    sparse.ran.tell(&format!("{} accounts", bench.accounts));
    Ok(vec![
        Figure::seen("dense: calls", dense.ran.calls(), ""),
        Figure::seen("dense: least that the busiest bucket needs", least, "s"),
        Figure::seen("dense: wall clock", dense.ran.wall_s(), "s"),
        Figure::at_most(WALL_RATIO, "dense: wall clock ÷ that", dense.ran.wall_s() / least.max(1e-3), ""),
        Figure::at_most(THROTTLED_PERCENT, "dense: throttled answers", dense.throttled_share() * 100.0, "%"),
        Figure::seen("large: accounts", f64::from(bench.accounts), ""),
        Figure::seen("large: least that the busiest bucket needs", sparse.used_in_buckets("least_seconds"), "s"),
        Figure::at_most(WALL_RATIO, "large: wall clock ÷ (both processor times ÷ cores)", sparse.wall_ratio(bench), ""),
        Figure::at_most(THROTTLED_PERCENT, "large: throttled answers", sparse.throttled_share() * 100.0, "%"),
    ])
}

fn read(bench: &Bench, options: &Options, budget_share: &str) -> Result<Told> {
    read_with(bench, options, &regional_kinds(), &[], |sync| {
        sync.environment.push(("PORTOLAN__LIMITS__BUDGET_SHARE".to_owned(), budget_share.to_owned()));
        Ok(())
    })
}

impl Told {
    fn used_in_buckets(&self, member: &str) -> f64 {
        self.usage["buckets"][member].as_f64().unwrap_or(0.0)
    }
}
