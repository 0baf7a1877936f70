//! Every definition against the API tables: an operation, member or token that AWS does not have fails here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Definition, Kind, check, load, names};

fn all() -> Vec<Kind> {
    let names: Vec<&str> = names().collect();
    let kinds = load(&names).unwrap();
    assert_eq!(kinds.len(), names.len());
    kinds
}

#[test]
fn the_tables_have_all_that_the_definitions_name() {
    let mut wrong = Vec::new();
    for kind in all() {
        wrong.extend(
            check(&kind).into_iter().map(|finding| format!("{}{}: {}", kind.name, finding.at, finding.message)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How many kinds there must at least be that no other kind's listing gives.
const LISTINGS_MIN: usize = 133;

#[test]
fn kinds_are_told_apart_by_what_lists_them() {
    let listings: BTreeSet<_> = all()
        .iter()
        .filter_map(|kind| {
            let parents = kind.definition.parents.iter().filter_map(|parent| Some(parent.call()?.operation.clone()));
            let list = kind.definition.list.as_ref()?;
            Some((kind.service.to_string(), list.operation.clone(), parents.collect::<Vec<_>>()))
        })
        .collect();
    assert!(listings.len() >= LISTINGS_MIN, "only {} distinct listings", listings.len());
}

/// The definition of a kind, as it stands in the catalogue.
fn written(name: &str) -> (String, Value) {
    let service = super::EMBEDDED.iter().find(|service| service.kinds.iter().any(|(kind, _)| *kind == name)).unwrap();
    let kinds: Value = serde_json::from_str(service.json).unwrap();
    (service.service.to_owned(), kinds[name].clone())
}

/// What is found after a change at this place: the same place, or another that is named.
#[track_caller]
fn finds(name: &str, at: &str, value: Value, found_at: &str, instead: Option<&str>) {
    let (service, mut definition) = written(name);
    let (parent, key) = at.rsplit_once('/').unwrap();
    match definition.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
    let definition: Definition = serde_json::from_value(definition).unwrap();
    let findings = check(&Kind::new(name, &service, definition));
    let found = findings.iter().find(|finding| finding.at == found_at);
    let found = found.unwrap_or_else(|| panic!("{at} is not found at {found_at}: {findings:?}"));
    assert_eq!(found.instead.as_deref(), instead, "{found:?}");
}

const SERVICE: &str = "AWS::ECS::Service";
const QUEUE: &str = "AWS::SQS::Queue";
const ACCOUNT: &str = "AWS::Organizations::Account";

#[test]
fn what_is_wrong_with_a_call() {
    finds(SERVICE, "/list/operation", json!("ListService"), "/list/operation", Some("ListServices"));
    finds(SERVICE, "/list/input/clutser", json!("x"), "/list/input/clutser", Some("cluster"));
    finds(SERVICE, "/list/input/maxResults", json!("{$parent.0}!"), "/list/input", None);
    finds(SERVICE, "/list/input/cluster", json!("{$parent.1}"), "", None);
    finds(SERVICE, "/parents/0/service", json!("ec"), "/parents/0/service", Some("ecs"));
    finds(SERVICE, "/parents/0/operation", json!("ListBuckets"), "/parents/0/operation", Some("ListClusters"));
    finds(SERVICE, "/parents/0/input/cluster", json!("{$parent.0}"), "/parents/0/input", None);
    finds(SERVICE, "/list/gone", json!(["AccessDeniedException"]), "/list/gone", None);
    finds(SERVICE, "/list/none", json!(["ThrottlingException"]), "/list/none", None);
    finds(SERVICE, "/read/covers", json!(["DescribeServiceAction"]), "/read/covers", Some("DescribeServicesAction"));
    finds(SERVICE, "/read/parents", json!([]), "/read/parents", None);
    finds(QUEUE, "/confirm", json!("second-run"), "/confirm", None);
}

#[test]
fn what_is_wrong_with_paths() {
    finds(SERVICE, "/list/items", json!("serviceArn"), "/list/items", Some("serviceArns"));
    finds(SERVICE, "/list/items", json!(["serviceArns", "missing"]), "/list/items", None);
    finds(SERVICE, "/list/items", json!("nextToken"), "/list/items", None);
    finds(SERVICE, "/list/one", json!(true), "/list/items", None);
    finds(ACCOUNT, "/list/as", json!("Id"), "/list/items", None);
    finds(SERVICE, "/actions/0/take", json!("service"), "/actions/0/take", Some("services"));
    finds(SERVICE, "/actions/0/identity/at", json!(["arn", "name"]), "/actions/0/identity/at", None);
    finds(SERVICE, "/actions/0/pick", json!("statuss"), "/actions/0/pick", Some("status"));
    finds(SERVICE, "/actions/0/pick", json!("status"), "/actions/0/take", None);
    finds(SERVICE, "/actions/0/gather", json!(true), "/actions/0", None);
    finds(SERVICE, "/actions/0/missing/at", json!("reasons"), "/actions/0/missing/at", Some("reason"));
    finds(QUEUE, "/actions/0/left_out", json!(null), "/actions/0", None);
    finds(QUEUE, "/actions/0/service", json!("sns"), "/actions/0/operation", Some("GetTopicAttributes"));
}

#[test]
fn what_is_wrong_with_names() {
    finds(SERVICE, "/id", json!("{serviceArm}"), "/id", None);
    finds(SERVICE, "/id", json!("{createdAt}"), "/id", None);
    finds(SERVICE, "/id", json!("{serviceArn}|{$outer.x}"), "/id", None);
    finds(SERVICE, "/id", json!("{serviceArn}|{$index}"), "/id", None);
    finds(SERVICE, "/name", json!(["{serviceArn|account}", "{$sinc}"]), "/name", None);
    finds(SERVICE, "/arn", json!("{$since}"), "/arn", None);
    finds(SERVICE, "/set", json!({"A": "{$answer.nothing}"}), "/set/A", None);
    finds(SERVICE, "/rename", json!({"Nothing": "N"}), "/rename/Nothing", None);
    finds(SERVICE, "/drop/0", json!({"at": "statuss", "in": ["x"]}), "/drop/0/at", None);
    finds(SERVICE, "/keep", json!([{"at": "statuss", "absent": true}]), "/keep/0/at", None);
    finds(ACCOUNT, "/keep", json!([{"at": "Tags", "absent": false}]), "/keep/0/at", None);
    finds(SERVICE, "/actions/0/when", json!([{"at": "status", "in": ["x"]}]), "/actions/0/when/0/at", None);
    finds(SERVICE, "/since", json!({"at": "createdOn"}), "/since/at", None);
    finds(ACCOUNT, "/since", json!({"at": "Parents"}), "/since/at", None);
    finds(
        ACCOUNT,
        "/since",
        json!({"at": "JoinedTimestamp", "input": {"From": "{$since}"}}),
        "/since/input/From",
        None,
    );
    let default = json!({"when": [{"at": "status", "in": ["x"]}], "unless": {"operation": "ListServices", "input": {"cluster": "{serviceArm}"}, "items": "serviceArm"}});
    finds(SERVICE, "/default", default.clone(), "/default/unless/items", Some("serviceArns"));
    finds(SERVICE, "/default", default, "/default/unless/input", None);
    finds(ACCOUNT, "/list/recurse", json!(true), "/list/recurse", None);
    finds(ACCOUNT, "/list/recurse", json!(true), "/list/input", None);
}

#[test]
fn secrets_are_declared() {
    const FUNCTION: &str = "AWS::Lambda::Function";
    finds(FUNCTION, "/sensitive", json!([]), "/sensitive", None);
    finds(FUNCTION, "/sensitive", json!(["Environment.Variables", "Nowhere"]), "/sensitive", None);
    finds(FUNCTION, "/sensitive", json!(["Environment.Variables.X", "Environment.Variable"]), "/sensitive", None);
}
