//! The rows: what is measured, and what it must reach.

mod buckets;
mod faults;
mod huge;
mod large;
mod peer;
pub mod per_call;
pub mod scripted;
mod start;
mod wasm_vs_native;

use anyhow::Result;

use crate::bench::Bench;
use crate::figure::Figure;

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// How it is asked for.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Measures it.
    pub measure: fn(&Bench) -> Result<Vec<Figure>>,
}

/// All rows, the short ones first.
pub const ROWS: &[Row] = &[
    Row { name: "start", about: "from the start of the process to its first call to AWS", measure: start::measure },
    Row {
        name: "per-call",
        about: "processor time for a call of 20 resources over TLS, with mappings, into SQLite",
        measure: per_call::measure,
    },
    Row {
        name: "wasm-vs-native",
        about: "the guest in WebAssembly against the same code natively",
        measure: wasm_vs_native::measure,
    },
    Row { name: "faults", about: "throttled, failing, reset and truncated answers", measure: faults::measure },
    Row { name: "huge-unit", about: "one unit of 200,000 resources", measure: huge::measure },
    Row { name: "peer", about: "6 accounts, 3 regions, 28 kinds and 1,734 resources in moto", measure: peer::measure },
    Row { name: "buckets", about: "the rates of AWS's token buckets", measure: buckets::measure },
    Row {
        name: "large",
        about: "17 regions and 30 kinds of many accounts, at 20 ms of latency",
        measure: large::measure,
    },
];
