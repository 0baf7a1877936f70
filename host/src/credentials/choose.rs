//! Which source, and why: decided from configuration alone, except for the last guess of `auto`.

use std::path::Path;

use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region as SdkRegion;

use super::failure::{AssumeFailure, What};
use super::plan_check::SourceFacts;
use super::profile::FoundProfile;
use super::roles::Hop;
use super::source::{PeerProvider, Priority};
use super::web_identity::read_token;
use super::{CredentialsError, Environment, Keys, SourceKind, SourceSetting, Sts, WebIdentity};
use super::{instance, profile, task};

/// A pod has it; inside one, the metadata service gives the node's role, which is not the pod's.
const IN_KUBERNETES: &str = "KUBERNETES_SERVICE_HOST";

/// What can be chosen from.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What the user asked for.
    pub setting: SourceSetting,
    /// `CREDENTIAL_PROVIDER_PRIORITY`, for `auto`.
    pub priority: Option<Priority>,
    /// Keys of the configuration (`credentials.keys`, or the peer's names for them).
    pub keys: Option<Keys>,
    /// The environment.
    pub environment: Environment,
}

/// The source that was decided on. There is one for a run, and no other is ever tried.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Where the credentials come from.
    pub kind: SourceKind,
    /// One line for the run's first lines: what was taken, by what, and what else was there.
    pub why: String,
    /// Gives them. It caches nothing.
    pub provider: SharedCredentialsProvider,
    /// The token file, where the kind is web identity: roles are then assumed with the token.
    pub web_identity: Option<WebIdentity>,
    /// Whether they are a role's session; none where only AWS knows.
    pub is_role: Option<bool>,
}

impl Chosen {
    /// What role plans are checked against.
    #[must_use]
    pub fn facts(&self) -> SourceFacts {
        SourceFacts { kind: self.kind, is_role: self.is_role }
    }
}

/// A source with what it needs, before its provider is made.
enum Candidate {
    WebIdentity(WebIdentity),
    Task,
    Keys(Keys),
    Profile(FoundProfile),
    Instance { guessed: bool },
}

impl Candidate {
    fn kind(&self) -> SourceKind {
        match self {
            Self::WebIdentity(_) => SourceKind::WebIdentity,
            Self::Task => SourceKind::Task,
            Self::Keys(_) => SourceKind::Keys,
            Self::Profile(_) => SourceKind::Profile,
            Self::Instance { .. } => SourceKind::Instance,
        }
    }
}

/// Decides on the source.
///
/// Only the guess of `auto` that this is an EC2 instance is tried here, once; all else is first asked
/// when its credentials are needed, and what goes wrong then is that source's failure.
///
/// # Errors
/// The source that was named has nothing to work with, a setting is half or empty, or there is nothing at all.
pub async fn choose(sources: &Sources, sts: &Sts) -> Result<Chosen, CredentialsError> {
    let environment = &sources.environment;
    match &sources.setting {
        SourceSetting::Auto => automatic(sources, sts).await,
        named => {
            let candidate = match named {
                SourceSetting::WebIdentity => Candidate::WebIdentity(WebIdentity::required(environment)?),
                SourceSetting::Task => Candidate::Task,
                SourceSetting::Keys => Candidate::Keys(named_keys(sources)?),
                SourceSetting::Profile(name) => {
                    Candidate::Profile(profile::required(environment, name.as_deref()).await?)
                }
                SourceSetting::Instance | SourceSetting::Auto => Candidate::Instance { guessed: false },
            };
            let why = format!("credentials: {named} (as asked for{})", detail(&candidate));
            build(candidate, why, sources, sts)
        }
    }
}

fn named_keys(sources: &Sources) -> Result<Keys, CredentialsError> {
    let found = match &sources.keys {
        Some(keys) => Some(keys.clone()),
        None => Keys::from_environment(&sources.environment)?,
    };
    found.ok_or_else(|| CredentialsError::NotConfigured {
        kind: SourceKind::Keys,
        missing: "there are neither credentials.keys nor AWS_ACCESS_KEY_ID".to_owned(),
        next: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    })
}

