//! Every definition against the API tables: an operation, member or token that AWS does not have fails here.

use std::collections::BTreeMap;

use portolan_tables::{Service, Shape, ShapeId, service};
use serde_json::{Map, Value};

use super::{Definition, Kind, load, names, property_name};
use crate::path;
use crate::template::{Scope, fill_input};
use crate::wire;

fn all() -> Vec<Kind> {
    let names: Vec<&str> = names().collect();
    let kinds = load(&names).unwrap();
    assert_eq!(kinds.len(), names.len());
    kinds
}

/// The shape at a path: through structures, lists and maps.
fn shape_at<'s>(service: &'s Service, mut shape: &'s Shape, path: &str) -> Option<&'s Shape> {
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let (name, selector) = segment.split_once('[').map_or((segment, None), |(name, rest)| (name, Some(rest)));
        shape = match shape {
            Shape::Structure(structure) => service.shape(structure.member(name)?.shape),
            Shape::Map { value, .. } => service.shape(value.shape),
            _ => return None,
        };
        if selector.is_some() {
            let Shape::List { member } = shape else { return None };
            shape = service.shape(member.shape);
        }
    }
    Some(shape)
}

fn output<'s>(service: &'s Service, operation: &str) -> &'s Shape {
    let entry = service.operation(operation).unwrap_or_else(|| panic!("{} has no {operation}", service.name));
    service.shape(entry.output.unwrap())
}

/// The shape of a list's elements; of what is no list, itself.
fn element<'s>(service: &'s Service, shape: &'s Shape) -> &'s Shape {
    match shape {
        Shape::List { member } => service.shape(member.shape),
        other => other,
    }
}

/// A template's member paths.
fn members(template: &str) -> Vec<String> {
    let inside = template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    let named = inside.filter(|inside| !inside.starts_with('$'));
    named.map(|inside| inside.split('|').next().unwrap().to_owned()).collect()
}

/// An item with every member that the templates of the definition name.
fn sample(kind: &Kind) -> Value {
    let mut item = Map::new();
    let text = serde_json::to_string(&super::EMBEDDED.iter().find(|known| known.service == kind.service).unwrap().json)
        .unwrap();
    for member in members(&text) {
        item.insert(member, Value::from("x"));
    }
    Value::Object(item)
}

/// What items are made of: the list's element and what the actions merge.
fn item_shapes<'s>(kind: &Kind, service: &'s Service) -> Vec<&'s Shape> {
    let definition = &kind.definition;
    let mut shapes = Vec::new();
    if let Some(list) = &definition.list {
        let listed = shape_at(service, output(service, &list.operation), &list.items);
        shapes.push(element(service, listed.unwrap_or_else(|| panic!("{}: no {}", kind.name, list.items))));
    }
    for action in definition.actions.iter().filter(|action| action.into.is_none()) {
        let taken = shape_at(service, output(service, &action.operation), &action.take);
        shapes.push(element(service, taken.unwrap_or_else(|| panic!("{}: no {}", action.name, action.take))));
    }
    shapes
}

fn knows(kind: &Kind, service: &Service, member: &str) -> bool {
    let definition = &kind.definition;
    let first = member.split(['.', '[']).next().unwrap();
    let wrapped = definition.list.iter().any(|list| list.wrap.as_deref() == Some(first));
    let made = definition.actions.iter().any(|action| action.into.as_deref() == Some(first))
        || definition.made.as_ref().is_some_and(|made| made.contains_key(first));
    // Of an attribute map the tables know no keys: what the definition says it fills is all there is to know.
    let attribute = definition.actions.iter().any(|action| action.fills.iter().any(|name| name == first));
    wrapped
        || made
        || attribute
        || item_shapes(kind, service)
            .iter()
            .any(|shape| matches!(shape, Shape::Structure(_)) && shape_at(service, shape, member).is_some())
}

