//! Where the binary is.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// How the names of variables begin that cargo sets for a test or a run of one package.
const TOLD_TO_TESTS: &[&str] = &[
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_",
    "CARGO_PRIMARY_",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
];

/// cargo, for whoever was started by another one: what that told it about its own package is no news of the build, and build
/// scripts that watch such variables (ring's does) would run again, here and in the next build.
#[must_use]
pub fn nested_cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if TOLD_TO_TESTS.iter().any(|told| name.to_string_lossy().starts_with(told)) {
            command.env_remove(name);
        }
    }
    command
}

/// The binary that belongs to the running test or benchmark: beside it in the target folder, brought up to date first.
///
/// `PORTOLAN_SCRIPTED_AWS` names another one, and nothing is built.
///
/// # Panics
/// When it cannot be built.
#[must_use]
#[expect(clippy::panic, reason = "for tests and benchmarks: there is nothing to be done about it")]
pub fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            if let Some(given) = std::env::var_os("PORTOLAN_SCRIPTED_AWS") {
                return given.into();
            }
            let running = std::env::current_exe().unwrap_or_else(|error| panic!("which test is this? {error}"));
            let deps = running.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
            let profile = deps.or(Some(&running)).and_then(|path| path.parent()).map(PathBuf::from).unwrap_or_default();
            let mut command = nested_cargo();
            command.args(["build", "--quiet", "--workspace", "--bin", "portolan-scripted-aws", "--target-dir"]);
            command.arg(profile.parent().unwrap_or(&profile)).current_dir(env!("CARGO_MANIFEST_DIR"));
            if profile.file_name().is_some_and(|name| name == "release") {
                command.arg("--release");
            }
            let built = command.output().unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
            let said = String::from_utf8_lossy(&built.stderr);
            assert!(built.status.success(), "cargo build --bin portolan-scripted-aws failed:\n{said}");
            profile.join(format!("portolan-scripted-aws{}", std::env::consts::EXE_SUFFIX))
        })
        .clone()
}
