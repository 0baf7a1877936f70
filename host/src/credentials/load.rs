//! Asking a source for its credentials, and reading why it gave none.

use std::error::Error;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_types::request_id::RequestId;

use super::failure::{AssumeFailure, What, cleaned, sort};
use super::source::SourceKind;
use crate::http_client::causes;

pub(super) async fn load(provider: &SharedCredentialsProvider, kind: SourceKind) -> Result<Credentials, AssumeFailure> {
    provider.provide_credentials().await.map_err(|error| failure_of(kind, &error))
}

pub(super) fn failure_of(kind: SourceKind, error: &ProviderError) -> AssumeFailure {
    let links: Vec<&(dyn Error + 'static)> = causes(error).collect();
    for link in &links {
        if let Some(own) = link.downcast_ref::<AssumeFailure>() {
            return own.clone();
        }
        if let Some(answer) = link.downcast_ref::<AssumeRoleError>() {
            return answered(kind, answer);
        }
        if let Some(answer) = link.downcast_ref::<AssumeRoleWithWebIdentityError>() {
            return answered(kind, answer);
        }
    }
    // The outer links say `an error occurred`, the inner ones what: shown from the first that says something.
    let mut said: Vec<String> = links.iter().skip(1).map(ToString::to_string).collect();
    said.dedup();
    if said.is_empty() {
        said.push(error.to_string());
    }
    AssumeFailure::own(None, What::Source, cleaned(&format!("{kind}: {}", said.join(": ")), []))
}

fn answered(kind: SourceKind, answer: &(impl ProvideErrorMetadata + RequestId)) -> AssumeFailure {
    let (code, message) = (answer.code().unwrap_or_default(), answer.message().unwrap_or_default());
    AssumeFailure {
        role: None,
        what: sort(code, message, 400),
        code: cleaned(code, []),
        message: cleaned(&format!("{kind}: {message}"), []),
        request_id: answer.request_id().map(|id| cleaned(id, [])),
    }
}
