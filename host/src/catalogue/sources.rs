//! What a mapping made of each resource, as it stands beside the resource.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::entity_lines::{EntityLine, Made};
use crate::unit::UnitKey;

/// Bytes of a digest that are kept: two of a resource's results never meet by chance.
const DIGEST_BYTES: usize = 16;

/// The lines of a page's entities, and the mapping that they are from.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The mapping, by its fingerprint.
    pub mapping: String,
    /// The lines.
    pub lines: Vec<EntityLine>,
}

/// Lines by the resource they are of.
pub(super) struct ByResource<'a> {
    pub(super) mapping: &'a str,
    lines: HashMap<&'a str, Vec<&'a EntityLine>>,
}

impl<'a> ByResource<'a> {
    pub(super) fn new(mapped: &'a Mapped) -> Self {
        let mut lines: HashMap<&str, Vec<&EntityLine>> = HashMap::new();
        for line in &mapped.lines {
            lines.entry(&line.of).or_default().push(line);
        }
        Self { mapping: &mapped.mapping, lines }
    }

    pub(super) fn of(&self, id: &str) -> &[&'a EntityLine] {
        self.lines.get(id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Stores what a mapping made of a resource that was not there before. Its row has the digest.
pub(super) fn put_new(
    connection: &Connection,
    key: &str,
    unit: &UnitKey,
    lines: &[&EntityLine],
) -> rusqlite::Result<()> {
    insert(connection, key, unit, lines)?;
    touch(connection, key)
}

/// Stores what a mapping made of a resource, where that is not what is stored already: `known` is the mapping and the digest
/// that stand there.
pub(super) fn put(
    connection: &Connection,
    key: &str,
    unit: &UnitKey,
    mapping: &str,
    lines: &[&EntityLine],
    known: (Option<&str>, Option<&str>),
) -> rusqlite::Result<()> {
    let digest = digest(lines);
    let same = known.1 == Some(&digest);
    if same && known.0 == Some(mapping) {
        return Ok(());
    }
    if !same {
        replace(connection, key, unit, lines)?;
    }
    connection
        .prepare_cached("UPDATE resources SET _mapping = ?2, _entities = ?3 WHERE resource_key = ?1")?
        .execute(params![key, mapping, digest])?;
    Ok(())
}

/// A digest of what was made of one resource.
pub(super) fn digest(lines: &[&EntityLine]) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    };
    for line in lines {
        add(&line.mapping.to_string());
        match &line.made {
            Made::Entity { blueprint, identifier, members } => {
                add(blueprint);
                add(identifier);
                add(&serde_json::to_string(members).unwrap_or_default());
            }
            Made::Failed => add(""),
        }
    }
    digest.finalize().iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// Puts lines in place of what was made of a resource before. Where a mapping failed for some of it, what it had made stays
/// unless it is made again.
fn replace(connection: &Connection, key: &str, unit: &UnitKey, lines: &[&EntityLine]) -> rusqlite::Result<()> {
    touch(connection, key)?;
    let failed: BTreeSet<u32> =
        lines.iter().filter(|line| line.made == Made::Failed).map(|line| line.mapping).collect();
    let mut stored =
        connection.prepare_cached("SELECT DISTINCT mapping FROM _entity_sources WHERE resource_key = ?1")?;
    let stored: Vec<u32> = stored.query_map(params![key], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut of_mapping =
        connection.prepare_cached("DELETE FROM _entity_sources WHERE resource_key = ?1 AND mapping = ?2")?;
    for mapping in stored.into_iter().filter(|mapping| !failed.contains(mapping)) {
        of_mapping.execute(params![key, mapping])?;
    }
    let mut of_entity = connection.prepare_cached(
        "DELETE FROM _entity_sources WHERE resource_key = ?1 AND mapping = ?2 AND blueprint = ?3 AND identifier = ?4",
    )?;
    for line in lines.iter().filter(|line| failed.contains(&line.mapping)) {
        if let Made::Entity { blueprint, identifier, .. } = &line.made {
            of_entity.execute(params![key, line.mapping, blueprint, identifier])?;
        }
    }
    insert(connection, key, unit, lines)?;
    touch(connection, key)
}

fn insert(connection: &Connection, key: &str, unit: &UnitKey, lines: &[&EntityLine]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO _entity_sources (resource_key, mapping, line, unit, blueprint, identifier, entity)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let unit = unit.to_string();
    for (number, line) in (0_u32..).zip(lines) {
        let Made::Entity { blueprint, identifier, members } = &line.made else { continue };
        let members =
            serde_json::to_string(members).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        insert.execute(params![key, line.mapping, number, unit, blueprint, identifier, members])?;
    }
    Ok(())
}

/// The entities of a resource are looked at again at the end of the run.
fn touch(connection: &Connection, key: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO _entities_touched (blueprint, identifier)
             SELECT blueprint, identifier FROM _entity_sources WHERE resource_key = ?1",
        )?
        .execute(params![key])?;
    Ok(())
}
