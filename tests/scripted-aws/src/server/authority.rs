//! The certificate authority of this process and its one certificate, made at the start.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portolan_scripted_aws::REGIONS;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The names that the certificate holds for.
const NAMES: [&str; 5] = ["localhost", "127.0.0.1", "::1", "*.amazonaws.com", "*.global.api.aws"];
const PEM_LINE: usize = 64;

/// Makes both, writes the authority to a file, and gives what a server needs.
pub(crate) fn make(file: &Path) -> Result<ServerConfig> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name.push(DnType::CommonName, "portolan scripted aws");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?;
    std::fs::write(file, pem(authority.der())).with_context(|| file.display().to_string())?;
    let issuer = Issuer::new(params, key);

    // AWS's own names, for clients that are led here by a proxy.
    let regional =
        REGIONS.iter().flat_map(|region| ["amazonaws.com", "api.aws"].map(|ends| format!("*.{region}.{ends}")));
    let names: Vec<String> = NAMES.into_iter().map(str::to_owned).chain(regional).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.der().to_vec())], private)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(PEM_LINE).map(|line| String::from_utf8_lossy(line).into_owned() + "\n");
    format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", lines.collect::<String>())
}
