//! Every environment variable that the program reads, declared once.

/// A variable, or a family of them where the name ends with `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, as one line.
    pub what: &'static str,
}

/// Prefix of Portolan's own settings: `PORTOLAN__ACCOUNTS__FROM` is `accounts.from`.
pub const PORTOLAN: &str = "PORTOLAN__";
/// All of the peer's integration settings as one JSON object.
pub const OCEAN_JSON: &str = "OCEAN__INTEGRATION__CONFIG";
/// Prefix of the peer's integration settings, one each.
pub const OCEAN: &str = "OCEAN__INTEGRATION__CONFIG__";
/// Prefix of the peer's framework: of it, only [`OCEAN_OF_PORT`] is read.
pub const OCEAN_FRAMEWORK: &str = "OCEAN__";
/// Where Port's API is, by the peer's name.
pub const OCEAN_PORT_BASE_URL: &str = "OCEAN__PORT__BASE_URL";
/// The id of the client at Port, by the peer's name.
pub const OCEAN_PORT_CLIENT_ID: &str = "OCEAN__PORT__CLIENT_ID";
/// The secret of that client, by the peer's name.
pub const OCEAN_PORT_CLIENT_SECRET: &str = "OCEAN__PORT__CLIENT_SECRET";
/// A file with that secret; [`OCEAN_PORT_CLIENT_SECRET`] wins.
pub const PORT_CLIENT_SECRET_FILE: &str = "PORTOLAN_PORT_CLIENT_SECRET_FILE";
/// The integration's identifier at Port, by the peer's name.
pub const OCEAN_IDENTIFIER: &str = "OCEAN__INTEGRATION__IDENTIFIER";
/// The integration's type at Port, by the peer's name.
pub const OCEAN_TYPE: &str = "OCEAN__INTEGRATION__TYPE";
/// What the sink `port` reads of the peer's framework.
pub const OCEAN_OF_PORT: &[&str] =
    &[OCEAN_PORT_BASE_URL, OCEAN_PORT_CLIENT_ID, OCEAN_PORT_CLIENT_SECRET, OCEAN_IDENTIFIER, OCEAN_TYPE];
/// The secret of webhooks that name none.
pub const WEBHOOK_SECRET: &str = "PORTOLAN_WEBHOOK_SECRET";
/// A file with that secret; [`WEBHOOK_SECRET`] wins.
pub const WEBHOOK_SECRET_FILE: &str = "PORTOLAN_WEBHOOK_SECRET_FILE";
/// The region of AWS's own tools.
pub const AWS_REGION: &str = "AWS_REGION";
/// The same for older tools; [`AWS_REGION`] wins.
pub const AWS_DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
/// One endpoint for every service.
pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// Prefix of the endpoint of one service.
pub const AWS_ENDPOINT_URL_OF: &str = "AWS_ENDPOINT_URL_";
/// `true`: the two above are not read.
pub const AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// A token file: the web identity.
pub const AWS_WEB_IDENTITY_TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
/// `true`: FIPS endpoints.
pub const AWS_USE_FIPS_ENDPOINT: &str = "AWS_USE_FIPS_ENDPOINT";
/// `true`: dual-stack endpoints.
pub const AWS_USE_DUALSTACK_ENDPOINT: &str = "AWS_USE_DUALSTACK_ENDPOINT";

const fn v(name: &'static str, what: &'static str) -> Variable {
    Variable { name, what }
}

/// All of them, in the order in which help shows them.
pub const VARIABLES: &[Variable] = &[
    v("PORTOLAN__SECTION__KEY", "any setting of portolan.yaml; lists by comma or as JSON, `null` unsets"),
    v("PORTOLAN_WEBHOOK_SECRET", "the key of a webhook's signatures"),
    v("PORTOLAN_WEBHOOK_SECRET_FILE", "a file with that key"),
    v("PORTOLAN_PORT_CLIENT_SECRET_FILE", "a file with the secret of the client at Port"),
    v("OCEAN__PORT__BASE_URL", "where Port's API is; else https://api.getport.io"),
    v("OCEAN__PORT__CLIENT_ID", "the id of the client at Port"),
    v("OCEAN__PORT__CLIENT_SECRET", "the secret of that client"),
    v("OCEAN__INTEGRATION__IDENTIFIER", "the integration at Port; else my-aws-v3-integration"),
    v("OCEAN__INTEGRATION__TYPE", "its type; else aws-v3"),
    v("OCEAN__INTEGRATION__CONFIG", "the peer's settings as one JSON object"),
    v(
        "OCEAN__INTEGRATION__CONFIG__*",
        "the peer's settings: ACCOUNT_ROLE_ARN, ACCOUNT_ROLE_ARNS, OU_ID, EXTERNAL_ID, …",
    ),
    v("AWS_REGION", "the region of STS, where none is configured"),
    v("AWS_DEFAULT_REGION", "the same, after AWS_REGION"),
    v("AWS_ENDPOINT_URL", "one endpoint for every service"),
    v("AWS_ENDPOINT_URL_*", "the endpoint of one service, AWS_ENDPOINT_URL_S3"),
    v("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true: the two above are not read"),
    v("AWS_USE_FIPS_ENDPOINT", "true: FIPS endpoints; a service without one is refused"),
    v("AWS_USE_DUALSTACK_ENDPOINT", "true: dual-stack endpoints"),
    v("AWS_ACCESS_KEY_ID", "static keys"),
    v("AWS_SECRET_ACCESS_KEY", "static keys"),
    v("AWS_SESSION_TOKEN", "of temporary keys"),
    v("AWS_PROFILE", "the profile of the shared files"),
    v("AWS_DEFAULT_PROFILE", "the same, after AWS_PROFILE"),
    v("AWS_CONFIG_FILE", "the shared configuration file"),
    v("AWS_SHARED_CREDENTIALS_FILE", "the shared credentials file"),
    v("AWS_WEB_IDENTITY_TOKEN_FILE", "the token file of a web identity"),
    v("AWS_ROLE_ARN", "the role of that web identity"),
    v("AWS_ROLE_SESSION_NAME", "its session's name"),
    v("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the task's role, on ECS"),
    v("AWS_CONTAINER_CREDENTIALS_FULL_URI", "the task's or pod's role"),
    v("AWS_CONTAINER_AUTHORIZATION_TOKEN", "what that endpoint asks for"),
    v("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the same, from a file"),
    v("AWS_EC2_METADATA_DISABLED", "true: the instance's role is not asked for"),
    v("AWS_EC2_METADATA_SERVICE_ENDPOINT", "where the instance's role is asked for"),
    v("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6: it is asked for at fd00:ec2::254"),
    v("AWS_CA_BUNDLE", "certificates to trust, in one file"),
    v("HTTPS_PROXY", "the proxy for https; in lower case too, as the next three"),
    v("HTTP_PROXY", "the proxy for http"),
    v("ALL_PROXY", "the proxy for whichever of the two has none"),
    v("NO_PROXY", "hosts without a proxy"),
    v("HOME", "where the shared files and the cache are"),
    v("XDG_CACHE_HOME", "where the cache is"),
    v("NO_COLOR", "no colours"),
];

#[cfg(test)]
mod tests {
    use super::VARIABLES;

    #[test]
    fn each_is_declared_once() {
        let mut names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
