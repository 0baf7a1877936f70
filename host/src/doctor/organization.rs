//! The accounts: the organization's, as the listing role sees them, or those of the configuration.

use std::sync::Arc;

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::remedy::Refused;
use super::stage::Stage;
use crate::aws::{Endpoints, Exchange, Live, TypeMemory};
use crate::config::settings::AccountsFrom;
use crate::outcome::{Problem, ProblemClass};
use crate::run::{Attempt, Found, Listing, Look, RESPONSE_BYTES_MAX, SourceFacts, StandIn, StartError};

const STAGE: Stage = Stage::Organization;
/// Accounts that are named one by one; the others are counted.
const NAMED_MAX: usize = 20;

/// Sets the component up behind the sessions that were opened, and lists the accounts.
///
/// # Errors
/// The component refuses the settings.
pub(super) async fn examine(case: &mut Case) -> Result<Finding, StartError> {
    let Some(look) = look(case).await? else { return Ok(Finding::not_examined(STAGE, "needs the identity")) };
    let listed = look.accounts().await;
    case.look = Some(look);
    let of_organization = case.settings.accounts.from == Some(AccountsFrom::Organization);
    let listing = match listed {
        Ok(listing) => listing,
        Err(problem) => return Ok(denied(case, &problem, "the accounts cannot be listed")),
    };
    if let (Some(management), Some(sessions)) =
        (listing.found.iter().find(|found| found.row.is_management), &case.sessions)
    {
        sessions.management_is(management.id.clone());
    }
    let finding = if of_organization { summary(&listing) } else { of_configuration(case, &listing) };
    let mut below: Vec<Finding> = listing
        .problems
        .iter()
        .map(|problem| denied(case, problem, "a part of the organization cannot be listed"))
        .collect();
    below.extend(another(case, &listing));
    if case.options.every_account {
        let left: Vec<&Found> = listing.found.iter().filter(|found| found.attempt != Attempt::Read).collect();
        below.extend(left.into_iter().take(NAMED_MAX).filter_map(left_out));
    }
    case.listing = Some(listing);
    Ok(finding.over(below))
}

async fn look(case: &mut Case) -> Result<Option<Look>, StartError> {
    let (Some(sessions), Some(caller), Some(ground)) = (&case.sessions, &case.caller, &case.ground) else {
        return Ok(None);
    };
    let partition = case.settings.partition.clone().unwrap_or_else(|| caller.partition().to_owned());
    let endpoints =
        Endpoints { partition: partition.clone(), variant: ground.variant, overrides: case.settings.endpoints.clone() };
    case.endpoints = Some(endpoints.clone());
    let live = Live::new(Arc::clone(sessions) as _, endpoints, ground.http.clone(), RESPONSE_BYTES_MAX);
    // As in a run, a type is asked about once.
    let exchange: Arc<dyn Exchange> = Arc::new(TypeMemory::new(Arc::new(live)));
    let why = sessions.source().why.clone();
    case.exchange = Some(Arc::clone(&exchange));
    let way = StandIn {
        exchange: Arc::clone(&exchange),
        source: SourceFacts { arn: caller.arn.clone(), account: caller.account.to_string(), why },
        partition,
        home_region: ground.place.region.to_string(),
        start: case.start.clone(),
    };
    Look::begin(case.engine.clone(), case.settings.clone(), way, case.cancelled.clone()).await.map(Some)
}

fn summary(listing: &Listing) -> Finding {
    let count = |attempt: Attempt| listing.found.iter().filter(|found| found.attempt == attempt).count();
    let mut says = format!("{} accounts, {} to be read", listing.found.len(), count(Attempt::Read));
    for (attempt, what) in [
        (Attempt::Resting, "suspended, closed or pending"),
        (Attempt::LeftOut, "left out as the management account"),
        (Attempt::OutOfScope, "outside what the configuration selects"),
    ] {
        if count(attempt) > 0 {
            says.push_str(&format!(", {} {what}", count(attempt)));
        }
    }
    if let Some(organization) = &listing.organization {
        says = format!("{organization}: {says}");
    }
    if count(Attempt::Read) == 0 {
        let mend = Mend::act(
            "look at accounts.ous, accounts.include and accounts.exclude: nothing is left of the organization",
        );
        return Finding::fails(STAGE, says).because(vec![Cause::AccountLeftOut]).mended_by(vec![mend]);
    }
    Finding::works(STAGE, says)
}

