//! Builds the components that the host's own build does not: that of `conformance/component`, which does what it is asked, well
//! or badly, and the guard's.
//!
//! The former is no member of the workspace, since it is built for `wasm32-unknown-unknown` alone. Both go into the target
//! folder of the real guest and by the same profile, so that what they share with it is compiled once.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::folders;

const TARGET: &str = "wasm32-unknown-unknown";

/// What the inner cargo may see of the environment: where tools lie and how registries are reached. What the outer cargo has
/// set (`RUSTFLAGS`, `CARGO_ENCODED_RUSTFLAGS`, `CARGO_BUILD_TARGET` and so on) is for another target.
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

/// How much of a failed build's output an error shows: its end, where the first cause is not far.
const OUTPUT_SHOWN: usize = 4_000;

/// Why there is no such component.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProgramError {
    /// Cargo could not be started, or could not build it.
    #[error("{0} does not build (is the target there? rustup target add {TARGET}):\n{1}")]
    Build(&'static str, String),
    /// What was built is not a component of this interface.
    #[error("{0} does not encode as a component: {1}")]
    Encode(&'static str, String),
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// What is built, and from where.
struct Program {
    /// The name of its library, and of what is made of it.
    name: &'static str,
    /// Where cargo is started, from the workspace's root.
    folder: &'static str,
    /// What cargo is told besides.
    arguments: &'static [&'static str],
}

/// The file of the conformance kit's component, which does what it is asked, well or badly; built once in a process.
///
/// # Panics
/// When it cannot be built; the message says why and what to do.
pub fn conformance() -> &'static Path {
    static BUILT: OnceLock<Result<PathBuf, ProgramError>> = OnceLock::new();
    once(&BUILT, &Program { name: "portolan_conformance", folder: "conformance/component", arguments: &[] })
}

/// The file of the guard's component, built once in a process.
///
/// # Panics
/// When it cannot be built; the message says why and what to do.
pub fn guard() -> &'static Path {
    static BUILT: OnceLock<Result<PathBuf, ProgramError>> = OnceLock::new();
    let arguments = &["--package", "portolan-guard-component", "--lib"];
    once(&BUILT, &Program { name: "portolan_guard_component", folder: ".", arguments })
}

fn once(built: &'static OnceLock<Result<PathBuf, ProgramError>>, program: &Program) -> &'static Path {
    match built.get_or_init(|| build(program)) {
        Ok(path) => path,
        Err(error) => panic!("{error}"),
    }
}

fn build(program: &Program) -> Result<PathBuf, ProgramError> {
    let name = program.name;
    let target = folders::target().join("guest");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.env_clear().envs(kept_environment()).current_dir(folders::workspace().join(program.folder));
    command.arg("build").args(program.arguments);
    command.args(["--locked", "--profile", "guest", "--target", TARGET, "--target-dir"]).arg(&target);
    let answer = command.output().map_err(|error| ProgramError::Build(name, error.to_string()))?;
    if !answer.status.success() {
        return Err(ProgramError::Build(name, end_of(&String::from_utf8_lossy(&answer.stderr))));
    }
    let module = target.join(TARGET).join("guest").join(name).with_extension("wasm");
    let component = encode(name, &read(&module)?)?;
    // Other test executables may read the file at the same time, so it is never seen half written.
    let path = target.join(format!("{name}.component.wasm"));
    let draft = target.join(format!("{name}.component.{}.draft", std::process::id()));
    fs::write(&draft, component).map_err(|error| file_error(&draft, &error))?;
    fs::rename(&draft, &path).map_err(|error| file_error(&path, &error))?;
    Ok(path)
}

fn kept_environment() -> impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)> {
    env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        KEPT.contains(&name.as_ref()) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

fn encode(name: &'static str, module: &[u8]) -> Result<Vec<u8>, ProgramError> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| ProgramError::Encode(name, format!("{error:#}")))
}

fn read(path: &Path) -> Result<Vec<u8>, ProgramError> {
    fs::read(path).map_err(|error| file_error(path, &error))
}

fn file_error(path: &Path, error: &std::io::Error) -> ProgramError {
    ProgramError::File { path: path.to_owned(), reason: error.to_string() }
}

fn end_of(text: &str) -> String {
    let start = (0..=text.len().saturating_sub(OUTPUT_SHOWN)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.get(start..).unwrap_or_default().to_owned()
}
