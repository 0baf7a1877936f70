use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::CatalogueError;

/// Makes the file with mode 0600 if it is not there; one that is there stays as it is.
pub(crate) fn make_private(path: &Path) -> Result<File, CatalogueError> {
    private_options().open(path).map_err(|source| CatalogueError::File { path: path.to_owned(), source })
}

/// Options that create a file only its owner can read, and that open it for writing without cutting it.
pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Holds the catalogue for one run. The operating system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of the catalogue at `path`, in a file beside it: SQLite's own locks lie on the catalogue's file, and
    /// on some systems two kinds of locks on one file meet.
    pub(crate) fn take(path: &Path) -> Result<Self, CatalogueError> {
        let beside = beside(path, ".lock");
        let file = make_private(&beside)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(CatalogueError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(CatalogueError::File { path: beside, source }),
        }
    }
}

/// `path` with `ending` added to its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
