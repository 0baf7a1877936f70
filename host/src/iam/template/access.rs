//! What a read role may do: AWS's ReadOnlyAccess without what is no inventory, or what a run calls and nothing else.

use std::collections::BTreeSet;

use portolan_tables::{DeniedRule, denied_reads};
use serde_json::{Value, json};

use super::model::{Attached, Form, Parameter, Resource, Test, What};
use super::text::Text;
use crate::iam::policy::{POLICY_CHARS_MAX, Policies, characters, document};

/// The condition under which an account's role lists the organization.
pub const LISTS_HERE: &str = "ListsHere";
/// The parameter that says which account's does.
pub const LISTING_ACCOUNT: &str = "ListingAccountId";

/// What a read role may do.
#[derive(Debug, Clone)]
pub enum Access {
    /// ReadOnlyAccess beside a Deny of the denied reads, those left out that were granted.
    ReadOnly {
        /// Actions of `denied-reads.tsv` with the rule `grant` that are not denied.
        granted: BTreeSet<String>,
    },
    /// The least-privilege policies: of every account, and of the one that lists the organization.
    Least {
        /// In every account.
        member: Policies,
        /// Where the organization is listed.
        list: Policies,
    },
}

/// The policies of a template, and what a role needs to have them.
#[derive(Debug, Default)]
pub struct Granted {
    /// They say who lists the organization.
    pub parameters: Vec<Parameter>,
    /// Likewise.
    pub conditions: Vec<(String, Test)>,
    /// Managed policies.
    pub resources: Vec<Resource>,
    /// What a role attaches.
    pub attached: Vec<Attached>,
}

impl Access {
    /// As resources of a template.
    #[must_use]
    pub fn granted(&self) -> Granted {
        match self {
            Self::ReadOnly { granted } => {
                let mut made = Granted {
                    attached: vec![Attached::Arn("arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess".into())],
                    ..Granted::default()
                };
                let about = "Reads that are no inventory: credentials, contents, code, personal data";
                made.add("DenyReads", about, denials(granted), None);
                made
            }
            Self::Least { member, list } => {
                let mut made = Granted::default();
                made.add("Read", "What Portolan reads, and nothing else", member.documents().to_vec(), None);
                if !list.documents().is_empty() {
                    made.parameters.push(Parameter {
                        name: LISTING_ACCOUNT.to_owned(),
                        description: "Account whose role lists the organization; empty: the one of this stack"
                            .to_owned(),
                        form: Form::AccountOrNone,
                        default: Some(String::new()),
                    });
                    made.conditions.push((LISTS_HERE.to_owned(), here(LISTING_ACCOUNT)));
                    let about = "How Portolan lists the organization";
                    made.add("List", about, list.documents().to_vec(), Some(LISTS_HERE));
                }
                made
            }
        }
    }
}

/// A parameter for an account is empty or says this one.
pub fn here(parameter: &str) -> Test {
    let given = || Text::of(parameter);
    Test::Any(vec![Test::Equals(given(), "".into()), Test::Equals(given(), Text::of("AWS::AccountId"))])
}

impl Granted {
    fn add(&mut self, name: &str, description: &str, documents: Vec<Value>, when: Option<&str>) {
        for (number, document) in (1..).zip(documents) {
            let id = format!("{name}Policy{number}");
            let when = when.map(str::to_owned);
            self.attached.push(Attached::Own(id.clone(), when.clone()));
            let what = What::Policy { description: description.to_owned(), document };
            self.resources.push(Resource { id, when, after: Vec::new(), what });
        }
    }
}

/// The reads that may be granted.
pub fn grantable() -> impl Iterator<Item = &'static str> {
    denied_reads().filter(|row| row.rule == DeniedRule::Grant).map(|row| row.action)
}

/// The denied reads as documents of Deny statements, one for each class, cut where IAM's limit asks for it.
fn denials(granted: &BTreeSet<String>) -> Vec<Value> {
    let denied = |rule| matches!(rule, DeniedRule::Never | DeniedRule::Grant);
    let mut rows: Vec<(&str, &str)> = denied_reads()
        .filter(|row| denied(row.rule) && !(row.rule == DeniedRule::Grant && granted.contains(row.action)))
        .map(|row| (row.class, row.action))
        .collect();
    rows.sort_unstable();
    let mut documents: Vec<Vec<(&str, Vec<&str>)>> = vec![Vec::new()];
    for (class, action) in rows {
        let Some(last) = documents.last_mut() else { continue };
        match last.last_mut() {
            Some((known, actions)) if *known == class => actions.push(action),
            _ => last.push((class, vec![action])),
        }
        if characters(&statements(last)) > POLICY_CHARS_MAX {
            if let Some((_, actions)) = last.last_mut() {
                actions.pop();
            }
            last.retain(|(_, actions)| !actions.is_empty());
            documents.push(vec![(class, vec![action])]);
        }
    }
    documents.iter().map(|groups| document(&statements(groups))).collect()
}

fn statements(groups: &[(&str, Vec<&str>)]) -> Vec<Value> {
    let statement = |(class, actions): &(&str, Vec<&str>)| {
        let words = class.split_ascii_whitespace().map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        });
        let sid: String = std::iter::once("Deny".to_owned()).chain(words).collect();
        json!({"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*"})
    };
    groups.iter().map(statement).collect()
}

#[cfg(test)]
mod tests {
    use super::{Access, POLICY_CHARS_MAX, What, grantable};
    use std::collections::BTreeSet;

    fn denied(granted: BTreeSet<String>) -> Vec<String> {
        let made = Access::ReadOnly { granted }.granted();
        let documents = made.resources.into_iter().map(|resource| match resource.what {
            What::Policy { document, .. } => document,
            other => panic!("{other:?}"),
        });
        documents
            .flat_map(|document| {
                assert!(document.to_string().len() <= POLICY_CHARS_MAX);
                document["Statement"].as_array().unwrap().clone()
            })
            .flat_map(|statement| {
                assert_eq!(statement["Effect"], "Deny");
                statement["Action"].as_array().unwrap().clone()
            })
            .map(|action| action.as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn every_denied_read_is_denied_once_but_for_what_was_granted() {
        use portolan_tables::{DeniedRule, denied_reads};
        let wanted: BTreeSet<String> =
            denied_reads().filter(|row| row.rule != DeniedRule::Constrain).map(|row| row.action.to_owned()).collect();
        let all = denied(BTreeSet::new());
        assert_eq!(all.len(), wanted.len());
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), wanted);
        let one = grantable().next().unwrap().to_owned();
        let less: BTreeSet<String> = denied([one.clone(), "s3:GetObject".to_owned()].into()).into_iter().collect();
        assert!(less.contains("s3:GetObject"), "what is never granted stays denied");
        assert_eq!(wanted.difference(&less).collect::<Vec<_>>(), [&one]);
    }
}
