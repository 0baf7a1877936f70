//! Reads a type of CloudFormation's registry through Cloud Control.
//!
//! Each page begins with the question about the type, alone: the host's guard learns from the answer what the type's
//! handlers need, and refuses Cloud Control's calls before. The host asks AWS once and remembers the answer. What
//! the schema says makes the kind's definition whole; then the unit is walked as any other.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Reading;
use super::cursor::Cursor;
use super::walk::walked;
use crate::call::{Call, send_one};
use crate::catalog::{DESCRIBE_TYPE, Definition, Partial, arns, name_candidates};
use crate::config::ChosenKind;
use crate::interface::Page;
use crate::problem::{Problem, ProblemClass};

/// As much of a type's schema as matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Schema {
    handlers: Handlers,
    properties: Map<String, Value>,
    required: Vec<String>,
    primary_identifier: Vec<String>,
    read_only_properties: Vec<String>,
    write_only_properties: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Handlers {
    list: Option<ListHandler>,
    read: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListHandler {
    handler_schema: Value,
}

/// The next page of a unit.
///
/// # Errors
/// The type is not there or cannot be listed, or the call gave nothing.
pub(super) fn page(reading: &Reading<'_>, cursor: Cursor) -> Result<Page, Problem> {
    let explained = |problem| explained(problem, reading);
    let schema = describe(reading).map_err(explained)?;
    let mut chosen: ChosenKind = reading.chosen.clone();
    fit(&mut chosen.kind.definition, &schema, &reading.chosen.kind.name);
    let fitted = Reading { chosen: &chosen, ..reading.clone() };
    let mut page = walked(&fitted, cursor).map_err(explained)?;
    page.problems = page.problems.into_iter().map(explained).collect();
    Ok(page)
}

/// What the type's schema says, if it can be listed at all.
fn describe(reading: &Reading<'_>) -> Result<Schema, Problem> {
    let name = &*reading.chosen.kind.name;
    let (service, operation) = DESCRIBE_TYPE;
    let input = json!({"Type": "RESOURCE", "TypeName": name});
    let call = Call::new(service, operation, reading.identity(), &reading.region, input)?;
    let answer = send_one(reading.host, &call)?;
    let problem = |class, message: String| call.problem(Problem::new(class, message));
    let text = answer.get("Schema").and_then(Value::as_str).unwrap_or_default();
    let schema: Schema = serde_json::from_str(text).map_err(|error| {
        problem(ProblemClass::BadAnswer, format!("the schema of {name} is not as expected: {error}"))
    })?;
    let Some(list) = &schema.handlers.list else {
        return Err(problem(ProblemClass::Unavailable, format!("{name} cannot be listed: it has no list handler")));
    };
    let keys = needed(&list.handler_schema);
    if !keys.is_empty() {
        let keys = keys.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("{name} is listed below a parent, by {keys}, which cannot be configured in this version");
        return Err(problem(ProblemClass::BadCall, message));
    }
    Ok(schema)
}

/// The keys without which a listing is refused: those that are required, or of which some are in every alternative.
fn needed(schema: &Value) -> BTreeSet<String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let mut keys: BTreeSet<String> = required.filter_map(Value::as_str).map(str::to_owned).collect();
    keys.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten().flat_map(needed));
    for alternatives in ["anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(keyword)?.as_array()) {
        let each: Vec<BTreeSet<String>> = alternatives.iter().map(needed).collect();
        if each.iter().all(|keys| !keys.is_empty()) {
            keys.extend(each.into_iter().flatten());
        }
    }
    keys
}

/// Completes a definition by the type's schema.
fn fit(definition: &mut Definition, schema: &Schema, kind: &str) {
    let listed = kind.rsplit("::").next().unwrap_or(kind);
    let texts: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
    let assigned = tops(schema.primary_identifier.iter().chain(&schema.read_only_properties));
    let assigned: Vec<&str> = texts.iter().copied().filter(|name| assigned.contains(name)).collect();
    definition.arn.0.splice(0..0, arns(&assigned, listed));
    // Names alone: an id is what the identifier is already.
    let names = name_candidates(&texts, listed).into_iter().filter(|name| name.to_lowercase().ends_with("name}"));
    definition.name.0.splice(0..0, names);
    if schema.handlers.read.is_none() {
        definition.actions.clear();
    }
    let partial = partial(schema);
    for action in &mut definition.actions {
        action.partial = Some(partial.clone());
    }
}

/// What a whole resource has. Properties that can only be written never come.
fn partial(schema: &Schema) -> Partial {
    let required = schema.required.iter().map(|name| format!("/properties/{name}"));
    let pointers = required.chain(schema.primary_identifier.iter().chain(&schema.read_only_properties).cloned());
    let expected = pointers.filter(|pointer| !schema.write_only_properties.contains(pointer));
    let expected: BTreeSet<String> = expected.map(|pointer| segments(&pointer).collect::<Vec<_>>().join(".")).collect();
    let identifiers = tops(&schema.primary_identifier);
    let written =
        |name: &str| schema.write_only_properties.iter().any(|pointer| pointer == &format!("/properties/{name}"));
    let has_others = schema.properties.keys().any(|name| !identifiers.contains(name.as_str()) && !written(name));
    let identifiers = identifiers.into_iter().filter(|_| has_others).map(str::to_owned).collect();
    Partial { expected: expected.into_iter().filter(|path| !path.is_empty()).collect(), identifiers }
}

/// The names in a pointer to a property (`/properties/Endpoint/Address`), as far as no list or map is passed through.
fn segments(pointer: &str) -> impl Iterator<Item = &str> {
    let path = pointer.strip_prefix("/properties/").unwrap_or_default();
    path.split('/').take_while(|segment| !matches!(*segment, "*" | "items" | "properties"))
}

/// The properties of a resource that these pointers lead into.
fn tops<'p>(pointers: impl IntoIterator<Item = &'p String>) -> BTreeSet<&'p str> {
    pointers.into_iter().filter_map(|pointer| segments(pointer).next()).filter(|name| !name.is_empty()).collect()
}

/// What AWS's codes about types mean, in words that help.
fn explained(problem: Problem, reading: &Reading<'_>) -> Problem {
    let (kind, region) = (&reading.chosen.kind.name, &reading.region);
    let message = match problem.code.as_str() {
        "TypeNotFoundException" => {
            format!("CloudFormation knows no type {kind} in {region}; `portolan kinds` lists the curated ones")
        }
        "UnsupportedActionException" => format!("Cloud Control does not read {kind} in {region}: {}", problem.message),
        _ => return problem,
    };
    Problem { class: ProblemClass::Unavailable, message, ..problem }
}
