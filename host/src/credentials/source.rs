use std::fmt;
use std::str::FromStr;

/// What `--credentials` and `credentials.source` ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SourceSetting {
    /// The first that is configured, in a fixed order; which one and why is printed.
    #[default]
    Auto,
    /// The container's role: ECS tasks and EKS Pod Identity.
    Task,
    /// The EC2 instance's role, through IMDSv2.
    Instance,
    /// A token file: EKS service accounts (IRSA) and other OIDC issuers.
    WebIdentity,
    /// Access keys from the configuration or the environment.
    Keys,
    /// A profile of the shared files; without a name `AWS_PROFILE`'s, else `default`.
    Profile(Option<String>),
}

/// A source that Portolan does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not a credential source; write one of auto, task, instance, web-identity, keys, profile, profile:NAME{hint}"
)]
pub struct SourceSettingError {
    /// What was given, cut to 64 characters: a key could have been pasted there.
    pub given: String,
    hint: String,
}

impl FromStr for SourceSetting {
    type Err = SourceSettingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |hint: String| SourceSettingError { given: text.chars().take(64).collect(), hint };
        match text {
            "auto" => Ok(Self::Auto),
            "task" => Ok(Self::Task),
            "instance" => Ok(Self::Instance),
            "web-identity" => Ok(Self::WebIdentity),
            "keys" => Ok(Self::Keys),
            "profile" => Ok(Self::Profile(None)),
            other => match other.strip_prefix("profile:") {
                Some(name) if !name.trim().is_empty() => Ok(Self::Profile(Some(name.trim().to_owned()))),
                Some(_) => Err(refused(" (the profile's name is missing)".to_owned())),
                None => Err(refused(nearest(other))),
            },
        }
    }
}

impl fmt::Display for SourceSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Task => f.write_str("task"),
            Self::Instance => f.write_str("instance"),
            Self::WebIdentity => f.write_str("web-identity"),
            Self::Keys => f.write_str("keys"),
            Self::Profile(None) => f.write_str("profile"),
            Self::Profile(Some(name)) => write!(f, "profile:{name}"),
        }
    }
}

fn nearest(given: &str) -> String {
    /// Below this the likeness of two names is chance.
    const ALIKE: f64 = 0.7;
    ["auto", "task", "instance", "web-identity", "keys", "profile"]
        .into_iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!(" (did you mean {name:?}?)"))
}

/// Where the source's credentials come from, once that is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// See [`SourceSetting::Task`].
    Task,
    /// See [`SourceSetting::Instance`].
    Instance,
    /// See [`SourceSetting::WebIdentity`].
    WebIdentity,
    /// See [`SourceSetting::Keys`].
    Keys,
    /// See [`SourceSetting::Profile`].
    Profile,
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::Instance => "instance",
            Self::WebIdentity => "web-identity",
            Self::Keys => "keys",
            Self::Profile => "profile",
        })
    }
}

/// One name of the peer's `credentialProviderPriority`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerProvider {
    /// `AssumeRoleWithWebIdentity`: the token file.
    WebIdentity,
    /// `StaticCredential`: keys.
    Static,
    /// `AssumeRole`: whatever else the environment offers, as the source of AssumeRole.
    AssumeRole,
}

/// The peer's order of providers: `CREDENTIAL_PROVIDER_PRIORITY`, a comma list. Only what it names is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priority(pub(super) Vec<PeerProvider>);

/// A name in the priority that the peer does not have either, or none at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not a credential provider; write AssumeRoleWithWebIdentity, StaticCredential or AssumeRole, separated by commas"
)]
pub struct PriorityError {
    /// The name that is not known.
    pub given: String,
}

impl FromStr for Priority {
    type Err = PriorityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names: Result<Vec<PeerProvider>, PriorityError> = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| match name {
                "AssumeRoleWithWebIdentity" => Ok(PeerProvider::WebIdentity),
                "StaticCredential" => Ok(PeerProvider::Static),
                "AssumeRole" => Ok(PeerProvider::AssumeRole),
                other => Err(PriorityError { given: other.chars().take(64).collect() }),
            })
            .collect();
        match names {
            Ok(names) if names.is_empty() => Err(PriorityError { given: text.chars().take(64).collect() }),
            other => other.map(Self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Priority, SourceSetting};

    #[test]
    fn each_source_reads_back_as_written() {
        for text in ["auto", "task", "instance", "web-identity", "keys", "profile", "profile:audit"] {
            assert_eq!(text.parse::<SourceSetting>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_misspelt_source_names_the_nearest() {
        assert!(
            "web_identity".parse::<SourceSetting>().unwrap_err().to_string().contains("did you mean \"web-identity\"")
        );
        assert!("profile:".parse::<SourceSetting>().unwrap_err().to_string().contains("name is missing"));
        assert!("".parse::<SourceSetting>().is_err());
    }

    #[test]
    fn the_peers_order_is_read_and_unknown_names_refused() {
        assert_eq!("StaticCredential, AssumeRole,".parse::<Priority>().unwrap().0.len(), 2);
        assert!("StaticCredentials".parse::<Priority>().is_err());
        assert!(" , ".parse::<Priority>().is_err());
    }
}
