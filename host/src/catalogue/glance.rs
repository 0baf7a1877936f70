//! A glance at a catalogue's file: whether a run could open it. Nothing is made, locked for longer than the look, or written.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::Path;

use rustix::fs::{Access, access};

use super::file::beside;
use super::{APPLICATION_ID, Catalogue, CatalogueError, SCHEMA_VERSION};

/// SQLite's header, of which three fields are read.
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where the header has `user_version` and `application_id`, four bytes each.
const VERSION_AT: usize = 60;
const APPLICATION_AT: usize = 68;

impl Catalogue {
    /// Whether there is a file already, and why a run could not have it.
    ///
    /// # Errors
    /// As [`Catalogue::open`].
    pub fn glance(path: &Path) -> Result<bool, CatalogueError> {
        let failed = |source| CatalogueError::File { path: path.to_owned(), source };
        let lock = beside(path, ".lock");
        match File::open(&lock) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(CatalogueError::Locked { path: path.to_owned() }),
                Err(TryLockError::Error(source)) => return Err(CatalogueError::File { path: lock, source }),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(CatalogueError::File { path: lock, source }),
        }
        // The lock and SQLite's own files stand beside the catalogue.
        folder_takes_files(path).map_err(failed)?;
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(failed(source)),
        };
        let mut header = Vec::with_capacity(HEADER_BYTES);
        file.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(failed)?;
        // A killed first run leaves all that it wrote beside the file.
        let unwritten = header.is_empty();
        let number = |at: usize| {
            let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            i64::from(bytes.map_or(0, u32::from_be_bytes))
        };
        let ours = header.starts_with(MAGIC)
            && (number(APPLICATION_AT) == APPLICATION_ID
                || (number(APPLICATION_AT) == 0 && beside(path, "-wal").exists()));
        if !unwritten && !ours {
            return Err(CatalogueError::NotACatalogue { path: path.to_owned() });
        }
        let found = number(VERSION_AT);
        if found > SCHEMA_VERSION {
            return Err(CatalogueError::TooNew { path: path.to_owned(), found, known: SCHEMA_VERSION });
        }
        Ok(true)
    }
}

/// Whether files can be made beside this one.
///
/// # Errors
/// There is no such folder, or it cannot be written to.
pub(crate) fn folder_takes_files(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(test)]
mod tests {
    use super::super::{Catalogue, CatalogueError};

    #[test]
    fn a_glance_says_what_opening_would_say_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("portolan-glance-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("a.db");
        assert!(!Catalogue::glance(&file).unwrap());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing was made");

        let open = Catalogue::open(&file).unwrap();
        assert!(matches!(Catalogue::glance(&file), Err(CatalogueError::Locked { .. })));
        drop(open);
        assert!(Catalogue::glance(&file).unwrap());

        let other = folder.join("other.db");
        rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(Catalogue::glance(&other), Err(CatalogueError::NotACatalogue { .. })));
        std::fs::write(folder.join("text.db"), "no database at all").unwrap();
        assert!(matches!(Catalogue::glance(&folder.join("text.db")), Err(CatalogueError::NotACatalogue { .. })));
        let newer = rusqlite::Connection::open(&file).unwrap();
        newer.pragma_update(None, "user_version", 999).unwrap();
        newer.pragma_update(None, "wal_checkpoint", "TRUNCATE").ok();
        drop(newer);
        assert!(matches!(Catalogue::glance(&file), Err(CatalogueError::TooNew { found: 999, .. })));
        assert!(matches!(Catalogue::glance(&folder.join("no/such/a.db")), Err(CatalogueError::File { .. })));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
