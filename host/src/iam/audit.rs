//! `portolan iam audit`: every role of every account, who can assume it, and what it may do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portolan_trust::Standpoint;
use serde::{Serialize, Serializer};
use tokio::sync::Mutex;

use super::expected::Drift;
use super::permissions::Statement;
use super::role::{AuditedRole, Policy, members, statements, text};
use crate::run::{Host, Unanswered, Visit, Visited};

/// The reads of IAM that an audit makes.
pub const OPERATIONS: &[&str] = &["GetAccountAuthorizationDetails", "ListRoles", "GetPolicy", "GetPolicyVersion"];

/// Roles on a page. IAM takes a thousand, but a role with its policies is up to 80 KB of the answer, which may have 8 MiB.
const ROLES_ON_PAGE: &str = "100";
/// Roles without their policies are small.
const BARE_ROLES_ON_PAGE: &str = "1000";
/// Whose policies are AWS's own: the same in every account.
const AWS_MANAGED: &str = ":iam::aws:policy/";

/// The texts of AWS's own policies, read once for all accounts.
pub type AwsPolicies = Arc<Mutex<BTreeMap<String, Arc<Policy>>>>;

/// The roles of one account.
#[derive(Debug, Clone)]
pub struct AccountRoles {
    /// By name.
    pub roles: Vec<AuditedRole>,
    /// The managed policies that they have, by ARN.
    pub managed: BTreeMap<String, Arc<Policy>>,
}

/// An account of an audit.
#[derive(Debug, Clone, Serialize)]
pub struct AuditedAccount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `read`, `left-out` or `unread`.
    pub outcome: &'static str,
    /// Why it was not read, in AWS's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its roles.
    pub roles: Vec<AuditedRole>,
}

/// What an audit found.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// The form of this document.
    pub schema: &'static str,
    /// The organization whose accounts are known; without one every other account counts as outside.
    pub organization: Option<String>,
    /// Whether every account of the selection was listed and read.
    pub whole: bool,
    /// What went wrong while the accounts were listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// In order of their ids.
    pub accounts: Vec<AuditedAccount>,
    /// The managed policies that the roles have, by ARN.
    #[serde(serialize_with = "shared")]
    pub managed_policies: BTreeMap<String, Arc<Policy>>,
    /// What was not looked at, so that nothing is concluded from it.
    pub limits: &'static [&'static str],
    /// How the roles differ from the inventory that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Vec<Drift>>,
}

fn shared<S: Serializer>(policies: &BTreeMap<String, Arc<Policy>>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(policies.iter().map(|(arn, policy)| (arn, policy.as_ref())))
}

/// What an audit does not see. Printed, and part of the JSON.
const LIMITS: &[&str] = &[
    "IAM does not keep who made a role: tags, path, description and CloudFormation's stack tag are what there is; CloudTrail \
     knows for 90 days",
    "Deny statements of trust policies, service control policies, resource control policies and session policies are not \
     evaluated: fewer may get in than is listed",
    "what a role may do is by its policies' Allow statements alone; conditions, Deny, boundaries and organization policies can \
     only make it less",
    "whom an identity provider or a service of AWS acts for is not known here",
];

/// Reads the roles of an account.
///
/// # Errors
/// IAM did not answer. A policy that cannot be read is no error: its role is said to have one that is unread.
pub async fn roles_of(host: Host, aws: AwsPolicies) -> Result<AccountRoles, Unanswered> {
    let organization = host.organization.as_ref().clone();
    let standpoint = Standpoint { account: host.account.clone(), organization };
    let mut roles = Vec::new();
    let asked = [("Filter.member.1", "Role"), ("MaxItems", ROLES_ON_PAGE)];
    host.pages("GetAccountAuthorizationDetails", &asked, |page| {
        let read = members(page, "RoleDetailList");
        roles.extend(read.map(|detail| AuditedRole::read(detail, &standpoint, &host.roles, &host.source)));
    })
    .await?;
    describe(&host, &mut roles).await?;
    let managed = managed(&host, &roles, &aws).await?;
    let mut roles: Vec<AuditedRole> = roles.into_iter().map(|role| role.with_managed(&managed)).collect();
    roles.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(AccountRoles { roles, managed })
}

/// The authorization details have no descriptions; the plain listing has.
async fn describe(host: &Host, roles: &mut [AuditedRole]) -> Result<(), Unanswered> {
    let mut described = BTreeMap::new();
    host.pages("ListRoles", &[("MaxItems", BARE_ROLES_ON_PAGE)], |page| {
        described.extend(
            members(page, "Roles").filter_map(|role| Some((text(role, "RoleId")?, text(role, "Description")?))),
        );
    })
    .await?;
    for role in roles {
        role.description = described.remove(&role.id);
    }
    Ok(())
}

