//! The whole, in simulated time: an organization that changes, an AWS that fails in every way that we know of, and the real
//! guest and the real scheduler between it and a catalogue.
//!
//! A seed makes an estate and some thirty runs over it. After each: what is in the catalogue is the truth, or lies in a scope
//! that the run called incomplete; nothing that is there is deleted. After two runs in which nothing went wrong the
//! catalogue is the truth. A mapping makes an entity of each resource, and what holds of resources holds of them. CONTRIBUTING.md says how to run more seeds and how to repeat one.

mod answers;
mod answers_in_xml;
mod aws;
mod dice;
mod estate;
mod faults;
mod identity;
mod mapping;
mod oracle;
mod organization;
mod sandbox;
mod sorts;
mod stored;
mod told;
mod wire;
mod world;

use std::time::Instant;

use sandbox::Sandbox;
use told::Told;
use world::World;

/// Seeds of each test run; `PORTOLAN_SIMULATION=N` for as many runs, at least, of other seeds.
const SEEDS: u64 = 12;
/// The first seed of the long form, so that it repeats nothing.
const LONG_FROM: u64 = 1_000;
/// Seeds after whose failure no more are tried.
const FAILED_MAX: usize = 5;
/// Seeds that found something, and what.
const FOUND: &[(u64, &str)] = &[
    (4, "what a listing hid and a reading found was seen now, and showed what it had been before"),
    (
        1105,
        "an account that left the organization stayed in the catalogue where the management account refused its role",
    ),
    (1127, "the same, and not even marked as missing"),
    (1002, "a run that was stopped, then one that could list no account: entities stayed behind their resources"),
];

/// Plays seeds until `enough` says so, and prints what was tried.
fn play(sandbox: &Sandbox, seeds: impl Iterator<Item = u64>, enough: impl Fn(u64) -> bool) {
    let begun = Instant::now();
    let mut told = Told::default();
    let (mut played, mut failed) = (Vec::new(), Vec::new());
    for seed in seeds {
        played.push(seed);
        match World::new(sandbox, seed).play() {
            Ok(more) => told.add(more),
            Err(why) => {
                println!("seed {seed} (repeat it with PORTOLAN_SIMULATION_SEED={seed}):\n{why}\n");
                failed.push(seed);
            }
        }
        if enough(told.runs) || failed.len() >= FAILED_MAX {
            break;
        }
    }
    let (first, last) = (played.first().unwrap(), played.last().unwrap());
    println!("seeds {first} to {last}: {}", told.summary(begun.elapsed()));
    assert!(failed.is_empty(), "what does not hold is told above, of the seeds {failed:?}");
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

#[test]
fn after_every_run_the_catalogue_is_the_truth_or_the_run_says_where_it_is_not() {
    let sandbox = Sandbox::new();
    if let Some(seed) = number("PORTOLAN_SIMULATION_SEED") {
        play(&sandbox, std::iter::once(seed), |_| false);
    } else if let Some(runs) = number("PORTOLAN_SIMULATION") {
        play(&sandbox, LONG_FROM.., |played| played >= runs);
    } else {
        play(&sandbox, 1..=SEEDS, |_| false);
    }
}

#[test]
fn what_was_found_once_is_not_found_again() {
    for (seed, what) in FOUND {
        println!("{seed}: {what}");
    }
    play(&Sandbox::new(), FOUND.iter().map(|(seed, _)| *seed), |_| false);
}
