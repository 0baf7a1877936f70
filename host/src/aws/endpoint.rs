//! Where a call goes: AWS's endpoint for the service and region, or the address that the operator set.

use portolan_tables::{Variant, endpoint, partition_of};

use crate::config::endpoints::Endpoints as Overrides;

/// Which endpoints are used, and within which partition.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The one partition of the run.
    pub partition: String,
    /// FIPS, dual-stack.
    pub variant: Variant,
    /// Other addresses than AWS's.
    pub overrides: Overrides,
}

/// Where one call goes and how it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Scheme and authority, without a slash at the end.
    pub base: String,
    /// The region in the signature.
    pub signing_region: String,
    /// The service in the signature.
    pub signing_name: String,
}

/// Why a call has no place to go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The region lies in another partition: the run's credentials mean nothing there.
    #[error("region {region} is not in partition {partition}, the one of this run")]
    ForeignPartition {
        /// What was asked for.
        region: String,
        /// The run's.
        partition: String,
    },
    /// The tables have no endpoint for it.
    #[error("{0}")]
    Unknown(String),
}

impl Endpoints {
    /// The place of a service in a region; `host_prefix` is the label that the API's model wants in front.
    ///
    /// # Errors
    /// For a region of another partition, a service that the tables do not know, or a FIPS endpoint that
    /// is not known to exist.
    pub fn place(&self, service: &str, region: &str, host_prefix: Option<&str>) -> Result<Place, PlaceError> {
        if partition_of(region).is_none_or(|partition| partition.id != self.partition) {
            return Err(PlaceError::ForeignPartition { region: region.to_owned(), partition: self.partition.clone() });
        }
        let known = endpoint(service, region, self.variant).map_err(|error| PlaceError::Unknown(error.to_string()))?;
        let service_id = portolan_tables::service(service).map_or(service, |table| table.id.as_str());
        let base = match self.overrides.of(service_id) {
            // A label in front of an address that somebody set would name a host that nobody set.
            Some(address) => address.to_string().trim_end_matches('/').to_owned(),
            None => format!("https://{}{}", host_prefix.unwrap_or_default(), known.host),
        };
        Ok(Place { base, signing_region: known.signing_region, signing_name: known.signing_name })
    }
}
