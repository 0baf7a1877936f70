//! Builds the components a second time, where every path is another: another workspace, another target folder, another
//! `CARGO_HOME` that unpacks each package anew. The bytes have to be the same.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::at;
use crate::{Built, DistError, FileError, build_one};

/// Where, from the workspace's root; removed when all is the same.
const ROOM: &str = "target/reproduce";
/// Where in it. Longer than most, since a length could show as well.
const ELSEWHERE: &str = "in another/folder";

/// Builds again what was built, and compares.
///
/// # Errors
/// [`DistError::Differs`] names the first component that is not the same, and both digests.
pub fn check(root: &Path, built: &[Built]) -> Result<(), DistError> {
    let room = root.join(ROOM);
    if room.exists() {
        fs::remove_dir_all(&room).map_err(at(&room))?;
    }
    let elsewhere = room.join(ELSEWHERE);
    let workspace = elsewhere.join("workspace");
    copy_sources(root, &workspace)?;
    let cargo_home = elsewhere.join("cargo home");
    if let Some(home) = portolan_component_build::cargo_home() {
        for kept in ["registry/cache", "registry/index"] {
            copy_folder(&home.join(kept), &cargo_home.join(kept))?;
        }
        // Named before anything is unpacked there, since the compiler is told of the folders that there are.
        for folder in portolan_component_build::paths::registries(&home) {
            let registry = cargo_home.join("registry/src").join(folder.file_name().unwrap_or_default());
            fs::create_dir_all(&registry).map_err(at(&registry))?;
        }
    }
    // The one for tests of hosts depends on crates outside of its own workspace, whose absolute paths cargo puts into symbols.
    for first in built.iter().filter(|built| built.product.shipped) {
        let target = elsewhere.join("built");
        let second = build_one(first.product, &workspace, &target, Some(&cargo_home))?;
        if second.bytes != first.bytes {
            let differs = DistError::Differs {
                file: first.product.file,
                first: first.digest(),
                second: second.digest(),
                folder: elsewhere,
            };
            return Err(differs);
        }
    }
    Ok(fs::remove_dir_all(&room).map_err(at(&room))?)
}

/// What git knows, and what it would take: a file that only this folder has must not be needed.
fn copy_sources(root: &Path, to: &Path) -> Result<(), DistError> {
    let failed = |reason: String| DistError::Tool { program: "git ls-files".to_owned(), reason };
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let answer = git.output().map_err(|error| failed(error.to_string()))?;
    if !answer.status.success() {
        return Err(failed(String::from_utf8_lossy(&answer.stderr).into_owned()));
    }
    for name in String::from_utf8_lossy(&answer.stdout).split('\0').filter(|name| !name.is_empty()) {
        copy_file(&root.join(name), &to.join(name))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), FileError> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(from)(error)),
    };
    for entry in entries {
        let path = entry.map_err(at(from))?.path();
        let name: PathBuf = path.file_name().map(PathBuf::from).unwrap_or_default();
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            copy_file(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// A symbolic link is copied as one. A file that git knows and that is gone from the folder is left out.
fn copy_file(from: &Path, to: &Path) -> Result<(), FileError> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(at(folder))?;
    #[cfg(unix)]
    if let Ok(target) = fs::read_link(from) {
        return std::os::unix::fs::symlink(target, to).map_err(at(to));
    }
    match fs::copy(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(from)(error)),
        _ => Ok(()),
    }
}
