//! What sinks with a memory lack of the catalogue, and what they have taken: resources, or what a mapping makes of them.
//!
//! A sink is sent what the catalogue holds and the sink is not known to have, and the deletion of what the catalogue has
//! deleted and the sink may have. Before anything is sent its row forgets what was accepted, so that whatever ends the
//! run between sending and answer, the next one sends it again.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Catalogue, CatalogueError, moment};

/// What is to be done at a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Put it in place of what is there of that key.
    Upsert,
    /// Take it out.
    Delete,
}

/// What a sink is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// Resources, as they were read.
    Resources,
    /// Entities, as the mapping makes them.
    Entities,
}

/// Something that a sink is not known to have as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key of the resource, or of the entity: `["blueprint","identifier"]`.
    pub key: String,
    /// What is to be done.
    pub action: Action,
    /// It, or what names it, as one JSON object.
    pub json: String,
}

impl Change {
    /// Of what is sent, so that equal things are not sent again. 16 bytes: no two of a sink's resources meet.
    fn digest(&self) -> String {
        let digest = Sha256::digest(self.json.as_bytes());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// How much goes into one batch. A change that is larger than the bytes alone goes alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Changes.
    pub changes: usize,
    /// Bytes of their JSON.
    pub bytes: usize,
}

/// Where a pass over the catalogue stands: what is new or changed first, then what is gone, and last what the sink has
/// refused in an earlier run, so that it holds nothing else up.
#[derive(Debug, Clone)]
pub struct Pass {
    of: Delivered,
    stage: Stage,
    after: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Upserts,
    Deletions,
    Refused,
}

/// New, or changed since it was accepted. What was refused waits for its own stage.
const UPSERTS: &str =
    "SELECT r.resource_key, r.kind, r.account_id, r.region, r.id, r.arn, r.name, r.properties, r.context, d.accepted
     FROM resources r LEFT JOIN deliveries d ON d.sink = ?1 AND d.resource_key = r.resource_key
     WHERE r.deleted_at IS NULL AND r.resource_key > ?2 AND d.refused IS NULL
     ORDER BY r.resource_key";
/// Only what the catalogue has deleted, which it does on proof: a row that is not there says nothing.
const DELETIONS: &str = "SELECT r.resource_key, r.kind, r.account_id, r.region, r.id
     FROM deliveries d JOIN resources r ON r.resource_key = d.resource_key
     WHERE d.sink = ?1 AND d.resource_key > ?2 AND r.deleted_at IS NOT NULL
     ORDER BY d.resource_key";
/// Refused before this pass began: not by time, as clocks are set back.
const REFUSED: &str =
    "SELECT r.resource_key, r.kind, r.account_id, r.region, r.id, r.arn, r.name, r.properties, r.context, d.accepted
     FROM deliveries d JOIN resources r ON r.resource_key = d.resource_key
     WHERE d.sink = ?1 AND d.resource_key > ?2 AND r.deleted_at IS NULL AND d._again = 1
     ORDER BY d.resource_key";

/// The same three of entities.
const ENTITY_UPSERTS: &str = "SELECT e.entity_key, e.blueprint, e.identifier, e.entity, d.accepted
     FROM entities e LEFT JOIN deliveries d ON d.sink = ?1 AND d.resource_key = e.entity_key
     WHERE e.deleted_at IS NULL AND e.entity_key > ?2 AND d.refused IS NULL
     ORDER BY e.entity_key";
const ENTITY_DELETIONS: &str = "SELECT e.entity_key, e.blueprint, e.identifier, json_extract(e.entity, '$.identifier')
     FROM deliveries d JOIN entities e ON e.entity_key = d.resource_key
     WHERE d.sink = ?1 AND d.resource_key > ?2 AND e.deleted_at IS NOT NULL
     ORDER BY d.resource_key";
const ENTITIES_REFUSED: &str = "SELECT e.entity_key, e.blueprint, e.identifier, e.entity, d.accepted
     FROM deliveries d JOIN entities e ON e.entity_key = d.resource_key
     WHERE d.sink = ?1 AND d.resource_key > ?2 AND e.deleted_at IS NULL AND d._again = 1
     ORDER BY d.resource_key";

/// What names a resource.
#[derive(Serialize)]
struct Named<'a> {
    key: &'a str,
    kind: &'a str,
    account_id: &'a str,
    region: Option<&'a str>,
    id: &'a str,
}

