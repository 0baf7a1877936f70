use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use portolan_names::AccountId;

use crate::unit::UnitKey;

use super::decide::{Candidate, Decision, KeepReason};
use super::proof::Proof;
use super::settings::DeletionSettings;

/// A candidate with its decision.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The candidate.
    pub candidate: Candidate,
    /// What [`super::decide()`] said.
    pub decision: Decision,
}

/// What was owned before the run: what the shares are taken of. Rows that this run added do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owned {
    /// Live rows by unit.
    pub by_unit: BTreeMap<UnitKey, u64>,
}

impl Owned {
    fn by_account(&self) -> BTreeMap<&AccountId, u64> {
        let mut sums = BTreeMap::new();
        for (unit, count) in &self.by_unit {
            *sums.entry(&unit.account).or_insert(0) += count;
        }
        sums
    }

    /// All live rows.
    #[must_use]
    pub fn in_all(&self) -> u64 {
        self.by_unit.values().sum()
    }
}

/// What the listing of the organization lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrganizationListing {
    /// Accounts that an earlier listing had and that were not retired since.
    pub known: u64,
    /// Those of them that this listing lacks.
    pub lost: u64,
}

/// Which guard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Too much of one unit.
    Unit(UnitKey),
    /// Too much of one account.
    Account(AccountId),
    /// Too much of all that is owned.
    Run,
    /// The organization lost too many accounts at once.
    OrganizationShrink,
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Account(account) => write!(f, "account {account}"),
            Self::Run => f.write_str("run"),
            Self::OrganizationShrink => f.write_str("organization"),
        }
    }
}

/// A guard that withheld deletions, with the numbers that tripped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tripped {
    /// Which.
    pub guard: Guard,
    /// How many it would have been (accounts, for the organization's guard).
    pub part: u64,
    /// Of how many.
    pub all: u64,
}

/// A deletion to carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// What goes.
    pub candidate: Candidate,
    /// By which proof.
    pub proof: Proof,
}

/// A deletion that a guard withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// What would have gone.
    pub candidate: Candidate,
    /// By which proof.
    pub proof: Proof,
    /// Which guard withheld it; the narrowest, where several did.
    pub guard: Guard,
}

/// What a run does about all candidates. Only [`judge`] makes one, so that nothing passes by the guards.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    removals: Vec<Removal>,
    withheld: Vec<Withheld>,
    missing: Vec<Candidate>,
    there: Vec<Candidate>,
    kept: BTreeMap<KeepReason, u64>,
    tripped: Vec<Tripped>,
}

impl Plan {
    /// To delete.
    #[must_use]
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Not to delete, since a guard tripped. Any makes the run exit with 5.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// To mark as missing since now, unless they are marked already.
    #[must_use]
    pub fn missing(&self) -> &[Candidate] {
        &self.missing
    }

    /// Read by id and there: seen by this run, though no listing showed them.
    #[must_use]
    pub fn there(&self) -> &[Candidate] {
        &self.there
    }

    /// How many stay, by reason.
    #[must_use]
    pub fn kept(&self) -> &BTreeMap<KeepReason, u64> {
        &self.kept
    }

    /// The guards that tripped.
    #[must_use]
    pub fn tripped(&self) -> &[Tripped] {
        &self.tripped
    }
}

/// Holds all decisions of a run against the guards (ruling 3).
///
/// Each guard looks at all intended deletions of its scope, also at those that a narrower guard withholds: an account
/// that lost nearly everything is suspicious as a whole. The guards of units and accounts watch deletions for absence
/// from a listing; accounts and regions that are gone as such, and scopes that the user left, count for the run alone.
/// `released` are the keys of a plan that the user released by its run id: they pass, and count for no guard.
#[must_use]
pub fn judge(
    decided: Vec<Decided>,
    owned: &Owned,
    organization: OrganizationListing,
    settings: &DeletionSettings,
    released: &BTreeSet<String>,
) -> Plan {
    let mut counts = Counts::default();
    for Decided { candidate, decision } in &decided {
        if let Decision::Delete(proof) = decision
            && !released.contains(&candidate.key)
        {
            counts.add(candidate, *proof);
        }
    }
    let mut plan = Plan { tripped: counts.tripped(owned, organization, settings), ..Plan::default() };
    let tripped: BTreeSet<Guard> = plan.tripped.iter().map(|t| t.guard.clone()).collect();
    for Decided { candidate, decision } in decided {
        match decision {
            Decision::Keep(reason) => {
                *plan.kept.entry(reason).or_insert(0) += 1;
                if reason == KeepReason::There {
                    plan.there.push(candidate);
                }
            }
            Decision::MarkMissing => plan.missing.push(candidate),
            Decision::Delete(proof) => {
                let guard =
                    if released.contains(&candidate.key) { None } else { withholds(&tripped, &candidate, proof) };
                match guard {
                    Some(guard) => plan.withheld.push(Withheld { candidate, proof, guard }),
                    None => plan.removals.push(Removal { candidate, proof }),
                }
            }
        }
    }
    plan
}

#[derive(Default)]
struct Counts {
    units: BTreeMap<UnitKey, u64>,
    accounts: BTreeMap<AccountId, u64>,
    retired: u64,
    run: u64,
}

impl Counts {
    fn add(&mut self, candidate: &Candidate, proof: Proof) {
        self.run += 1;
        if proof.grounds().is_absence() {
            *self.units.entry(candidate.unit.clone()).or_insert(0) += 1;
            *self.accounts.entry(candidate.unit.account.clone()).or_insert(0) += 1;
        }
        if proof.grounds().is_account() {
            self.retired += 1;
        }
    }

    fn tripped(&self, owned: &Owned, listing: OrganizationListing, settings: &DeletionSettings) -> Vec<Tripped> {
        let mut tripped = Vec::new();
        let mut look = |guard: Guard, part: u64, all: u64, trips: bool| {
            if trips {
                tripped.push(Tripped { guard, part, all });
            }
        };
        for (unit, &part) in &self.units {
            let all = owned.by_unit.get(unit).copied().unwrap_or(0);
            look(Guard::Unit(unit.clone()), part, all, settings.unit.trips(part, all));
        }
        let by_account = owned.by_account();
        for (account, &part) in &self.accounts {
            let all = by_account.get(account).copied().unwrap_or(0);
            look(Guard::Account(account.clone()), part, all, settings.account.trips(part, all));
        }
        let OrganizationListing { known, lost } = listing;
        let shrunk = self.retired > 0 && settings.organization_shrink.trips(lost, known);
        look(Guard::OrganizationShrink, lost, known, shrunk);
        look(Guard::Run, self.run, owned.in_all(), settings.run.trips(self.run, owned.in_all()));
        tripped
    }
}

fn withholds(tripped: &BTreeSet<Guard>, candidate: &Candidate, proof: Proof) -> Option<Guard> {
    let unit = proof.grounds().is_absence().then(|| Guard::Unit(candidate.unit.clone()));
    let account = proof.grounds().is_absence().then(|| Guard::Account(candidate.unit.account.clone()));
    let shrink = proof.grounds().is_account().then_some(Guard::OrganizationShrink);
    [unit, account, shrink, Some(Guard::Run)].into_iter().flatten().find(|guard| tripped.contains(guard))
}
