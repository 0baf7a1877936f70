//! The manifest: what kinds there are, what they call, and what that needs of IAM.

use std::collections::BTreeSet;

use portolan_tables::{Service, Shape};
use serde_json::{Value, json};

use super::always::{DESCRIBE_TYPE, DISCOVERY, PLAN};
use super::{Action, Case, Confirm, Definition, Kind, Reach, Tier, shapes};
use crate::host::Identity;

/// The form of the manifest.
const SCHEMA: &str = "manifest/1";

/// Ids of one `read-resources` call where each is a request of its own.
const READ_SINGLY: usize = 25;

/// The manifest of these kinds, each with the actions that run.
pub(crate) fn manifest<'a>(kinds: impl Iterator<Item = (&'a Kind, Vec<&'a Action>)>) -> String {
    let mut calls: BTreeSet<(String, &'static str)> = BTreeSet::new();
    let mut described = Vec::new();
    let (service, operations) = DISCOVERY;
    for operation in operations {
        calls.insert((format!("{service}:{operation}"), Identity::Management.as_str()));
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
    let own: &str = &kind.service;
    let parents = definition.parents.iter().filter_map(|parent| parent.call());
    let parents = parents.map(|call| (call.service.as_deref().unwrap_or(own), &call.operation));
    let list = definition.list.iter().map(|list| (own, &list.operation));
    let details = actions.iter().map(|action| (kind.service_of(action), &action.operation));
    let unless = definition.default.iter().filter_map(|default| default.unless.as_ref());
    let unless = unless.map(|unless| (own, &unless.operation));
    let read = definition.read.iter().map(|read| (own, &read.operation));
    let described = kind.cloud_control.then(|| (format!("{}:{}", DESCRIBE_TYPE.0, DESCRIBE_TYPE.1), who));
    parents
        .chain(list)
        .chain(details)
        .chain(unless)
        .chain(read)
        .map(|(service, operation)| (format!("{service}:{operation}"), who))
        .chain(described)
        .collect()
}

fn written(calls: &BTreeSet<(String, &'static str)>) -> Vec<Value> {
    calls
        .iter()
        .map(|(operation, identity)| {
            json!({"operation": operation, "action": iam_action(operation), "identity": identity})
        })
        .collect()
}

/// The IAM actions of what embedded kinds, discovery and plans call, by operation: tables stay packed for them.
static ACTIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/actions.rs"));

fn iam_action(operation: &str) -> Option<String> {
    if let Ok(index) = ACTIONS.binary_search_by_key(&operation, |(operation, _)| operation) {
        return ACTIONS.get(index).map(|(_, action)| (*action).to_owned());
    }
    let (service, operation) = operation.split_once(':')?;
    portolan_tables::service(service)?.operation(operation)?.action.clone()
}

fn describe(kind: &Kind, actions: &[&Action], own: &BTreeSet<(String, &'static str)>) -> Value {
    let definition = &kind.definition;
    let actions: Vec<Value> = actions
        .iter()
        .map(|action| {
            json!({
                "name": action.name,
                "default": !action.optional,
                "operation": format!("{}:{}", kind.service_of(action), action.operation),
                "fills": fills(kind, action),
            })
        })
        .collect();
    json!({
        "kind": &*kind.name,
        "service": &*kind.service,
        "aliases": definition.aliases,
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
        "events": definition.events,
        "since": definition.since.is_some(),
        "defaults": definition.default.is_some(),
    })
}

/// The properties that an action fills: what the definition says, else the one it makes, else the members of the
/// answer's structure by the API's model. What the listing's identity is made of is not among them.
pub(crate) fn fills(kind: &Kind, action: &Action) -> Vec<String> {
    let definition = &kind.definition;
    if !action.fills.is_empty() {
        return action.fills.clone();
    }
    if let Some(into) = &action.into {
        return vec![property_name(definition, into)];
    }
    let from_list = definition.list.as_ref().and_then(|list| list.wrap.as_deref());
    let members = action.members.clone().unwrap_or_else(|| members_of(kind, action));
    members
        .into_iter()
        .filter(|member| Some(member.as_str()) != from_list)
        .map(|member| property_name(definition, &member))
        .collect()
}

/// The members of what an action takes, by the tables.
fn members_of(kind: &Kind, action: &Action) -> Vec<String> {
    let Some(service) = portolan_tables::service(kind.service_of(action)) else { return Vec::new() };
    action.take.0.iter().filter_map(|take| members_at(service, action, take)).flatten().collect()
}

/// The member names of the structure that an action takes at a path; of a batch, of its elements.
fn members_at(service: &'static Service, action: &Action, path: &str) -> Option<Vec<String>> {
    let answer = service.shape(service.operation(&action.operation)?.output?);
    let mut shape = shapes::element(service, shapes::at(service, answer, path)?);
    if let Some(pick) = &action.pick {
        shape = shapes::at(service, shape, pick)?;
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
        Case::UpperFirst => upper_first(member),
    }
}

/// The name with its first letter a capital.
pub(crate) fn upper_first(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::{ACTIONS, DISCOVERY, PLAN, iam_action, members_of};
    use crate::catalog::{load, names};

    /// The build reads definitions as JSON; this reads them as what they are.
    #[test]
    fn what_the_build_found_is_what_the_tables_say() {
        for (operation, action) in ACTIONS {
            let (service, name) = operation.split_once(':').unwrap();
            let table = portolan_tables::service(service).unwrap();
            assert_eq!(table.operation(name).unwrap().action.as_deref(), Some(*action), "{operation}");
        }
        let known = |operation: &str| ACTIONS.binary_search_by_key(&operation, |(operation, _)| operation).is_ok();
        let always = DISCOVERY.1.iter().map(|name| (DISCOVERY.0, *name)).chain(PLAN.iter().copied());
        assert!(always.into_iter().all(|(service, name)| known(&format!("{service}:{name}"))));
        let (mut merging, names) = (0, names().collect::<Vec<_>>());
        for kind in load(&names).unwrap() {
            for action in &kind.definition.actions {
                let operation = format!("{}:{}", kind.service_of(action), action.operation);
                assert!(known(&operation) || iam_action(&operation).is_none(), "{operation}");
                if let Some(members) = &action.members {
                    merging += 1;
                    assert_eq!(*members, members_of(&kind, action), "{} {}", kind.name, action.name);
                }
            }
        }
        assert!(merging > 50, "{merging}");
    }
}
