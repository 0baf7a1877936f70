//! What service control policies have closed: a closed place costs one call, not one for each kind.
//!
//! A refusal that AWS puts down to a service control policy is remembered by account, region and service. What else would
//! be asked there is left out: it counts as refused, so that nothing of it is taken for gone. Each run asks once more in
//! every closed place, in rotation; an answer opens it again. Where anything is answered, a refusal closes nothing else.

mod ground;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use portolan_errors::{Denial, denial};
use portolan_names::{AccountId, Region};
use serde::Serialize;

use crate::manifest::Manifest;
use crate::outcome::{Problem, ProblemClass};
use crate::unit::UnitKey;
use ground::{Ground, Memory, Next};
pub use ground::{Heard, Said};

/// The code of a unit that was not asked for, since what is asked there is refused. AWS has no such code.
pub const NOT_ASKED: &str = "NotAsked";
/// Its calls are made by the services of the types, and refused by them.
const CLOUD_CONTROL: &str = "cloudcontrol";

/// What a service said, as the catalogue keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The account that was asked about.
    pub account: AccountId,
    /// None for services whose kinds are global.
    pub region: Option<Region>,
    /// The service's name in the tables.
    pub service: String,
    /// What it said.
    pub said: Said,
    /// The kind that was refused; empty where none was.
    pub kind: String,
    /// When, in milliseconds since 1970.
    pub asked_at: u64,
}

/// A region of an account with all that is to be remembered of it; nothing is a reason to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The account.
    pub account: AccountId,
    /// The region; none for what is global.
    pub region: Option<Region>,
    /// By service.
    pub services: Vec<Remembered>,
}

/// What service control policies closed in a run, and what that spared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DeniedScopes {
    /// Regions of accounts that are closed as a whole.
    pub closed_regions: u64,
    /// Services of accounts and regions that are closed, beside those of closed regions.
    pub closed_services: u64,
    /// Units that were asked for to learn whether what was closed before still is.
    pub probes: u64,
    /// Units that were not asked for: so many calls were spared, at least.
    pub units_not_asked: u64,
}

/// What to do with a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// Ask.
    Ask,
    /// Put it aside: it is given back when what was asked in its place has been told.
    Hold,
    /// End it with this problem, without a call.
    Leave(Problem),
}

#[derive(Debug, Default)]
struct Grounds {
    by_account: BTreeMap<AccountId, BTreeMap<Option<Region>, Ground>>,
    not_asked: u64,
}

/// What a run knows of closed places; shared by all that read units.
#[derive(Debug)]
pub struct Denials {
    /// By kind, where its refusals count.
    services: BTreeMap<String, Arc<str>>,
    /// Whether everything is asked for, whatever is known: runs that are recorded or replayed must not depend on who came first.
    asks_everything: bool,
    grounds: Mutex<Grounds>,
}

impl Denials {
    /// Nothing is known yet. With `asks_everything` units are heard and none is left out.
    #[must_use]
    pub fn new(manifest: &Manifest, asks_everything: bool) -> Self {
        let mut names = BTreeSet::<Arc<str>>::new();
        let mut services = BTreeMap::new();
        // No policy binds the management account, which reads what belongs to the organization.
        for kind in manifest.kinds.iter().filter(|kind| kind.scope != "organization") {
            let of_type = kind.kind.rsplit_once("::").map_or(kind.kind.as_str(), |(service, _)| service);
            let service = match kind.service.as_str() {
                CLOUD_CONTROL => Arc::from(format!("{CLOUD_CONTROL} {of_type}")),
                service => Arc::from(service),
            };
            let known = names.get(&service).cloned().unwrap_or(service);
            names.insert(Arc::clone(&known));
            services.insert(kind.kind.clone(), known);
        }
        Self { services, asks_everything, grounds: Mutex::default() }
    }

    /// Takes in what earlier runs were told.
    pub fn remember(&self, remembered: Vec<Remembered>) {
        self.update(|grounds| {
            for Remembered { account, region, service, said, kind, asked_at } in remembered {
                let ground = ground(grounds, &account, region.as_ref());
                ground.remember(Arc::from(service), Memory { said, kind, asked_at });
            }
        });
    }

