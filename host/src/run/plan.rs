//! From an account to its units: its role is assumed, its regions are listed, its kinds are crossed with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use portolan_names::{AccountId, Region};

use super::accounts::{Attempt, Found};
use super::context::{Context, Failed};
use super::convert::{own_problem, problem};
use super::order::in_order;
use super::queue::Planned;
use super::scope::{ROLE_DENIED, ROLE_FAILED, Scope, advice_for, class_of};
use crate::aws::SessionFailure;
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::RegionRow;
use crate::config::settings::Management;
use crate::credentials::Identity;
use crate::imports::{CallScope, Purpose};
use crate::outcome::{Problem, ProblemClass};
use crate::run::clock::now_ms;

/// What a run knows of an account once it was tried.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// Its regions are known.
    Planned(Arc<Regions>),
    /// Its role was refused.
    RoleRefused,
    /// Refused, but expected to be: the management account under `accounts.management: auto`.
    LeftOut,
    /// Its regions could not be listed: nothing was attempted.
    NotPlanned,
}

/// The regions of an account as its plan has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) enabled: BTreeSet<String>,
    pub(super) disabled: BTreeSet<String>,
    pub(super) whole: bool,
    /// By kind, the regions that the configuration leaves out.
    pub(super) excluded: BTreeMap<String, BTreeSet<String>>,
    /// By kind, the regions in which the service is not offered.
    pub(super) unavailable: BTreeMap<String, BTreeSet<String>>,
}

/// The different regions that accounts of a run have: nearly all have the same, and each needs them to the end.
#[derive(Debug, Default)]
pub(super) struct RegionsSeen(Mutex<Vec<Arc<Regions>>>);

/// Different ones that are kept; an account with others has its own.
const REGIONS_KEPT: usize = 64;

impl RegionsSeen {
    /// These, or those that are equal and known already.
    fn one(&self, regions: Regions) -> Arc<Regions> {
        let Ok(mut seen) = self.0.lock() else { return Arc::new(regions) };
        if let Some(known) = seen.iter().find(|known| ***known == regions) {
            return Arc::clone(known);
        }
        let regions = Arc::new(regions);
        if seen.len() < REGIONS_KEPT {
            seen.push(Arc::clone(&regions));
        }
        regions
    }
}

/// Opens the account's session and plans its units.
///
/// The management account has units of its own even where it is not read itself: those of the kinds that
/// belong to the organization, which the listing role reads.
///
/// # Errors
/// Only when the catalogue fails.
pub(super) async fn plan_account(context: &Context, found: &Found) -> Result<(Standing, Option<Planned>), Failed> {
    let closed = match found.attempt {
        Attempt::Read => session(context, found).await?,
        Attempt::Resting | Attempt::LeftOut | Attempt::OutOfScope => Some(Standing::LeftOut),
    };
    let account = match &closed {
        None => found.account.clone(),
        Some(_) if found.row.is_management => found.for_the_organization_alone(),
        Some(standing) => return Ok((standing.clone(), None)),
    };
    match ask(context, &account, &found.id).await {
        Ok(plan) => {
            let problems: Vec<Problem> = plan.problems.iter().cloned().map(problem).collect();
            note(context, found, problems).await?;
            let planned = units_of(context, account, &found.id, &plan);
            if let Some(standing) = closed {
                return Ok((standing, Some(planned)));
            }
            if plan.regions.is_empty() && !plan.whole {
                let failed = plan.problems.into_iter().map(problem).next();
                without_regions(context, found, failed.as_ref());
                return Ok((Standing::NotPlanned, Some(planned)));
            }
            store_regions(context, found, &plan).await?;
            Ok((Standing::Planned(context.regions.one(regions_of(&plan))), Some(planned)))
        }
        Err(problem) => {
            without_regions(context, found, Some(&problem));
            note(context, found, vec![problem]).await?;
            Ok((closed.unwrap_or(Standing::NotPlanned), None))
        }
    }
}

/// An account whose regions are not known is a scope that did not complete: nothing of it was attempted.
fn without_regions(context: &Context, found: &Found, problem: Option<&Problem>) {
    let class = problem.map_or_else(|| "partial".to_owned(), class_of);
    context.tally.scope(Scope {
        account: found.id.to_string(),
        region: None,
        kind: None,
        code: problem.map(|problem| problem.code.clone()).unwrap_or_default(),
        message: format!("its regions could not be listed: {}", problem.map_or("", |problem| &problem.message)),
        advice: advice_for(&class, problem.map_or("", |problem| &problem.operation)),
        class,
        accepted: None,
        new: true,
    });
}