fn detail(candidate: &Candidate) -> String {
    match candidate {
        Candidate::Profile(found) => format!(", profile {:?}", found.name),
        Candidate::Keys(keys) => format!(", access key {}", keys.access_key_id),
        Candidate::WebIdentity(web) => format!(", token file {}", web.token_file.display()),
        Candidate::Task | Candidate::Instance { .. } => String::new(),
    }
}

/// All that is configured, in the order of `auto`, each with the reason to think so.
struct Found {
    candidates: Vec<(Candidate, String)>,
    /// A profile is meant and cannot be used. It matters only where it would have been taken: who
    /// exported the keys of a profile still has `AWS_PROFILE` set.
    broken_profile: Option<CredentialsError>,
}

/// Half a configuration is an error even where another source would come first: it was meant.
async fn configured(sources: &Sources) -> Result<Found, CredentialsError> {
    let environment = &sources.environment;
    let mut candidates = Vec::new();
    if let Some(web) = WebIdentity::from_environment(environment)? {
        candidates.push((Candidate::WebIdentity(web), "AWS_WEB_IDENTITY_TOKEN_FILE is set".to_owned()));
    }
    if let Some(keys) = &sources.keys {
        candidates.push((Candidate::Keys(keys.clone()), "keys are configured".to_owned()));
    }
    if let Some(name) = task::announced(environment)? {
        candidates.push((Candidate::Task, format!("{name} is set")));
    }
    // Keys of the configuration replace the environment's: they are one setting.
    if let (None, Some(keys)) = (&sources.keys, Keys::from_environment(environment)?) {
        candidates.push((Candidate::Keys(keys), "AWS_ACCESS_KEY_ID is set".to_owned()));
    }
    let broken_profile = match profile::find(environment, None).await {
        Ok(Some(profile)) => {
            let why = format!("profile {:?} has credentials", profile.name);
            candidates.push((Candidate::Profile(profile), why));
            None
        }
        Ok(None) => None,
        Err(error) => Some(error),
    };
    Ok(Found { candidates, broken_profile })
}

async fn automatic(sources: &Sources, sts: &Sts) -> Result<Chosen, CredentialsError> {
    let Found { candidates: mut found, broken_profile } = configured(sources).await?;
    let taken = match &sources.priority {
        None => (!found.is_empty()).then_some(0),
        Some(Priority(names)) => names.iter().find_map(|name| {
            found.iter().position(|(candidate, _)| match name {
                PeerProvider::WebIdentity => matches!(candidate, Candidate::WebIdentity(_)),
                PeerProvider::Static => matches!(candidate, Candidate::Keys(_)),
                PeerProvider::AssumeRole => !matches!(candidate, Candidate::WebIdentity(_)),
            })
        }),
    };
    let Some(taken) = taken else {
        // The profile would have been next: what is wrong with it is the answer, not another identity.
        return match broken_profile.filter(|_| priority_allows_ambient(sources)) {
            Some(error) => Err(error),
            None => guess_instance(sources, sts, &found).await,
        };
    };
    let (candidate, reason) = found.remove(taken);
    let by = if sources.priority.is_some() { "by credentialProviderPriority: " } else { "" };
    let mut why = format!("credentials: {} (auto, {by}{reason}{})", candidate.kind(), detail(&candidate));
    let left: Vec<String> = found.iter().map(|(other, why)| format!("{} ({why})", other.kind())).collect();
    if !left.is_empty() {
        why.push_str("; not used: ");
        why.push_str(&left.join(", "));
    }
    build(candidate, why, sources, sts)
}

fn priority_allows_ambient(sources: &Sources) -> bool {
    sources.priority.as_ref().is_none_or(|Priority(names)| names.contains(&PeerProvider::AssumeRole))
}

