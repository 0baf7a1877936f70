//! Single rows of `resources` and what hangs on them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::identity;

/// What a comparison needs of a stored row.
pub(super) struct Stored {
    pub(super) row: i64,
    pub(super) account: String,
    pub(super) region: Option<String>,
    pub(super) arn: Option<String>,
    pub(super) name: Option<String>,
    pub(super) properties: String,
    pub(super) context: String,
    pub(super) parents: Option<String>,
    pub(super) created: Option<String>,
    pub(super) stale_since: Option<String>,
    pub(super) deleted: bool,
    pub(super) run_id: String,
    /// The mapping that its entities are from; none where they have to be made again.
    pub(super) mapping: Option<String>,
    /// A digest of what that made.
    pub(super) entities: Option<String>,
}

pub(super) fn find(connection: &Connection, key: &str) -> rusqlite::Result<Option<Stored>> {
    let mut query = connection.prepare_cached(
        "SELECT rowid, account_id, region, arn, name, properties, context, parent_key, created_at, stale_since,
           deleted_at IS NOT NULL, run_id, _mapping, _entities FROM resources WHERE resource_key = ?1",
    )?;
    let found = query.query_row(params![key], |row| {
        Ok(Stored {
            row: row.get(0)?,
            account: row.get(1)?,
            region: row.get(2)?,
            arn: row.get(3)?,
            name: row.get(4)?,
            properties: row.get(5)?,
            context: row.get(6)?,
            parents: row.get(7)?,
            created: row.get(8)?,
            stale_since: row.get(9)?,
            deleted: row.get(10)?,
            run_id: row.get(11)?,
            mapping: row.get(12)?,
            entities: row.get(13)?,
        })
    });
    found.optional()
}

/// Records that an account sees a resource that another owns.
pub(super) fn sight(
    connection: &Connection,
    key: &str,
    account: &str,
    now: &str,
    run_id: &str,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO sightings (resource_key, account_id, first_seen, last_seen, run_id) VALUES (?1, ?2, ?3, ?3, ?4)
         ON CONFLICT (resource_key, account_id) DO UPDATE SET last_seen = excluded.last_seen, run_id = excluded.run_id",
    )?;
    insert.execute(params![key, account, now, run_id])?;
    Ok(())
}

/// Gives a closed row a key of its own, so that another thing can bear its name. Answers that key.
pub(super) fn set_aside(connection: &Connection, key: &str, row: i64) -> rusqlite::Result<String> {
    let closed = identity::closed_key(key, row);
    connection
        .prepare_cached("UPDATE resources SET resource_key = ?2 WHERE rowid = ?1")?
        .execute(params![row, closed])?;
    connection
        .prepare_cached("UPDATE resource_tags SET resource_key = ?2 WHERE resource_key = ?1")?
        .execute(params![key, closed])?;
    Ok(closed)
}

pub(super) fn put_tags(
    connection: &Connection,
    key: &str,
    tags: Option<&BTreeMap<String, String>>,
    replace: bool,
) -> rusqlite::Result<()> {
    if replace {
        connection.prepare_cached("DELETE FROM resource_tags WHERE resource_key = ?1")?.execute(params![key])?;
    }
    let Some(tags) = tags else { return Ok(()) };
    let mut insert =
        connection.prepare_cached("INSERT INTO resource_tags (resource_key, key, value) VALUES (?1, ?2, ?3)")?;
    for (name, value) in tags {
        insert.execute(params![key, name, value])?;
    }
    Ok(())
}

/// Normalised tags as a JSON object.
pub(super) fn tags_text(tags: &BTreeMap<String, String>) -> String {
    serde_json::to_string(tags).unwrap_or_else(|_| "{}".to_owned())
}
