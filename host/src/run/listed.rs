//! The accounts, listed for whoever goes on with them: a run, a survey, a visit.

use futures::StreamExt;
use futures::channel::mpsc;

use super::Seen;
use super::accounts::{Found, Listing, list_accounts, list_accounts_as};
use super::context::{Context, Failed};
use super::schedule::read_accounts;
use super::scope::{Scope, advice_for, class_of};
use super::setup::{Ready, StartError, reads_organization};
use super::{now_ms, resume};
use crate::catalogue::AccountRow;
use crate::deletion::ListingScope;
use crate::outcome::Problem;

/// The accounts as far as they were listed, and what ended that before its time.
pub(super) struct Listed {
    pub(super) listing: Listing,
    pub(super) failed: Option<Problem>,
}

impl Default for Listed {
    fn default() -> Self {
        Self { listing: Listing::nothing(), failed: None }
    }
}

impl Listed {
    /// `so_far` is what was listed before it failed.
    fn of(listing: Result<Listing, Problem>, so_far: Vec<Found>) -> Self {
        match listing {
            Ok(listing) => Self { listing, failed: None },
            Err(problem) => {
                let problems = vec![problem.clone()];
                let listing = Listing { found: so_far, whole: false, problems, ..Listing::nothing() };
                Self { listing, failed: Some(problem) }
            }
        }
    }
}

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
    heed_management(ready, &listing.found);
    Ok(())
}

fn heed_management(ready: &Ready, found: &[Found]) {
    if let (Some(sessions), Some(management)) = (&ready.sessions, found.iter().find(|found| found.row.is_management)) {
        sessions.management_is(management.id.clone());
    }
}

/// Lists the accounts where the run may refuse them: nothing of them is read before. None elsewhere.
///
/// # Errors
/// The accounts are not those that they are to be.
pub(super) async fn list_first(ready: &Ready) -> Result<Option<Listed>, StartError> {
    let context = &ready.context;
    let may_refuse = context.settings.credentials.expect_organization.is_some() || context.resumed.is_some();
    if !may_refuse && reads_organization(&context.settings) {
        return Ok(None);
    }
    let listed = Listed::of(list_accounts(context, &ready.own).await, Vec::new());
    heed(ready, &listed.listing)?;
    if listed.failed.is_none() {
        resume::same_listing(context, &listed.listing)?;
    }
    Ok(Some(listed))
}

/// Reads the accounts: those that are listed already, or each page of the organization's as it is listed.
///
/// # Errors
/// Only when the catalogue fails.
pub(super) async fn list_and_read(ready: &Ready, seen: &mut Seen) -> Result<(), Failed> {
    let context = &ready.context;
    if let Some(listed) = &seen.listed {
        note(context, listed).await?;
        let found = futures::stream::iter(listed.listing.found.clone());
        seen.standings = read_accounts(context, found.boxed()).await?;
        return Ok(());
    }
    // What waits in it stands in the listing too, which has its limit in pages.
    let (sender, found) = mpsc::unbounded();
    let listing = async {
        let (mut so_far, mut stored) = (Vec::new(), Ok(()));
        let each = async |page: &[Found]| {
            heed_management(ready, page);
            if stored.is_ok() {
                stored = put_accounts(context, page, false).await;
            }
            if stored.is_ok() {
                so_far.extend_from_slice(page);
                for found in page {
                    // Whoever reads them is gone only with the run.
                    let _ = sender.unbounded_send(found.clone());
                }
            }
        };
        let listing = list_accounts_as(context, &ready.own, each).await;
        drop(sender);
        stored.map(|()| Listed::of(listing, so_far))
    };
    let (listed, standings) = futures::join!(listing, read_accounts(context, found.boxed()));
    let listed = seen.listed.insert(listed?);
    seen.standings = standings?;
    note(context, listed).await
}

async fn put_accounts(context: &Context, found: &[Found], whole: bool) -> Result<(), Failed> {
    let rows: Vec<AccountRow> = found.iter().map(|found| found.row.clone()).collect();
    Ok(context.store.with(move |catalogue| catalogue.put_accounts(&rows, whole, now_ms())).await??)
}

/// Stores what was listed, and what went wrong over it.
async fn note(context: &Context, Listed { listing, failed }: &Listed) -> Result<(), Failed> {
    context.tally.problems(None, None, &listing.problems);
    let problems = listing.problems.clone();
    context.store.with(move |catalogue| catalogue.put_problems(None, None, &problems, now_ms())).await??;
    if let Some(problem) = failed {
        context.tally.scope(scope_of(context, problem));
        return Ok(());
    }
    // A listing of some units lacks accounts that are merely elsewhere: only one of the organization marks them as gone.
    let whole = listing.whole && listing.scope == ListingScope::Organization;
    put_accounts(context, &listing.found, whole).await
}

fn scope_of(context: &Context, problem: &Problem) -> Scope {
    let class = class_of(problem);
    Scope {
        account: "organization".to_owned(),
        region: None,
        kind: None,
        code: problem.code.clone(),
        message: problem.message.clone(),
        advice: if reads_organization(&context.settings) {
            "let the listing role's trust name the source identity, and allow organizations:ListAccounts in the \
             management or a delegated administrator's account"
                .to_owned()
        } else {
            advice_for(&class, &problem.operation)
        },
        class,
        accepted: None,
        new: true,
    }
}
