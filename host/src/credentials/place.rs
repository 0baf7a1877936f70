//! Where STS is asked: a region of the roles' partition, its own host, never the global one.

use portolan_names::Region;
use portolan_tables::{EndpointError, Variant, endpoint, partition, partition_of};

use super::{CredentialsError, Environment, SourceKind};

/// The partition where no role and no region says another.
const USUAL_PARTITION: &str = "aws";

/// The settings that decide where STS is asked.
#[derive(Debug, Clone, Default)]
pub struct StsSettings {
    /// The partition of the roles, where there are any.
    pub partition: Option<String>,
    /// `credentials.sts_region`.
    pub region: Option<Region>,
    /// `--endpoint-url`. Before it stands `AWS_ENDPOINT_URL_STS`, after it `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// `--allow-insecure-endpoint`: plain http elsewhere than on loopback.
    pub allow_insecure: bool,
    /// FIPS or dual stack.
    pub variant: Variant,
}

/// Region and address, for [`super::Sts::new`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsPlace {
    /// Requests are signed for it.
    pub region: Region,
    /// The address that is called.
    pub endpoint: String,
    /// It is not AWS's own: to be announced.
    pub overridden: bool,
}

/// Why there is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The region belongs to no partition that is known, or to another than the roles'.
    #[error("region {region} does not lie in partition {expected}, where the roles are")]
    Region {
        /// The region.
        region: Region,
        /// The roles' partition.
        expected: String,
    },
    /// The partition of the roles is in no table.
    #[error("partition {0:?} is not known: is that ARN spelt right?")]
    Partition(String),
    /// No host, FIPS above all.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// An override that cannot be an address, or would carry signed requests in the open.
    #[error("the endpoint {given:?}: {reason}")]
    Override {
        /// As given.
        given: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A variable of the environment.
    #[error(transparent)]
    Environment(#[from] CredentialsError),
}

/// Finds the region and the address: the setting, else `AWS_REGION`, else the partition's own.
///
/// # Errors
/// See [`PlaceError`].
pub fn sts_place(settings: &StsSettings, environment: &Environment) -> Result<StsPlace, PlaceError> {
    let named = match &settings.region {
        Some(region) => Some(region.clone()),
        None => region_of(environment)?,
    };
    let region = match (named, settings.partition.as_deref()) {
        (Some(region), expected) => {
            let found = partition_of(region.as_str()).map(|partition| partition.id.as_str());
            match expected {
                Some(expected) if found != Some(expected) => {
                    // The host's own region may lie elsewhere (a laptop's default); only what was set for STS must fit.
                    if settings.region.is_some() {
                        return Err(PlaceError::Region { region, expected: expected.to_owned() });
                    }
                    home_of(expected)?
                }
                _ => region,
            }
        }
        (None, expected) => home_of(expected.unwrap_or(USUAL_PARTITION))?,
    };
    match overridden(settings, environment)? {
        Some(given) => {
            check_override(&given, settings.allow_insecure)?;
            Ok(StsPlace { region, endpoint: given, overridden: true })
        }
        None => {
            let host = endpoint("sts", region.as_str(), settings.variant)?.host;
            Ok(StsPlace { region, endpoint: format!("https://{host}"), overridden: false })
        }
    }
}

/// Refuses to send a task's or an instance's session to an address that is neither AWS's nor this machine's:
/// its token would be in the request.
///
/// # Errors
/// The address is foreign and the source is the machine's own role.
pub fn check_foreign(kind: SourceKind, place: &StsPlace) -> Result<(), PlaceError> {
    let of_machine = matches!(kind, SourceKind::Task | SourceKind::Instance);
    let host =
        place.endpoint.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let of_aws = portolan_tables::partitions().iter().any(|partition| {
        [&partition.dns_suffix, &partition.dual_stack_suffix]
            .into_iter()
            .any(|suffix| host.strip_suffix(suffix.as_str()).is_some_and(|front| front.ends_with('.')))
    });
    if place.overridden && of_machine && !of_aws && !is_loopback(&host) {
        return Err(PlaceError::Override {
            given: place.endpoint.clone(),
            reason: "the credentials of a task or an instance are not sent to an address outside AWS",
        });
    }
    Ok(())
}

fn region_of(environment: &Environment) -> Result<Option<Region>, CredentialsError> {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Some(text) = environment.get(name)? {
            let region = Region::parse(text.trim());
            return region
                .map(Some)
                .map_err(|_| CredentialsError::BadVariable { name, expected: "a region, eu-west-1" });
        }
    }
    Ok(None)
}

fn home_of(id: &str) -> Result<Region, PlaceError> {
    let home = partition(id).map(|partition| partition.implicit_global_region.as_str());
    home.and_then(|region| Region::parse(region).ok()).ok_or_else(|| PlaceError::Partition(id.to_owned()))
}

fn overridden(settings: &StsSettings, environment: &Environment) -> Result<Option<String>, CredentialsError> {
    if let Some(url) = environment.get("AWS_ENDPOINT_URL_STS")? {
        return Ok(Some(url));
    }
    match &settings.endpoint_url {
        Some(url) => Ok(Some(url.clone())),
        None => environment.get("AWS_ENDPOINT_URL"),
    }
}

