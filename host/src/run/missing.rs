//! What the roles' policies lack, by what AWS denied: the statements that mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::iam::{Policies, Role};
use crate::manifest::Manifest;

/// Accounts of one statement that the report names; their number is whole.
const ACCOUNTS_NAMED_MAX: usize = 50;
/// Characters of a statement that the summary shows; longer ones are referred to by their name.
const STATEMENT_CHARS_MAX: usize = 600;

/// A statement of the policy that `portolan iam policy` prints, of which AWS denied something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissingStatement {
    /// Whose policy lacks it.
    pub role: Role,
    /// The statement, whole: behind a denied listing stand calls that were not made.
    pub statement: Value,
    /// Of its actions, those that were denied.
    pub denied: Vec<String>,
    /// In which accounts, the first of them; of the listing role, none is named.
    pub accounts: Vec<String>,
    /// In how many.
    pub accounts_total: usize,
}

/// Finds the statements, by operation and the accounts in which the role's own policies denied it.
pub(crate) fn missing(manifest: &Manifest, denied: &BTreeMap<String, BTreeSet<String>>) -> Vec<MissingStatement> {
    if denied.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for role in [Role::Member, Role::List] {
        let of_role: Vec<(&str, &BTreeSet<String>)> = manifest
            .calls
            .iter()
            .filter(|call| Role::of(call) == Some(role))
            .filter_map(|call| Some((call.action.as_str(), denied.get(&call.operation)?)))
            .collect();
        for statement in Policies::of(manifest, role).statements() {
            let granted: BTreeSet<&str> =
                statement["Action"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let lacking = of_role.iter().filter(|(action, _)| granted.contains(action));
            let actions: BTreeSet<&str> = lacking.clone().map(|(action, _)| *action).collect();
            let accounts: BTreeSet<&String> = lacking.flat_map(|(_, accounts)| *accounts).collect();
            if !actions.is_empty() {
                found.push(MissingStatement {
                    role,
                    statement: statement.clone(),
                    denied: actions.into_iter().map(str::to_owned).collect(),
                    accounts: accounts.iter().take(ACCOUNTS_NAMED_MAX).map(|id| (*id).clone()).collect(),
                    accounts_total: accounts.len(),
                });
            }
        }
    }
    found
}

/// For people: which statement, where.
pub(super) fn text(missing: &[MissingStatement]) -> String {
    let mut text = String::new();
    if missing.is_empty() {
        return text;
    }
    text.push_str("\nMissing in the roles' policies (`portolan iam policy` prints them whole):\n");
    for one in missing {
        let whose = match one.accounts.as_slice() {
            _ if one.role == Role::List => "the listing role".to_owned(),
            [account] => format!("the role of account {account}"),
            several => {
                let first = several.first().map_or("", String::as_str);
                format!("the role of {} accounts ({first}, …)", one.accounts_total)
            }
        };
        let _ = writeln!(text, "  {whose}: {} denied", one.denied.join(", "));
        let statement = one.statement.to_string();
        let _ = if statement.len() <= STATEMENT_CHARS_MAX {
            writeln!(text, "      → add {statement}")
        } else {
            writeln!(
                text,
                "      → add the statement {} of it",
                one.statement.get("Sid").and_then(Value::as_str).unwrap_or_default()
            )
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::{Role, missing, text};
    use crate::manifest::Manifest;

    #[test]
    fn a_denied_action_gives_the_statement_that_holds_it() {
        let call = |operation: &str, action: &str, identity: &str| json!({ "operation": operation, "action": action, "identity": identity });
        let manifest = json!({
            "schema": "manifest/1", "version": "0", "tables": "", "kinds": [],
            "calls": [
                call("s3:ListBuckets", "s3:ListAllMyBuckets", "account"),
                call("sqs:GetQueueAttributes", "sqs:GetQueueAttributes", "account"),
                call("sqs:ListQueues", "sqs:ListQueues", "account"),
                call("organizations:ListAccounts", "organizations:ListAccounts", "management"),
            ],
        });
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let denied = |operations: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
            let accounts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            operations.iter().map(|(operation, ids)| ((*operation).to_owned(), accounts(ids))).collect()
        };
        assert!(missing(&manifest, &denied(&[("ec2:DescribeInstances", &["1"])])).is_empty());
        let found = missing(
            &manifest,
            &denied(&[
                ("sqs:ListQueues", &["1", "2"]),
                ("s3:ListBuckets", &["2"]),
                ("organizations:ListAccounts", &[]),
            ]),
        );
        let told: Vec<_> = found.iter().map(|one| (one.role, one.denied.join(" "), one.accounts_total)).collect();
        assert_eq!(
            told,
            [
                (Role::Member, "s3:ListAllMyBuckets".to_owned(), 1),
                (Role::Member, "sqs:ListQueues".to_owned(), 2),
                (Role::List, "organizations:ListAccounts".to_owned(), 0)
            ]
        );
        assert_eq!(found[1].statement["Action"], json!(["sqs:GetQueueAttributes", "sqs:ListQueues"]));
        let said = text(&found);
        assert!(said.contains("the role of 2 accounts (1, …): sqs:ListQueues denied\n      → add {"), "{said}");
        assert!(said.contains("  the listing role: organizations:ListAccounts denied\n"), "{said}");
    }
}
