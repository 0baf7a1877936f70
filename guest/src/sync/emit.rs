//! The line of a resource: its identity, and the peer's envelope.

use serde_json::{Map, Value, json};

use super::Reading;
use super::item::Item;
use super::trust::{PROPERTY, trust};
use crate::catalog::{Definition, Outer, Type, property_name, upper_first};
use crate::redact::redact;
use crate::template;

/// The line of an item, by `schemas/page.json`.
pub(crate) fn line(reading: &Reading<'_>, item: &mut Item) -> Value {
    item.locate(reading);
    let definition = reading.definition();
    let scope = item.scope(reading);
    let mut line = Map::new();
    line.insert("id".to_owned(), json!(item.id));
    line.insert("arn".to_owned(), json!(item.arn));
    if let Some(name) = template::fill_first(&definition.name.0, &scope) {
        line.insert("name".to_owned(), json!(name));
    }
    if let Some(region) = &item.region {
        line.insert("region".to_owned(), json!(region));
    }
    if !item.parents.is_empty() {
        line.insert("parents".to_owned(), json!(item.parents));
    }
    if let Some(created) = definition.generation.as_ref().and_then(|generation| template::fill(generation, &scope)) {
        line.insert("created".to_owned(), json!(created));
    }
    if let Some(owner) = definition.owner.as_ref().and_then(|owner| template::fill(owner, &scope))
        && owner != reading.account.id
    {
        line.insert("owner".to_owned(), json!(owner));
    }
    line.insert("gaps".to_owned(), json!(item.gaps));
    line.insert("resource".to_owned(), envelope(reading, item));
    Value::Object(line)
}

fn envelope(reading: &Reading<'_>, item: &Item) -> Value {
    let mut envelope = Map::new();
    envelope.insert("Type".to_owned(), json!(&*reading.chosen.kind.name));
    // AWS gives the members of maps in any order; sorted, what did not change is the same text.
    let mut properties = Value::Object(properties(reading, item));
    properties.sort_all_objects();
    envelope.insert("Properties".to_owned(), properties);
    let mut context = Value::Object(context(reading, item));
    context.sort_all_objects();
    if context != json!({}) {
        envelope.insert("__ExtraContext".to_owned(), context);
    }
    Value::Object(envelope)
}

fn properties(reading: &Reading<'_>, item: &Item) -> Map<String, Value> {
    let definition = reading.definition();
    let mut properties = Map::new();
    for (member, value) in item.value.as_object().into_iter().flatten() {
        properties.insert(property_name(definition, member), value.clone());
    }
    for name in &definition.case_below {
        if let Some(Value::Object(members)) = properties.get_mut(name) {
            *members = std::mem::take(members).into_iter().map(|(name, value)| (upper_first(&name), value)).collect();
        }
    }
    let scope = item.scope(reading);
    for (name, template) in &definition.set {
        if !properties.contains_key(name)
            && let Some(value) = template::fill(template, &scope)
        {
            properties.insert(name.clone(), json!(value));
        }
    }
    for (name, kind) in &definition.types {
        if let Some(value) = properties.get_mut(name) {
            *value = typed(value, *kind);
        }
    }
    if let Some(policy) = &definition.trust
        && let Some(told) = trust(&properties, policy, &reading.account.id)
    {
        properties.insert(PROPERTY.to_owned(), told);
    }
    redact(&mut properties, definition, &reading.config.redaction);
    properties
}

/// What AWS writes as text and is a number or a truth value. Anything else stays as it is.
fn typed(value: &Value, kind: Type) -> Value {
    let typed = value.as_str().and_then(|text| match kind {
        Type::Integer => text.parse::<i64>().ok().map(Value::from),
        Type::Boolean => text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
    });
    typed.unwrap_or_else(|| value.clone())
}

fn context(reading: &Reading<'_>, item: &Item) -> Map<String, Value> {
    let definition = reading.definition();
    let mut context = Map::new();
    if definition.context.base {
        context.insert("AccountId".to_owned(), json!(reading.account.id));
        let region = match definition.scope {
            crate::catalog::Reach::Region => Some(reading.region.as_str()),
            _ => item.region.as_deref(),
        };
        if let Some(region) = region {
            context.insert("Region".to_owned(), json!(region));
        }
    }
    let outer = item.place.outer.as_deref().filter(|_| has_outer(definition));
    for (name, value) in outer.into_iter().flatten() {
        context.insert(name.clone(), value.clone());
    }
    let scope = item.scope(reading);
    for (name, template) in &definition.context.add {
        if let Some(value) = template::fill(template, &scope) {
            context.insert(name.clone(), json!(value));
        }
    }
    context
}

/// Whether what stands beside the list is part of the context.
fn has_outer(definition: &Definition) -> bool {
    definition.list.as_ref().is_some_and(|list| list.outer == Outer::Context)
}
