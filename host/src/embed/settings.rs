use std::collections::BTreeMap;
use std::path::Path;

use super::engine::{Engine, EngineError};
use crate::cli::flags::Flags;
use crate::config::accept::Day;
use crate::config::files::{Disk, FileText, Files};
use crate::config::mistake::Refused;
use crate::config::node::Origin;
use crate::config::settings;
use crate::config::{Sources, load};
use crate::credentials;
use crate::run::now_ms;

/// Environment variables, as data: nothing else in this library reads the process's own.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process's, as it is now. Variables that are no text are left out.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    pub(super) fn for_credentials(&self) -> credentials::Environment {
        credentials::Environment::of(self.0.clone())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Shows nothing: variables hold keys and tokens.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

/// What to read, checked: accounts, regions, kinds, roles, limits.
///
/// The words are those of `portolan.yaml` (`portolan config --example` prints all of them). The variables that the binary
/// understands (`AWS_…`, `PORTOLAN__SECTION__KEY`, the peer's `OCEAN__…`) are taken from the given [`Environment`], and
/// from nowhere else.
#[derive(Clone)]
pub struct Settings {
    inner: settings::Settings,
    environment: Environment,
    notices: Vec<String>,
}

/// What mistakes in the text are said to be in.
const NAME: &str = "settings";

impl Settings {
    /// Reads settings from the text of a `portolan.yaml`. Files that the text names are read from the disk.
    ///
    /// # Errors
    /// All that is wrong with them, each with its line and what to write instead; or the component does not say what it can
    /// read.
    pub async fn from_yaml(engine: &Engine, text: &str, environment: &Environment) -> Result<Self, SettingsError> {
        let known = engine.known_kinds().await.map_err(SettingsError::Engine)?;
        let flags = Flags { config: Some(NAME.into()), ..Flags::default() };
        let now = time::OffsetDateTime::from_unix_timestamp(i64::try_from(now_ms() / 1_000).unwrap_or(0));
        let loaded = load(Sources {
            env: &environment.0,
            files: &TextAndDisk(text),
            flags: &flags,
            kinds: &known,
            today: Day::new(now.unwrap_or(time::OffsetDateTime::UNIX_EPOCH).date()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        });
        let loaded = loaded.map_err(|refused: Refused| {
            SettingsError::Mistakes(refused.mistakes.iter().map(ToString::to_string).collect())
        })?;
        let mut inner = loaded.settings;
        // The binary writes a catalogue where nobody says otherwise. A library writes where it was told to.
        if *inner.origins.of("to") == Origin::Default {
            inner.sinks.clear();
        }
        Ok(Self { inner, environment: environment.clone(), notices: loaded.notices })
    }

    /// What there is to be said about settings that are right: which variables are not used, and why.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    pub(super) fn inner(&self) -> &settings::Settings {
        &self.inner
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }
}

/// Shows which kinds are read, and none of the secrets.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<&String> = self.inner.kinds.selected.keys().collect();
        f.debug_struct("Settings").field("kinds", &kinds).finish_non_exhaustive()
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// All mistakes at once, in the order of their places: `settings:3:5: regions.deny: …; write …`.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
    /// The component does not say what it can read.
    #[error(transparent)]
    Engine(EngineError),
}

/// The text as one more file, and the disk.
struct TextAndDisk<'a>(&'a str);

impl Files for TextAndDisk<'_> {
    fn read(&self, path: &Path) -> std::io::Result<FileText> {
        if path == Path::new(NAME) {
            return Ok(FileText { text: self.0.to_owned(), others_can_read: false });
        }
        Disk.read(path)
    }

    fn names(&self, folder: &Path) -> std::io::Result<Vec<String>> {
        Disk.names(folder)
    }
}
