//! Which host answers for a service in a region, and for which region and name a request to it is signed.
//!
//! The rules are the answers of AWS's endpoint rule sets, written as one template for each partition and the regions
//! that differ. What a user overrides is the caller's business, and so is the addressing of S3's buckets.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Partition, partition_of, service};

/// Which of a service's hosts is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Variant {
    /// One with FIPS-validated cryptography.
    pub fips: bool,
    /// One with IPv6 and IPv4.
    pub dual_stack: bool,
}

/// Where a request goes and how it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host's name. Always https, on its usual port.
    pub host: String,
    /// The region in the signature; for a global service it is not the region asked for.
    pub signing_region: String,
    /// The service's name in the signature.
    pub signing_name: String,
}

/// Why there is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The service is not in the tables.
    #[error("{0:?} is not in the endpoint tables")]
    UnknownService(String),
    /// The region's name has no partition's form.
    #[error("{0:?} is not a region of any partition")]
    UnknownRegion(String),
    /// No FIPS host is known there. Never answered with a plain one.
    #[error("no FIPS endpoint of {service} is known in {region}")]
    NoFips {
        /// The service.
        service: String,
        /// The region.
        region: String,
    },
    /// The service has no such host in the partition.
    #[error("{service} has no {kind} endpoint in {region}")]
    NotOffered {
        /// The service.
        service: String,
        /// The region.
        region: String,
        /// `dual-stack` or `plain`.
        kind: &'static str,
    },
}

/// The rules of all services: a line for each, its name before the JSON, in order of the names.
const TEXT: &str = include_str!("../data/endpoints.txt");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    plain: ByPartition,
    fips: ByPartition,
    dual_stack: ByPartition,
    fips_dual_stack: ByPartition,
}

/// The rule of each partition by its id; `*` for those that are not named. `None`: no such host there.
type ByPartition = BTreeMap<String, Option<Rule>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// With `{region}`, `{dns}` and `{dual}` to be filled in.
    host: String,
    signing_region: Option<String>,
    signing_name: Option<String>,
    /// Where the rule holds for some regions only: which.
    only: Option<Vec<String>>,
    #[serde(default)]
    regions: BTreeMap<String, Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    host: String,
    signing_region: String,
    signing_name: Option<String>,
}

/// The host of a service in a region.
///
/// # Errors
///
/// When the service or region is unknown, or there is no such variant of it. A FIPS host is given only where AWS
/// names one: a made-up name would not resolve, and that looks like a service that is absent.
pub fn endpoint(name: &str, region: &str, variant: Variant) -> Result<Endpoint, EndpointError> {
    let unknown = || EndpointError::UnknownService(name.to_owned());
    let rules = rules(name).ok_or_else(unknown)?;
    let service = service(name).ok_or_else(unknown)?;
    let partition = partition_of(region).ok_or_else(|| EndpointError::UnknownRegion(region.to_owned()))?;
    let by_partition = match (variant.fips, variant.dual_stack) {
        (false, false) => &rules.plain,
        (true, false) => &rules.fips,
        (false, true) => &rules.dual_stack,
        (true, true) => &rules.fips_dual_stack,
    };
    let rule = by_partition.get(&partition.id).or_else(|| by_partition.get("*")).and_then(Option::as_ref);
    let rule = rule.filter(|rule| rule.only.as_ref().is_none_or(|only| only.iter().any(|known| known == region)));
    let Some(rule) = rule else {
        let (service, region) = (name.to_owned(), region.to_owned());
        return Err(match variant.fips {
            true => EndpointError::NoFips { service, region },
            false => {
                let kind = if variant.dual_stack { "dual-stack" } else { "plain" };
                EndpointError::NotOffered { service, region, kind }
            }
        });
    };
    if let Some(exception) = rule.regions.get(region) {
        return Ok(Endpoint {
            host: exception.host.clone(),
            signing_region: exception.signing_region.clone(),
            signing_name: exception.signing_name.as_ref().unwrap_or(&service.signing_name).clone(),
        });
    }
    Ok(Endpoint {
        host: fill(&rule.host, region, partition),
        signing_region: rule.signing_region.as_deref().unwrap_or(region).to_owned(),
        signing_name: rule.signing_name.as_ref().unwrap_or(&service.signing_name).clone(),
    })
}

fn fill(template: &str, region: &str, partition: &Partition) -> String {
    template
        .replace("{region}", region)
        .replace("{dns}", &partition.dns_suffix)
        .replace("{dual}", &partition.dual_stack_suffix)
}

/// The line of a service.
struct Line {
    name: &'static str,
    json: &'static str,
    parsed: OnceLock<Option<Rules>>,
}

/// The rules of one service, parsed when first asked for.
fn rules(name: &str) -> Option<&'static Rules> {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let split = TEXT.lines().filter_map(|line| line.split_once(' '));
        split.map(|(name, json)| Line { name, json, parsed: OnceLock::new() }).collect()
    });
    let at = lines.binary_search_by(|line| line.name.cmp(name)).ok()?;
    let line = lines.get(at)?;
    // A test reads every line, so that a malformed one never leaves the repository.
    line.parsed.get_or_init(|| serde_json::from_str(line.json).ok()).as_ref()
}
