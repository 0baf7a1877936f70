use super::identity;
use super::sink::{Failures, Waiting, waiting};
use super::{Engine, Identity, Policy, Report, Session, Settings, Sink, SinkFailure};
use crate::config::settings::AccountsFrom;
use crate::run::{Cancellation, Embedded, Look, OwnIdentity, StartError, Surroundings, Task, sync};
use crate::secret::Secret;

/// The parts, put together: the reference run over everything, or a [`Session`] for a scheduler of your own.
///
/// What is not replaced is as in the binary: credentials from the environment that the settings were read with, roles assumed
/// from them under session policies, and the sinks of the settings' `to`.
pub struct Run {
    engine: Engine,
    settings: Settings,
    identity: Option<OwnIdentity>,
    policy: Policy,
    sinks: Vec<(String, Waiting)>,
    cancelled: Cancellation,
    redaction_key: Option<Secret>,
}

impl Run {
    /// A run with nothing replaced.
    #[must_use]
    pub fn new(engine: &Engine, settings: &Settings) -> Self {
        Self {
            engine: engine.clone(),
            settings: settings.clone(),
            identity: None,
            policy: Policy::default(),
            sinks: Vec::new(),
            cancelled: Cancellation::default(),
            redaction_key: None,
        }
    }

    /// Credentials of your own.
    #[must_use]
    pub fn identity(mut self, identity: impl Identity) -> Self {
        self.identity = Some(identity::own(identity));
        self
    }

    /// A sink of your own, beside those of the settings and those given before.
    #[must_use]
    pub fn sink(mut self, sink: impl Sink) -> Self {
        let mut name = sink.name();
        // Failures are told apart by name.
        while self.sinks.iter().any(|(known, _)| *known == name) {
            name.push_str(" (another)");
        }
        self.sinks.push((name.clone(), waiting(name, sink)));
        self
    }

    /// What may pass.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// A wish to stop: once it is cancelled, nothing new is begun, calls in flight are given up, and nothing is deleted.
    #[must_use]
    pub fn stop_on(mut self, cancelled: &Cancellation) -> Self {
        self.cancelled = cancelled.clone();
        self
    }

    /// What digests of sensitive values are keyed with: 32 hexadecimal digits at least, from a place that keeps secrets.
    /// Without one, each run without a catalogue makes its own, so that digests of different runs cannot be compared and
    /// cursors of one session lead nowhere in the next. A catalogue brings its own key.
    #[must_use]
    pub fn redaction_key(mut self, hexadecimal: impl Into<String>) -> Self {
        self.redaction_key = Some(Secret::new(hexadecimal));
        self
    }

    /// Reads everything that the settings select into the sinks. Dropping the future gives the run up where it stands.
    ///
    /// # Errors
    /// The run could not begin; or a sink did not take everything. Whatever goes wrong in an account or a unit is theirs, and
    /// stands in the report.
    pub async fn sync(self) -> Result<Report, RunError> {
        if let Some(why) = self.no_accounts() {
            return Err(RunError::Settings(why));
        }
        let of_settings = self.settings.inner().sinks.len();
        if of_settings + self.sinks.len() == 0 {
            let text = "there is nowhere to write to: give a sink, or name one under `to` in the settings";
            return Err(RunError::Settings(text.to_owned()));
        }
        let failures = Failures::of(of_settings + self.sinks.len(), self.cancelled.clone());
        let (engine, settings, mut surroundings, waiting) = self.prepared();
        surroundings.embedded.sinks = waiting.into_iter().map(|open| open(failures.clone())).collect();
        let report = sync(engine.inner().clone(), settings.inner().clone(), surroundings, Task::Sync).await;
        let report = report.map_err(RunError::not_started)?;
        let mut failed = failures.take();
        for (sink, error) in &report.failed_sinks {
            if !failed.iter().any(|known| known.sink == *sink) {
                failed.push(SinkFailure { sink: sink.clone(), error: error.clone().into() });
            }
        }
        let report = Report::new(report);
        if failed.is_empty() { Ok(report) } else { Err(RunError::Sink { failed, report: Box::new(report) }) }
    }

    /// Opens what a scheduler of your own reads with. Sinks are not used.
    ///
    /// # Errors
    /// The settings do not fit the component, or nothing could be authenticated.
    pub async fn session(self) -> Result<Session, RunError> {
        let no_accounts = self.no_accounts();
        let (engine, settings, surroundings, _) = self.prepared();
        let look = Look::begin_in(engine.inner().clone(), settings.inner().clone(), surroundings).await;
        Ok(Session { look: look.map_err(RunError::not_started)?.into(), no_accounts })
    }

    /// With credentials of the embedder's, nobody at AWS is asked whose they are: what `self` means has to be said.
    fn no_accounts(&self) -> Option<String> {
        let identity = self.identity.as_ref()?;
        match self.settings.inner().accounts.from {
            None => Some(
                "no accounts are configured: set accounts.from to organization or roles, or to self where the identity \
                 says which account it belongs to"
                    .to_owned(),
            ),
            Some(AccountsFrom::Own) if identity.account.is_none() => {
                Some("accounts.from is self, and the identity does not say which account that is".to_owned())
            }
            Some(_) => None,
        }
    }

    fn prepared(self) -> (Engine, Settings, Surroundings, Vec<Waiting>) {
        let Self { engine, settings, identity, policy, sinks, cancelled, redaction_key } = self;
        let mut embedded = Embedded { identity, redaction_key, ..Embedded::default() };
        policy.put_into(&mut embedded);
        let surroundings = Surroundings {
            environment: settings.environment().for_credentials(),
            at_terminal: false,
            cancelled,
            replay: None,
            stand_in: None,
            embedded,
        };
        (engine, settings, surroundings, sinks.into_iter().map(|(_, waiting)| waiting).collect())
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("settings", &self.settings)
            .field("own_identity", &self.identity.is_some())
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Why a run did not begin, or did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The settings cannot work, or the component refuses them.
    #[error("{0}")]
    Settings(String),
    /// Nothing could be authenticated, or the accounts not be listed.
    #[error("{0}")]
    NoAccess(String),
    /// Another run holds the catalogue.
    #[error("{0}")]
    Locked(String),
    /// A sink could not be opened.
    #[error("{0}")]
    NoSink(String),
    /// Sinks did not take everything; the others did.
    #[error("{}", failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    #[non_exhaustive]
    Sink {
        /// Which, and why.
        failed: Vec<SinkFailure>,
        /// What the run did all the same.
        report: Box<Report>,
    },
}

impl RunError {
    pub(super) fn not_started(error: StartError) -> Self {
        match error {
            StartError::Usage(text) => Self::Settings(text),
            StartError::NoAccess(text) => Self::NoAccess(text),
            StartError::Sink(text) => Self::NoSink(text),
            StartError::Locked(text) => Self::Locked(text),
        }
    }
}
