//! Entities: brought in step with what the mapping made of the resources that are there, once, at the end of a run.
//!
//! An entity that no resource makes any more goes. Where its resources are all gone, their own deletion was proven and
//! passed the guards; where they are there and make it no longer, the mapping is another, and a guard of its own counts.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value, json};

use super::adopted::AdoptedCounts;
use super::run::sql;
use super::{Catalogue, CatalogueError, moment};
use crate::deletion::GuardSettings;

/// What a run did to entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct EntityChanges {
    /// There now.
    pub total: u64,
    /// Not there before.
    pub new: u64,
    /// There before, and different.
    pub changed: u64,
    /// Made by nothing any more.
    pub gone: u64,
    /// Made by nothing any more, and kept by the guard.
    pub withheld: u64,
}

/// Entities that several lines of the mapping make; the first writes each.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Collision {
    /// How many entities.
    pub entities: u64,
    /// The blueprint of one.
    pub blueprint: String,
    /// Its identifier.
    pub identifier: String,
    /// How many lines make it.
    pub sources: u64,
}

/// Entities in step with the resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SettledEntities {
    /// What changed.
    #[serde(flatten)]
    pub changes: EntityChanges,
    /// Entities made more than once, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collision: Option<Collision>,
    /// What destinations say is ours and nothing here made.
    pub adopted: AdoptedCounts,
}

/// What makes an entity now, the first of several.
struct Source {
    entity: String,
    resource_key: String,
    kind: String,
    account: String,
    region: Option<String>,
    count: u64,
}

/// An entity that nothing makes any more.
struct Doomed {
    blueprint: String,
    identifier: String,
    /// Whether resources that made it are there still, or never were: not their deletion takes it away, but the mapping.
    by_mapping: bool,
    withheld_by: Option<String>,
}

impl Catalogue {
    /// Brings the entities in step with what was made of the resources, in one transaction. `released` is the run whose
    /// withheld entities may go.
    ///
    /// # Errors
    /// The catalogue cannot be written, and nothing was changed.
    pub fn settle_entities(
        &mut self,
        run_id: &str,
        guard: GuardSettings,
        released: Option<&str>,
        now: u64,
    ) -> Result<SettledEntities, CatalogueError> {
        let transaction = self.connection.transaction()?;
        let settled = settle(&transaction, run_id, guard, released, &moment::to_text(now))?;
        transaction.commit()?;
        Ok(settled)
    }

    /// Whether a run withheld the deletion of entities.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn withheld_entities(&self, run_id: &str) -> Result<bool, CatalogueError> {
        let query = "SELECT EXISTS (SELECT 1 FROM entities WHERE withheld_by = ?1 AND deleted_at IS NULL)
            OR EXISTS (SELECT 1 FROM _adopted WHERE withheld_by = ?1)";
        Ok(self.connection.query_row(query, params![run_id], |row| row.get(0))?)
    }
}

pub(super) fn settle(
    transaction: &Transaction<'_>,
    run_id: &str,
    guard: GuardSettings,
    released: Option<&str>,
    now: &str,
) -> rusqlite::Result<SettledEntities> {
    let before = live(transaction)?;
    let mut changes = EntityChanges::default();
    let mut doomed = Vec::new();
    let mut touched = transaction.prepare("SELECT blueprint, identifier FROM _entities_touched")?;
    let mut rows = touched.query([])?;
    while let Some(row) = rows.next()? {
        let (blueprint, identifier): (String, String) = (row.get(0)?, row.get(1)?);
        match source(transaction, &blueprint, &identifier)? {
            Some(source) => {
                let entity = Entity { blueprint: &blueprint, identifier: &identifier, source: &source };
                match entity.put(transaction, run_id, now)? {
                    Put::New => changes.new += 1,
                    Put::Changed => changes.changed += 1,
                    Put::Same => {}
                }
            }
            None => doomed.extend(is_there(transaction, blueprint, identifier)?),
        }
    }
    let by_mapping = doomed.iter().filter(|doomed| doomed.by_mapping).count() as u64;
    let withholds = guard.trips(by_mapping, before);
    transaction.execute("DELETE FROM _entities_touched", [])?;
    for doomed in doomed {
        let is_released = doomed.withheld_by.is_some() && doomed.withheld_by.as_deref() == released;
        if doomed.by_mapping && withholds && !is_released {
            doomed.withhold(transaction, run_id)?;
            changes.withheld += 1;
        } else {
            doomed.delete(transaction, run_id, now)?;
            changes.gone += 1;
        }
    }
    changes.total = live(transaction)?;
    Ok(SettledEntities { changes, collision: collision(transaction)?, adopted: AdoptedCounts::default() })
}

