use std::collections::BTreeMap;

use rusqlite::params;

use crate::outcome::Problem;
use crate::unit::UnitKey;

use super::{Catalogue, CatalogueError, moment, views};

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Kind → action → the properties that it fills (dotted paths), from the configuration's manifest.
pub type Fills = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What is known when a run begins.
#[derive(Debug, Clone, Default)]
pub struct RunStart {
    /// Its id.
    pub run_id: String,
    /// When it began.
    pub started: u64,
    /// `aws`, `aws-cn`, …: one run, one partition.
    pub partition: String,
    /// Of all that shapes a page or a cursor.
    pub fingerprint: String,
    /// The source identity's ARN.
    pub identity: Option<String>,
    /// To fill gaps with.
    pub fills: Fills,
}

/// Calls of one operation that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCount {
    /// `s3:ListBuckets`
    pub operation: String,
    /// `200`, `throttled`, `refused`, …
    pub result: String,
    /// How many.
    pub count: u64,
    /// How many were sent again.
    pub retries: u64,
    /// Bytes of their answers.
    pub bytes: u64,
}

pub(super) struct CurrentRun {
    pub(super) run_id: String,
    pub(super) started: u64,
    pub(super) partition: String,
    pub(super) fills: Fills,
}

impl Catalogue {
    /// Begins a run, or goes on with one of that id.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn begin_run(&mut self, start: &RunStart) -> Result<(), CatalogueError> {
        self.connection.execute(
            "INSERT INTO runs (run_id, started_at, partition, fingerprint, identity) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (run_id) DO UPDATE SET ended_at = NULL",
            params![start.run_id, moment::to_text(start.started), start.partition, start.fingerprint, start.identity],
        )?;
        self.run = Some(CurrentRun {
            run_id: start.run_id.clone(),
            started: start.started,
            partition: start.partition.clone(),
            fills: start.fills.clone(),
        });
        Ok(())
    }

    /// Stores problems that belong to no page: of discovery, of a plan, of an account's role.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn put_problems(
        &mut self,
        unit: Option<&UnitKey>,
        account: Option<&str>,
        problems: &[Problem],
        now: u64,
    ) -> Result<(), CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        let transaction = self.connection.transaction()?;
        insert_problems(&transaction, &run_id, unit, account, problems, now)?;
        Ok(transaction.commit()?)
    }

    /// Stores how often each operation was called, and with what result.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn put_calls(&mut self, calls: &[CallCount]) -> Result<(), CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO calls (run_id, operation, result, count, retries, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for call in calls {
                let (count, retries, bytes) = (sql(call.count), sql(call.retries), sql(call.bytes));
                insert.execute(params![run_id, call.operation, call.result, count, retries, bytes])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Ends the run: units that did not end become unknown, what each unit was is remembered, views are brought up to date.
    ///
    /// `summary` is JSON, for whoever reads the table `runs`.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn finish_run(&mut self, exit_status: i32, summary: &str, now: u64) -> Result<(), CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        let ended = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "UPDATE units SET membership = 'unknown', freshness = coalesce(freshness, 'fresh'), class = 'cancelled', ended_at = ?2
             WHERE run_id = ?1 AND membership IS NULL",
            params![run_id, ended],
        )?;
        transaction.execute(
            "INSERT INTO _unit_memory (kind, account_id, region, last_whole, ever_whole, run_id)
             SELECT kind, account_id, coalesce(region, ''), membership = 'whole', membership = 'whole', run_id
             FROM units WHERE run_id = ?1
             ON CONFLICT (kind, account_id, region) DO UPDATE SET last_whole = excluded.last_whole,
               ever_whole = max(ever_whole, excluded.ever_whole), run_id = excluded.run_id",
            params![run_id],
        )?;
        transaction.execute(
            "UPDATE runs SET ended_at = ?2, exit_status = ?3, summary = ?4 WHERE run_id = ?1",
            params![run_id, ended, exit_status, summary],
        )?;
        views::rebuild(&transaction, &self.properties)?;
        transaction.commit()?;
        self.run = None;
        // The statistics that the questions' plans need; cheap, and done only where tables grew.
        self.connection.execute_batch("PRAGMA optimize")?;
        Ok(())
    }

    /// Removes what was deleted more than `keep_days` ago and what every sink knows to be deleted, and the records of runs as old, the last run's excepted.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn purge(&mut self, keep_days: u32, now: u64) -> Result<u64, CatalogueError> {
        let before = moment::to_text(now.saturating_sub(u64::from(keep_days) * DAY_MS));
        let transaction = self.connection.transaction()?;
        // A sink that may still have it has yet to be told: that it is deleted, the row alone proves.
        let purged =
            "deleted_at < ?1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.resource_key = resources.resource_key)";
        transaction.execute(
            &format!(
                "DELETE FROM resource_tags WHERE resource_key IN (SELECT resource_key FROM resources WHERE {purged})"
            ),
            params![before],
        )?;
        let purged = transaction.execute(&format!("DELETE FROM resources WHERE {purged}"), params![before])?;
        transaction.execute(
            "DELETE FROM entities WHERE deleted_at < ?1
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.resource_key = entities.entity_key)",
            params![before],
        )?;
        transaction.execute("DELETE FROM sightings WHERE last_seen < ?1", params![before])?;
        transaction.execute("DELETE FROM types WHERE seen_at < ?1", params![before])?;
        let old = "run_id IN (SELECT run_id FROM runs WHERE started_at < ?1 AND run_id <> coalesce((SELECT run_id FROM last_run), ''))";
        for table in ["units", "problems", "calls", "deletions", "runs"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE {old}"), params![before])?;
        }
        transaction.commit()?;
        Ok(purged as u64)
    }
}

/// A count as SQLite's integer. Counts that do not fit are none that we could have counted to.
pub(super) fn sql(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn insert_problems(
    connection: &rusqlite::Connection,
    run_id: &str,
    unit: Option<&UnitKey>,
    account: Option<&str>,
    problems: &[Problem],
    now: u64,
) -> rusqlite::Result<()> {
    let at = moment::to_text(now);
    let mut insert = connection.prepare_cached(
        "INSERT INTO problems (run_id, kind, account_id, region, class, operation, code, message, request_id, subject, count, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for p in problems {
        let kind = unit.map(|u| u.kind.as_str());
        let account = unit.map(|u| u.account.as_str()).or(account);
        let region = p.region.as_deref().or_else(|| unit.and_then(|u| u.region.as_ref()).map(|r| r.as_str()));
        #[rustfmt::skip]
        insert.execute(params![
            run_id, kind, account, region, p.class.as_str(), p.operation, p.code, p.message, p.request_id, p.subject, p.count, at
        ])?;
    }
    Ok(())
}
