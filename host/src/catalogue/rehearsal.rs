//! A copy of the catalogue to try a run on, and what tells whether the catalogue is still the one that was copied.

use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::{Catalogue, CatalogueError, file, open_ours};

/// All pages in one step: the lock keeps writers of ours away, and there is nobody to make room for.
const ALL_PAGES: std::ffi::c_int = -1;

impl Catalogue {
    /// A copy of the catalogue at `path` in a nameless temporary database, which goes with the process; an empty one where
    /// there is no file, and none is made. What is done to the copy never reaches the file.
    ///
    /// # Errors
    /// As [`Catalogue::open`]; no room for the copy.
    pub fn rehearsal(path: &Path) -> Result<Self, CatalogueError> {
        let mut copy = Connection::open("")?;
        let exists = path.try_exists().map_err(|source| CatalogueError::File { path: path.to_owned(), source })?;
        if exists {
            // For as long as it takes to copy: half of another run's pages are no state to compare with.
            let _lock = file::RunLock::take(path)?;
            let from = open_ours(path)?;
            Backup::new(&from, &mut copy)?.step(ALL_PAGES)?;
        }
        Self::ready(copy, None)
    }

    /// What the catalogue holds, as text that two catalogues share only if every table of theirs is the same; `empty` for
    /// one that nothing was ever stored in.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn content(&self) -> Result<String, CatalogueError> {
        if self.is_empty()? {
            return Ok("empty".to_owned());
        }
        let names = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
        let mut names = self.connection.prepare(names)?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut digest = Sha256::new();
        for name in names {
            add_table(&self.connection, &name, &mut digest)?;
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("sha256:{digest}"))
    }

    /// Takes the redaction key of a plan that was made where there was no catalogue yet: what the plan redacted must equal
    /// what later runs redact. A catalogue that holds anything keeps its own.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn adopt_redaction_key(&mut self, key: &str) -> Result<(), CatalogueError> {
        if self.is_empty()? {
            self.connection.execute("UPDATE _meta SET value = ?1 WHERE name = 'redaction_key'", params![key])?;
        }
        Ok(())
    }

    fn is_empty(&self) -> Result<bool, CatalogueError> {
        let query = "SELECT NOT EXISTS (SELECT 1 FROM runs) AND NOT EXISTS (SELECT 1 FROM resources)";
        Ok(self.connection.query_row(query, [], |row| row.get(0))?)
    }
}

/// Adds all rows of a table, in the table's own order, each value with its type and length.
fn add_table(connection: &Connection, name: &str, digest: &mut Sha256) -> rusqlite::Result<()> {
    let mut add = |tag: u8, bytes: &[u8]| {
        digest.update([tag]);
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    add(b'T', name.as_bytes());
    let mut query = connection.prepare(&format!("SELECT * FROM main.\"{}\"", name.replace('"', "\"\"")))?;
    let columns = query.column_count();
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => add(b'0', &[]),
                ValueRef::Integer(number) => add(b'i', &number.to_be_bytes()),
                ValueRef::Real(number) => add(b'r', &number.to_be_bytes()),
                ValueRef::Text(text) => add(b't', text),
                ValueRef::Blob(bytes) => add(b'b', bytes),
            }
        }
    }
    Ok(())
}
