//! What of a role plan cannot work, found before any call.

use std::collections::BTreeSet;

use portolan_names::{AccountId, RoleArn};

use super::roles::{MemberRole, RolePlan};
use super::source::SourceKind;

/// The shortest and longest session that STS gives.
const DURATIONS: std::ops::RangeInclusive<u32> = 900..=43_200;
/// The longest session of a role that is assumed from another role's session.
const CHAINED_DURATION: u32 = 3600;

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

impl RolePlan {
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
}

/// STS's `[\w…]*` with a length of at least two.
fn is_token(text: &str, longest: usize, others: &[u8]) -> bool {
    (2..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
