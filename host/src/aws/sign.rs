//! Signature version 4, by AWS's own crate, over exactly what is sent.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;

/// Why a request could not be signed. A defect, since the guard has checked its form.
#[derive(Debug, thiserror::Error)]
#[error("the request to {service} cannot be signed: {reason}")]
pub struct SignError {
    service: String,
    reason: String,
}

/// Adds date, token and authorization to `request`.
///
/// S3 signs the path as it is (encoded once, not normalised) and wants the body's digest in a header;
/// all other services encode and normalise.
///
/// # Errors
/// When AWS's crate cannot make a canonical request of it.
pub fn sign_request(
    request: &mut http::Request<Bytes>,
    credentials: &Credentials,
    signing_name: &str,
    signing_region: &str,
    time: SystemTime,
) -> Result<(), SignError> {
    let failed = |reason: String| SignError { service: signing_name.to_owned(), reason };
    let identity: Identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    if signing_name == "s3" {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(signing_region)
        .name(signing_name)
        .time(time)
        .settings(settings)
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let instructions = {
        let mut headers = Vec::with_capacity(request.headers().len());
        for (name, value) in request.headers() {
            headers.push((name.as_str(), value.to_str().map_err(|error| failed(error.to_string()))?));
        }
        let uri = request.uri().to_string();
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), uri, headers.into_iter(), body)
            .map_err(|error| failed(error.to_string()))?;
        sign(signable, &parameters).map_err(|error| failed(error.to_string()))?.into_parts().0
    };
    instructions.apply_to_request_http1x(request);
    Ok(())
}