pub(super) fn live(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM entities WHERE deleted_at IS NULL", [], |row| count(row, 0))
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

pub(super) fn key(blueprint: &str, identifier: &str) -> String {
    json!([blueprint, identifier]).to_string()
}

fn source(connection: &Connection, blueprint: &str, identifier: &str) -> rusqlite::Result<Option<Source>> {
    let mut query = connection.prepare_cached(
        "SELECT s.entity, s.resource_key, r.kind, r.account_id, r.region, count(*) OVER ()
         FROM _entity_sources s JOIN resources r ON r.resource_key = s.resource_key AND r.deleted_at IS NULL
         WHERE s.blueprint = ?1 AND s.identifier = ?2 ORDER BY s.mapping, s.unit, s.resource_key, s.line LIMIT 1",
    )?;
    let found = query.query_row(params![blueprint, identifier], |row| {
        Ok(Source {
            entity: row.get(0)?,
            resource_key: row.get(1)?,
            kind: row.get(2)?,
            account: row.get(3)?,
            region: row.get(4)?,
            count: count(row, 5)?,
        })
    });
    found.optional()
}

fn is_there(connection: &Connection, blueprint: String, identifier: String) -> rusqlite::Result<Option<Doomed>> {
    let mut query = connection.prepare_cached(
        "SELECT withheld_by, NOT EXISTS (SELECT 1 FROM _entity_sources s WHERE s.blueprint = ?1 AND s.identifier = ?2)
         FROM entities WHERE blueprint = ?1 AND identifier = ?2 AND deleted_at IS NULL",
    )?;
    let found = query.query_row(params![blueprint, identifier], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(withheld_by, by_mapping)| Doomed { blueprint, identifier, by_mapping, withheld_by }))
}

impl Doomed {
    fn delete(&self, connection: &Connection, run_id: &str, now: &str) -> rusqlite::Result<()> {
        let key = key(&self.blueprint, &self.identifier);
        connection
            .prepare_cached(
                "UPDATE entities SET deleted_at = ?2, withheld_by = NULL, sources = 0, run_id = ?3 WHERE entity_key = ?1",
            )?
            .execute(params![key, now, run_id])?;
        connection.prepare_cached("DELETE FROM relations WHERE from_key = ?1")?.execute(params![key])?;
        Ok(())
    }

    /// It stays, and is looked at again by the next run.
    fn withhold(&self, connection: &Connection, run_id: &str) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE entities SET withheld_by = ?2, sources = 0 WHERE entity_key = ?1")?
            .execute(params![key(&self.blueprint, &self.identifier), run_id])?;
        connection
            .prepare_cached("INSERT INTO _entities_touched (blueprint, identifier) VALUES (?1, ?2)")?
            .execute(params![self.blueprint, self.identifier])?;
        Ok(())
    }
}

struct Entity<'a> {
    blueprint: &'a str,
    identifier: &'a str,
    source: &'a Source,
}

enum Put {
    New,
    Changed,
    Same,
}

impl Entity<'_> {
    fn put(&self, connection: &Connection, run_id: &str, now: &str) -> rusqlite::Result<Put> {
        let Source { entity, resource_key, kind, account, region, count } = self.source;
        let key = key(self.blueprint, self.identifier);
        let mut stored =
            connection.prepare_cached("SELECT entity, deleted_at IS NOT NULL FROM entities WHERE entity_key = ?1")?;
        let stored: Option<(String, bool)> =
            stored.query_row(params![key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let put = match &stored {
            None | Some((_, true)) => Put::New,
            Some((known, false)) if known == entity => Put::Same,
            Some(_) => Put::Changed,
        };
        let members: Map<String, Value> = serde_json::from_str(entity).unwrap_or_default();
        let title = members.get("title").and_then(Value::as_str);
        // What is there again after it was gone is new; nobody knows that it is the same thing.
        connection
            .prepare_cached(
                "INSERT INTO entities (entity_key, blueprint, identifier, title, entity, resource_key, kind, account_id, region,
                   sources, first_seen, changed_at, run_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12)
                 ON CONFLICT (entity_key) DO UPDATE SET title = excluded.title, entity = excluded.entity,
                   resource_key = excluded.resource_key, kind = excluded.kind, account_id = excluded.account_id,
                   region = excluded.region, sources = excluded.sources, deleted_at = NULL, withheld_by = NULL,
                   first_seen = CASE WHEN deleted_at IS NULL THEN first_seen ELSE excluded.first_seen END,
                   changed_at = CASE WHEN ?13 THEN changed_at ELSE excluded.changed_at END,
                   run_id = CASE WHEN ?13 THEN run_id ELSE excluded.run_id END",
            )?
            .execute(params![
                key,
                self.blueprint,
                self.identifier,
                title,
                entity,
                resource_key,
                kind,
                account,
                region,
                sql(*count),
                now,
                run_id,
                matches!(put, Put::Same)
            ])?;
        if !matches!(put, Put::Same) {
            relate(connection, &key, &members, matches!(put, Put::Changed))?;
        }
        Ok(put)
    }
}

/// The relations that name their targets. One that is a search query is known to whoever answers it.
fn relate(connection: &Connection, key: &str, members: &Map<String, Value>, replace: bool) -> rusqlite::Result<()> {
    if replace {
        connection.prepare_cached("DELETE FROM relations WHERE from_key = ?1")?.execute(params![key])?;
    }
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO relations (from_key, type, to_key) VALUES (?1, ?2, ?3)")?;
    for (name, value) in members.get("relations").and_then(Value::as_object).into_iter().flatten() {
        let one = std::slice::from_ref(value);
        for target in value.as_array().map_or(one, Vec::as_slice).iter().filter_map(Value::as_str) {
            insert.execute(params![key, name, target])?;
        }
    }
    Ok(())
}

fn collision(connection: &Connection) -> rusqlite::Result<Option<Collision>> {
    let found = connection.query_row(
        "SELECT blueprint, identifier, sources, count(*) OVER () FROM entities WHERE deleted_at IS NULL AND sources > 1
         ORDER BY blueprint, identifier LIMIT 1",
        [],
        |row| {
            Ok(Collision {
                blueprint: row.get(0)?,
                identifier: row.get(1)?,
                sources: count(row, 2)?,
                entities: count(row, 3)?,
            })
        },
    );
    found.optional()
}