#[test]
fn every_call_can_be_written() {
    for kind in all() {
        let table = service(kind.service).unwrap();
        let definition = &kind.definition;
        let item = sample(&kind);
        let parents = ["p".to_owned(), "p".to_owned()];
        let scope = Scope {
            partition: "aws",
            account: "1",
            account_name: "n",
            region: "r",
            id: "a|b",
            arn: "arn",
            parents: &parents,
            item: Some(&item),
            outer: None,
        };
        let parent = definition.parents.iter().map(|parent| (&parent.operation, &parent.input));
        let list = definition.list.iter().map(|list| (&list.operation, &list.input));
        let details = definition.actions.iter().map(|action| (&action.operation, &action.input));
        let read = definition.read.iter().map(|read| (&read.operation, &read.input));
        for (operation, input) in parent.chain(list).chain(details).chain(read) {
            let input = fill_input(&Value::Object(input.clone()), &scope, &["x".to_owned()]);
            let input = input.unwrap_or_else(|| panic!("{} {operation}: the input cannot be filled", kind.name));
            wire::request(table, operation, &input)
                .unwrap_or_else(|error| panic!("{} {operation}: {error}", kind.name));
        }
    }
}

#[test]
fn every_path_and_member_is_in_the_answers() {
    for kind in all().iter().filter(|kind| kind.definition.list.is_some()) {
        let table = service(kind.service).unwrap();
        let definition = &kind.definition;
        let list = definition.list.as_ref().unwrap();
        for (operation, items, wrap) in definition
            .parents
            .iter()
            .map(|parent| (&parent.operation, &parent.items, &parent.wrap))
            .chain([(&list.operation, &list.items, &list.wrap)])
        {
            let listed =
                shape_at(table, output(table, operation), items).unwrap_or_else(|| panic!("{operation}: no {items}"));
            assert!(matches!(listed, Shape::List { .. }), "{operation} {items} is no list");
            assert_eq!(matches!(element(table, listed), Shape::String), wrap.is_some(), "{operation} {items}");
        }
        let mut templates = vec![&definition.id];
        templates.extend(&definition.arn.0);
        templates.extend(&definition.name.0);
        templates.extend(&definition.region.0);
        templates.extend(&definition.generation);
        templates.extend(definition.set.values());
        for member in
            templates.into_iter().flat_map(|template| members(template)).chain(definition.rename.keys().cloned())
        {
            assert!(knows(kind, table, &member), "{} has no member {member}", kind.name);
        }
        for condition in &definition.drop {
            assert!(knows(kind, table, &condition.at), "{} has no member {}", kind.name, condition.at);
        }
        for action in &definition.actions {
            let answer = output(table, &action.operation);
            let taken =
                shape_at(table, answer, &action.take).unwrap_or_else(|| panic!("{}: no {}", action.name, action.take));
            if action.batch.is_some() {
                assert!(
                    matches!(taken, Shape::List { .. }) && action.identity.is_some(),
                    "{}: a batch is matched by identity",
                    action.name
                );
            }
            if let Some(identity) = &action.identity {
                let from = if action.batch.is_some() { element(table, taken) } else { answer };
                assert!(shape_at(table, from, &identity.at).is_some(), "{}: no {}", action.name, identity.at);
            }
            if let Some(missing) = &action.missing {
                let entry = element(table, shape_at(table, answer, &missing.items).unwrap());
                assert!(shape_at(table, entry, &missing.id).is_some() && shape_at(table, entry, &missing.at).is_some());
            }
            if let Some(known) = &action.known {
                assert!(knows(kind, table, known), "{}: no {known}", action.name);
            }
        }
        if let Some(read) = &definition.read {
            assert!(
                shape_at(table, output(table, &read.operation), read.items.trim_matches('.')).is_some(),
                "{}",
                read.items
            );
            let covered = |name: &String| definition.actions.iter().any(|action| action.name == *name);
            assert!(read.covers.iter().all(covered), "{}", kind.name);
        }
        assert_eq!(definition.read.is_some(), definition.confirm == super::Confirm::Describe, "{}", kind.name);
    }
}

