use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::engine::{COMPONENT, digest_of, file};

/// The WebAssembly component that decides what to ask AWS and what the answers mean.
///
/// It reaches nothing but what the library sends for it; an [`Engine`](crate::Engine) refuses one that imports anything
/// else.
#[derive(Clone)]
pub struct Component {
    bytes: Cow<'static, [u8]>,
    digest: String,
}

impl Component {
    /// The one that was built with this library.
    #[must_use]
    pub fn built_in() -> Self {
        Self { bytes: Cow::Borrowed(COMPONENT), digest: digest_of(COMPONENT) }
    }

    /// Another build, from a file, if it is the one that is meant: `digest` is `sha256:` and 64 hexadecimal digits, as
    /// whoever built it has published it.
    ///
    /// # Errors
    /// The file cannot be read, or holds another component. Nothing of it was run.
    pub fn from_file(file: impl AsRef<Path>, digest: &str) -> Result<Self, ComponentError> {
        let component = Self::from_file_unverified(file.as_ref())?;
        if !file::same_digest(digest, &component.digest) {
            return Err(ComponentError::OtherDigest {
                file: file.as_ref().to_owned(),
                expected: digest.to_owned(),
                found: component.digest,
            });
        }
        Ok(component)
    }

    /// Another build, whatever it is. The sandbox and the guard hold for it as for any other; what its resources are worth
    /// is for whoever takes it to know.
    ///
    /// # Errors
    /// The file cannot be read, or is larger than any component (64 MiB).
    pub fn from_file_unverified(file: impl AsRef<Path>) -> Result<Self, ComponentError> {
        let path = file.as_ref();
        let bytes = file::read(path).map_err(|source| ComponentError::Unreadable { file: path.to_owned(), source })?;
        Ok(Self { digest: digest_of(&bytes), bytes: Cow::Owned(bytes) })
    }

    /// `sha256:` and the digest of its bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Shows the digest, not five megabytes.
impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Component").field(&self.digest).finish()
    }
}

/// Why a file is not taken as a component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    #[non_exhaustive]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is another component than the one that was asked for.
    #[error("{} is another component than the one asked for: expected {expected}, found {found}", file.display())]
    #[non_exhaustive]
    OtherDigest {
        /// The file.
        file: PathBuf,
        /// The digest that was asked for.
        expected: String,
        /// Its own.
        found: String,
    },
}