/// The managed policies that the roles have: the account's own in one listing, AWS's each once for all accounts.
async fn managed(
    host: &Host,
    roles: &[AuditedRole],
    aws: &AwsPolicies,
) -> Result<BTreeMap<String, Arc<Policy>>, Unanswered> {
    let wanted: BTreeSet<&String> = roles.iter().flat_map(|role| role.attached.iter().chain(&role.boundary)).collect();
    let (of_aws, own): (Vec<&String>, Vec<&String>) = wanted.into_iter().partition(|arn| arn.contains(AWS_MANAGED));
    let mut found = BTreeMap::new();
    if !own.is_empty() {
        let asked = [("Filter.member.1", "LocalManagedPolicy"), ("MaxItems", ROLES_ON_PAGE)];
        host.pages("GetAccountAuthorizationDetails", &asked, |page| {
            for policy in members(page, "Policies") {
                let Some(arn) = text(policy, "Arn").filter(|arn| own.contains(&arn)) else { continue };
                let in_force = text(policy, "DefaultVersionId");
                let version =
                    members(policy, "PolicyVersionList").find(|version| text(version, "VersionId") == in_force);
                let said = version.and_then(|version| text(version, "Document")).and_then(|text| statements(&text));
                let name = text(policy, "PolicyName").unwrap_or_default();
                found.insert(arn.clone(), Arc::new(Policy { name, arn: Some(arn), statements: said }));
            }
        })
        .await?;
    }
    for arn in of_aws {
        // Held while it is asked: who comes second finds it.
        let mut known = aws.lock().await;
        if let Some(policy) = known.get(arn) {
            found.insert(arn.clone(), Arc::clone(policy));
            continue;
        }
        match managed_policy(host, arn).await {
            Ok(policy) => {
                let policy = Arc::new(policy);
                known.insert(arn.clone(), Arc::clone(&policy));
                found.insert(arn.clone(), policy);
            }
            Err(error) => tracing::warn!(account_id = %host.account, "{arn}: {error}"),
        }
    }
    Ok(found)
}

/// A managed policy with the text of its version in force.
///
/// # Errors
/// IAM did not answer.
pub(super) async fn managed_policy(host: &Host, arn: &str) -> Result<Policy, Unanswered> {
    let answer = host.ask("GetPolicy", &[("PolicyArn", arn)]).await?;
    let of = |name: &str| answer.child("Policy").and_then(|policy| text(policy, name));
    let version = of("DefaultVersionId").unwrap_or_else(|| "v1".to_owned());
    let answer = host.ask("GetPolicyVersion", &[("PolicyArn", arn), ("VersionId", &version)]).await?;
    let said = answer.child("PolicyVersion").and_then(|version| text(version, "Document"));
    Ok(Policy {
        name: of("PolicyName").unwrap_or_default(),
        arn: Some(arn.to_owned()),
        statements: said.and_then(|text| statements(&text)),
    })
}

impl Audit {
    /// What a visit found.
    #[must_use]
    pub fn of(visit: Visit<AccountRoles>) -> Self {
        let mut managed_policies = BTreeMap::new();
        let mut accounts = Vec::new();
        for visited in visit.accounts {
            let (outcome, reason, roles) = match visited.outcome {
                Visited::Read(read) => {
                    managed_policies.extend(read.managed);
                    ("read", None, read.roles)
                }
                Visited::LeftOut(why) => ("left-out", Some(why), Vec::new()),
                Visited::Unread(why) => ("unread", Some(why), Vec::new()),
            };
            accounts.push(AuditedAccount { id: visited.id.to_string(), name: visited.name, outcome, reason, roles });
        }
        let whole = visit.whole && !visit.stopped && accounts.iter().all(|account| account.outcome != "unread");
        Self {
            schema: "iam-audit/1",
            organization: visit.organization,
            whole,
            problems: visit.problems,
            accounts,
            managed_policies,
            limits: LIMITS,
            drift: None,
        }
    }

    /// Every role with its account's id.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &AuditedRole)> {
        self.accounts.iter().flat_map(|account| account.roles.iter().map(|role| (account.id.as_str(), role)))
    }

    /// The statements that allow or deny something to a role, its boundary's left out.
    pub fn statements<'a>(&'a self, role: &'a AuditedRole) -> impl Iterator<Item = &'a Statement> {
        role.statements(&self.managed_policies)
    }
}
