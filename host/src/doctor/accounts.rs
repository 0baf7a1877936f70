//! The role in each account of the sample.

use std::sync::Arc;

use futures::StreamExt;
use portolan_names::AccountId;

use super::case::{Case, Sampled};
use super::cause::Cause;
use super::finding::{Finding, State};
use super::mend::Mend;
use super::organization::left_out;
use super::roles::{refused, with_or_without};
use super::stage::Stage;
use crate::credentials::{AssumeFailure, Identity};
use crate::run::{Attempt, Found};

const STAGE: Stage = Stage::Accounts;
/// Accounts that are looked into unless more are asked for.
pub const SAMPLE: usize = 3;
/// Of `--all`: as many as the largest organizations have by default.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Roles that are assumed at once; STS is shared with other callers.
const AT_ONCE: usize = 8;

pub(super) async fn examine(case: &mut Case) -> Finding {
    let Some(sessions) = case.sessions.clone() else { return Finding::not_examined(STAGE, "needs the identity") };
    let (chosen, mut below) = sample(case);
    let opened: Vec<(Found, Result<(), Arc<AssumeFailure>>)> = futures::stream::iter(chosen)
        .map(|found| {
            let sessions = Arc::clone(&sessions);
            async move {
                let outcome = sessions.credentials(&Identity::Account(found.id.clone())).await.map(drop);
                (found, outcome)
            }
        })
        .buffered(AT_ONCE)
        .take_until(Box::pin(case.cancelled.cancelled()))
        .collect()
        .await;
    let sent = |case: &Case, found: &Found| {
        case.hops(&Identity::Account(found.id.clone())).last().is_some_and(|hop| hop.external_id.is_some())
    };
    // First all that works, since it tells what is likely where something does not.
    for (found, outcome) in &opened {
        case.external_id_works |= outcome.is_ok() && sent(case, found);
    }
    let count = opened.len();
    for (found, outcome) in opened {
        let who = Identity::Account(found.id.clone());
        let subject = format!("{} {}", found.id, found.account.name);
        let finding = match outcome {
            Ok(()) => {
                let role = case.role_in(&found.id);
                let says = format!("{role} {}", with_or_without("assumed", sent(case, &found)));
                case.sample.push(Sampled { found, plan: None });
                Finding::works(STAGE, says)
            }
            Err(failure) => {
                let finding = refused(case, STAGE, &who, &failure);
                if sessions.leaves_out(&who, &failure) { expected(finding) } else { finding }
            }
        };
        below.push(finding.about(subject));
    }
    if below.is_empty() {
        return Finding::not_examined(STAGE, "there is no account to look into");
    }
    let all = case
        .listing
        .as_ref()
        .map_or(0, |listing| listing.found.iter().filter(|found| found.attempt == Attempt::Read).count());
    let says = format!("{} of {count} roles assumed, of {all} accounts to be read", case.sample.len());
    Finding::works(STAGE, says).over(below)
}

/// The management account's, where nobody has to have it.
fn expected(finding: Finding) -> Finding {
    let mend = Mend::act(
        "StackSets put no role there: make it with a plain stack, or set accounts.management to list-role; left as it is, the \
         account is left out",
    );
    let mends = std::iter::once(mend).chain(finding.mends).collect();
    Finding { state: State::Notable, mends, ..finding }
}

/// The accounts to look into, and what is to be said of those that were asked for and cannot be.
fn sample(case: &Case) -> (Vec<Found>, Vec<Finding>) {
    let Some(listing) = &case.listing else { return (Vec::new(), Vec::new()) };
    let mut readable: Vec<Found> =
        listing.found.iter().filter(|found| found.attempt == Attempt::Read).cloned().collect();
    // The management account last: its role is a matter of its own.
    readable.sort_by_key(|found| (found.row.is_management, found.id.clone()));
    if !case.options.accounts.is_empty() {
        let mut below = Vec::new();
        for id in &case.options.accounts {
            match case.found(id) {
                None => below.push(unlisted(id)),
                Some(found) => below.extend(left_out(found).map(|finding| Finding {
                    stage: STAGE,
                    state: State::Fails,
                    ..finding
                })),
            }
        }
        readable.retain(|found| case.options.accounts.contains(&found.id));
        return (readable, below);
    }
    if case.options.every_account {
        let mut below = Vec::new();
        if readable.len() > ACCOUNTS_MAX {
            let says = format!("{} accounts; {ACCOUNTS_MAX} of them are looked into", readable.len());
            below.push(Finding::notable(STAGE, says).because(vec![Cause::Limit]));
            readable.truncate(ACCOUNTS_MAX);
        }
        return (readable, below);
    }
    (spread(readable), Vec::new())
}

/// The first, the last, and what lies between: accounts that were made together share their faults.
fn spread(mut readable: Vec<Found>) -> Vec<Found> {
    let members = readable.iter().filter(|found| !found.row.is_management).count();
    if members >= SAMPLE {
        readable.truncate(members);
    }
    let last = readable.len().saturating_sub(1);
    if last < SAMPLE {
        return readable;
    }
    let taken: Vec<usize> = (0..SAMPLE).map(|at| at * last / (SAMPLE - 1)).collect();
    readable.into_iter().enumerate().filter(|(at, _)| taken.contains(at)).map(|(_, found)| found).collect()
}

fn unlisted(id: &AccountId) -> Finding {
    Finding::fails(STAGE, "it is not among the accounts")
        .about(id.as_str())
        .because(vec![Cause::AccountNotListed])
        .mended_by(vec![
            Mend::run("portolan accounts   # the organization as a tree"),
            Mend::act("invite the account into the organization, name a role of it in accounts.roles, or mend the id"),
        ])
}
