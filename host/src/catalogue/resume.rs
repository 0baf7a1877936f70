//! What a run that was killed left behind: its units and where each stood.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use crate::outcome::{Problem, ProblemClass};
use crate::unit::UnitKey;

use super::units::region;
use super::{Catalogue, CatalogueError, PageCounts, moment};

/// The run that began last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestRun {
    /// Its id.
    pub run_id: String,
    /// When it began.
    pub started: u64,
    /// When it ended, UTC; none where it was killed.
    pub ended_at: Option<String>,
    /// Of all that shapes its pages and cursors.
    pub fingerprint: String,
}

impl Catalogue {
    /// The run that began last, if there was any.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn latest_run(&self) -> Result<Option<LatestRun>, CatalogueError> {
        let query =
            "SELECT run_id, started_at, ended_at, fingerprint FROM runs ORDER BY started_at DESC, rowid DESC LIMIT 1";
        let found = self.connection.query_row(query, [], |row| {
            let started: String = row.get(1)?;
            Ok(LatestRun {
                run_id: row.get(0)?,
                // A moment that cannot be read is long ago.
                started: moment::from_text(&started).unwrap_or(0),
                ended_at: row.get(2)?,
                fingerprint: row.get(3)?,
            })
        });
        Ok(found.optional()?)
    }

    /// Whether one of its runs began at this moment.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn began(&self, moment_ms: u64) -> Result<bool, CatalogueError> {
        let query = "SELECT EXISTS (SELECT 1 FROM runs WHERE started_at = ?1)";
        Ok(self.connection.query_row(query, params![moment::to_text(moment_ms)], |row| row.get(0))?)
    }

    /// The accounts of this run's listing, as it was before the run was killed: their ids and states. None where it was
    /// killed before.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn accounts_listed(&self) -> Result<BTreeSet<(String, String)>, CatalogueError> {
        let run_id = &self.current()?.run_id;
        let mut query = self.connection.prepare("SELECT account_id, state FROM accounts WHERE run_id = ?1")?;
        let rows = query.query_map(params![run_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What this run had found of each kind when it was killed.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn counts_so_far(&self) -> Result<Vec<(String, PageCounts)>, CatalogueError> {
        let run = self.current()?;
        let mut query = self.connection.prepare(
            "SELECT kind, sum(first_seen >= ?2), sum(first_seen < ?2 AND changed_at >= ?2), count(*) FROM resources
             WHERE run_id = ?1 AND deleted_at IS NULL GROUP BY kind",
        )?;
        let rows = query.query_map(params![run.run_id, moment::to_text(run.started)], |row| {
            let count = |column| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
            let (new, changed, all) = (count(1)?, count(2)?, count(3)?);
            let unchanged = all.saturating_sub(new + changed);
            Ok((row.get(0)?, PageCounts { new, changed, unchanged, ..PageCounts::default() }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The problems of a unit's pages so far.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn problems_of(&self, unit: &UnitKey) -> Result<Vec<Problem>, CatalogueError> {
        let run_id = &self.current()?.run_id;
        let mut query = self.connection.prepare_cached(
            "SELECT class, operation, region, code, message, request_id, subject, count FROM problems
             WHERE run_id = ?1 AND kind = ?2 AND account_id = ?3 AND (?4 = '' OR region = ?4) ORDER BY rowid",
        )?;
        let rows = query.query_map(params![run_id, unit.kind, unit.account.as_str(), region(unit)], |row| {
            let class: String = row.get(0)?;
            Ok(Problem {
                class: ProblemClass::parse(&class).unwrap_or(ProblemClass::BadCall),
                operation: row.get(1)?,
                region: row.get(2)?,
                code: row.get(3)?,
                message: row.get(4)?,
                request_id: row.get(5)?,
                subject: row.get(6)?,
                count: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets the problems of discovery and of roles, which a run that goes on finds again.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn forget_problems_of_accounts(&mut self) -> Result<(), CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        self.connection.execute("DELETE FROM problems WHERE run_id = ?1 AND kind IS NULL", params![run_id])?;
        Ok(())
    }
}
