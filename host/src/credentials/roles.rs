//! From the source to a role in each account: which hops, with what, decided before any call.

use std::collections::{BTreeMap, BTreeSet};

use portolan_names::{AccountId, RoleArn};

use super::plan_check::PlanError;
use super::session_policy::SessionPolicy;
use super::source::SourceKind;
use crate::secret::Secret;

/// One AssumeRole. The hops up to and including it are the key of its session: everything that shapes
/// the session is a field here (the partition is in the role's ARN), so that no two share one by mistake.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hop {
    /// What is assumed.
    pub role: RoleArn,
    /// By the source's token file instead of by the parent's credentials. Only a first hop.
    pub by_web_identity: bool,
    /// `sts:ExternalId`; web identity takes none.
    pub external_id: Option<Secret>,
    /// The name under which CloudTrail shows the session.
    pub session_name: String,
    /// Not sent unless set.
    pub duration_s: Option<u32>,
    /// Not sent unless set; web identity takes none.
    pub source_identity: Option<String>,
    /// What the session may do at most, besides what its role may; none is sent where sessions are not bounded.
    pub policy: Option<SessionPolicy>,
}

/// Whose session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// Reads the organization: the listing role, or the source where none is configured.
    Management,
    /// Reads this account.
    Account(AccountId),
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Management => f.write_str("the organization"),
            Self::Account(id) => write!(f, "account {id}"),
        }
    }
}

/// Which role an account is read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberRole {
    /// The same path and name in every account.
    Template {
        /// `aws`, `aws-cn`, …: from the listing role.
        partition: String,
        /// `path/name`, without `role/`.
        path_and_name: String,
    },
    /// These and no others.
    Listed(BTreeMap<AccountId, RoleArn>),
    /// The source itself, for its own account alone.
    Source,
}

/// What one account has of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Override {
    /// Instead of the member role. It lies in that account.
    pub role: Option<RoleArn>,
    /// Instead of the common external id.
    pub external_id: Option<Secret>,
}

/// How the organization's management account is read; StackSets put no role there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ManagementPolicy {
    /// The member role is tried; refused, the account is left out with one line.
    #[default]
    Auto,
    /// As every other account: a refusal is a scope that was not reached.
    Include,
    /// Not attempted.
    Exclude,
    /// The member role is tried; refused, the listing role reads it, if it lies there.
    ListRole,
}

/// Roles as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePlan {
    /// The role that lists the organization.
    pub list: Option<RoleArn>,
    /// The role in each account.
    pub member: MemberRole,
    /// Only where this is set, a hop stands between the source and the others.
    pub hub: Option<RoleArn>,
    /// For the hub, if set, the listing role and the members.
    pub external_id: Option<Secret>,
    /// The external id came under the peer's name, where web identity merely ignores it.
    pub external_id_of_peer: bool,
    /// Already with the run's id in it: see [`session_name`].
    pub session_name: String,
    /// Seconds; none is sent by default.
    pub duration_s: Option<u32>,
    /// None is sent by default: existing trusts do not allow sts:SetSourceIdentity.
    pub source_identity: Option<String>,
    /// By account.
    pub overrides: BTreeMap<AccountId, Override>,
    /// For the management account.
    pub management: ManagementPolicy,
    /// Whether every session carries a policy of its own: the hub's that of assuming the others, theirs that of the
    /// calls they are for.
    pub bounded: bool,
}

/// Puts the run's id into a session name: `portolan-{run}`.
#[must_use]
pub fn session_name(template: &str, run_id: &str) -> String {
    template.replace("{run}", run_id)
}

impl RolePlan {
    /// A plan of nothing but the source, to build others from.
    #[must_use]
    pub fn of_source(run_id: &str) -> Self {
        Self {
            list: None,
            member: MemberRole::Source,
            hub: None,
            external_id: None,
            external_id_of_peer: false,
            session_name: session_name("portolan-{run}", run_id),
            duration_s: None,
            source_identity: None,
            overrides: BTreeMap::new(),
            management: ManagementPolicy::Auto,
            bounded: false,
        }
    }

    /// All that are named, the partition's witness first.
    pub(super) fn roles(&self) -> Vec<&RoleArn> {
        let listed = match &self.member {
            MemberRole::Listed(roles) => roles.values().collect(),
            MemberRole::Template { .. } | MemberRole::Source => Vec::new(),
        };
        let overridden = self.overrides.values().filter_map(|own| own.role.as_ref());
        self.hub.iter().chain(&self.list).chain(listed).chain(overridden).collect()
    }

