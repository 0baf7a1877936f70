use crate::outcome::Problem;
use crate::run::{self, summary};

/// What a run did.
#[derive(Debug, Clone)]
pub struct Report {
    inner: run::Report,
}

impl Report {
    pub(super) fn new(inner: run::Report) -> Self {
        Self { inner }
    }

    /// The run's id: `20261122T010203Z-9f3a`.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.inner.run_id
    }

    /// Whether everything was read that was to be read, but for what the settings accept. Where it was not, what is missing
    /// from the run says nothing of what exists.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.inner.exit_status == 0
    }

    /// The exit status that the binary would have ended with.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        self.inner.exit_status
    }

    /// Whether it was stopped before its end.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.inner.interrupted
    }

    /// What went wrong, the first some thousands.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.inner.problems.iter().map(|placed| &placed.problem)
    }

    /// The whole of it: accounts, units, kinds, scopes that are incomplete and why, calls; `report/1`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.inner).unwrap_or_default()
    }

    /// As the binary prints it at its end.
    #[must_use]
    pub fn summary(&self) -> String {
        summary(&self.inner)
    }
}
