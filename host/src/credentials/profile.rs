use std::collections::HashMap;
use std::path::PathBuf;

use aws_config::profile::{Profile, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::{CredentialsError, Environment, Keys, SourceKind};

const DEFAULT: &str = "default";

/// What makes a profile one of credentials; `region` alone does not.
const CREDENTIAL_SETTINGS: [&str; 8] = [
    "aws_access_key_id",
    "role_arn",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "credential_process",
    "sso_session",
    "sso_start_url",
];

/// Settings that need another program or a browser, and how to come by their credentials.
const NOT_SERVED: [&str; 4] = ["credential_process", "sso_session", "sso_start_url", "login_session"];

/// A profile that exists and can give credentials.
#[derive(Debug, Clone)]
pub(super) struct FoundProfile {
    pub(super) name: String,
    /// Whether its credentials are a role's session, as far as the file tells.
    pub(super) is_role: Option<bool>,
    files: Files,
}

#[derive(Debug, Clone)]
struct Files(Vec<(EnvConfigFileKind, PathBuf)>);

/// The profile that the environment means, none where it has none with credentials.
///
/// # Errors
/// A profile was named, here or by `AWS_PROFILE`, and is not there or gives no credentials; a file
/// that was named is not there; a file is not in the format.
pub(super) async fn find(
    environment: &Environment,
    named: Option<&str>,
) -> Result<Option<FoundProfile>, CredentialsError> {
    let wanted = match named {
        Some(name) => Some(name.to_owned()),
        None => match environment.get("AWS_PROFILE")? {
            Some(name) => Some(name),
            None => environment.get("AWS_DEFAULT_PROFILE")?,
        },
    };
    let name = wanted.clone().unwrap_or_else(|| DEFAULT.to_owned());
    let refused = |reason: String| CredentialsError::Profile { name: name.clone(), reason };
    let files = Files::of(environment)?;
    if files.0.is_empty() {
        return match wanted {
            Some(_) => Err(refused("there is neither ~/.aws/config nor ~/.aws/credentials".to_owned())),
            None => Ok(None),
        };
    }
    // An empty environment: the files and the name are given, nothing else is to shape the answer.
    let nothing = Env::from(HashMap::new());
    let set = aws_config::profile::load(&Fs::real(), &nothing, &files.build(&[]), Some(name.clone().into()))
        .await
        .map_err(|error| {
            let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            refused(cause)
        })?;
    let profile = set.get_profile(&name);
    let has_credentials =
        profile.is_some_and(|profile| CREDENTIAL_SETTINGS.iter().any(|setting| profile.get(setting).is_some()));
    match (profile, has_credentials, &wanted) {
        (Some(profile), true, _) => {
            if let Some(setting) = NOT_SERVED.into_iter().find(|setting| profile.get(setting).is_some()) {
                return Err(refused(format!(
                    "it gets its credentials by {setting}, which Portolan does not do; export them first: \
                     eval \"$(aws configure export-credentials --profile {name} --format env)\""
                )));
            }
            Ok(Some(FoundProfile { name, is_role: is_role(profile), files }))
        }
        (_, _, None) => Ok(None),
        (None, _, Some(_)) => Err(refused("no file has a profile of that name".to_owned())),
        (Some(_), false, Some(_)) => Err(refused("it holds no credentials and no role".to_owned())),
    }
}

fn is_role(profile: &Profile) -> Option<bool> {
    if profile.get("role_arn").is_some() {
        Some(true)
    } else if profile.get("aws_access_key_id").is_some() && profile.get("aws_session_token").is_none() {
        Some(false)
    } else {
        None
    }
}

impl Files {
    fn of(environment: &Environment) -> Result<Self, CredentialsError> {
        let home = environment.get("HOME")?.map(PathBuf::from);
        let mut files = Vec::new();
        for (kind, variable, standard) in [
            (EnvConfigFileKind::Config, "AWS_CONFIG_FILE", ".aws/config"),
            (EnvConfigFileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        ] {
            match environment.get(variable)? {
                Some(path) => {
                    let path = match (path.strip_prefix("~/"), &home) {
                        (Some(rest), Some(home)) => home.join(rest),
                        _ => PathBuf::from(path),
                    };
                    if !path.is_file() {
                        return Err(CredentialsError::BadVariable { name: variable, expected: "a file that exists" });
                    }
                    files.push((kind, path));
                }
                None => files.extend(
                    home.as_ref()
                        .map(|home| home.join(standard))
                        .filter(|path| path.is_file())
                        .map(|path| (kind, path)),
                ),
            }
        }
        Ok(Self(files))
    }

    fn build(&self, and: &[String]) -> EnvConfigFiles {
        let files = self.0.iter().fold(EnvConfigFiles::builder(), |all, (kind, path)| all.with_file(*kind, path));
        and.iter().fold(files, |all, text| all.with_contents(EnvConfigFileKind::Config, text)).build()
    }
}

/// AWS's own provider for shared files: static keys, `role_arn` with `source_profile`,
/// `credential_source` or `web_identity_token_file`.
///
/// Its calls to STS go to `sts_endpoint`. The provider has no setting for that, but a `services` section
/// of the profile is one, so such a section is laid over the files. (Ruling: an endpoint never
/// comes from a profile either.)
pub(super) fn provider(
    found: &FoundProfile,
    environment: &Environment,
    config: &ProviderConfig,
    sts_endpoint: &str,
) -> Result<ProfileFileCredentialsProvider, CredentialsError> {
    let name = &found.name;
    let overlay = format!(
        "[profile {name}]\nservices = portolan-sts\n[services portolan-sts]\nsts =\n  endpoint_url = {sts_endpoint}\n"
    );
    let mut builder = ProfileFileCredentialsProvider::builder()
        .configure(config)
        .profile_files(found.files.build(&[overlay]))
        .profile_name(name);
    if let Some(keys) = Keys::from_environment(environment)? {
        builder = builder.with_custom_provider("Environment", keys.credentials());
    }
    Ok(builder.build())
}

/// For `--credentials profile`: must be there.
pub(super) async fn required(environment: &Environment, named: Option<&str>) -> Result<FoundProfile, CredentialsError> {
    find(environment, named).await?.ok_or_else(|| CredentialsError::NotConfigured {
        kind: SourceKind::Profile,
        missing: "there is no default profile with credentials in ~/.aws".to_owned(),
        next: "name one (--credentials profile:NAME), or make it with `aws configure`",
    })
}
