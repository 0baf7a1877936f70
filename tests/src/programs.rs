//! Builds the components that the host's own build does not: that of `conformance/component`, which does what it is asked, well
//! or badly, and the guard's.
//!
//! The former is no member of the workspace, since it is built for `wasm32-unknown-unknown` alone. Both go into the target
//! folder of the real guest and by the same profile, so that what they share with it is compiled once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use portolan_component_build::{BuildError, Guest};

use crate::folders;

/// The file of the conformance kit's component, which does what it is asked, well or badly; built once in a process.
///
/// # Panics
/// When it cannot be built; the message says why and what to do.
pub fn conformance() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("portolan-conformance", "conformance/component"))
}

/// The file of the guard's component, built once in a process.
///
/// # Panics
/// When it cannot be built; the message says why and what to do.
pub fn guard() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("portolan-guard-component", "."))
}

/// `folder` is that of the package's workspace, from this one's root.
fn build(package: &str, folder: &str) -> PathBuf {
    let target = folders::target().join("guest");
    let root = folders::workspace();
    let guest = Guest { root: &root, workspace: folder, package, target: &target, cargo_home: None };
    let component = guest.component().unwrap_or_else(|error: BuildError| panic!("{error}"));
    let path = target.join(format!("{package}.component.wasm"));
    put(&path, &component).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// Other test executables may read the file at the same time, so it is never seen half written.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    fs::write(&draft, bytes)?;
    fs::rename(&draft, path)
}
