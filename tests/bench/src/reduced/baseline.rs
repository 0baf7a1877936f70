//! What the reduced form is held against.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::binary;

/// A figure may be worse by no more than this.
pub const WORSE_AT_MOST: f64 = 1.25;

/// What one case took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Calls to AWS.
    pub calls: f64,
    /// Processor time of the client for a resource, in thousandths of a yardstick.
    pub cpu_a_resource: f64,
    /// The most memory that was resident, in megabytes.
    pub peak_mb: f64,
}

/// The costs of all cases, by the profile that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Baseline {
    /// By profile (`debug`, `release`), then by case.
    pub profiles: BTreeMap<String, BTreeMap<String, Costs>>,
}

impl Baseline {
    /// The committed one; an empty one where there is none yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read() -> Result<Self> {
        let file = file();
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        serde_json::from_str(&text).with_context(|| file.display().to_string())
    }

    /// Writes it where the next run reads it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<()> {
        let file = file();
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(self)?))
            .with_context(|| file.display().to_string())
    }
}

fn file() -> PathBuf {
    binary::workspace().join("tests/bench/baseline.json")
}

/// Each figure of a case that is worse than the baseline by more than a quarter, in words.
pub fn worse(case: &str, known: &Costs, now: &Costs) -> Vec<String> {
    let figures = [
        ("calls", known.calls, now.calls),
        ("processor time a resource (thousandths of the yardstick)", known.cpu_a_resource, now.cpu_a_resource),
        ("peak memory (MB)", known.peak_mb, now.peak_mb),
    ];
    let worse = figures.into_iter().filter(|(_, known, now)| *now > known * WORSE_AT_MOST);
    worse
        .map(|(what, known, now)| {
            format!("{case}: {what}: {now:.2}, which is {:.2} times the {known:.2} of the baseline", now / known)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Costs = Costs { calls: 1_000.0, cpu_a_resource: 4.0, peak_mb: 80.0 };

    #[test]
    fn a_quarter_is_let_pass() {
        assert_eq!(worse("case", &KNOWN, &KNOWN), [""; 0]);
        assert_eq!(worse("case", &KNOWN, &Costs { calls: 1_250.0, cpu_a_resource: 5.0, peak_mb: 100.0 }), [""; 0]);
        assert_eq!(worse("case", &KNOWN, &Costs { calls: 1.0, cpu_a_resource: 0.1, peak_mb: 1.0 }), [""; 0]);
    }

    #[test]
    fn more_than_a_quarter_is_told_by_figure() {
        let told = |now: Costs| worse("case", &KNOWN, &now);
        let calls = told(Costs { calls: 1_251.0, ..KNOWN });
        assert_eq!(calls, ["case: calls: 1251.00, which is 1.25 times the 1000.00 of the baseline"]);
        assert!(matches!(&told(Costs { cpu_a_resource: 5.1, ..KNOWN })[..], [one] if one.contains("processor time")));
        assert!(matches!(&told(Costs { peak_mb: 101.0, ..KNOWN })[..], [one] if one.contains("peak memory")));
        assert_eq!(told(Costs { calls: 2e3, cpu_a_resource: 9.0, peak_mb: 200.0 }).len(), 3);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut made = Baseline::default();
        made.profiles.entry("debug".to_owned()).or_default().insert("case".to_owned(), KNOWN);
        let text = serde_json::to_string(&made).unwrap();
        assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), made);
    }

    #[test]
    fn the_committed_baseline_has_every_case() {
        let known = Baseline::read().unwrap();
        let known = known.profiles.get("debug").cloned().unwrap_or_default();
        let cases: Vec<&str> = crate::reduced::CASES.iter().map(|case| case.name).collect();
        assert_eq!(known.keys().map(String::as_str).collect::<Vec<_>>(), cases);
    }
}