/// What a deletion need not say.
#[derive(Serialize)]
struct Known<'a> {
    arn: Option<&'a str>,
    name: Option<&'a str>,
}

impl Catalogue {
    /// Begins a pass for a sink.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn begin_pass(&mut self, sink: &str, of: Delivered) -> Result<Pass, CatalogueError> {
        let again = "UPDATE deliveries SET _again = 1 WHERE sink = ?1 AND refused IS NOT NULL";
        self.connection.execute(again, params![sink])?;
        Ok(Pass { of, stage: Stage::Upserts, after: String::new() })
    }

    /// The next changes that a sink needs, and where the pass stands after them; none when it has all. They are marked as
    /// sent, durably, before they are given.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be written.
    pub fn next_changes(
        &mut self,
        sink: &str,
        mut pass: Pass,
        limits: BatchLimits,
        now: u64,
    ) -> Result<Option<(Vec<Change>, Pass)>, CatalogueError> {
        let run_id = self.current()?.run_id.clone();
        loop {
            let changes = lacking(&self.connection, sink, &pass, limits)?;
            if let Some(last) = changes.last() {
                pass.after.clone_from(&last.key);
                self.mark_as_sent(sink, &changes, &run_id, now)?;
                return Ok(Some((changes, pass)));
            }
            pass.after.clear();
            pass.stage = match pass.stage {
                Stage::Upserts => Stage::Deletions,
                Stage::Deletions => Stage::Refused,
                Stage::Refused => return Ok(None),
            };
        }
    }

    fn mark_as_sent(&mut self, sink: &str, changes: &[Change], run_id: &str, now: u64) -> Result<(), CatalogueError> {
        // A power cut must not take this back once something is sent, nor the rows before it: that costs a wait for the
        // disk with each batch, and a page of a run, which can be read again, need not pay it.
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let marked = mark(&mut self.connection, sink, changes, run_id, &moment::to_text(now));
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(marked?)
    }

    /// The sink has taken these.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn accepted(&mut self, sink: &str, changes: &[Change], now: u64) -> Result<(), CatalogueError> {
        let at = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        for change in changes {
            match change.action {
                Action::Upsert => transaction
                    .prepare_cached(
                        "UPDATE deliveries SET accepted = ?3, refused = NULL, _again = 0, at = ?4 WHERE sink = ?1 AND resource_key = ?2",
                    )?
                    .execute(params![sink, change.key, change.digest(), at])?,
                Action::Delete => transaction
                    .prepare_cached("DELETE FROM deliveries WHERE sink = ?1 AND resource_key = ?2")?
                    .execute(params![sink, change.key])?,
            };
        }
        Ok(transaction.commit()?)
    }

    /// The sink has answered that it does not take these, and why.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn refused(&mut self, sink: &str, changes: &[Change], why: &str, now: u64) -> Result<(), CatalogueError> {
        let at = moment::to_text(now);
        let transaction = self.connection.transaction()?;
        {
            let mut update = transaction.prepare_cached(
                "UPDATE deliveries SET refused = ?3, _again = 0, at = ?4 WHERE sink = ?1 AND resource_key = ?2",
            )?;
            for change in changes {
                update.execute(params![sink, change.key, why, at])?;
            }
        }
        Ok(transaction.commit()?)
    }
}

