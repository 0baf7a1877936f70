//! Which accounts a run reads: the organization's, a list of roles, or its own.

use std::collections::BTreeSet;

use portolan_names::{AccountId, Arn};
use serde_json::{Value, json};

use super::context::Context;
use super::convert::{own_problem, problem};
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::AccountRow;
use crate::config::settings::{AccountsFrom, Management, Settings};
use crate::deletion::ListingScope;
use crate::imports::{CallScope, Purpose};
use crate::outcome::{Problem, ProblemClass};

/// Pages of accounts; an organization has at most 10,000 accounts by default, 20 on a page of the API.
const PAGES_MAX: usize = 5_000;

/// An account that was listed.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) id: AccountId,
    pub(crate) account: sync::Account,
    pub(crate) row: AccountRow,
    pub(crate) attempt: Attempt,
}

/// Whether a listed account is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Read,
    /// Suspended, closed, pending, or in a state that we do not know: not attempted, no error.
    Resting,
    /// The management account, by `accounts.management: exclude`.
    LeftOut,
    /// Seen in the organization, outside what the configuration selects.
    OutOfScope,
}

/// The state that the guest gives to accounts that the configuration leaves out.
const OUT_OF_SCOPE: &str = "OUT_OF_SCOPE";

impl Found {
    /// An account of which nothing is known but its id.
    pub(crate) fn member(id: AccountId) -> Self {
        let name = format!("Account {id}");
        Self {
            account: sync::Account {
                id: id.to_string(),
                name: name.clone(),
                role: sync::AccountRole::Member,
                details: json!({ "Id": id.as_str(), "Name": name }).to_string(),
            },
            row: AccountRow {
                id: id.clone(),
                name: Some(name),
                email: None,
                state: "ACTIVE".to_owned(),
                ou_path: None,
                tags: None,
                is_management: false,
            },
            id,
            attempt: Attempt::Read,
        }
    }

    /// The account as one whose organization-wide kinds alone are planned: those are read with the listing
    /// role, so they do not depend on whether the management account itself is read.
    pub(super) fn for_the_organization_alone(&self) -> sync::Account {
        let mut details: Value = serde_json::from_str(&self.account.details).unwrap_or_else(|_| json!({}));
        if let Some(object) = details.as_object_mut() {
            object.insert("State".to_owned(), json!(OUT_OF_SCOPE));
        }
        sync::Account { details: details.to_string(), ..self.account.clone() }
    }
}

/// What listing the accounts gave.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) found: Vec<Found>,
    pub(crate) whole: bool,
    pub(crate) scope: ListingScope,
    pub(crate) problems: Vec<Problem>,
    /// `o-…`, from the accounts' ARNs.
    pub(crate) organization: Option<String>,
}

impl Listing {
    /// Of which nothing is known.
    pub(crate) fn nothing() -> Self {
        Self {
            found: Vec::new(),
            whole: false,
            scope: ListingScope::Selection,
            problems: Vec::new(),
            organization: None,
        }
    }
}

/// Lists the accounts. A listing that fails is a failure: nothing falls back to one account.
pub(super) async fn list_accounts(context: &Context, own: &AccountId) -> Result<Listing, Problem> {
    list_accounts_as(context, own, async |_| {}).await
}

/// The same, with each page of the organization's accounts given to `each` as it comes.
pub(super) async fn list_accounts_as(
    context: &Context,
    own: &AccountId,
    each: impl AsyncFnMut(&[Found]),
) -> Result<Listing, Problem> {
    match context.settings.accounts.from {
        Some(AccountsFrom::Organization) => organization(context, each).await,
        Some(AccountsFrom::Roles) => {
            let ids: BTreeSet<AccountId> = context.settings.accounts.roles.iter().map(|role| role.account()).collect();
            Ok(given(&context.settings, ids))
        }
        Some(AccountsFrom::Own) | None => Ok(given(&context.settings, BTreeSet::from([own.clone()]))),
    }
}

fn given(settings: &Settings, ids: BTreeSet<AccountId>) -> Listing {
    let accounts = &settings.accounts;
    let selected = ids
        .into_iter()
        .filter(|id| (accounts.include.is_empty() || accounts.include.contains(id)) && !accounts.exclude.contains(id));
    let found = selected.map(Found::member).collect();
    Listing { found, whole: true, ..Listing::nothing() }
}