/// Nothing is configured: perhaps this is an EC2 instance. One attempt, and never inside Kubernetes.
async fn guess_instance(
    sources: &Sources,
    sts: &Sts,
    unnamed: &[(Candidate, String)],
) -> Result<Chosen, CredentialsError> {
    let environment = &sources.environment;
    let mut looked = "AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI, \
                      AWS_ACCESS_KEY_ID, profiles in ~/.aws"
        .to_owned();
    for (other, why) in unnamed {
        looked.push_str(&format!(" ({}: {why}, but credentialProviderPriority does not name it)", other.kind()));
    }
    let reason = if !priority_allows_ambient(sources) {
        Some("not asked: credentialProviderPriority does not name AssumeRole".to_owned())
    } else if environment.is_set(IN_KUBERNETES) {
        Some("not asked: inside Kubernetes it gives the node's role; --credentials instance asks it".to_owned())
    } else if instance::disabled(environment) {
        Some("not asked: AWS_EC2_METADATA_DISABLED is true".to_owned())
    } else {
        None
    };
    let nothing = |reason: &str| CredentialsError::NothingConfigured {
        looked: format!("{looked}, and the EC2 instance metadata service ({reason})"),
    };
    if let Some(reason) = reason {
        return Err(nothing(&reason));
    }
    let why = "credentials: instance (auto, nothing else is configured and the metadata service answered)".to_owned();
    let chosen = build(Candidate::Instance { guessed: true }, why, sources, sts)?;
    match chosen.provider.provide_credentials().await {
        Ok(_) => Ok(chosen),
        Err(ProviderError::CredentialsNotLoaded(_)) => Err(nothing("no answer, or no role attached")),
        Err(error) => Err(CredentialsError::Failed(super::load::failure_of(SourceKind::Instance, &error))),
    }
}

fn build(candidate: Candidate, why: String, sources: &Sources, sts: &Sts) -> Result<Chosen, CredentialsError> {
    let environment = &sources.environment;
    let config = ProviderConfig::empty()
        .with_http_client(sts.http.clone())
        .with_sleep_impl(sts.sleep().clone())
        .with_time_source(sts.clock().clone())
        .with_region(Some(SdkRegion::new(sts.region.to_string())))
        .with_retry_config(RetryConfig::disabled());
    let kind = candidate.kind();
    let (provider, web_identity, is_role) = match candidate {
        Candidate::Task => (SharedCredentialsProvider::new(task::provider(environment, &config)?), None, Some(true)),
        Candidate::Instance { guessed } => {
            let provider = instance::provider(environment, &config, guessed)?;
            (SharedCredentialsProvider::new(provider), None, Some(true))
        }
        Candidate::Keys(keys) => {
            // Temporary keys may be a role's or a user's: only AWS knows.
            let is_role = keys.session_token.is_none().then_some(false);
            (SharedCredentialsProvider::new(keys.credentials()), None, is_role)
        }
        Candidate::Profile(found) => {
            let provider = profile::provider(&found, environment, &config, sts.endpoint())?;
            (SharedCredentialsProvider::new(provider), None, found.is_role)
        }
        Candidate::WebIdentity(web) => {
            let provider = WebIdentityProvider { sts: sts.clone(), web: web.clone() };
            (SharedCredentialsProvider::new(provider), Some(web), Some(true))
        }
    };
    Ok(Chosen { kind, why, provider, web_identity, is_role })
}

/// The identity of `AWS_ROLE_ARN`. AWS's own provider for it cannot be told an endpoint.
#[derive(Debug)]
struct WebIdentityProvider {
    sts: Sts,
    web: WebIdentity,
}

impl WebIdentityProvider {
    async fn exchange(&self) -> Result<Credentials, AssumeFailure> {
        let role = self.web.role.clone().ok_or_else(|| {
            AssumeFailure::own(None, What::Settings, "AWS_ROLE_ARN is not set, so the token has no role of its own")
        })?;
        exchange_token(
            &self.sts,
            &self.web.token_file,
            &Hop {
                role,
                by_web_identity: true,
                external_id: None,
                session_name: self.web.session_name.clone().unwrap_or_else(|| "portolan".to_owned()),
                duration_s: None,
                source_identity: None,
                policy: None,
            },
        )
        .await
    }
}

impl ProvideCredentials for WebIdentityProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.exchange().await.map_err(ProviderError::provider_error) })
    }
}

/// Reads the token as it is now, and has it exchanged.
pub(super) async fn exchange_token(sts: &Sts, file: &Path, hop: &Hop) -> Result<Credentials, AssumeFailure> {
    let token = read_token(file).await.map_err(|reason| AssumeFailure::own(Some(&hop.role), What::Source, reason))?;
    sts.assume_role_with_web_identity(&token, hop).await
}
