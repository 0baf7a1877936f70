//! A value that may be sent but never shown.

/// Text that no log, error or report may carry: an external id, a token, a key.
///
/// Neither `Debug` nor `Display` gives it away, and it has no serialization on purpose. Whoever sends
/// it calls [`Secret::expose`], which is what a reviewer searches for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(String);

/// What stands in a secret's place.
const MASK: &str = "***";

impl Secret {
    /// Takes the value as it is; checking its form is for whoever knows what it is for.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for sending and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn neither_form_of_text_shows_it() {
        let secret = Secret::new("planted-value");
        for shown in
            [format!("{secret}"), format!("{secret:?}"), format!("{:?}", Some(&secret)), format!("{secret:>40}")]
        {
            assert!(!shown.contains("planted"), "{shown}");
        }
        assert_eq!(secret.expose(), "planted-value");
    }
}