/// Opens the account's session; what it stands for where there is none.
async fn session(context: &Context, found: &Found) -> Result<Option<Standing>, Failed> {
    let Err(failure) = context.client.open(&Identity::Account(found.id.clone())).await else { return Ok(None) };
    let expected =
        found.row.is_management && context.settings.accounts.management == Management::Auto && failure.denied;
    if expected {
        tracing::info!(
            account_id = %found.id,
            "the management account has no such role and is left out (accounts.management: auto); {}",
            failure.message
        );
        return Ok(Some(Standing::LeftOut));
    }
    let class = if failure.denied { ROLE_DENIED } else { ROLE_FAILED };
    refused(context, found, class, failure).await?;
    Ok(Some(Standing::RoleRefused))
}

/// The account's regions, and its kinds crossed with them.
pub(super) async fn ask(
    context: &Context,
    account: &sync::Account,
    id: &AccountId,
) -> Result<sync::AccountPlan, Problem> {
    let stopped = |error: crate::instance::CallError| own_problem(ProblemClass::BadCall, error.to_string());
    let scope = CallScope { account: Some(id.clone()), purpose: Purpose::Plan, kind: Arc::from("") };
    let mut lease = context.instances().lease().await.map_err(stopped)?;
    match lease.plan(scope, account).await.map_err(stopped)? {
        Ok(plan) => Ok(plan),
        Err(failure) => Err(problem(failure.problem)),
    }
}

async fn refused(context: &Context, found: &Found, class: &str, failure: SessionFailure) -> Result<(), Failed> {
    let SessionFailure { code, message, request_id, next, .. } = failure;
    context.tally.scope(Scope {
        account: found.id.to_string(),
        region: None,
        kind: None,
        class: class.to_owned(),
        code: code.clone(),
        message: message.clone(),
        advice: next.unwrap_or_else(|| advice_for(class, "sts:AssumeRole")),
        accepted: None,
        new: true,
    });
    let mut problem = own_problem(ProblemClass::NoCredentials, message);
    problem.operation = "sts:AssumeRole".to_owned();
    problem.code = code;
    problem.request_id = request_id;
    note(context, found, vec![problem]).await
}

async fn note(context: &Context, found: &Found, problems: Vec<Problem>) -> Result<(), Failed> {
    if problems.is_empty() {
        return Ok(());
    }
    context.tally.problems(None, Some(found.id.as_str()), &problems);
    let account = found.id.to_string();
    let stored = move |catalogue: &mut crate::catalogue::Catalogue| {
        catalogue.put_problems(None, Some(&account), &problems, now_ms())
    };
    Ok(context.store.with(stored).await??)
}

fn regions_of(plan: &sync::AccountPlan) -> Regions {
    let mut regions = Regions { whole: plan.whole, ..Regions::default() };
    for region in &plan.regions {
        let list = if region.enabled { &mut regions.enabled } else { &mut regions.disabled };
        list.insert(region.name.clone());
    }
    for planned in &plan.kinds {
        let by_kind = match planned.fate {
            sync::Fate::Read => continue,
            sync::Fate::Excluded => &mut regions.excluded,
            sync::Fate::Unavailable => &mut regions.unavailable,
        };
        by_kind.entry(planned.kind.clone()).or_default().extend(planned.regions.iter().cloned());
    }
    regions
}

async fn store_regions(context: &Context, found: &Found, plan: &sync::AccountPlan) -> Result<(), Failed> {
    let rows: Vec<RegionRow> = plan
        .regions
        .iter()
        .filter_map(|region| Some(RegionRow { region: Region::parse(&region.name).ok()?, enabled: region.enabled }))
        .collect();
    let (id, whole) = (found.id.clone(), plan.whole);
    Ok(context.store.with(move |catalogue| catalogue.put_regions(&id, &rows, whole, now_ms())).await??)
}

fn units_of(context: &Context, account: sync::Account, id: &AccountId, plan: &sync::AccountPlan) -> Planned {
    let mut kinds = Vec::new();
    for planned in &plan.kinds {
        match planned.fate {
            sync::Fate::Read => {
                context.tally.kind(&planned.kind);
                kinds.push((context.kinds.get(&planned.kind), planned.regions.clone()));
            }
            sync::Fate::Excluded => context.tally.excluded(planned.regions.len().max(1) as u64),
            sync::Fate::Unavailable => {}
        }
    }
    context.denials.plan(id, kinds.iter().map(|(kind, regions)| (kind.name.as_str(), regions.as_slice())));
    in_order(account, id.clone(), kinds, |kind, region| context.slow.took_ms(id, kind, region))
}