/// A list call whose answer has a token, and whose pages the tables cannot follow, would end after its first page.
#[test]
fn every_listing_with_pages_follows_them() {
    for kind in all() {
        let table = service(kind.service).unwrap();
        let definition = &kind.definition;
        let lists = definition.parents.iter().map(|parent| &parent.operation);
        for operation in lists
            .chain(definition.list.iter().map(|list| &list.operation))
            .chain(definition.actions.iter().map(|action| &action.operation))
        {
            let Shape::Structure(structure) = output(table, operation) else { panic!("{operation}") };
            let token = structure.members.iter().find(|member| {
                let name = member.name.to_lowercase();
                name.contains("token") || name.ends_with("marker") || name.starts_with("lastevaluated")
            });
            let paging = table.operation(operation).unwrap().paging.as_ref();
            assert!(
                token.is_none() || paging.is_some(),
                "{operation} has {:?} and no pages",
                token.map(|member| &member.name)
            );
        }
    }
}

/// Names that tell of secrets.
fn tells(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["password", "secret", "token"].iter().any(|word| lower.contains(word))
        || ["authkey", "presharedkey", "userdata"].contains(&lower.as_str())
        || lower.starts_with("environment")
        || lower.ends_with("variables")
}

fn walk(table: &Service, shape: &Shape, path: &str, open: &mut Vec<ShapeId>, found: &mut Vec<String>) {
    match shape {
        Shape::Structure(structure) => {
            for member in &structure.members {
                let path = if path.is_empty() { member.name.clone() } else { format!("{path}.{}", member.name) };
                if tells(&member.name) {
                    found.push(path.clone());
                }
                if !open.contains(&member.shape) {
                    open.push(member.shape);
                    walk(table, table.shape(member.shape), &path, open, found);
                    open.pop();
                }
            }
        }
        Shape::List { member } => walk(table, table.shape(member.shape), path, open, found),
        Shape::Map { value, .. } => walk(table, table.shape(value.shape), path, open, found),
        _ => {}
    }
}

fn renamed(definition: &Definition, path: &str) -> String {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let first = property_name(definition, first);
    rest.map_or(first.clone(), |rest| format!("{first}.{rest}"))
}

#[test]
fn what_sounds_secret_is_declared_or_has_a_reason() {
    let mut undeclared: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for kind in all() {
        let table = service(kind.service).unwrap();
        let definition = &kind.definition;
        let mut found = Vec::new();
        for shape in item_shapes(&kind, table) {
            walk(table, shape, "", &mut Vec::new(), &mut found);
        }
        for action in &definition.actions {
            if let (Some(into), Some(shape)) =
                (&action.into, shape_at(table, output(table, &action.operation), &action.take))
            {
                walk(table, shape, into, &mut Vec::new(), &mut found);
            }
        }
        let declared: Vec<&String> = definition.sensitive.iter().chain(definition._not_sensitive.keys()).collect();
        let below = |path: &str, declared: &str| {
            path == declared || path.strip_prefix(declared).is_some_and(|rest| rest.starts_with('.'))
        };
        for path in found.iter().map(|path| renamed(definition, path)) {
            // What holds a declared path only, and no scalar of its own, is covered by it.
            if !declared.iter().any(|known| below(&path, known) || below(known, &path)) {
                undeclared.entry(kind.name).or_default().push(path);
            }
        }
        for path in &definition.sensitive {
            assert!(
                found.iter().any(|known| renamed(definition, known) == *path),
                "{}: {path} is in no answer",
                kind.name
            );
        }
    }
    assert!(undeclared.is_empty(), "{undeclared:#?}");
}

#[test]
fn the_sample_walks_are_not_empty() {
    let kinds = all();
    let function = kinds.iter().find(|kind| kind.name == "AWS::Lambda::Function").unwrap();
    let table = service("lambda").unwrap();
    let mut found = Vec::new();
    walk(table, item_shapes(function, table)[0], "", &mut Vec::new(), &mut found);
    assert!(found.contains(&"Environment.Variables".to_owned()), "{found:?}");
    assert!(path::get(&sample(function), "FunctionArn").is_some());
}
