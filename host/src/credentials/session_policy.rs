//! The policy that is sent with a role assumption: AWS itself then refuses whatever it does not allow, however much the
//! role may do.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use portolan_names::RoleArn;
use serde::Serialize;
use serde_json::{Value, json};

/// Characters of a session policy, the limit of `sts:AssumeRole`. Packed, AWS limits it once more, and says how full it is.
pub const SESSION_POLICY_CHARS_MAX: usize = 2_048;

/// How narrow sessions are, the narrowest first. A group of calls goes down from one to the next where AWS refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The actions of the calls, and no other.
    Exact,
    /// Their services' lists and descriptions, what else they call by its name, and none of the denied reads.
    Packed,
    /// AWS's managed policy `ReadOnlyAccess`.
    ManagedReadOnly,
}

impl Rung {
    /// As it is written in settings and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Packed => "packed",
            Self::ManagedReadOnly => "managed-read-only",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is sent. It is part of a session's key: sessions under two policies are never one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SessionPolicy {
    /// This document. Made by [`SessionPolicy::inline`], so that it is never longer than AWS takes.
    Inline(Document),
    /// The ARN of AWS's managed `ReadOnlyAccess`, in the role's partition.
    ReadOnlyAccess,
}

/// A policy document that fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Document(Arc<str>);

impl SessionPolicy {
    /// A document, unless it is longer than AWS takes.
    #[must_use]
    pub fn inline(document: &Value) -> Option<Self> {
        let text = document.to_string();
        (text.len() <= SESSION_POLICY_CHARS_MAX).then(|| Self::Inline(Document(text.into())))
    }

    /// The document's text; none where a managed policy is named instead.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        match self {
            Self::Inline(Document(text)) => Some(text),
            Self::ReadOnlyAccess => None,
        }
    }

    /// The managed policy's ARN; none where a document is sent.
    #[must_use]
    pub fn managed_arn(&self, partition: &str) -> Option<String> {
        match self {
            Self::Inline(_) => None,
            Self::ReadOnlyAccess => Some(format!("arn:{partition}:iam::aws:policy/ReadOnlyAccess")),
        }
    }

    /// For a session that is asked for nothing but who it is, which AWS tells everybody.
    pub(super) fn of_nothing() -> Self {
        Self::short(&["sts:GetCallerIdentity"], &json!("*"))
    }

    /// For the hub: it assumes these roles, and does nothing else. Where their names do not fit, any role of theirs in
    /// any account, and at last any role.
    pub(super) fn of_hub(roles: &BTreeSet<String>, partition: &str, actions: &[&str]) -> Self {
        let everywhere: BTreeSet<String> = roles.iter().map(|role| in_any_account(role)).collect();
        let of = |resources: &Value| Self::inline(&allowing(actions, resources));
        of(&json!(roles))
            .or_else(|| of(&json!(everywhere)))
            .unwrap_or_else(|| Self::short(actions, &json!(format!("arn:{partition}:iam::*:role/*"))))
    }

    /// A document that is far from the limit.
    fn short(actions: &[&str], resources: &Value) -> Self {
        Self::Inline(Document(allowing(actions, resources).to_string().into()))
    }
}

/// A policy document of these statements.
#[must_use]
pub fn policy_document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The document that allows these actions on these resources.
#[must_use]
pub fn allowing<T: Serialize>(actions: &[T], resources: &Value) -> Value {
    policy_document(&[json!({ "Effect": "Allow", "Action": actions, "Resource": resources })])
}

/// The same role in whichever account.
pub(crate) fn in_any_account(role: &str) -> String {
    match RoleArn::parse(role) {
        Ok(arn) => format!("arn:{}:iam::*:role/{}", arn.partition(), arn.path_and_name()),
        Err(_) => role.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(policy: &SessionPolicy) -> Vec<String> {
        let document: Value = serde_json::from_str(policy.document().unwrap()).unwrap();
        assert!(policy.document().unwrap().len() <= SESSION_POLICY_CHARS_MAX);
        match &document["Statement"][0]["Resource"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(several) => several.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_hub_assumes_its_roles_as_exactly_as_fits() {
        let of = |roles: Vec<String>| {
            resources(&SessionPolicy::of_hub(&roles.into_iter().collect(), "aws", &["sts:AssumeRole"]))
        };
        let two = ["arn:aws:iam::*:role/ops/Read", "arn:aws:iam::111111111111:role/List"].map(str::to_owned).to_vec();
        assert_eq!(of(two.clone()).len(), 2);
        // A list of a hundred accounts with the same name becomes one pattern.
        assert_eq!(
            of((0..100).map(|n| format!("arn:aws:iam::{n:012}:role/ops/Read")).collect()),
            ["arn:aws:iam::*:role/ops/Read"]
        );
        assert_eq!(
            of((0..100).map(|n| format!("arn:aws:iam::{n:012}:role/ops/Read{n}")).collect()),
            ["arn:aws:iam::*:role/*"]
        );
    }

    #[test]
    fn what_aws_would_not_take_is_no_session_policy() {
        let actions: Vec<String> = (0..200).map(|n| format!("ec2:Describe{n}")).collect();
        assert_eq!(SessionPolicy::inline(&allowing(&actions, &json!("*"))), None);
        assert!(SessionPolicy::inline(&allowing(&actions[..50], &json!("*"))).is_some());
        assert_eq!(
            SessionPolicy::ReadOnlyAccess.managed_arn("aws-cn").as_deref(),
            Some("arn:aws-cn:iam::aws:policy/ReadOnlyAccess")
        );
    }
}
