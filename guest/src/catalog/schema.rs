//! `catalog/schema.json`, checked: what a user's definitions are held against, and in the tests the catalogue's own.
//!
//! A validator of as much of JSON Schema as that file uses; a test says so when it uses more.

use serde_json::Value;

use super::Finding;
use crate::nearest::nearest;
use crate::pointer::pointer;

const SCHEMA: &str = include_str!("../../catalog/schema.json");

/// Definitions of one service: `{"service": …, "kinds": {…}}`.
pub(crate) fn validate(file: &Value) -> Vec<Finding> {
    let root: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    let mut findings = Vec::new();
    Validator { root: &root }.check(&root, file, "", &mut findings);
    findings
}

struct Validator<'s> {
    root: &'s Value,
}

fn finding(at: &str, message: String) -> Finding {
    Finding { at: at.to_owned(), message, instead: None }
}

fn list<'s>(schema: &'s Value, keyword: &str) -> &'s [Value] {
    schema.get(keyword).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn scalar(schema: &Value, value: &Value, at: &str, findings: &mut Vec<Finding>) {
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        let right = match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            _ => false,
        };
        if !right {
            findings.push(finding(at, format!("of type {kind}, not {value}")));
        }
    }
    let allowed = list(schema, "enum");
    if !allowed.is_empty() && !allowed.contains(value) {
        let words = allowed.iter().filter_map(Value::as_str);
        let instead = value.as_str().and_then(|given| nearest(given, words));
        findings.push(Finding { instead, ..finding(at, format!("{value} is none of {}", schema["enum"])) });
    }
    if let Some(wanted) = schema.get("const").filter(|wanted| *wanted != value) {
        let instead = wanted.as_str().map(str::to_owned);
        findings.push(Finding { instead, ..finding(at, format!("{wanted} is expected, not {value}")) });
    }
    if let (Some(least), Some(given)) = (schema.get("minimum").and_then(Value::as_i64), value.as_i64())
        && given < least
    {
        findings.push(finding(at, format!("at least {least}")));
    }
}

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, findings: &mut Vec<Finding>) {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            match self.root.pointer(target.trim_start_matches('#')) {
                Some(target) => self.check(target, value, at, findings),
                None => findings.push(finding(at, format!("the schema has no {target}"))),
            }
        }
        for part in list(schema, "allOf") {
            self.check(part, value, at, findings);
        }
        if let (Some(condition), Some(then)) = (schema.get("if"), schema.get("then"))
            && self.fits(condition, value)
        {
            self.check(then, value, at, findings);
        }
        if schema.get("not").is_some_and(|not| self.fits(not, value)) {
            findings.push(finding(at, "these do not go together".to_owned()));
        }
        self.choices(schema, value, at, findings);
        scalar(schema, value, at, findings);
        match value {
            Value::Array(items) => self.items(schema, items, at, findings),
            Value::Object(_) => self.members(schema, value, at, findings),
            _ => {}
        }
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut findings = Vec::new();
        self.check(schema, value, "", &mut findings);
        findings.is_empty()
    }

    fn choices(&self, schema: &Value, value: &Value, at: &str, findings: &mut Vec<Finding>) {
        let said = |choice: &Value| choice.get("required").map(ToString::to_string).unwrap_or_default();
        for (keyword, most) in [("anyOf", usize::MAX), ("oneOf", 1)] {
            let choices = list(schema, keyword);
            let fitting = choices.iter().filter(|choice| self.fits(choice, value)).count();
            if !choices.is_empty() && (fitting == 0 || fitting > most) {
                let needs: Vec<String> = choices.iter().map(said).filter(|text| !text.is_empty()).collect();
                let needs = if needs.is_empty() { String::new() } else { format!(": {}", needs.join(" or ")) };
                findings.push(finding(at, format!("none of the forms that it may have{needs}")));
            }
        }
    }

    fn items(&self, schema: &Value, items: &[Value], at: &str, findings: &mut Vec<Finding>) {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or_default();
        if (items.len() as u64) < least {
            findings.push(finding(at, format!("at least {least} of them")));
        }
        if let Some(wanted) = schema.get("contains")
            && !items.iter().any(|item| self.fits(wanted, item))
        {
            findings.push(finding(at, format!("one of them is to be {}", wanted["properties"])));
        }
        if let Some(each) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.check(each, item, &format!("{at}/{index}"), findings);
            }
        }
    }

    fn members(&self, schema: &Value, value: &Value, at: &str, findings: &mut Vec<Finding>) {
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                findings.push(finding(at, format!("`{name}` is missing")));
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, member) in value.as_object().into_iter().flatten() {
            let at = pointer(at, name);
            match (known.and_then(|known| known.get(name)), schema.get("additionalProperties")) {
                (Some(schema), _) => self.check(schema, member, &at, findings),
                (None, Some(Value::Bool(false))) => {
                    let instead = nearest(name, known.into_iter().flatten().map(|(name, _)| name.as_str()));
                    findings.push(Finding { instead, ..finding(&at, format!("unknown key {name:?}")) });
                }
                (None, Some(schema)) => self.check(schema, member, &at, findings),
                (None, None) => {}
            }
        }
    }
}
