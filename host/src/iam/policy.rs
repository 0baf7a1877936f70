//! The least-privilege policy of what a run calls: one statement for each service, cut into as many managed policies as IAM's
//! limit asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::manifest::{CallNeed, Manifest};

/// Characters of a managed policy, white space not counted.
pub(super) const POLICY_CHARS_MAX: usize = 6_144;
/// Managed policies that a role takes unless its quota was raised.
pub const POLICIES_PER_ROLE: usize = 10;

/// Whose policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The role in every account.
    Member,
    /// The role that lists the organization.
    List,
}

impl Role {
    /// Whose policy must allow a call.
    #[must_use]
    pub fn of(call: &CallNeed) -> Option<Self> {
        match call.identity.as_str() {
            "account" => Some(Self::Member),
            "management" => Some(Self::List),
            _ => None,
        }
    }
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The policy documents, a JSON list of them where one does not hold all.
    Json,
    /// A template of managed policies.
    Cloudformation,
    /// The same as HCL.
    Terraform,
}

/// The policies of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    documents: Vec<Value>,
}

impl Policies {
    /// What the kinds of a manifest need.
    #[must_use]
    pub fn of(manifest: &Manifest, role: Role) -> Self {
        let calls = manifest.calls.iter().filter(|call| Role::of(call) == Some(role));
        Self::of_actions(calls.map(|call| call.action.as_str()))
    }

    /// These actions and no others.
    #[must_use]
    pub fn of_actions<'a>(actions: impl Iterator<Item = &'a str>) -> Self {
        Self { documents: documents(actions.collect()) }
    }

    /// All actions that they grant.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<String> {
        let actions = self.statements().filter_map(|statement| statement.get("Action")?.as_array()).flatten();
        actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
    }

    /// The documents, in order of their numbers.
    #[must_use]
    pub fn documents(&self) -> &[Value] {
        &self.documents
    }

    /// The statements of all documents.
    pub fn statements(&self) -> impl Iterator<Item = &Value> {
        self.documents.iter().flat_map(|document| document["Statement"].as_array().into_iter().flatten())
    }

    /// As text; `name` is what managed policies are called, numbered where there are several.
    #[must_use]
    pub fn text(&self, format: Format, name: &str) -> String {
        match (format, self.documents.as_slice()) {
            (Format::Json, [one]) => pretty(one),
            (Format::Json, several) => pretty(&json!(several)),
            (Format::Cloudformation, _) => pretty(&self.template(name)),
            (Format::Terraform, _) => self.terraform(name),
        }
    }

    fn named(&self, name: &str) -> Vec<(String, &Value)> {
        let several = self.documents.len() > 1;
        let named = |(number, document)| match several {
            true => (format!("{name}-{number}"), document),
            false => (name.to_owned(), document),
        };
        (1..).zip(&self.documents).map(named).collect()
    }

    fn template(&self, name: &str) -> Value {
        let resources: serde_json::Map<String, Value> = (1..)
            .zip(self.named(name))
            .map(|(number, (name, document))| {
                let properties = json!({
                    "ManagedPolicyName": name,
                    "Description": "What Portolan reads, and nothing else",
                    "PolicyDocument": document,
                });
                let resource = json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties});
                (format!("PortolanRead{number}"), resource)
            })
            .collect();
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "Managed policies for Portolan's read role",
            "Resources": resources,
        })
    }

    fn terraform(&self, name: &str) -> String {
        let mut text = String::new();
        for (number, (name, document)) in (1..).zip(self.named(name)) {
            let _ = writeln!(text, "resource \"aws_iam_policy\" \"portolan_read_{number}\" {{");
            let _ = writeln!(text, "  name        = {}", json!(name));
            let _ = writeln!(text, "  description = \"What Portolan reads, and nothing else\"");
            let _ = writeln!(text, "  policy      = jsonencode({})", indented(document));
            text.push_str("}\n\n");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// JSON is HCL's own form of an object, but for template sequences, which no action has.
fn indented(document: &Value) -> String {
    pretty(document).trim_end().replace('\n', "\n  ")
}

fn pretty(value: &Value) -> String {
    // Of a value that is JSON already this cannot fail.
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}

/// Documents of whole services each, filled one after the other; a service that does not fit into one alone is cut.
fn documents(actions: BTreeSet<&str>) -> Vec<Value> {
    let mut by_service: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for action in actions {
        let service = action.split(':').next().unwrap_or_default();
        by_service.entry(service).or_default().push(action);
    }
    let mut documents: Vec<Vec<Value>> = vec![Vec::new()];
    for (service, actions) in by_service {
        for statement in statements(service, &actions) {
            let Some(last) = documents.last_mut() else { continue };
            last.push(statement);
            if characters(last) > POLICY_CHARS_MAX
                && last.len() > 1
                && let Some(statement) = last.pop()
            {
                documents.push(vec![statement]);
            }
        }
    }
    documents.retain(|statements| !statements.is_empty());
    documents.iter().map(|statements| document(statements)).collect()
}

/// One statement, or as many as have room in a document each.
fn statements(service: &str, actions: &[&str]) -> Vec<Value> {
    let sid: String = service.split('-').map(capitalized).collect();
    let statement =
        |sid: &str, actions: &[&str]| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let whole = statement(&sid, actions);
    if characters(std::slice::from_ref(&whole)) <= POLICY_CHARS_MAX {
        return vec![whole];
    }
    let (first, second) = actions.split_at(actions.len() / 2);
    [first, second].into_iter().zip(["A", "B"]).map(|(part, end)| statement(&format!("{sid}{end}"), part)).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

pub(super) fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// As IAM counts them: without white space.
pub(super) fn characters(statements: &[Value]) -> usize {
    document(statements).to_string().len()
}
