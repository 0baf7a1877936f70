//! The compiler and its standard library for the target.

use std::path::{Path, PathBuf};

use crate::environment::scrubbed;
use crate::{BuildError, TARGET};

/// What of the compiler shows in paths.
pub(crate) struct Compiler {
    /// Where it is installed.
    pub(crate) sysroot: PathBuf,
    /// The commit it was built from, by which it names its own sources.
    pub(crate) commit: String,
}

/// Asks the compiler that the workspace has.
pub(crate) fn compiler(workspace: &Path) -> Result<Compiler, BuildError> {
    let version = rustc(workspace, &["-vV"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or_default();
    let sysroot = rustc(workspace, &["--print", "sysroot"])?;
    Ok(Compiler { sysroot: PathBuf::from(sysroot.trim()), commit: commit.to_owned() })
}

/// What the workspace's compiler calls itself: `rustc 1.95.0 (59807616e 2026-04-14)`.
///
/// # Errors
/// There is none, or it does not answer.
pub fn compiler_version(workspace: &Path) -> Result<String, BuildError> {
    Ok(rustc(workspace, &["--version"])?.trim().to_owned())
}

/// Adds the target where it is missing.
pub(crate) fn ensure(workspace: &Path) -> Result<(), BuildError> {
    let folder = rustc(workspace, &["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = scrubbed("RUSTUP", "rustup");
    match rustup.current_dir(workspace).args(["target", "add", TARGET]).output() {
        Ok(answer) if answer.status.success() => Ok(()),
        Ok(answer) => {
            let said = String::from_utf8_lossy(&answer.stderr);
            Err(BuildError::Target(format!("rustup could not add it ({})", said.trim())))
        }
        Err(error) => Err(BuildError::Target(format!("rustup does not run ({error})"))),
    }
}

fn rustc(workspace: &Path, arguments: &[&str]) -> Result<String, BuildError> {
    let failed = |reason: String| BuildError::Tool { program: format!("rustc {}", arguments.join(" ")), reason };
    let answer = scrubbed("RUSTC", "rustc").current_dir(workspace).args(arguments).output();
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    if !answer.status.success() {
        return Err(failed(String::from_utf8_lossy(&answer.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}
