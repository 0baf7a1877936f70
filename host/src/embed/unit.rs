use std::fmt;

use portolan_names::{AccountId, Region};

use crate::bindings::exports::portolan::aws::sync;
use crate::outcome::Problem;
use crate::unit::UnitKey;

/// One kind in one region of an account: the grain of work, of failure and of deletion.
///
/// With its account it is a key: equal units are the same unit for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Unit {
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// None for a kind that is global to its account or to the organization.
    pub region: Option<Region>,
}

impl Unit {
    /// The unit of a kind in a region, or everywhere.
    #[must_use]
    pub fn new(kind: impl Into<String>, region: Option<Region>) -> Self {
        Self { kind: kind.into(), region }
    }

    pub(super) fn of_key(key: &UnitKey) -> Self {
        Self { kind: key.kind.clone(), region: key.region.clone() }
    }

    pub(super) fn key(&self, account: &AccountId) -> UnitKey {
        UnitKey { kind: self.kind.clone(), account: account.clone(), region: self.region.clone() }
    }

    pub(super) fn wire(&self) -> sync::Unit {
        sync::Unit { kind: self.kind.clone(), region: self.region.as_ref().map(ToString::to_string) }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.kind, self.region.as_ref().map_or("no region", Region::as_str))
    }
}

/// What stopped a unit. Other units are not concerned.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{unit} of {account}: {}: {}", problem.class, problem.message)]
#[non_exhaustive]
pub struct UnitError {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub unit: Unit,
    /// What happened.
    pub problem: Problem,
}

impl UnitError {
    pub(super) fn new(key: &UnitKey, problem: Problem) -> Self {
        Self { account: key.account.clone(), unit: Unit::of_key(key), problem }
    }
}
