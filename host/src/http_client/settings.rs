//! What the machine's environment says of the network.

use std::path::PathBuf;

use super::proxy::Proxies;
use crate::credentials::{CredentialsError, Environment};

/// Which certificate authorities are trusted besides the system's, and which proxies stand on the way.
#[derive(Debug, Clone, Default)]
pub struct NetworkSettings {
    /// A file of PEM certificates, from `AWS_CA_BUNDLE`: trusted as well, for proxies that intercept.
    pub ca_bundle: Option<PathBuf>,
    /// From `HTTPS_PROXY` and its like.
    pub proxies: Proxies,
}

impl NetworkSettings {
    /// What the variables say.
    ///
    /// # Errors
    /// `AWS_CA_BUNDLE` is set and empty, or a proxy's address is none.
    pub fn from_environment(environment: &Environment) -> Result<Self, CredentialsError> {
        Ok(Self {
            ca_bundle: environment.get("AWS_CA_BUNDLE")?.map(PathBuf::from),
            proxies: Proxies::from_environment(environment)?,
        })
    }

    /// Says which proxies are used: hosts and ports.
    pub fn announce(&self) {
        for (variable, proxy) in self.proxies.named() {
            tracing::info!("requests go through the proxy {proxy} ({variable})");
        }
    }
}
