//! Units that wait to be read: accounts take turns, and no place is asked more than its share.
//!
//! A waiting unit is four bytes. It is given out only when its account, its place and its rate buckets have room for it, so that
//! whoever takes it may go on to lease an instance at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portolan_names::AccountId;
use tokio::sync::Notify;

use super::kinds::KindFacts;
use crate::aws::RatePlace;
use crate::bindings::exports::portolan::aws::sync;
use crate::credentials::Identity;

/// Accounts with waiting units that are enough: no more is planned until there are fewer. Sixteen of them fill all calls that may be in
/// flight even where each is throttled to a few.
const ACCOUNTS_ENOUGH: usize = 16;
/// Units of one account, region and service that are read at the same time: what shares a bucket leaves others a turn.
const UNITS_OF_A_PLACE: usize = 4;
/// Units of an account that are looked at for one that may be read now: more would be long to look through, and this many lie in
/// several services and regions.
const LOOKED_AT: usize = 48;
/// The shortest wait for a bucket: shorter ones are not worth a timer.
const WAIT_MIN: Duration = Duration::from_millis(5);

/// A unit as it waits: indices into its account's kinds and regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) kind: u16,
    /// None: the kind is the account's.
    pub(super) region: Option<std::num::NonZeroU16>,
}

impl Waiting {
    pub(super) fn new(kind: usize, region: Option<usize>) -> Option<Self> {
        let region = match region {
            Some(index) => Some(std::num::NonZeroU16::new(u16::try_from(index + 1).ok()?)?),
            None => None,
        };
        Some(Self { kind: u16::try_from(kind).ok()?, region })
    }
}

/// An account whose units are being read.
#[derive(Debug)]
pub(super) struct Planned {
    /// The account, as the guest is given it.
    pub(super) account: Arc<sync::Account>,
    pub(super) id: AccountId,
    pub(super) kinds: Vec<Arc<KindFacts>>,
    pub(super) regions: Vec<String>,
    /// Its units that are still to be read, in the order in which they are taken.
    pub(super) units: VecDeque<Waiting>,
}

impl Planned {
    /// Its units, as the guest is given them.
    pub(super) fn units(&self) -> impl Iterator<Item = sync::Unit> {
        self.units.iter().filter_map(|&unit| self.unit(unit))
    }

    fn unit(&self, unit: Waiting) -> Option<sync::Unit> {
        let kind = self.kind(unit)?.name.clone();
        Some(sync::Unit { kind, region: self.region(unit).map(str::to_owned) })
    }

    fn kind(&self, unit: Waiting) -> Option<&Arc<KindFacts>> {
        self.kinds.get(usize::from(unit.kind))
    }

    fn region(&self, unit: Waiting) -> Option<&str> {
        let index = usize::from(unit.region?.get()) - 1;
        self.regions.get(index).map(String::as_str)
    }
}

/// Where a unit's calls go, and which of them have buckets of their own.
pub(super) struct Asked<'a> {
    pub(super) place: RatePlace,
    pub(super) operations: &'a [String],
}

/// Where the calls of a unit of a region go. Those of an account go where the guest alone knows.
pub(super) fn asked<'a>(id: &AccountId, kind: &'a KindFacts, region: Option<&str>) -> Option<Asked<'a>> {
    let region = region?.to_owned();
    let place = RatePlace { identity: Identity::Account(id.clone()), region, service: kind.service.clone() };
    Some(Asked { place, operations: &kind.operations })
}

struct Turn {
    seq: u64,
    planned: Planned,
    /// Units of it that are being read.
    running: Vec<Waiting>,
}

#[derive(Default)]
struct State {
    turns: VecDeque<Turn>,
    planned: u64,
    closed: bool,
}

/// A unit that was given out; [`Queue::done`] takes it back.
pub(super) struct Taken {
    pub(super) account: Arc<sync::Account>,
    pub(super) id: AccountId,
    pub(super) kind: Arc<KindFacts>,
    pub(super) unit: sync::Unit,
    seq: u64,
    waiting: Waiting,
}

/// The units of the accounts that are planned.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
    /// Units of one account at a time: as many as its calls in flight.
    per_account: usize,
    /// Units that are enough, whatever the number of accounts.
    units_enough: usize,
}

enum Next {
    Unit(Box<Taken>),
    /// Nothing now; something once a bucket has filled, in so long.
    Nothing(Option<Duration>),
    Closed,
}

