//! Calls that go down the ladder together: those of a service, or those about a type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Widened;
use super::documents::{exact, packed};
use crate::credentials::{Rung, SessionPolicy};

/// What a service's calls, or those about a type, are bounded by.
#[derive(Debug)]
pub(super) struct Part {
    /// The service or the type, for people.
    name: String,
    /// What its calls need.
    actions: BTreeSet<String>,
    /// The services that they belong to, as the tables call them.
    services: Vec<String>,
    ladder: Mutex<Ladder>,
}

#[derive(Debug)]
struct Ladder {
    /// Where it stands, the last of these, and where it stood.
    steps: Vec<(Rung, SessionPolicy)>,
    /// What was refused, by the steps that it took.
    refused: BTreeMap<usize, BTreeSet<String>>,
}

impl Part {
    pub(super) fn new(
        name: &str,
        actions: BTreeSet<String>,
        services: Vec<String>,
        start: Rung,
        policy: SessionPolicy,
    ) -> Self {
        let ladder = Ladder { steps: vec![(start, policy)], refused: BTreeMap::new() };
        Self { name: name.to_owned(), actions, services, ladder: Mutex::new(ladder) }
    }

    /// A type's; its policy is the first from `start` on that AWS takes.
    pub(super) fn of_type(name: &str, actions: BTreeSet<String>, start: Rung) -> Self {
        let first = match start {
            Rung::Exact => exact(&actions).map(|policy| (Rung::Exact, policy)),
            Rung::Packed | Rung::ManagedReadOnly => None,
        };
        let part = Self::new(name, actions, Vec::new(), start, SessionPolicy::ReadOnlyAccess);
        let second = || Some((Rung::Packed, part.packed()?)).filter(|_| start != Rung::ManagedReadOnly);
        let (rung, policy) = first.or_else(second).unwrap_or((Rung::ManagedReadOnly, SessionPolicy::ReadOnlyAccess));
        part.ladder().steps = vec![(rung, policy)];
        part
    }

    fn ladder(&self) -> MutexGuard<'_, Ladder> {
        self.ladder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn packed(&self) -> Option<SessionPolicy> {
        packed(&self.actions, &self.services.iter().map(String::as_str).collect())
    }

    pub(super) fn policy(&self) -> SessionPolicy {
        // There is a step from the beginning.
        self.ladder().steps.last().map_or(SessionPolicy::ReadOnlyAccess, |(_, policy)| policy.clone())
    }

    /// See [`super::SessionPolicies::widen`].
    pub(super) fn widen(&self, nth: usize, action: Option<&str>) -> bool {
        let mut ladder = self.ladder();
        while ladder.steps.len() <= nth {
            let Some((from, _)) = ladder.steps.last() else { return false };
            let packed = match from {
                Rung::Exact => self.packed(),
                Rung::Packed => None,
                Rung::ManagedReadOnly => return false,
            };
            let managed = (Rung::ManagedReadOnly, SessionPolicy::ReadOnlyAccess);
            let next = packed.map_or(managed, |policy| (Rung::Packed, policy));
            tracing::warn!(
                service = %self.name, action = action.unwrap_or("none"), from = %from, to = %next.0,
                "AWS refused a call because of the session policy that Portolan sent: a defect of Portolan, please \
                 report it; the calls go on under a wider one"
            );
            ladder.steps.push(next);
        }
        ladder.refused.entry(nth).or_default().extend(action.map(str::to_owned));
        true
    }

    pub(super) fn widened(&self, identity: &'static str) -> Vec<Widened> {
        let ladder = self.ladder();
        let steps = ladder.steps.iter().zip(ladder.steps.iter().skip(1)).enumerate();
        let widened = steps.map(|(step, ((from, _), (to, _)))| Widened {
            identity,
            calls: self.name.clone(),
            from: *from,
            to: *to,
            actions: ladder.refused.get(&(step + 1)).into_iter().flatten().cloned().collect(),
        });
        widened.collect()
    }
}
