//! One region of one account, or its global services: what they have said, and what is asked of them next (pure).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// After so many services the region itself counts as closed: one may be closed everywhere, two may be a coincidence.
const SERVICES_THAT_CLOSE_A_REGION: usize = 3;

/// What a service of a place last said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A service control policy closes it: whatever was asked was refused.
    Closed,
    /// Something was answered, so that a refusal is about what was asked and about nothing else.
    Open,
}

/// What an earlier run was told by a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) said: Said,
    /// The kind that was refused: the next run asks for another, since a policy may close one action alone.
    pub(super) kind: String,
    /// Milliseconds since 1970.
    pub(super) asked_at: u64,
}

/// What came of asking for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Refused by a service control policy, by AWS's own words.
    Refused,
    /// Answered.
    Answered,
    /// Nothing that tells: throttled, no connection, refused by somebody else.
    Nothing,
}

/// What to do with a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    Ask,
    /// Put aside until the probe of its place has been told; it is given back then.
    Hold,
    /// Not asked for, and why.
    Leave(String),
}

#[derive(Debug, Default)]
struct Service {
    memory: Option<Memory>,
    /// The kind that was refused first in this run.
    refused: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probing {
    Pending,
    Refused,
    Over,
}

/// One unit that is asked for in place of all that it stands for.
#[derive(Debug)]
struct Probe {
    kind: String,
    service: Arc<str>,
    stands_for: BTreeSet<Arc<str>>,
    /// Whether it stands for the region.
    of_region: bool,
    state: Probing,
    held: Vec<String>,
}

/// A region of an account, or what is global in it.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Only a region can be closed as a whole.
    is_region: bool,
    /// Those that have refused something, or of which an earlier run knew.
    services: BTreeMap<Arc<str>, Service>,
    answered: BTreeSet<Arc<str>>,
    probes: Vec<Probe>,
}

impl Ground {
    pub(super) fn new(is_region: bool) -> Self {
        Self { is_region, ..Self::default() }
    }

    pub(super) fn remember(&mut self, service: Arc<str>, memory: Memory) {
        self.services.entry(service).or_default().memory = Some(memory);
    }

    /// Chooses what is asked first where an earlier run was refused: one unit for a region that three services closed, else
    /// one for each service. `kinds` are those to be read here, by service.
    pub(super) fn plan(&mut self, kinds: &BTreeMap<Arc<str>, BTreeSet<&str>>) {
        let said =
            |service: &Arc<str>| self.services.get(service).and_then(|s| s.memory.as_ref()).map(|memory| memory.said);
        let closed = self.services.keys().filter(|s| said(s) == Some(Said::Closed)).count();
        let any_open = self.services.keys().any(|s| said(s) == Some(Said::Open));
        let is_closed = |service: &&Arc<str>| said(service) == Some(Said::Closed);
        if !self.is_region || closed < SERVICES_THAT_CLOSE_A_REGION {
            let places: Vec<Arc<str>> = kinds.keys().filter(is_closed).cloned().collect();
            for service in places {
                self.probe(&service, kinds, BTreeSet::from([Arc::clone(&service)]), false);
            }
            return;
        }
        // Where nothing is open, a service that nobody has asked yet is closed too, and the first to be asked.
        let stands_for: BTreeSet<Arc<str>> =
            kinds.keys().filter(|s| is_closed(s) || (!any_open && said(s).is_none())).cloned().collect();
        let asked_at = |s: &&Arc<str>| self.services.get(*s).and_then(|s| s.memory.as_ref()).map(|m| m.asked_at);
        let longest_ago = stands_for.iter().min_by_key(|service| asked_at(service)).cloned();
        if let Some(service) = longest_ago {
            self.probe(&service, kinds, stands_for, true);
        }
    }

    fn probe(
        &mut self,
        service: &Arc<str>,
        kinds: &BTreeMap<Arc<str>, BTreeSet<&str>>,
        stands_for: BTreeSet<Arc<str>>,
        of_region: bool,
    ) {
        let Some(kinds) = kinds.get(service) else { return };
        let last = self.services.get(service).and_then(|s| s.memory.as_ref()).map_or("", |memory| &memory.kind);
        let another = kinds.iter().find(|kind| **kind > last).or(kinds.first());
        let Some(kind) = another.map(|kind| (*kind).to_owned()) else { return };
        let (service, held) = (Arc::clone(service), Vec::new());
        self.probes.push(Probe { kind, service, stands_for, of_region, state: Probing::Pending, held });
    }

