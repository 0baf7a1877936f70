use std::path::PathBuf;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::credentials::{CredentialsError, Environment};

/// Which certificate authorities are trusted besides the system's.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// A file of PEM certificates, from `AWS_CA_BUNDLE`: trusted as well, for proxies that intercept.
    pub ca_bundle: Option<PathBuf>,
}

impl TlsSettings {
    /// What `AWS_CA_BUNDLE` says.
    ///
    /// # Errors
    /// The variable is set and empty.
    pub fn from_environment(environment: &Environment) -> Result<Self, CredentialsError> {
        Ok(Self { ca_bundle: environment.get("AWS_CA_BUNDLE")?.map(PathBuf::from) })
    }
}

/// Why the trusted certificates could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The bundle cannot be read, is not PEM, or holds no usable certificate.
    #[error("the certificate bundle {} (AWS_CA_BUNDLE) cannot be used: {reason}", path.display())]
    Bundle {
        /// The file that was given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// Trust the system's authorities and the bundle's.
///
/// A system without any certificate is not an error here: plain endpoints on loopback need none, and
/// a connection over TLS then fails with a reason that names the certificate.
pub(super) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        let why: Vec<String> = system.errors.iter().map(ToString::to_string).collect();
        tracing::warn!(errors = ?why, "the system has no trusted certificates; https endpoints will be refused");
    }
    if let Some(path) = &settings.ca_bundle {
        let refused = |reason: String| TlsError::Bundle { path: path.clone(), reason };
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| refused(error.to_string()))?;
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(refused("there is no certificate in it".to_owned()));
        }
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
