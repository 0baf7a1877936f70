//! Going over the accounts with reads of IAM that are the host's own: for `iam audit` and `iam policy --diff`.
//!
//! The accounts are listed as for a run; each is then asked by a client whose grant is these operations and nothing else.
//! The component never has it: its own client stays as it was.

use std::future::Future;
use std::sync::Arc;

use futures::StreamExt;
use portolan_errors::classify;
use portolan_guard::Grant;
use portolan_names::AccountId;
use portolan_xml::Element;
use serde_json::json;

use super::accounts::{Attempt, Found};
use super::listed::listed;
use super::role_plan::{role_plan, session_policies};
use super::schedule::ACCOUNTS_AT_ONCE;
use super::setup::{Ready, StartError, Surroundings, set_up};
use super::task::Task;
use crate::aws::Client;
use crate::bindings::portolan::aws::signed_http as wit;
use crate::config::settings::{Management, Settings};
use crate::credentials::{Identity, SourceKind};
use crate::deletion::ListingScope;
use crate::engine::Engine;
use crate::http_client::percent_encoded;
use crate::imports::{CallScope, Outbound, Purpose};
use crate::manifest::CallNeed;

/// Of IAM's API, since 2010.
const VERSION: &str = "2010-05-08";
/// Pages of one listing: IAM's largest quota of roles, 5,000, is 50 pages of a hundred.
const PAGES_MAX: usize = 500;

/// What was asked of an account, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visited<T> {
    /// It was asked.
    Read(T),
    /// Not attempted, and why that is no failure: suspended, out of scope, left out.
    LeftOut(String),
    /// It could not be asked, in AWS's words.
    Unread(String),
}

/// An account of a visit.
#[derive(Debug, Clone)]
pub struct VisitedAccount<T> {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub outcome: Visited<T>,
}

/// A visit.
#[derive(Debug, Clone)]
pub struct Visit<T> {
    /// In order of their ids.
    pub accounts: Vec<VisitedAccount<T>>,
    /// Of the organization.
    pub organization: Option<String>,
    /// Whether every part of the organization was listed.
    pub whole: bool,
    /// What went wrong while listing.
    pub problems: Vec<String>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// An account that is being visited.
#[derive(Clone)]
pub struct Host {
    client: Arc<Client>,
    region: String,
    /// Its id.
    pub account: AccountId,
    /// The ARNs of the roles that this configuration assumes to get here, and in here.
    pub roles: Vec<String>,
    /// The source identity's ARN.
    pub source: String,
    /// What is known of the organization.
    pub organization: Arc<Option<portolan_trust::Organization>>,
}

/// Why IAM's answer is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {}{message}{}", code_of(code), id_of(request_id.as_deref()))]
pub struct Unanswered {
    /// `iam:GetRole`
    pub operation: String,
    /// AWS's own code.
    pub code: String,
    /// AWS's own text, or ours.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
}

fn code_of(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!("{code}: ") }
}

