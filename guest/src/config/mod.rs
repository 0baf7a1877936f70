//! What the host passes to `configure`, checked.

mod definitions;
mod mappings;
mod parse;
mod policy;
mod unlisted;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use parse::parse;
pub(crate) use policy::RegionPolicy;

use time::OffsetDateTime;

use crate::catalog::{Action, Kind, tells};
use crate::mapping::Mapping;

/// The configuration.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) accounts: Selection,
    pub(crate) kinds: Vec<ChosenKind>,
    pub(crate) mappings: Vec<Mapping>,
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
    /// Replace the general policy, where there are any: what one of them allows is read.
    pub(crate) regions: Vec<RegionPolicy>,
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
    /// Whether it is read in a region, for all that it says itself.
    pub(crate) fn allows(&self, region: &str, general: &RegionPolicy) -> bool {
        match self.regions.as_slice() {
            [] => general.allows(region),
            some => some.iter().any(|policy| policy.allows(region)),
        }
    }

    /// The sensitive path that a path of an expression reads, or a part of it.
    pub(crate) fn redacted(&self, path: &[String]) -> Option<String> {
        let path = path.strip_prefix(&["Properties".to_owned()]).filter(|path| !path.is_empty())?;
        let definition = &self.kind.definition;
        let of = |secret: &&String| path.iter().zip(secret.split('.')).all(|(name, secret)| name == secret);
        let named = || path.iter().find(|name| definition.sensitive_names && tells(name));
        definition.sensitive.iter().find(of).or_else(named).map(|secret| format!("Properties.{secret}"))
    }

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
        let Some(account) = self.account_regions.get(account) else {
            return chosen.allows(region, &self.regions);
        };
        // An account's policy stands in place of the general one.
        account.allows(region) && (chosen.regions.is_empty() || chosen.allows(region, &self.regions))
    }
}
