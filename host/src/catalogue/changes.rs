//! What a run did to the resources, told from the rows before and after it.

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value};

use crate::planned::{Change, Changes, Item};

use super::{Catalogue, CatalogueError};

/// Paths of properties that a changed resource names; what differs in more is another thing altogether.
const PATHS_MAX: usize = 12;

impl Catalogue {
    /// Remembers the rows as they are, for [`Catalogue::changes`]. They go with the connection.
    ///
    /// # Errors
    /// No room for them.
    pub fn remember_rows(&mut self) -> Result<(), CatalogueError> {
        self.connection.execute_batch(
            "CREATE TEMP TABLE before AS SELECT rowid AS row, * FROM main.resources WHERE deleted_at IS NULL;
             CREATE UNIQUE INDEX temp.before_by_row ON before (row);
             CREATE TEMP TABLE entities_before AS SELECT rowid AS row, entity, withheld_by FROM main.entities WHERE deleted_at IS NULL;
             CREATE UNIQUE INDEX temp.entities_before_by_row ON entities_before (row);",
        )?;
        Ok(())
    }

    /// What differs from the rows that [`Catalogue::remember_rows`] saw; what was deleted and withheld by this run with its
    /// grounds.
    ///
    /// # Errors
    /// No run has begun; the catalogue cannot be read.
    pub fn changes(&self) -> Result<Changes, CatalogueError> {
        let run_id = &self.current()?.run_id;
        let mut changes = Changes::default();
        created(&self.connection, &mut changes)?;
        changed(&self.connection, &mut changes)?;
        gone(&self.connection, run_id, &mut changes)?;
        missing(&self.connection, &mut changes)?;
        entities(&self.connection, run_id, &mut changes)?;
        Ok(changes)
    }
}

/// The first six columns of every query here.
fn item(row: &Row<'_>) -> rusqlite::Result<(String, Item)> {
    let item = Item {
        account: row.get(1)?,
        region: row.get(2)?,
        id: row.get(3)?,
        name: row.get(4)?,
        properties: Vec::new(),
        grounds: None,
        guard: None,
    };
    Ok((row.get(0)?, item))
}

fn created(connection: &Connection, changes: &mut Changes) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT r.kind, r.account_id, r.region, r.id, r.name FROM main.resources r LEFT JOIN temp.before b ON b.row = r.rowid
         WHERE r.deleted_at IS NULL AND b.row IS NULL ORDER BY r.kind, r.account_id, r.region, r.id",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, item) = item(row)?;
        changes.add(&kind, Change::Create, item);
    }
    Ok(())
}

fn changed(connection: &Connection, changes: &mut Changes) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT r.kind, r.account_id, r.region, r.id, r.name, b.properties, r.properties, b.context, r.context,
           b.arn IS NOT r.arn, b.name IS NOT r.name, b.region IS NOT r.region, b.account_id IS NOT r.account_id,
           b.parent_key IS NOT r.parent_key
         FROM temp.before b JOIN main.resources r ON r.rowid = b.row
         WHERE r.deleted_at IS NULL AND (b.properties IS NOT r.properties OR b.context IS NOT r.context OR b.arn IS NOT r.arn
           OR b.name IS NOT r.name OR b.region IS NOT r.region OR b.account_id IS NOT r.account_id
           OR b.parent_key IS NOT r.parent_key)
         ORDER BY r.kind, r.account_id, r.region, r.id",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, mut item) = item(row)?;
        let json = |column| -> rusqlite::Result<Value> {
            let text: String = row.get(column)?;
            Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
        };
        differing("", &json(5)?, &json(6)?, &mut item.properties);
        differing("__ExtraContext", &json(7)?, &json(8)?, &mut item.properties);
        for (column, name) in [(9, "arn"), (10, "name"), (11, "region"), (12, "account"), (13, "parents")] {
            // An ARN or a name is a property as well, as a rule; the property tells more.
            if row.get(column)? && (item.properties.is_empty() || column > 10) {
                item.properties.push(name.to_owned());
            }
        }
        item.properties.truncate(PATHS_MAX);
        // Members in another order are no change.
        if !item.properties.is_empty() {
            changes.add(&kind, Change::Change, item);
        }
    }
    Ok(())
}

