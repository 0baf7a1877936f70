//! Entities that a destination says are ours and that the catalogue never sent: what is left there by a ledger that was lost, or
//! by the peer. They go only when two whole runs in a row have made nothing of that name.

use std::collections::BTreeSet;

use rusqlite::params;

use super::entities::{key, live};
use super::run::sql;
use super::{Catalogue, CatalogueError, moment};
use crate::deletion::GuardSettings;

/// What became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct AdoptedCounts {
    /// Seen to be made by nothing, in part for the first time; they stay.
    pub waiting: u64,
    /// To be deleted.
    pub gone: u64,
    /// To be deleted, and kept by the guard.
    pub withheld: u64,
}

impl Catalogue {
    /// Whether a destination was asked what of it is ours.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn has_adopted(&self, sink: &str) -> Result<bool, CatalogueError> {
        let query = "SELECT EXISTS (SELECT 1 FROM _meta WHERE name = 'adopted ' || ?1)";
        Ok(self.connection.query_row(query, params![sink], |row| row.get(0))?)
    }

    /// Remembers what a destination says is ours, as blueprint and identifier, where the catalogue does not know that it sent it.
    ///
    /// # Errors
    /// The catalogue cannot be written, and nothing was remembered.
    pub fn adopt(&mut self, sink: &str, owned: &BTreeSet<(String, String)>) -> Result<(), CatalogueError> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT OR IGNORE INTO _adopted (sink, entity_key, blueprint, identifier)
                 SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE sink = ?1 AND resource_key = ?2)",
            )?;
            for (blueprint, identifier) in owned {
                insert.execute(params![sink, key(blueprint, identifier), blueprint, identifier])?;
            }
            let mark = "INSERT OR REPLACE INTO _meta (name, value) VALUES ('adopted ' || ?1, '')";
            transaction.execute(mark, params![sink])?;
        }
        Ok(transaction.commit()?)
    }

    /// Decides about them at the end of a run. `whole` says that the run read all there is; what only the catalogue knows (a
    /// unit that is not whole, a mapping that failed) is looked up here. Without it, nothing follows.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written, and nothing was changed.
    pub fn judge_adopted(
        &mut self,
        whole: bool,
        guard: GuardSettings,
        released: Option<&str>,
        now: u64,
    ) -> Result<AdoptedCounts, CatalogueError> {
        let current = self.current()?;
        let (run_id, started) = (current.run_id.clone(), moment::to_text(current.started));
        let now = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "DELETE FROM _adopted WHERE EXISTS (
               SELECT 1 FROM entities e WHERE e.entity_key = _adopted.entity_key AND e.deleted_at IS NULL)",
            [],
        )?;
        let whole = whole
            && !transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM units WHERE run_id = ?1 AND coalesce(class, '') <> 'unavailable'
                    AND coalesce(membership, '') <> 'whole')
                  OR EXISTS (SELECT 1 FROM problems WHERE run_id = ?1 AND class = 'mapping')",
                params![run_id],
                |row| row.get::<_, bool>(0),
            )?;
        let count = |condition: &str| {
            let query = format!("SELECT count(*) FROM _adopted WHERE {condition}");
            transaction.query_row(&query, params![started], |row| row.get::<_, i64>(0))
        };
        let mut counts = AdoptedCounts::default();
        if whole {
            let twice = "missing_since < ?1";
            let going = u64::try_from(count(twice)?).unwrap_or(0);
            let all = live(&transaction)? + going;
            let is_released: bool = transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM _adopted WHERE withheld_by = ?1)",
                params![released],
                |row| row.get(0),
            )?;
            if guard.trips(going, all) && !is_released {
                let keep = "UPDATE _adopted SET withheld_by = ?2 WHERE missing_since < ?1";
                counts.withheld = transaction.execute(keep, params![started, run_id])? as u64;
            } else {
                // As entities that are gone: the destination is told as of any other.
                transaction.execute(
                    "INSERT OR IGNORE INTO entities (entity_key, blueprint, identifier, entity, resource_key, kind, account_id,
                       sources, first_seen, changed_at, deleted_at, run_id)
                     SELECT DISTINCT entity_key, blueprint, identifier, '{}', '', '', '', 0, missing_since, ?2, ?2, ?3
                     FROM _adopted WHERE missing_since < ?1",
                    params![started, now, run_id],
                )?;
                transaction.execute(
                    "INSERT OR IGNORE INTO deliveries (sink, resource_key, at, run_id)
                     SELECT sink, entity_key, ?2, ?3 FROM _adopted WHERE missing_since < ?1",
                    params![started, now, run_id],
                )?;
                let go = "DELETE FROM _adopted WHERE missing_since < ?1";
                counts.gone = transaction.execute(go, params![started])? as u64;
            }
            let mark = "UPDATE _adopted SET missing_since = ?1 WHERE missing_since IS NULL";
            transaction.execute(mark, params![now])?;
        }
        let left: i64 = transaction.query_row("SELECT count(*) FROM _adopted", [], |row| row.get(0))?;
        counts.waiting = u64::try_from(left.saturating_sub(sql(counts.withheld))).unwrap_or(0);
        transaction.commit()?;
        Ok(counts)
    }
}
