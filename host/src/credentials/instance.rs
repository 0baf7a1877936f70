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
