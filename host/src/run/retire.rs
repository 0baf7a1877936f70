//! The end of a run: what was not seen is held against the evidence, read by id where that tells, and
//! goes only if it is proven gone and no guard trips. What decides stands in [`crate::deletion`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portolan_names::AccountId;

use super::accounts::{Attempt, Found, Listing};
use super::context::{Context, Failed};
use super::convert::{own_problem, problem};
use super::membership::described;
use super::plan::{Regions, Standing};
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::{KnownRegion, PageRecord, UnitOutcome};
use crate::deletion::{
    AccountEvidence, AccountFate, AccountStanding, Candidate, Confirm, Decided, Evidence, KindFate, ListingScope,
    OnLeave, OrganizationListing, Owned, Plan, READINGS_PER_UNIT_MAX, ReadBack, RegionEvidence, RegionFate,
    RegionStanding, ScopeSettings, account_fate, asks, decide, judge, read_back, region_fate,
};
use crate::imports::{CallScope, Purpose};
use crate::outcome::{Problem, ProblemClass};
use crate::page_lines::{self, PageLine, ResourceLine};
use crate::run::clock::now_ms;
use crate::unit::UnitKey;

/// What the run knows of accounts when it decides.
pub(super) struct Known<'a> {
    pub(super) listing: &'a Listing,
    pub(super) standings: &'a BTreeMap<AccountId, Standing>,
}

/// Collects, confirms, judges and carries out the deletions of a run.
///
/// # Errors
/// When the catalogue fails; then nothing was deleted.
pub(super) async fn retire(context: &Context, known: &Known<'_>) -> Result<Arc<Plan>, Failed> {
    let candidates = context.store.with(|catalogue| catalogue.candidates()).await??;
    let units: BTreeSet<UnitKey> = candidates.iter().map(|candidate| candidate.unit.clone()).collect();
    let outcomes = context.store.with(|catalogue| catalogue.outcomes_of(units)).await??;
    let (fates, listing) = account_fates(context, known).await?;
    let regions = context.store.with(|catalogue| catalogue.known_regions()).await??;
    let judging = Judging { context, known, outcomes, fates, regions };
    let mut read = BTreeMap::new();
    for (unit, ids) in judging.worth_reading(&candidates) {
        for (id, answer) in confirm(context, known, &unit, &ids).await? {
            read.insert((unit.clone(), id), answer);
        }
    }
    let decided: Vec<Decided> = candidates
        .into_iter()
        .map(|candidate| {
            let answer = read.get(&(candidate.unit.clone(), candidate.id.clone())).copied();
            let evidence = judging.evidence(&candidate, answer.unwrap_or(ReadBack::NotAsked));
            let decision = decide(&candidate, &evidence);
            Decided { candidate, decision }
        })
        .collect();
    // The guards' shares are of deletions; where there are none, what is owned need not be counted, unit by unit.
    let owned = match decided.is_empty() {
        true => Owned::default(),
        false => context.store.with(|catalogue| catalogue.owned()).await??,
    };
    let released = match context.settings.allow_mass_delete.clone() {
        Some(run) => context.store.with(move |catalogue| catalogue.withheld_by(&run)).await??,
        None => BTreeSet::new(),
    };
    let plan = Arc::new(judge(decided, &owned, listing, &context.settings.deletion, &released));
    as_agreed(context, &plan)?;
    let carried_out = Arc::clone(&plan);
    context.store.with(move |catalogue| catalogue.apply(&carried_out, now_ms())).await??;
    retire_accounts(context, &judging.fates, &plan).await?;
    count(context, &plan);
    Ok(plan)
}

/// A plan that somebody has seen is carried out as they saw it.
fn as_agreed(context: &Context, plan: &Plan) -> Result<(), Failed> {
    let Some(agreed) = &context.agreed else { return Ok(()) };
    let decided: BTreeSet<&String> = plan.removals().iter().map(|removal| &removal.candidate.key).collect();
    let other = decided.iter().filter(|key| !agreed.contains(**key)).count();
    if other == 0 && decided.len() == agreed.len() {
        return Ok(());
    }
    Err(Failed::OtherDeletions { listed: agreed.len(), decided: decided.len(), other })
}

struct Judging<'a> {
    context: &'a Context,
    known: &'a Known<'a>,
    outcomes: BTreeMap<UnitKey, UnitOutcome>,
    fates: BTreeMap<AccountId, AccountFate>,
    regions: Vec<KnownRegion>,
}

