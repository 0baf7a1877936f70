//! The order of units: accounts take turns, so that no account's limits hold up the others.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::bindings::exports::portolan::aws::sync;

/// An account whose units are being read.
#[derive(Debug)]
pub struct Planned {
    /// The account, as the guest is given it.
    pub account: Arc<sync::Account>,
    /// Its units that are still to be read, in the order in which they are taken.
    pub units: VecDeque<sync::Unit>,
}

#[derive(Debug, Default)]
struct Waiting {
    accounts: VecDeque<Planned>,
    closed: bool,
}

/// Units that wait for an instance. A waiting unit is its kind and its region, no more.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

impl Queue {
    /// Adds an account's units.
    pub fn push(&self, planned: Planned) {
        self.update(|waiting| waiting.accounts.push_back(planned));
    }

    /// Says that no more accounts will come.
    pub fn close(&self) {
        self.update(|waiting| waiting.closed = true);
    }

    /// Throws away what waits, as when the run is stopped.
    pub fn clear(&self) {
        self.update(|waiting| {
            waiting.accounts.clear();
            waiting.closed = true;
        });
    }

    /// The next unit, from the account whose turn it is; none once the queue is closed and empty.
    pub async fn pop(&self) -> Option<(Arc<sync::Account>, sync::Unit)> {
        loop {
            // Listening begins before looking, so that a change in between is not missed.
            let changed = self.changed.notified();
            match self.take() {
                Taken::Unit(account, unit) => return Some((account, unit)),
                Taken::Closed => return None,
                Taken::Nothing => changed.await,
            }
        }
    }

    fn take(&self) -> Taken {
        let Ok(mut waiting) = self.waiting.lock() else { return Taken::Closed };
        while let Some(mut planned) = waiting.accounts.pop_front() {
            let Some(unit) = planned.units.pop_front() else { continue };
            let account = Arc::clone(&planned.account);
            if !planned.units.is_empty() {
                waiting.accounts.push_back(planned);
            }
            return Taken::Unit(account, unit);
        }
        if waiting.closed { Taken::Closed } else { Taken::Nothing }
    }

    fn update(&self, change: impl FnOnce(&mut Waiting)) {
        if let Ok(mut waiting) = self.waiting.lock() {
            change(&mut waiting);
        }
        self.changed.notify_waiters();
    }
}

enum Taken {
    Unit(Arc<sync::Account>, sync::Unit),
    Nothing,
    Closed,
}

/// The units of an account in an order that spreads them over regions and services: the first kind in
/// every region, each region beginning with another kind.
#[must_use]
pub fn interleaved(kinds: &[(String, Vec<String>)]) -> VecDeque<sync::Unit> {
    let mut units = VecDeque::new();
    let longest = kinds.iter().map(|(_, regions)| regions.len().max(1)).max().unwrap_or(0);
    for round in 0..longest {
        for (index, (kind, regions)) in kinds.iter().enumerate() {
            if regions.is_empty() {
                if round == 0 {
                    units.push_back(sync::Unit { kind: kind.clone(), region: None });
                }
            } else if let Some(region) = regions.get((round + index) % regions.len()).filter(|_| round < regions.len())
            {
                units.push_back(sync::Unit { kind: kind.clone(), region: Some(region.clone()) });
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> Arc<sync::Account> {
        Arc::new(sync::Account {
            id: id.to_owned(),
            name: id.to_owned(),
            role: sync::AccountRole::Member,
            details: "{}".to_owned(),
        })
    }

    #[tokio::test]
    async fn accounts_take_turns_until_the_queue_is_closed_and_empty() {
        let queue = Queue::default();
        for id in ["a", "b"] {
            let units = interleaved(&[("K".to_owned(), vec!["r1".to_owned(), "r2".to_owned()])]);
            queue.push(Planned { account: account(id), units });
        }
        queue.close();
        let mut taken = Vec::new();
        while let Some((account, unit)) = queue.pop().await {
            taken.push(format!("{}{}", account.id, unit.region.unwrap_or_default()));
        }
        assert_eq!(taken, ["ar1", "br1", "ar2", "br2"]);
    }

    #[test]
    fn each_kind_meets_each_region_once_and_neighbours_differ() {
        let regions: Vec<String> = ["r1", "r2", "r3"].map(str::to_owned).to_vec();
        let kinds = vec![("A".to_owned(), regions.clone()), ("B".to_owned(), regions), ("G".to_owned(), vec![])];
        let units = interleaved(&kinds);
        let names: Vec<String> =
            units.iter().map(|u| format!("{}{}", u.kind, u.region.as_deref().unwrap_or(""))).collect();
        assert_eq!(names, ["Ar1", "Br2", "G", "Ar2", "Br3", "Ar3", "Br1"]);
    }
}
