//! What the API tables say about the definitions, found once here: in the component each table would have to be unpacked for it,
//! in every instance. A test holds it against the tables.

use std::collections::BTreeMap;

use portolan_tables::{Service, Shape};
use serde_json::{Value, json};

#[allow(dead_code, reason = "the component's own file; of its paths this needs two functions")]
#[path = "../src/catalog/shapes.rs"]
mod shapes;

/// Operation, as `service:Operation`, to the IAM action that it needs.
pub type IamActions = BTreeMap<String, String>;

/// Adds the operations that a definition calls: whatever says `operation`, of the service beside it or of its own.
pub fn add_actions(service: &str, value: &Value, found: &mut IamActions) {
    match value {
        Value::Object(members) => {
            if let Some(operation) = members.get("operation").and_then(Value::as_str) {
                let service = members.get("service").and_then(Value::as_str).unwrap_or(service);
                add(service, operation, found);
            }
            members.values().for_each(|below| add_actions(service, below, found));
        }
        Value::Array(items) => items.iter().for_each(|below| add_actions(service, below, found)),
        _ => {}
    }
}

/// Adds one operation.
pub fn add(service: &str, operation: &str, found: &mut IamActions) {
    let action = portolan_tables::service(service)
        .and_then(|table| table.operation(operation))
        .and_then(|operation| operation.action.clone());
    if let Some(action) = action {
        found.insert(format!("{service}:{operation}"), action);
    }
}

/// Writes into each action that merges its answer's members which members these are.
///
/// # Errors
/// A file says it itself.
pub fn fill_in(service: &str, definition: &mut Value) -> Result<(), String> {
    let Some(actions) = definition["actions"].as_array().cloned() else { return Ok(()) };
    for (index, action) in actions.iter().enumerate() {
        if !action["members"].is_null() {
            return Err(format!("{}: `members` is the build's to write", action["name"]));
        }
        if action["into"].is_string() || action["fills"].as_array().is_some_and(|fills| !fills.is_empty()) {
            continue;
        }
        if let Some(members) = members(action["service"].as_str().unwrap_or(service), action) {
            definition["actions"][index]["members"] = json!(members);
        }
    }
    Ok(())
}

fn members(service: &str, action: &Value) -> Option<Vec<String>> {
    let service = portolan_tables::service(service)?;
    let paths: Vec<&str> = match &action["take"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    Some(paths.into_iter().filter_map(|path| members_at(service, action, path)).flatten().collect())
}

fn members_at(service: &'static Service, action: &Value, path: &str) -> Option<Vec<String>> {
    let answer = service.shape(service.operation(action["operation"].as_str()?)?.output?);
    let mut shape = shapes::element(service, shapes::at(service, answer, path)?);
    if let Some(pick) = action["pick"].as_str() {
        shape = shapes::at(service, shape, pick)?;
    }
    match shape {
        Shape::Structure(structure) => Some(structure.members.iter().map(|member| member.name.clone()).collect()),
        _ => None,
    }
}
