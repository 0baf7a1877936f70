//! The binaries beside this one, brought up to date first.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// How the names of variables begin that `cargo run` sets for this package: to another cargo they would look like news of
/// the build.
const TOLD_BY_CARGO: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "OUT_DIR"];

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}

/// The folder of the profile that this is built by, `target/release` say.
pub fn profile() -> Result<PathBuf> {
    let this = std::env::current_exe().context("where is this program?")?;
    // A test lies one folder deeper.
    let folder = this.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    folder.map(Path::to_path_buf).context("this program lies in no folder")
}

/// The folder that all profiles share.
pub fn target() -> Result<PathBuf> {
    profile()?.parent().map(Path::to_path_buf).context("this program does not lie in a target folder")
}

/// `portolan` of the same profile.
///
/// # Errors
/// When it cannot be built.
pub fn portolan() -> Result<PathBuf> {
    cargo(&["build", "--workspace", "--bin", "portolan"])?;
    Ok(profile()?.join(format!("portolan{}", std::env::consts::EXE_SUFFIX)))
}

/// Runs cargo in the workspace, by this program's profile, and gives back what it printed.
///
/// # Errors
/// When it fails; what it says about that goes to standard error.
pub fn cargo(what: &[&str]) -> Result<String> {
    let release = profile()?.ends_with("release") && what.first() != Some(&"bench");
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(what).args(release.then_some("--release"));
    command.arg("--target-dir").arg(target()?).current_dir(workspace()).stderr(std::process::Stdio::inherit());
    for (name, _) in std::env::vars_os() {
        if TOLD_BY_CARGO.iter().any(|told| name.to_string_lossy().starts_with(told)) {
            command.env_remove(name);
        }
    }
    let ended = command.output().context("cannot start cargo")?;
    ensure!(ended.status.success(), "cargo {} failed; what it says stands above", what.join(" "));
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
