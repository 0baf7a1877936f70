//! Whether an operation is a read that inventory may make: by name, by access level, by review.

use portolan_tables::{Access, Denied, DeniedRule, Operation};

use crate::refusal::{Fault, Rule};

/// What the name of a read begins with.
const VERBS: &[&str] = &["List", "Describe", "Get", "BatchGet"];

/// Reads without such a name that were looked at one by one: (service, operation).
///
/// Of the operations that AWS calls List or Read, 202 have no read verb, and some of those write, so
/// nothing enters here without its reason.
const REVIEWED: &[(&str, &str)] = &[
    // Searches the event history, changes nothing. Its events hold request parameters, so it needs the
    // operator's grant as well.
    ("cloudtrail", "LookupEvents"),
];

/// Whether the name is that of a read.
pub(crate) fn has_read_verb(service: &str, operation: &str) -> bool {
    let begins = |verb: &&str| {
        operation
            .strip_prefix(*verb)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()))
    };
    VERBS.iter().any(begins) || REVIEWED.contains(&(service, operation))
}

/// The name, the access level and the action; the review is [`reviewed`]'s.
pub(crate) fn check<'s>(service: &str, name: &str, operation: &'s Operation) -> Result<&'s str, Fault> {
    if !has_read_verb(service, name) {
        let message =
            "its name begins with none of List, Describe, Get, BatchGet, and it is not among the reviewed reads";
        return Err(Fault::new(Rule::Verb, message));
    }
    let Some(action) = operation.action.as_deref() else {
        return Err(Fault::new(Rule::Access, "the service authorization data knows no action for it"));
    };
    match operation.access {
        Some(Access::List | Access::Read) => Ok(action),
        Some(other) => {
            Err(Fault::new(Rule::Access, format!("its action {action} is {}, not List or Read", access(other))))
        }
        None => Err(Fault::new(Rule::Access, format!("the service authorization data gives {action} no access level"))),
    }
}

fn access(access: Access) -> &'static str {
    match access {
        Access::List => "List",
        Access::Read => "Read",
        Access::Write => "Write",
        Access::Tagging => "Tagging",
        Access::Permissions => "Permissions management",
    }
}

/// What the reviewed list says about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review<'s> {
    /// Nothing: inventory.
    Inventory,
    /// Only where the operator's grant names the action.
    NeedsGrant(&'s str),
    /// Only with the parameters, or without the values in the answer, that its row demands. The text is that demand.
    Constrained(&'s str),
    /// Never.
    Never(&'s str),
}

/// The row of the reviewed list, if there is one. The text is its class, for messages, where nothing else is said.
pub(crate) fn review(operation: &Operation) -> Review<'_> {
    match &operation.denied {
        None => Review::Inventory,
        Some(Denied { class, rule: DeniedRule::Grant, .. }) => Review::NeedsGrant(class),
        Some(Denied { constraint, rule: DeniedRule::Constrain, .. }) => {
            Review::Constrained(constraint.as_deref().unwrap_or_default())
        }
        Some(Denied { class, rule: DeniedRule::Never, .. }) => Review::Never(class),
    }
}

#[cfg(test)]
mod tests {
    use super::has_read_verb;

    #[test]
    fn a_read_verb_is_a_whole_word() {
        for name in ["ListQueues", "DescribeInstances", "GetBucketTagging", "BatchGetProjects"] {
            assert!(has_read_verb("x", name), "{name}");
        }
        for name in [
            "DeleteQueue",
            "ReceiveMessage",
            "SetTokenVaultCMK",
            "DeliverConfigSnapshot",
            "Listen",
            "Gettysburg",
            "Get",
            "List",
            "listQueues",
            "BatchDeleteImage",
            "HeadBucket",
            "AssumeRole",
            "",
            "ReListQueues",
        ] {
            assert!(!has_read_verb("x", name), "{name}");
        }
    }
}
