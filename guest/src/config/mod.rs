//! What the host passes to `configure`, checked.

mod definitions;
mod parse;
mod policy;
mod unlisted;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use parse::parse;
pub(crate) use policy::RegionPolicy;

use time::OffsetDateTime;

use crate::catalog::{Action, Kind};

/// The configuration.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) accounts: Selection,
    pub(crate) kinds: Vec<ChosenKind>,
    pub(crate) regions: RegionPolicy,
    /// Whether buckets outside the allowed regions are left out.
    pub(crate) only_allowed_buckets: bool,
    pub(crate) account_regions: BTreeMap<String, RegionPolicy>,
    pub(crate) home_region: Option<String>,
    pub(crate) redaction: Redaction,
    /// Whether what every account has without anybody's doing is listed too.
    pub(crate) include_defaults: bool,
}

/// Which accounts of the organization are meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) include_ous: BTreeSet<String>,
    pub(crate) exclude_ous: BTreeSet<String>,
    pub(crate) include: BTreeSet<String>,
    pub(crate) exclude: BTreeSet<String>,
}

/// What becomes of values that users keep secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redaction {
    Keep,
    /// Replaced by a digest under this key.
    Digest(Vec<u8>),
}

/// A kind that the configuration names.
#[derive(Debug, Clone)]
pub(crate) struct ChosenKind {
    pub(crate) kind: Kind,
    pub(crate) actions: Actions,
    /// Replaces the general policy.
    pub(crate) regions: Option<RegionPolicy>,
    pub(crate) since: Option<Since>,
}

/// The time before which a kind's items are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) at: OffsetDateTime,
    /// In the form of all output.
    pub(crate) text: String,
}

/// Which optional actions run.
#[derive(Debug, Clone)]
pub(crate) enum Actions {
    All,
    Named(BTreeSet<String>),
}

impl ChosenKind {
    /// The actions that run, in the definition's order.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.kind.definition.actions.iter().filter(|action| {
            !action.optional
                || match &self.actions {
                    Actions::All => true,
                    Actions::Named(names) => names.contains(&action.name),
                }
        })
    }
}

impl Config {
    pub(crate) fn kind(&self, name: &str) -> Option<&ChosenKind> {
        self.kinds.iter().find(|chosen| &*chosen.kind.name == name)
    }

    /// Whether a kind is read in a region of an account. A kind's own policy stands in place of the general one,
    /// and so does an account's; where both are given, both must allow.
    pub(crate) fn allows(&self, chosen: &ChosenKind, account: &str, region: &str) -> bool {
        match (chosen.regions.as_ref(), self.account_regions.get(account)) {
            (None, None) => self.regions.allows(region),
            (Some(kind), None) => kind.allows(region),
            (None, Some(account)) => account.allows(region),
            (Some(kind), Some(account)) => kind.allows(region) && account.allows(region),
        }
    }
}
