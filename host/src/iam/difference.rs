//! What a role lacks of the generated policy, and what it has beyond it.

use std::collections::{BTreeMap, BTreeSet};

use portolan_trust::matches;
use serde::Serialize;

use super::audit::managed_policy;
use super::permissions::Statement;
use super::role::{Policy, members, statements, text};
use crate::run::{Host, Unanswered};

/// The reads of IAM that a comparison makes.
pub const OPERATIONS: &[&str] =
    &["GetRole", "ListAttachedRolePolicies", "GetPolicy", "GetPolicyVersion", "ListRolePolicies", "GetRolePolicy"];

/// IAM's answer where there is no such role.
const NO_ROLE: &str = "NoSuchEntity";

/// The policies of a role as it has them.
#[derive(Debug, Clone)]
pub struct RolePolicies {
    /// Its ARN.
    pub arn: String,
    /// Attached and inline.
    pub policies: Vec<Policy>,
    /// Its permissions boundary.
    pub boundary: Option<Policy>,
}

/// Reads the policies of a role; none where there is no such role.
///
/// # Errors
/// IAM did not answer.
pub async fn policies_of(host: Host, name: String) -> Result<Option<RolePolicies>, Unanswered> {
    let named = [("RoleName", name.as_str())];
    let answer = match host.ask("GetRole", &named).await {
        Ok(answer) => answer,
        Err(error) if error.code == NO_ROLE => return Ok(None),
        Err(error) => return Err(error),
    };
    let role = answer.child("Role").cloned().unwrap_or_default();
    let mut attached = Vec::new();
    host.pages("ListAttachedRolePolicies", &named, |page| {
        attached.extend(members(page, "AttachedPolicies").filter_map(|policy| text(policy, "PolicyArn")));
    })
    .await?;
    let mut inline = Vec::new();
    host.pages("ListRolePolicies", &named, |page| {
        inline.extend(members(page, "PolicyNames").map(|name| name.text.clone()));
    })
    .await?;
    let mut policies = Vec::new();
    for arn in &attached {
        policies.push(managed_policy(&host, arn).await?);
    }
    for policy in inline {
        let answer = host.ask("GetRolePolicy", &[named[0], ("PolicyName", policy.as_str())]).await?;
        let said = text(&answer, "PolicyDocument").and_then(|text| statements(&text));
        policies.push(Policy { name: policy, arn: None, statements: said });
    }
    let boundary = match role.child("PermissionsBoundary").and_then(|boundary| text(boundary, "PermissionsBoundaryArn"))
    {
        Some(arn) => Some(managed_policy(&host, &arn).await?),
        None => None,
    };
    Ok(Some(RolePolicies { arn: text(&role, "Arn").unwrap_or_default(), policies, boundary }))
}

/// An action and the policy that is in its way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InTheWay {
    /// The action.
    pub action: String,
    /// The policy.
    pub policy: String,
    /// Its statement, where that has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// What is granted and not needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Beyond {
    /// The action, or the pattern.
    pub grants: String,
    /// The policy.
    pub policy: String,
    /// How many of the needed actions a pattern takes.
    pub needed: usize,
}

/// A role beside the generated policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// Needed, and nowhere allowed.
    pub missing: Vec<String>,
    /// Needed and allowed, but only on some resources or under conditions: not everything can be read.
    pub limited: Vec<InTheWay>,
    /// Needed and denied: no statement that is added helps.
    pub denied: Vec<InTheWay>,
    /// Needed, and not allowed by the permissions boundary.
    pub outside_boundary: Vec<InTheWay>,
    /// Policies whose text could not be read; what they say is not considered.
    pub unread: Vec<String>,
    /// Allowed and not needed, by service; `*` for what is of all services.
    pub beyond: BTreeMap<String, Vec<Beyond>>,
}

impl Difference {
    /// Compares.
    #[must_use]
    pub fn of(needed: &BTreeSet<String>, role: &RolePolicies) -> Self {
        let mut found = Self::default();
        for policy in role.policies.iter().chain(&role.boundary) {
            if policy.statements.is_none() {
                found.unread.push(policy.name.clone());
            }
        }
        let all: Vec<(&Policy, &Statement)> = of_policies(role.policies.iter());
        let boundary: Vec<(&Policy, &Statement)> = of_policies(role.boundary.iter());
        for action in needed {
            match standing(action, &all) {
                Standing::Allowed => {}
                Standing::Missing => found.missing.push(action.clone()),
                Standing::Limited(way) => found.limited.push(way),
                Standing::Denied(way) => found.denied.push(way),
            }
            let Some(policy) = &role.boundary else { continue };
            let way = InTheWay { action: action.clone(), policy: policy.name.clone(), sid: None };
            match standing(action, &boundary) {
                Standing::Allowed => {}
                Standing::Missing => found.outside_boundary.push(way),
                Standing::Limited(way) => found.limited.push(way),
                Standing::Denied(way) => found.denied.push(way),
            }
        }
        for (policy, statement) in all.iter().filter(|(_, statement)| !statement.denies) {
            found.beyond_of(needed, policy, statement);
        }
        found
    }

