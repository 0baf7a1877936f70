//! From the source to a role in each account: which hops, with what, decided before any call.

use std::collections::{BTreeMap, BTreeSet};

use portolan_names::{AccountId, RoleArn};

use super::source::SourceKind;
use crate::secret::Secret;

/// The shortest and longest session that STS gives.
const DURATIONS: std::ops::RangeInclusive<u32> = 900..=43_200;
/// The longest session of a role that is assumed from another role's session.
const CHAINED_DURATION: u32 = 3600;

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
}

/// What of the source the plan must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFacts {
    /// Where it comes from.
    pub kind: SourceKind,
    /// Whether its credentials are a role's session; none where only AWS knows.
    pub is_role: Option<bool>,
}

/// Why a plan cannot work. All are found before any call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Ruling of AWS: role chaining is limited to an hour.
    #[error(
        "a session of {asked} s is asked for, but a role assumed from a role's session lasts at most 3600 s{}: \
         leave out the duration, or set 3600 or less",
        .role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default()
    )]
    ChainedDuration {
        /// What is configured.
        asked: u32,
        /// The first role concerned.
        role: Option<RoleArn>,
    },
    /// Outside what STS knows.
    #[error("a session of {asked} s: STS gives 900 to 43200 s")]
    Duration {
        /// What is configured.
        asked: u32,
    },
    /// An override would read one account and file it under another.
    #[error("the override of account {account} names {role}, which lies in another account")]
    OverrideElsewhere {
        /// The account whose override it is.
        account: AccountId,
        /// What it names.
        role: RoleArn,
    },
    /// A listed role stands under another account's id.
    #[error("{role} is listed for account {account}, but lies in another")]
    ListedElsewhere {
        /// The account that it is listed for.
        account: AccountId,
        /// What is listed.
        role: RoleArn,
    },
    /// One run, one partition.
    #[error("{role} lies in partition {}, the other roles in {expected}: one run reads one partition", .role.partition())]
    Partition {
        /// The one that differs.
        role: RoleArn,
        /// That of the roles before it.
        expected: String,
    },
    /// The token would go straight to the members, and nothing carries the external id.
    #[error(
        "an external id is set, but AssumeRoleWithWebIdentity takes none: remove it and restrict the trust by the \
         token's subject, or set roles.hub, through which members are assumed with it"
    )]
    ExternalIdWithWebIdentity,
    /// As before, for the source identity.
    #[error("a source identity is set, but AssumeRoleWithWebIdentity takes none: remove it, or set roles.hub")]
    SourceIdentityWithWebIdentity,
    /// STS would refuse the text.
    #[error("{setting} {given}: {expected}")]
    Text {
        /// `session_name`, `external_id`, `source_identity`.
        setting: &'static str,
        /// What was given, masked where it is secret.
        given: String,
        /// The form that STS takes.
        expected: &'static str,
    },
    /// The template gives no role's name.
    #[error("the member role {given:?} is not a role's path and name")]
    Template {
        /// What was given.
        given: String,
    },
    /// The plan knows no role for that account.
    #[error("no role is configured for account {0}")]
    NoRole(AccountId),
    /// The management account is excluded by policy.
    #[error("the management account {0} is excluded by accounts.management")]
    ManagementExcluded(AccountId),
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
        }
    }

    fn roles(&self) -> Vec<&RoleArn> {
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

    /// Looks for everything that cannot work, before any call; gives the warnings of a plan that can.
    ///
    /// # Errors
    /// All that is wrong, not the first only.
    pub fn check(&self, source: SourceFacts) -> Result<Vec<String>, Vec<PlanError>> {
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        self.check_places(&mut errors);
        self.check_texts(&mut errors);
        self.check_duration(source, &mut errors);
        let direct = source.kind == SourceKind::WebIdentity && self.hub.is_none() && self.member != MemberRole::Source;
        if direct && self.source_identity.is_some() {
            errors.push(PlanError::SourceIdentityWithWebIdentity);
        }
        let external_id = self.external_id.is_some() || self.overrides.values().any(|own| own.external_id.is_some());
        if direct && external_id {
            if self.external_id_of_peer {
                warnings.push(
                    "the external id is not sent: AssumeRoleWithWebIdentity takes none (as at the peer)".to_owned(),
                );
            } else {
                errors.push(PlanError::ExternalIdWithWebIdentity);
            }
        }
        if errors.is_empty() { Ok(warnings) } else { Err(errors) }
    }

    fn check_places(&self, errors: &mut Vec<PlanError>) {
        let mut elsewhere = BTreeSet::new();
        let expected = self.partition().unwrap_or_default();
        if let MemberRole::Template { partition, path_and_name } = &self.member {
            let placeholder = AccountId::parse("000000000000");
            if placeholder.is_ok_and(|account| RoleArn::in_account(partition, &account, path_and_name).is_err()) {
                errors.push(PlanError::Template { given: path_and_name.clone() });
            }
        }
        for role in self.roles() {
            if role.partition() != expected && elsewhere.insert(role) {
                errors.push(PlanError::Partition { role: role.clone(), expected: expected.to_owned() });
            }
        }
        for (account, own) in &self.overrides {
            if let Some(role) = own.role.as_ref().filter(|role| role.account() != *account) {
                errors.push(PlanError::OverrideElsewhere { account: account.clone(), role: role.clone() });
            }
        }
        if let MemberRole::Listed(roles) = &self.member {
            for (account, role) in roles.iter().filter(|(account, role)| role.account() != **account) {
                errors.push(PlanError::ListedElsewhere { account: account.clone(), role: role.clone() });
            }
        }
    }

    fn check_texts(&self, errors: &mut Vec<PlanError>) {
        if !is_token(&self.session_name, 64, b"_+=,.@-") {
            errors.push(PlanError::Text {
                setting: "session_name",
                given: format!("{:?}", self.session_name),
                expected: "2 to 64 letters, digits and _+=,.@- once {run} is replaced",
            });
        }
        if let Some(given) = self.source_identity.as_ref().filter(|text| !is_token(text, 64, b"_+=,.@-")) {
            errors.push(PlanError::Text {
                setting: "source_identity",
                given: format!("{given:?}"),
                expected: "2 to 64 letters, digits and _+=,.@-",
            });
        }
        let external_ids = self.overrides.values().filter_map(|own| own.external_id.as_ref()).chain(&self.external_id);
        for secret in external_ids {
            if !is_token(secret.expose(), 1224, b"_+=,.@:/-") {
                errors.push(PlanError::Text {
                    setting: "external_id",
                    given: format!("of {} characters", secret.expose().chars().count()),
                    expected: "2 to 1224 letters, digits and _+=,.@:/-, no line break at its end",
                });
            }
        }
    }

    fn check_duration(&self, source: SourceFacts, errors: &mut Vec<PlanError>) {
        let Some(asked) = self.duration_s else { return };
        if !DURATIONS.contains(&asked) {
            errors.push(PlanError::Duration { asked });
            return;
        }
        let first_is_chained = source.kind != SourceKind::WebIdentity && source.is_role == Some(true);
        let members = !matches!(self.member, MemberRole::Source);
        let chained = match (&self.hub, first_is_chained) {
            (Some(hub), true) => Some(Some(hub.clone())),
            (Some(_), false) if members || self.list.is_some() => Some(self.list.clone()),
            (None, true) if members || self.list.is_some() => Some(self.list.clone()),
            _ => None,
        };
        if let Some(role) = chained.filter(|_| asked > CHAINED_DURATION) {
            errors.push(PlanError::ChainedDuration { asked, role });
        }
    }

    /// The hops from the source to this identity; none for the source itself.
    ///
    /// # Errors
    /// No role is configured for the account.
    pub fn hops(&self, who: &Identity, source: SourceKind) -> Result<Vec<Hop>, PlanError> {
        let target = match who {
            Identity::Management => self.list.as_ref().map(|role| (role.clone(), self.external_id.clone())),
            Identity::Account(account) => match self.member_role(account)? {
                // The source reads its own account as it is: no hop, not even the hub's.
                None => return Ok(Vec::new()),
                role => role,
            },
        };
        let hub = self.hub.as_ref().map(|role| (role.clone(), self.external_id.clone()));
        let mut hops: Vec<Hop> = Vec::new();
        for (role, external_id) in hub.into_iter().chain(target) {
            let by_web_identity = hops.is_empty() && source == SourceKind::WebIdentity;
            hops.push(Hop {
                role,
                by_web_identity,
                external_id: external_id.filter(|_| !by_web_identity),
                session_name: self.session_name.clone(),
                duration_s: self.duration_s,
                source_identity: self.source_identity.clone().filter(|_| !by_web_identity),
            });
        }
        Ok(hops)
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

/// STS's `[\w…]*` with a length of at least two.
fn is_token(text: &str, longest: usize, others: &[u8]) -> bool {
    (2..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
}

#[cfg(test)]
#[path = "roles_tests.rs"]
mod tests;
