//! What a run adds up while it goes on: counts by kind, problems, and the scopes that did not complete.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;

use super::scope::{Scope, advice_for, class_of};
use crate::catalogue::PageCounts;
use crate::outcome::{Membership, Problem, ProblemClass};
use crate::unit::UnitKey;

/// What became of the resources of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KindCounts {
    /// Listed, each once.
    pub found: u64,
    /// Not there before.
    pub new: u64,
    /// There before, and different.
    pub changed: u64,
    /// Removed by this run.
    pub gone: u64,
    /// Marked as missing; another observation decides.
    pub missing: u64,
    /// Removals that a guard withheld.
    pub withheld: u64,
    /// Problems, each counted as often as it stands for.
    pub problems: u64,
}

/// How many units ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnitCounts {
    /// Units that were read or tried.
    pub total: u64,
    /// Everything that exists was listed.
    pub whole: u64,
    /// Everything below some parents was.
    pub partial: u64,
    /// Nothing is proven.
    pub unknown: u64,
    /// Of the unknown, those whose service is not offered there.
    pub unavailable: u64,
    /// Units some of whose properties could not be read.
    pub stale: u64,
    /// Left out by the configuration.
    pub excluded: u64,
}

/// A problem with its place, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacedProblem {
    /// The kind, where a unit had it.
    pub kind: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The region of the unit.
    pub unit_region: Option<String>,
    /// Who denies, where it is a denial; else the problem's class.
    pub told_apart: String,
    /// The problem.
    #[serde(flatten)]
    pub problem: Problem,
}

/// Problems that a report lists; more are counted only. The catalogue has them all.
const PROBLEMS_LISTED_MAX: usize = 5_000;
/// Scopes that a run keeps to report: an organization of 1,000 accounts in which one service is denied.
const SCOPES_MAX: usize = 100_000;

#[derive(Debug, Default)]
struct Sums {
    kinds: BTreeMap<String, KindCounts>,
    units: UnitCounts,
    problems: Vec<PlacedProblem>,
    problems_total: u64,
    scopes: Vec<Scope>,
}

/// The sums, moved on from many tasks.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Sums>);

/// The sums at the end.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// By kind.
    pub kinds: BTreeMap<String, KindCounts>,
    /// Of all units.
    pub units: UnitCounts,
    /// Sorted by place.
    pub problems: Vec<PlacedProblem>,
    /// All, also those beyond the list.
    pub problems_total: u64,
    /// Sorted by account, region, kind.
    pub scopes: Vec<Scope>,
}

impl Tally {
    fn update(&self, change: impl FnOnce(&mut Sums)) {
        if let Ok(mut sums) = self.0.lock() {
            change(&mut sums);
        }
    }

    /// A kind is read; it appears in the table even where nothing is found.
    pub fn kind(&self, kind: &str) {
        self.update(|sums| {
            sums.kinds.entry(kind.to_owned()).or_default();
        });
    }

    /// A page was stored.
    pub fn page(&self, kind: &str, counts: &PageCounts) {
        self.update(|sums| {
            let kind = sums.kinds.entry(kind.to_owned()).or_default();
            kind.found += counts.found();
            kind.new += counts.new;
            kind.changed += counts.changed;
            kind.gone += counts.replaced;
        });
    }

    /// Problems came up, in a unit or in an account.
    pub fn problems(&self, unit: Option<&UnitKey>, account: Option<&str>, problems: &[Problem]) {
        self.update(|sums| {
            for problem in problems {
                sums.problems_total += u64::from(problem.count);
                if let Some(unit) = unit {
                    sums.kinds.entry(unit.kind.clone()).or_default().problems += u64::from(problem.count);
                }
                if sums.problems.len() < PROBLEMS_LISTED_MAX {
                    sums.problems.push(PlacedProblem {
                        kind: unit.map(|unit| unit.kind.clone()),
                        account: unit.map(|unit| unit.account.to_string()).or_else(|| account.map(str::to_owned)),
                        unit_region: unit.and_then(|unit| unit.region.as_ref()).map(ToString::to_string),
                        told_apart: class_of(problem),
                        problem: problem.clone(),
                    });
                }
            }
        });
    }

    /// A unit came to its end; `why` is what made it incomplete.
    pub fn unit(&self, unit: &UnitKey, membership: &Membership, stale: bool, why: Option<&Problem>) {
        self.update(|sums| {
            sums.units.total += 1;
            sums.units.stale += u64::from(stale);
            match membership {
                Membership::Whole => sums.units.whole += 1,
                Membership::Partial(_) => sums.units.partial += 1,
                Membership::Unknown(class) => {
                    sums.units.unknown += 1;
                    if *class == ProblemClass::Unavailable {
                        // Where a service is not offered there is nothing to complete.
                        sums.units.unavailable += 1;
                        return;
                    }
                }
            }
            if *membership != Membership::Whole && sums.scopes.len() < SCOPES_MAX {
                sums.scopes.push(scope_of(unit, membership, why));
            }
        });
    }

    /// Units were left out by the configuration.
    pub fn excluded(&self, units: u64) {
        self.update(|sums| sums.units.excluded += units);
    }

    /// A scope that is not a unit: an account whose role was refused, a listing that failed.
    pub fn scope(&self, scope: Scope) {
        self.update(|sums| sums.scopes.push(scope));
    }

    /// What deletion did for a kind.
    pub fn removed(&self, kind: &str, gone: u64, missing: u64, withheld: u64) {
        self.update(|sums| {
            let kind = sums.kinds.entry(kind.to_owned()).or_default();
            kind.gone += gone;
            kind.missing += missing;
            kind.withheld += withheld;
        });
    }

    /// The sums, in an order that does not depend on who came first.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let Ok(sums) = self.0.lock() else { return Totals::default() };
        let mut totals = Totals {
            kinds: sums.kinds.clone(),
            units: sums.units.clone(),
            problems: sums.problems.clone(),
            problems_total: sums.problems_total,
            scopes: sums.scopes.clone(),
        };
        totals.scopes.sort_by(|a, b| (&a.account, &a.region, &a.kind).cmp(&(&b.account, &b.region, &b.kind)));
        totals.problems.sort_by_cached_key(|p| {
            let problem = &p.problem;
            let place = (p.account.clone(), p.unit_region.clone(), p.kind.clone());
            (place, problem.operation.clone(), problem.code.clone(), problem.subject.clone())
        });
        totals
    }
}

fn scope_of(unit: &UnitKey, membership: &Membership, why: Option<&Problem>) -> Scope {
    let class = match (why, membership) {
        (Some(problem), _) => class_of(problem),
        (None, Membership::Unknown(class)) => class.as_str().to_owned(),
        (None, _) => "partial".to_owned(),
    };
    Scope {
        account: unit.account.to_string(),
        region: unit.region.as_ref().map(ToString::to_string),
        kind: Some(unit.kind.clone()),
        advice: advice_for(&class, why.map_or("", |problem| &problem.operation)),
        code: why.map(|problem| problem.code.clone()).unwrap_or_default(),
        message: why.map(|problem| problem.message.clone()).unwrap_or_default(),
        class,
        accepted: None,
        new: true,
    }
}
