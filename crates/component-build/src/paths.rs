//! Names of its own for the folders in which a component is built.
//!
//! A panic's message names its source file, so the paths of sources are in the component: without this, those of the machine
//! that built it. The compiler is told other names for the folders, the same everywhere. Cargo leaves these flags out of the
//! hashes from which symbols have their names, so that not even the order of functions depends on a folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::target::Compiler;

/// Between two flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\u{1f}";

/// The flags that rename all folders. Of two that fit a path, the compiler takes the later.
pub(crate) fn flags(root: &Path, target: &Path, registries: &[PathBuf], compiler: &Compiler) -> OsString {
    let sources = compiler.sysroot.join("lib/rustlib/src/rust");
    let mut renamed = vec![(root.to_path_buf(), "/portolan".to_owned()), (target.to_path_buf(), "/target".to_owned())];
    renamed.extend(registries.iter().map(|folder| (folder.clone(), "/registry".to_owned())));
    // Where the sources of the standard library are installed, its paths are those; elsewhere the compiler's own name.
    renamed.push((sources, format!("/rustc/{}", compiler.commit)));
    let mut flags = OsString::new();
    for (folder, name) in renamed {
        // What leads there by a symbolic link is named as it was given, or as it is.
        let real = folder.canonicalize().ok().filter(|real| *real != folder);
        for folder in [Some(folder), real].into_iter().flatten() {
            if !flags.is_empty() {
                flags.push(SEPARATOR);
            }
            flags.push("--remap-path-prefix=");
            flags.push(folder);
            flags.push("=");
            flags.push(&name);
        }
    }
    flags
}

/// The folders in which the packages of each registry are unpacked. Their names hold a hash of the registry's address.
#[must_use]
pub fn registries(cargo_home: &Path) -> Vec<PathBuf> {
    let entries = cargo_home.join("registry").join("src").read_dir().into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    folders
}