impl Queue {
    /// `readers` is how many units are read at the same time.
    pub(super) fn new(per_account: usize, readers: usize) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), per_account, units_enough: readers * 4 }
    }

    /// Adds an account's units.
    pub(super) fn push(&self, planned: Planned) {
        self.update(|state| {
            state.planned += 1;
            state.turns.push_back(Turn { seq: state.planned, planned, running: Vec::new() });
        });
    }

    /// Says that no more accounts will come.
    pub(super) fn close(&self) {
        self.update(|state| state.closed = true);
    }

    /// Throws away what waits, as when the run is stopped.
    pub(super) fn clear(&self) {
        self.update(|state| {
            state.turns.clear();
            state.closed = true;
        });
    }

    /// Whether units wait that are not being read.
    pub(super) fn has_waiting(&self) -> bool {
        self.state.lock().is_ok_and(|state| state.turns.iter().any(|turn| !turn.planned.units.is_empty()))
    }

    /// Waits until so little is left that another account should be planned.
    pub(super) async fn runs_low(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_low() {
                return;
            }
            changed.await;
        }
    }

    fn is_low(&self) -> bool {
        let Ok(state) = self.state.lock() else { return true };
        let waiting = state.turns.iter().map(|turn| turn.planned.units.len()).filter(|units| *units > 0);
        let (accounts, units) = waiting.fold((0, 0), |(accounts, units), more| (accounts + 1, units + more));
        state.closed || accounts < ACCOUNTS_ENOUGH || units < self.units_enough
    }

    /// The next unit that may be read; none once the queue is closed and empty. `wait` says how long a call would have to
    /// wait for its buckets.
    pub(super) async fn pop(&self, wait: impl Fn(&Asked<'_>) -> Duration) -> Option<Taken> {
        loop {
            // Listening begins before looking, so that a change in between is not missed.
            let changed = self.changed.notified();
            match self.take(&wait) {
                Next::Unit(taken) => return Some(*taken),
                Next::Closed => return None,
                Next::Nothing(None) => changed.await,
                Next::Nothing(Some(soonest)) => {
                    let _changed_or_filled = tokio::time::timeout(soonest.max(WAIT_MIN), changed).await;
                }
            }
        }
    }

    fn take(&self, wait: &impl Fn(&Asked<'_>) -> Duration) -> Next {
        let Ok(mut state) = self.state.lock() else { return Next::Closed };
        let mut soonest: Option<Duration> = None;
        for _ in 0..state.turns.len() {
            let Some(mut turn) = state.turns.pop_front() else { break };
            let taken = if turn.running.len() < self.per_account { turn.take(wait, &mut soonest) } else { None };
            state.turns.push_back(turn);
            if let Some(taken) = taken {
                return Next::Unit(Box::new(taken));
            }
        }
        // Whatever is being read may give others back.
        if state.closed && state.turns.is_empty() { Next::Closed } else { Next::Nothing(soonest) }
    }

    /// Kinds of the unit's region that were taken and not read; they come next. To be called before [`Queue::done`].
    pub(super) fn back(&self, taken: &Taken, kinds: &[String]) {
        if kinds.is_empty() {
            return;
        }
        self.update(|state| {
            let Some(turn) = state.turns.iter_mut().find(|turn| turn.seq == taken.seq) else { return };
            let of = |name: &String| turn.planned.kinds.iter().position(|kind| kind.name == *name);
            let units: Vec<Waiting> = kinds
                .iter()
                .filter_map(|name| Some(Waiting { kind: u16::try_from(of(name)?).ok()?, region: taken.waiting.region }))
                .collect();
            units.into_iter().rev().for_each(|unit| turn.planned.units.push_front(unit));
        });
    }

    /// The unit was read, or given up. Answers its account if that was its last.
    pub(super) fn done(&self, taken: &Taken) -> Option<AccountId> {
        let mut last = None;
        self.update(|state| {
            let Some(index) = state.turns.iter().position(|turn| turn.seq == taken.seq) else { return };
            let Some(turn) = state.turns.get_mut(index) else { return };
            if let Some(running) = turn.running.iter().position(|waiting| *waiting == taken.waiting) {
                turn.running.swap_remove(running);
            }
            if turn.running.is_empty() && turn.planned.units.is_empty() {
                last = state.turns.remove(index).map(|turn| turn.planned.id);
            }
        });
        last
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
        }
        self.changed.notify_waiters();
    }
}

