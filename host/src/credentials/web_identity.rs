use std::path::{Path, PathBuf};

use portolan_names::RoleArn;

use super::{CredentialsError, Environment, SourceKind};
use crate::secret::Secret;

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE_ARN: &str = "AWS_ROLE_ARN";
const SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";

/// STS takes no longer token; a larger file is not one.
const TOKEN_BYTES: usize = 20_000;

/// A token file and the role that the environment names for it.
///
/// The token itself is never kept: kubelet replaces the file, and it is read anew at each exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// The file with the token.
    pub token_file: PathBuf,
    /// The role of `AWS_ROLE_ARN`: the source's own identity. Members are assumed directly and need none.
    pub role: Option<RoleArn>,
    /// `AWS_ROLE_SESSION_NAME`, for the source's own identity.
    pub session_name: Option<String>,
}

impl WebIdentity {
    /// What the environment gives, none where it names no token file.
    ///
    /// # Errors
    /// An empty variable, or a role that is none.
    pub fn from_environment(environment: &Environment) -> Result<Option<Self>, CredentialsError> {
        let Some(token_file) = environment.get(TOKEN_FILE)? else { return Ok(None) };
        let role = environment
            .get(ROLE_ARN)?
            .map(|text| RoleArn::parse(text.trim()))
            .transpose()
            .map_err(|_| CredentialsError::BadVariable { name: ROLE_ARN, expected: "a role's ARN" })?;
        Ok(Some(Self { token_file: token_file.into(), role, session_name: environment.get(SESSION_NAME)? }))
    }

    pub(super) fn required(environment: &Environment) -> Result<Self, CredentialsError> {
        Self::from_environment(environment)?.ok_or_else(|| CredentialsError::NotConfigured {
            kind: SourceKind::WebIdentity,
            missing: format!("{TOKEN_FILE} is not set"),
            next: "annotate the Kubernetes service account with its role (IRSA), or set the variable to the token's file",
        })
    }
}

/// Reads the token as it is now.
///
/// # Errors
/// The reason as text: not readable, empty, too long, not text. Never the content.
pub(crate) async fn read_token(file: &Path) -> Result<Secret, String> {
    let named = |reason: &str| format!("the token file {}: {reason}", file.display());
    let bytes = tokio::fs::read(file).await.map_err(|error| named(&error.to_string()))?;
    if bytes.len() > TOKEN_BYTES {
        return Err(named("longer than the 20,000 bytes that STS takes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| named("not text"))?;
    match text.trim() {
        "" => Err(named("empty")),
        token => Ok(Secret::new(token)),
    }
}
