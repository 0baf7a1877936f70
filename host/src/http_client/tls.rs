use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Hosts whose TLS sessions are remembered: thirty services in seventeen regions, twice. A session is some kilobytes.
const SESSIONS: usize = 1_024;

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
pub(super) fn client_config(bundle: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        let why: Vec<String> = system.errors.iter().map(ToString::to_string).collect();
        tracing::warn!(errors = ?why, "the system has no trusted certificates; https endpoints will be refused");
    }
    if let Some(path) = bundle {
        let refused = |reason: String| TlsError::Bundle { path: path.to_path_buf(), reason };
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| refused(error.to_string()))?;
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(refused("there is no certificate in it".to_owned()));
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(config)
}
