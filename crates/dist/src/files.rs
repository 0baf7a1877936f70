//! Reading and writing, digests, and the WIT files.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct FileError {
    /// The file, or the folder.
    pub path: PathBuf,
    /// What the system said.
    pub reason: io::Error,
}

/// Makes an error of it that names the file.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_path_buf();
    move |reason| FileError { path, reason }
}

/// Sixty-four hexadecimal digits of SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file, and its folder where that is missing. Whoever reads meanwhile sees the old file or the new, not a half.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at(folder))?;
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, bytes).map_err(at(&draft))?;
    fs::rename(&draft, path).map_err(at(path))
}

pub(crate) fn text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(at(path))
}

/// What `sha256sum --check` reads, sorted by name.
pub(crate) fn sums(files: &[(String, Vec<u8>)]) -> String {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(name, _)| name.as_str());
    let mut out = String::new();
    for (name, bytes) in files {
        let _ = writeln!(out, "{}  {name}", digest(bytes));
    }
    out
}

/// The WIT files by their path from the root: the component's own, and the guard's.
pub(crate) fn wit(root: &Path) -> Result<Vec<(String, Vec<u8>)>, FileError> {
    let mut files = Vec::new();
    for folder in ["wit", "wit/guard"] {
        let path = root.join(folder);
        for entry in fs::read_dir(&path).map_err(at(&path))? {
            let file = entry.map_err(at(&path))?.path();
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(".wit") {
                files.push((format!("{folder}/{name}"), fs::read(&file).map_err(at(&file))?));
            }
        }
    }
    files.sort();
    Ok(files)
}