    /// The units of an account are known: what is asked first in its closed places is chosen. `kinds` have the regions in
    /// which they are to be read, none where they are global.
    pub fn plan<'a>(&self, account: &AccountId, kinds: impl Iterator<Item = (&'a str, &'a [String])> + Clone) {
        if self.asks_everything {
            return;
        }
        self.update(|grounds| {
            let Some(regions) = grounds.by_account.get_mut(account) else { return };
            for (region, ground) in regions {
                let mut here = BTreeMap::<Arc<str>, BTreeSet<&str>>::new();
                for (kind, of_kind) in kinds.clone() {
                    let planned = match region {
                        None => of_kind.is_empty(),
                        Some(region) => of_kind.iter().any(|name| name == region.as_str()),
                    };
                    if let Some(service) = self.services.get(kind).filter(|_| planned) {
                        here.entry(Arc::clone(service)).or_default().insert(kind);
                    }
                }
                ground.plan(&here);
            }
        });
    }

    /// What to do with a unit that has not been asked for.
    #[must_use]
    pub fn next(&self, unit: &UnitKey) -> Asking {
        let Some(service) = self.services.get(&unit.kind).filter(|_| !self.asks_everything) else { return Asking::Ask };
        let next = self.update(|grounds| {
            let next = grounds
                .by_account
                .get_mut(&unit.account)
                .and_then(|regions| regions.get_mut(&unit.region))
                .map_or(Next::Ask, |ground| ground.next(service, &unit.kind));
            grounds.not_asked += u64::from(matches!(next, Next::Leave(_)));
            next
        });
        match next {
            Next::Ask => Asking::Ask,
            Next::Hold => Asking::Hold,
            Next::Leave(why) => Asking::Leave(not_asked(why)),
        }
    }

    /// A unit came to its end: whether any of it was answered, and what ended it. Answers the kinds of the same account and
    /// region that were held until then: they are to be tried again.
    #[must_use]
    pub fn ended(&self, unit: &UnitKey, answered: bool, why: Option<&Problem>) -> Vec<String> {
        let Some(service) = self.services.get(&unit.kind) else { return Vec::new() };
        let heard = heard(service, answered, why);
        self.update(|grounds| ground(grounds, &unit.account, unit.region.as_ref()).hear(service, &unit.kind, heard))
    }

    /// An account is read to its end: what it taught is kept, and where it taught nothing, nothing is.
    pub fn settle(&self, account: &AccountId) {
        self.update(|grounds| {
            let Some(regions) = grounds.by_account.get_mut(account) else { return };
            regions.retain(|_, ground| self.asks_everything || ground.has_something() || ground.probes_asked() > 0);
            if regions.is_empty() {
                grounds.by_account.remove(account);
            }
        });
    }

    /// A unit that the run had left out before it was killed.
    pub fn was_left_out(&self) {
        self.update(|grounds| grounds.not_asked += 1);
    }

    /// What is to be remembered.
    #[must_use]
    pub fn lessons(&self, now: u64) -> Vec<Lesson> {
        self.update(|grounds| {
            let all = grounds
                .by_account
                .iter()
                .flat_map(|(account, regions)| regions.iter().map(move |(region, ground)| (account, region, ground)));
            let worth_it = all.filter(|(.., ground)| self.asks_everything || ground.has_something());
            let lesson = |(account, region, ground): (&AccountId, &Option<Region>, &Ground)| {
                let service = |(service, memory): (Arc<str>, Memory)| Remembered {
                    account: account.clone(),
                    region: region.clone(),
                    service: service.to_string(),
                    said: memory.said,
                    kind: memory.kind,
                    asked_at: memory.asked_at,
                };
                let services = ground.memories(now).into_iter().map(service).collect();
                Lesson { account: account.clone(), region: region.clone(), services }
            };
            worth_it.map(lesson).collect()
        })
    }

    /// What was closed in this run.
    #[must_use]
    pub fn report(&self) -> DeniedScopes {
        self.update(|grounds| {
            let mut report = DeniedScopes { units_not_asked: grounds.not_asked, ..DeniedScopes::default() };
            for ground in grounds.by_account.values().flat_map(BTreeMap::values) {
                report.probes += ground.probes_asked() as u64;
                if ground.is_closed_as_a_whole() {
                    report.closed_regions += 1;
                } else {
                    report.closed_services += ground.refused_services() as u64;
                }
            }
            report
        })
    }

    fn update<T>(&self, change: impl FnOnce(&mut Grounds) -> T) -> T {
        // Nothing here panics between two changes that belong together.
        change(&mut self.grounds.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn ground<'a>(grounds: &'a mut Grounds, account: &AccountId, region: Option<&Region>) -> &'a mut Ground {
    let is_region = region.is_some();
    let regions = grounds.by_account.entry(account.clone()).or_default();
    regions.entry(region.cloned()).or_insert_with(|| Ground::new(is_region))
}

/// What a unit's end says of its service. Only the service's own refusal counts, and only what AWS itself puts down to a
/// service control policy.
fn heard(service: &str, answered: bool, why: Option<&Problem>) -> Heard {
    if answered {
        return Heard::Answered;
    }
    let Some(problem) = why.filter(|problem| problem.class == ProblemClass::Denied) else { return Heard::Nothing };
    let asked = problem.operation.split(':').next();
    let own = asked == service.split(' ').next();
    match denial(&problem.code, &problem.message) {
        Some(Denial::ServiceControlPolicy) if own => Heard::Refused,
        _ => Heard::Nothing,
    }
}

fn not_asked(message: String) -> Problem {
    Problem {
        class: ProblemClass::Denied,
        operation: String::new(),
        region: None,
        code: NOT_ASKED.to_owned(),
        message,
        request_id: None,
        subject: None,
        count: 1,
    }
}
