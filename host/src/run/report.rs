//! What a run did, as JSON: complete enough for a monitor, without anything from bodies.
//!
//! All that differs between a run and its replay stands under `times`.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;

use super::deliver::Deliveries;
use super::missing::MissingStatement;
use super::scope::Scope;
use super::setup::SourceFacts;
use super::tally::{KindCounts, PlacedProblem, UnitCounts};
use crate::aws::{Counts, Widened};
use crate::catalogue::SettledEntities;
use crate::denials::DeniedScopes;
use crate::planned::Planned;

/// The form of the report.
pub const SCHEMA: &str = "report/1";

/// An account of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountReport {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, …
    pub state: String,
    /// `read`, `role-refused`, `resting`, `left-out`, `not-planned`.
    pub outcome: &'static str,
}

/// A guard that withheld deletions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrippedReport {
    /// Which guard, and over what.
    pub guard: String,
    /// How many would have gone.
    pub deletions: u64,
    /// Of how many.
    pub of: u64,
}

/// What passes between a run and its replay unequal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Times {
    /// When it began, UTC.
    pub started_at: String,
    /// When it ended, UTC.
    pub ended_at: String,
    /// From start to end.
    pub wall_ms: u64,
    /// Processor time.
    pub cpu_ms: Option<u64>,
    /// The most memory that was resident.
    pub peak_memory_bytes: Option<u64>,
}

/// What bounded the sessions of the roles, beside the roles themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionsReport {
    /// `exact`, `packed`, `managed-read-only`, `off`.
    pub setting: &'static str,
    /// Where AWS refused calls because of it, so that they went on under a wider policy.
    pub widened: Vec<Widened>,
}

/// Sums over all calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CallTotals {
    /// Requests sent, retries included.
    pub calls: u64,
    /// Of those, sent again.
    pub retries: u64,
    /// Throttled answers.
    pub throttled: u64,
    /// Bytes of bodies sent.
    pub bytes_sent: u64,
    /// Bytes of bodies received.
    pub bytes_received: u64,
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The form: `report/1`.
    pub schema: &'static str,
    /// The run's id.
    pub run_id: String,
    /// This program's version.
    pub version: &'static str,
    /// The component's digest.
    pub component: String,
    /// All that it imports: what it can reach of its host.
    pub component_imports: Vec<String>,
    /// The run's partition.
    pub partition: String,
    /// Who read.
    pub source: SourceFacts,
    /// The accounts.
    pub accounts: Vec<AccountReport>,
    /// Whether every part of the account listing succeeded.
    pub accounts_whole: bool,
    /// Units by membership and freshness.
    pub units: UnitCounts,
    /// Resources by kind.
    pub kinds: BTreeMap<String, KindCounts>,
    /// Scopes that did not complete.
    pub incomplete: Vec<Scope>,
    /// What service control policies close, and what knowing it spared.
    pub denied_scopes: DeniedScopes,
    /// Problems, the first some thousands.
    pub problems: Vec<PlacedProblem>,
    /// All problems.
    pub problems_total: u64,
    /// Statements that the roles' policies lack, by what was denied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_statements: Vec<MissingStatement>,
    /// Guards that tripped.
    pub tripped: Vec<TrippedReport>,
    /// What became of entities, where a mapping makes some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<SettledEntities>,
    /// Sinks that failed, with the reason.
    pub failed_sinks: BTreeMap<String, String>,
    /// Of `--plan`: what would change; nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Planned>,
    /// What each sink with a memory was sent.
    pub deliveries: Deliveries,
    /// AWS calls by `service:Operation`.
    pub calls: BTreeMap<String, Counts>,
    /// Their sums.
    pub call_totals: CallTotals,
    /// How sessions were bounded.
    pub session_policies: SessionsReport,
    /// Whether it was stopped.
    pub interrupted: bool,
    /// How it ended.
    pub exit_status: u8,
    /// When, how long, how much.
    pub times: Times,
}

impl CallTotals {
    /// Adds the counts up.
    #[must_use]
    pub fn of(calls: &BTreeMap<String, Counts>, throttled: u64) -> Self {
        let mut totals = Self { throttled, ..Self::default() };
        for counts in calls.values() {
            totals.calls += counts.calls;
            totals.retries += counts.retries;
            totals.bytes_sent += counts.bytes_sent;
            totals.bytes_received += counts.bytes_received;
        }
        totals
    }
}

impl Report {
    /// Writes it, readable by its owner alone, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")?;
        drop(out);
        std::fs::rename(&temporary, file)
    }
}
