//! The catalogue: one SQLite file that any SQL tool opens, and the ledger of the runs that filled it.
//!
//! One process writes it at a time (a lock beside it; a second run gets [`CatalogueError::Locked`]), readers may look at
//! any time. A page is stored in one transaction with the progress of its unit: the cursor, the conjunction over its
//! pages, and, in the rows, which ids were seen. What the tables and views hold stands in `schema.sql`.
//!
//! Moments are milliseconds since 1970, passed in; nothing here reads a clock.

mod accounts;
mod adopted;
mod changes;
mod decisions;
mod deliveries;
mod denials;
mod entities;
mod error;
pub(crate) mod file;
mod gaps;
mod glance;
mod identity;
pub(crate) mod moment;
pub mod questions;
mod rates;
mod rehearsal;
mod restore;
mod resume;
mod rows;
mod run;
mod slow;
mod sources;
mod store;
mod tags;
#[cfg(test)]
mod tests;
mod together;
mod types;
mod units;
mod unmapped;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

pub use accounts::{AccountRow, KnownAccount, KnownRegion, RegionRow};
pub use adopted::AdoptedCounts;
pub use decisions::Applied;
pub use deliveries::{Action, BatchLimits, Change, Delivered, Pass};
pub use entities::{Collision, EntityChanges, SettledEntities};
pub use error::CatalogueError;
pub(crate) use glance::folder_takes_files;
pub use restore::{DeletedResource, DeletingRun, Restoration};
pub use resume::LatestRun;
pub use run::{CallCount, Fills, RunStart};
pub use sources::Mapped;
pub use store::{PageCounts, PageRecord};
pub use types::TypeRow;
pub use units::{Before, UnitEnd, UnitOutcome, UnitProgress};
pub use unmapped::Unmapped;

/// `application_id` of our files: "PRTL". A file that bears another, or tables and none, is not ours.
const APPLICATION_ID: i64 = 0x5052_544C;
/// `user_version` of the schema below.
const SCHEMA_VERSION: i64 = 7;
/// Each step leads from the version of its index to the next; a released step is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("types.sql"),
    include_str!("deliveries.sql"),
    include_str!("entities.sql"),
    include_str!("rates.sql"),
    include_str!("slow.sql"),
    include_str!("denials.sql"),
];
/// How long a write waits for a reader that holds the file (only checkpoints and other tools' writes do).
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Pages of the file that stay in memory: those at which keys in no order are inserted, of the tables of a large estate.
const CACHE_KIB: i64 = 16 << 10;
/// Pages in the log before they are copied into the file, 16 MiB: what was written several times is copied once.
const CHECKPOINT_PAGES: i64 = 4_096;
/// Statements kept prepared; there are about thirty.
const PREPARED_MAX: usize = 64;

/// The random key of one ledger with which the guest makes its digests of redacted values.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactionKey(String);

impl RedactionKey {
    /// As lower-case hex, for the guest's configuration and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactionKey(…)")
    }
}

/// The open catalogue, held by this process alone.
pub struct Catalogue {
    connection: Connection,
    _lock: Option<file::RunLock>,
    run: Option<run::CurrentRun>,
    /// Kind → names of top-level properties that some resource of it had: the columns of its view.
    properties: BTreeMap<String, BTreeSet<String>>,
}

impl Catalogue {
    /// Opens the catalogue, makes it (mode 0600) where there is none, brings its schema up to date.
    ///
    /// # Errors
    /// [`CatalogueError::Locked`] while another run holds it; a file that is not ours, or newer than we are; no access.
    pub fn open(path: &Path) -> Result<Self, CatalogueError> {
        let lock = file::RunLock::take(path)?;
        drop(file::make_private(path)?);
        let connection = open_ours(path)?;
        // WAL: readers see the last page stored while a run writes. NORMAL: a power cut loses the last pages, whole.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        Self::ready(connection, Some(lock))
    }

    /// A catalogue that lives as long as the process: for runs whose only sinks are streams.
    ///
    /// # Errors
    /// No memory.
    pub fn in_memory() -> Result<Self, CatalogueError> {
        Self::ready(Connection::open_in_memory()?, None)
    }

    fn ready(mut connection: Connection, lock: Option<file::RunLock>) -> Result<Self, CatalogueError> {
        connection.busy_timeout(BUSY_WAIT)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_MAX);
        // Else a statement is planned anew whenever what is bound to it could make another plan better: nearly always.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        migrate(&mut connection)?;
        let properties = views::known_properties(&connection)?;
        Ok(Self { connection, _lock: lock, run: None, properties })
    }

    /// The key for redaction, made at random when the ledger was.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn redaction_key(&self) -> Result<RedactionKey, CatalogueError> {
        let query = "SELECT value FROM _meta WHERE name = 'redaction_key'";
        Ok(RedactionKey(self.connection.query_row(query, [], |row| row.get(0))?))
    }

    /// For questions and for reports.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn current(&self) -> Result<&run::CurrentRun, CatalogueError> {
        self.run.as_ref().ok_or(CatalogueError::NoRun)
    }
}

/// Opens a file that is a catalogue of a version that we know, or nothing yet.
fn open_ours(path: &Path) -> Result<Connection, CatalogueError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let foreign = || CatalogueError::NotACatalogue { path: path.to_owned() };
    let mine = is_ours(&connection).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(),
        _ => CatalogueError::Sqlite(error),
    })?;
    if !mine {
        return Err(foreign());
    }
    let found = version(&connection)?;
    if found > SCHEMA_VERSION {
        return Err(CatalogueError::TooNew { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    Ok(connection)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether the file is empty or a catalogue: anything else is somebody's data.
fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(id == APPLICATION_ID || (id == 0 && tables == 0))
}

fn migrate(connection: &mut Connection) -> Result<(), CatalogueError> {
    let from = usize::try_from(version(connection)?).unwrap_or(0);
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(from) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        if step == 0 {
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            // SQLite's generator is seeded by the operating system.
            let key = "INSERT INTO _meta (name, value) VALUES ('redaction_key', lower(hex(randomblob(32))))";
            transaction.execute(key, [])?;
        }
        transaction.pragma_update(None, "user_version", i64::try_from(step + 1).unwrap_or(SCHEMA_VERSION))?;
        transaction.commit()?;
    }
    Ok(())
}
