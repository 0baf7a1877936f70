//! Measures `portolan` as a process: processor time by `wait4`, memory by what the system says was resident at most, calls by the
//! run's own report, against servers that it starts and stops itself. docs/performance.md says what the figures are.
//!
//! `--reduced` is for CI: small cases, held against `baseline.json`.

#![allow(clippy::indexing_slicing, reason = "JSON alone is indexed: what is missing there is null")]

mod bench;
mod binary;
mod child;
mod figure;
mod listener;
mod machine;
mod reduced;
mod rows;
mod scratch;
mod sync;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bench::Bench;
use clap::Parser;
use rows::{ROWS, Row};

/// Measures portolan against a scripted AWS and moto, row by row, and says what must be reached
#[derive(Debug, Parser)]
#[command(name = "portolan-bench", max_term_width = 120)]
struct Arguments {
    /// Which rows; all without any
    #[arg(value_name = "ROW")]
    rows: Vec<String>,
    /// Accounts of the rows `large` and `buckets`; `large` takes a tenth of them as well
    #[arg(long, value_name = "N", default_value_t = 100)]
    accounts: u32,
    /// The whole of `large` and `buckets`: 1,000 accounts
    #[arg(long, conflicts_with = "accounts")]
    full: bool,
    /// This portolan, instead of the one of this profile, which is brought up to date first
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Write the figures there as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Say which rows there are
    #[arg(long)]
    list: bool,
    /// Small cases, held against the baseline: fails when one is worse by more than a quarter
    #[arg(long, conflicts_with_all = ["rows", "full", "json", "list"])]
    reduced: bool,
    /// What `--reduced` measures becomes the baseline
    #[arg(long, requires = "reduced")]
    write_baseline: bool,
}

/// The accounts of the whole.
const FULL_ACCOUNTS: u32 = 1_000;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portolan-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: &Arguments) -> Result<ExitCode> {
    if asked.list {
        for row in ROWS {
            println!("{:<16} {}", row.name, row.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = chosen(&asked.rows)?;
    let accounts = if asked.full { FULL_ACCOUNTS } else { asked.accounts };
    let bench = Bench::new(asked.binary.clone(), accounts)?;
    if asked.reduced {
        return reduced::run(&bench, asked.write_baseline);
    }
    let facts = machine::facts(&bench);
    let mut measured = Vec::new();
    for row in chosen {
        eprintln!("{}: {}", row.name, row.about);
        // One row that cannot be measured is said so, and the others are measured all the same.
        let figures = (row.measure)(&bench);
        if let Err(error) = &figures {
            eprintln!("  not measured: {error:#}");
        }
        measured.push((row, figures));
    }
    table::print(&facts, &measured);
    if let Some(file) = &asked.json {
        std::fs::write(file, table::json(&facts, &measured)).with_context(|| file.display().to_string())?;
    }
    Ok(if measured.iter().all(|(_, figures)| figures.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> Result<Vec<&'static Row>> {
    if names.is_empty() {
        return Ok(ROWS.iter().collect());
    }
    let known = |name: &String| match ROWS.iter().find(|row| row.name == name) {
        Some(row) => Ok(row),
        None => bail!("no row {name}; `--list` says which there are"),
    };
    names.iter().map(known).collect()
}