fn check_override(given: &str, allow_insecure: bool) -> Result<(), PlaceError> {
    let refused = |reason| PlaceError::Override { given: given.to_owned(), reason };
    let uri: http::Uri = given.parse().map_err(|_| refused("not an address"))?;
    let host = uri.host().ok_or_else(|| refused("no host in it"))?;
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) || allow_insecure => Ok(()),
        Some("http") => Err(refused("plain http elsewhere than on loopback needs --allow-insecure-endpoint")),
        _ => Err(refused("neither https nor http")),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use portolan_names::Region;
    use portolan_tables::Variant;

    use super::{PlaceError, StsPlace, StsSettings, check_foreign, sts_place};
    use crate::credentials::{Environment, SourceKind};

    fn place(settings: &StsSettings, environment: &[(&str, &str)]) -> Result<StsPlace, PlaceError> {
        sts_place(settings, &Environment::of(environment.iter().copied()))
    }

    fn of(partition: &str) -> StsSettings {
        StsSettings { partition: Some(partition.into()), ..StsSettings::default() }
    }

    #[test]
    fn every_partition_has_a_regional_endpoint() {
        for partition in portolan_tables::partitions() {
            let found = place(&of(&partition.id), &[]).unwrap();
            let expected = format!("https://sts.{}.{}", partition.implicit_global_region, partition.dns_suffix);
            assert_eq!(found.endpoint, expected);
        }
        assert!(matches!(place(&of("aws-moon"), &[]), Err(PlaceError::Partition(_))));
    }

    #[test]
    fn the_hosts_region_is_taken_where_it_fits_and_a_set_one_must_fit() {
        let usual = StsSettings::default();
        assert_eq!(
            place(&usual, &[("AWS_REGION", "eu-west-1")]).unwrap().endpoint,
            "https://sts.eu-west-1.amazonaws.com"
        );
        let elsewhere = place(&of("aws-cn"), &[("AWS_REGION", "eu-west-1")]).unwrap();
        assert_eq!(elsewhere.endpoint, "https://sts.cn-northwest-1.amazonaws.com.cn");
        let set = StsSettings { region: Some(Region::parse("eu-west-1").unwrap()), ..of("aws-cn") };
        assert!(matches!(place(&set, &[]), Err(PlaceError::Region { .. })));
        assert!(place(&usual, &[("AWS_REGION", "Frankfurt")]).is_err());
    }

    #[test]
    fn a_fips_endpoint_is_never_replaced_by_a_plain_one() {
        let fips = |region: &str| StsSettings {
            region: Some(Region::parse(region).unwrap()),
            variant: Variant { fips: true, dual_stack: false },
            ..StsSettings::default()
        };
        assert_eq!(place(&fips("us-east-1"), &[]).unwrap().endpoint, "https://sts-fips.us-east-1.amazonaws.com");
        // Either AWS names a FIPS host there or it is refused; the plain host is what must never come.
        if let Ok(found) = place(&fips("eu-west-1"), &[]) {
            assert!(found.endpoint.contains("fips"), "{found:?}");
        }
    }

    #[test]
    fn overrides_are_https_or_loopback_and_the_services_own_comes_first() {
        let general = StsSettings { endpoint_url: Some("http://127.0.0.1:5000".into()), ..StsSettings::default() };
        assert_eq!(
            place(&general, &[("AWS_ENDPOINT_URL", "https://no.example")]).unwrap().endpoint,
            "http://127.0.0.1:5000"
        );
        let own = [("AWS_ENDPOINT_URL_STS", "https://sts.example")];
        assert_eq!(place(&general, &own).unwrap().endpoint, "https://sts.example");
        let open = StsSettings { endpoint_url: Some("http://proxy.example".into()), ..StsSettings::default() };
        assert!(matches!(place(&open, &[]), Err(PlaceError::Override { .. })));
        assert!(place(&StsSettings { allow_insecure: true, ..open }, &[]).is_ok());
        for wrong in ["ftp://127.0.0.1", "127.0.0.1:5000", ""] {
            let settings = StsSettings { endpoint_url: Some(wrong.into()), ..StsSettings::default() };
            assert!(place(&settings, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_machines_role_goes_to_aws_and_loopback_only() {
        let at = |endpoint: &str| StsPlace {
            region: Region::parse("eu-west-1").unwrap(),
            endpoint: endpoint.into(),
            overridden: true,
        };
        for right in [
            "https://sts.eu-west-1.amazonaws.com",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "https://sts.eu-west-1.api.aws",
        ] {
            assert!(check_foreign(SourceKind::Task, &at(right)).is_ok(), "{right}");
        }
        for wrong in ["https://collector.example", "https://amazonaws.com.evil.example", "https://evilamazonaws.com"] {
            assert!(check_foreign(SourceKind::Instance, &at(wrong)).is_err(), "{wrong}");
            assert!(check_foreign(SourceKind::Keys, &at(wrong)).is_ok(), "{wrong}");
        }
    }
}
