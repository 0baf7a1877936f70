use std::collections::{BTreeMap, BTreeSet};

use portolan_names::{AccountId, Region};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::outcome::{Ended, Freshness, Membership, PagesSoFar, Problem, ProblemClass};
use crate::unit::UnitKey;

use super::run::{insert_problems, sql};
use super::{Catalogue, CatalogueError, moment};

/// Where a unit stands, as stored with its last page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitProgress {
    /// Pages stored so far.
    pub pages: u64,
    /// Where to go on; none before the first page and after the last.
    pub cursor: Option<String>,
    /// The conjunction over its pages.
    pub so_far: PagesSoFar,
    /// Whether it has ended.
    pub ended: bool,
}

/// How a unit came to its end.
#[derive(Debug, Clone)]
pub struct UnitEnd {
    /// At its end, or before, and why.
    pub ended: Ended,
    /// The problem that ended it before, if AWS or the guest named one.
    pub problem: Option<Problem>,
    /// Calls to AWS that it took.
    pub calls: u64,
}

/// What a unit proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitOutcome {
    /// About what exists.
    pub membership: Membership,
    /// About its properties.
    pub freshness: Freshness,
}

/// What a unit was before this run: whether its incompleteness is new (ruling 30).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    /// Whole when last read.
    pub last_whole: bool,
    /// Whole at least once.
    pub ever_whole: bool,
}

impl Catalogue {
    /// Begins a unit, or finds where it stood in this run.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn begin_unit(&mut self, unit: &UnitKey, now: u64) -> Result<UnitProgress, CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        Ok(progress(&self.connection, &run_id, unit, now)?)
    }

    /// Begins a unit again, since its cursor is no longer known: its pages so far prove nothing.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn restart_unit(&mut self, unit: &UnitKey) -> Result<(), CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        self.connection.execute(
            "UPDATE units SET _cursor = NULL, _progress = '{}', pages = 0, membership = NULL, freshness = NULL, class = NULL,
               code = NULL, message = NULL, ended_at = NULL
             WHERE run_id = ?1 AND kind = ?2 AND account_id = ?3 AND coalesce(region, '') = ?4",
            params![run_id, unit.kind, unit.account.as_str(), region(unit)],
        )?;
        Ok(())
    }

    /// Ends a unit, and says what its pages prove. A unit without any page is unknown, whatever `end` says.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn finish_unit(&mut self, unit: &UnitKey, end: &UnitEnd, now: u64) -> Result<UnitOutcome, CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        let savepoint = self.connection.savepoint()?;
        let progress = progress(&savepoint, &run_id, unit, now)?;
        let unread = progress.pages == 0 || progress.cursor.is_some();
        let ended = match end.ended {
            // The last page stored names another: the claim that this is the end is a mistake, and proves nothing.
            Ended::AtItsEnd if unread => Ended::Before(ProblemClass::BadCall),
            ended => ended,
        };
        let membership = progress.so_far.membership(ended);
        let freshness = progress.so_far.freshness();
        let class = match &membership {
            Membership::Unknown(class) => Some(*class),
            Membership::Partial(_) => progress.so_far.not_whole.or(match ended {
                Ended::Before(class) => Some(class),
                Ended::AtItsEnd => None,
            }),
            Membership::Whole => None,
        };
        if let Some(problem) = &end.problem {
            insert_problems(&savepoint, &run_id, Some(unit), None, std::slice::from_ref(problem), now)?;
        }
        let first = first_problem(&savepoint, &run_id, unit, class)?;
        savepoint
            .prepare_cached(
                "UPDATE units SET membership = ?5, freshness = ?6, class = ?7, code = ?8, message = ?9, calls = calls + ?10, ended_at = ?11
                 WHERE run_id = ?1 AND kind = ?2 AND account_id = ?3 AND coalesce(region, '') = ?4",
            )?
            .execute(params![
                run_id,
                unit.kind,
                unit.account.as_str(),
                region(unit),
                membership.as_str(),
                freshness.as_str(),
                class.map(ProblemClass::as_str),
                first.as_ref().map(|(code, _)| code),
                first.as_ref().map(|(_, message)| message),
                sql(end.calls),
                moment::to_text(now)
            ])?;
        savepoint.commit()?;
        Ok(UnitOutcome { membership, freshness })
    }

    /// What the units of this run that have ended prove.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn outcomes(&self) -> Result<BTreeMap<UnitKey, UnitOutcome>, CatalogueError> {
        let run_id = &self.current()?.run_id;
        let mut query = self.connection.prepare_cached(
            "SELECT kind, account_id, region, membership, class, _progress FROM units WHERE run_id = ?1 AND membership IS NOT NULL",
        )?;
        let rows = query
            .query_map(params![run_id], |row| Ok((unit_of(row.get(0)?, row.get(1)?, row.get(2)?), outcome(row, 3)?)))?;
        let mut outcomes = BTreeMap::new();
        for row in rows {
            if let (Some(unit), outcome) = row? {
                outcomes.insert(unit, outcome);
            }
        }
        Ok(outcomes)
    }

    /// The same of some of them: an estate has more than are worth holding at once.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn outcomes_of(&self, units: BTreeSet<UnitKey>) -> Result<BTreeMap<UnitKey, UnitOutcome>, CatalogueError> {
        let run_id = &self.current()?.run_id;
        let mut query = self.connection.prepare_cached(
            "SELECT membership, class, _progress FROM units
             WHERE run_id = ?1 AND kind = ?2 AND account_id = ?3 AND coalesce(region, '') = ?4 AND membership IS NOT NULL",
        )?;
        let mut outcomes = BTreeMap::new();
        for unit in units {
            let found = query
                .query_row(params![run_id, unit.kind, unit.account.as_str(), region(&unit)], |row| outcome(row, 0))
                .optional()?;
            outcomes.extend(found.map(|outcome| (unit, outcome)));
        }
        Ok(outcomes)
    }

    /// What each unit was before this run, given to `each` one by one, since there may be a million; call it before the run is
    /// finished.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn each_previous_unit(&self, mut each: impl FnMut(UnitKey, Before)) -> Result<(), CatalogueError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT kind, account_id, region, last_whole, ever_whole FROM _unit_memory")?;
        let rows = query.query_map([], |row| {
            let region: String = row.get(2)?;
            let region = if region.is_empty() { None } else { Some(region) };
            let before = Before { last_whole: row.get(3)?, ever_whole: row.get(4)? };
            Ok((unit_of(row.get(0)?, row.get(1)?, region), before))
        })?;
        for row in rows {
            if let (Some(unit), before) = row? {
                each(unit, before);
            }
        }
        Ok(())
    }
}

