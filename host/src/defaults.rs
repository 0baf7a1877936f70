//! The mapping and the blueprints that come with the kinds, written by `guest/generator/defaults.py`.

use std::collections::BTreeSet;

use serde_json::Value;

/// The mapping of every kind. One line for each expression, so that it can be taken apart by lines.
pub const MAPPING: &str = include_str!("../defaults/port-app-config.yml");
/// The blueprints of every kind, a JSON array.
pub const BLUEPRINTS: &str = include_str!("../defaults/blueprints.json");

/// The blueprints of these names, with the relations among them.
///
/// # Errors
/// The embedded text is not JSON, which a test would have told.
pub fn blueprints(names: &BTreeSet<&str>) -> Result<Vec<Value>, serde_json::Error> {
    let mut all: Vec<Value> = serde_json::from_str(BLUEPRINTS)?;
    let is_named = |value: &Value| value.as_str().is_some_and(|name| names.contains(name));
    all.retain(|blueprint| blueprint.get("identifier").is_some_and(is_named));
    for blueprint in &mut all {
        if let Some(relations) = blueprint.get_mut("relations").and_then(Value::as_object_mut) {
            relations.retain(|_, relation| relation.get("target").is_some_and(is_named));
        }
    }
    Ok(all)
}
