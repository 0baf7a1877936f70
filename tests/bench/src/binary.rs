//! The binaries beside this one, brought up to date first.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use portolan_scripted_aws::nested_cargo;

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
    let mut command = nested_cargo();
    command.args(what).args(release.then_some("--release"));
    command.arg("--target-dir").arg(target()?).current_dir(workspace()).stderr(std::process::Stdio::inherit());
    let ended = command.output().context("cannot start cargo")?;
    ensure!(ended.status.success(), "cargo {} failed; what it says stands above", what.join(" "));
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
