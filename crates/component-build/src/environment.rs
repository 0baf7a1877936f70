//! What the inner cargo may see of the environment: where tools lie and how registries are reached. What an outer cargo has
//! set (`RUSTFLAGS`, `CARGO_BUILD_TARGET`, a profile's settings and so on) is for another target.

use std::env;
use std::path::PathBuf;
use std::process::Command;

const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "USERPROFILE",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];
/// And whatever begins so: settings of registries and of the network.
const KEPT_PREFIXES: &[&str] = &["CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_"];

/// A command of the program that the variable `named` names (an outer cargo says which cargo and rustc it is), else of
/// `program`.
pub(crate) fn scrubbed(named: &str, program: &str) -> Command {
    let mut command = Command::new(env::var_os(named).unwrap_or_else(|| program.into()));
    command.env_clear();
    command.envs(env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        KEPT.contains(&name.as_ref()) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    }));
    command
}

/// Where cargo keeps the sources of packages.
#[must_use]
pub fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}
