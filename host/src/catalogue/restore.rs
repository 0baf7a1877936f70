//! Deletions undone: rows are kept for a while after they went, and a run's record says which went with it.

use std::fmt;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Catalogue, CatalogueError, moment};
use crate::deletion::GuardSettings;

/// A run that deleted something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletingRun {
    /// Its id.
    pub run_id: String,
    /// When it began, UTC; none where the run's own row is gone.
    pub started_at: Option<String>,
    /// Kinds of which it deleted something.
    pub kinds: u64,
    /// What it deleted.
    pub deleted: u64,
    /// What of that was put back since.
    pub restored: u64,
}

/// A resource that a run deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedResource {
    /// Its kind.
    pub kind: String,
    /// Its account.
    pub account: String,
    /// Its region, if it has one.
    pub region: Option<String>,
    /// Its identity in its unit.
    pub id: String,
}

/// What became of a deletion that was to be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restoration {
    /// The resource is back, as it was last known.
    Back,
    /// It was put back before.
    BackAlready,
    /// A later run has seen it, or another thing of its name.
    SeenSince,
    /// It came back since, and a later run deleted it: that run's deletions can be undone.
    DeletedSince,
    /// Its row is no longer kept.
    NotKept,
}

impl fmt::Display for Restoration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Back => "back, as last known",
            Self::BackAlready => "put back before",
            Self::SeenSince => "not put back: a later run has seen it, or another of its name",
            Self::DeletedSince => "not put back: a later run deleted it again; restore that run",
            Self::NotKept => "not put back: deleted rows are kept for 30 days only",
        })
    }
}

/// Where nothing is deleted there is nothing to withhold.
const NEVER_TRIPS: GuardSettings = GuardSettings { at_least: u64::MAX, share: 1.0 };

impl Catalogue {
    /// The runs that deleted something, the newest first.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn deleting_runs(&self) -> Result<Vec<DeletingRun>, CatalogueError> {
        let mut query = self.connection.prepare(
            "SELECT d.run_id, r.started_at, count(DISTINCT d.kind), count(*), sum(d.outcome = 'restored'), max(d.at)
             FROM deletions d LEFT JOIN runs r USING (run_id) WHERE d.outcome IN ('deleted', 'restored')
             GROUP BY d.run_id ORDER BY coalesce(r.started_at, max(d.at)) DESC, r.rowid DESC",
        )?;
        let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or(0));
        let runs = query.query_map([], |row| {
            let started: Option<String> = row.get(1)?;
            Ok(DeletingRun {
                run_id: row.get(0)?,
                started_at: started,
                kinds: count(row, 2)?,
                deleted: count(row, 3)?,
                restored: count(row, 4)?,
            })
        })?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// Puts back what a run deleted, all of it or one kind, in one transaction; says of each what became of it.
    ///
    /// What comes back is as it was last known, and neither seen nor missing: until it is seen, two more runs have to agree
    /// that it is gone (see [`crate::deletion::Candidate::restored`]).
    ///
    /// # Errors
    /// [`CatalogueError::NothingToRestore`] where the run deleted nothing of the kind; the catalogue cannot be written,
    /// and nothing was put back.
    pub fn restore(
        &mut self,
        run_id: &str,
        kind: Option<&str>,
        now: u64,
    ) -> Result<Vec<(DeletedResource, Restoration)>, CatalogueError> {
        let now = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        let deletions = deletions(&transaction, run_id, kind)?;
        if deletions.is_empty() {
            let (run_id, kind) = (run_id.to_owned(), kind.map(str::to_owned));
            return Err(CatalogueError::NothingToRestore { run_id, kind });
        }
        let mut restored = Vec::new();
        for deletion in deletions {
            let became = put_back(&transaction, &deletion, &now)?;
            restored.push((deletion.resource, became));
        }
        // Their entities come back with them; no guard, as nothing goes.
        super::entities::settle(&transaction, run_id, NEVER_TRIPS, None, &now)?;
        transaction.commit()?;
        Ok(restored)
    }
}

struct Deletion {
    row: i64,
    key: String,
    at: String,
    undone: bool,
    resource: DeletedResource,
}

fn deletions(connection: &Transaction<'_>, run_id: &str, kind: Option<&str>) -> rusqlite::Result<Vec<Deletion>> {
    let mut query = connection.prepare(
        "SELECT rowid, resource_key, at, outcome = 'restored', kind, account_id, region, id FROM deletions
         WHERE run_id = ?1 AND outcome IN ('deleted', 'restored') AND (?2 IS NULL OR kind = ?2)
         ORDER BY kind, account_id, region, id",
    )?;
    let deletions = query.query_map(params![run_id, kind], |row| {
        let resource =
            DeletedResource { kind: row.get(4)?, account: row.get(5)?, region: row.get(6)?, id: row.get(7)? };
        Ok(Deletion { row: row.get(0)?, key: row.get(1)?, at: row.get(2)?, undone: row.get(3)?, resource })
    })?;
    deletions.collect()
}

fn put_back(connection: &Transaction<'_>, deletion: &Deletion, now: &str) -> rusqlite::Result<Restoration> {
    let deleted_at: Option<Option<String>> = connection
        .prepare_cached("SELECT deleted_at FROM resources WHERE resource_key = ?1")?
        .query_row(params![deletion.key], |row| row.get(0))
        .optional()?;
    match deleted_at {
        None => return Ok(Restoration::NotKept),
        Some(None) if deletion.undone => return Ok(Restoration::BackAlready),
        Some(None) => return Ok(Restoration::SeenSince),
        Some(Some(at)) if deletion.undone || at != deletion.at => return Ok(Restoration::DeletedSince),
        Some(Some(_)) => {}
    }
    // `last_seen` stays: nobody has seen it.
    connection
        .prepare_cached(
            "UPDATE resources SET deleted_at = NULL, missing_since = NULL, changed_at = ?2 WHERE resource_key = ?1",
        )?
        .execute(params![deletion.key, now])?;
    connection
        .prepare_cached("UPDATE deletions SET outcome = 'restored', at = ?2 WHERE rowid = ?1")?
        .execute(params![deletion.row, now])?;
    // An account that went with its rows is known again, so that the next run looks for it.
    connection
        .prepare_cached("UPDATE accounts SET retired_at = NULL WHERE account_id = ?1")?
        .execute(params![deletion.resource.account])?;
    Ok(Restoration::Back)
}
