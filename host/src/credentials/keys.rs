use aws_credential_types::Credentials;

use super::{CredentialsError, Environment};
use crate::secret::Secret;

const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// Access keys: a user's, or somebody's temporary ones.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Public part, shown in messages.
    pub access_key_id: String,
    /// Secret part.
    pub secret_access_key: Secret,
    /// Only temporary keys have it.
    pub session_token: Option<Secret>,
}

impl Keys {
    /// What the environment gives: none where it names no key at all.
    ///
    /// # Errors
    /// Half a pair, or an empty variable: whoever set it meant these keys to be used.
    pub fn from_environment(environment: &Environment) -> Result<Option<Self>, CredentialsError> {
        let session_token = environment.get(SESSION_TOKEN)?.map(Secret::from);
        match (environment.get(ACCESS_KEY_ID)?, environment.get(SECRET_ACCESS_KEY)?) {
            (Some(access_key_id), Some(secret)) => {
                Ok(Some(Self { access_key_id, secret_access_key: secret.into(), session_token }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(CredentialsError::Half { set: ACCESS_KEY_ID, missing: SECRET_ACCESS_KEY }),
            (None, Some(_)) => Err(CredentialsError::Half { set: SECRET_ACCESS_KEY, missing: ACCESS_KEY_ID }),
        }
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials::new(
            self.access_key_id.trim(),
            self.secret_access_key.expose().trim(),
            self.session_token.as_ref().map(|token| token.expose().trim().to_owned()),
            None,
            "keys",
        )
    }
}
