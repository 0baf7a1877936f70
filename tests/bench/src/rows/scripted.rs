//! Runs against the scripted AWS.

use anyhow::{Result, ensure};
use portolan_scripted_aws::{Options, REGIONAL_KINDS, ScriptedAws, kinds};
use serde_json::Value;

use crate::bench::Bench;
use crate::figure::number;
use crate::sync::{Ran, Sync};

/// Of the kinds of regions, so many have all in their list; the others need detail calls.
pub const LISTED_KINDS: usize = 20;

/// The benchmark's 30 kinds, as `--kinds` takes them.
pub fn regional_kinds() -> String {
    named(REGIONAL_KINDS)
}

/// Those of which the list tells all.
pub fn listed_kinds() -> String {
    named(LISTED_KINDS)
}

fn named(count: usize) -> String {
    kinds().iter().take(count).map(|kind| kind.name).collect::<Vec<_>>().join(",")
}

/// A run, and what the scripted AWS says of it.
#[derive(Debug)]
pub struct Told {
    /// The run.
    pub ran: Ran,
    /// As `GET /__control/usage` gives it: its README.md has the members.
    pub usage: Value,
}

/// Starts a scripted AWS, reads it once into a new catalogue, and looks that all that it has was found.
///
/// # Errors
/// When the run does not read everything, finds anything else than there is, or asks for what AWS would not answer.
pub fn read(bench: &Bench, options: &Options, kinds: &str, more: &[&str]) -> Result<Told> {
    read_with(bench, options, kinds, more, |_| Ok(()))
}

/// The same, with something done to the run before: files, variables.
///
/// # Errors
/// As [`read`].
pub fn read_with(
    bench: &Bench,
    options: &Options,
    kinds: &str,
    more: &[&str],
    prepare: impl FnOnce(&mut Sync) -> Result<()>,
) -> Result<Told> {
    let aws = ScriptedAws::start(options)?;
    let mut sync = Sync::against(bench, &aws)?;
    prepare(&mut sync)?;
    let ran = sync.run(&aws.role(), kinds, more)?;
    let usage = aws.usage()?;
    let notes = usage["notes"].as_array().map_or(0, Vec::len);
    ensure!(notes == 0, "the scripted AWS was asked for what AWS would not answer: {}", usage["notes"]);
    let counted = aws.counted()?;
    let there: u64 = kinds.split(',').filter_map(|kind| counted["by_kind"][kind].as_u64()).sum();
    ensure!(ran.found() == there, "{} resources were found, {there} are there", ran.found());
    Ok(Told { ran, usage })
}

impl Told {
    /// A number of the usage.
    pub fn used(&self, member: &str) -> f64 {
        self.usage[member].as_f64().unwrap_or(0.0)
    }

    /// How often the wall clock is what the processor time of both, spread over all cores, comes to.
    pub fn wall_ratio(&self, bench: &Bench) -> f64 {
        let least = (self.ran.cpu_s() + self.used("cpu_s")) / f64::from(bench.cores());
        self.ran.wall_s() / least.max(1e-3)
    }

    /// The share of calls that were refused for their rate.
    pub fn throttled_share(&self) -> f64 {
        self.used("throttled") / self.used("total").max(1.0)
    }

    /// Resources for each call, on average.
    pub fn resources_a_call(&self) -> f64 {
        number(self.ran.found()) / self.ran.calls().max(1.0)
    }
}
