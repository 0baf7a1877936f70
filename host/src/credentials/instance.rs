use std::time::Duration;

use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;

use super::{CredentialsError, Environment, SourceKind};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

/// When the user named this source: the metadata service of a starting instance may need a moment.
const ATTEMPTS: u32 = 4;
/// When nothing else was configured: off EC2 nobody answers, and the user waits for it.
const ATTEMPTS_OF_A_GUESS: u32 = 1;
/// It is one hop away.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Whether somebody said that it must not be asked.
pub(super) fn disabled(environment: &Environment) -> bool {
    environment.raw(DISABLED).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

/// The EC2 instance's role by IMDSv2; version 1 is never tried.
pub(super) fn provider(
    environment: &Environment,
    config: &ProviderConfig,
    guessed: bool,
) -> Result<ImdsCredentialsProvider, CredentialsError> {
    if disabled(environment) {
        return Err(CredentialsError::NotConfigured {
            kind: SourceKind::Instance,
            missing: format!("{DISABLED} is true"),
            next: "unset it, or name another source",
        });
    }
    // Always an explicit endpoint: without one the client would look into the process's environment and home.
    let endpoint = match (environment.get(ENDPOINT)?, environment.get(MODE)?) {
        (Some(endpoint), _) => endpoint,
        (None, Some(mode)) if mode.eq_ignore_ascii_case("ipv6") => IPV6.to_owned(),
        (None, Some(mode)) if !mode.eq_ignore_ascii_case("ipv4") => {
            return Err(CredentialsError::BadVariable { name: MODE, expected: "IPv4 or IPv6" });
        }
        (None, _) => IPV4.to_owned(),
    };
    let client = imds::Client::builder()
        .configure(config)
        .max_attempts(if guessed { ATTEMPTS_OF_A_GUESS } else { ATTEMPTS })
        .connect_timeout(TIMEOUT)
        .read_timeout(TIMEOUT)
        .endpoint(endpoint)
        .map_err(|_| CredentialsError::BadVariable { name: ENDPOINT, expected: "an address, http://169.254.169.254" })?
        .build();
    Ok(ImdsCredentialsProvider::builder().configure(config).imds_client(client).build())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_credential_types::provider::ProvideCredentials;
    use aws_smithy_async::rt::sleep::TokioSleep;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::{CredentialsError, Environment, MODE, ProviderConfig, provider};

    /// Keeps where it would have gone, and goes nowhere.
    #[derive(Debug, Clone, Default)]
    struct Nowhere(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Nowhere {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request.uri().to_owned());
            HttpConnectorFuture::ready(Err(ConnectorError::user("nowhere".into())))
        }
    }

    #[tokio::test]
    async fn the_mode_says_by_which_protocol() {
        for (mode, address) in [
            (None, "http://169.254.169.254/latest/api/token"),
            (Some("IPv4"), "http://169.254.169.254/latest/api/token"),
            (Some("ipv6"), "http://[fd00:ec2::254]/latest/api/token"),
        ] {
            let nowhere = Nowhere::default();
            let connector = SharedHttpConnector::new(nowhere.clone());
            let config = ProviderConfig::empty()
                .with_http_client(http_client_fn(move |_, _| connector.clone()))
                .with_sleep_impl(TokioSleep::new());
            let environment = Environment::of(mode.map(|mode| (MODE, mode)));
            let asked = provider(&environment, &config, true).unwrap();
            assert!(asked.provide_credentials().await.is_err());
            assert_eq!(*nowhere.0.lock().unwrap(), [address], "{mode:?}");
        }
        let wrong = provider(&Environment::of([(MODE, "IPv5")]), &ProviderConfig::empty(), true);
        assert!(matches!(wrong, Err(CredentialsError::BadVariable { name: MODE, .. })));
    }
}
