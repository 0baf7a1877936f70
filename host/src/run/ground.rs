//! The ground of everything that goes to AWS: the HTTP client, the place of STS, the sources of credentials. Nothing is sent.

use portolan_tables::Variant;

use crate::config::endpoints::Endpoints as Overrides;
use crate::config::settings::Settings;
use crate::credentials::{
    CredentialsError, Environment, Keys, PlaceError, SourceKind, Sources, Sts, StsPlace, StsSettings, check_foreign,
    sts_place,
};
use crate::http_client::{HttpClient, NetworkSettings, TlsError};

/// What is known before anybody is asked: the HTTP client, where STS is, and what sources of credentials there are.
pub(crate) struct Ground {
    pub(crate) http: HttpClient,
    pub(crate) variant: Variant,
    pub(crate) place: StsPlace,
    pub(crate) sts: Sts,
    pub(crate) sources: Sources,
}

/// Why there is no ground to stand on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GroundError {
    /// The trusted certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A variable of the environment.
    #[error(transparent)]
    Environment(#[from] CredentialsError),
    /// The place of STS.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Lays the ground of everything that goes to AWS.
pub(crate) fn ground(settings: &Settings, environment: Environment) -> Result<Ground, GroundError> {
    let network = NetworkSettings::from_environment(&environment)?;
    network.announce();
    let http = HttpClient::new(&network)?;
    let variant = Variant { fips: settings.use_fips, dual_stack: settings.use_dual_stack };
    // The settings have read and checked all overrides; the variables are not read a second time, by other rules.
    let sts_settings = StsSettings {
        partition: settings.partition.clone(),
        region: settings.credentials.sts_region.clone(),
        endpoint_url: settings.endpoints.of("STS").map(ToString::to_string),
        allow_insecure: true,
        variant,
    };
    let place = sts_place(&sts_settings, &environment.without("AWS_ENDPOINT_URL"))?;
    let sts = Sts::new(&http, place.region.clone(), place.endpoint.clone());
    let sources = Sources {
        setting: settings.credentials.source.clone(),
        priority: settings.credentials.priority.clone(),
        keys: settings.credentials.keys.as_ref().map(|keys| Keys {
            access_key_id: keys.access_key_id.expose().to_owned(),
            secret_access_key: keys.secret_access_key.clone(),
            session_token: keys.session_token.clone(),
        }),
        environment,
    };
    Ok(Ground { http, variant, place, sts, sources })
}

/// A task's or an instance's session goes to no address outside AWS, be it for STS or for any other service.
pub(crate) fn check_endpoints(kind: SourceKind, sts: &StsPlace, endpoints: &Overrides) -> Result<(), PlaceError> {
    check_foreign(kind, sts)?;
    endpoints.urls().try_for_each(|url| {
        check_foreign(kind, &StsPlace { endpoint: url.to_string(), overridden: true, ..sts.clone() })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use portolan_names::Region;

    use super::{Overrides, SourceKind, StsPlace, check_endpoints};

    /// Only the address of STS was looked at once: one for another service got the session of a task.
    #[test]
    fn no_service_takes_a_machines_session_out_of_aws() {
        let sts = StsPlace {
            region: Region::parse("eu-west-1").unwrap(),
            endpoint: "https://sts.eu-west-1.amazonaws.com".to_owned(),
            overridden: false,
        };
        let at = |url: &str| {
            let variables = BTreeMap::from([("AWS_ENDPOINT_URL_EC2".to_owned(), url.to_owned())]);
            let mut mistakes = Vec::new();
            let endpoints = Overrides::read(None, false, &variables, &mut mistakes);
            assert!(mistakes.is_empty(), "{url}");
            endpoints
        };
        let foreign = at("https://collector.example");
        assert!(check_endpoints(SourceKind::Task, &sts, &foreign).is_err());
        assert!(check_endpoints(SourceKind::Instance, &sts, &foreign).is_err());
        assert!(check_endpoints(SourceKind::Keys, &sts, &foreign).is_ok());
        assert!(check_endpoints(SourceKind::Task, &sts, &at("http://127.0.0.1:5000")).is_ok());
    }
}