fn gone(connection: &Connection, run_id: &str, changes: &mut Changes) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT d.kind, d.account_id, d.region, d.id, r.name, d.grounds, d.guard, d.outcome = 'withheld', d.resource_key
         FROM main.deletions d JOIN main.resources r ON r.resource_key = d.resource_key JOIN temp.before b ON b.row = r.rowid
         WHERE d.run_id = ?1 ORDER BY d.kind, d.account_id, d.region, d.id",
    )?;
    let mut rows = query.query(params![run_id])?;
    while let Some(row) = rows.next()? {
        let (kind, mut item) = item(row)?;
        item.grounds = row.get(5)?;
        item.guard = row.get(6)?;
        changes.add(&kind, if row.get(7)? { Change::Withhold } else { Change::Delete }, item);
    }
    Ok(())
}

fn missing(connection: &Connection, changes: &mut Changes) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT r.kind, r.account_id, r.region, r.id, r.name FROM temp.before b JOIN main.resources r ON r.rowid = b.row
         WHERE r.deleted_at IS NULL AND b.missing_since IS NULL AND r.missing_since IS NOT NULL
         ORDER BY r.kind, r.account_id, r.region, r.id",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, item) = item(row)?;
        changes.add(&kind, Change::MarkMissing, item);
    }
    Ok(())
}

/// Entities stand beside the kinds under their blueprint's name.
fn entities(connection: &Connection, run_id: &str, changes: &mut Changes) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT 'entity ' || e.blueprint, e.account_id, e.region, e.identifier, e.title, b.entity, e.entity,
           e.deleted_at IS NOT NULL, b.row IS NULL, e.withheld_by IS ?1
         FROM main.entities e LEFT JOIN temp.entities_before b ON b.row = e.rowid
         WHERE (b.row IS NULL AND e.deleted_at IS NULL)
           OR (b.row IS NOT NULL AND (e.deleted_at IS NOT NULL OR e.withheld_by IS ?1 OR b.entity IS NOT e.entity))
         ORDER BY e.blueprint, e.identifier",
    )?;
    let mut rows = query.query(params![run_id])?;
    while let Some(row) = rows.next()? {
        let (kind, mut item) = item(row)?;
        let (gone, new, withheld): (bool, bool, bool) = (row.get(7)?, row.get(8)?, row.get(9)?);
        let change = match (gone, new, withheld) {
            (false, true, _) => Change::Create,
            (true, _, _) => {
                item.grounds = Some("made by nothing any more".to_owned());
                Change::Delete
            }
            (_, _, true) => {
                item.grounds = Some("made by nothing any more".to_owned());
                item.guard = Some("entities".to_owned());
                Change::Withhold
            }
            _ => {
                let json = |column| -> rusqlite::Result<Value> {
                    let text: String = row.get(column)?;
                    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
                };
                differing("", &json(5)?, &json(6)?, &mut item.properties);
                item.properties.truncate(PATHS_MAX);
                Change::Change
            }
        };
        changes.add(&kind, change, item);
    }
    Ok(())
}

/// The paths at which two values differ: into objects, lists as a whole.
fn differing(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    if let (Value::Object(before), Value::Object(after)) = (before, after) {
        for name in names(before, after) {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) => differing(&below, before, after, found),
                _ => found.push(below),
            }
        }
    } else if before != after {
        found.push(path.to_owned());
    }
}

fn names<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> impl Iterator<Item = &'a String> {
    before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differing;

    #[test]
    fn what_differs_is_named_by_its_path() {
        let before = json!({"A": 1, "B": {"C": [1], "D": null}, "E": {}, "Same": {"x": 1, "y": 2}});
        let after = json!({"A": 2, "B": {"C": [1, 2], "D": null}, "F": true, "Same": {"y": 2, "x": 1}});
        let mut found = Vec::new();
        differing("", &before, &after, &mut found);
        assert_eq!(found, ["A", "B.C", "E", "F"]);
    }
}
