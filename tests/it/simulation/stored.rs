//! What the catalogue says after a run, read with SQL from its file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::estate::OPT_IN;

/// The identity of something in the catalogue: its kind, its unit's account and region, its id there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub kind: String,
    pub account: String,
    pub region: Option<String>,
    pub id: String,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} in {} {}", self.kind, self.id, self.account, self.region.as_deref().unwrap_or("global"))
    }
}

/// A row that is alive.
#[derive(Debug, Clone)]
pub struct Row {
    pub resource_key: String,
    pub properties: Value,
    pub run_id: String,
    pub missing_since: Option<String>,
    pub stale: bool,
}

/// A unit of a run.
#[derive(Debug, Clone)]
pub struct Unit {
    pub membership: String,
    pub freshness: String,
    pub class: Option<String>,
}

/// A scope: kind, account, region.
pub type Scope = (String, String, Option<String>);

#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub alive: BTreeMap<Key, Row>,
    /// The title of each entity, by the resource that made it.
    pub entities: BTreeMap<String, String>,
    /// Of the last run that began.
    pub run_id: String,
    pub started: String,
    pub units: BTreeMap<Scope, Unit>,
    /// Units with a problem that an action did not cause.
    pub troubled: BTreeSet<Scope>,
    pub withheld: BTreeSet<Key>,
    pub accounts: BTreeMap<String, Seen>,
}

/// What an account's last whole listings left out.
#[derive(Debug, Clone)]
pub struct Seen {
    pub unseen: bool,
    pub region_unseen: bool,
}

impl Stored {
    pub fn read(file: &Path) -> Self {
        if !file.exists() {
            return Self::default();
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).unwrap();
        let mut stored = Self::default();
        let last = "SELECT run_id, started_at FROM runs ORDER BY rowid DESC LIMIT 1";
        if let Ok((run_id, started)) = connection.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?))) {
            (stored.run_id, stored.started) = (run_id, started);
        }
        let mut query = connection
            .prepare(
                "SELECT kind, account_id, scope_region, id, properties, run_id, missing_since, stale_since IS NOT NULL,
                   resource_key
                 FROM resources WHERE deleted_at IS NULL",
            )
            .unwrap();
        let rows = query.query_map([], |row| {
            let key = Key { kind: row.get(0)?, account: row.get(1)?, region: row.get(2)?, id: row.get(3)? };
            let properties: String = row.get(4)?;
            let properties = serde_json::from_str(&properties).unwrap_or_default();
            let (run_id, missing_since, stale, resource_key) = (row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?);
            Ok((key, Row { resource_key, properties, run_id, missing_since, stale }))
        });
        for row in rows.unwrap() {
            let (key, row) = row.unwrap();
            let before = stored.alive.insert(key.clone(), row);
            assert!(before.is_none(), "two rows of {key}");
        }
        let mut query = connection
            .prepare("SELECT resource_key, coalesce(title, '') FROM entities WHERE deleted_at IS NULL")
            .unwrap();
        let entities = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        stored.entities = entities.unwrap().map(Result::unwrap).collect();
        let run = &stored.run_id;
        let mut query = connection
            .prepare("SELECT kind, account_id, region, membership, freshness, class FROM units WHERE run_id = ?1")
            .unwrap();
        let units = query.query_map([run], |row| {
            let membership: Option<String> = row.get(3)?;
            let freshness: Option<String> = row.get(4)?;
            let unit = Unit {
                membership: membership.unwrap_or_default(),
                freshness: freshness.unwrap_or_default(),
                class: row.get(5)?,
            };
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), unit))
        });
        stored.units = units.unwrap().map(Result::unwrap).collect();
        let mut query = connection
            .prepare(
                "SELECT kind, account_id FROM problems WHERE run_id = ?1 AND kind IS NOT NULL AND class <> 'vanished'",
            )
            .unwrap();
        let troubled = query.query_map([run], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        let troubled: BTreeSet<(String, String)> = troubled.unwrap().map(Result::unwrap).collect();
        // A problem's region is where its call went; that of a global kind's unit is none.
        let of_unit = |scope: &&Scope| troubled.contains(&(scope.0.clone(), scope.1.clone()));
        stored.troubled = stored.units.keys().filter(of_unit).cloned().collect();
        let mut query = connection
            .prepare("SELECT kind, account_id, region, id FROM deletions WHERE run_id = ?1 AND outcome = 'withheld'")
            .unwrap();
        let withheld = query.query_map([run], |row| {
            Ok(Key { kind: row.get(0)?, account: row.get(1)?, region: row.get(2)?, id: row.get(3)? })
        });
        stored.withheld = withheld.unwrap().map(Result::unwrap).collect();
        let mut query = connection
            .prepare(
                "SELECT a.account_id, a.gone_since IS NOT NULL OR a.retired_at IS NOT NULL,
                        r.region IS NULL OR r.missing_since IS NOT NULL
                 FROM accounts a LEFT JOIN regions r ON r.account_id = a.account_id AND r.region = ?1",
            )
            .unwrap();
        let accounts = query
            .query_map([OPT_IN], |row| Ok((row.get(0)?, Seen { unseen: row.get(1)?, region_unseen: row.get(2)? })));
        stored.accounts = accounts.unwrap().map(Result::unwrap).collect();
        stored
    }
}