fn id_of(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

impl Host {
    /// One call of IAM; its result element.
    ///
    /// # Errors
    /// It was refused, by the guard or by AWS, or nothing came.
    pub async fn ask(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<Element, Unanswered> {
        let named = format!("iam:{operation}");
        let failed = |code: &str, message: String, request_id: Option<String>| Unanswered {
            operation: named.clone(),
            code: code.to_owned(),
            message,
            request_id,
        };
        let fields = [("Action", operation), ("Version", VERSION)];
        let body: Vec<String> =
            fields.iter().chain(parameters).map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
        let request = wit::Request {
            identity: wit::Identity::Account,
            service: "iam".to_owned(),
            region: self.region.clone(),
            operation: operation.to_owned(),
            host_prefix: None,
            method: wit::Method::Post,
            target: "/".to_owned(),
            headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
            body: body.join("&"),
        };
        let scope = CallScope { account: Some(self.account.clone()), purpose: Purpose::Read, kind: Arc::from("") };
        let answer = match self.client.send(&scope, vec![request]).await.pop() {
            Some(Ok(answer)) => answer,
            Some(Err(error)) => return Err(failed("", error.message, None)),
            None => return Err(failed("", "nothing was sent".to_owned(), None)),
        };
        if answer.status != 200 {
            let verdict = classify("iam", operation, answer.status, &answer.headers, &answer.body, None);
            let request_id =
                answer.headers.iter().find(|(name, _)| name == "x-amzn-requestid").map(|(_, id)| id.clone());
            return Err(failed(&verdict.code, verdict.message, request_id));
        }
        let root = portolan_xml::parse(&answer.body).map_err(|error| failed("", error.to_string(), None))?;
        let result = root.children.into_iter().find(|child| child.name == format!("{operation}Result"));
        result.ok_or_else(|| failed("", "the answer has no result".to_owned(), None))
    }

    /// All pages of a listing, each given away as it comes.
    ///
    /// # Errors
    /// As [`Host::ask`]; or the pages do not end.
    pub async fn pages(
        &self,
        operation: &str,
        parameters: &[(&str, &str)],
        mut take: impl FnMut(&Element),
    ) -> Result<(), Unanswered> {
        let mut marker: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut asked = parameters.to_vec();
            if let Some(marker) = &marker {
                asked.push(("Marker", marker));
            }
            let page = self.ask(operation, &asked).await?;
            take(&page);
            let next = page.child("Marker").map(|marker| marker.text.clone()).filter(|text| !text.is_empty());
            if next.is_none() {
                return Ok(());
            }
            if next == marker {
                break;
            }
            marker = next;
        }
        let message = format!("the pages do not end, or fill more than {PAGES_MAX}");
        Err(Unanswered { operation: format!("iam:{operation}"), code: String::new(), message, request_id: None })
    }
}

/// Asks every selected account, or `only` this one. `operations` are IAM's reads that pass, those of the reviewed list that
/// need an operator's grant included: whoever calls the command is the operator, and grants them for this run.
///
/// # Errors
/// When nothing could be authenticated, the accounts cannot be listed, or `only` is not among them.
pub async fn visit<T, F: Future<Output = Result<T, Unanswered>>>(
    engine: Engine,
    mut settings: Settings,
    surroundings: Surroundings,
    operations: &[&str],
    only: Option<&AccountId>,
    ask: impl Fn(Host) -> F,
) -> Result<Visit<T>, StartError> {
    // A look leaves no traces: the catalogue of such a run lives in memory.
    settings.sinks.clear();
    let ready = set_up(engine, settings, surroundings, Task::Sync).await?;
    let client = Arc::new(own_client(&ready, operations)?);
    let context = &ready.context;
    let listing = listed(&ready).await?;
    if let Some(only) = only
        && !listing.found.iter().any(|found| found.id == *only)
    {
        return Err(StartError::Usage(format!("the account {only} is not among those that the configuration reads")));
    }
    // Parts of the organization tell nothing of what lies outside of them.
    let all_known = listing.whole && listing.scope == ListingScope::Organization && !listing.found.is_empty();
    let organization = (all_known && listing.organization.is_some()).then(|| portolan_trust::Organization {
        id: listing.organization.clone(),
        accounts: listing.found.iter().map(|found| found.id.clone()).collect(),
    });
    let organization = Arc::new(organization);
    let plan = role_plan(&context.settings, &context.start.id);
    let region = portolan_tables::partition(&context.partition)
        .map_or_else(|| "us-east-1".to_owned(), |partition| partition.implicit_global_region.clone());
    // Which kind of source it is changes how a role is assumed, not which.
    let hops = |identity| plan.hops(&identity, SourceKind::Keys).unwrap_or_default();
    let of_listing = hops(Identity::Management);
    let chosen = listing.found.iter().filter(|found| only.is_none_or(|only| found.id == *only));
    let mut accounts: Vec<VisitedAccount<T>> = futures::stream::iter(chosen)
        .map(|found| {
            let all = of_listing.iter().cloned().chain(hops(Identity::Account(found.id.clone())));
            let host = Host {
                client: Arc::clone(&client),
                region: region.clone(),
                account: found.id.clone(),
                roles: all.map(|hop| hop.role.to_string()).collect(),
                source: ready.source.arn.clone(),
                organization: Arc::clone(&organization),
            };
            let asked = ask(host);
            let client = &client;
            async move {
                let outcome = match closed(context, client, found).await {
                    Some(outcome) => outcome,
                    None => asked.await.map_or_else(|error| Visited::Unread(error.to_string()), Visited::Read),
                };
                VisitedAccount { id: found.id.clone(), name: found.account.name.clone(), outcome }
            }
        })
        .buffer_unordered(ACCOUNTS_AT_ONCE)
        .collect()
        .await;
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    let problems = listing.problems.iter().map(|problem| format!("{}: {}", problem.operation, problem.message));
    Ok(Visit {
        accounts,
        organization: listing.organization.clone(),
        whole: listing.whole,
        problems: problems.collect(),
        stopped: context.is_cancelled(),
    })
}

/// A client beside the component's: the same sessions, limits and retries, and a grant of its own.
fn own_client(ready: &Ready, operations: &[&str]) -> Result<Client, StartError> {
    let usage = |error: &dyn std::fmt::Display| StartError::Usage(error.to_string());
    let context = &ready.context;
    let client = context.client.another();
    let named: Vec<String> = operations.iter().map(|operation| format!("iam:{operation}")).collect();
    // IAM's reads are named as their actions are.
    let calls: Vec<CallNeed> = named.iter().map(|name| CallNeed::of_account(name, name)).collect();
    let grant = Grant::from_manifest(&json!({ "calls": calls }).to_string()).map_err(|error| usage(&error))?;
    // Only rows of the reviewed list are granted, so that no other can be.
    let needing = named.into_iter().filter(|action| OPERATORS.contains(&action.as_str()));
    client.grant(grant.with_operator(needing).map_err(|error| usage(&error))?);
    client.bound(session_policies(&context.settings, &calls));
    Ok(client)
}

/// Rows of the reviewed list with the rule `grant` that commands of the host itself use.
const OPERATORS: &[&str] = &["iam:GetAccountAuthorizationDetails"];

/// What becomes of an account that is not asked; none where its session is open.
async fn closed<T>(context: &super::context::Context, client: &Client, found: &Found) -> Option<Visited<T>> {
    let left_out = |why: &str| Some(Visited::LeftOut(why.to_owned()));
    match found.attempt {
        Attempt::Resting => return left_out(&format!("its state is {}", found.row.state)),
        Attempt::LeftOut => return left_out("left out by accounts.management"),
        Attempt::OutOfScope => return left_out("outside of what the configuration reads"),
        Attempt::Read => {}
    }
    let failure = client.open(&Identity::Account(found.id.clone())).await.err()?;
    let expected =
        found.row.is_management && context.settings.accounts.management == Management::Auto && failure.denied;
    Some(match expected {
        true => Visited::LeftOut(format!("the management account has no such role: {}", failure.message)),
        false => Visited::Unread(failure.message),
    })
}