impl Turn {
    fn take(&mut self, wait: &impl Fn(&Asked<'_>) -> Duration, soonest: &mut Option<Duration>) -> Option<Taken> {
        let planned = &self.planned;
        let index = planned.units.iter().take(LOOKED_AT).position(|&unit| {
            let Some(kind) = planned.kind(unit) else { return true };
            let shares = |other: &&Waiting| {
                other.region == unit.region && planned.kind(**other).is_some_and(|other| other.service == kind.service)
            };
            if self.running.iter().filter(shares).count() >= UNITS_OF_A_PLACE {
                return false;
            }
            let wait = asked(&planned.id, kind, planned.region(unit)).map_or(Duration::ZERO, |asked| wait(&asked));
            if !wait.is_zero() {
                *soonest = Some(soonest.map_or(wait, |sooner| sooner.min(wait)));
            }
            wait.is_zero()
        })?;
        let waiting = self.planned.units.remove(index)?;
        let kind = Arc::clone(self.planned.kind(waiting)?);
        let unit = self.planned.unit(waiting)?;
        self.running.push(waiting);
        let (account, id) = (Arc::clone(&self.planned.account), self.planned.id.clone());
        Some(Taken { account, id, kind, unit, seq: self.seq, waiting })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::order::in_order;

    fn planned(id: &str, kinds: &[(&str, &str)], regions: &[&str]) -> Planned {
        let facts = |(name, service): &(&str, &str)| Arc::new(KindFacts::unknown(name).of_service(service));
        let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
        let account = sync::Account {
            id: id.to_owned(),
            name: id.to_owned(),
            role: sync::AccountRole::Member,
            details: "{}".to_owned(),
        };
        let kinds: Vec<(Arc<KindFacts>, Vec<String>)> =
            kinds.iter().map(|kind| (facts(kind), regions.clone())).collect();
        in_order(account, AccountId::parse(id).unwrap(), kinds, |_, _| None)
    }

    fn name(taken: &Taken) -> String {
        format!("{}:{}:{}", &taken.account.id[..1], taken.unit.kind, taken.unit.region.as_deref().unwrap_or_default())
    }

    fn full(_: &Asked<'_>) -> Duration {
        Duration::ZERO
    }

    const ONE: &str = "111122223333";
    const OTHER: &str = "444455556666";

    #[tokio::test]
    async fn accounts_take_turns_until_the_queue_is_closed_and_empty() {
        let queue = Queue::new(16, 8);
        for id in [ONE, OTHER] {
            queue.push(planned(id, &[("K", "s")], &["r1", "r2"]));
        }
        queue.close();
        let mut names = Vec::new();
        let mut first = None;
        while let Some(taken) = queue.pop(full).await {
            names.push(name(&taken));
            match names.len() {
                // Another reader waits as long as there may be something given back.
                1 => first = Some(taken),
                4 => {
                    let soon = Duration::from_millis(20);
                    queue.done(&taken);
                    assert!(tokio::time::timeout(soon, queue.pop(full)).await.is_err());
                    let first = first.take().unwrap();
                    queue.back(&first, &["K".to_owned()]);
                    queue.done(&first);
                }
                _ => drop(queue.done(&taken)),
            }
        }
        assert_eq!(names, ["1:K:r1", "4:K:r1", "1:K:r2", "4:K:r2", "1:K:r1"]);
    }

    #[tokio::test]
    async fn an_account_has_so_many_units_at_a_time_and_a_place_four() {
        let queue = Queue::new(6, 8);
        let kinds: Vec<String> = (0..8).map(|kind| format!("K{kind}")).collect();
        let of = |service| kinds.iter().map(|kind| (kind.as_str(), service)).collect::<Vec<_>>();
        queue.push(planned(ONE, &of("s"), &["r1"]));
        let mut taken = Vec::new();
        let soon = Duration::from_millis(20);
        while let Ok(Some(one)) = tokio::time::timeout(soon, queue.pop(full)).await {
            taken.push(one);
        }
        assert_eq!(taken.len(), 4, "of one place");
        queue.push(planned(OTHER, &[&of("s")[..4], &of("t")[4..]].concat(), &["r1"]));
        while let Ok(Some(one)) = tokio::time::timeout(soon, queue.pop(full)).await {
            taken.push(one);
        }
        assert_eq!(taken.len(), 4 + 6, "of one account");
        assert_eq!(queue.done(&taken[0]), None);
        assert!(queue.pop(full).await.is_some_and(|one| one.account.id == ONE));
    }

    #[tokio::test]
    async fn what_would_wait_for_its_bucket_is_passed_over_and_comes_when_that_has_filled() {
        let queue = Queue::new(16, 8);
        queue.push(planned(ONE, &[("Slow", "kms"), ("Fast", "sqs")], &["r1"]));
        queue.close();
        let begun = std::time::Instant::now();
        let wait = |asked: &Asked<'_>| match asked.place.service.as_str() {
            "kms" => Duration::from_millis(60).saturating_sub(begun.elapsed()),
            _ => Duration::ZERO,
        };
        let first = queue.pop(wait).await.unwrap();
        assert_eq!((first.unit.kind.as_str(), begun.elapsed().as_millis() < 60), ("Fast", true));
        let second = queue.pop(wait).await.unwrap();
        assert_eq!((second.unit.kind.as_str(), begun.elapsed().as_millis() >= 60), ("Slow", true));
        assert_eq!(queue.done(&second), None);
        assert_eq!(queue.done(&first), Some(AccountId::parse(ONE).unwrap()), "its last");
        assert!(queue.pop(wait).await.is_none());
    }

    #[tokio::test]
    async fn accounts_are_planned_as_it_runs_low() {
        let queue = Queue::new(16, 1);
        let soon = Duration::from_millis(20);
        for account in 0..ACCOUNTS_ENOUGH {
            queue.runs_low().await;
            queue.push(planned(&format!("{account:012}"), &[("K", "s")], &["r1", "r2"]));
        }
        assert!(tokio::time::timeout(soon, queue.runs_low()).await.is_err());
        for _ in 0..=ACCOUNTS_ENOUGH {
            queue.pop(full).await.unwrap();
        }
        assert!(tokio::time::timeout(soon, queue.runs_low()).await.is_ok());
    }

    #[test]
    fn a_waiting_unit_is_a_few_bytes() {
        assert_eq!(size_of::<Waiting>(), 4);
    }
}