    /// What to do with a unit.
    pub(super) fn next(&mut self, service: &Arc<str>, kind: &str) -> Next {
        let probe = self.probes.iter_mut().find(|probe| probe.stands_for.contains(service));
        match probe.as_ref().map(|probe| probe.state) {
            Some(Probing::Pending) => {
                if let Some(probe) = probe.filter(|probe| probe.kind != kind) {
                    probe.held.push(kind.to_owned());
                    return Next::Hold;
                }
                return Next::Ask;
            }
            Some(Probing::Refused) => return Next::Leave(self.why(service)),
            Some(Probing::Over) | None => {}
        }
        if self.is_closed_as_a_whole() || (self.was_refused(service) && !self.is_open(service)) {
            return Next::Leave(self.why(service));
        }
        Next::Ask
    }

    /// What came of a unit; answers the kinds that were held for it.
    pub(super) fn hear(&mut self, service: &Arc<str>, kind: &str, heard: Heard) -> Vec<String> {
        match heard {
            Heard::Refused => {
                let service = self.services.entry(Arc::clone(service)).or_default();
                service.refused.get_or_insert_with(|| kind.to_owned());
            }
            Heard::Answered => {
                self.answered.insert(Arc::clone(service));
            }
            Heard::Nothing => {}
        }
        let mine = |p: &&mut Probe| p.state == Probing::Pending && p.service == *service && p.kind == kind;
        let Some(probe) = self.probes.iter_mut().find(mine) else { return Vec::new() };
        probe.state = if heard == Heard::Refused { Probing::Refused } else { Probing::Over };
        if heard == Heard::Answered {
            for service in &probe.stands_for {
                if let Some(service) = self.services.get_mut(service) {
                    service.memory = None;
                }
            }
        }
        std::mem::take(&mut probe.held)
    }

    fn was_refused(&self, service: &Arc<str>) -> bool {
        self.services.get(service).is_some_and(|service| service.refused.is_some())
    }

    fn is_open(&self, service: &Arc<str>) -> bool {
        self.answered.contains(service) || self.remembers(service, Said::Open)
    }

    fn remembers(&self, service: &Arc<str>, said: Said) -> bool {
        self.services.get(service).and_then(|s| s.memory.as_ref()).is_some_and(|memory| memory.said == said)
    }

    fn closed_services(&self) -> usize {
        let is_closed = |s: &&Arc<str>| (self.was_refused(s) || self.remembers(s, Said::Closed)) && !self.is_open(s);
        self.services.keys().filter(is_closed).count()
    }

    /// Whether enough services have refused in this run, or one for those that an earlier run knew, and none has answered.
    pub(super) fn is_closed_as_a_whole(&self) -> bool {
        let refused = self.services.keys().filter(|service| self.was_refused(service)).count();
        let said_so = |probe: &Probe| probe.of_region && probe.state == Probing::Refused;
        self.is_region
            && self.answered.is_empty()
            && !self.services.keys().any(|service| self.remembers(service, Said::Open))
            && (refused >= SERVICES_THAT_CLOSE_A_REGION
                || (self.probes.iter().any(said_so) && self.closed_services() >= SERVICES_THAT_CLOSE_A_REGION))
    }

    fn why(&self, service: &str) -> String {
        let services = self.closed_services();
        if self.is_region && services >= SERVICES_THAT_CLOSE_A_REGION {
            return format!("not asked: closed by a service control policy ({services} services said so)");
        }
        format!("not asked: {service} is closed there by a service control policy, by what was asked of it first")
    }

    /// Services that refused in this run and answered nothing.
    pub(super) fn refused_services(&self) -> usize {
        self.services.keys().filter(|service| self.was_refused(service) && !self.answered.contains(*service)).count()
    }

    pub(super) fn probes_asked(&self) -> usize {
        self.probes.iter().filter(|probe| probe.state != Probing::Pending).count()
    }

    /// Whether there is anything to keep or to forget.
    pub(super) fn has_something(&self) -> bool {
        !self.services.is_empty()
    }

    /// What the next run is to know; nothing where all that was asked was answered.
    pub(super) fn memories(&self, now: u64) -> Vec<(Arc<str>, Memory)> {
        if self.closed_services() == 0 && !self.services.keys().any(|service| self.was_refused(service)) {
            return Vec::new();
        }
        let known: BTreeSet<&Arc<str>> = self.services.keys().chain(&self.answered).collect();
        let memory = |service: &Arc<str>| {
            let of_service = self.services.get(service);
            let kind = of_service.and_then(|s| s.refused.clone()).unwrap_or_default();
            match (self.answered.contains(service), self.was_refused(service)) {
                (true, _) => Some(Memory { said: Said::Open, kind, asked_at: now }),
                (false, true) => Some(Memory { said: Said::Closed, kind, asked_at: now }),
                (false, false) => of_service.and_then(|s| s.memory.clone()),
            }
        };
        known.into_iter().filter_map(|service| Some((Arc::clone(service), memory(service)?))).collect()
    }
}