    /// The partition that all roles lie in; none where there is no role.
    #[must_use]
    pub fn partition(&self) -> Option<&str> {
        match (&self.member, self.roles().first()) {
            (_, Some(role)) => Some(role.partition()),
            (MemberRole::Template { partition, .. }, None) => Some(partition),
            _ => None,
        }
    }

    /// The hops from the source to this identity; none for the source itself. Where sessions are bounded, this one may
    /// say who it is and no more: see [`RolePlan::hops_under`].
    ///
    /// # Errors
    /// No role is configured for the account.
    pub fn hops(&self, who: &Identity, source: SourceKind) -> Result<Vec<Hop>, PlanError> {
        self.hops_under(who, source, None, || self.hub_policy())
    }

    /// The hops to a session of this identity under a policy, which is left out where sessions are not bounded; `of_hub`
    /// gives [`RolePlan::hub_policy`], which is made once for thousands of calls.
    ///
    /// # Errors
    /// No role is configured for the account.
    pub fn hops_under(
        &self,
        who: &Identity,
        source: SourceKind,
        policy: Option<&SessionPolicy>,
        of_hub: impl Fn() -> SessionPolicy,
    ) -> Result<Vec<Hop>, PlanError> {
        let target = match who {
            Identity::Management => self.list.as_ref().map(|role| (role.clone(), self.external_id.clone())),
            Identity::Account(account) => match self.member_role(account)? {
                // The source reads its own account as it is: no hop, not even the hub's.
                None => return Ok(Vec::new()),
                role => role,
            },
        };
        let bounded = |of: &dyn Fn() -> SessionPolicy| self.bounded.then(of);
        let of_target = || policy.cloned().unwrap_or_else(SessionPolicy::of_nothing);
        let hub = self.hub.as_ref().map(|role| ((role.clone(), self.external_id.clone()), bounded(&of_hub)));
        let target = target.map(|target| (target, bounded(&of_target)));
        let mut hops: Vec<Hop> = Vec::new();
        for ((role, external_id), policy) in hub.into_iter().chain(target) {
            let by_web_identity = hops.is_empty() && source == SourceKind::WebIdentity;
            hops.push(Hop {
                role,
                by_web_identity,
                external_id: external_id.filter(|_| !by_web_identity),
                session_name: self.session_name.clone(),
                duration_s: self.duration_s,
                source_identity: self.source_identity.clone().filter(|_| !by_web_identity),
                policy,
            });
        }
        Ok(hops)
    }

    /// Whether accounts are read with a role, rather than by the source as it is.
    #[must_use]
    pub fn accounts_have_roles(&self) -> bool {
        self.member != MemberRole::Source || self.overrides.values().any(|own| own.role.is_some())
    }

    /// What the hub may do: assume the roles behind it. Tags and a source identity that the source's own session carries
    /// go on through every hop, unseen by us, so that they are allowed; alone they allow nothing.
    #[must_use]
    pub fn hub_policy(&self) -> SessionPolicy {
        let actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
        let behind = self.roles().into_iter().filter(|role| Some(*role) != self.hub.as_ref());
        let mut roles: BTreeSet<String> = behind.map(|role| role.as_str().to_owned()).collect();
        if let MemberRole::Template { partition, path_and_name } = &self.member {
            roles.insert(format!("arn:{partition}:iam::*:role/{path_and_name}"));
        }
        SessionPolicy::of_hub(&roles, self.partition().unwrap_or("aws"), &actions)
    }

    fn member_role(&self, account: &AccountId) -> Result<Option<(RoleArn, Option<Secret>)>, PlanError> {
        let own = self.overrides.get(account);
        let external_id = own.and_then(|own| own.external_id.clone()).or_else(|| self.external_id.clone());
        if let Some(role) = own.and_then(|own| own.role.clone()) {
            return Ok(Some((role, external_id)));
        }
        match &self.member {
            MemberRole::Source => Ok(None),
            MemberRole::Listed(roles) => roles
                .get(account)
                .map(|role| Some((role.clone(), external_id)))
                .ok_or_else(|| PlanError::NoRole(account.clone())),
            MemberRole::Template { partition, path_and_name } => RoleArn::in_account(partition, account, path_and_name)
                .map(|role| Some((role, external_id)))
                .map_err(|_| PlanError::Template { given: path_and_name.clone() }),
        }
    }
}
