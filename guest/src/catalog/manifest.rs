//! The manifest: what kinds there are, what they call, and what that needs of IAM.

use std::collections::BTreeSet;

use portolan_tables::{Service, Shape};
use serde_json::{Value, json};

use super::{Action, Case, Confirm, Definition, Kind, Reach, Tier};
use crate::host::Identity;

/// The form of the manifest.
const SCHEMA: &str = "manifest/1";

/// Ids of one `read-resources` call where each is a request of its own.
const READ_SINGLY: usize = 25;

/// The calls of discovery: which accounts there are.
const DISCOVERY: &[&str] = &[
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
    "DescribeOrganizationalUnit",
    "ListParents",
    "ListAccounts",
];

/// The calls of the plan: which regions an account uses.
const PLAN: &[(&str, &str)] = &[("account", "ListRegions"), ("ec2", "DescribeRegions")];

/// The manifest of these kinds, each with the actions that run.
pub(crate) fn manifest<'a>(kinds: impl Iterator<Item = (&'a Kind, Vec<&'a Action>)>) -> String {
    let mut calls: BTreeSet<(String, &'static str)> = BTreeSet::new();
    let mut described = Vec::new();
    for operation in DISCOVERY {
        calls.insert((format!("organizations:{operation}"), Identity::Management.as_str()));
    }
    for (service, operation) in PLAN {
        calls.insert((format!("{service}:{operation}"), Identity::Account.as_str()));
    }
    for (kind, actions) in kinds {
        let own = own_calls(kind, &actions);
        calls.extend(own.iter().cloned());
        described.push(describe(kind, &actions, &own));
    }
    let manifest = json!({
        "schema": SCHEMA,
        "version": env!("CARGO_PKG_VERSION"),
        "tables": portolan_tables::SOURCE,
        "kinds": described,
        "calls": written(&calls),
    });
    manifest.to_string()
}

/// Whose role a kind's calls need.
pub(crate) fn identity(definition: &Definition) -> Identity {
    match definition.scope {
        Reach::Organization => Identity::Management,
        Reach::Region | Reach::Account => Identity::Account,
    }
}

fn own_calls(kind: &Kind, actions: &[&Action]) -> BTreeSet<(String, &'static str)> {
    let definition = &kind.definition;
    let who = identity(definition).as_str();
    let parents = definition.parents.iter().map(|parent| &parent.operation);
    let list = definition.list.iter().map(|list| &list.operation);
    let details = actions.iter().map(|action| &action.operation);
    let read = definition.read.iter().map(|read| &read.operation);
    parents
        .chain(list)
        .chain(details)
        .chain(read)
        .map(|operation| (format!("{}:{operation}", kind.service), who))
        .collect()
}

fn written(calls: &BTreeSet<(String, &'static str)>) -> Vec<Value> {
    calls
        .iter()
        .map(|(operation, identity)| {
            let action = operation.split_once(':').and_then(|(service, operation)| {
                portolan_tables::service(service)?.operation(operation)?.action.clone()
            });
            json!({"operation": operation, "action": action, "identity": identity})
        })
        .collect()
}

fn describe(kind: &Kind, actions: &[&Action], own: &BTreeSet<(String, &'static str)>) -> Value {
    let definition = &kind.definition;
    let service = portolan_tables::service(kind.service);
    let actions: Vec<Value> = actions
        .iter()
        .map(|action| {
            json!({
                "name": action.name,
                "default": !action.optional,
                "operation": format!("{}:{}", kind.service, action.operation),
                "fills": fills(definition, action, service),
            })
        })
        .collect();
    json!({
        "kind": kind.name,
        "service": kind.service,
        "scope": match definition.scope {
            Reach::Region => "region",
            Reach::Account => "account",
            Reach::Organization => "organization",
        },
        "tier": match definition.tier {
            Tier::Core => "core",
            Tier::More => "more",
            Tier::Heavy => "heavy",
        },
        "confirm": match definition.confirm {
            Confirm::Describe => "describe",
            Confirm::SecondRun => "second-run",
        },
        "batch": definition.read.as_ref().and_then(|read| read.batch).unwrap_or(READ_SINGLY),
        "calls": written(own),
        "actions": actions,
        "sensitive": definition.sensitive,
        "cloudformation": definition.cloudformation,
    })
}

/// The properties that an action fills: what the definition says, else the one it makes, else the members of the
/// answer's structure by the API's model. What the listing's identity is made of is not among them.
pub(crate) fn fills(definition: &Definition, action: &Action, service: Option<&Service>) -> Vec<String> {
    if !action.fills.is_empty() {
        return action.fills.clone();
    }
    if let Some(into) = &action.into {
        return vec![property_name(definition, into)];
    }
    let from_list = definition.list.as_ref().and_then(|list| list.wrap.as_deref());
    let members = service.and_then(|service| members_at(service, &action.operation, &action.take)).unwrap_or_default();
    members
        .iter()
        .filter(|member| Some(member.as_str()) != from_list)
        .map(|member| property_name(definition, member))
        .collect()
}

/// The member names of the structure at a path of an operation's answer; of a list, of its elements.
fn members_at(service: &Service, operation: &str, path: &str) -> Option<Vec<String>> {
    let mut shape = service.shape(service.operation(operation)?.output?);
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let Shape::Structure(structure) = shape else { return None };
        shape = service.shape(structure.member(segment)?.shape);
    }
    if let Shape::List { member } = shape {
        shape = service.shape(member.shape);
    }
    match shape {
        Shape::Structure(structure) => Some(structure.members.iter().map(|member| member.name.clone()).collect()),
        _ => None,
    }
}

/// A member's name in the output.
pub(crate) fn property_name(definition: &Definition, member: &str) -> String {
    if let Some(name) = definition.rename.get(member) {
        return name.clone();
    }
    match definition.case {
        Case::AsIs => member.to_owned(),
        Case::UpperFirst => {
            let mut letters = member.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    }
}
