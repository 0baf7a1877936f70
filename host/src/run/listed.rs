//! What the accounts that were listed tell whoever goes on with them: a run, a survey, a visit.

use super::accounts::{Listing, list_accounts};
use super::setup::{Ready, StartError};

/// Lists the accounts for those who have nothing to do without them, and heeds what they tell.
pub(super) async fn listed(ready: &Ready) -> Result<Listing, StartError> {
    let listing = list_accounts(&ready.context, &ready.own).await.map_err(|problem| {
        let code = if problem.code.is_empty() { String::new() } else { format!("{}: ", problem.code) };
        StartError::NoAccess(format!("the accounts could not be listed: {code}{}", problem.message))
    })?;
    heed(ready, &listing)?;
    Ok(listing)
}

/// Another organization than the expected one is refused before anything of it is read; and the sessions learn which account
/// manages it, since its role is a matter of its own.
pub(super) fn heed(ready: &Ready, listing: &Listing) -> Result<(), StartError> {
    if let (Some(expected), Some(found)) =
        (&ready.context.settings.credentials.expect_organization, &listing.organization)
        && expected != found
    {
        return Err(StartError::Usage(format!(
            "the listing role belongs to organization {found}, and credentials.expect_organization says {expected}"
        )));
    }
    if let (Some(sessions), Some(management)) =
        (&ready.sessions, listing.found.iter().find(|found| found.row.is_management))
    {
        sessions.management_is(management.id.clone());
    }
    Ok(())
}
