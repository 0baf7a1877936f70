//! Every definition against `catalog/schema.json`.

use serde_json::{Value, json};

use super::EMBEDDED;

/// What the small validator below understands. A schema that uses anything else fails, so that no rule is passed over.
const KEYWORDS: &[&str] = &[
    "$ref",
    "type",
    "enum",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "minItems",
    "minimum",
    "anyOf",
    "description",
    "title",
    "$schema",
    "$defs",
];

struct Validator {
    root: Value,
}

impl Validator {
    fn wrong(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        for keyword in schema.as_object().into_iter().flatten().map(|(keyword, _)| keyword) {
            assert!(KEYWORDS.contains(&keyword.as_str()), "the validator does not know {keyword}");
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}"));
            self.wrong(target, value, at, wrong);
        }
        if let Some(kind) = schema["type"].as_str() {
            let right = match kind {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("{other}"),
            };
            if !right {
                wrong.push(format!("{at}: not of type {kind}"));
            }
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            wrong.push(format!("{at}: {value} is not one of {allowed:?}"));
        }
        if schema["minimum"].as_i64() > value.as_i64() {
            wrong.push(format!("{at}: too small"));
        }
        if let Some(least) = schema["minItems"].as_u64()
            && value.as_array().is_some_and(|items| (items.len() as u64) < least)
        {
            wrong.push(format!("{at}: too few"));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let fits = |choice: &Value| {
                let mut found = Vec::new();
                self.wrong(choice, value, at, &mut found);
                found.is_empty()
            };
            if !choices.iter().any(fits) {
                wrong.push(format!("{at}: fits no choice"));
            }
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.wrong(&schema["items"], item, &format!("{at}/{index}"), wrong);
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(schema), _) => self.wrong(schema, member, &at, wrong),
                (None, Value::Bool(false)) => wrong.push(format!("{at}: unknown key")),
                (None, schema) => self.wrong(schema, member, &at, wrong),
            }
        }
    }
}

fn wrong(file: &Value) -> Vec<String> {
    let root: Value = serde_json::from_str(include_str!("../../catalog/schema.json")).unwrap();
    let validator = Validator { root: root.clone() };
    let mut wrong = Vec::new();
    validator.wrong(&root, file, "", &mut wrong);
    wrong
}

#[test]
fn every_definition_is_as_the_schema_says() {
    for service in EMBEDDED {
        let kinds: Value = serde_json::from_str(service.json).unwrap();
        assert_eq!(wrong(&json!({"service": service.service, "kinds": kinds})), [""; 0], "{}", service.service);
    }
}

#[test]
fn the_schema_refuses() {
    let right = json!({"tier": "core", "scope": "region", "id": "{A}", "arn": "{A}", "confirm": "describe", "list": {"operation": "ListA", "items": "A"}});
    let file = |kind: &Value| json!({"service": "sqs", "kinds": {"K": kind}});
    assert_eq!(wrong(&file(&right)), [""; 0]);
    for (key, value) in [
        ("tier", json!("cor")),
        ("unknown", json!(1)),
        ("list", json!({"operation": "ListA"})),
        ("list", json!({"operation": "ListA", "items": "A", "outer": "keep"})),
        ("actions", json!([{"name": "A", "operation": "B", "take": "C", "batch": 0}])),
        ("arn", json!([])),
        ("types", json!({"A": "number"})),
    ] {
        let mut kind = right.clone();
        kind[key] = value;
        assert!(!wrong(&file(&kind)).is_empty(), "{key}");
    }
    for key in ["id", "confirm", "list"] {
        let mut kind = right.clone();
        kind.as_object_mut().unwrap().remove(key);
        assert!(!wrong(&file(&kind)).is_empty(), "{key}");
    }
}
