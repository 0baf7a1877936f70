//! How a component of Portolan's is made: its crate is built for `wasm32-unknown-unknown` by a cargo of its own, and the
//! module is encoded.
//!
//! The inner cargo has a target folder of its own (an outer one holds the lock of its own) and an environment scrubbed of
//! what an outer cargo has set. The same sources and the same compiler give the same bytes in every folder: [`paths`] says
//! how. All guests are built with the same flags, so that one target folder serves them all.

mod environment;
pub mod paths;
mod target;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wit_component::ComponentEncoder;

pub use environment::cargo_home;
use environment::scrubbed;
pub use target::compiler_version;

/// The one target: it has no system, so nothing of WASI can slip into the imports.
pub const TARGET: &str = "wasm32-unknown-unknown";
/// The profile in the workspace's `Cargo.toml`.
pub const PROFILE: &str = "guest";

/// How much of a failed build's output an error shows: its end, where the first cause is not far.
const OUTPUT_SHOWN: usize = 4_000;

/// Why there is no component.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BuildError {
    /// The compiler has no standard library for the target, and it could not be added.
    #[error("the target {TARGET} is missing and {0}. Run: rustup target add {TARGET}")]
    Target(String),
    /// A program could not be started, or did not answer as it should.
    #[error("{program}: {reason}")]
    Tool {
        /// The program, as it was called.
        program: String,
        /// What the system or the program said.
        reason: String,
    },
    /// Cargo could not build it.
    #[error("{package} does not build:\n{output}")]
    Build {
        /// The package.
        package: String,
        /// The end of what cargo said.
        output: String,
    },
    /// What was built does not hold the interface that a component has.
    #[error("{package} does not encode as a component: {reason}")]
    Encode {
        /// The package.
        package: String,
        /// What the encoder said.
        reason: String,
    },
    /// A file could not be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// What is built, and where.
#[derive(Debug, Clone, Copy)]
pub struct Guest<'a> {
    /// The folder that all guests lie in. An absolute path, and the same for all: it is in the flags, and what was built with
    /// other flags is built again.
    pub root: &'a Path,
    /// The folder of its workspace in there, with the `Cargo.lock` and the profile; `.` for the root itself.
    pub workspace: &'a str,
    /// The package with the library.
    pub package: &'a str,
    /// The target folder of all guests. An absolute path.
    pub target: &'a Path,
    /// Another `CARGO_HOME` than the environment's.
    pub cargo_home: Option<&'a Path>,
}

impl Guest<'_> {
    /// Builds the module and encodes it: the component's bytes.
    ///
    /// # Errors
    /// Each variant of [`BuildError`] says what to do.
    pub fn component(&self) -> Result<Vec<u8>, BuildError> {
        let module = self.module()?;
        let module = fs::read(&module).map_err(|error| file_error(&module, &error))?;
        ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|mut encoder| encoder.encode())
            .map_err(|error| BuildError::Encode { package: self.package.to_owned(), reason: format!("{error:#}") })
    }

    fn module(&self) -> Result<PathBuf, BuildError> {
        target::ensure(self.root)?;
        let mut before = self.registries();
        loop {
            self.cargo_build(&before)?;
            let after = self.registries();
            // Sources that were fetched just now lie in a folder that the flags did not name: once more, with it.
            if after == before {
                break;
            }
            before = after;
        }
        let library = self.package.replace('-', "_");
        Ok(self.target.join(TARGET).join(PROFILE).join(library).with_extension("wasm"))
    }

    fn cargo_build(&self, registries: &[PathBuf]) -> Result<(), BuildError> {
        let flags = paths::flags(self.root, self.target, registries, &target::compiler(self.root)?);
        let mut cargo = scrubbed("CARGO", "cargo");
        cargo
            .current_dir(self.root.join(self.workspace))
            .args(["build", "--locked", "--lib", "--package", self.package])
            .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
            .arg(self.target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags);
        if let Some(home) = self.cargo_home {
            cargo.env("CARGO_HOME", home);
        }
        let failed = |output| BuildError::Build { package: self.package.to_owned(), output };
        let answer = cargo.output().map_err(|error| failed(error.to_string()))?;
        if answer.status.success() { Ok(()) } else { Err(failed(end_of(&String::from_utf8_lossy(&answer.stderr)))) }
    }

    fn registries(&self) -> Vec<PathBuf> {
        let home = self.cargo_home.map(Path::to_path_buf).or_else(cargo_home);
        home.map(|home| paths::registries(&home)).unwrap_or_default()
    }
}

fn file_error(path: &Path, error: &io::Error) -> BuildError {
    BuildError::File { path: path.to_owned(), reason: error.to_string() }
}

fn end_of(text: &str) -> String {
    let start = (0..=text.len().saturating_sub(OUTPUT_SHOWN)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.get(start..).unwrap_or_default().to_owned()
}
