use std::collections::BTreeMap;
use std::sync::Arc;

use super::CredentialsError;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The environment variables, as data: nothing in this folder reads the process's own.
#[derive(Clone)]
pub struct Environment {
    lookup: Arc<Lookup>,
}

impl Environment {
    /// Answers by a function, `|name| std::env::var(name).ok()` in the binary.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { lookup: Arc::new(lookup) }
    }

    /// The process's own environment, read at each look.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Exactly these variables.
    #[must_use]
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables: BTreeMap<String, String> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::new(move |name| variables.get(name).cloned())
    }

    /// The same without the variables whose names begin so: what somebody else has decided by them already.
    #[must_use]
    pub fn without(&self, prefix: &'static str) -> Self {
        let lookup = Arc::clone(&self.lookup);
        Self::new(move |name| if name.starts_with(prefix) { None } else { lookup(name) })
    }

    /// The variable's value, or none where it is not set.
    ///
    /// # Errors
    /// It is set to nothing: that is a mistake somewhere, and taking it as absent would choose another identity.
    pub fn get(&self, name: &'static str) -> Result<Option<String>, CredentialsError> {
        match (self.lookup)(name) {
            Some(value) if value.trim().is_empty() => Err(CredentialsError::EmptyVariable { name }),
            other => Ok(other),
        }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        (self.lookup)(name).is_some()
    }

    pub(crate) fn raw(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
    }
}

/// Shows nothing: variables hold keys and tokens.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}
