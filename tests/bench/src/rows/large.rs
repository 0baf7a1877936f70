//! Many accounts at a realistic latency, and a tenth of them: processor time, wall clock, and whether memory grows.

use anyhow::Result;
use portolan_scripted_aws::Options;

use super::scripted::{read, regional_kinds};
use crate::bench::Bench;
use crate::figure::Figure;

/// What the figures must reach, in the order in which they are given.
const CPU_MS_A_CALL: f64 = 0.4;
const WALL_RATIO: f64 = 1.3;
const PEAK_MB: f64 = 400.0;
/// Ten times the resources in so many times the memory counts as flat: what grows with them would be near ten.
const FLAT: f64 = 1.25;

/// The estate of this many accounts: two resources a unit, so that most calls are small.
pub fn options(accounts: u32) -> Options {
    Options { accounts, regions: 17, resources: 2, latency_ms: 20.0, ..Options::default() }
}

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let tenth = read(bench, &options(bench.accounts.div_ceil(10)), &regional_kinds(), &[])?;
    tenth.ran.tell(&format!("{} accounts", bench.accounts.div_ceil(10)));
    let whole = read(bench, &options(bench.accounts), &regional_kinds(), &[])?;
    whole.ran.tell(&format!("{} accounts", bench.accounts));
    Ok(vec![
        Figure::seen("accounts", f64::from(bench.accounts), ""),
        Figure::seen("calls", whole.ran.calls(), ""),
        Figure::seen("resources a call", whole.resources_a_call(), ""),
        Figure::seen("wall clock", whole.ran.wall_s(), "s"),
        Figure::seen("calls in flight at most", whole.used("most_open_calls"), ""),
        Figure::seen("processor time of the scripted AWS, a call", whole.used("cpu_s") * 1e3 / whole.ran.calls(), "ms"),
        Figure::at_most(CPU_MS_A_CALL, "processor time a call", whole.ran.cpu_ms_a_call(), "ms"),
        Figure::at_most(WALL_RATIO, "wall clock ÷ (both processor times ÷ cores)", whole.wall_ratio(bench), ""),
        Figure::at_most(PEAK_MB, "peak memory", whole.ran.peak_mb(), "MB"),
        Figure::at_most(FLAT, "peak memory ÷ that of a tenth", whole.ran.peak_mb() / tenth.ran.peak_mb(), ""),
    ])
}