/// Where no organization is listed.
fn of_configuration(case: &Case, listing: &Listing) -> Finding {
    match case.settings.accounts.from {
        Some(_) => Finding::works(
            STAGE,
            format!("{} accounts by the configuration; no organization is listed", listing.found.len()),
        ),
        None => {
            let says = "nothing says which accounts to read: this one alone is looked at, and a run asks or refuses";
            Finding::notable(STAGE, says).because(vec![Cause::NothingChosen]).mended_by(vec![
                Mend::run("portolan sync --account self"),
                Mend::run("portolan sync --account-role-arns ARN,…"),
                Mend::run("portolan sync --account-role-arn ARN"),
            ])
        }
    }
}

fn another(case: &Case, listing: &Listing) -> Option<Finding> {
    let (expected, found) = (case.settings.credentials.expect_organization.as_ref()?, listing.organization.as_ref()?);
    (expected != found).then(|| {
        Finding::fails(STAGE, format!("{expected} is expected"))
            .about(found.as_str())
            .because(vec![Cause::OtherOrganization])
            .mended_by(vec![Mend::act(
                "name a listing role of the expected organization, or change credentials.expect_organization",
            )])
    })
}

/// Why an account is not read, if it is not.
pub(super) fn left_out(found: &Found) -> Option<Finding> {
    let about = |says: String, cause: Cause, mend: &str| {
        let finding = Finding::notable(STAGE, says).about(format!("{} {}", found.id, found.account.name));
        Some(finding.because(vec![cause]).mended_by(vec![Mend::act(mend)]))
    };
    match found.attempt {
        Attempt::Read => None,
        Attempt::Resting => about(
            format!("{}: not attempted, and what is known of it is kept", found.row.state),
            Cause::AccountResting,
            "reinstate the account, or leave it out with accounts.exclude",
        ),
        Attempt::LeftOut => about(
            "the management account is left out by accounts.management: exclude".to_owned(),
            Cause::AccountLeftOut,
            "set accounts.management to auto, include or list-role",
        ),
        Attempt::OutOfScope => about(
            "outside what the configuration selects".to_owned(),
            Cause::AccountLeftOut,
            "look at accounts.ous, accounts.include and accounts.exclude",
        ),
    }
}

/// Something of the organization that the listing role may not see, or cannot.
fn denied(case: &Case, problem: &Problem, says: &str) -> Finding {
    let role = case.sessions.as_ref().and_then(|sessions| sessions.plan().list.clone());
    let who = role.map(|role| role.to_string()).or_else(|| case.caller.as_ref().map(|caller| caller.arn.clone()));
    let who = who.unwrap_or_default();
    let by_policy = Cause::of_problem(problem).unwrap_or(Cause::BadAnswer);
    // Organizations says no more than no: of its own policies as of an account that does not administer it.
    let told = portolan_errors::denial(&problem.code, &problem.message) != Some(portolan_errors::Denial::Unknown);
    let cause = match (problem.code.as_str(), problem.class) {
        ("AWSOrganizationsNotInUseException", _) => Cause::NoOrganization,
        (_, ProblemClass::Denied) if !told => Cause::NotAdministrator,
        _ => by_policy,
    };
    let action = if problem.operation.is_empty() { "organizations:ListAccounts" } else { &problem.operation };
    let refused = Refused { who: &who, actions: vec![action], resource: "*", service: "organizations" };
    let mut mends = refused.mends(cause);
    let policy = || Mend::run("portolan iam policy --for list");
    match cause {
        Cause::NotAdministrator => {
            mends.extend(refused.mends(Cause::IdentityPolicy));
            mends.push(policy());
            mends.push(Mend::act(
                "let the listing role lie in the management account, or in one that is registered as a delegated administrator",
            ));
        }
        Cause::IdentityPolicy => mends.push(policy()),
        Cause::NoOrganization => mends.push(Mend::act(
            "name a listing role of the organization's management account, or read single accounts: --account self, \
             --account-role-arns ARN,…",
        )),
        Cause::Throttled => {
            mends.push(Mend::act("run again; the Organizations API has a small limit that all callers share"));
        }
        _ => {}
    }
    let subject = if problem.operation.is_empty() { String::new() } else { problem.operation.clone() };
    Finding::fails(STAGE, says)
        .about(subject)
        .answered(Answer::of_problem(problem))
        .because(vec![cause])
        .mended_by(mends)
}
