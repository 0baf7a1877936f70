//! The calls of a manifest in groups whose policy AWS takes.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::{exact, packed};
use crate::credentials::{Rung, SessionPolicy};
use crate::manifest::CallNeed;

/// Calls of one service, by what they need. A service that does not fit into one policy has several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// The service's name in the tables.
    pub(super) service: String,
    /// `Operation` to action.
    pub(super) calls: BTreeMap<String, String>,
}

impl Share {
    pub(super) fn actions(&self) -> BTreeSet<String> {
        self.calls.values().cloned().collect()
    }
}

/// Shares that have one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) shares: Vec<Share>,
    pub(super) policy: SessionPolicy,
}

/// What the shares may do together; none where that is longer than AWS takes.
fn policy(shares: &[&Share], rung: Rung) -> Option<SessionPolicy> {
    let actions = shares.iter().flat_map(|share| share.calls.values().cloned()).collect();
    match rung {
        Rung::Exact => exact(&actions),
        Rung::Packed => packed(&actions, &shares.iter().map(|share| share.service.as_str()).collect()),
        Rung::ManagedReadOnly => Some(SessionPolicy::ReadOnlyAccess),
    }
}

/// Groups of whole services, filled the largest first, so that they are few: each costs a role assumption in every
/// account in which one of its services is read.
pub(super) fn groups<'a>(calls: impl IntoIterator<Item = &'a CallNeed>, rung: Rung) -> Vec<Group> {
    let mut shares: Vec<Share> = services(calls).into_iter().flat_map(|whole| cut(whole, rung)).collect();
    shares.sort_by_cached_key(|share| std::cmp::Reverse(share.calls.values().map(String::len).sum::<usize>()));
    let mut groups: Vec<Group> = Vec::new();
    for share in shares {
        let fits = groups.iter_mut().find_map(|group| {
            let together: Vec<&Share> = group.shares.iter().chain([&share]).collect();
            policy(&together, rung).map(|policy| (group, policy))
        });
        match fits {
            Some((group, policy)) => {
                group.policy = policy;
                group.shares.push(share);
            }
            None => {
                // A single action that is longer than a policy does not exist; it would be read under the last rung.
                let policy = policy(&[&share], rung).unwrap_or(SessionPolicy::ReadOnlyAccess);
                groups.push(Group { shares: vec![share], policy });
            }
        }
    }
    groups
}

fn services<'a>(calls: impl IntoIterator<Item = &'a CallNeed>) -> Vec<Share> {
    let mut shares: BTreeMap<&str, Share> = BTreeMap::new();
    for call in calls {
        let Some((service, operation)) = call.operation.split_once(':') else { continue };
        let share = shares.entry(service).or_insert_with(|| Share { service: service.to_owned(), ..Share::default() });
        share.calls.insert(operation.to_owned(), call.action.clone());
    }
    shares.into_values().collect()
}

/// A service as it is, or halved until each part fits.
fn cut(share: Share, rung: Rung) -> Vec<Share> {
    if share.calls.len() < 2 || policy(&[&share], rung).is_some() {
        return vec![share];
    }
    let Share { service, mut calls } = share;
    let middle = calls.keys().nth(calls.len() / 2).cloned().unwrap_or_default();
    let second = calls.split_off(&middle);
    let halves = [calls, second].map(|calls| Share { service: service.clone(), calls });
    halves.into_iter().flat_map(|half| cut(half, rung)).collect()
}
