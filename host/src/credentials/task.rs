use aws_config::ecs::EcsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;

use super::{CredentialsError, Environment, SourceKind};

const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const READ_BY_THE_PROVIDER: [&str; 4] =
    [RELATIVE_URI, FULL_URI, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// Which variable announces a container's role, relative before full as the provider reads them.
pub(super) fn announced(environment: &Environment) -> Result<Option<&'static str>, CredentialsError> {
    for name in [RELATIVE_URI, FULL_URI] {
        if environment.get(name)?.is_some() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// ECS tasks and EKS Pod Identity: AWS's own provider, which reads the token file anew at each load and
/// refuses addresses other than https, loopback and the two agents'.
///
/// It reads the process's variables and cannot be given others. So where the environment that the rest
/// was decided by says something else, this is refused rather than fetching another identity.
pub(super) fn provider(
    environment: &Environment,
    config: &ProviderConfig,
) -> Result<EcsCredentialsProvider, CredentialsError> {
    if announced(environment)?.is_none() {
        return Err(CredentialsError::NotConfigured {
            kind: SourceKind::Task,
            missing: format!("neither {RELATIVE_URI} nor {FULL_URI} is set"),
            next: "give the ECS task definition a task role, or the Kubernetes service account a Pod Identity \
                   association, and start it anew",
        });
    }
    if let Some(name) = READ_BY_THE_PROVIDER.into_iter().find(|name| environment.raw(name) != std::env::var(name).ok())
    {
        return Err(CredentialsError::ForeignEnvironment { name });
    }
    Ok(EcsCredentialsProvider::builder().configure(config).build())
}
