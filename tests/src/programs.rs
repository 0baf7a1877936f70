//! Builds the component of `tests/programs`, which misbehaves on demand.
//!
//! It is no member of the workspace, since it is built for `wasm32-unknown-unknown` alone. It goes into the target folder of
//! the real guest and by the same profile, so that the generator of bindings, which both use, is compiled once.

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
    #[error("tests/programs does not build (is the target there? rustup target add {TARGET}):\n{0}")]
    Build(String),
    /// What was built is not a component of this interface.
    #[error("tests/programs does not encode as a component: {0}")]
    Encode(String),
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// The file of the component that misbehaves on demand, built once in a process.
///
/// # Panics
/// When it cannot be built; the message says why and what to do.
pub fn misbehaving() -> &'static Path {
    static BUILT: OnceLock<Result<PathBuf, ProgramError>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(path) => path,
        Err(error) => panic!("{error}"),
    }
}

fn build() -> Result<PathBuf, ProgramError> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let target = folders::target().join("guest");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.env_clear().envs(kept_environment()).current_dir(&source);
    command.args(["build", "--locked", "--profile", "guest", "--target", TARGET, "--target-dir"]).arg(&target);
    let answer = command.output().map_err(|error| ProgramError::Build(error.to_string()))?;
    if !answer.status.success() {
        return Err(ProgramError::Build(end_of(&String::from_utf8_lossy(&answer.stderr))));
    }
    let module = target.join(TARGET).join("guest").join("misbehaving.wasm");
    let component = encode(&read(&module)?)?;
    // Other test executables may read the file at the same time, so it is never seen half written.
    let path = target.join("misbehaving.component.wasm");
    let draft = target.join(format!("misbehaving.component.{}.draft", std::process::id()));
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

fn encode(module: &[u8]) -> Result<Vec<u8>, ProgramError> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| ProgramError::Encode(format!("{error:#}")))
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
