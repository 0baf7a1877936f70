//! The reduced form: small cases whose costs are held against `baseline.json`.
//!
//! What is compared means the same on a busy machine as on a quiet one: calls, which do not depend on it; the most memory;
//! and processor time as a multiple of what a yardstick takes just before and after.

mod baseline;
mod yardstick;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use baseline::{Baseline, Costs};
use portolan_scripted_aws::Options;

use crate::bench::Bench;
use crate::figure::number;
use crate::machine;
use crate::rows::per_call::{default_mapping, through_jq};
use crate::rows::scripted::{listed_kinds, read_with, regional_kinds};

/// How often each case is read; the middle counts.
const TURNS: usize = 3;
/// How often a case that is worse is measured again, and the least counts: what others do on a machine makes a run costlier, and
/// what a change has cost, it costs each time.
const AGAIN: usize = 2;

/// A case: an estate, and how it is read.
pub struct Case {
    /// Its name in the baseline.
    pub name: &'static str,
    options: fn() -> Options,
    kinds: fn() -> String,
    mapping: Option<fn() -> Result<String>>,
}

/// In the order of their names.
pub const CASES: &[Case] = &[
    Case {
        name: "full pages, mapped by jq, over TLS",
        options: || Options { accounts: 4, regions: 3, resources: 20, tls: true, ..Options::default() },
        kinds: listed_kinds,
        mapping: Some(|| Ok(through_jq(&default_mapping()?))),
    },
    Case {
        name: "many small units",
        options: || Options { accounts: 10, regions: 5, resources: 2, ..Options::default() },
        kinds: regional_kinds,
        mapping: None,
    },
];

/// Measures all cases, and compares them with the baseline or writes it.
///
/// # Errors
/// When a case cannot be measured.
pub fn run(bench: &Bench, write: bool) -> Result<ExitCode> {
    let mut known = Baseline::read()?;
    let profile = known.profiles.entry(machine::profile()).or_default();
    let mut now = BTreeMap::new();
    for case in CASES {
        let mut costs = middle(&measure(bench, case)?);
        let is_worse =
            |costs: &Costs| profile.get(case.name).is_some_and(|known| !baseline::worse("", known, costs).is_empty());
        for _ in 0..AGAIN {
            if write || !is_worse(&costs) {
                break;
            }
            println!("{}: worse; measured again", case.name);
            costs = least(&[costs, middle(&measure(bench, case)?)]);
        }
        now.insert(case.name.to_owned(), costs);
    }
    println!("{:<36} {:>8} {:>16} {:>10}", "", "calls", "cpu a resource", "peak MB");
    for (case, costs) in &now {
        println!("{case:<36} {:>8.0} {:>16.3} {:>10.1}", costs.calls, costs.cpu_a_resource, costs.peak_mb);
    }
    if write {
        *profile = now;
        known.write()?;
        return Ok(ExitCode::SUCCESS);
    }
    let worse: Vec<String> = now
        .iter()
        .flat_map(|(case, costs)| match profile.get(case) {
            Some(known) => baseline::worse(case, known, costs),
            None => vec![format!("{case}: the baseline does not have it")],
        })
        .collect();
    if worse.is_empty() {
        println!("nothing is worse than the baseline by more than a quarter");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nworse than the baseline by more than a quarter:\n  {}", worse.join("\n  "));
    println!("Mend it, or, where that is the price of something, write the new baseline into the same commit:");
    println!("  cargo run --bin portolan-bench -- --reduced --write-baseline");
    Ok(ExitCode::FAILURE)
}

fn measure(bench: &Bench, case: &Case) -> Result<Vec<Costs>> {
    let mapping = case.mapping.map(|made| made()).transpose()?;
    let mut more = Vec::new();
    if mapping.is_some() {
        more.extend(["--mapping", "mapping.yml"]);
    }
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        let before = yardstick::seconds()?;
        let told = read_with(bench, &(case.options)(), &(case.kinds)(), &more, |sync| match &mapping {
            Some(mapping) => sync.write("mapping.yml", mapping),
            None => Ok(()),
        })?;
        let yardstick = before.min(yardstick::seconds()?);
        let cpu_a_resource = told.ran.cpu_s() / number(told.ran.found().max(1)) * 1e3 / yardstick;
        told.ran.tell(&format!("{}: {cpu_a_resource:.2} by a yardstick of {:.1} ms", case.name, yardstick * 1e3));
        turns.push(Costs { calls: told.ran.calls(), cpu_a_resource, peak_mb: told.ran.peak_mb() });
    }
    Ok(turns)
}

fn middle(turns: &[Costs]) -> Costs {
    let of = |figure: fn(&Costs) -> f64| {
        let mut figures: Vec<f64> = turns.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Costs {
        calls: of(|turn| turn.calls),
        cpu_a_resource: of(|turn| turn.cpu_a_resource),
        peak_mb: of(|turn| turn.peak_mb),
    }
}

fn least(turns: &[Costs]) -> Costs {
    let of = |figure: fn(&Costs) -> f64| turns.iter().map(figure).fold(f64::INFINITY, f64::min);
    Costs {
        calls: of(|turn| turn.calls),
        cpu_a_resource: of(|turn| turn.cpu_a_resource),
        peak_mb: of(|turn| turn.peak_mb),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_or_the_least_of_each_figure_counts() {
        let turns = [(3.0, 1.0), (9.0, 0.5), (1.0, 2.0)].map(|(calls, cpu_a_resource)| Costs {
            calls,
            cpu_a_resource,
            peak_mb: 7.0,
        });
        assert_eq!(middle(&turns), Costs { calls: 3.0, cpu_a_resource: 1.0, peak_mb: 7.0 });
        assert_eq!(least(&turns), Costs { calls: 1.0, cpu_a_resource: 0.5, peak_mb: 7.0 });
    }
}