    fn beyond_of(&mut self, needed: &BTreeSet<String>, policy: &Policy, statement: &Statement) {
        let mut put = |service: &str, grants: String, needed: usize| {
            let beyond = Beyond { grants, policy: policy.name.clone(), needed };
            let known = self.beyond.entry(service.to_ascii_lowercase()).or_default();
            if !known.contains(&beyond) {
                known.push(beyond);
            }
        };
        if !statement.not_actions.is_empty() {
            let count = needed.iter().filter(|action| statement.concerns(action)).count();
            put("*", format!("all but {}", statement.not_actions.join(", ")), count);
        }
        for pattern in &statement.actions {
            let count = needed.iter().filter(|action| matches(pattern, action)).count();
            let is_pattern = pattern.contains(['*', '?']);
            // A name without wildcards that is needed is no more than that; of a pattern it cannot be known.
            if is_pattern || count == 0 {
                let service = pattern.split_once(':').map_or("*", |(service, _)| service);
                put(service, pattern.clone(), count);
            }
        }
    }

    /// Whether the role can read all that is needed.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.missing.is_empty()
            && self.limited.is_empty()
            && self.denied.is_empty()
            && self.outside_boundary.is_empty()
            && self.unread.is_empty()
    }
}

fn of_policies<'a>(policies: impl Iterator<Item = &'a Policy>) -> Vec<(&'a Policy, &'a Statement)> {
    policies.flat_map(|policy| policy.statements.iter().flatten().map(move |statement| (policy, statement))).collect()
}

enum Standing {
    Allowed,
    Missing,
    Limited(InTheWay),
    Denied(InTheWay),
}

/// What statements say of an action. A `Deny` of some resources, or under conditions, limits it.
fn standing(action: &str, statements: &[(&Policy, &Statement)]) -> Standing {
    let concerned = || statements.iter().filter(|(_, statement)| statement.concerns(action));
    let way = |(policy, statement): &(&Policy, &Statement)| InTheWay {
        action: action.to_owned(),
        policy: policy.name.clone(),
        sid: statement.sid.clone(),
    };
    if let Some(denial) = concerned().find(|(_, statement)| statement.denies && statement.is_unlimited()) {
        return Standing::Denied(way(denial));
    }
    let allows = || concerned().filter(|(_, statement)| !statement.denies);
    let partly_denied = concerned().find(|(_, statement)| statement.denies);
    if allows().any(|(_, statement)| statement.is_unlimited()) {
        return partly_denied.map_or(Standing::Allowed, |denial| Standing::Limited(way(denial)));
    }
    allows().next().map_or(Standing::Missing, |allow| Standing::Limited(way(allow)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn policy(name: &str, statement: Value) -> Policy {
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        Policy { name: name.to_owned(), arn: None, statements: Some(Statement::of(&document)) }
    }

    fn difference(policies: Vec<Policy>, boundary: Option<Policy>) -> Difference {
        let needed = ["s3:ListAllMyBuckets", "s3:GetBucketTagging", "sqs:ListQueues"].map(str::to_owned);
        Difference::of(&needed.into(), &RolePolicies { arn: String::new(), policies, boundary })
    }

    fn actions(ways: &[InTheWay]) -> Vec<&str> {
        ways.iter().map(|way| way.action.as_str()).collect()
    }

    #[test]
    fn what_is_needed_and_no_more_is_enough() {
        let exact = json!({"Effect": "Allow", "Action": ["s3:listallmybuckets", "s3:GetBucketTagging", "sqs:ListQueues"], "Resource": "*"});
        let found = difference(vec![policy("exact", exact)], None);
        assert!(found.is_enough() && found.beyond.is_empty(), "{found:?}");
        assert_eq!(difference(Vec::new(), None).missing.len(), 3);
    }

    #[test]
    fn patterns_cover_and_are_more_than_is_needed() {
        let wide = json!([
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*", "sqs:*"], "Resource": "*"},
            {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"},
        ]);
        let found = difference(vec![policy("wide", wide)], None);
        assert!(found.is_enough());
        let of =
            |service: &str| found.beyond[service].iter().map(|b| (b.grants.as_str(), b.needed)).collect::<Vec<_>>();
        assert_eq!(of("s3"), [("s3:Get*", 1), ("s3:List*", 1)]);
        assert_eq!(of("sqs"), [("sqs:*", 1)]);
        assert_eq!(of("ec2"), [("ec2:RunInstances", 0)]);
        let all = json!({"Effect": "Allow", "NotAction": ["iam:*", "sqs:*"], "Resource": "*"});
        let found = difference(vec![policy("power", all)], None);
        assert_eq!(found.missing, ["sqs:ListQueues"]);
        assert_eq!(found.beyond["*"][0].grants, "all but iam:*, sqs:*");
    }

    #[test]
    fn denials_resources_and_conditions_are_in_the_way() {
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"});
        let found = difference(vec![policy("all", allow.clone()), policy("no", deny)], None);
        assert_eq!((actions(&found.denied), found.denied[0].sid.as_deref()), (vec!["sqs:ListQueues"], Some("No")));
        let one = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret"});
        let found = difference(vec![policy("all", allow.clone()), policy("one", one)], None);
        assert_eq!(actions(&found.limited), ["s3:GetBucketTagging", "s3:ListAllMyBuckets"]);
        let here = json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}});
        let buckets = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"});
        let found = difference(vec![policy("here", here), policy("buckets", buckets)], None);
        assert_eq!((actions(&found.limited), found.missing.len()), (vec!["sqs:ListQueues"], 0));
        // A boundary allows nothing by itself, and limits what is allowed.
        let boundary = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        let found = difference(vec![policy("all", allow)], Some(policy("boundary", boundary)));
        assert_eq!(actions(&found.outside_boundary), ["sqs:ListQueues"]);
        let unread = Policy { name: "unread".to_owned(), arn: None, statements: None };
        assert!(!difference(vec![unread], None).is_enough());
    }
}
