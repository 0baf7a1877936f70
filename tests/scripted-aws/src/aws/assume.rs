//! What STS answers to `AssumeRole`.

use portolan_scripted_aws::{Estate, Options};

use super::error::Trouble;
use super::render::Identity;
use super::respond::{Call, plain};
use super::session::Session;
use super::time;

/// The session of a role.
pub(crate) fn session(call: &Call<'_>, estate: &Estate, options: &Options) -> Result<(u32, Identity), Trouble> {
    let role = call.input.get("RoleArn").unwrap_or_default();
    let mut parts = role.split(':').skip(4);
    let account = parts.next().and_then(|id| id.parse().ok()).and_then(|id| estate.account_number(id));
    let role_name = parts.next().and_then(|rest| rest.strip_prefix("role/"));
    let (Some(account), Some(role_name)) = (account, role_name) else { return Err(Trouble::Denied) };
    if options.external_id.is_some() && options.external_id.as_deref() != call.input.get("ExternalId") {
        return Err(Trouble::Denied);
    }
    let session = Session { account, issued: time::now() };
    let name = plain(call.input.get("RoleSessionName").unwrap_or("session"));
    let role_name = role_name.rsplit('/').next().unwrap_or(role_name);
    Ok((
        account,
        Identity {
            arn: format!("arn:aws:sts::{}:assumed-role/{}/{name}", Estate::account_id(account), plain(role_name)),
            key: session.key_id(),
            secret: session.secret(),
            token: session.token(),
            expires: session.issued.saturating_add_signed(options.clock_offset) + options.session_seconds,
            name,
            user: String::new(),
        },
    ))
}