impl Judging<'_> {
    fn evidence(&self, candidate: &Candidate, read: ReadBack) -> Evidence<'_> {
        let kind = self.context.manifest.kind(&candidate.unit.kind);
        let confirm = kind.map_or("second-run", |kind| kind.confirm.as_str());
        let membership = self.outcomes.get(&candidate.unit).map(|outcome| &outcome.membership);
        let account = match self.fates.get(&candidate.unit.account).copied().unwrap_or(AccountFate::Live) {
            // A unit that was read speaks for itself: what is the organization's is read with the listing role, though
            // the management account that it is filed under may be left out, or refuse the members' role.
            AccountFate::Kept(_) if membership.is_some() => AccountFate::Live,
            fate => fate,
        };
        Evidence {
            membership,
            confirm: Confirm::of(confirm, &self.context.settings.deletion),
            read,
            account,
            region: self.region_fate(&candidate.unit),
            kind: if kind.is_some() {
                KindFate::Configured
            } else {
                KindFate::Removed(scope(self.context).on_kind_removed)
            },
            run_started: self.context.start.at_ms,
        }
    }

    fn region_fate(&self, unit: &UnitKey) -> RegionFate {
        let Some(region) = &unit.region else { return RegionFate::Live };
        let Some(Standing::Planned(regions)) = self.known.standings.get(&unit.account) else { return RegionFate::Live };
        let missing_since = self
            .regions
            .iter()
            .find(|known| known.account == unit.account && known.region == *region)
            .and_then(|known| known.missing_since);
        let evidence = RegionEvidence {
            standing: region_standing(regions, &unit.kind, region.as_str()),
            lists_whole: regions.whole,
            missing_since,
            run_started: self.context.start.at_ms,
        };
        region_fate(&evidence, &scope(self.context))
    }

    /// Ids that are worth a reading, by unit, no more of each than the limit.
    fn worth_reading(&self, candidates: &[Candidate]) -> BTreeMap<UnitKey, Vec<String>> {
        let mut by_unit: BTreeMap<UnitKey, Vec<String>> = BTreeMap::new();
        for candidate in candidates {
            if asks(candidate, &self.evidence(candidate, ReadBack::NotAsked)) {
                let ids = by_unit.entry(candidate.unit.clone()).or_default();
                if ids.len() < READINGS_PER_UNIT_MAX {
                    ids.push(candidate.id.clone());
                }
            }
        }
        by_unit
    }
}

fn region_standing(regions: &Regions, kind: &str, region: &str) -> RegionStanding {
    let among = |by_kind: &BTreeMap<String, BTreeSet<String>>| by_kind.get(kind).is_some_and(|r| r.contains(region));
    if among(&regions.excluded) {
        RegionStanding::Excluded
    } else if among(&regions.unavailable) {
        RegionStanding::Unavailable
    } else if regions.enabled.contains(region) {
        RegionStanding::Read
    } else if regions.disabled.contains(region) {
        RegionStanding::Disabled
    } else {
        RegionStanding::InNeitherList
    }
}

fn scope(context: &Context) -> ScopeSettings {
    ScopeSettings {
        on_leave_scope: context.settings.accounts.on_leave_scope,
        on_disable: context.settings.regions.on_disable,
        on_kind_removed: OnLeave::Keep,
    }
}

async fn account_fates(
    context: &Context,
    known: &Known<'_>,
) -> Result<(BTreeMap<AccountId, AccountFate>, OrganizationListing), Failed> {
    let rows = context.store.with(|catalogue| catalogue.known_accounts()).await??;
    let found: BTreeMap<&AccountId, &Found> = known.listing.found.iter().map(|found| (&found.id, found)).collect();
    let settings = &context.settings.accounts;
    let mut organization = OrganizationListing { known: rows.len() as u64, lost: 0 };
    let mut fates = BTreeMap::new();
    let standings: Vec<AccountStanding> = rows
        .iter()
        .map(|row| match found.get(&row.id) {
            Some(found) => standing_of(found, known.standings.get(&row.id)),
            None if settings.exclude.contains(&row.id) => AccountStanding::Excluded,
            None if !settings.include.is_empty() && !settings.include.contains(&row.id) => AccountStanding::Excluded,
            None => AccountStanding::Absent,
        })
        .collect();
    let gone = |standing: &AccountStanding| matches!(standing, AccountStanding::Absent | AccountStanding::Closed);
    let asked: Vec<AccountId> =
        rows.iter().zip(&standings).filter(|(_, s)| gone(s)).map(|(row, _)| row.id.clone()).collect();
    let described = described(context, known.listing, &asked).await;
    for (row, standing) in rows.into_iter().zip(standings) {
        if standing == AccountStanding::Absent && known.listing.scope == ListingScope::Organization {
            organization.lost += 1;
        }
        let evidence = AccountEvidence {
            standing,
            listing: known.listing.scope,
            listing_whole: known.listing.whole,
            described: described.get(&row.id).copied(),
            gone_since: row.gone_since,
            run_started: context.start.at_ms,
        };
        fates.insert(row.id, account_fate(&evidence, &scope(context)));
    }
    Ok((fates, organization))
}

fn standing_of(found: &Found, standing: Option<&Standing>) -> AccountStanding {
    match (found.attempt, standing) {
        (Attempt::Resting, _) if found.row.state == "CLOSED" => AccountStanding::Closed,
        (Attempt::Resting, _) => AccountStanding::Resting,
        (Attempt::LeftOut, _) => AccountStanding::Excluded,
        (Attempt::OutOfScope, _) => AccountStanding::LeftScope,
        (Attempt::Read, Some(Standing::Planned(_) | Standing::NotPlanned)) => AccountStanding::Active,
        (Attempt::Read, Some(Standing::RoleRefused | Standing::LeftOut) | None) => AccountStanding::RoleRefused,
    }
}