/// The region as the unique index has it.
pub(super) fn region(unit: &UnitKey) -> &str {
    unit.region.as_ref().map_or("", |region| region.as_str())
}

/// A unit from its columns; none where they hold no account or region, which only another hand can have written.
pub(super) fn unit_of(kind: String, account: String, region: Option<String>) -> Option<UnitKey> {
    let account = AccountId::parse(&account).ok()?;
    let region = region.map(|region| Region::parse(&region)).transpose().ok()?;
    Some(UnitKey { kind, account, region })
}

/// What a unit proves, from its columns `membership`, `class` and `_progress`, the first of which is at `index`.
fn outcome(row: &Row<'_>, index: usize) -> rusqlite::Result<UnitOutcome> {
    let membership: String = row.get(index)?;
    let class: Option<String> = row.get(index + 1)?;
    let so_far = read_progress(&row.get::<_, String>(index + 2)?);
    let class = class.as_deref().and_then(ProblemClass::parse).unwrap_or(ProblemClass::BadCall);
    let membership = match membership.as_str() {
        "whole" => Membership::Whole,
        "partial" => so_far.membership(Ended::Before(class)),
        _ => Membership::Unknown(class),
    };
    Ok(UnitOutcome { membership, freshness: so_far.freshness() })
}

fn read_progress(text: &str) -> PagesSoFar {
    // What cannot be read proves nothing.
    let unreadable = PagesSoFar { not_whole: Some(ProblemClass::BadCall), ..PagesSoFar::default() };
    if text == "{}" { PagesSoFar::default() } else { serde_json::from_str(text).unwrap_or(unreadable) }
}

fn begin(connection: &Connection, run_id: &str, unit: &UnitKey, now: u64) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO units (run_id, kind, account_id, region, started_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let region = unit.region.as_ref().map(|region| region.as_str());
    insert.execute(params![run_id, unit.kind, unit.account.as_str(), region, moment::to_text(now)])?;
    Ok(())
}

/// Where a unit stands; one that was not begun yet is begun now.
pub(super) fn progress(
    connection: &Connection,
    run_id: &str,
    unit: &UnitKey,
    now: u64,
) -> rusqlite::Result<UnitProgress> {
    let mut query = connection.prepare_cached(
        "SELECT pages, _cursor, _progress, membership IS NOT NULL FROM units
         WHERE run_id = ?1 AND kind = ?2 AND account_id = ?3 AND coalesce(region, '') = ?4",
    )?;
    let found = query.query_row(params![run_id, unit.kind, unit.account.as_str(), region(unit)], |row| {
        let so_far = read_progress(&row.get::<_, String>(2)?);
        let pages = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        Ok(UnitProgress { pages, cursor: row.get(1)?, so_far, ended: row.get(3)? })
    });
    match found.optional()? {
        Some(progress) => Ok(progress),
        None => begin(connection, run_id, unit, now).map(|()| UnitProgress::default()),
    }
}

/// AWS's own words about why a unit is not whole.
fn first_problem(
    connection: &Connection,
    run_id: &str,
    unit: &UnitKey,
    class: Option<ProblemClass>,
) -> rusqlite::Result<Option<(String, String)>> {
    let Some(class) = class else { return Ok(None) };
    let mut query = connection.prepare_cached(
        "SELECT code, message FROM problems WHERE run_id = ?1 AND class = ?2 AND kind = ?3 AND account_id = ?4
           AND (?5 = '' OR region = ?5) ORDER BY rowid LIMIT 1",
    )?;
    let found = query
        .query_row(params![run_id, class.as_str(), unit.kind, unit.account.as_str(), region(unit)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
    found.optional()
}
