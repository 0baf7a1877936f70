//! Resources whose entities have to be made of the stored row: those with gaps that the host has filled, and those that
//! nobody has seen since the mapping is another.

use rusqlite::{Row, params};
use serde_json::{Map, Value, json};

use super::sources::{self, ByResource, Mapped};
use super::units::unit_of;
use super::{Catalogue, CatalogueError};
use crate::unit::UnitKey;

/// A resource to be mapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmapped {
    /// Its key.
    pub key: String,
    /// Its unit.
    pub unit: UnitKey,
    /// Its id within the unit.
    pub id: String,
    /// Its line, as `map-resources` takes it.
    pub line: String,
}

impl Catalogue {
    /// The next resources by key that are there and not mapped by this mapping.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn unmapped(&self, mapping: &str, after: &str, at_most: usize) -> Result<Vec<Unmapped>, CatalogueError> {
        // Three ranges of the index, as it knows no "is not".
        let mut query = self.connection.prepare_cached(
            "SELECT resource_key, kind, account_id, scope_region, id, arn, properties, context, stale_actions,
               stale_since = first_seen
             FROM resources WHERE rowid IN (
               SELECT rowid FROM resources WHERE deleted_at IS NULL AND _mapping IS NULL
               UNION ALL SELECT rowid FROM resources WHERE deleted_at IS NULL AND _mapping < ?1
               UNION ALL SELECT rowid FROM resources WHERE deleted_at IS NULL AND _mapping > ?1)
             AND resource_key > ?2 ORDER BY resource_key LIMIT ?3",
        )?;
        let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![mapping, after, limit], unmapped)?;
        Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    /// Stores what the mapping made of resources.
    ///
    /// # Errors
    /// The catalogue cannot be written, and nothing was stored.
    pub fn put_mapped(&mut self, resources: &[Unmapped], mapped: &Mapped) -> Result<(), CatalogueError> {
        let lines = ByResource::new(mapped);
        let transaction = self.connection.transaction()?;
        for resource in resources {
            let known: Option<String> = transaction
                .prepare_cached("SELECT _entities FROM resources WHERE resource_key = ?1")?
                .query_row(params![resource.key], |row| row.get(0))?;
            let (of, known) = (lines.of(&resource.key), (None, known.as_deref()));
            sources::put(&transaction, &resource.key, &resource.unit, lines.mapping, of, known)?;
        }
        Ok(transaction.commit()?)
    }
}

fn unmapped(row: &Row<'_>) -> rusqlite::Result<Option<Unmapped>> {
    let Some(unit) = unit_of(row.get(1)?, row.get(2)?, row.get(3)?) else { return Ok(None) };
    let (key, id, arn): (String, String, Option<String>) = (row.get(0)?, row.get(4)?, row.get(5)?);
    let object = |column| -> rusqlite::Result<Map<String, Value>> {
        Ok(serde_json::from_str(row.get_ref(column)?.as_str()?).unwrap_or_default())
    };
    // What was known once has been filled in. Of a resource that was never read whole, what is missing is unknown.
    let never_whole = row.get::<_, Option<bool>>(9)?.unwrap_or(false);
    let gaps: Option<Value> = row.get::<_, Option<String>>(8)?.and_then(|text| serde_json::from_str(&text).ok());
    let gaps = gaps.filter(|_| never_whole).unwrap_or_else(|| json!([]));
    let resource = json!({ "Type": unit.kind, "Properties": object(6)?, "__ExtraContext": object(7)? });
    // Ids are unique within a unit only, and a batch may hold several accounts' resources.
    let line = json!({ "id": key, "arn": arn.unwrap_or_default(), "gaps": gaps, "resource": resource }).to_string();
    Ok(Some(Unmapped { key, unit, id, line }))
}
