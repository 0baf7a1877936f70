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

#[cfg(test)]
mod tests {
    use aws_config::provider_config::ProviderConfig;
    use aws_credential_types::provider::ProvideCredentials;
    use aws_smithy_async::rt::sleep::TokioSleep;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::{Environment, RELATIVE_URI, provider};

    /// Prints where it would have gone, and goes nowhere.
    #[derive(Debug)]
    struct Nowhere;

    impl HttpConnector for Nowhere {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            println!("WENT {} {}", request.method(), request.uri());
            HttpConnectorFuture::ready(Err(ConnectorError::user("nowhere".into())))
        }
    }

    #[tokio::test]
    #[ignore = "run by the test below, in a process with its own environment"]
    async fn child() {
        let config = ProviderConfig::empty()
            .with_http_client(http_client_fn(|_, _| SharedHttpConnector::new(Nowhere)))
            .with_sleep_impl(TokioSleep::new());
        assert!(provider(&Environment::of_process(), &config).unwrap().provide_credentials().await.is_err());
    }

    /// The relative address is below the agent of ECS, which is not on loopback: only the address is tested.
    #[test]
    fn a_relative_address_is_below_the_agent_of_ecs() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "credentials::task::tests::child", "--ignored", "--nocapture"])
            .env(RELATIVE_URI, "/v2/credentials/7a2b?x=y")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("WENT GET http://169.254.170.2/v2/credentials/7a2b?x=y"), "{said}");
    }
}