async fn organization(context: &Context, mut each: impl AsyncFnMut(&[Found])) -> Result<Listing, Problem> {
    if let Err(failure) = context.client.open(&crate::credentials::Identity::Management).await {
        let mut denied = own_problem(ProblemClass::NoCredentials, failure.message);
        denied.code = failure.code;
        denied.request_id = failure.request_id;
        return Err(denied);
    }
    // With organizational units given, only these are walked; else every account of the organization is seen.
    let selective = !context.settings.accounts.ous_include.is_empty();
    let scope = if selective { ListingScope::Selection } else { ListingScope::Organization };
    let mut listing = Listing { whole: true, scope, ..Listing::nothing() };
    let mut seen = BTreeSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let page = discover(context, cursor.as_deref()).await?;
        listing.whole &= page.whole;
        listing.problems.extend(page.problems.into_iter().map(problem));
        let before = listing.found.len();
        for account in page.accounts {
            if let Some(found) = found(&context.settings, account, &mut listing)
                && seen.insert(found.id.clone())
            {
                listing.found.push(found);
            }
        }
        each(listing.found.get(before..).unwrap_or_default()).await;
        match page.next {
            None => return Ok(listing),
            next if next == cursor => {
                return Err(own_problem(ProblemClass::BadAnswer, "listing the accounts gave the same cursor twice"));
            }
            next => cursor = next,
        }
    }
    Err(own_problem(ProblemClass::Limit, format!("the accounts of the organization fill more than {PAGES_MAX} pages")))
}

async fn discover(context: &Context, cursor: Option<&str>) -> Result<sync::AccountPage, Problem> {
    let stopped = |error: crate::instance::CallError| own_problem(ProblemClass::BadCall, error.to_string());
    let scope = CallScope { account: None, purpose: Purpose::Discover, kind: std::sync::Arc::from("") };
    let mut lease = context.instances().lease().await.map_err(stopped)?;
    match lease.discover_accounts(scope, cursor).await.map_err(stopped)? {
        Ok(page) => Ok(page),
        Err(failure) => Err(problem(failure.problem)),
    }
}

fn found(settings: &Settings, account: sync::Account, listing: &mut Listing) -> Option<Found> {
    let Ok(id) = AccountId::parse(&account.id) else {
        let text = format!("the organization lists an account with the id {:?}", account.id);
        listing.problems.push(own_problem(ProblemClass::BadAnswer, text));
        listing.whole = false;
        return None;
    };
    let details: Value = serde_json::from_str(&account.details).unwrap_or(Value::Null);
    let text = |name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
    if listing.organization.is_none() {
        listing.organization = text("Arn").as_deref().and_then(organization_of);
    }
    let state = text("State").or_else(|| text("Status")).unwrap_or_else(|| "UNKNOWN".to_owned());
    let is_management = account.role == sync::AccountRole::Management;
    let attempt = if state == OUT_OF_SCOPE {
        Attempt::OutOfScope
    } else if state != "ACTIVE" {
        Attempt::Resting
    } else if is_management && settings.accounts.management == Management::Exclude {
        Attempt::LeftOut
    } else {
        Attempt::Read
    };
    let row = AccountRow {
        id: id.clone(),
        name: Some(account.name.clone()),
        email: text("Email"),
        state,
        ou_path: text("OuPath"),
        tags: details.get("Tags").filter(|tags| !tags.is_null()).map(Value::to_string),
        is_management,
    };
    Some(Found { id, account, row, attempt })
}

/// `arn:aws:organizations::111111111111:account/o-exampleorgid/222222222222`
fn organization_of(arn: &str) -> Option<String> {
    let resource = Arn::parse(arn).ok()?.resource;
    resource.split('/').nth(1).filter(|id| id.starts_with("o-")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::organization_of;

    #[test]
    fn the_organization_stands_in_an_accounts_arn() {
        let arn = "arn:aws:organizations::111111111111:account/o-exampleorgid/222222222222";
        assert_eq!(organization_of(arn).as_deref(), Some("o-exampleorgid"));
        assert_eq!(organization_of("arn:aws:iam::111111111111:role/x"), None);
    }
}
