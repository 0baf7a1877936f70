//! Where the harness finds and puts things: the workspace, its target folder, and a fresh folder for each test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// The folder of Python sources of the front.
pub fn front_sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("front")
}

/// The folder that holds the running profile's output, `target/debug` say.
///
/// It is read from the test executable's own path (`target/<profile>/deps/<name>`), so that `CARGO_TARGET_DIR` and
/// `--target-dir` are honoured without being passed along.
pub fn profile() -> PathBuf {
    let fallback = workspace().join("target/debug");
    let Ok(executable) = std::env::current_exe() else { return fallback };
    match executable.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "deps")) {
        Some(deps) => deps.parent().map_or(fallback, Path::to_path_buf),
        None => fallback,
    }
}

/// The target folder, which all profiles share.
pub fn target() -> PathBuf {
    let profile = profile();
    profile.parent().map_or_else(|| profile.clone(), Path::to_path_buf)
}

/// A new empty folder for one test, removed when this is dropped, or kept when the test panics so that it can be looked at.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes the folder under the target folder; `name` appears in its path.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = target().join("scratch").join(format!("{name}-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
        Self { path }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path inside the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