/// Reads resources by id, in batches of the kind's size.
async fn confirm(
    context: &Context,
    known: &Known<'_>,
    unit: &UnitKey,
    ids: &[String],
) -> Result<BTreeMap<String, ReadBack>, Failed> {
    let mut answers = BTreeMap::new();
    let Some(found) = known.listing.found.iter().find(|found| found.id == unit.account) else { return Ok(answers) };
    let batch = context.manifest.kind(&unit.kind).map_or(1, |kind| kind.batch.max(1));
    for ids in ids.chunks(batch) {
        if context.is_cancelled() {
            break;
        }
        let (returned, whole, problems) = match read_by_id(context, &found.account, unit, ids).await {
            Ok(page) => {
                let returned = page.resources.iter().map(|line| line.id.clone()).collect();
                keep(context, unit, page.resources).await?;
                (returned, page.whole, page.problems)
            }
            Err(problem) => (BTreeSet::new(), false, vec![problem]),
        };
        context.tally.problems(Some(unit), None, &problems);
        let stored = (unit.clone(), problems.clone());
        let put = move |catalogue: &mut crate::catalogue::Catalogue| {
            catalogue.put_problems(Some(&stored.0), None, &stored.1, now_ms())
        };
        context.store.with(put).await??;
        answers.extend(read_back(ids, &returned, whole, &problems));
    }
    Ok(answers)
}

/// What a listing hid and a reading found is stored as any other: it is there, and this is what it is now.
async fn keep(context: &Context, unit: &UnitKey, resources: Vec<ResourceLine>) -> Result<(), Failed> {
    if resources.is_empty() {
        return Ok(());
    }
    let record = Arc::new(PageRecord {
        unit: unit.clone(),
        lines: resources.into_iter().map(|line| PageLine::Resource(Box::new(line))).collect(),
        // Its entities are made of the stored row, with those of all that no page has told.
        mapped: None,
        problems: Vec::new(),
        whole: true,
        next: None,
        calls: 0,
        now: now_ms(),
    });
    context.streams.page(&record).await;
    let counts = context.store.with(move |catalogue| catalogue.store_page(&record)).await??;
    context.tally.page(&unit.kind, &counts);
    Ok(())
}

/// What reading by id gave.
pub(super) struct ReadPage {
    pub(super) resources: Vec<ResourceLine>,
    pub(super) whole: bool,
    pub(super) problems: Vec<Problem>,
}

/// Reads resources of a unit by id, in one call of the guest.
pub(super) async fn read_by_id(
    context: &Context,
    account: &sync::Account,
    unit: &UnitKey,
    ids: &[String],
) -> Result<ReadPage, Problem> {
    let stopped = |error: crate::instance::CallError| own_problem(ProblemClass::BadCall, error.to_string());
    let scope =
        CallScope { account: Some(unit.account.clone()), purpose: Purpose::Read, kind: Arc::from(unit.kind.as_str()) };
    let asked = sync::Unit { kind: unit.kind.clone(), region: unit.region.as_ref().map(ToString::to_string) };
    let mut lease = context.instances().lease_for(&unit.kind).await.map_err(stopped)?;
    let page = match lease.read_resources(scope, account, &asked, ids).await.map_err(stopped)? {
        Ok(page) => page,
        Err(failure) => return Err(problem(failure.problem)),
    };
    let lines =
        page_lines::parse(&page.resources).map_err(|error| own_problem(ProblemClass::BadAnswer, error.to_string()))?;
    let resources = lines.into_iter().filter_map(|line| match line {
        PageLine::Resource(line) => Some(*line),
        PageLine::Scope(_) => None,
    });
    let problems = page.problems.into_iter().map(problem).collect();
    Ok(ReadPage { resources: resources.collect(), whole: page.whole, problems })
}

/// An account whose rows went with it is known no longer, unless some of them stay: a guard withheld them, or they were put
/// back and another run has to agree.
async fn retire_accounts(
    context: &Context,
    fates: &BTreeMap<AccountId, AccountFate>,
    plan: &Plan,
) -> Result<(), Failed> {
    let withheld = plan.withheld().iter().map(|withheld| &withheld.candidate);
    let held: BTreeSet<&AccountId> = withheld.chain(plan.missing()).map(|candidate| &candidate.unit.account).collect();
    for (id, fate) in fates {
        if matches!(fate, AccountFate::Retired(_)) && !held.contains(id) {
            let id = id.clone();
            context.store.with(move |catalogue| catalogue.retire_account(&id, now_ms())).await??;
        }
    }
    Ok(())
}

fn count(context: &Context, plan: &Plan) {
    let mut kinds: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for removal in plan.removals() {
        kinds.entry(&removal.candidate.unit.kind).or_default().0 += 1;
    }
    for missing in plan.missing() {
        kinds.entry(&missing.unit.kind).or_default().1 += 1;
    }
    for withheld in plan.withheld() {
        kinds.entry(&withheld.candidate.unit.kind).or_default().2 += 1;
    }
    for (kind, (gone, missing, withheld)) in kinds {
        context.tally.removed(kind, gone, missing, withheld);
    }
}
