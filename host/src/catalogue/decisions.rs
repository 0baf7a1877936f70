use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::deletion::{Candidate, Owned, Plan};
use crate::unit::ParentChain;

use super::units::unit_of;
use super::{Catalogue, CatalogueError, moment};

/// What carrying out a plan did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that went.
    pub deleted: u64,
    /// Rows newly marked as missing.
    pub marked: u64,
    /// Deletions that a guard withheld.
    pub withheld: u64,
}

impl Catalogue {
    /// The resources that were there before and that this run did not see, as far as anything could speak against them:
    /// those of units whose membership is whole or partial, and those whose unit this run does not have at all.
    ///
    /// A shared resource that some account still sees is first given to the lowest of these, and is none of them.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn candidates(&mut self) -> Result<Vec<Candidate>, CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        self.connection.execute(
            "UPDATE resources SET run_id = s.run_id, last_seen = s.last_seen, missing_since = NULL, account_id = s.account_id
             FROM (SELECT resource_key, min(account_id) AS account_id, max(last_seen) AS last_seen, run_id
                   FROM sightings WHERE run_id = ?1 GROUP BY resource_key) s
             WHERE resources.resource_key = s.resource_key AND resources.run_id <> ?1 AND resources.deleted_at IS NULL",
            params![run_id],
        )?;
        let mut query = self.connection.prepare_cached(
            "SELECT r.resource_key, r.kind, r.account_id, r.scope_region, r.id, r.parent_key, r.missing_since,
               b.at IS NOT NULL
             FROM resources r
             LEFT JOIN (SELECT resource_key, max(at) AS at FROM deletions WHERE outcome = 'restored' GROUP BY resource_key) b
               ON b.resource_key = r.resource_key AND b.at > r.last_seen
             LEFT JOIN units u ON u.run_id = ?1 AND u.kind = r.kind AND u.account_id = r.account_id
               AND coalesce(u.region, '') = coalesce(r.scope_region, '')
             WHERE r.deleted_at IS NULL AND r.run_id <> ?1
               AND (u.run_id IS NULL OR u.membership IN ('whole', 'partial'))
             ORDER BY r.kind, r.account_id, r.scope_region, r.id",
        )?;
        let rows = query.query_map(params![run_id], |row| {
            let parents: Option<String> = row.get(5)?;
            let missing_since: Option<String> = row.get(6)?;
            let Some(unit) = unit_of(row.get(1)?, row.get(2)?, row.get(3)?) else { return Ok(None) };
            let Some(parents) = parents.map_or(Some(ParentChain::default()), |text| ParentChain::from_json(&text))
            else {
                return Ok(None);
            };
            let missing_since = missing_since.as_deref().and_then(moment::from_text);
            let (key, id, restored) = (row.get(0)?, row.get(4)?, row.get(7)?);
            Ok(Some(Candidate { key, unit, id, parents, missing_since, claimed: false, restored }))
        })?;
        Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    /// What was owned before this run, for the guards' shares.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn owned(&self) -> Result<Owned, CatalogueError> {
        let before = moment::to_text(self.current()?.started);
        let mut query = self.connection.prepare_cached(
            "SELECT kind, account_id, scope_region, count(*) FROM resources
             WHERE deleted_at IS NULL AND first_seen < ?1 GROUP BY kind, account_id, scope_region",
        )?;
        let rows = query.query_map(params![before], |row| {
            Ok((unit_of(row.get(0)?, row.get(1)?, row.get(2)?), row.get::<_, i64>(3)?))
        })?;
        let mut owned = Owned::default();
        for row in rows {
            if let (Some(unit), count) = row? {
                owned.by_unit.insert(unit, u64::try_from(count).unwrap_or(0));
            }
        }
        Ok(owned)
    }

    /// The keys that run `run_id` withheld, for `--allow-mass-delete`.
    ///
    /// # Errors
    /// [`CatalogueError::NoSuchPlan`] if there are none; the catalogue cannot be read.
    pub fn withheld_by(&self, run_id: &str) -> Result<BTreeSet<String>, CatalogueError> {
        let mut query =
            self.connection.prepare("SELECT resource_key FROM deletions WHERE run_id = ?1 AND outcome = 'withheld'")?;
        let keys: BTreeSet<String> = query.query_map(params![run_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        if keys.is_empty() && !self.withheld_entities(run_id)? {
            Err(CatalogueError::NoSuchPlan { run_id: run_id.to_owned() })
        } else {
            Ok(keys)
        }
    }

    /// Carries out a plan, in one transaction: what goes gets its time and a record with its proof, what is missing its
    /// mark. A row that was seen meanwhile is left alone.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written, and nothing was applied.
    pub fn apply(&mut self, plan: &Plan, now: u64) -> Result<Applied, CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        let now = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        let mut applied = Applied::default();
        // A run that was killed here and goes on decides again; what it withheld is not to be listed twice.
        transaction.execute("DELETE FROM deletions WHERE run_id = ?1 AND outcome = 'withheld'", params![run_id])?;
        {
            let mut delete = transaction.prepare_cached(
                "UPDATE resources SET deleted_at = ?2, missing_since = coalesce(missing_since, ?2)
                 WHERE resource_key = ?1 AND deleted_at IS NULL AND run_id <> ?3",
            )?;
            for removal in plan.removals() {
                if delete.execute(params![removal.candidate.key, now, run_id])? > 0 {
                    record(&transaction, &run_id, &removal.candidate, removal.proof.grounds().as_str(), None, &now)?;
                    applied.deleted += 1;
                }
            }
            for withheld in plan.withheld() {
                let guard = withheld.guard.to_string();
                record(
                    &transaction,
                    &run_id,
                    &withheld.candidate,
                    withheld.proof.grounds().as_str(),
                    Some(&guard),
                    &now,
                )?;
                applied.withheld += 1;
            }
            let mut mark = transaction.prepare_cached(
                "UPDATE resources SET missing_since = ?2
                 WHERE resource_key = ?1 AND missing_since IS NULL AND deleted_at IS NULL AND run_id <> ?3",
            )?;
            for candidate in plan.missing() {
                applied.marked += mark.execute(params![candidate.key, now, run_id])? as u64;
            }
            let mut there = transaction.prepare_cached(
                "UPDATE resources SET missing_since = NULL, last_seen = ?2, run_id = ?3 WHERE resource_key = ?1",
            )?;
            for candidate in plan.there() {
                there.execute(params![candidate.key, now, run_id])?;
            }
        }
        transaction.commit()?;
        Ok(applied)
    }
}

fn record(
    connection: &Connection,
    run_id: &str,
    candidate: &Candidate,
    grounds: &str,
    guard: Option<&str>,
    now: &str,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO deletions (run_id, resource_key, kind, account_id, region, id, grounds, outcome, guard, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let unit = &candidate.unit;
    let region = unit.region.as_ref().map(|region| region.as_str());
    let outcome = if guard.is_some() { "withheld" } else { "deleted" };
    #[rustfmt::skip]
    insert.execute(params![
        run_id, candidate.key, unit.kind, unit.account.as_str(), region, candidate.id, grounds, outcome, guard, now
    ])?;
    Ok(())
}
