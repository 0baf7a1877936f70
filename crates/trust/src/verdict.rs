//! What is said of a trust policy.

use std::collections::BTreeSet;

use portolan_names::AccountId;
use serde::Serialize;

use crate::condition::{Gate, GateKind};
use crate::principal::Principal;

/// From where a role is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standpoint {
    /// The role's own account.
    pub account: AccountId,
    /// Its organization, as far as it is known; else every other account is outside.
    pub organization: Option<Organization>,
}

impl Standpoint {
    /// An account of which no organization is known.
    #[must_use]
    pub fn of_account(account: AccountId) -> Self {
        Self { account, organization: None }
    }
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`, where it is known.
    pub id: Option<String>,
    /// All of its accounts.
    pub accounts: BTreeSet<AccountId>,
}

/// Where somebody comes from who may assume a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The role's own account.
    OwnAccount,
    /// A service of AWS.
    Service,
    /// Another account of the same organization.
    Organization,
    /// Another account that is not known to be of the organization.
    Outside,
    /// An identity provider: whoever it vouches for.
    Federation,
    /// Any account at all.
    Anywhere,
    /// Nowhere: what is named does not exist any more, or is nothing that is known.
    Nowhere,
}

impl Place {
    /// Whether who is there is outside the role's account, services of AWS left aside.
    #[must_use]
    pub fn is_outside_account(self) -> bool {
        matches!(self, Self::Organization | Self::Outside | Self::Federation | Self::Anywhere)
    }
}

/// What is worth a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// `*`, and no condition that keeps anybody out.
    WildcardWithoutCondition,
    /// An account outside the organization without an external id: its other customers may be able to use its access.
    OutsideWithoutExternalId,
    /// The condition on the organization names another one.
    OtherOrganization,
    /// A subject with a wildcard.
    WildcardSubject,
    /// An OpenID Connect provider without a condition on the audience.
    OidcWithoutAudience,
    /// An OpenID Connect provider without a condition on the subject.
    OidcWithoutSubject,
    /// An id of what does not exist any more.
    PrincipalGone,
    /// Everybody but those who are named.
    NotPrincipal,
}

/// Somebody whom a statement allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Who; with `NotPrincipal`, who is left out of everybody.
    #[serde(flatten)]
    pub principal: Principal,
    /// Whether it is everybody *but* this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_but: bool,
    /// Where they come from, the conditions on organization, account and ARN considered.
    pub place: Place,
    /// Whether the actions let this principal assume the role, rather than only tag a session.
    pub assumes: bool,
    /// The actions, as written.
    pub actions: Vec<String>,
    /// What gates it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// What is worth a second look.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// Which statement says so, from 1.
    pub statement: usize,
}

impl Grant {
    /// Whether an external id is asked for, and has to be there.
    #[must_use]
    pub fn asks_external_id(&self) -> bool {
        self.closed_by(GateKind::ExternalId)
    }

    /// Whether a gate of this kind keeps others out.
    #[must_use]
    pub fn closed_by(&self, kind: GateKind) -> bool {
        self.gates.iter().any(|gate| gate.kind == kind && gate.closes)
    }

    /// Whether somebody outside the account can assume the role by this; services of AWS are not counted.
    #[must_use]
    pub fn lets_in_from_outside(&self) -> bool {
        self.assumes && self.place.is_outside_account()
    }
}

/// Somebody whom a statement denies. Nobody is taken off the grants for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denied {
    /// Who; with `NotPrincipal`, who is spared.
    #[serde(flatten)]
    pub principal: Principal,
    /// Whether it is everybody *but* this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_but: bool,
    /// Which statement says so, from 1.
    pub statement: usize,
}

/// Who may assume a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whom the document allows.
    pub grants: Vec<Grant>,
    /// Whom it denies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<Denied>,
    /// What was not evaluated, or is no policy language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Verdict {
    /// The flags of all grants.
    #[must_use]
    pub fn flags(&self) -> BTreeSet<Flag> {
        self.grants.iter().flat_map(|grant| grant.flags.iter().copied()).collect()
    }

    /// The grants by which somebody outside the account can assume the role.
    pub fn from_outside(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|grant| grant.lets_in_from_outside())
    }
}