fn lacking(
    connection: &Connection,
    sink: &str,
    pass: &Pass,
    limits: BatchLimits,
) -> Result<Vec<Change>, CatalogueError> {
    let query = match (pass.of, pass.stage) {
        (Delivered::Resources, Stage::Upserts) => UPSERTS,
        (Delivered::Resources, Stage::Deletions) => DELETIONS,
        (Delivered::Resources, Stage::Refused) => REFUSED,
        (Delivered::Entities, Stage::Upserts) => ENTITY_UPSERTS,
        (Delivered::Entities, Stage::Deletions) => ENTITY_DELETIONS,
        (Delivered::Entities, Stage::Refused) => ENTITIES_REFUSED,
    };
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(params![sink, pass.after])?;
    let (mut changes, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = rows.next()? {
        let (change, accepted) = match (pass.of, pass.stage) {
            (Delivered::Resources, Stage::Deletions) => (deletion(row)?, None),
            (Delivered::Entities, Stage::Deletions) => (entity_deletion(row)?, None),
            (Delivered::Resources, _) => (upsert(row)?, row.get::<_, Option<String>>(9)?),
            (Delivered::Entities, _) => (entity_upsert(row)?, row.get::<_, Option<String>>(4)?),
        };
        if accepted.is_some_and(|accepted| accepted == change.digest()) {
            continue;
        }
        bytes = bytes.saturating_add(change.json.len());
        if bytes > limits.bytes && !changes.is_empty() {
            break;
        }
        changes.push(change);
        if changes.len() >= limits.changes {
            break;
        }
    }
    Ok(changes)
}

fn mark(connection: &mut Connection, sink: &str, changes: &[Change], run_id: &str, at: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO deliveries (sink, resource_key, at, run_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (resource_key, sink) DO UPDATE SET accepted = NULL, at = excluded.at, run_id = excluded.run_id",
        )?;
        for change in changes {
            insert.execute(params![sink, change.key, at, run_id])?;
        }
    }
    transaction.commit()
}

fn deletion(row: &Row<'_>) -> rusqlite::Result<Change> {
    let (key, json) = named(row)?;
    Ok(Change { key, action: Action::Delete, json })
}

/// The properties and the context are put in as the catalogue has them: text that it made from JSON. Both objects before
/// them end in a string or a null, so that the braces trimmed are their own.
fn upsert(row: &Row<'_>) -> rusqlite::Result<Change> {
    let (key, named) = named(row)?;
    let (kind, arn, name): (String, Option<String>, Option<String>) = (row.get(1)?, row.get(5)?, row.get(6)?);
    let known = text(&Known { arn: arn.as_deref(), name: name.as_deref() })?;
    let kind = text(&kind)?;
    let (properties, context) = (row.get_ref(7)?.as_str()?, row.get_ref(8)?.as_str()?);
    let json = format!(
        r#"{},{},"resource":{{"Type":{kind},"Properties":{properties},"__ExtraContext":{context}}}}}"#,
        named.trim_end_matches('}'),
        known.trim_start_matches('{').trim_end_matches('}'),
    );
    Ok(Change { key, action: Action::Upsert, json })
}

/// What names an entity.
#[derive(Serialize)]
struct NamedEntity<'a> {
    identifier: &'a Value,
    blueprint: &'a str,
}

fn entity_deletion(row: &Row<'_>) -> rusqlite::Result<Change> {
    let (key, blueprint, identifier): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    // What is looked up by a search query is named by it.
    let query: Option<String> = row.get(3)?;
    let query = query.and_then(|query| serde_json::from_str(&query).ok()).filter(Value::is_object);
    let json = text(&NamedEntity { identifier: &query.unwrap_or_else(|| identifier.into()), blueprint: &blueprint })?;
    Ok(Change { key, action: Action::Delete, json })
}

/// What the mapping wrote beside the identifier and the blueprint. A search query among it stands for the identifier.
fn entity_upsert(row: &Row<'_>) -> rusqlite::Result<Change> {
    let (key, blueprint, identifier): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let mut entity = Map::new();
    entity.insert("identifier".to_owned(), identifier.into());
    entity.insert("blueprint".to_owned(), blueprint.into());
    let members: Map<String, Value> = serde_json::from_str(row.get_ref(3)?.as_str()?).unwrap_or_default();
    entity.extend(members);
    Ok(Change { key, action: Action::Upsert, json: text(&entity)? })
}

fn named(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    let (key, kind, account): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (region, id): (Option<String>, String) = (row.get(3)?, row.get(4)?);
    let named = Named { key: &key, kind: &kind, account_id: &account, region: region.as_deref(), id: &id };
    let json = text(&named)?;
    Ok((key, json))
}

fn text(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
