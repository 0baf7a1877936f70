use std::collections::BTreeSet;

use portolan_names::AccountId;

use super::Unit;
use crate::outcome::{Freshness, Membership, Problem, ProblemClass};
use crate::run::own_problem;
use crate::unit::{ParentChain, UnitKey};

/// What a unit proves about what exists, once nothing more is read of it.
///
/// Three types, so that code which deletes can ask for the one that may: `fn remove_what_is_gone(end: &Whole)` cannot be
/// called with anything else. None of them can be made outside of this library.
///
/// One whole listing is still one observation: a listing of AWS can hide what exists for some seconds. Before something is
/// deleted, look a second time ([`Session::read_resources`](crate::Session::read_resources), or the next run).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum UnitEnd {
    /// All that exists was listed.
    Whole(Whole),
    /// All that exists below certain parents was listed.
    Partial(Partial),
    /// Nothing is proven. What was known stays.
    Unknown(Unknown),
}

/// All that exists in a unit was listed: what is not among its resources may be gone.
#[derive(Debug, Clone)]
pub struct Whole {
    of: Of,
}

/// All that exists below certain parents was listed: of what lies there, what is missing may be gone.
#[derive(Debug, Clone)]
pub struct Partial {
    of: Of,
    parents: BTreeSet<ParentChain>,
    problem: Problem,
}

/// Nothing is proven: denied, throttled, cut off, stopped. Nothing may be deleted.
#[derive(Debug, Clone)]
pub struct Unknown {
    of: Of,
    problem: Problem,
}

#[derive(Debug, Clone)]
struct Of {
    account: AccountId,
    unit: Unit,
    stale: BTreeSet<String>,
}

macro_rules! of_a_unit {
    ($name:ident) => {
        impl $name {
            /// Whose unit it is.
            #[must_use]
            pub fn account(&self) -> &AccountId {
                &self.of.account
            }

            /// Which unit.
            #[must_use]
            pub fn unit(&self) -> &Unit {
                &self.of.unit
            }

            /// Actions that failed for some of its resources: what these fill is unknown there, not absent
            /// ([`Resource::gaps`](crate::Resource::gaps)).
            pub fn stale_actions(&self) -> impl Iterator<Item = &str> {
                self.of.stale.iter().map(String::as_str)
            }
        }
    };
}

of_a_unit!(Whole);
of_a_unit!(Partial);
of_a_unit!(Unknown);

impl Partial {
    /// Whether a resource with these [parents](crate::Resource::parents) would have been listed, had it existed.
    #[must_use]
    pub fn covers(&self, parents: &[String]) -> bool {
        !parents.is_empty() && self.parents.iter().any(|chain| chain.0 == parents)
    }

    /// Why the rest is unknown.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl Unknown {
    /// Why.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl UnitEnd {
    /// Whose unit it is.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.of().account
    }

    /// Which unit.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        &self.of().unit
    }

    /// The proof that all was listed, where there is one.
    #[must_use]
    pub fn whole(&self) -> Option<&Whole> {
        match self {
            Self::Whole(whole) => Some(whole),
            Self::Partial(_) | Self::Unknown(_) => None,
        }
    }

    /// What made it incomplete.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Whole(_) => None,
            Self::Partial(partial) => Some(&partial.problem),
            Self::Unknown(unknown) => Some(&unknown.problem),
        }
    }

    fn of(&self) -> &Of {
        match self {
            Self::Whole(whole) => &whole.of,
            Self::Partial(partial) => &partial.of,
            Self::Unknown(unknown) => &unknown.of,
        }
    }

    pub(super) fn new(key: &UnitKey, membership: Membership, freshness: Freshness, why: Option<Problem>) -> Self {
        let stale = match freshness {
            Freshness::Fresh => BTreeSet::new(),
            Freshness::Stale { actions, .. } => actions,
        };
        let of = Of { account: key.account.clone(), unit: Unit::of_key(key), stale };
        let because = |class| why.unwrap_or_else(|| own_problem(class, "the unit was not read to its end"));
        match membership {
            Membership::Whole => Self::Whole(Whole { of }),
            Membership::Partial(parents) => {
                Self::Partial(Partial { of, parents, problem: because(ProblemClass::BadAnswer) })
            }
            Membership::Unknown(class) => Self::Unknown(Unknown { of, problem: because(class) }),
        }
    }
}
